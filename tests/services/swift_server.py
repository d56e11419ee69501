"""All of Swift in one process with one copy of everything: `python swift_server.py FOLDER`. Runs in `.venv/swift`.

The servers for accounts, containers and objects and the proxy with s3api listen on ports that the system chooses.
"""

import eventlet  # type: ignore[import-not-found]

eventlet.monkey_patch()

import getpass  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import wsgi  # noqa: E402
from swift.common import storage_policy, utils  # type: ignore[import-not-found]  # noqa: E402
from swift.common.ring import RingBuilder  # type: ignore[import-not-found]  # noqa: E402
from swift.common.wsgi import SwiftHttpProtocol, loadapp  # type: ignore[import-not-found]  # noqa: E402

SWIFT = """
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
[storage-policy:0]
name = one
default = yes
[swift-constraints]
max_header_size = 16384
"""

COMMON = """
[DEFAULT]
devices = {folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
log_level = ERROR
log_address = {folder}/no-log
disable_fallocate = true
fallocate_reserve = 0
"""

BACKEND = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


PROXY = """
[pipeline:main]
pipeline =
    catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink
    proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
check_bucket_owner = false
allow_multipart_uploads = true
min_segment_size = 5242880
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
"""


class Silence:
    """Where the request lines go."""

    def write(self, *words: Any) -> None: ...

    def flush(self) -> None: ...


def configure(folder: Path, sockets: dict[str, Any]) -> None:
    """Write one configuration per server and the rings, which say that everything lies on the one device here."""
    (folder / "devices" / "d1").mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT)
    utils.SWIFT_CONF_FILE = utils.config.SWIFT_CONF_FILE = str(folder / "swift.conf")
    utils.validate_hash_conf()
    storage_policy.reload_storage_policies()
    for kind, socket in sockets.items():
        port = socket.getsockname()[1]
        common = COMMON.format(folder=folder, port=port, user=getpass.getuser())
        (folder / f"{kind}.conf").write_text(common + (PROXY if kind == "proxy" else BACKEND.format(kind=kind)))
        if kind != "proxy":
            ring = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
            ring.add_dev(
                {"region": 1, "zone": 1, "weight": 1, "device": "d1", "ip": "127.0.0.1", "port": port}
                | {"replication_ip": "127.0.0.1", "replication_port": port}
            )
            ring.rebalance()
            ring.get_ring().save(str(folder / f"{kind}.ring.gz"))


def serve(folder: Path) -> None:
    """Listen until a signal ends the process."""
    sockets = {
        kind: eventlet.listen(("127.0.0.1", 0), backlog=512) for kind in ("account", "container", "object", "proxy")
    }
    configure(folder, sockets)
    logging.disable(logging.CRITICAL)
    pool = eventlet.GreenPool(1000)
    servers = []
    for kind, socket in sockets.items():
        app = loadapp(str(folder / f"{kind}.conf"), allow_modify_pipeline=kind == "proxy")
        servers.append(
            eventlet.spawn(
                wsgi.server, socket, app, Silence(), custom_pool=pool, protocol=SwiftHttpProtocol, log_output=False
            )
        )
    sys.stdout.write(f"ready on port {sockets['proxy'].getsockname()[1]}\n")
    sys.stdout.flush()
    for server in servers:
        server.wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
