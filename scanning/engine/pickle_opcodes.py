"""The opcodes of pickle, protocols 0 to 5, and what each does to the abstract machine. Their meaning: pickletools."""

import codecs
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from scanning.engine.pickle_rules import is_listed_class
from scanning.engine.pickle_values import MARK, OPAQUE, Global, Instance, Malformed, Mapping, Sequence

if TYPE_CHECKING:
    from scanning.engine.pickle_machine import Machine

KEPT_NUMBER = 16
# Unpicklers keep the memo as one array, and pickles count up.
MEMO_GAP = 1 << 16

Operation = Callable[["Machine"], None]


def _stop(m: "Machine") -> None:
    m.value = m.pop()
    m.is_stopped = True
    if m.frame_end is not None and m.cursor.tell() != m.frame_end:
        m.say("pickle.unusual-state", "The pickle ends inside of a frame, which unpicklers read differently.")


def _unreadable(m: "Machine", what: str) -> None:
    """Unpicklers disagree about some spellings: go on, as the more lenient of them would."""
    m.say("pickle.malformed", f"The pickle holds {what} in a form that unpicklers read differently.")
    m.push(OPAQUE)


def _long(m: "Machine", width: int) -> None:
    length = m.unsigned(width)
    if length <= KEPT_NUMBER:
        m.push(int.from_bytes(m.cursor.read(length), "little", signed=True))
    else:
        m.push_bytes(length)


def _int_line(m: "Machine") -> None:
    line = m.cursor.line()
    if line in (b"00", b"01"):
        m.push(line == b"01")
    else:
        _number(m, line)


def _number(m: "Machine", line: bytes) -> None:
    if len(line) > 2 * KEPT_NUMBER:
        m.push(OPAQUE)
        return
    try:
        m.push(int(line, 0))
    except ValueError:
        _unreadable(m, "a number")


def _float_line(m: "Machine") -> None:
    try:
        float(m.cursor.line())
        m.push(OPAQUE)
    except ValueError:
        _unreadable(m, "a number")


def _string_line(m: "Machine") -> None:
    line = m.cursor.line().strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"'\"":
        _unreadable(m, "a string")
        return
    try:
        decoded, _ = codecs.escape_decode(line[1:-1])
        m.push(decoded.decode("ascii"))
    except ValueError:
        m.push(OPAQUE)


def _unicode_line(m: "Machine") -> None:
    try:
        m.push(m.cursor.line().decode("raw-unicode-escape"))
    except UnicodeDecodeError:
        _unreadable(m, "a string")


def _tuple(m: "Machine", count: int) -> None:
    values = [m.pop() for _ in range(count)]
    m.place(values, in_container=False)
    m.push(tuple(reversed(values)))


def _tuple_from_mark(m: "Machine") -> None:
    values = m.pop_to_mark()
    m.place(values, in_container=False)
    m.push(tuple(values))


def _set_items(m: "Machine") -> None:
    pairs = m.pop_to_mark()
    m.put_items(m.top(), pairs)


def _set_item(m: "Machine") -> None:
    value, key = m.pop(), m.pop()
    m.put_items(m.top(), [key, value])


def _appends(m: "Machine") -> None:
    values = m.pop_to_mark()
    m.extend(m.top(), values)


def _append(m: "Machine") -> None:
    value = m.pop()
    m.extend(m.top(), [value])


def _dict(m: "Machine") -> None:
    pairs = m.pop_to_mark()
    made = Mapping()
    m.put_items(made, pairs)
    m.push(made)


def _list_from_mark(m: "Machine") -> None:
    m.push(m.sequence(m.pop_to_mark()))


def _frozen_set(m: "Machine") -> None:
    m.push(m.sequence(m.pop_to_mark(), is_set=True))


def _pop(m: "Machine") -> None:
    if not m.stack:
        raise Malformed("an operation on an empty stack")
    m.stack.pop()


def _pop_mark(m: "Machine") -> None:
    m.pop_to_mark()


def _read_only(m: "Machine") -> None:
    m.top()


def _get(m: "Machine", index: int) -> None:
    if index not in m.memo:
        raise Malformed("a memo entry that is not there")
    m.push_again(m.memo[index])


def _put(m: "Machine", index: int) -> None:
    if index < 0:
        raise Malformed("a negative memo index")
    if index > len(m.memo) + MEMO_GAP:
        m.say("pickle.unusual-state", "The pickle leaves a gap in its memo, which makes an unpickler fill memory.")
    m.memo[index] = m.top()


def _line_index(m: "Machine") -> int:
    line = m.cursor.line()
    try:
        if len(line) > 2 * KEPT_NUMBER:
            raise Malformed("a memo index that is too long")
        return int(line)
    except ValueError:
        raise Malformed("a memo index that is no number") from None


def _global(m: "Machine") -> None:
    module = m.text_line()
    m.resolve(module, m.text_line())


def _stack_global(m: "Machine") -> None:
    name, module = m.pop(), m.pop()
    m.resolve(module, name)


def _instance(m: "Machine") -> None:
    module = m.text_line()
    m.resolve(module, m.text_line())
    cls = m.pop()
    # The name is looked up even when the arguments are not there.
    _make(m, cls, tuple(m.pop_to_mark()))


