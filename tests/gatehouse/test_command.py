"""The command as people call it: in a process of its own, on folders of this machine, without a server."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gatehouse import __version__
from supply.signing import making
from tests.architecture.code import ROOT
from tests.supply.authority import (
    FILES,
    authority,
    by_model_signing,
    certificate,
    certified,
    digests,
    enveloped,
    laid_out,
    new_key,
    private_pem,
    public_pem,
)

Command = Callable[..., "subprocess.CompletedProcess[str]"]
KEY = new_key()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, with the keys of somebody who signs beside it."""
    (tmp_path / "private.pem").write_text(private_pem(KEY))
    (tmp_path / "public.pem").write_text(public_pem(KEY))
    return laid_out(tmp_path / "model", FILES)


@pytest.fixture
def gatehouse(tmp_path: Path) -> Command:
    """`gatehouse("verify", folder, ...)`, from within the folder above."""

    def call(*words: object, cwd: Path = tmp_path, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
        line = [sys.executable, "-P", "-m", "gatehouse", *map(str, words)]
        return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)

    return call


# ---- sign and verify


def test_what_was_signed_is_verified(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    made = gatehouse("sign", folder, "--key", "private.pem", "-o", "model.sig")
    assert (made.returncode, "Signed 3 files" in made.stdout) == (0, True), made.stderr
    good = gatehouse("verify", folder, "--key", "public.pem", "--signature", "model.sig")
    assert good.returncode == 0
    assert "Signed by public.pem: covers 3 of 3 files." in good.stdout
    assert good.stdout.endswith("\nVerified.\n")
    assert not list(tmp_path.glob(".model.sig*"))


def test_a_signature_inside_the_folder_is_found(gatehouse: Command, folder: Path) -> None:
    laid_out(folder, {".git/config": b"x"})
    made = gatehouse("sign", folder, "--key", "private.pem", "-o", folder / "model.sig")
    assert (made.returncode, "--no-ignore-git-paths" in made.stdout) == (0, True)
    good = gatehouse("verify", folder, "--key", "public.pem")
    assert (good.returncode, "model.sig is the signature itself" in good.stdout) == (0, True)
    again = gatehouse("sign", folder, "--key", "private.pem", "-o", folder / "model.sig")
    assert "Signed 4 files" in again.stdout
    from_within = gatehouse("verify", ".", "--key", "../public.pem", "--signature", "../model/model.sig", cwd=folder)
    assert from_within.returncode == 0, from_within.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "notes.py").write_text("changed"), "not what was signed: notes.py"),
        (lambda folder: (folder / "notes.py").unlink(), "signed and not there: notes.py"),
        (lambda folder: laid_out(folder, {".git/hooks/x": b"y"}), "not covered: .git/hooks/x"),
        (lambda folder: (folder / "link").symlink_to("notes.py"), "not covered: link"),
        (lambda folder: (folder / "all").symlink_to("."), "not covered: all"),
    ],
)
def test_what_was_done_to_the_folder_is_told(
    gatehouse: Command, folder: Path, change: Callable[[Path], object], words: str
) -> None:
    assert gatehouse("sign", folder, "--key", "private.pem", "-o", "model.sig").returncode == 0
    change(folder)
    bad = gatehouse("verify", folder, "--key", "public.pem", "--signature", "model.sig")
    assert (bad.returncode, words in bad.stdout) == (1, True), bad.stdout
    assert bad.stdout.endswith("\nNOT verified.\n")


def test_a_folder_without_a_signature_is_not_verified(gatehouse: Command, folder: Path) -> None:
    bare = gatehouse("verify", folder, "--key", "public.pem")
    assert (bare.returncode, "Not signed" in bare.stdout) == (1, True)


def test_everything_that_is_given_must_hold(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "good.sig").write_bytes(making.sign_files("m", digests(FILES), KEY))
    (tmp_path / "bad.sig").write_bytes(making.sign_files("m", digests(FILES), new_key()))
    trust = ("--key", "public.pem", "--signature", "good.sig")
    assert gatehouse("verify", folder, *trust).returncode == 0
    both = gatehouse("verify", folder, *trust, "--signature", "bad.sig")
    assert (both.returncode, "unknown signer" in both.stdout) == (1, True)


