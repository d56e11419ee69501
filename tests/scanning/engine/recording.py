"""An unpickler that is real but for what it imports: every name is a stand-in that notes what is done with it."""

import contextlib
import io
import pickle
from typing import Any, NamedTuple

DEEDS = ("named", "called", "made", "changed", "computed")


class Deed(NamedTuple):
    """What an unpickler did with a name; `computed` is a call of something that was no name."""

    what: str
    module: str = ""
    name: str = ""


class Method:
    """`__setstate__`, `append` and the like, of a stand-in itself or of what was made from it."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            owner.deeds.append(Deed("changed", owner.module, owner.called))
        return lambda *_: None


class Meta(type):
    deeds: list[Deed]
    module: str
    called: str

    def __call__(cls, *arguments: Any) -> Any:
        cls.deeds.append(Deed("called", cls.module, cls.called))
        if cls.called in ("_reconstructor", "__newobj__", "__newobj_ex__", "_reconstruct", "newObj") and arguments:
            if isinstance(arguments[0], Meta):
                return vars(arguments[0])["__new__"].__func__(arguments[0])
            cls.deeds.append(Deed("computed"))
        return Made(cls.deeds)

    def __setitem__(cls, key: Any, value: Any) -> None:
        cls.deeds.append(Deed("changed", cls.module, cls.called))


class Made:
    """The result of a call: nobody knows what it is, so calling it is one of the deeds."""

    def __init__(self, deeds: list[Deed]) -> None:
        self.__dict__["deeds"] = deeds

    def __call__(self, *arguments: Any) -> Any:
        self.__dict__["deeds"].append(Deed("computed"))
        raise TypeError("hardly any object can be called")

    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __setstate__(self, state: Any) -> None: ...
    def append(self, value: Any) -> None: ...
    def extend(self, values: Any) -> None: ...
    def add(self, value: Any) -> None: ...


def stand_in(module: str, name: str, deeds: list[Deed]) -> Any:
    """A class that stands for a name, whether that is a class or a function."""

    def new(cls: Any, *_arguments: Any, **_named: Any) -> Any:
        deeds.append(Deed("made", cls.module, cls.called))
        return object.__new__(cls)

    members = {
        "deeds": deeds, "module": module, "called": name, "__new__": new,
        "__setitem__": lambda *_: None, "__setstate__": Method(), "append": Method(), "extend": Method(),
        "add": Method(),
    }  # fmt: skip
    return Meta("StandIn", (), members)


def unpickle(data: bytes, implementation: Any = pickle.Unpickler) -> list[Deed]:
    """What the real unpickler does with these bytes up to its end or its failure."""
    deeds: list[Deed] = []

    class Recorder(implementation):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            deeds.append(Deed("named", module, name))
            return stand_in(module, name, deeds)

        def persistent_load(self, _identity: Any) -> Any:
            return None

    # Whatever a random stream provokes ends it, and what was done until then stays noted.
    with contextlib.suppress(Exception):
        Recorder(io.BytesIO(data)).load()
    return deeds
