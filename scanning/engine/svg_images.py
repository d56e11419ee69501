"""SVG pictures: XML of which every element and attribute is listed. Anything else may run when a browser shows it.

Format: SVG 1.1 and 2 of the W3C. Documents with a DOCTYPE are not read, so that no entity is ever expanded.
"""

import re
from xml.parsers import expat

from scanning.engine.context import Context
from scanning.engine.sources import Source

LARGEST = 32 << 20
ROOT = re.compile(r"(<\?xml[^>]*\?>)?\s*(<!DOCTYPE svg[^>\[]*>)?\s*<svg[\s>]")
SVG = "http://www.w3.org/2000/svg"
ELEMENTS = frozenset({
    "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComposite", "feFlood",
    "feGaussianBlur", "feMerge", "feMergeNode", "feOffset", "filter", "g", "image", "line", "linearGradient", "marker",
    "mask", "metadata", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "stop", "style", "svg",
    "switch", "symbol", "text", "textPath", "title", "tspan", "use", "view",
})  # fmt: skip
# Descriptions that drawing programs and plotting libraries add, which no browser acts upon.
DESCRIPTIONS = (
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://creativecommons.org/ns#",
    "http://web.resource.org/cc/",
    "http://purl.org/dc/elements/1.1/",
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    "http://www.bohemiancoding.com/sketch/ns",
)
RUNS = frozenset({"script", "foreignObject", "handler", "iframe", "embed", "object", "animate", "set"})
LOADS = re.compile(
    r"@import|url\(\s*[\"']?(?!#|data:(image/(png|jpeg|gif)|font)|[\"']?#)|expression\(|javascript:", re.IGNORECASE
)
PLAIN_ADDRESS = re.compile(r"#|data:image/(png|jpeg|gif|webp);base64,", re.IGNORECASE)


class Unsafe(Exception):
    """A rule's name and a sentence."""


def is_svg(head: str) -> bool:
    """Whether a text begins as a picture."""
    while (start := head.find("<!--")) >= 0 and (end := head.find("-->", start)) >= 0:
        head = head[:start] + head[end + 3 :]
    return ROOT.match(head.lstrip()) is not None


def read_svg(source: Source, context: Context) -> None:
    """Report the first thing that is more than a drawing."""
    context.recognised("svg")
    if source.size > LARGEST:
        context.found("text.markup", "The picture is larger than the gate reads.")
        return
    drawing = _Drawing()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = drawing.element
    parser.EndElementHandler = drawing.end
    parser.CharacterDataHandler = drawing.text
    parser.StartDoctypeDeclHandler = drawing.doctype
    parser.ProcessingInstructionHandler = drawing.instruction
    try:
        for piece in source.pieces():
            parser.Parse(piece)
        parser.Parse(b"", True)
    except Unsafe as problem:
        rule, message = problem.args
        context.found(rule, message, parser.CurrentByteIndex)
    except (expat.ExpatError, ValueError, LookupError):
        context.found("text.markup", "The picture is not valid XML.")


class _Drawing:
    """What the parser meets."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self.open.append(local)
        if len(self.open) > 256:
            raise Unsafe("text.markup", "The picture is nested deeper than the gate reads.")
        if local in RUNS:
            raise Unsafe("text.script", f"The picture holds <{local}>, which runs when it is shown.")
        if space not in DESCRIPTIONS and (space != SVG or local not in ELEMENTS):
            raise Unsafe("text.markup", f"The picture holds <{local}>, which the gate does not know.")
        for key, value in attributes.items():
            attribute = key.rpartition(" ")[2]
            if attribute.lower().startswith("on"):
                raise Unsafe("text.script", f"The picture runs a script ({attribute}).")
            compact = "".join(value.split()).lower()
            if compact.startswith(("javascript:", "vbscript:", "data:text/html", "data:image/svg")):
                raise Unsafe("text.script", f"The picture runs a script ({attribute}).")
            if attribute in ("href", "src") and space == SVG and not PLAIN_ADDRESS.match(value.strip()):
                raise Unsafe("text.markup", f"The picture loads something from elsewhere ({attribute}).")
            if LOADS.search(value) and space == SVG:
                raise Unsafe("text.markup", f"The picture loads something from elsewhere ({attribute}).")

    def end(self, name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        if self.open[-1:] == ["style"] and (LOADS.search(text) or "\\" in text):
            raise Unsafe("text.markup", "The styles of the picture load something from elsewhere.")

    def doctype(self, name: str, system: str | None, public: str | None, has_subset: bool) -> None:
        if has_subset:
            raise Unsafe("text.markup", "The picture declares entities, which the gate does not expand.")

    def instruction(self, target: str, data: str) -> None:
        raise Unsafe("text.markup", f"The picture has an instruction for its reader ({target}).")
