"""Files that clients find by their name mean more than their content says; this only ever adds findings and facts."""

from scanning.engine import cards, chat_templates, graph_files, mlmodels, package_lists, scripts, texts
from scanning.engine.context import Context
from scanning.engine.sources import Source


def read(source: Source, context: Context, facts: dict[str, object]) -> None:
    """What the name of a file adds to what its content said."""
    name = context.file.rpartition("/")[2]
    if name == "MLmodel":
        facts.update(mlmodels.read_mlmodel(source, context))
        package_lists.read_list("environments", source, context, facts)
    else:
        package_lists.read_list(package_lists.kind_of(context.file), source, context, facts)
    if name.endswith((".jinja", ".jinja2", ".j2")):
        chat_templates.read_template(source, context)
    elif name.lower().endswith((".md", ".markdown")):
        texts.read_shown(source, context)
    elif context.format in ("text", "vocabulary") and (kind := scripts.kind_by_name(name)):
        context.found("text.code", f"The file is {kind}, to go by its name.", subject=kind)
    graph_files.judge_by_name(name, context)
    if "/" not in context.file:
        facts.update(cards.read_card(source, context.file))
