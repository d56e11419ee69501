"""JSON of any size, read in pieces and held to a shape. Lists of numbers pass at the speed of a search."""

import json
import re

from scanning.engine.shapes import LONGEST_TEXT, Misshapen, Walker
from scanning.engine.sources import PIECE, Source

SPACE = re.compile(rb"[ \t\r\n]*")
NUMBERS = re.compile(rb"[-+0-9.eE, \t\r\n]+")
STRING = re.compile(rb'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"', re.DOTALL)
WORD = re.compile(rb"true|false|null|NaN|-?Infinity")
NUMBER = re.compile(rb"-?[0-9][-+0-9.eE]*")
BLANK = b" \t\r\n"


class JsonStream:
    """A cursor over the text that keeps only a window of it."""

    def __init__(self, source: Source, walker: Walker) -> None:
        self.source = source
        self.walker = walker
        self.window = b""
        self.at = 0
        self.next = 0

    def read(self) -> None:
        """The whole document; Misshapen unless it is one value of the right shape and nothing else."""
        self.value()
        self.space()
        if self.peek():
            raise Misshapen("Something follows the end of the model.")

    def more(self) -> bool:
        """Read on, keeping what is not used yet; False at the end."""
        piece = self.source.read(self.next, PIECE)
        self.next += len(piece)
        self.window = self.window[self.at :] + piece
        self.at = 0
        return bool(piece)

    def peek(self) -> bytes:
        if self.at >= len(self.window):
            self.more()
        return self.window[self.at : self.at + 1]

    def space(self) -> None:
        while True:
            match = SPACE.match(self.window, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.window) or not self.more():
                return

    def expect(self, character: bytes) -> None:
        self.space()
        if self.peek() != character:
            raise Misshapen("The model is not valid JSON.")
        self.at += 1

    def string(self) -> bytes:
        """A string with its quotes."""
        while (match := STRING.match(self.window, self.at)) is None:
            if len(self.window) - self.at > LONGEST_TEXT or not self.more():
                raise Misshapen("The model is not valid JSON.")
        self.at = match.end()
        return match.group()

    def value(self) -> None:
        self.space()
        first = self.peek()
        if first == b"{":
            self.object()
        elif first == b"[":
            self.list()
        elif first == b'"':
            self.string()
            self.walker.take_text()
        else:
            self.plain()

    def plain(self) -> None:
        while len(self.window) - self.at < 64 and self.more():
            pass
        match = WORD.match(self.window, self.at) or NUMBER.match(self.window, self.at)
        if match is None:
            raise Misshapen("The model is not valid JSON.")
        self.at = match.end()
        self.walker.take_number()

    def object(self) -> None:
        self.walker.begin_object()
        self.at += 1
        self.space()
        if self.peek() == b"}":
            self.at += 1
            self.walker.end_object()
            return
        while True:
            self.space()
            try:
                key = json.loads(self.string())
            except ValueError:
                raise Misshapen("The model is not valid JSON.") from None
            self.walker.take_key(key)
            self.expect(b":")
            self.value()
            self.space()
            if self.peek() == b"}":
                break
            self.expect(b",")
        self.at += 1
        self.walker.end_object()

    def list(self) -> None:
        self.walker.begin_list()
        self.at += 1
        numbers = self.numbers() if self.walker.takes_numbers() else None
        if numbers is None:
            self.elements()
        self.walker.end_list(numbers)

    def numbers(self) -> int | None:
        """Pass plain numbers up to the end of their list, and say how many.

        None when something else comes, perhaps behind some of them, in the place of an element.
        """
        commas, last = 0, b""
        while True:
            match = NUMBERS.match(self.window, self.at)
            run = match.group().translate(None, BLANK) if match else b""
            if run:
                if b",," in run or (run[:1] == b"," and last in (b"", b",")):
                    raise Misshapen("The model has a list of numbers that is not one.")
                commas += run.count(b",")
                last = run[-1:]
            self.at = match.end() if match else self.at
            if self.at < len(self.window):
                break
            if not self.more():
                raise Misshapen("The model ends in the middle of a list.")
        if self.peek() != b"]":
            if last not in (b"", b","):
                raise Misshapen("The model has a list of numbers that is not one.")
            return None
        if last == b",":
            raise Misshapen("The model has a list of numbers that is not one.")
        self.at += 1
        return commas + 1 if last else 0

    def elements(self) -> None:
        """The elements of a list one by one, and its end."""
        self.space()
        if self.peek() == b"]":
            self.at += 1
            return
        while True:
            self.walker.next_element()
            self.value()
            self.space()
            if self.peek() == b"]":
                self.at += 1
                return
            self.expect(b",")
