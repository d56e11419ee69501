"""A look at bytes that should be numbers or texts: whether an unpickler would act upon them."""

from scanning.engine.context import Budget, Context, LimitReached
from scanning.engine.pickle_machine import NAME, Machine
from scanning.engine.pickle_values import Malformed
from scanning.engine.pickles import report
from scanning.engine.sources import BytesSource, Cursor, Source, Truncated

HEAD = 1 << 10
# Setting up the machine costs about as much as so many of its operations.
COST = 20
PROBED_OPCODES = 2_000_000


class _Listener(Machine):
    """Notes whether a name is spelled out. Among many tensors some begin with a few opcodes, but not with words."""

    is_named = False

    def resolve(self, module: object, name: object) -> None:
        if isinstance(module, str) and isinstance(name, str) and NAME.fullmatch(module) and NAME.fullmatch(name):
            self.is_named = True
        super().resolve(module, name)


def report_hidden_pickle(source: Source, context: Context) -> None:
    """Report bytes that an unpickler would act upon. Costs a look at their beginning, however many they are."""
    context.budget.opcodes -= COST
    if context.budget.opcodes < 0:
        raise LimitReached("engine.budget", "The files of this version have more parts than the gate reads.")
    if _run(BytesSource(source.read(0, HEAD)), Budget()) is None:
        return
    allowed = min(context.budget.opcodes, PROBED_OPCODES)
    budget = Budget(opcodes=allowed)
    machine = _run(source, budget, is_whole=True)
    context.budget.opcodes -= allowed - budget.opcodes
    if machine is not None and machine.is_named and (machine.saw_call or machine.is_stopped):
        report(machine.remarks, context)
        context.found("content.polyglot", "An unpickler would act on bytes that should be data.")


def _run(source: Source, budget: Budget, *, is_whole: bool = False) -> _Listener | None:
    """The machine after its run; None when it failed without having met a name, as it does on numbers."""
    machine = _Listener(Cursor(source), budget, with_arrays=False)
    try:
        machine.run()
    except (Malformed, LimitReached):
        return machine if machine.is_named else None
    except Truncated:
        return None if is_whole and not machine.is_named else machine
    return machine
