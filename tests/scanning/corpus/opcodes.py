"""Tricks of the pickle machine itself: every way from a stream to a call."""

from __future__ import annotations

import pickle
import struct

from tests.scanning.corpus.assembly import Raw, build, call, enc, name, new, pickled, stacked
from tests.scanning.engine.hostile import Hostile

SYSTEM = name("posix", "system")
SPACE = name("argparse", "Namespace")


def opcodes(marker: str) -> list[Hostile]:
    """Pickles that run a command as soon as they are loaded."""
    touch = f"touch {marker}"
    pairs = [*_old(touch), *_names(touch), *_state(touch), *_order(touch), *_noise(touch)]
    items = [Hostile(f"op-{title}.pkl", data, "unsafe", True) for title, data in pairs]
    return items + _quiet(touch)


def _old(touch: str) -> list[tuple[str, bytes]]:
    line = touch.encode()
    return [
        ("inst", b"(S'" + line + b"'\nios\nsystem\n."),
        ("inst-class", b"((S'touch'\nS'" + line[6:] + b"'\nlisubprocess\nPopen\n."),
        ("obj", b"(" + SYSTEM + enc(touch) + b"o."),
        ("text-escapes", b"cposix\nsystem\n(V" + b"".join(b"\\u%04x" % c for c in line) + b"\ntR."),
        ("string-octal", b"cposix\nsystem\n(S'" + b"".join(b"\\%03o" % c for c in line) + b"'\ntR."),
        ("py2-eval", b'c__builtin__\neval\n(S\'__import__("os").system("' + line + b"\")'\ntR."),
        ("py2-commands", b"ccommands\ngetoutput\n(S'" + line + b"'\ntR."),
        ("py2-map", pickled(call(name("__builtin__", "tuple"), call(name("__builtin__", "map"), SYSTEM, [touch])), 2)),
        ("memo-text-index", b"cposix\nsystem\np987654\n0g987654\n(S'" + line + b"'\ntR."),
        ("tuple1", b"\x80\x02" + SYSTEM + enc(touch) + b"\x85R."),
        ("list-to-tuple-state", b"\x80\x02" + SYSTEM + enc(touch) + b"\x85\x94q\x05R0}."),
    ]


def _names(touch: str) -> list[tuple[str, bytes]]:
    rot = name("_codecs", "decode")
    return [
        ("stacked", pickled(call(stacked("os", "system"), touch))),
        ("stacked-text-escapes", b"\x80\x04V\\u006f\\u0073\nVsy\\u0073tem\n\x93" + enc((touch,)) + b"R."),
        (
            "stacked-memo",
            b"\x80\x04](" + enc("os") + b"\x94" + enc("system") + b"\x94e0h\x00h\x01\x93" + enc((touch,)) + b"R.",
        ),
        ("stacked-rot13", pickled(call(stacked("os", call(rot, "flfgrz", "rot13")), touch))),
        (
            "stacked-add",
            pickled(
                call(
                    stacked(call(name("_operator", "add"), "o", "s"), call(name("_operator", "add"), "sys", "tem")),
                    touch,
                )
            ),
        ),
        ("stacked-bytes", pickled(call(stacked("os", call(rot, b"system", "utf-8")), touch))),
        (
            "stacked-reversed",
            pickled(
                call(
                    stacked(
                        "os",
                        call(name("_operator", "getitem"), "metsys", call(name("builtins", "slice"), None, None, -1)),
                    ),
                    touch,
                )
            ),
        ),
        ("stacked-dotted", pickled(call(stacked("posixpath", "os.system"), touch))),
        ("stacked-dotted-library", pickled(call(stacked("joblib.numpy_pickle", "os.system"), touch))),
        (
            "stacked-dotted-estimator",
            pickled(
                call(
                    call(
                        name("builtins", "getattr"),
                        call(stacked("sklearn.base", "warnings.sys.modules.get"), "os"),
                        "system",
                    ),
                    touch,
                )
            ),
        ),
        (
            "global-utf8-join",
            pickled(call(stacked(call(stacked("builtins", "str.join"), "", ["o", "s"]), "system"), touch)),
        ),
        (
            "ext1",
            pickled(call(name("copyreg", "add_extension"), "posix", "system", 7))[:-1]
            + b"0\x82\x07"
            + enc((touch,))
            + b"R.",
        ),
        *_more_names(touch),
    ]


