"""Descriptions: Markdown in, harmless HTML out. Raw HTML is shown as text, nothing is loaded from elsewhere."""

from collections.abc import Sequence

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_TAGS = {
    *("h3", "h4", "h5", "h6", "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_LONGEST = 200_000


def render(text: str) -> SafeString:
    """The text as HTML for the middle of a page, where its headings begin at the third level."""
    html = _parser().render(text[:_LONGEST])
    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href", "title"}}, url_schemes={"http", "https", "mailto"})
    return mark_safe(clean)  # noqa: S308 # nh3 has taken out everything that could act


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.add_render_rule("image", _image_as_link)
    return parser


def _lower_headings(state: StateCore) -> None:
    """Headings begin below those of the page and go down one level at a time, whatever the writer left out."""
    headings = [token for token in state.tokens if token.type in ("heading_open", "heading_close")]
    ranks = sorted({token.tag for token in headings})
    above = 2
    for token in headings:
        if token.type == "heading_open":
            above = min(6, above + 1, 3 + ranks.index(token.tag))
        token.tag = f"h{above}"


def _image_as_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A picture from elsewhere would tell its host who reads the page, so it is linked instead of shown."""
    link = Token("link_open", "a", 1, attrs={"href": tokens[index].attrs.get("src", "")})
    text = Token("text", "", 0, content=tokens[index].content or "picture")
    return renderer.render([link, text, Token("link_close", "a", -1)], options, env)
