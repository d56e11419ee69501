"""Notebooks: JSON that holds code, what the code printed, and attached files."""

import base64
import binascii
import re
from collections.abc import Iterator

from scanning.engine import markdown_documents
from scanning.engine.context import Context
from scanning.engine.sources import BytesSource

LARGEST_ATTACHMENT = 32 << 20
MOST_CELLS = 20_000
# Lines that a notebook hands to a shell or to itself.
COMMAND = re.compile(
    r"^[ \t]*(?:!{1,2}[ \t]*\S+|%{1,2}\w+|\w+[ \t]*=[ \t]*![ \t]*\S+|get_ipython\(\)\.\w+)", re.MULTILINE
)
PLAIN_OUTPUTS = frozenset({"text/plain", "text/latex", "text/markdown", "application/json"})
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})


def read_notebook(document: dict[str, object], context: Context) -> None:
    """Report code, active outputs and whatever the attachments are."""
    context.recognised("notebook")
    cells = list(_cells(document))
    if len(cells) > MOST_CELLS:
        context.found("json.limit", "The notebook has more cells than the gate reads.")
    codes = [cell for cell in cells[:MOST_CELLS] if cell.get("cell_type") == "code"]
    context.found("json.code", f"The file is a notebook, which holds code ({len(codes)} cells).", subject="notebook")
    for cell in cells[:MOST_CELLS]:
        text = _text(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "code":
            for command in COMMAND.findall(text):
                context.found(
                    "notebook.command", f"The notebook runs the command {command.strip()!r}.", subject=command
                )
        else:
            markdown_documents.judge_markup(text, context, "The notebook")
        for attached in _mappings(cell.get("attachments")):
            _read_bundle(attached, context)
        for output in _listed(cell.get("outputs")):
            if isinstance(output, dict):
                _read_bundle(output.get("data", output), context)


def _cells(document: dict[str, object]) -> Iterator[dict[str, object]]:
    """The cells, of version 4 or of the sheets of version 3."""
    sheets = [sheet for sheet in _listed(document.get("worksheets")) if isinstance(sheet, dict)]
    for holder in (document, *sheets):
        yield from (cell for cell in _listed(holder.get("cells")) if isinstance(cell, dict))


def _read_bundle(bundle: object, context: Context) -> None:
    """The forms of one output or attachment, by their media types."""
    for kind, value in bundle.items() if isinstance(bundle, dict) else ():
        if "/" not in str(kind):
            continue
        media = str(kind).partition(";")[0].strip().lower()
        if media in PICTURES:
            _read_picture(media, _text(value), context)
        elif media not in PLAIN_OUTPUTS:
            context.found("text.markup", f"An output of the notebook is {media}, which can run scripts.", subject=media)


def _read_picture(media: str, text: str, context: Context) -> None:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        context.found("content.malformed", f"A picture in the notebook is not valid base64 ({media}).")
        return
    if len(data) > LARGEST_ATTACHMENT:
        context.found("json.limit", "A picture in the notebook is larger than the gate reads.")
        return
    context.read_member(f"({media})", BytesSource(data))


def _text(value: object) -> str:
    """Notebooks write texts as one or as a list of lines."""
    return "".join(str(line) for line in value) if isinstance(value, list) else value if isinstance(value, str) else ""


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mappings(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else []