def test_a_bundle_of_the_package_and_one_with_certificates(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    by_model_signing(folder, KEY, tmp_path)
    assert gatehouse("verify", folder, "--key", "public.pem", "--signature", "model.sig").returncode == 0
    root, other = authority("Root"), authority("Other")
    (tmp_path / "ca.pem").write_text(f"# Ours\n{other.pem}{root.pem}")
    (tmp_path / "other.pem").write_text(other.pem)
    (tmp_path / "c.sig").write_bytes(certified(FILES, KEY, certificate("ml-team", KEY, root)))
    good = gatehouse("verify", folder, "--certificate", "ca.pem", "--signature", "c.sig", "--json")
    found = json.loads(good.stdout)
    assert (good.returncode, found["verified"]) == (0, True)
    assert found["signatures"][0]["signer"]["subject"] == "CN=ml-team"
    assert found["signatures"][0]["coverage"]["covered"] == 3
    assert gatehouse("verify", folder, "--certificate", "other.pem", "--signature", "c.sig").returncode == 1


def test_every_line_of_attestations_is_verified(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    lines = [enveloped(FILES, KEY, "https://example.org/a"), enveloped(FILES, KEY, "https://example.org/b")]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    good = gatehouse("verify", folder, "--key", "public.pem", "--attestations", "a.jsonl")
    assert (good.returncode, good.stdout.count("verified. Signed by public.pem")) == (0, 2)
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*lines, b"{}"]))
    bad = gatehouse("verify", folder, "--key", "public.pem", "--attestations", "a.jsonl")
    assert (bad.returncode, "line 3: malformed" in bad.stdout) == (1, True)
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert gatehouse("verify", folder, "--key", "public.pem", "--attestations", "a.jsonl").returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ["verify"],
        ["verify", "model"],
        ["verify", "nowhere", "--key", "public.pem"],
        ["verify", "model", "--key", "nowhere.pem"],
        ["verify", "model", "--key", "private.pem"],
        ["verify", "model", "--key", "model/notes.py"],
        ["verify", "model", "--certificate", "public.pem"],
        ["verify", "model", "--key", "public.pem", "--signature", "nowhere.sig"],
        ["sign", "model"],
        ["sign", "model", "--key", "public.pem"],
        ["sign", "nowhere", "--key", "private.pem"],
        ["sign", "model", "--key", "private.pem", "-o", "model/model/x.sig"],
        ["sign", "model", "--key", "private.pem", "-o", "nowhere/x.sig"],
        [],
    ],
)
def test_a_wrong_call_ends_with_two(gatehouse: Command, folder: Path, words: list[str]) -> None:
    wrong = gatehouse(*words)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    assert "PRIVATE" not in wrong.stderr


def test_a_folder_with_a_link_is_not_signed(gatehouse: Command, folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    refused = gatehouse("sign", folder, "--key", "private.pem")
    assert (refused.returncode, "link is no plain file" in refused.stderr) == (2, True)


def test_an_encrypted_key_needs_its_password(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    sealed = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open"))
    (tmp_path / "private.pem").write_bytes(sealed)
    line = ("sign", folder, "--key", "private.pem")
    assert gatehouse(*line).returncode == 2
    assert gatehouse(*line, GATEHOUSE_KEY_PASSWORD="wrong").returncode == 2
    assert gatehouse(*line, GATEHOUSE_KEY_PASSWORD="open").returncode == 0


def test_only_ec_keys_make_model_signatures(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text(private_pem(new_key(ec.SECP256K1())))
    refused = gatehouse("sign", folder, "--key", "private.pem")
    assert (refused.returncode, "P-256" in refused.stderr) == (2, True)


# ---- scan, version, and where it runs


@pytest.mark.parametrize(
    ("files", "status", "verdict"),
    [
        ({"numbers.json": b"[1, 2]"}, 0, "clean"),
        ({"model.pkl": b"cos\nsystem\n(S'true'\ntR."}, 1, "unsafe"),
        ({"notes.py": b"import os\n"}, 2, "needs-review"),
    ],
)
def test_a_scan_ends_with_the_status_of_its_verdict(
    gatehouse: Command, tmp_path: Path, files: dict[str, bytes], status: int, verdict: str
) -> None:
    found = gatehouse("scan", laid_out(tmp_path / "scanned", files), "--json")
    assert (found.returncode, json.loads(found.stdout)["verdict"]) == (status, verdict), found.stderr
    assert gatehouse("scan", tmp_path / "scanned").returncode == status


def test_a_scan_that_cannot_be_made_has_failed(gatehouse: Command) -> None:
    assert gatehouse("scan", "nowhere").returncode == 3
    assert gatehouse("scan").returncode == 3


def test_it_says_its_version(gatehouse: Command) -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        assert tomllib.load(stream)["project"]["version"] == __version__
    assert gatehouse("version").stdout == f"gatehouse {__version__}\n"


def test_nothing_of_the_folder_that_is_looked_into_is_run(gatehouse: Command, folder: Path) -> None:
    """As `./run gatehouse` calls it, from within a folder whose files are named like modules."""
    trap = b"raise SystemExit(99)\n"
    laid_out(folder, {f"{name}.py": trap for name in ("json", "argparse", "yaml", "cryptography", "lib")})
    assert gatehouse("verify", ".", "--key", "../public.pem", cwd=folder).returncode == 1
    assert gatehouse("scan", ".", cwd=folder).returncode == 2


def test_it_needs_no_django(gatehouse: Command, folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from gatehouse.command import main; main(['verify', 'model', '--key', 'public.pem']); "
        "print([name for name in sys.modules if name.partition('.')[0] in ('django', 'celery', 'yaml')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("[]\n")
