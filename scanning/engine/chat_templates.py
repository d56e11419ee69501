"""Chat templates: Jinja that loaders render with every conversation. They are parsed here and never rendered.

What a template may use is listed by exact name in `template_words`; everything else is reported.
"""

import re

from scanning.engine.context import Context
from scanning.engine.sources import Source

LARGEST_TEMPLATE = 256 << 10
BEGINS = re.compile(r"\{[{%]")
IS_TEMPLATE = re.compile(r"\{%-?\s*(for|if|set|macro)\b")
TALKS = re.compile(r"\bmessages?\b")


def judge_template(text: str, context: Context, what: str) -> None:
    """Judge a text that a loader would render; `what` begins the sentences."""
    if len(text) > LARGEST_TEMPLATE:
        context.found("template.limit", f"{what} is larger than the gate reads.")
        return
    # Jinja takes longer to import than most files to read.
    from scanning.engine import template_rules

    for remark in template_rules.remarks(text):
        context.found(remark.rule, f"{what} {remark.message}", subject=remark.subject)


def read_template(source: Source, context: Context) -> None:
    """A file whose name says that it is a template."""
    if source.size > LARGEST_TEMPLATE:
        context.found("template.limit", "The template is larger than the gate reads.")
        return
    context.recognised("template")
    judge_template(source.exactly(0, source.size).decode("utf-8", "replace"), context, "The text")


def judge_text(text: str, context: Context, what: str) -> None:
    """Judge a text that may be a template, or may only quote one: then only what is unsafe counts."""
    if not BEGINS.search(text):
        return
    if is_template(text):
        judge_template(text, context, what)
    elif len(text) <= LARGEST_TEMPLATE:
        from scanning.engine import template_rules

        for remark in template_rules.remarks(text):
            if remark.rule == template_rules.FORBIDDEN:
                context.found(remark.rule, f"{what} {remark.message}", subject=remark.subject)


def is_template(text: str) -> bool:
    """Whether a text has statements of Jinja and speaks of messages, and is no prose that explains them."""
    return bool(IS_TEMPLATE.search(text) and TALKS.search(text)) and not text.lstrip().startswith(("# ", "## ", "---"))
