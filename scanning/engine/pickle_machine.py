"""An unpickler that makes nothing: every opcode moves descriptions of values about, and nothing is imported or called.

What it sees is told to `pickle_rules`; where the bytes come from and what to say about them is for `pickles`.
"""

import re
from collections.abc import Iterable

from scanning.engine import pickle_rules, second_looks
from scanning.engine.allow_list import NEVER_A_VALUE, modern, standing
from scanning.engine.context import Budget, LimitReached
from scanning.engine.joblib_arrays import ArrayProblem, pass_array
from scanning.engine.pickle_opcodes import TABLE
from scanning.engine.pickle_values import (
    FORGOTTEN,
    JOBLIB_WRAPPER,
    KEPT_TEXT,
    MARK,
    OPAQUE,
    Global,
    Instance,
    Malformed,
    Mapping,
    Opaque,
    Raw,
    Sequence,
    is_made_by,
    is_plain,
)
from scanning.engine.sources import Cursor

STACK = 2_000_000
MEMO = 3_000_000
NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
# Protocols before this one hold names as Python 2 spelled them.
TRANSLATED = 3
# What most pickles consist of, and of no interest to anybody who is handed it.
INERT = frozenset({str, int, bool, type(None), Opaque, Raw})


class Machine:
    """Runs one pickle from its first opcode to STOP, and keeps `remarks`: (rule, sentence, offset).

    `with_arrays` reads as joblib does, which finds the bytes of an array behind its description. A second look reads a
    joblib file as pickle would: what cannot be imported ends it, as it would end the unpickler. `in_torch` reads
    persistent ids as torch does, and `keeps_elements` keeps what is in a list.
    """

    def __init__(
        self,
        cursor: Cursor,
        budget: Budget,
        *,
        with_arrays: bool,
        is_second_look: bool = False,
        in_torch: bool = False,
        keeps_elements: bool = False,
        remarks: list[pickle_rules.Remark] | None = None,
    ) -> None:
        self.cursor: Cursor = cursor
        self.budget = budget
        self.with_arrays = with_arrays
        self.is_second_look = is_second_look
        self.is_doubtful = False
        self.in_torch = in_torch
        self.keeps_elements = keeps_elements
        self.remarks = [] if remarks is None else remarks
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.value: object = None
        self.is_stopped = False
        self.frame_end: int | None = None
        self.protocol = 0
        self.at = cursor.tell()
        self.saw_array = False
        self.array_at: int | None = None
        self.saw_name = False
        self.saw_call = False
        self.persistent_ids: list[object] = []
        # Bytes that a listed function reads as a file of their own, and classes that may not be handed on.
        self.nested: list[Raw] = []
        self.guarded: list[Global] = []

    def run(self) -> None:
        """To the STOP opcode.

        Malformed or Truncated where an unpickler would fail, LimitReached when it is too much.
        """
        cursor, table, budget = self.cursor, TABLE, self.budget
        while not self.is_stopped:
            self.at = cursor.tell()
            if self.frame_end is not None and self.at >= self.frame_end:
                self._leave_frame()
            operation = table[cursor.byte()]
            if operation is None:
                raise Malformed("an unknown opcode")
            operation(self)
            budget.opcodes -= 1
            if budget.opcodes < 0:
                raise LimitReached(
                    "engine.budget", "The pickles of this version hold more operations than the gate reads."
                )
            if len(self.stack) > STACK or len(self.memo) > MEMO:
                raise LimitReached("engine.budget", "The pickle keeps more objects at once than the gate reads.")
        self._close()

    def _close(self) -> None:
        for found in self.guarded:
            if found.handed_on:
                self.say(
                    "pickle.unusual-state", f"The pickle keeps the class {found} itself, whose constructor reads files."
                )

    def say(self, rule: str, message: str, /, subject: str = "") -> None:
        if self.is_doubtful:
            second_looks.decisive(self._note, rule, message, subject)
        else:
            self._note(rule, message, subject)

    def _note(self, rule: str, message: str, subject: str = "") -> None:
        self.remarks.append(pickle_rules.Remark(rule, message, self.at, subject))

    # The stack

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> object:
        if not self.stack or self.stack[-1] is MARK:
            raise Malformed("an operation on an empty stack")
        return self.stack.pop()

    def top(self) -> object:
        if not self.stack or self.stack[-1] is MARK:
            raise Malformed("an operation on an empty stack")
        return self.stack[-1]

    def pop_to_mark(self) -> list[object]:
        stack = self.stack
        index = len(stack) - 1
        while index >= 0 and stack[index] is not MARK:
            index -= 1
        if index < 0:
            raise Malformed("no mark on the stack")
        values = stack[index + 1 :]
        del stack[index:]
        return values

    # Arguments of opcodes

    def unsigned(self, width: int) -> int:
        return int.from_bytes(self.cursor.read(width), "little")

    def text_line(self) -> str:
        try:
            return self.cursor.line().decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a name that is not text") from None

    def push_text(self, length: int, encoding: str = "utf-8") -> None:
        if length > KEPT_TEXT:
            self.push_bytes(length, is_text=True)
            return
        raw = self.cursor.read(length)
        try:
            self.push(raw.decode(encoding, "surrogatepass"))
        except UnicodeDecodeError:
            self.push(OPAQUE)

    def push_bytes(self, length: int, *, is_text: bool = False) -> None:
        at = self.cursor.tell()
        self.cursor.skip(length)
        self.push(Raw(at, length, is_text=is_text))

    def push_again(self, value: object) -> None:
        """A value that is on the stack or in the memo already."""
        if type(value) is Global:
            value.handed_on += 1
        self.stack.append(value)

    def push_persistent(self, identity: object) -> None:
        """What stands outside of the pickle; torch puts classes of modules there, beside their source."""
        self.persistent_ids.append(identity)
        is_class = self.in_torch and isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module"
        self.push_again(identity[1] if is_class and isinstance(identity[1], Global) else OPAQUE)  # type: ignore[index]

    # Frames

    def enter_frame(self) -> None:
        length = self.unsigned(8)
        if self.frame_end is not None and self.cursor.tell() < self.frame_end:
            self.say(
                "pickle.unusual-state", "The pickle has a frame inside a frame, which unpicklers read differently."
            )
        if length > self.cursor.left:
            # One of Python's two unpicklers ends here, the other goes on.
            self.say("pickle.malformed", "The pickle has a frame that is longer than the file.")
        self.frame_end = self.cursor.tell() + min(length, self.cursor.left)

    def _leave_frame(self) -> None:
        if self.frame_end is not None and self.at > self.frame_end:
            self.say(
                "pickle.unusual-state",
                "An operation of the pickle crosses the end of its frame, which unpicklers read differently.",
            )
        self.frame_end = None

    # Names and calls

    def resolve(self, module: object, name: object) -> None:
        if self.is_second_look and second_looks.is_impossible(module, name):
            raise Malformed("a name that cannot be imported")
        self.is_doubtful = self.is_doubtful or (self.is_second_look and second_looks.is_mixed_up(module, name))
        if not isinstance(module, str) or not isinstance(name, str):
            self.saw_name = True
            self.say("pickle.computed-global", "The pickle computes the name of something to import.")
            self.push(Instance())
            return
        if self.protocol < TRANSLATED:
            module, name = modern(module, name)
        found = Global(module, name, standing(module, name), 1)
        if (module, name) in NEVER_A_VALUE:
            self.guarded.append(found)
        self.saw_name = self.saw_name or bool(NAME.fullmatch(module) and NAME.fullmatch(name))
        pickle_rules.judge_name(found, self.say)
        self.push(found)

    def call(self, function: object, arguments: object) -> None:
        if self.is_second_look and is_plain(function) and not isinstance(function, Global):
            raise Malformed("a call of plain data")
        self.saw_call = True
        if pickle_rules.is_file_in_bytes(function):
            self.nested += pickle_rules.nested_bytes(arguments, self.say)
        self.push(pickle_rules.judge_call(function, arguments, self.say))

    def instantiate(self, cls: object, arguments: object) -> None:
        if self.is_second_look and second_looks.is_no_class(cls):
            raise Malformed("an object of something that is no class")
        self.saw_call = True
        if isinstance(cls, Global):
            cls.handed_on -= 1
        self.push(pickle_rules.judge_new(cls, arguments, self.say))

    def build(self) -> None:
        state = self.pop()
        target = self.top()
        self.saw_call = True
        was_plain = is_plain(target)
        pickle_rules.judge_state(target, state, self.say)
        self._has_changed(target, was_plain)
        if is_made_by(target, JOBLIB_WRAPPER):
            self.saw_array = True
            self.array_at = self.cursor.tell() if self.array_at is None else self.array_at
            if self.with_arrays:
                self._read_array(target)

    def _read_array(self, wrapper: object) -> None:
        assert isinstance(wrapper, Instance)
        if self.frame_end is not None and self.cursor.tell() != self.frame_end:
            raise ArrayProblem("An array does not begin where its frame ends.")
        self.frame_end = None
        has_objects = pass_array(wrapper, self.cursor)
        self.stack[-1] = Instance(made_by=Global("numpy", "ndarray", standing("numpy", "ndarray")))
        if has_objects:
            inner = Machine(self.cursor, self.budget, with_arrays=False, remarks=self.remarks)
            inner.run()
            self.stack[-1] = inner.value
            self.saw_array = True
            self.persistent_ids += inner.persistent_ids
            self.nested += inner.nested

    # Containers

    def place(self, values: Iterable[object], *, in_container: bool = True) -> bool:
        """Note that values stand inside of something now; True when any of them is more than plain data."""
        holds_objects = False
        for value in values:
            if type(value) in INERT:
                continue
            if isinstance(value, Sequence | Mapping | Instance):
                value.is_placed = True
                if in_container and isinstance(value, Mapping):
                    value.entries = FORGOTTEN
            holds_objects = holds_objects or not is_plain(value)
        return holds_objects

    def _has_changed(self, holder: object, was_plain: bool) -> None:
        """What was handed on as plain data has to stay that."""
        if (
            was_plain
            and isinstance(holder, Sequence | Mapping | Instance)
            and holder.is_placed
            and not is_plain(holder)
        ):
            self.say("pickle.unusual-state", "The pickle changes something after it has handed it on.")

    def put_items(self, target: object, pairs: list[object]) -> None:
        self._put_pairs(target, pairs[: len(pairs) // 2 * 2])
        if len(pairs) % 2:
            # An unpickler may set the others before it notices.
            raise Malformed("a key without a value")

    def _put_pairs(self, target: object, pairs: list[object]) -> None:
        if isinstance(target, Global):
            self.saw_call = True
            self.say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        elif isinstance(target, Mapping | Instance):
            was_plain = is_plain(target)
            if isinstance(target, Instance):
                target.items = target.items or Mapping()
            items = target.items if isinstance(target, Instance) else target
            assert items is not None
            for index in range(0, len(pairs), 2):
                items.put(pairs[index], pairs[index + 1])
            if self.place(pairs):
                items.holds_objects = True
                self._judge_keys(items, pairs)
            if isinstance(target, Instance):
                pickle_rules.judge_items(target, self.say)
            self._has_changed(target, was_plain)
        elif not pairs:
            self._nothing()
        elif not isinstance(target, Opaque | Sequence):
            raise Malformed("an item set on a plain value")

    def _nothing(self) -> None:
        """Nothing is added to something that nothing can be added to."""
        self.say("pickle.malformed", "The pickle adds nothing to a plain value, where unpicklers disagree.")

    def _judge_keys(self, items: Mapping, pairs: list[object]) -> None:
        if not items.has_object_keys and any(isinstance(key, Instance) and not is_plain(key) for key in pairs[::2]):
            items.has_object_keys = True
            self.say("pickle.unusual-state", "A key of a dictionary is an object that would be asked for its hash.")

    def extend(self, target: object, values: list[object]) -> None:
        if isinstance(target, Global):
            self.saw_call = True
            self.say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        elif isinstance(target, Sequence | Instance):
            was_plain = is_plain(target)
            target.holds_objects = self.place(values) or target.holds_objects
            if isinstance(target, Instance):
                pickle_rules.judge_extension(target, self.say)
            else:
                self._keep(target, values)
            self._has_changed(target, was_plain)
        elif not values:
            self._nothing()
        elif not isinstance(target, Opaque):
            raise Malformed("an element added to a plain value")

    def sequence(self, values: list[object], *, is_set: bool = False) -> Sequence:
        """A list or set of these elements."""
        made = Sequence(holds_objects=self.place(values), is_set=is_set)
        self._keep(made, values)
        return made

    def _keep(self, target: Sequence, values: list[object]) -> None:
        if self.keeps_elements:
            target.elements = target.elements or []
            target.elements.extend(values)
        if target.is_set and any(isinstance(value, Instance) and not is_plain(value) for value in values):
            self.say("pickle.unusual-state", "An element of a set is an object that would be asked for its hash.")
