"""What the names, calls and states of a pickle mean for whoever would load it. Nothing here reads bytes."""

from scanning.engine.allow_list import (
    HANDED_ON,
    LISTED,
    Standing,
    holds_elements,
    holds_items,
    looks_like_a_class,
    standing,
    takes_plain_state,
)
from scanning.engine.numpy_types import BadType, element, is_named
from scanning.engine.pickle_calls import (
    CLASS_FIRST,
    NEW_OBJECT,
    REBUILD,
    REBUILD_SUBCLASS,
    REBUILD_WITH_STATE,
    Remark,
    Say,
    is_file_in_bytes,
    is_given_file,
    judge_arguments,
    judge_kept_function,
    key_of,
    nested_bytes,
)
from scanning.engine.pickle_code import judge_code, judge_code_class, makes_code, names_module
from scanning.engine.pickle_values import (
    NUMPY_DTYPE,
    Global,
    Instance,
    Mapping,
    is_made_by,
    is_of_data_library,
    is_plain,
)

__all__ = [
    "Remark",
    "is_file_in_bytes",
    "is_listed_class",
    "judge_call",
    "judge_extension",
    "judge_items",
    "judge_name",
    "judge_new",
    "judge_state",
    "nested_bytes",
]

# Containers of the language: nothing in them is looked up as an attribute.
PLAIN_ITEMS = frozenset(
    {("builtins", "dict"), *(("collections", name) for name in ("Counter", "OrderedDict", "defaultdict"))}
)
PLAIN_ELEMENTS = frozenset({
    ("array", "array"), ("array", "_array_reconstructor"), ("builtins", "bytearray"), ("builtins", "list"),
    ("builtins", "set"), ("collections", "deque"),
})  # fmt: skip
# States that go to compiled code as they are.
NATIVE = {("lightgbm.basic", "Booster"): ("handle", "_handle"), ("xgboost.core", "Booster"): ("handle",)}
# Plain attributes of classes with slots: setting one runs nothing. NumPy's generators take a tuple themselves.
POLYNOMIAL = frozenset({"_asarray", "_c", "_x", "axis", "c", "extrapolate", "x"})
SLOTS = {
    **{("scipy.interpolate._cubic", name): POLYNOMIAL for name in
       ("Akima1DInterpolator", "CubicHermiteSpline", "CubicSpline", "PchipInterpolator")},
    **{("scipy.interpolate._interpolate", name): POLYNOMIAL for name in ("BPoly", "NdPPoly", "PPoly")},
    ("scipy.interpolate._interpolate", "interp1d"): frozenset({"_y_axis", "_y_extra_shape", "dtype"}),
}  # fmt: skip
# Compiled code that takes its state apart without looking at it: its lengths, and which parts are arrays.
STATE_FORMS = {
    "sklearn.metrics._dist_metrics": ((2, 3), slice(1, None)),
    "sklearn.neighbors._ball_tree": ((12, 13), slice(0, 4)),
    "sklearn.neighbors._dist_metrics": ((2, 3), slice(1, None)),
    "sklearn.neighbors._kd_tree": ((12, 13), slice(0, 4)),
}
# What makes objects whose state is another object.
STATE_MAKERS = frozenset({"numpy.random", "pandas.core", "pandas._libs"})


def judge_name(found: Global, say: Say) -> None:
    """A name was looked up."""
    use = found.standing
    name = str(found)
    if use is Standing.FORBIDDEN:
        say("pickle.forbidden-global", f"Loading the pickle would import {name}, which no model needs.", name)
    elif use is Standing.CODE:
        say("pickle.code", f"The pickle contains code stored by {_who(found)}, which {name} would build.", name)
    elif use is Standing.ATTRIBUTE:
        say("pickle.attribute", f"The pickle reaches into an object with {name}.", name)
    elif use is Standing.OPENS:
        say("pickle.opens", f"Loading the pickle would have {name} open another file.", name)
    elif use is Standing.UNKNOWN_CLASS:
        say("pickle.unknown-global", f"The pickle holds an object of {name}, which is not on the allow list.", name)
    elif use is Standing.UNKNOWN_FUNCTION:
        say("pickle.unknown-global", f"The pickle names {name}, which is not on the allow list.", name)


