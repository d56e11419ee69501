"""A real S3 server for one test run: OpenStack Swift with s3api, from its own environment `.venv/swift`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Missing, last_line, running

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv" / "swift"
ACCESS_KEY_ID, SECRET_ACCESS_KEY = "test:tester", "testing"
BUCKET = "gatehouse"


@contextmanager
def serve(folder: Path) -> Iterator[dict[str, str]]:
    """Run the server and make a bucket; yields the variables that lead to it. Raises Missing."""
    python = _environment()
    with _folder_with_attributes(folder) as data:
        log = folder / "log"
        command: list[str | Path] = [python, "-W", "ignore", Path(__file__).with_name("swift_server.py"), data]
        with running(command, log, ready=b"ready on port "):
            port = log.read_text().partition("ready on port ")[2].split()[0]
            endpoint = f"http://127.0.0.1:{port}"
            _make_bucket(endpoint)
            yield {
                "STORAGE_URL": f"s3://{BUCKET}?endpoint={endpoint}&region=us-east-1",
                "S3_ACCESS_KEY_ID": ACCESS_KEY_ID,
                "S3_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            }


def _environment() -> Path:
    """The Python that has Swift; its environment is made on first use and follows its lock file."""
    uv = shutil.which("uv", path=ROOT / ".tools" / "bin") or shutil.which("uv")
    python = ENVIRONMENT / "bin" / "python"
    if not uv:
        raise Missing("uv is needed to make its environment")
    steps: list[list[str | Path]] = [
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, ROOT / "requirements" / "swift.lock"]
    ]
    if not python.exists():
        steps.insert(0, [uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT])
    for step in steps:
        made = subprocess.run(step, capture_output=True, text=True, check=False)
        if made.returncode:
            raise Missing(f"its environment cannot be made: {last_line(made.stderr)}")
    return python


@contextmanager
def _folder_with_attributes(folder: Path) -> Iterator[Path]:
    """Swift keeps what it knows of a file in extended attributes, which a temporary folder in memory may not have."""
    if _keeps_attributes(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="gatehouse-tests-", dir="/var/tmp") as elsewhere:
        if not _keeps_attributes(Path(elsewhere)):
            raise Missing("neither the temporary folder nor /var/tmp keeps extended attributes")
        yield Path(elsewhere)


def _keeps_attributes(folder: Path) -> bool:
    try:
        os.setxattr(folder, "user.gatehouse", b"here")
    except (OSError, AttributeError):
        return False
    return True


def _make_bucket(endpoint: str) -> None:
    try:
        import boto3
    except ImportError:
        raise Missing("boto3 is not installed") from None
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )
    client.create_bucket(Bucket=BUCKET)
