"""PyTorch's zip checkpoints.

A pickle named data.pkl, and one member of raw numbers for every storage that it refers to.
"""

from collections.abc import Mapping

from scanning.engine.context import Context
from scanning.engine.pickle_values import Global
from scanning.engine.pickles import is_pickle, read_pickle
from scanning.engine.sources import Source

ELEMENT_SIZES = {
    "BoolStorage": 1, "ByteStorage": 1, "CharStorage": 1, "UntypedStorage": 1, "ShortStorage": 2, "HalfStorage": 2,
    "BFloat16Storage": 2,
    "IntStorage": 4, "FloatStorage": 4, "LongStorage": 8, "DoubleStorage": 8, "ComplexFloatStorage": 8,
    "ComplexDoubleStorage": 16,
}  # fmt: skip


def is_torch(members: Mapping[str, Source]) -> bool:
    """Whether there is exactly one folder, and a pickle called data.pkl in it."""
    folders = {name.partition("/")[0] for name in members}
    return len(folders) == 1 and f"{next(iter(folders))}/data.pkl" in members


def read_torch(members: Mapping[str, Source], context: Context) -> set[str]:
    """Judge data.pkl; returns the names of the members that are accounted for."""
    folder = next(iter(members)).partition("/")[0]
    name = f"{folder}/data.pkl"
    if not is_pickle(members[name]):
        return set()
    context.budget.take_member()
    persistent_ids = read_pickle(members[name], context.inside(name), in_torch=True)
    known = {name}
    for identity in persistent_ids:
        storage = _storage(identity)
        member = storage and f"{folder}/data/{storage[0]}"
        if not storage or not member:
            context.found("pickle.persistent-id", "The pickle refers to something that is not a storage of numbers.")
        elif member not in members or members[member].size != storage[1]:
            context.found(
                "content.malformed", f"The storage {storage[0]!r} is missing or has another size than the pickle says."
            )
        else:
            known.add(member)
    return known


def _storage(identity: object) -> tuple[str, int] | None:
    """Key and size in bytes, of ("storage", class, key, device, number of elements)."""
    if not isinstance(identity, tuple) or len(identity) != 5 or identity[0] != "storage":
        return None
    _, cls, key, _, count = identity
    if not isinstance(cls, Global) or not isinstance(key, str) or type(count) is not int:
        return None
    size = ELEMENT_SIZES.get(cls.name)
    return None if size is None or count < 0 else (key, size * count)
