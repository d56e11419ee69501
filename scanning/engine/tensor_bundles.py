"""TensorFlow's checkpoints: an index of tensors, and shards that hold nothing but their bytes.

The index is a table as in LevelDB: blocks of sorted entries, a block that lists the blocks, and a footer. Formats:
leveldb doc/table_format.md, tensorflow/core/protobuf/tensor_bundle.proto (the messages are in tensorflow_list.json).
"""

from collections.abc import Iterator

from scanning.engine.context import Context
from scanning.engine.protobuf import Malformed, Message, Walker, table
from scanning.engine.sources import BytesSource, Inflated, Source

SUFFIX = ".index"
MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
FOOTER = 48
TRAILER = 5
LARGEST_BLOCK = 32 << 20
LARGEST_INDEX = 64 << 20
MOST_SHARDS = 99_999
LARGEST_SIZE = 1 << 60
HEADER, ENTRY = "tensorflow.BundleHeaderProto", "tensorflow.BundleEntryProto"
DTYPE, SHAPE, SHARD, OFFSET, SIZE, SLICES = 1, 2, 3, 4, 5, 7
STRING, RESOURCE, VARIANT = 7, 20, 21
# Bytes of an element by its type in TensorFlow.
WIDTHS = {
    1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2, 15: 2, 16: 2, 17: 2, 18: 16,
    19: 2, 22: 4, 23: 8, 24: 1, 25: 1, 26: 1, 27: 1, 28: 1, 29: 1, 30: 1,
}  # fmt: skip


def is_table(source: Source) -> bool:
    """Whether the file ends as a table does. The end of a large packed stream is not looked for."""
    if isinstance(source, Inflated):
        return False
    return source.size >= FOOTER and source.read(source.size - 8, 8) == MAGIC


def read_index(source: Source, context: Context) -> None:
    """Judge the index, and note for every shard which bytes of it are tensors."""
    if source.size > LARGEST_INDEX:
        context.found("tensorflow.malformed", "The index of tensors is larger than the gate reads.")
        return
    try:
        _read_entries(source, context)
    except Malformed as problem:
        context.found("tensorflow.malformed", str(problem))


def _read_entries(source: Source, context: Context) -> None:
    last: bytes | None = None
    shards = 0
    for key, value in _entries(source):
        if last is not None and key <= last:
            raise Malformed("The entries of the index are not in order.")
        last = key
        walker = Walker(BytesSource(value), table("tensorflow_list"), context)
        if not key:
            shards = _shards(walker.message(HEADER, 0, len(value)))
        elif not shards:
            raise Malformed("The index of tensors has no header.")
        else:
            _note_tensor(walker.message(ENTRY, 0, len(value)), shards, context)
    if last is None:
        raise Malformed("The index of tensors is empty.")
    prefix = context.name.removesuffix(SUFFIX)
    for shard in range(shards):
        path = shard_path(prefix, shard, shards)
        size = context.folder.sizes.get(path)
        if size is None:
            context.found(
                "tensorflow.missing-data", "A shard with tensors of the checkpoint is not there.", subject=path
            )
        elif max((end for _, end in context.folder.described.get(path, ())), default=0) > size:
            context.found("tensorflow.malformed", "A tensor of the checkpoint lies behind the end of its shard.")


def shard_path(prefix: str, shard: int, shards: int) -> str:
    """Where TensorFlow looks for a shard of a checkpoint."""
    return f"{prefix}.data-{shard:05}-of-{shards:05}"


def _shards(header: Message) -> int:
    shards = header.number(1)
    if not 1 <= shards <= MOST_SHARDS or header.number(2) not in (0, 1):
        raise Malformed("The header of the index of tensors is unusual.")
    return shards


