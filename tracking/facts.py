"""What a full answer says about a run, its tags, parameters and latest metrics included, read in one statement."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
    prefetch_related_objects,
)

from accounts.models import User
from accounts.statements import RowsInRegistry
from lib.errors import NotFound
from lib.json_lists import JsonList
from lib.statements import Blank, Statement
from tracking.models import LatestMetric, ModelInput, ModelOutput, Param, Run, RunInput, RunTag
from tracking.queries import runs_for


class RunFacts(Protocol):
    """What is read along with a run: lists of objects as JSON texts (None for none), by key.

    `is_linked` says whether data sets or logged models went in or came out; `read_links` reads these.
    """

    tags_json: str | None
    params_json: str | None
    metrics_json: str | None
    is_linked: bool


def with_facts(runs: QuerySet[Run]) -> QuerySet[Run]:
    """The same runs with their facts and their experiments."""
    tags, params, metrics = (_of_run(kind).order_by("key") for kind in (RunTag, Param, LatestMetric))
    number = Case(When(is_nan=True, then=Value('"NaN"')), default=_NumberText("value"), output_field=TextField())
    is_linked = Q()
    for kind in (RunInput, ModelInput, ModelOutput):
        is_linked |= Q(Exists(_of_run(kind)))
    return runs.select_related("experiment").annotate(
        tags_json=JsonList(tags, key="key", value="value"),
        params_json=JsonList(params, key="key", value="value"),
        metrics_json=JsonList(
            metrics.annotate(as_json=number), key="key", json_value="as_json", timestamp="timestamp", step="step"
        ),
        is_linked=is_linked,
    )


def facts_of(run: Run) -> RunFacts:
    """The facts of a run that was read by `with_facts`."""
    return cast("RunFacts", run)


def find_run_with_facts(registry: str | None, run_id: str, *, actor: User) -> Run:
    """The run with its facts and links, in the registry of this name or in the default one. Raises NotFound."""
    run = _run.first(registry, actor, run_id=run_id)
    if run is None:
        raise NotFound(f"Run with id={run_id} not found")
    return read_links([run])[0]


def runs_with_facts(pks: Sequence[int]) -> list[Run]:
    """Runs that were found for the actor before, in the order of these keys, with their facts and links."""
    found = {run.pk: run for run in read_links(_among.all(pks=list(pks)))}
    return [found[pk] for pk in pks if pk in found]


def read_links(runs: list[Run]) -> list[Run]:
    """Read what went into the linked ones of these runs and what came out, in a few queries for all."""
    linked = [run for run in runs if facts_of(run).is_linked]
    # One query lists the keys of its rows, and databases bound how many that may be.
    for start in range(0, len(linked), 5_000):
        batch = linked[start : start + 5_000]
        prefetch_related_objects(batch, "inputs__dataset", "model_inputs__logged_model", "model_outputs__logged_model")
    return runs


def _of_run(kind: type[Model]) -> QuerySet[Any, Any]:
    return QuerySet(kind).filter(run=OuterRef("pk"))


class _NumberText(Func):
    """A number as JSON spells it, with all its digits."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS text)", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="printf('%%%%!.18g', %(expressions)s)", **context)


_run = RowsInRegistry(
    "experiment__registry",
    lambda actor, registry: with_facts(runs_for(actor).filter(registry, run_id=Blank("run_id", CharField()))),
)
_among: Statement[Run] = Statement(lambda: with_facts(Run.objects.filter(pk__among=Blank("pks", BigIntegerField()))))
