"""Files that clients find by their name mean more than their content says; this only ever adds findings and facts."""

from scanning.engine import cards, mlmodels, package_lists
from scanning.engine.context import Context
from scanning.engine.sources import Source


def read(source: Source, context: Context, facts: dict[str, object]) -> None:
    """What the name of a file adds to what its content said."""
    if context.file.rpartition("/")[2] == "MLmodel":
        facts.update(mlmodels.read_mlmodel(source, context))
        package_lists.read_list("environments", source, context, facts)
    else:
        package_lists.read_list(package_lists.kind_of(context.file), source, context, facts)
    if "/" not in context.file:
        facts.update(cards.read_card(source, context.file))