def _more_names(touch: str) -> list[tuple[str, bytes]]:
    """The second half."""
    return [
        (
            "ext4",
            pickled(call(name("copyreg", "add_extension"), "posix", "system", 70000))[:-1]
            + b"0\x84"
            + struct.pack("<i", 70000)
            + enc((touch,))
            + b"R.",
        ),
        (
            "ext-registry",
            b"\x80\x04"
            + name("copyreg", "_inverted_registry")
            + enc(9)
            + enc(("posix", "system"))
            + b"s0\x82\x09"
            + enc((touch,))
            + b"R.",
        ),
        (
            "ext-cache",
            b"\x80\x04"
            + name("copyreg", "_extension_cache")
            + enc(11)
            + SYSTEM
            + b"s0"
            + name("copyreg", "_inverted_registry")
            + enc(11)
            + enc(("collections", "OrderedDict"))
            + b"s0\x82\x0b"
            + enc((touch,))
            + b"R.",
        ),
        (
            "modules-swap",
            b"\x80\x04"
            + name("sys", "modules")
            + enc("colorsys")
            + name("posixpath", "os")
            + b"s0"
            + call(name("colorsys", "system"), touch)
            + b".",
        ),
    ]


def _state(touch: str) -> list[tuple[str, bytes]]:
    decoder = name("json", "decoder")
    return [
        ("build-setstate", pickled(build(build(new(SPACE), {"__setstate__": SYSTEM}), touch))),
        ("build-class-setstate", pickled(build(Raw(build(SPACE, (None, {"__setstate__": SYSTEM})) + b")\x81"), touch))),
        (
            "build-module",
            b"\x80\x04"
            + build(decoder, {"JSONDecoder": SYSTEM})
            + b"0"
            + call(name("json.decoder", "JSONDecoder"), touch)
            + b".",
        ),
        (
            "build-slots-module",
            b"\x80\x04"
            + build(decoder, (None, {"JSONDecoder": SYSTEM}))
            + b"0"
            + call(name("json.decoder", "JSONDecoder"), touch)
            + b".",
        ),
        ("append", b"\x80\x04" + build(new(SPACE), {"append": SYSTEM}) + enc(touch) + b"a."),
        (
            "appends-extend",
            b"\x80\x04"
            + build(new(SPACE), {"extend": name("subprocess", "call")})
            + b"("
            + b"".join(map(enc, touch.split()))
            + b"e.",
        ),
        ("additems", b"\x80\x04" + build(new(SPACE), {"add": SYSTEM}) + b"(" + enc(touch) + b"\x90."),
        ("newobj-only", pickled(new(name("builtins", "frozenset"), new(name("builtins", "map"), SYSTEM, [touch])))),
        ("newobj-tuple", pickled(new(name("builtins", "tuple"), new(name("builtins", "map"), SYSTEM, [touch])))),
        ("newobj-bytes", pickled(new(name("builtins", "bytes"), new(name("builtins", "map"), SYSTEM, [touch])))),
        (
            "newobj-ex",
            b"\x80\x04"
            + name("builtins", "frozenset")
            + b"("
            + b"cbuiltins\nmap\n"
            + enc((SYSTEM, [touch]))
            + b"}\x92"
            + b"t}\x92.",
        ),
        *_more_state(touch),
    ]


def _more_state(touch: str) -> list[tuple[str, bytes]]:
    """The second half."""
    return [
        ("newobj-filter-set", pickled(call(name("builtins", "set"), new(name("builtins", "filter"), SYSTEM, [touch])))),
        (
            "setitem-missing",
            b"\x80\x04"
            + call(
                name("_operator", "getitem"),
                call(name("collections", "defaultdict"), call(name("functools", "partial"), SYSTEM, touch)),
                "k",
            )
            + b".",
        ),
        (
            "partial-build",
            b"\x80\x04"
            + build(new(name("functools", "partial"), name("builtins", "print")), (SYSTEM, (touch,), {}, None))
            + b")R.",
        ),
        (
            "dispatch-table",
            b"\x80\x04"
            + name("copyreg", "dispatch_table")
            + name("builtins", "complex")
            + SYSTEM
            + b"s0"
            + call(
                name("copyreg", "__newobj__"), name("builtins", "tuple"), new(name("builtins", "map"), SYSTEM, [touch])
            )
            + b".",
        ),
        (
            "reconstructor",
            pickled(
                call(
                    name("copyreg", "_reconstructor"),
                    name("builtins", "frozenset"),
                    name("builtins", "frozenset"),
                    new(name("builtins", "map"), SYSTEM, [touch]),
                )
            ),
        ),
    ]


