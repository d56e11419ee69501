"""Searches that users write, over models and versions, once a protocol has parsed them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Registry, User
from accounts.statements import VisiblePages
from lib.comparisons import Comparison, Order, kept_if_short, on_number, on_text, with_places
from lib.errors import Invalid
from lib.paging import Page
from lib.statements import Blank
from registry.models import ModelTag, ModelVersion, RegisteredModel, VersionTag
from registry.queries import models_for, origin_seen, versions_for

PROMPT_TAG = "mlflow.prompt.is_prompt"

_REGISTRY = Blank("registry", BigIntegerField())
_Condition = Callable[[str, Comparison], Q]


def _on_version_number(column: str, comparison: Comparison) -> Q:
    """A whole number, also in quotes."""
    try:
        value = int(str(comparison.value))
    except ValueError as error:
        raise Invalid(
            "filter", f"Invalid value for numeric attribute '{comparison.key}': {comparison.value}"
        ) from error
    return on_number(column, replace(comparison, value=value))


def _of_model(_: str, comparison: Comparison) -> Q:
    """A condition on the model's name. The one of a name is found first, so that its versions lie there in order."""
    condition = on_text("name", comparison)
    if comparison.operator != "=":
        return on_text("model__name", comparison)
    models = RegisteredModel.objects.filter(condition, registry=_REGISTRY, deleted_at=None)
    return Q(model=Subquery(models.values("pk")[:1]))


_MODEL_FIELDS: dict[str, tuple[str, _Condition]] = {
    "name": ("name", on_text),
}
_VERSION_FIELDS: dict[str, tuple[str, _Condition]] = {
    "name": ("model__name", _of_model),
    "run_id": ("source_run__run_id", on_text),
    "source_path": ("source", on_text),
    "version_number": ("number", _on_version_number),
}
# Those of versions that say where they come from.
_ORIGINS = {"run_id", "source_path"}
# The attributes above that are plain columns of text.
_TEXTS = {"name", "run_id", "source_path"}
_MODEL_ORDERS = {
    "name": "name",
    "timestamp": "updated_at",
    "last_updated_timestamp": "updated_at",
}
_VERSION_ORDERS = {
    "name": "model__name",
    "version_number": "number",
    "creation_timestamp": "created_at",
    "last_updated_timestamp": "updated_at",
}


def page_of_models(
    registry: Registry,
    comparisons: Sequence[Comparison],
    orders: Sequence[Order],
    *,
    size: int,
    token: str | None = None,
    actor: User,
) -> Page[int]:
    """The keys of the models of a registry that fit every comparison, by name unless the orders say otherwise.

    Prompts are left out unless the search asks for them.
    """
    asks, comparisons = _without_prompts(comparisons)
    placed, values = with_places(comparisons, _TEXTS)
    keys = _keys(orders, _MODEL_ORDERS, default=["name", "pk"])
    pages = kept_if_short(_pages_of_models, placed)
    return pages(asks, placed, keys, size).page(actor, token, registry=registry.pk, **values)


def page_of_versions(
    registry: Registry,
    comparisons: Sequence[Comparison],
    orders: Sequence[Order],
    *,
    size: int,
    token: str | None = None,
    actor: User,
) -> Page[int]:
    """The same of versions, the newest change first. Those of prompts are left out as their models are."""
    asks, comparisons = _without_prompts(comparisons)
    placed, values = with_places(comparisons, _TEXTS)
    # Within one model the number tells all versions apart, and an index has them in this very order.
    is_of_one = any((each.entity, each.key, each.operator) == ("attribute", "name", "=") for each in comparisons)
    default = ["-updated_at", "-number"] if is_of_one else ["-updated_at", "model__name", "-number", "pk"]
    keys = _keys(orders, _VERSION_ORDERS, default)
    pages = kept_if_short(_pages_of_versions, placed)
    return pages(asks, placed, keys, size).page(actor, token, registry=registry.pk, **values)


