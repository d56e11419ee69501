"""Arguments in, words and an exit status out. Every subcommand is one function of one file."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gatehouse import __version__

USAGE = 2
SCAN_FAILED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; the exit status of the process."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    match asked.command:
        # Each brings its own libraries: verifying needs none of those that the scan needs.
        case "scan":
            from gatehouse import scan

            return scan.run(asked.path, as_json=asked.json)
        case "verify":
            from gatehouse import verify

            return verify.run(
                asked.folder,
                keys=asked.key,
                certificates=asked.certificate,
                signatures=asked.signature,
                attestations=asked.attestations,
                as_json=asked.json,
            )
        case "sign":
            from gatehouse import sign

            return sign.run(asked.folder, key=asked.key, output=asked.output)
        case "version":
            print(f"gatehouse {__version__}")
            return 0
    parser.print_help()
    return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gatehouse", description="What Gatehouse does, on files of this machine.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    scanning = commands.add_parser(
        "scan",
        help="scan a file or a folder",
        description="Scan a file or a folder as the server would. Ends with 0 for clean, 2 for needs review, 1 for "
        "unsafe, 3 when the scan failed.",
    )
    scanning.add_argument("path", type=Path, metavar="PATH", help="the file, or the folder with all its files")
    scanning.add_argument("--json", action="store_true", help="print verdict and findings as JSON")
    _end_wrong_calls_with(SCAN_FAILED, scanning)

    verifying = commands.add_parser(
        "verify",
        help="verify the signatures of a folder, without a server",
        description="Say who signed a folder and what is not covered. Ends with 0 when all that was given (or one of "
        "the signatures at the top of the folder) is verified and covers every file, 1 when not, 2 for a wrong call.",
    )
    verifying.add_argument("folder", type=Path, metavar="FOLDER", help="the files of one version")
    verifying.add_argument(
        "--key", type=Path, action="append", default=[], metavar="PEM", help="a public key to trust; several if need be"
    )
    verifying.add_argument(
        "--certificate", type=Path, action="append", default=[], metavar="PEM", help="an authority to trust"
    )
    verifying.add_argument(
        "--signature", type=Path, action="append", default=[], metavar="FILE", help="a bundle or a DSSE envelope"
    )
    verifying.add_argument(
        "--attestations", type=Path, action="append", default=[], metavar="FILE", help="JSON lines of envelopes"
    )
    verifying.add_argument("--json", action="store_true", help="print the answers as JSON")

    signing = commands.add_parser(
        "sign",
        help="sign a folder as OpenSSF model signing does",
        description="Sign every file of a folder, hidden ones too. The password of an encrypted key is taken from "
        "the variable GATEHOUSE_KEY_PASSWORD.",
    )
    signing.add_argument("folder", type=Path, metavar="FOLDER", help="the files of one version")
    signing.add_argument("--key", type=Path, required=True, metavar="PEM", help="your private key (EC)")
    signing.add_argument("-o", "--output", type=Path, default=Path("model.sig"), metavar="FILE", help="the bundle")

    commands.add_parser("version", help="print the version")
    return parser


def _end_wrong_calls_with(status: int, parser: argparse.ArgumentParser) -> None:
    """A mistake in the call is no verdict: argparse would end with 2, which means needs review."""

    def refuse(message: str) -> NoReturn:
        parser.print_usage(sys.stderr)
        parser.exit(status, f"{parser.prog}: {message}\n")

    parser.error = refuse  # type: ignore[method-assign] # what argparse calls when it cannot go on