def _note_tensor(entry: Message, shards: int, context: Context) -> None:
    shard, offset, size = entry.number(SHARD), entry.number(OFFSET), entry.number(SIZE)
    kind = entry.number(DTYPE)
    count = _elements(entry)
    if shard >= shards or offset > LARGEST_SIZE or size > LARGEST_SIZE or count is None:
        raise Malformed("A tensor of the checkpoint lies nowhere, or has no sensible shape.")
    if kind in WIDTHS:
        # A tensor in slices has entries of its own for each of them, and none of its bytes here.
        if size != WIDTHS[kind] * count and not (entry.has(SLICES) and not size):
            raise Malformed("A tensor of the checkpoint has another size than its shape says.")
    elif kind != STRING:
        context.found("tensorflow.unusual", "The checkpoint holds something else than numbers and texts.")
    if size:
        path = shard_path(context.name.removesuffix(SUFFIX), shard, shards)
        context.folder.describe(path, offset, offset + size)


def _elements(entry: Message) -> int | None:
    count = 1
    for shape in entry.parts(SHAPE):
        for dimension in shape.parts(2):
            count *= dimension.number(1)
            if count > LARGEST_SIZE:
                return None
    return count


# ---- The table


def _entries(source: Source) -> Iterator[tuple[bytes, bytes]]:
    """Every entry of every block; Malformed unless the blocks fill the file without gaps."""
    footer = source.exactly(source.size - FOOTER, FOOTER)
    meta_start, meta_size, at = _handle(footer, 0)
    index_start, index_size, at = _handle(footer, at)
    if footer[at:-8].strip(b"\0"):
        raise Malformed("The end of the index of tensors is unusual.")
    expected = 0
    for _, value in _block(source, index_start, index_size):
        start, size, end = _handle(value, 0)
        if start != expected or end != len(value):
            raise Malformed("There are gaps between the blocks of the index, or they overlap.")
        expected = start + size + TRAILER
        yield from _block(source, start, size)
    for start, size in ((meta_start, meta_size), (index_start, index_size)):
        if start != expected:
            raise Malformed("There are gaps between the blocks of the index, or they overlap.")
        expected = start + size + TRAILER
    if list(_block(source, meta_start, meta_size)) or expected + FOOTER != source.size:
        raise Malformed("There is something in the index of tensors that belongs to no block.")


def _block(source: Source, begin: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of one block, whose keys leave out what they share with the key before."""
    if size > LARGEST_BLOCK or begin + size + TRAILER > source.size or size < 4:
        raise Malformed("A block of the index is larger than the file or than the gate reads.")
    data = source.exactly(begin, size + TRAILER)
    if data[size]:
        raise Malformed("A block of the index is compressed, which the gate does not read.")
    if int.from_bytes(data[size + 1 :], "little") != _masked(checksum(data[: size + 1])):
        raise Malformed("A block of the index has another checksum than it says.")
    restarts = int.from_bytes(data[size - 4 : size], "little")
    end = size - 4 - 4 * restarts
    if not restarts or end < 0:
        raise Malformed("A block of the index is damaged.")
    key, at, whole = b"", 0, {0}
    while at < end:
        start = at
        shared, at = _varint(data, at)
        fresh, at = _varint(data, at)
        length, at = _varint(data, at)
        if shared > len(key) or at + fresh + length > end:
            raise Malformed("A block of the index is damaged.")
        if not shared:
            whole.add(start)
        key = key[:shared] + data[at : at + fresh]
        yield key, data[at + fresh : at + fresh + length]
        at += fresh + length
    # Readers that look for one key begin at these places.
    if any(int.from_bytes(data[place : place + 4], "little") not in whole for place in range(end, size - 4, 4)):
        raise Malformed("A block of the index points into the middle of an entry.")


def _handle(data: bytes, at: int) -> tuple[int, int, int]:
    start, at = _varint(data, at)
    size, at = _varint(data, at)
    return start, size, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("A number in the index does not end.")


# ---- CRC-32C, which Python's library does not have


def _made_table() -> list[int]:
    made = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)  # noqa: PLW2901 - eight steps on one number
        made.append(value)
    return made


_TABLE = _made_table()


def checksum(data: bytes) -> int:
    """The CRC-32C of the bytes (RFC 3720, appendix B)."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _masked(value: int) -> int:
    """As LevelDB stores a checksum, so that data which holds checksums can be summed up itself."""
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF
