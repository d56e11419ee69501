"""What a person at a terminal is told: how far it is, and at the end what came along and what did not."""

import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

NOUNS = (
    "experiments",
    "runs",
    "metric points",
    "logged models",
    "models",
    "versions",
    "stages",
    "aliases",
    "files",
)
_EXAMPLES = 5
_BAR = 24


class Report:
    """Counts by noun, and the reasons for what was left behind."""

    def __init__(self) -> None:
        self.carried: Counter[str] = Counter()
        self.here: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
        # Whether something failed that may work the next time.
        self.is_unfinished = False

    def refuse(self, noun: str, name: str, reason: str, *, again: bool = False) -> None:
        """Something stays behind; with `again`, another try may bring it."""
        self.refused[noun] += 1
        self.remark(noun, name, reason)
        self.is_unfinished |= again

    def remark(self, noun: str, name: str, remark: str) -> None:
        """Something came along, but not quite as it was."""
        self.reasons[noun, remark].append(name)

    def lines(self) -> Iterator[str]:
        """The table, then every reason with some of those that it holds for."""
        yield f"{'':<16}{'carried':>12}{'already here':>16}{'not carried':>14}"
        further = [noun for noun in self.refused if noun not in NOUNS]
        for noun in (*NOUNS, *further):
            numbers = (self.carried[noun], self.here[noun], self.refused[noun])
            if any(numbers) or noun in {"experiments", "runs", "models", "versions"}:
                yield f"{noun:<16}{numbers[0]:>12,}{numbers[1]:>16,}{numbers[2]:>14,}"
        if self.reasons:
            yield ""
            yield "Not carried, or not as it was, and why:"
        for (noun, reason), names in self.reasons.items():
            shown = ", ".join(names[:_EXAMPLES]) + (f" and {len(names) - _EXAMPLES} more" * (len(names) > _EXAMPLES))
            yield f"  {noun}: {shown}: {reason}"
        if not any(self.carried.values()):
            yield ""
            yield "Nothing new was carried; nothing was changed."


class Progress:
    """A bar on a terminal; elsewhere a plain line at the beginning of each part and every ten seconds."""

    def __init__(self, write: Callable[[str], object], *, is_terminal: bool) -> None:
        self._write = write
        self._is_terminal = is_terminal
        self._title, self._total, self._count = "", 0, 0
        self._shown_at = 0.0

    def begin(self, title: str, total: int) -> None:
        """A part with so many things begins."""
        self._title, self._total, self._count = title, total, 0
        self._show("", now=True)

    def advance(self) -> None:
        """One thing of the part is finished."""
        self._count += 1
        self._show("", now=self._is_terminal)

    def say(self, detail: str) -> None:
        """What is being done at this moment."""
        self._show(detail, now=False)

    def end(self) -> None:
        """Leave the line free for what comes."""
        if self._is_terminal:
            self._write("\r\x1b[K")

    def _show(self, detail: str, *, now: bool) -> None:
        moment = time.monotonic()
        if not now and moment - self._shown_at < (0.1 if self._is_terminal else 10):
            return
        self._shown_at = moment
        count = f"{self._title} {self._count}/{self._total}"
        if not self._is_terminal:
            self._write(f"{count}{': ' if detail else ''}{detail}\n")
            return
        filled = _BAR * self._count // self._total if self._total else _BAR
        text = f"[{'#' * filled}{'.' * (_BAR - filled)}] {count}  {detail}"
        self._write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
