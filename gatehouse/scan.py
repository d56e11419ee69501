"""`gatehouse scan`: the engine on local files, before anybody uploads them."""

import json
import sys
from pathlib import Path

from scanning import local
from scanning.engine.findings import Verdict

FAILED = local.EXIT_STATUS[Verdict.FAILED]


def run(path: Path, *, as_json: bool) -> int:
    """Scan, print what was found, and end with the status of the verdict."""
    try:
        report = local.scan_path(path, say=_say)
    except OSError as problem:
        print(f"gatehouse scan: {path} cannot be scanned: {problem.strerror}.", file=sys.stderr)
        return FAILED
    print(json.dumps(local.as_json(report), indent=2) if as_json else local.as_text(report))
    return local.EXIT_STATUS[report.verdict]


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
