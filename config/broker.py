"""A broker made of files, for the install that has no Redis: a kombu transport whose messages survive `kill -9`.

Who consumes how many at once, retries and periodic tasks are Celery's business, not this module's.

    <folder>/waiting/<queue>/<message>        published, taken by nobody
    <folder>/taken/<owner>/<queue>/<message>  being worked on by one process
    <folder>/taken/<owner>/.<message>         being written by that process
    <folder>/broken/<queue>/<message>         set aside, for a person to look at

1. To publish is to write a hidden file, sync it, and rename it into `waiting`: half a message is never seen.
2. To take is to rename into the own `taken` folder: of several consumers exactly one wins.
3. To acknowledge is to delete; to give back is to rename into `waiting` again.
4. Whoever consumes looks now and then for owners that have died and gives back what they had taken. An owner is named
   by boot, process id and start time, so that a new process with an old number is not taken for the dead one.

A message is thus delivered at least once. It is set aside when it cannot be read, or when five processes in a row died
while they held it. All processes must run on one machine and see each other's process ids.
"""

import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

RECOVERY_INTERVAL = 2.0  # seconds between two looks for dead owners
DEATHS_BEFORE_SET_ASIDE = 5

logger = logging.getLogger(__name__)


class Spool:
    """The folder: publish, take, forget and give back files. Knows nothing of Celery."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting = folder / "waiting"
        self.broken = folder / "broken"
        for place in (folder, self.waiting, folder / "taken"):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._next: dict[str, deque[str]] = {}

    @property
    def own(self) -> Path:
        """What this process has taken; asked for each time because a forked child is another owner."""
        return self.folder / "taken" / _owner(os.getpid())

    def publish(self, queue: str, content: bytes) -> None:
        """Add one message at the end of `queue`; it is on disk when this returns."""
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.0"  # sorts by age; ends with the number of owners that died
        draft = self.own / f".{name}"
        draft.parent.mkdir(exist_ok=True, mode=0o700)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not (self.waiting / queue).is_dir():
            (self.waiting / queue).mkdir(exist_ok=True, mode=0o700)
            _sync_folder(self.waiting)
        draft.rename(self.waiting / queue / name)
        _sync_folder(self.waiting / queue)

    def take(self, queue: str) -> Path | None:
        """The oldest waiting message of `queue`, now ours, or None."""
        names = self._next.setdefault(queue, deque())
        if not names:
            names.extend(self._listed(queue))
        while names:
            name = names.popleft()
            taken = self.own / queue / name
            try:
                _move(self.waiting / queue / name, taken)
            except FileNotFoundError:
                continue  # another consumer was faster
            return taken
        return None

    def forget(self, taken: Path) -> None:
        """The work is done."""
        taken.unlink(missing_ok=True)

    def give_back(self, taken: Path) -> None:
        """Let somebody else, or ourselves, take it again."""
        _move(taken, self.waiting / taken.parent.name / taken.name)

    def set_aside(self, taken: Path) -> None:
        """Keep it, where it is nobody's turn any more."""
        logger.error("Message %s is set aside in %s.", taken.name, self.broken / taken.parent.name)
        _move(taken, self.broken / taken.parent.name / taken.name)

    def recover(self) -> None:
        """Give back what dead owners had taken. Several processes may do this at once: each rename has one winner."""
        for owner in (self.folder / "taken").iterdir():
            if not _is_alive(owner.name):
                try:
                    self._inherit(owner)
                except OSError:  # a file or folder that we saw is gone, or a new one has come
                    logger.debug("Somebody else is clearing %s too; what is left waits for the next look.", owner)

    def _inherit(self, owner: Path) -> None:
        for taken in owner.glob("*/*"):
            name, _, deaths = taken.name.rpartition(".")
            counted = taken.rename(taken.with_name(f"{name}.{int(deaths) + 1}"))
            if int(deaths) + 1 < DEATHS_BEFORE_SET_ASIDE:
                self.give_back(counted)
            else:
                self.set_aside(counted)
        for draft in owner.glob(".*"):
            draft.unlink()
        for queue in owner.iterdir():
            queue.rmdir()
        owner.rmdir()

    def size(self, queue: str) -> int:
        """How many wait."""
        return len(self._listed(queue))

    def purge(self, queue: str) -> int:
        """Delete what waits; says how many."""
        names = self._listed(queue)
        for name in names:
            (self.waiting / queue / name).unlink(missing_ok=True)
        return len(names)

    def _listed(self, queue: str) -> list[str]:
        try:
            return sorted(os.listdir(self.waiting / queue))
        except FileNotFoundError:
            return []


