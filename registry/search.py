"""Searches that users write, over models and versions, once a protocol has parsed them."""

from collections.abc import Callable, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Registry, User
from lib.comparisons import Comparison, Order, on_moment, on_number, on_text
from lib.errors import Invalid
from registry.models import ModelTag, ModelVersion, RegisteredModel, VersionTag
from registry.queries import models_for, versions_for

PROMPT_TAG = "mlflow.prompt.is_prompt"

_Condition = Callable[[str, Comparison], Q]
_MODEL_FIELDS: dict[str, tuple[str, _Condition]] = {
    "name": ("name", on_text),
    "creation_timestamp": ("created_at", on_moment),
    "last_updated_timestamp": ("updated_at", on_moment),
}
_VERSION_FIELDS: dict[str, tuple[str, _Condition]] = {
    "name": ("model__name", on_text),
    "run_id": ("source_run__run_id", on_text),
    "source_path": ("source", on_text),
    "version_number": ("number", on_number),
    "creation_timestamp": ("created_at", on_moment),
    "last_updated_timestamp": ("updated_at", on_moment),
}
_MODEL_ORDERS = {
    "name": "name",
    "timestamp": "updated_at",
    "creation_timestamp": "created_at",
    "last_updated_timestamp": "updated_at",
}
_VERSION_ORDERS = {
    "name": "model__name",
    "version_number": "number",
    "creation_timestamp": "created_at",
    "last_updated_timestamp": "updated_at",
}


def models_matching(registry: Registry, comparisons: Sequence[Comparison], *, actor: User) -> QuerySet[RegisteredModel]:
    """The models of a registry that fit every comparison. Prompts are left out unless the search names their tag."""
    rows = models_for(actor).filter(registry=registry)
    for comparison in comparisons:
        rows = rows.filter(_model_condition(comparison))
    if not any(comparison.entity == "tag" and comparison.key == PROMPT_TAG for comparison in comparisons):
        prompts = ModelTag.objects.filter(model=OuterRef("pk"), key=PROMPT_TAG, value="true")
        rows = rows.filter(~Exists(prompts))
    return rows


def versions_matching(registry: Registry, comparisons: Sequence[Comparison], *, actor: User) -> QuerySet[ModelVersion]:
    """The versions of a registry that fit every comparison."""
    rows = versions_for(actor).filter(model__registry=registry)
    for comparison in comparisons:
        rows = rows.filter(_version_condition(comparison))
    return rows


def model_keys(orders: Sequence[Order]) -> list[str]:
    """The keys to page models by: as asked, then by name."""
    return _keys(orders, _MODEL_ORDERS, default=["name"])


def version_keys(orders: Sequence[Order]) -> list[str]:
    """The keys to page versions by: as asked, then newest change first, by name and number."""
    return _keys(orders, _VERSION_ORDERS, default=["-updated_at", "model__name", "-number"])


def _keys(orders: Sequence[Order], columns: dict[str, str], default: list[str]) -> list[str]:
    keys: list[str] = []
    for order in orders:
        if order.entity != "attribute" or order.key not in columns:
            raise Invalid("order_by", f"Invalid order_by {order.key!r}: one of {', '.join(sorted(columns))}.")
        keys.append(("-" if order.descending else "") + columns[order.key])
    named = {key.removeprefix("-") for key in keys}
    if len(named) < len(keys):
        raise Invalid("order_by", "`order_by` contains duplicate fields.")
    return [*keys, *(key for key in default if key.removeprefix("-") not in named), "pk"]


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