def _order(touch: str) -> list[tuple[str, bytes]]:
    run = call(SYSTEM, touch)
    broken = b"\x80\x04" + run
    return [
        ("dropped-result", broken + b"0}" + enc("model") + enc(1.0) + b"s."),
        ("before-error", broken + b"\xff\xff"),
        ("before-end", broken),
        ("mark-popped", b"\x80\x04((((" + run + b"1111}."),
        ("dup", b"\x80\x04" + SYSTEM + b"2" + enc((touch,)) + b"R."),
        (
            "memo-overwritten",
            b"\x80\x04"
            + name("collections", "OrderedDict")
            + b"q\x000"
            + SYSTEM
            + b"q\x000h\x00"
            + enc((touch,))
            + b"R.",
        ),
        ("long-memo", b"\x80\x04" + SYSTEM + b"r\xff\xff\x00\x000j\xff\xff\x00\x00" + enc((touch,)) + b"R."),
        ("key-of-dict", b"\x80\x04}" + run + b"Ns."),
        ("argument-of-ordinary", pickled(call(name("collections", "OrderedDict"), [(run, 1)]))),
        ("default-of-array", pickled(call(name("collections", "deque"), [run], 3))),
    ]


def _noise(touch: str) -> list[tuple[str, bytes]]:
    run = call(SYSTEM, touch)
    frame = b"\x95" + struct.pack("<Q", len(run) + 1)
    inner = b"\x80\x02" + run + b"."
    return [
        ("proto-repeated", b"\x80\x02\x80\x05\x80\x00" + run + b"."),
        ("frames", b"\x80\x04" + b"\x95" + bytes(8) + frame + run + b"."),
        ("padding", b"\x80\x04" + b"N0" * 400_000 + run + b"."),
        ("deep", b"\x80\x04" + b"]" * 3000 + b"(" * 3000 + run + b"."),
        ("big-string-first", b"\x80\x04" + enc("a" * 3_000_000) + b"0" + run + b"."),
        ("long-number", b"\x80\x04\x8a\xff" + b"\x01" * 255 + b"0" + run + b"."),
        ("inner-loads", pickled(call(name("_pickle", "loads"), inner))),
        ("inner-loads-twice", pickled(call(name("pickle", "loads"), pickled(call(name("_pickle", "loads"), inner))))),
        ("inner-base64", pickled(call(name("_pickle", "loads"), call(name("binascii", "a2b_hex"), inner.hex())))),
        (
            "bytearray8",
            pickled(call(name("_pickle", "loads"), Raw(b"\x96" + struct.pack("<Q", len(inner)) + inner + b"\x98")), 5),
        ),
        (
            "unpickler",
            pickled(
                call(
                    call(name("_operator", "methodcaller"), "load"),
                    call(name("_pickle", "Unpickler"), call(name("_io", "BytesIO"), inner)),
                )
            ),
        ),
        ("crlf-names", b"\x80\x02" + b"cposix\nsystem\n" + enc((touch + "\r\n",)) + b"R."),
    ]


def _quiet(touch: str) -> list[Hostile]:
    """Pickles whose call comes with the second load, with the right reader, or with use."""
    run = call(SYSTEM, touch)
    good = pickle.dumps({"weights": [0.1, 0.2]}, 4)
    return [
        Hostile("op-second-stream.pkl", good + pickled(run)),
        Hostile("op-second-stream-protocol-0.pkl", good + b"cposix\nsystem\n(S'" + touch.encode() + b"'\ntR."),
        Hostile("op-after-zeros.pkl", good + bytes(4096) + pickled(run)),
        Hostile("op-persistent-name.pkl", b"\x80\x02" + enc(("storage", SYSTEM, touch)) + b"Q.", "needs-review"),
        Hostile("op-out-of-band.pkl", b"\x80\x05" + name("_pickle", "loads") + b"\x97\x85R."),
        Hostile("op-left-callable.pkl", pickled({"predict": call(name("functools", "partial"), SYSTEM, touch)})),
        Hostile("op-left-name.pkl", pickled({"predict": SYSTEM})),
        Hostile("op-left-lazy-map.pkl", pickled({"rows": new(name("builtins", "map"), SYSTEM, [touch])})),
    ]
