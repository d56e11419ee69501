"""Markup in prose and Markdown: what a page may show without running or loading anything is plain."""

import html
import re

from scanning.engine import scripts
from scanning.engine.context import Context

# Tags that load or run something; others may be tokens and placeholders, such as `<pad>` and `<your-name>`.
ACTIVE_TAGS = "applet|embed|frame|frameset|iframe|marquee|meta|object|script|style|svg"
# These stand for themselves in prose, so they count with attributes only.
ACTIVE_WITH_ATTRIBUTES = frozenset({
    "animate", "base", "body", "button", "form", "handler", "head", "html", "input", "link", "math", "set", "template",
    "textarea", "xml",
})  # fmt: skip
ACTIVE = re.compile(rf"<({ACTIVE_TAGS})(?=[\s/>])", re.IGNORECASE)
RAW_ACTIVE = re.compile(rf"<({ACTIVE_TAGS})(?=[\s/>])".encode(), re.IGNORECASE)
TAG = re.compile(r"<([A-Za-z][\w:-]*)([\s/][^<>]*)>")
HANDLER = re.compile(r"[\s\"'/]on[a-z]{3,}\s*=", re.IGNORECASE)
SPELLED = " ?".join("javascript")
ADDRESS = re.compile(
    r"(?:\]\( ?<?|\]: ?<?|(?:href|src|action|formaction|srcset|xlink:href|poster) ?= ?[\"']?|<) ?"
    rf"(?:{SPELLED} ?:|vbscript ?:|data:text/html|data:image/svg)",
    re.IGNORECASE,
)
ENTITY = re.compile(r"&(?:#x?[0-9a-f]+|colon|tab|newline);?", re.IGNORECASE)
INLINE_CODE = re.compile(r"(`+)(?!`)([^\n]+?)(?<!`)\1(?!`)")
BLANKS = re.compile(r"\s+")
LONGEST_LINE = 20_000
BLOCK_OF_MARKUP = re.compile(r" {0,3}<[A-Za-z/!?]")
LONG_BLOCKS = re.compile(r" {0,3}<(pre|script|style|textarea)\b", re.IGNORECASE)


def judge_markup(text: str, context: Context, what: str = "The text") -> None:
    """Report markup outside of code that a page could run, load or send."""
    if "<" not in text and "](" not in text and "]:" not in text:
        return
    shown = BLANKS.sub(" ", _without_comments(_shown(text)))
    for found in ACTIVE.finditer(shown):
        name = found[1].lower()
        context.found("text.markup", f"{what} has the tag <{name}>, which can run or load things.", subject=name)
    for found in TAG.finditer(shown):
        name, attributes = found[1].lower(), found[2]
        if name in ACTIVE_WITH_ATTRIBUTES and "=" in attributes:
            context.found("text.markup", f"{what} has the tag <{name}>, which can run or load things.", subject=name)
        elif HANDLER.search(attributes):
            context.found("text.markup", f"{what} has a tag <{name}> that runs a script.", subject=name)
    if ADDRESS.search(shown) or ADDRESS.search(ENTITY.sub(_spelled_out, shown)):
        context.found("text.markup", f"{what} has a link that runs a script.", subject="javascript")


def _shown(text: str) -> str:
    """The text without its code. Inside of a block of markup nothing is code, whatever it is quoted with."""
    kept: list[str] = []
    fence, is_markup, until = "", False, ""
    for line in text.splitlines():
        found = scripts.FENCE.match(line)
        if is_markup:
            kept.append(line)
            is_markup = until not in line.lower() if until else bool(line.strip())
        elif fence:
            if found and found[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif found:
            fence = found[1]
        elif BLOCK_OF_MARKUP.match(line):
            kept.append(line)
            long = LONG_BLOCKS.match(line)
            until = f"</{long[1].lower()}>" if long else ""
            is_markup = not until or until not in line.lower()
        else:
            kept.append(INLINE_CODE.sub(" ", line) if len(line) < LONGEST_LINE else line)
    return "\n".join(kept)


def _without_comments(text: str) -> str:
    """The text without comments of markup; a browser ends one that begins as `<!-->` at once."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 2)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + 3
    return " ".join([*kept, text[at:]])


def _spelled_out(found: re.Match[str]) -> str:
    return html.unescape(found[0] if found[0].endswith(";") else f"{found[0]};")
