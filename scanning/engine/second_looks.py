"""What `pickle.load` would make of a joblib file, where it takes the bytes of arrays for operations.

In an honest file it soon fails: at bytes that are no operation, or because an array of objects has a pickle of its own,
whose references to earlier words now lead to the wrong ones. It then asks for a name of the list in a module that does
not have it ("shape.dtype"). No engine can know every module, so it reads on as if there were such a thing, and from
there on counts only what an honest file cannot contain: names that are not on the list.
"""

from collections.abc import Callable

from scanning.engine.allow_list import LISTED, Standing, last_names, standing
from scanning.engine.pickle_values import Global, Instance, is_plain

# Listed names whose result may be text.
TEXT_MAKERS = frozenset({"str", "encode", "scalar", "_reconstructor", "__newobj__", "__newobj_ex__", "bytes", "str_"})
OTHERWISE = "An array could be read as operations by whoever does not expect it."


def is_impossible(module: object, name: object) -> bool:
    """Whether this cannot be imported, as one of the two is no text."""
    return not all(_could_be_text(value) for value in (module, name) if not isinstance(value, str))


def _could_be_text(value: object) -> bool:
    if not isinstance(value, Instance):
        return False
    return value.made_by is None or value.made_by.standing not in LISTED or value.made_by.name in TEXT_MAKERS


def is_mixed_up(module: object, name: object) -> bool:
    """Whether a name of the list is asked for in a module that the list does not have it in."""
    return isinstance(module, str) and name in last_names() and standing(module, str(name)) not in LISTED


def is_no_class(value: object) -> bool:
    """Whether a value on the stack is certainly an object and not a class."""
    if isinstance(value, Instance) and value.made_by is not None:
        return value.made_by.standing is Standing.CLASS or is_plain(value)
    return is_plain(value) and not isinstance(value, Global)


def decisive(say: Callable[..., None], rule: str, message: str, subject: str) -> None:
    """Hand on what counts behind a name that may not exist."""
    if not subject or subject.rpartition(".")[2] in last_names():
        return
    if rule == "pickle.forbidden-global":
        say(rule, message, subject)
    else:
        say("pickle.array", OTHERWISE, subject)
