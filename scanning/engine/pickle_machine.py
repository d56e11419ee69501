"""An unpickler that makes nothing: every opcode moves descriptions of values about, and nothing is imported or called.

What it sees is told to `pickle_rules`; where the bytes come from and what to say about them is for `pickles`.
"""

import re

from scanning.engine import pickle_rules
from scanning.engine.allow_list import standing
from scanning.engine.context import Budget, LimitReached
from scanning.engine.joblib_arrays import ArrayProblem, pass_array
from scanning.engine.pickle_opcodes import TABLE
from scanning.engine.pickle_values import (
    JOBLIB_WRAPPER,
    KEPT_TEXT,
    MARK,
    OPAQUE,
    Global,
    Instance,
    Malformed,
    Mapping,
    Opaque,
    Sequence,
    is_made_by,
)
from scanning.engine.sources import Cursor, Truncated

STACK = 2_000_000
MEMO = 3_000_000
NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class Machine:
    """Runs one pickle from its first opcode to STOP, and keeps `remarks`: (rule, sentence, offset).

    `with_arrays` reads as joblib does, which finds the bytes of an array behind its description. A second look reads a
    joblib file as pickle would: what cannot be imported ends it, as it would end the unpickler.
    """

    def __init__(
        self,
        cursor: Cursor,
        budget: Budget,
        *,
        with_arrays: bool,
        is_second_look: bool = False,
        remarks: list[pickle_rules.Remark] | None = None,
    ) -> None:
        self.cursor: Cursor = cursor
        self.budget = budget
        self.with_arrays = with_arrays
        self.is_second_look = is_second_look
        self.remarks = [] if remarks is None else remarks
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.value: object = None
        self.is_stopped = False
        self.frame_end: int | None = None
        self.at = cursor.tell()
        self.saw_array = False
        self.saw_name = False
        self.saw_call = False
        self.persistent_ids: list[object] = []

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

    def say(self, rule: str, message: str, /, subject: str = "") -> None:
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
            self.cursor.skip(length)
            self.push(OPAQUE)
            return
        raw = self.cursor.read(length)
        try:
            self.push(raw.decode(encoding, "surrogatepass"))
        except UnicodeDecodeError:
            self.push(OPAQUE)

    def push_bytes(self, length: int) -> None:
        self.cursor.skip(length)
        self.push(OPAQUE)

    # Frames

    def enter_frame(self) -> None:
        length = self.unsigned(8)
        if self.frame_end is not None and self.cursor.tell() < self.frame_end:
            self.say(
                "pickle.unusual-state", "The pickle has a frame inside a frame, which unpicklers read differently."
            )
        if length > self.cursor.left:
            raise Truncated
        self.frame_end = self.cursor.tell() + length

    def _leave_frame(self) -> None:
        if self.frame_end is not None and self.at > self.frame_end:
            self.say(
                "pickle.unusual-state",
                "An operation of the pickle crosses the end of its frame, which unpicklers read differently.",
            )
        self.frame_end = None

    # Names and calls

    def resolve(self, module: object, name: object) -> None:
        if self.is_second_look and not pickle_rules.could_be_imported(module, name):
            raise Malformed("a name that cannot be imported")
        if not isinstance(module, str) or not isinstance(name, str):
            self.saw_name = True
            self.say("pickle.computed-global", "The pickle computes the name of something to import.")
            self.push(Instance())
            return
        found = Global(module, name, standing(module, name))
        self.saw_name = self.saw_name or bool(NAME.fullmatch(module) and NAME.fullmatch(name))
        pickle_rules.judge_name(found, self.say)
        self.push(found)

    def call(self, function: object, arguments: object) -> None:
        self.saw_call = True
        self.push(pickle_rules.judge_call(function, arguments, self.say))

    def instantiate(self, cls: object, arguments: object) -> None:
        self.saw_call = True
        self.push(pickle_rules.judge_new(cls, arguments, self.say))

    def build(self) -> None:
        state = self.pop()
        target = self.top()
        self.saw_call = True
        pickle_rules.judge_state(target, state, self.say)
        if is_made_by(target, JOBLIB_WRAPPER):
            self.saw_array = True
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
            self.saw_array = True

    # Containers

    def put_items(self, target: object, pairs: list[object]) -> None:
        if len(pairs) % 2:
            raise Malformed("a key without a value")
        if isinstance(target, Global):
            self.saw_call = True
            self.say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        elif isinstance(target, Mapping | Instance):
            if isinstance(target, Instance):
                target.items = target.items or Mapping()
                target = target.items
            for index in range(0, len(pairs), 2):
                target.put(pairs[index], pairs[index + 1])
        elif not isinstance(target, Opaque | Sequence):
            raise Malformed("an item set on a plain value")

    def extend(self, target: object) -> None:
        if isinstance(target, Global):
            self.saw_call = True
            self.say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        elif isinstance(target, Instance):
            pickle_rules.judge_extension(target, self.say)
        elif not isinstance(target, Sequence | Opaque):
            raise Malformed("an element added to a plain value")
