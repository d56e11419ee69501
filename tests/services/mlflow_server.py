"""A real `mlflow server` for tests: SQLite, artifacts through its proxy, on the loopback interface only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.services.processes import Missing, free_port, last_line

_SECONDS_TO_START = 180
# It sends nothing anywhere and starts no workers of its own.
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@contextmanager
def serve(folder: Path, *options: str, port: int = 0) -> Iterator[str]:
    """Run the server on what is in `folder` while the block lasts; yields its address. Raises Missing.

    `options` come last on its command line, so that `--no-serve-artifacts` and the like hold. What it starts is in one
    process group, which ends with the block.
    """
    port = port or free_port()
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.sqlite'}"),
        *("--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts", *options),
    ]
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise Missing(f"mlflow server did not start: {last_line(log.read_text(errors='replace'))}")
