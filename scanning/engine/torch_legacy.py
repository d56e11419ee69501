"""PyTorch's files from before zip: several pickles and then raw numbers, bare or in a tar archive.

A bare file holds a magic number, a protocol, a description of the machine, the object, the keys of its storages, and
for every key a count of elements and the elements (torch/serialization.py, `_legacy_load`).
"""

from scanning.engine.context import Context
from scanning.engine.pickle_machine import Machine
from scanning.engine.pickle_values import Mapping, Sequence
from scanning.engine.pickles import read_pickle, run_pickle
from scanning.engine.sources import Cursor, Slice, Source, Truncated
from scanning.engine.torch_storages import ELEMENT_SIZES, Storage, is_module_source, storage_of

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
# The pickle of the magic number as torch writes it, in every protocol that it was ever written with.
BEGINNING = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
OTHER = "The old checkpoint is not laid out as torch does it."
TAR_MEMBERS = frozenset({"sys_info", "pickle", "storages", "tensors"})


def is_legacy(source: Source) -> bool:
    """Whether the first pickle is the magic number, framed or not."""
    head = source.read(0, 32)
    return head[:1] == b"\x80" and (head[2:].startswith(BEGINNING) or head[11:].startswith(BEGINNING))


def read_legacy(source: Source, context: Context) -> None:
    """Every pickle is judged; the raw numbers behind them must end where the file does."""
    cursor = Cursor(source)
    machines: list[Machine] = []
    for part in range(5):
        machine = run_pickle(cursor, context, in_torch=True, keeps_elements=part == 4)
        machines.append(machine)
        if not machine.is_stopped:
            return
    magic, protocol, system, stored, listed = machines
    identities = [identity for machine in machines for identity in machine.persistent_ids]
    keys = listed.value.elements or [] if isinstance(listed.value, Sequence) else None
    is_laid_out = magic.value == MAGIC_NUMBER and protocol.value == PROTOCOL and isinstance(system.value, Mapping)
    storages = _storages(identities)
    if not is_laid_out or keys is None or storages is None or len(identities) != len(stored.persistent_ids):
        context.found("content.malformed", OTHER)
        read_pickle(source, context, offset=cursor.tell(), in_torch=True) if cursor.left else None
        return
    _pass_numbers(cursor, keys, storages, context)


def _storages(identities: list[object]) -> dict[str, Storage] | None:
    """The storages by key; None when something else is referred to, or one of them in two ways."""
    found: dict[str, Storage] = {}
    for identity in identities:
        if is_module_source(identity):
            continue
        storage = storage_of(identity)
        if storage is None or found.setdefault(storage.key, storage) != storage:
            return None
    return found


def _pass_numbers(cursor: Cursor, keys: list[object], storages: dict[str, Storage], context: Context) -> None:
    try:
        for key in keys:
            storage = storages.pop(key, None) if isinstance(key, str) else None
            if storage is None or int.from_bytes(cursor.read(8), "little") != storage.elements:
                context.found("content.malformed", OTHER, cursor.tell())
                return
            cursor.skip(storage.size)
    except Truncated:
        context.found("content.malformed", "The old checkpoint ends in the middle of its numbers.", cursor.tell())
        return
    if storages:
        context.found("content.malformed", "The old checkpoint lacks storages that its pickle refers to.")
    if cursor.left:
        context.found("pickle.trailing", f"{cursor.left:,} bytes follow the last storage of the file.", cursor.tell())


def is_legacy_tar(members: dict[str, Source]) -> bool:
    """Whether a tar archive is the oldest form of a checkpoint."""
    return set(members) >= TAR_MEMBERS


def read_legacy_tar(members: dict[str, Source], context: Context) -> None:
    """The oldest form: judged as far as it goes, and never clean, as no torch of today writes it."""
    context.found("torch.old-archive", "The checkpoint is a tar archive, a form that torch gave up in 2017.")
    context.budget.take_member()
    read_pickle(members["pickle"], context.inside("pickle"), in_torch=True)
    for name in ("storages", "tensors"):
        context.budget.take_member()
        _read_counted(members[name], context.inside(name), has_numbers=name == "storages")


def _read_counted(source: Source, context: Context, *, has_numbers: bool) -> None:
    """A pickled count, and for each a pickled description followed by a storage or by the layout of a tensor."""
    cursor = Cursor(source)
    count = run_pickle(cursor, context, in_torch=True)
    for _ in range(count.value if count.is_stopped and type(count.value) is int and count.value < 1 << 20 else 0):
        described = run_pickle(cursor, context, in_torch=True)
        if not described.is_stopped:
            return
        try:
            _pass_one(cursor, described.value, has_numbers=has_numbers)
        except (Truncated, ValueError):
            context.found("content.malformed", OTHER, cursor.tell())
            break
    if cursor.left:
        # Views of storages, or whatever a loader would find where this reading lost its way.
        rest = Slice(source, cursor.tell(), cursor.left)
        read_pickle(rest, context, in_torch=True)


def _pass_one(cursor: Cursor, described: object, *, has_numbers: bool) -> None:
    if not isinstance(described, tuple) or len(described) != 3:
        raise ValueError
    if has_numbers:
        element = ELEMENT_SIZES.get(getattr(described[2], "name", ""))
        if element is None:
            raise ValueError
        cursor.skip(int.from_bytes(cursor.read(8), "little") * element)
    else:
        dimensions = int.from_bytes(cursor.read(4), "little")
        cursor.skip(4 + 16 * dimensions + 8)
