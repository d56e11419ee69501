"""The data of the measurements: planted with its own connection, so beside the test's transaction."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT = (
    "from registry.models import *; from tracking.models import Run; "
    "print(RegisteredModel.objects.count(), ModelVersion.objects.count(), VersionTag.objects.count(), "
    "Placement.objects.count(), Run.objects.count(), RegisteredModel.objects.get(name='g-m0').last_number)"
)


def described(versions: int) -> str:
    lines: list[dict[str, Any]] = [
        {"kind": "model", "name": "g-m0", "created": 1, "updated": 1, "description": "", "tags": {"team": "a"}}
    ]
    for number in range(1, versions + 1):
        line = {"kind": "version", "name": "g-m0", "version": number, "created": number, "updated": number}
        lines.append(line | {"source": f"s3://b/{number}", "run_id": f"{number:032x}", "tags": {"acc": "1"}})
    lines.append({"kind": "alias", "name": "g-m0", "alias": "champion", "version": versions})
    return "\n".join(map(json.dumps, lines))


def test_seeding_again_replaces_what_the_prefix_named(tmp_path: Path) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}

    def python(*words: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    python("-m", "config.prepare")
    for versions in (5, 3):
        python("benchmarks/seed.py", "--prefix", "g", given=described(versions))
        counts = python("manage.py", "shell", "-v", "0", "-c", COUNT).split()
        assert counts == ["1", *[str(versions)] * 2, "1", *[str(versions)] * 2]
