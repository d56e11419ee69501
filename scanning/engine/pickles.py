"""Pickles and joblib files: where they begin and end, and what the abstract machine has to say about them."""

from scanning.engine.context import Context, LimitReached
from scanning.engine.findings import Severity
from scanning.engine.joblib_arrays import ArrayProblem
from scanning.engine.pickle_machine import Machine
from scanning.engine.pickle_rules import Remark
from scanning.engine.pickle_values import Malformed, Raw
from scanning.engine.rules import RULES
from scanning.engine.sources import BytesSource, Cursor, Slice, Source, Truncated

PICKLES_PER_FILE = 1_000
PROBED_OPCODES = 2_000_000
LARGEST_TEXT = 64 << 20


def is_pickle(source: Source) -> bool:
    """Whether the bytes declare a pickle protocol. Older pickles do not: see `find_hidden_pickle`."""
    head = source.read(0, 2)
    return len(head) == 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def read_pickle(
    source: Source, context: Context, *, offset: int = 0, in_torch: bool = False, own_root: str = ""
) -> list[object]:
    """Judge every pickle from `offset` to the end of the source; returns the persistent ids that were met.

    Unknown classes under `own_root` are part of what the pickle came in, and reported there.
    """
    persistent_ids: list[object] = []
    cursor = Cursor(source, offset)
    for _ in range(PICKLES_PER_FILE):
        start = cursor.tell()
        machine = run_pickle(cursor, context, in_torch=in_torch, own_root=own_root)
        persistent_ids += machine.persistent_ids
        if machine.saw_array and not in_torch:
            _read_without_arrays(source, start, context)
        if not machine.is_stopped:
            break
        if not cursor.left:
            break
        if not _begins_a_pickle(cursor):
            context.found(
                "pickle.trailing", f"{cursor.left:,} bytes follow the pickle that are not part of it.", cursor.tell()
            )
            find_hidden_pickle(Slice(source, cursor.tell(), cursor.left), context)
            break
    else:
        context.found("engine.budget", f"The file holds more than {PICKLES_PER_FILE} pickles.")
    if persistent_ids and not in_torch:
        context.found("pickle.persistent-id", "The pickle refers to objects that are not in it.")
    return persistent_ids


def _begins_a_pickle(cursor: Cursor) -> bool:
    head = cursor.peek(2)
    return len(head) == 2 and head[0] == 0x80 and head[1] <= 5


def run_pickle(
    cursor: Cursor, context: Context, *, in_torch: bool = False, keeps_elements: bool = False, own_root: str = ""
) -> Machine:
    """Run the pickle that begins at the cursor and report; the machine knows whether it came to its STOP."""
    # Torch knows nothing of joblib's arrays, whose bytes it would take for operations.
    machine = Machine(
        cursor, context.budget, with_arrays=not in_torch, in_torch=in_torch, keeps_elements=keeps_elements
    )
    try:
        machine.run()
    except Truncated:
        context.found("pickle.malformed", "The pickle ends in the middle of an operation.", machine.at)
    except Malformed as problem:
        context.found("pickle.malformed", f"The pickle cannot be read to its end: {problem}.", machine.at)
    except ArrayProblem as problem:
        context.found("pickle.array", str(problem), machine.at)
    except LimitReached as limit:
        context.found(limit.rule, limit.message, machine.at)
    report([remark for remark in machine.remarks if not (own_root and _is_own(remark, own_root))], context)
    for raw in machine.nested:
        _read_nested(raw, cursor.source, context)
    return machine


def _is_own(remark: Remark, root: str) -> bool:
    is_unknown = remark.rule in ("pickle.unknown-global", "pickle.unusual-call")
    return is_unknown and remark.subject.startswith(root)


def _read_nested(raw: Raw, source: Source, context: Context) -> None:
    """A file that stands in the pickle's bytes, or in text that stands for bytes."""
    inside: Source = Slice(source, raw.at, raw.length)
    if raw.is_text:
        if raw.length > LARGEST_TEXT:
            context.found("engine.budget", "A file inside of the pickle is larger than the gate reads.")
            return
        try:
            inside = BytesSource(inside.exactly(0, raw.length).decode("utf-8").encode("latin-1"))
        except ValueError:
            context.found("pickle.malformed", "A file inside of the pickle is not what it should be.", raw.at)
            return
    if not inside.read(0, 4).startswith((b"PK\x03\x04", b"\x80")):
        context.found("pickle.malformed", "A file inside of the pickle is not what it should be.", raw.at)
    context.read_member(f"bytes at {raw.at}", inside)


def report(remarks: list[Remark], context: Context) -> None:
    """Hand the machine's remarks on, each sentence once."""
    said: set[tuple[str, str]] = set()
    for remark in remarks:
        if (remark.rule, remark.message) not in said:
            said.add((remark.rule, remark.message))
            context.found(remark.rule, remark.message, remark.at, subject=remark.subject)


def _read_without_arrays(source: Source, offset: int, context: Context) -> None:
    """What `pickle.load` would meet in a joblib file, where it takes the bytes of the first array for operations.

    In an honest file it fails there at once, so only what happens before the failure counts.
    """
    cursor = Cursor(source, offset)
    for _ in range(PICKLES_PER_FILE):
        machine = Machine(cursor, context.budget, with_arrays=False, is_second_look=True)
        try:
            machine.run()
            report(machine.remarks, context)
        except (Truncated, Malformed, LimitReached):
            report([remark for remark in machine.remarks if _counts(remark, machine.array_at)], context)
            return
        if not cursor.left or not _begins_a_pickle(cursor):
            return


def _counts(remark: Remark, array_at: int | None) -> bool:
    """Whether a remark of a second look tells more than the first: what comes before the array was seen already."""
    return RULES[remark.rule][0] is Severity.UNSAFE or (array_at is not None and remark.at >= array_at)


def find_hidden_pickle(source: Source, context: Context) -> bool:
    """Report on bytes of any other format that an unpickler would nevertheless act upon; True if there are any.

    Protocols 0 and 1 have no signature, so the only way to know is to run the machine until it fails. Text that
    happens to begin with
    opcodes resolves no plausible name, or fails before anything is called.
    """
    saved = context.budget.opcodes
    context.budget.opcodes = min(saved, PROBED_OPCODES)
    machine = Machine(Cursor(source), context.budget, with_arrays=False)
    try:
        machine.run()
    except (Truncated, Malformed, LimitReached):
        pass
    finally:
        context.budget.opcodes = saved - (min(saved, PROBED_OPCODES) - context.budget.opcodes)
    if not machine.saw_name or not (machine.saw_call or machine.is_stopped):
        return False
    if machine.is_stopped and not machine.cursor.left:
        read_pickle(source, context)
        return True
    report(machine.remarks, context)
    context.found("content.polyglot", "An unpickler would act on this file, although it does not look like a pickle.")
    return True