def _who(found: Global) -> str:
    """The library that stores code in pickles, by the modules that it leaves in them."""
    words_of_module = found.module.split(".")
    return next((library for library in ("cloudpickle", "dill") if library in words_of_module), "value")


def is_listed_class(found: Global) -> bool:
    return found.standing is Standing.CLASS or (found.standing in LISTED and looks_like_a_class(found.name))


def judge_call(function: object, arguments: object, say: Say) -> object:
    """A value was called; returns what stands for the result."""
    if isinstance(function, Global):
        return _call_name(function, arguments, say)
    if isinstance(function, Instance) and function.makes_code:
        return Instance(is_code=True)
    if isinstance(function, Instance) and function.is_code:
        say("pickle.runs-own-code", "Loading the pickle would run code that is stored in it.")
        return Instance(is_code=True)
    say("pickle.forbidden-call", "Loading the pickle would call something that it computes first.")
    return Instance()


def _call_name(function: Global, arguments: object, say: Say) -> object:
    use = function.standing
    result = Instance(made_by=function, arguments=arguments)
    if use is Standing.CALL:
        return _call_listed(function, arguments, result, say)
    if use is Standing.CLASS:
        say("pickle.unusual-call", f"Loading the pickle would run the constructor of {function}.")
    elif use is Standing.VALUE:
        say("pickle.forbidden-call", f"Loading the pickle would call {function}, which may only be named.")
    elif use is Standing.UNKNOWN_FUNCTION:
        name = str(function)
        say("pickle.forbidden-call", f"Loading the pickle would call {name}, which is not on the allow list.", name)
    elif use is Standing.UNKNOWN_CLASS and function.name in HANDED_ON:
        say("pickle.forbidden-call", f"Loading the pickle would call {function}.")
    elif use is Standing.UNKNOWN_CLASS:
        say("pickle.unusual-call", f"Loading the pickle would run the constructor of {function}.")
    elif use is Standing.CODE:
        result.is_code = True
        result.makes_code = makes_code(function, arguments)
        result.is_module = names_module(function)
        judge_code(function, arguments, say)
    elif use is Standing.ATTRIBUTE:
        if reached := _dotted(arguments):
            return reached
        _judge_attribute(function, arguments, say)
    return result


def _dotted(arguments: object) -> Global | None:
    """`getattr(class, name)` for one of the few dotted names that are known, as older protocols spell them."""
    target, name = arguments if isinstance(arguments, tuple) and len(arguments) == 2 else (None, None)
    if not isinstance(target, Global) or not isinstance(name, str):
        return None
    dotted = f"{target.name}.{name}"
    found = standing(target.module, dotted)
    return Global(target.module, dotted, found) if found in (*LISTED, Standing.OPENS) else None


def _call_listed(function: Global, arguments: object, result: Instance, say: Say) -> object:
    key = key_of(function)
    known = arguments if isinstance(arguments, tuple) else None
    if key in NEW_OBJECT and known:
        return judge_new(known[0], known[1:] if function.name == "__newobj__" else known[1:2], say)
    if key == REBUILD_SUBCLASS and known:
        return _rebuild_subclass(known, result, say)
    judge_arguments(function, arguments, say)
    if known and key in CLASS_FIRST and function.module == "copyreg" and isinstance(known[0], Global):
        return Instance(made_by=known[0])
    if known and key == REBUILD_WITH_STATE and len(known) == 4:
        judge_state(result, known[3], say)
    return result


def _rebuild_subclass(known: tuple[object, ...], result: Instance, say: Say) -> object:
    """`_rebuild_from_type_v2(function, class, arguments, state)` calls the function."""
    function, cls, arguments, state = known if len(known) == 4 else (None, None, None, None)
    if not isinstance(function, Global) or function.module != REBUILD:
        say(
            "pickle.forbidden-call", "Loading the pickle would have torch call something that does not rebuild tensors."
        )
    else:
        judge_call(function, arguments, say)
    if not isinstance(cls, Global) or not cls.module.startswith("torch"):
        say("pickle.unusual-call", "A tensor has a class that is not torch's own.")
    judge_state(result, state, say)
    return result


