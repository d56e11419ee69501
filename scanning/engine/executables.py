"""Programs, libraries and installers of any system, by content. None of them belongs to a model."""

from scanning.engine.context import Context
from scanning.engine.sources import Source

# Four bytes and more that nothing else begins with.
PROGRAMS = {
    b"\x7fELF": "a Linux program or library",
    b"\xfe\xed\xfa\xce": "a macOS program or library",
    b"\xfe\xed\xfa\xcf": "a macOS program or library",
    b"\xce\xfa\xed\xfe": "a macOS program or library",
    b"\xcf\xfa\xed\xfe": "a macOS program or library",
    b"\xca\xfe\xba\xbe": "a macOS program or Java code",
    b"\xca\xfe\xba\xbf": "a macOS program or library",
    b"\xca\xfe\xd0\x0d": "packed Java code",
    b"\0asm": "a WebAssembly program",
    b"dex\n0": "an Android program",
    b"\x1bLua": "compiled Lua code",
    b"\x1bLJ": "compiled Lua code",
    b"BC\xc0\xde": "compiled code of LLVM",
    b"\x4c\0\0\0\x01\x14\x02\0": "a Windows shortcut",
    b"!<arch>\ndebian-binary": "a Debian package",
    b"\xed\xab\xee\xdb": "an RPM package",
    b"MSCF\0\0\0\0": "a Windows installer's cabinet",
    b"ITSF": "compiled Windows help, which can run scripts",
    b"xar!": "a macOS installer",
    b"FasdUAS": "compiled AppleScript",
    b"FWS": "a Flash program",
    b"CWS": "a Flash program",
}
OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "Macros"))
DISC_AT, DISC = 0x8001, b"CD001"
LARGEST_OFFICE = 256 << 20


def program(source: Source) -> str | None:
    """What kind of program the file is, if it is one."""
    head = source.read(0, 64)
    for magic, kind in PROGRAMS.items():
        if head.startswith(magic) and not (len(magic) == 3 and _is_printable(head)):
            return kind
    if head.startswith((b"MZ", b"ZM")) and not _is_printable(head):
        at = int.from_bytes(head[60:64], "little")
        return "a Windows program or library" if source.read(at, 4) == b"PE\0\0" else "a DOS program"
    if source.read(DISC_AT, 5) == DISC:
        return "an image of a disc"
    if source.size >= 512 and source.read(source.size - 512, 8) == b"koly\0\0\0\x04":
        return "an image of a macOS disc"
    return None


def refuse_program(source: Source, context: Context) -> bool:
    """Report a program; False when it is none."""
    kind = program(source)
    if kind is not None:
        context.found("content.executable", f"The file is {kind}.", subject=kind)
    return kind is not None


def read_office(source: Source, context: Context) -> None:
    """An old Office document is never read; one with macros is refused."""
    kept = b""
    for piece in source.pieces(0, min(source.size, LARGEST_OFFICE)):
        window = kept + piece
        if any(name in window for name in MACROS):
            context.found("content.executable", "The file is an Office document with macros.", subject="macros")
            return
        kept = window[-64:]
    context.found("content.known-unread", "The file is an old Office document, which the gate does not read.")


def _is_printable(head: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