class QoS(virtual.QoS):
    """Tells the channel when a message is finished with."""

    def ack(self, delivery_tag: str) -> None:
        self.channel.settle(delivery_tag)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)  # gives it back first where that is wanted
        self.channel.settle(delivery_tag)


class Channel(virtual.Channel):
    QoS = QoS

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.spool = Spool(_folder_of(connection.client))
        self._taken: dict[str, Path] = {}  # delivery tag -> file
        self._recovered_at = float("-inf")

    def settle(self, delivery_tag: str) -> None:
        """Forget a message; a tag that is not, or no longer, taken here is no error."""
        if taken := self._taken.pop(delivery_tag, None):
            self.spool.forget(taken)

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], consumer_tag: str, **kwargs: Any
    ) -> None:
        def settled_at_once(message: Any) -> Any:
            self.settle(message.delivery_tag)
            return callback(message)

        super().basic_consume(queue, no_ack, settled_at_once if no_ack else callback, consumer_tag, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        message = super().basic_get(queue, no_ack=no_ack, **kwargs)
        if message is not None and no_ack:
            self.settle(message.delivery_tag)
        return message

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        self.spool.publish(_queue_folder(queue), dumps(message).encode())

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        if time.monotonic() - self._recovered_at > RECOVERY_INTERVAL:
            self._recovered_at = time.monotonic()
            self.spool.recover()
        taken = self.spool.take(_queue_folder(queue))
        if taken is None:
            raise Empty
        try:
            message: dict[str, Any] = loads(taken.read_bytes())
            tag = message["properties"]["delivery_tag"]
        except (ValueError, KeyError, TypeError):
            self.spool.set_aside(taken)
            raise Empty from None
        self._taken[tag] = taken
        return message

    def _restore(self, message: Any) -> None:
        if taken := self._taken.pop(message.delivery_tag, None):
            self.spool.give_back(taken)

    def _size(self, queue: str) -> int:
        return self.spool.size(_queue_folder(queue))

    def _purge(self, queue: str) -> int:
        return self.spool.purge(_queue_folder(queue))


class Transport(virtual.Transport):
    """`durablefs:///a/folder`, or `durablefs://` and the transport option `folder`."""

    Channel = Channel
    polling_interval = 0.1
    driver_type = "durablefs"
    driver_name = "durablefs"

    @property
    def default_connection_params(self) -> dict[str, Any]:
        return {}  # no host, no port

    def driver_version(self) -> str:
        return "1"


def _folder_of(client: Any) -> Path:
    folder = client.transport_options.get("folder") or "/" + (client.virtual_host or "").lstrip("/")
    if folder == "/":
        raise ValueError("The file broker needs a folder: durablefs:///a/folder, or the transport option 'folder'.")
    return Path(folder)


def _move(source: Path, target: Path) -> None:
    """Rename; makes the target's folder when it is missing. FileNotFoundError when the source is gone."""
    try:
        source.rename(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.rename(target)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _queue_folder(queue: str) -> str:
    return quote(queue, safe="").replace(".", "%2E")  # no queue may be called `..`


def _owner(pid: int) -> str:
    """The name of the process that has this number now; a name that nobody bears when there is none."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "nobody"
    state, started = fields[0], fields[19]
    return "nobody" if state in "ZX" else f"{boot}-{pid}-{started}"  # Z and X: dead, but not yet cleared away


def _is_alive(owner: str) -> bool:
    return owner == _owner(int(owner.split("-")[1]))