@lru_cache(maxsize=512)
def _pages_of_models(
    asks_for_prompts: bool, comparisons: tuple[Comparison, ...], keys: tuple[str, ...], size: int
) -> VisiblePages:
    conditions = [_model_condition(comparison) for comparison in comparisons]
    if not asks_for_prompts:
        conditions.append(~Q(Exists(ModelTag.objects.filter(model=OuterRef("pk"), key=PROMPT_TAG, value="true"))))
    return VisiblePages(lambda actor: models_for(actor).filter(*conditions, registry=_REGISTRY), keys, size)


@lru_cache(maxsize=512)
def _pages_of_versions(
    asks_for_prompts: bool, comparisons: tuple[Comparison, ...], keys: tuple[str, ...], size: int
) -> VisiblePages:
    conditions = [_version_condition(comparison) for comparison in comparisons]
    if not asks_for_prompts:
        conditions.append(~Q(Exists(VersionTag.objects.filter(version=OuterRef("pk"), key=PROMPT_TAG, value="true"))))
    tells_origin = any(each.entity == "attribute" and each.key in _ORIGINS for each in comparisons)

    def found(actor: User) -> QuerySet[ModelVersion]:
        rows = versions_for(actor).filter(*conditions, model__registry=_REGISTRY)
        # Else guesses about a hidden run or model could be tried until one fits.
        return rows.filter(origin_seen(actor)) if tells_origin else rows

    return VisiblePages(found, keys, size)


def is_prompt(model: RegisteredModel) -> bool:
    """Whether the model is a text, whose versions have no files."""
    return ModelTag.objects.filter(model=model, key=PROMPT_TAG, value="true").exists()


def _keys(orders: Sequence[Order], columns: dict[str, str], default: list[str]) -> tuple[str, ...]:
    keys: list[str] = []
    for order in orders:
        if order.entity != "attribute" or order.key not in columns:
            raise Invalid("order_by", f"Invalid order_by {order.key!r}: one of {', '.join(sorted(columns))}.")
        keys.append(("-" if order.descending else "") + columns[order.key])
    named = {key.removeprefix("-") for key in keys}
    if len(named) < len(keys):
        raise Invalid("order_by", "`order_by` contains duplicate fields.")
    return (*keys, *(key for key in default if key.removeprefix("-") not in named))


def _is_about_prompts(comparison: Comparison) -> bool:
    return comparison.entity == "tag" and comparison.key == PROMPT_TAG


def _without_prompts(comparisons: Sequence[Comparison]) -> tuple[bool, Sequence[Comparison]]:
    """Whether prompts are wanted, by the first word about them (`= 'true'` or `!= 'false'`); and what else to compare.

    Clients add `!= 'true'` to every other search; read as it stands, it would find only what has the tag.
    """
    said = next((comparison for comparison in comparisons if _is_about_prompts(comparison)), None)
    if said is not None and (said.operator, str(said.value).lower()) in (("=", "true"), ("!=", "false")):
        return True, comparisons
    return False, [comparison for comparison in comparisons if not _is_about_prompts(comparison)]


def _model_condition(comparison: Comparison) -> Q:
    if comparison.entity == "tag":
        tags = ModelTag.objects.filter(on_text("value", comparison), model=OuterRef("pk"), key=comparison.key)
        return Q(Exists(tags))
    return _attribute(comparison, _MODEL_FIELDS)


def _version_condition(comparison: Comparison) -> Q:
    if comparison.entity == "tag":
        tags = VersionTag.objects.filter(on_text("value", comparison), version=OuterRef("pk"), key=comparison.key)
        return Q(Exists(tags))
    return _attribute(comparison, _VERSION_FIELDS)


def _attribute(comparison: Comparison, fields: dict[str, tuple[str, _Condition]]) -> Q:
    if comparison.entity != "attribute" or comparison.key not in fields:
        raise Invalid("filter", f"Invalid attribute key '{comparison.key}' specified. Valid keys are {sorted(fields)}.")
    column, condition = fields[comparison.key]
    return condition(column, comparison)
