"""Files: straight from the source's answer into the store, one piece in memory at a time."""

from collections.abc import Callable, Iterator
from functools import partial

from blobs.models import Folder
from blobs.operations import folders
from blobs.operations.uploads import store_bytes
from lib import paths
from lib.errors import Invalid, Unavailable
from protocols.mlflow_import.carry.journey import REFUSALS, Journey, is_temporary, sentence
from protocols.mlflow_import.shelves import Shelf
from protocols.mlflow_import.source import CutShort
from tracking.models import LoggedModel, Run
from tracking.operations.artifacts import put_file

_TRIES = 3
Keep = Callable[[str, Iterator[bytes], int], object]


class Lost(Exception):
    """A file that did not come; the message says why. `is_temporary`: it may the next time."""

    def __init__(self, message: str, *, is_temporary: bool) -> None:
        super().__init__(message)
        self.is_temporary = is_temporary


def carry_files(journey: Journey, owner: Run | LoggedModel, shelf: Shelf, name: str) -> tuple[bool, bool]:
    """Bring what is not here yet. Whether every file is here now, and whether another try may bring more."""
    return _carry(journey, owner.folder, shelf, name, partial(_keep_for, journey, owner))


def carry_into(journey: Journey, folder: Folder, shelf: Shelf, name: str) -> tuple[bool, bool]:
    """The same for a folder that belongs to no run and no logged model."""
    return _carry(journey, folder, shelf, name, partial(_keep_in, journey, folder))


def sizes(folder: Folder, below: str = "") -> dict[str, int]:
    """The files of a folder here, with their sizes, named from `below` on."""
    start = f"{below}/" if below else ""
    rows = folder.files.values_list("path", "blob__size")
    return {path.removeprefix(start): size for path, size in rows if path.startswith(start)}


def _carry(journey: Journey, folder: Folder, shelf: Shelf, name: str, keep: Keep) -> tuple[bool, bool]:
    here = sizes(folder)
    is_whole, may_work_later = True, False
    try:
        for path, size in shelf.walk():
            # What an import put here is complete, or it would not be here.
            if path in here and size in (None, here[path]):
                journey.report.here["files"] += 1
                continue
            try:
                _carry_file(journey, shelf, path, size, keep)
            except Lost as why:
                journey.report.refuse("files", f"{path[:200]} of {name}", str(why), again=why.is_temporary)
                is_whole, may_work_later = False, may_work_later or why.is_temporary
            else:
                journey.report.carried["files"] += 1
    except REFUSALS as error:
        journey.report.refuse("files", f"the files of {name}", sentence(error), again=is_temporary(error))
        return False, is_temporary(error)
    return is_whole, may_work_later


def _carry_file(journey: Journey, shelf: Shelf, path: str, size: int | None, keep: Keep) -> None:
    """Raises Lost."""
    try:
        paths.clean(path)
    except Invalid as error:
        raise Lost(sentence(error), is_temporary=False) from error
    journey.tell(f"{path[:80]}{'' if size is None else f', {size:,} bytes'}")
    why = ""
    for _ in range(_TRIES):
        try:
            with shelf.open(path) as body:
                length = body.length if size is None else size
                if length is None:
                    raise Lost("the source does not say how long it is", is_temporary=False)
                if body.length not in (None, length):
                    raise CutShort(f"the source lists {length:,} bytes and sends {body.length:,}")  # noqa: TRY301
                keep(path, body.pieces, length)
                return
        except CutShort as error:
            why = sentence(error)
        except Unavailable as error:
            raise Lost(sentence(error), is_temporary=True) from error
        except Invalid as error:
            if error.field != "body":
                raise Lost(sentence(error), is_temporary=False) from error
            why = sentence(error)
        except REFUSALS as error:
            raise Lost(sentence(error), is_temporary=is_temporary(error)) from error
    raise Lost(f"cut short {_TRIES} times: {why}", is_temporary=True)


def _keep_for(journey: Journey, owner: Run | LoggedModel, path: str, pieces: Iterator[bytes], length: int) -> None:
    put_file(owner, path, _watched(journey, path, pieces, length), length=length, actor=journey.actor)


def _keep_in(journey: Journey, folder: Folder, path: str, pieces: Iterator[bytes], length: int) -> None:
    blob = store_bytes(_watched(journey, path, pieces, length), length=length, actor=journey.actor)
    folders.put_file(folder, path, blob, actor=journey.actor)


def _watched(journey: Journey, path: str, pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    came = 0
    for piece in pieces:
        came += len(piece)
        journey.tell(f"{path[:80]}, {came:,} of {length:,} bytes")
        yield piece