def _judge_attribute(function: Global, arguments: object, say: Say) -> None:
    known = arguments if isinstance(arguments, tuple) else ()
    target, names = (known[0], known[1:2]) if function.name == "getattr" and known else (None, known[:1])
    of_instance = function.name != "getattr" or (
        isinstance(target, Instance)
        and target.made_by is not None
        and target.made_by.standing in LISTED
        and not target.is_code
    )
    is_public = bool(names) and all(isinstance(name, str) and not name.startswith("_") for name in names)
    if not of_instance or not is_public:
        say(
            "pickle.forbidden-call", f"Loading the pickle would look up a hidden or computed attribute with {function}."
        )


def judge_new(cls: object, arguments: object, say: Say) -> object:
    """`cls.__new__` was called; returns what stands for the object."""
    if isinstance(cls, Global):
        result = Instance(made_by=cls, arguments=arguments)
        if cls.standing is Standing.CALL:
            return _call_listed(cls, arguments, result, say)
        if cls.standing is Standing.CLASS:
            judge_arguments(cls, arguments, say)
            if cls.module in STATE_FORMS:
                say("pickle.unusual-call", f"The pickle makes a {cls} in another way than the library does.")
        elif cls.standing is Standing.VALUE:
            say("pickle.forbidden-call", f"Loading the pickle would make an object of {cls}, which is not a class.")
        elif cls.standing is Standing.UNKNOWN_CLASS and cls.name in HANDED_ON:
            say("pickle.forbidden-call", f"Loading the pickle would make a {cls}.")
        elif cls.standing is Standing.UNKNOWN_FUNCTION or (cls.standing is Standing.UNKNOWN_CLASS and arguments != ()):
            say("pickle.unusual-call", f"Loading the pickle would run what {cls} does to make a new object.")
        return result
    if isinstance(cls, Instance) and cls.is_code:
        judge_code_class(cls, say)
        return Instance(is_code=True)
    say("pickle.forbidden-call", "Loading the pickle would make an object of a class that it computes.")
    return Instance()


def judge_state(target: object, state: object, say: Say) -> None:
    """State was set on an object."""
    if isinstance(target, Global):
        say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        return
    if not isinstance(target, Instance):
        say("pickle.unusual-state", "State is set on a plain value.")
        return
    if target.is_module:
        say("pickle.changes-global", "Loading the pickle would change a module that it imports.")
    target.times_built += 1
    parts = state if isinstance(state, tuple) and len(state) == 2 and not target.is_code else (state,)
    for part in parts:
        mapping = part.items if isinstance(part, Instance) else part
        if isinstance(mapping, Mapping):
            _judge_attributes(target, mapping, say)
    if isinstance(state, Instance | Global):
        _judge_state_object(target, state, say)
    target.state_items = state if isinstance(state, tuple) else None
    if isinstance(state, Mapping):
        target.state = state
    sets_attributes = isinstance(state, tuple) and any(isinstance(part, Mapping) for part in parts)
    if not is_plain(state) or (sets_attributes and not is_of_data_library(target)):
        target.holds_objects = True
    if target.made_by is not None and target.made_by.standing is Standing.OPENS:
        _judge_file_name(target.made_by, state, say)
    if target.made_by is not None and target.made_by.standing in LISTED:
        _judge_known_state(target.made_by, target, state, say)