def _object(m: "Machine") -> None:
    values = m.pop_to_mark()
    if not values:
        raise Malformed("an object without a class")
    _make(m, values[0], tuple(values[1:]))


def _make(m: "Machine", cls: object, arguments: tuple[object, ...]) -> None:
    """INST and OBJ call, unless there are no arguments and a class: only then `__new__` is enough."""
    if arguments or not (isinstance(cls, Global) and is_listed_class(cls)):
        m.call(cls, arguments)
    else:
        m.instantiate(cls, arguments)


def _reduce(m: "Machine") -> None:
    arguments = m.pop()
    m.call(m.pop(), arguments)


def _new(m: "Machine") -> None:
    arguments = m.pop()
    m.instantiate(m.pop(), arguments)


def _new_with_names(m: "Machine") -> None:
    named, arguments = m.pop(), m.pop()
    if isinstance(named, Mapping) and (named.entries or named.called):
        m.say("pickle.unusual-call", "An object is made with named arguments.")
    m.instantiate(m.pop(), arguments)


def _extension(m: "Machine", width: int) -> None:
    code = m.unsigned(width)
    if m.is_second_look:
        raise Malformed("an extension that nobody has registered")
    m.saw_name = True
    m.say(
        "pickle.extension",
        f"The pickle uses extension code {code}, whose meaning depends on the process that loads it.",
    )
    m.push(Instance())


def _persistent_line(m: "Machine") -> None:
    m.push_persistent(m.text_line())


def _persistent(m: "Machine") -> None:
    m.push_persistent(m.pop())


def _out_of_band(m: "Machine") -> None:
    m.say("pickle.out-of-band", "The pickle refers to a buffer that is not in the file.")
    m.push(OPAQUE)


def _protocol(m: "Machine") -> None:
    m.protocol = m.unsigned(1)
    if m.protocol > 5:
        raise Malformed("a protocol that does not exist")


OPERATIONS: dict[bytes, Operation] = {
    b"\x80": _protocol,
    b"\x95": lambda m: m.enter_frame(),
    b".": _stop,
    b"(": lambda m: m.push(MARK),
    b"0": _pop,
    b"1": _pop_mark,
    b"2": lambda m: m.push_again(m.top()),
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"I": _int_line,
    b"L": lambda m: _number(m, m.cursor.line().rstrip(b"L")),
    b"F": _float_line,
    b"J": lambda m: m.push(struct.unpack("<i", m.cursor.read(4))[0]),
    b"K": lambda m: m.push(m.unsigned(1)),
    b"M": lambda m: m.push(m.unsigned(2)),
    b"\x8a": lambda m: _long(m, 1),
    b"\x8b": lambda m: _long(m, 4),
    b"G": lambda m: m.push_bytes(8),
    b"S": _string_line,
    b"V": _unicode_line,
    b"T": lambda m: m.push_text(m.unsigned(4)),
    b"U": lambda m: m.push_text(m.unsigned(1)),
    b"X": lambda m: m.push_text(m.unsigned(4)),
    b"\x8c": lambda m: m.push_text(m.unsigned(1)),
    b"\x8d": lambda m: m.push_text(m.unsigned(8)),
    b"B": lambda m: m.push_bytes(m.unsigned(4)),
    b"C": lambda m: m.push_bytes(m.unsigned(1)),
    b"\x8e": lambda m: m.push_bytes(m.unsigned(8)),
    b"\x96": lambda m: m.push_bytes(m.unsigned(8)),
    b"\x97": _out_of_band,
    b"\x98": _read_only,
    b")": lambda m: m.push(()),
    b"t": _tuple_from_mark,
    b"\x85": lambda m: _tuple(m, 1),
    b"\x86": lambda m: _tuple(m, 2),
    b"\x87": lambda m: _tuple(m, 3),
    b"]": lambda m: m.push(Sequence()),
    b"l": _list_from_mark,
    b"\x8f": lambda m: m.push(Sequence(is_set=True)),
    b"\x91": _frozen_set,
    b"}": lambda m: m.push(Mapping()),
    b"d": _dict,
    b"a": _append,
    b"e": _appends,
    b"\x90": _appends,
    b"s": _set_item,
    b"u": _set_items,
    b"g": lambda m: _get(m, _line_index(m)),
    b"h": lambda m: _get(m, m.unsigned(1)),
    b"j": lambda m: _get(m, m.unsigned(4)),
    b"p": lambda m: _put(m, _line_index(m)),
    b"q": lambda m: _put(m, m.unsigned(1)),
    b"r": lambda m: _put(m, m.unsigned(4)),
    b"\x94": lambda m: _put(m, len(m.memo)),
    b"c": _global,
    b"\x93": _stack_global,
    b"i": _instance,
    b"o": _object,
    b"R": _reduce,
    b"\x81": _new,
    b"\x92": _new_with_names,
    b"b": lambda m: m.build(),
    b"\x82": lambda m: _extension(m, 1),
    b"\x83": lambda m: _extension(m, 2),
    b"\x84": lambda m: _extension(m, 4),
    b"P": _persistent_line,
    b"Q": _persistent,
}
# By the number of the opcode, as that is what a stream is made of.
TABLE: list[Operation | None] = [OPERATIONS.get(bytes([code])) for code in range(256)]
