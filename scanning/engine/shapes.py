"""What a document is allowed to look like, and a walker that holds one to it while it is read, whatever its notation.

A shape is a word for plain values, a dictionary of the keys of an object ("*" for any other key), or a list with the
shape of the elements.
"""

from typing import NoReturn

NUMBER, TEXT, NUMBERS, TEXTS, ANY = "number", "text", "numbers", "texts", "any"
DEEPEST = 32
LONGEST_TEXT = 16 << 20

Shape = str | dict[str, "Shape"] | list["Shape"]


class Misshapen(Exception):
    """A sentence: where the document is not what it should be."""


class Walker:
    """Follows a document through its shape. `counts` are the lengths of the lists of numbers in the current object."""

    def __init__(self, shape: Shape, same_length: frozenset[str] = frozenset()) -> None:
        self.stack: list[Shape] = []
        self.expected: Shape = shape
        self.same_length = same_length
        self.keys: list[set[str]] = []
        self.lengths: list[int | None] = []
        self.key = ""

    def wrong(self, what: str) -> NoReturn:
        raise Misshapen(f"The model has {what} at {self.key!r} that does not belong there.")

    def begin_object(self) -> None:
        if not isinstance(self.expected, dict) and self.expected != ANY:
            self.wrong("an object")
        self._enter(self.expected)
        self.keys.append(set())
        self.lengths.append(None)

    def take_key(self, key: str) -> None:
        shape = self.stack[-1]
        self.key = key
        if key in self.keys[-1]:
            self.wrong("a second entry")
        self.keys[-1].add(key)
        if shape == ANY:
            self.expected = ANY
        else:
            assert isinstance(shape, dict)
            found = shape.get(key, shape.get("*"))
            if found is None:
                self.wrong("an entry")
            self.expected = found

    def end_object(self) -> None:
        self.keys.pop()
        self.lengths.pop()
        self.expected = self.stack.pop()

    def begin_list(self) -> None:
        if not isinstance(self.expected, list) and self.expected not in (ANY, NUMBERS, TEXTS):
            self.wrong("a list")
        self._enter(self.expected)
        self.next_element()

    def next_element(self) -> None:
        shape = self.stack[-1]
        if isinstance(shape, list):
            self.expected = shape[0]
        elif isinstance(shape, str):
            self.expected = {NUMBERS: NUMBER, TEXTS: TEXT}.get(shape, ANY)

    def end_list(self, numbers: int | None = None) -> None:
        """`numbers` is how many there were, if the list held nothing else."""
        if numbers is not None and self.lengths and self.key in self.same_length:
            if self.lengths[-1] not in (None, numbers):
                raise Misshapen(f"The list {self.key!r} of a tree has another length than the others.")
            self.lengths[-1] = numbers
        self.expected = self.stack.pop()

    def take_number(self) -> None:
        if self.expected not in (NUMBER, ANY):
            self.wrong("a number")

    def take_text(self) -> None:
        if self.expected not in (TEXT, ANY):
            self.wrong("a text")

    def takes_numbers(self) -> bool:
        return self.expected in (NUMBER, ANY)

    def _enter(self, shape: Shape) -> None:
        self.stack.append(shape)
        if len(self.stack) > DEEPEST:
            raise Misshapen("The model is nested deeper than the gate reads.")
