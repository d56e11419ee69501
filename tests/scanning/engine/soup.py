"""Random pickles that get somewhere: opcodes are chosen so that most of them find what they need on the stack."""

import pickle
import struct
from collections.abc import Callable
from random import Random

from scanning.engine import allow_list
from scanning.engine.allow_list import Standing

# Names that are worth meeting often: what takes classes, functions or other objects, and what none may have.
CALLED = [
    ("collections", "OrderedDict"), ("collections", "defaultdict"), ("collections", "deque"),
    ("collections", "Counter"),
    ("functools", "partial"), ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("copyreg", "__newobj_ex__"),
    ("copy_reg", "_reconstructor"), ("types", "SimpleNamespace"), ("builtins", "list"), ("builtins", "set"),
    ("builtins", "dict"), ("builtins", "tuple"), ("builtins", "str"), ("builtins", "type"), ("builtins", "bytearray"),
    ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "scalar"),
    ("numpy.random._pickle", "__generator_ctor"), ("numpy.random._pickle", "__bit_generator_ctor"),
    ("pandas.core.indexes.base", "_new_Index"), ("_codecs", "encode"), ("datetime", "datetime"),
    ("operator", "itemgetter"), ("random", "Random"), ("re", "_compile"), ("sklearn.neighbors._kd_tree", "newObj"),
]  # fmt: skip
MADE = [
    ("sklearn.utils._bunch", "Bunch"), ("scipy.optimize._optimize", "OptimizeResult"), ("numpy", "ndarray"),
    ("sklearn.pipeline", "Pipeline"), ("sklearn.isotonic", "IsotonicRegression"), ("uuid", "UUID"),
    ("numpy", "float64"),
    ("sklearn.frozen._frozen", "FrozenEstimator"), ("pandas", "Series"), ("scipy.interpolate._cubic", "CubicSpline"),
    ("sklearn.preprocessing._data", "StandardScaler"), ("joblib.numpy_pickle", "NumpyArrayWrapper"),
]  # fmt: skip
NAMED = [("numpy", "log"), ("builtins", "len"), ("math", "sin"), ("sklearn.metrics._regression", "r2_score")]
FORBIDDEN = [
    ("os", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("operator", "attrgetter"), ("theirs", "Model"),
    ("theirs", "function"), ("numpy", "load"), ("subprocess", "Popen"), ("__main__", "X"), ("sklearn.base", "clone"),
]  # fmt: skip
WORDS = [
    "__setstate__", "append", "extend", "__class__", "__dict__", "a", "shape", "dtype", "f8", "O", "V8", "latin1",
    "__array_interface__", "os", "system", "builtins", "eval", "numpy", "fit", "_mgr", "__iter__", "i4", "read",
]  # fmt: skip
LISTED: list[tuple[str, str]] = sorted(allow_list.names())
LISTED_CALLS = [
    name for name in LISTED if allow_list.names()[name] is Standing.CALL and not name[0].startswith("torch")
]


class Soup:
    """One random pickle. `stack` is what the generator believes to be on the unpickler's stack, by kind."""

    def __init__(self, random: Random, *, forbidden: float = 0.03, wild: float = 0.03) -> None:
        self.random = random
        self.forbidden = forbidden
        self.wild = wild
        self.out = bytearray(b"\x80" + bytes([random.choice([2, 3, 4, 5])]))
        self.stack: list[str] = []
        self.memo: list[str] = []

    def make(self, length: int) -> bytes:
        for _ in range(length):
            if self.random.random() < self.wild:
                self.out += bytes([self.random.randrange(256)])
            self.random.choice(self.possible())()
        self.close()
        return bytes(self.out)

    def close(self) -> None:
        """Put everything on the stack into one value, and stop."""
        while "mark" in self.stack:
            self.tuple_from_mark()
        while len(self.stack) > 1:
            self.emit(b"\x86", 2, "tuple")
        self.out += b"." if self.stack else b"N."

    def possible(self) -> list[Callable[[], None]]:
        stack, top = self.stack, self.stack[-1] if self.stack else ""
        under = stack[-2] if len(stack) > 1 else ""
        found: list[Callable[[], None]] = [self.plain, self.plain, self.name, self.name, self.empty, self.mark]
        if top and top != "mark":
            found += [self.put, self.duplicate, lambda: self.emit(b"\x85", 1, "tuple")]
            if self.random.random() < 0.2:
                found.append(lambda: self.emit(b"0", 1, None))
        if self.memo:
            found += [self.get, self.get]
        if top == "global":
            found += 4 * [self.empty]
        if top == "tuple" and under in ("global", "object", "made"):
            found += 9 * [lambda: self.emit(b"R", 2, "made")]
        if top == "tuple" and under in ("global", "object"):
            found += 9 * [lambda: self.emit(b"\x81", 2, "object")]
        if under in ("object", "made", "global") and top in ("dict", "tuple", "object", "made"):
            found += 6 * [lambda: self.emit(b"b", 1, None)]
        if under in ("list", "object", "made") and top != "mark":
            found += 2 * [lambda: self.emit(b"a", 1, None)]
        if len(stack) > 2 and stack[-3] in ("dict", "object", "made") and under == "text" and top != "mark":
            found += 4 * [lambda: self.emit(b"s", 2, None)]
        if len(stack) > 1 and "mark" not in (top, under):
            found += [lambda: self.emit(b"\x86", 2, "tuple")]
        if len(stack) > 2 and "mark" not in stack[-3:]:
            found += [lambda: self.emit(b"\x87", 3, "tuple")]
        if "mark" in stack:
            found += [self.tuple_from_mark, self.from_mark]
        if top == under == "text":
            found += 2 * [lambda: self.emit(b"\x93", 2, "global")]
        return found

    def emit(self, opcode: bytes, taken: int, made: str | None) -> None:
        self.out += opcode
        if taken:
            del self.stack[-taken:]
        if made is not None:
            self.stack.append(made)

    def plain(self) -> None:
        kind = self.random.randrange(6)
        if kind < 3:
            self.text(self.random.choice(WORDS))
        elif kind == 3:
            self.emit(pickle.dumps(self.random.choice([0, 1, 3, 8, -1, 255]), 2)[2:-1], 0, "number")
        elif kind == 4:
            self.emit(b"C\x08" + self.random.randbytes(8), 0, "bytes")
        else:
            self.emit(self.random.choice([b"N", b"\x88", b"\x89"]), 0, "none")

    def text(self, word: str) -> None:
        raw = word.encode()
        self.emit(b"X" + struct.pack("<I", len(raw)) + raw, 0, "text")

    def name(self) -> None:
        draw = self.random.random()
        if draw < self.forbidden:
            module, name = self.random.choice(FORBIDDEN)
        elif draw < 0.5:
            module, name = self.random.choice(CALLED if self.random.random() < 0.7 else LISTED_CALLS)
        elif draw < 0.8:
            module, name = self.random.choice(MADE)
        else:
            module, name = self.random.choice(NAMED + LISTED[self.random.randrange(len(LISTED)) :][:1])
        if self.random.random() < 0.8:
            self.emit(b"c" + f"{module}\n{name}\n".encode(), 0, "global")
        else:
            self.text(module)
            self.text(name)
            self.emit(b"\x93", 2, "global")

    def empty(self) -> None:
        opcode, kind = self.random.choice([(b"]", "list"), (b"}", "dict"), (b")", "tuple"), (b"\x8f", "list")])
        self.emit(opcode, 0, kind)

    def mark(self) -> None:
        self.emit(b"(", 0, "mark")

    def put(self) -> None:
        if self.random.random() < 0.5:
            self.out += b"\x94"
            self.memo.append(self.stack[-1])
        else:
            index = self.random.randrange(min(250, len(self.memo) + 1))
            self.out += b"q" + bytes([index])
            self.memo[index : index + 1] = [self.stack[-1]]

    def get(self) -> None:
        index = self.random.randrange(min(255, len(self.memo)))
        self.emit(b"h" + bytes([index]), 0, self.memo[index])

    def duplicate(self) -> None:
        self.emit(b"2", 0, self.stack[-1])

    def above_mark(self) -> int:
        return len(self.stack) - 1 - len(self.stack[: -1 - self.stack[::-1].index("mark")])

    def tuple_from_mark(self) -> None:
        self.emit(b"t", self.above_mark() + 1, "tuple")

    def from_mark(self) -> None:
        """Whatever takes everything above the mark, and what is below it if that fits."""
        above = self.above_mark()
        below = self.stack[-above - 2] if len(self.stack) > above + 1 else ""
        inside = self.stack[len(self.stack) - above :]
        choices: list[tuple[bytes, str | None]] = [(b"l", "list"), (b"\x91", "list"), (b"1", None)]
        if above and inside[0] == "global":
            choices.append((b"o", "made"))
        if above % 2 == 0:
            choices.append((b"d", "dict"))
            if below in ("dict", "object", "made"):
                choices += 3 * [(b"u", None)]
        if below in ("list", "object", "made"):
            choices += 2 * [(b"e", None), (b"\x90", None)]
        module, name = self.random.choice(CALLED + MADE)
        choices.append((b"i" + f"{module}\n{name}\n".encode(), "made"))
        opcode, made = self.random.choice(choices)
        self.emit(opcode, above + 1, made)