def _judge_known_state(made_by: Global, target: Instance, state: object, say: Say) -> None:
    key = key_of(made_by)
    slots = state[1] if isinstance(state, tuple) and len(state) == 2 else None
    if isinstance(slots, Mapping) and not (set(slots.entries) <= SLOTS.get(key, frozenset()) and slots.is_whole):
        say("pickle.unusual-state", f"The state of a {made_by} sets attributes one by one, which can run its methods.")
    if key in takes_plain_state() and not is_plain(state):
        say("pickle.unusual-state", f"The state of a {made_by} holds more than plain data.")
    if made_by.module in STATE_FORMS and not _has_form(state, *STATE_FORMS[made_by.module]):
        say("pickle.unusual-state", f"The state of a {made_by} is not what the library writes.")
    if key in NATIVE and (not isinstance(state, Mapping) or not is_given_file(state, NATIVE[key])):
        say("pickle.unusual-state", f"The state of a {made_by} is not what the library writes.")
    if is_made_by(target, NUMPY_DTYPE):
        _judge_type_state(target, say)
    elif key == ("functools", "partial") and isinstance(state, tuple):
        judge_kept_function(made_by, state, say)


def _has_form(state: object, lengths: tuple[int, ...], arrays: slice) -> bool:
    if not isinstance(state, tuple) or len(state) not in lengths:
        return False
    return all(isinstance(part, Instance) and is_of_data_library(part) for part in state[arrays])


def _judge_file_name(made_by: Global, state: object, say: Say) -> None:
    """Old joblib files name others that stand beside them, and read those with pickle."""
    name = state.entries.get("filename") if isinstance(state, Mapping) else None
    if made_by.module.startswith("joblib.") and not (isinstance(name, str) and name and not set(name) & set("/\\\0:")):
        say("pickle.forbidden-state", "Loading the pickle would read a file that does not stand beside it.")


def _judge_type_state(target: Instance, say: Say) -> None:
    try:
        if not is_named(target):
            element(target)
    except BadType as problem:
        say("pickle.forbidden-state", str(problem))


def _judge_state_object(target: Instance, state: Instance | Global, say: Say) -> None:
    made_by = state.made_by if isinstance(state, Instance) else None
    is_known = made_by is not None and made_by.standing in LISTED
    is_dictionary = is_known and key_of(made_by) in PLAIN_ITEMS and not state.arguments  # type: ignore[arg-type, union-attr]
    is_expected = (
        is_known
        and target.made_by is not None
        and any(made_by.module.startswith(maker) for maker in STATE_MAKERS)  # type: ignore[union-attr]
        and made_by.module.partition(".")[0] == target.made_by.module.partition(".")[0]  # type: ignore[union-attr]
    )
    if not is_dictionary and not is_expected:
        say("pickle.unusual-state", "The state of an object is computed.")


def _judge_attributes(target: Instance, attributes: Mapping, say: Say) -> None:
    if attributes.called and target.made_by is not None:
        names = ", ".join(sorted(attributes.called))
        is_known = target.made_by.standing in LISTED or attributes.called != {"__dict__"}
        rule = "pickle.overrides-method" if is_known else "pickle.unusual-state"
        say(rule, f"The state of a {target.made_by} replaces its own {names}.")
    if attributes.has_unusual_keys:
        say("pickle.unusual-state", "The names of an object's attributes are hidden or computed.")


def judge_items(target: Instance, say: Say) -> None:
    """Items were set on an object that is not a plain dictionary."""
    made_by, items = target.made_by, target.items
    if made_by is None or made_by.standing not in LISTED or key_of(made_by) in PLAIN_ITEMS or items is None:
        return
    if key_of(made_by) not in holds_items():
        say("pickle.unusual-call", f"Loading the pickle would set an item on a {made_by}, which is no dictionary.")
    _judge_attributes(target, items, say)


def judge_extension(target: Instance, say: Say) -> None:
    """Elements were added to an object that is not a plain list or set."""
    made_by = target.made_by
    if target.is_code:
        say("pickle.runs-own-code", "Loading the pickle would add elements to an object whose class is stored in it.")
    elif made_by is None:
        say("pickle.forbidden-call", "Loading the pickle would call a method of something that it computes first.")
    elif made_by.standing in LISTED and key_of(made_by) not in PLAIN_ELEMENTS | holds_elements():
        say("pickle.unusual-call", f"Loading the pickle would add elements to a {made_by}, which is no list.")
