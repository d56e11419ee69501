"""PDF documents are not read. What they would do when they are opened is looked for all the same."""

import re

from scanning.engine.context import Context
from scanning.engine.sources import Source

MAGIC = b"%PDF-"
OVERLAP = 64
LOOKED_AT = 512 << 20
ACTIONS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|ImportData|SubmitForm|XFA|GoToE)(?=[\s/<(\[])")
# A character of a name may be written as its number.
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def read_pdf(source: Source, context: Context) -> None:
    """Always something to look at; unsafe when it runs or carries something."""
    kept = b""
    for piece in source.pieces(0, min(source.size, LOOKED_AT)):
        window = kept + piece
        plain = ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), window) if b"#" in window else window
        if found := ACTIONS.search(plain):
            action = found[1].decode()
            context.found(
                "content.active", f"The PDF document does something when it is opened ({action}).", subject=action
            )
            break
        kept = window[-OVERLAP:]
    context.found("content.known-unread", "The file is a PDF document, which the gate does not read.")
