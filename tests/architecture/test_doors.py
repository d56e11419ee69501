"""Every operation knows who acts, and turns a stranger away before it changes anything."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from accounts import access
from accounts.models import ApiToken, Registry, Team, User
from accounts.operations import people, registries, teams, tokens
from accounts.rights import Role, Scope
from approvals.models import Decision, Review
from approvals.operations import policies, reviews
from events.models import Event
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations import models, placements, versions
from registry.operations.versions import Origin
from scanning.models import Scan
from scanning.operations import requests, scans
from tests.architecture.code import operations
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.models import Experiment, LoggedModel, Run
from tracking.operations import artifacts, experiments, inputs, logged_models, measurements, model_notes, runs


@dataclass(frozen=True)
class World:
    """One thing of each kind, none of which the stranger may see."""

    registry: Registry
    model: RegisteredModel
    version: ModelVersion
    review: Review
    scan: Scan
    stage: Stage
    experiment: Experiment
    run: Run
    logged_model: LoggedModel
    token: ApiToken
    team: Team
    owner: User


@pytest.fixture
def world(version: ModelVersion, stage: Callable[[str], Stage], scientist: User, system: User) -> World:
    """A version in review, with all that it hangs on."""
    experiment = new_experiment(version.model.registry, actor=scientist)
    return World(
        registry=version.model.registry,
        model=version.model,
        version=version,
        review=reviews.request_review(version, stage=stage("Production"), actor=scientist),
        scan=Scan.objects.get(tree=version.tree),
        stage=stage("Staging"),
        experiment=experiment,
        run=new_run(experiment, actor=scientist),
        logged_model=new_logged_model(experiment, actor=scientist),
        token=tokens.create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)[0],
        team=teams.create_team("fraud", actor=system),
        owner=scientist,
    )


Call = Callable[[World, User], object]
CALLS: dict[Callable[..., object], Call] = {
    access.grant: lambda w, who: access.grant(Role.MAINTAINER, on=w.registry, to=who, actor=who),
    access.revoke: lambda w, who: access.revoke(Role.CONTRIBUTOR, on=w.registry, to=w.owner, actor=who),
    people.create_person: lambda w, who: people.create_person("new", email="n@example.org", password=None, actor=who),
    people.create_service_account: lambda w, who: people.create_service_account("new", owner=who, actor=who),
    registries.create_registry: lambda w, who: registries.create_registry("new", actor=who),
    registries.describe_registry: lambda w, who: registries.describe_registry(w.registry, "new", actor=who),
    teams.create_team: lambda w, who: teams.create_team("new", actor=who),
    teams.add_member: lambda w, who: teams.add_member(w.team, who, actor=who),
    teams.remove_member: lambda w, who: teams.remove_member(w.team, w.owner, actor=who),
    tokens.create_token: lambda w, who: tokens.create_token(w.owner, name="x", scopes=[Scope.READ], actor=who),
    tokens.revoke_token: lambda w, who: tokens.revoke_token(w.token, actor=who),
    artifacts.put_file: lambda w, who: artifacts.put_file(w.run, "a", unread(), length=1, actor=who),
    artifacts.begin_parts: lambda w, who: artifacts.begin_parts(w.run, "a", count=1, actor=who),
    artifacts.complete_parts: lambda w, who: artifacts.complete_parts(w.run, "a", "0" * 32, {1: "x"}, actor=who),
    artifacts.abort_parts: lambda w, who: artifacts.abort_parts(w.run, "a", "0" * 32, actor=who),
    artifacts.remove: lambda w, who: artifacts.remove(w.logged_model, "", actor=who),
    experiments.create_experiment: lambda w, who: experiments.create_experiment(w.registry, "new", actor=who),
    experiments.create_default_experiment: lambda w, who: experiments.create_default_experiment(w.registry, actor=who),
    experiments.rename_experiment: lambda w, who: experiments.rename_experiment(w.experiment, "new", actor=who),
    experiments.set_tag: lambda w, who: experiments.set_tag(w.experiment, "k", "v", actor=who),
    experiments.delete_tag: lambda w, who: experiments.delete_tag(w.experiment, "k", actor=who),
    experiments.delete_experiment: lambda w, who: experiments.delete_experiment(w.experiment, actor=who),
    experiments.restore_experiment: lambda w, who: experiments.restore_experiment(w.experiment, actor=who),
    inputs.log_inputs: lambda w, who: inputs.log_inputs(w.run, actor=who),
    inputs.log_outputs: lambda w, who: inputs.log_outputs(w.run, outputs=[], actor=who),
    logged_models.create_logged_model: lambda w, who: logged_models.create_logged_model(w.experiment, actor=who),
    logged_models.finish_logged_model: lambda w, who: logged_models.finish_logged_model(
        w.logged_model, LoggedModel.Status.READY, actor=who
    ),
    logged_models.delete_logged_model: lambda w, who: logged_models.delete_logged_model(w.logged_model, actor=who),
    logged_models.log_params: lambda w, who: logged_models.log_params(w.logged_model, {}, actor=who),
    logged_models.set_tags: lambda w, who: logged_models.set_tags(w.logged_model, {}, actor=who),
    logged_models.delete_tag: lambda w, who: logged_models.delete_tag(w.logged_model, "k", actor=who),
    measurements.log_batch: lambda w, who: measurements.log_batch(w.run, actor=who),
    measurements.delete_tag: lambda w, who: measurements.delete_tag(w.run, "k", actor=who),
    model_notes.note_model: lambda w, who: model_notes.note_model(w.run, {"flavors": {}}, actor=who),
    runs.create_run: lambda w, who: runs.create_run(w.experiment, actor=who),
    runs.update_run: lambda w, who: runs.update_run(w.run, actor=who),
    runs.delete_run: lambda w, who: runs.delete_run(w.run, actor=who),
    runs.restore_run: lambda w, who: runs.restore_run(w.run, actor=who),
    models.create_model: lambda w, who: models.create_model(w.registry, "new", actor=who),
    models.describe_model: lambda w, who: models.describe_model(w.model, "new", actor=who),
    models.rename_model: lambda w, who: models.rename_model(w.model, "new", actor=who),
    models.delete_model: lambda w, who: models.delete_model(w.model, actor=who),
    models.set_model_tag: lambda w, who: models.set_model_tag(w.model, "k", "v", actor=who),
    models.delete_model_tag: lambda w, who: models.delete_model_tag(w.model, "k", actor=who),
    placements.move_stage: lambda w, who: placements.move_stage(w.version, w.stage, actor=who),
    placements.move_alias: lambda w, who: placements.move_alias(w.version, "blue", actor=who),
    placements.remove_alias: lambda w, who: placements.remove_alias(w.model, "blue", actor=who),
    versions.create_version: lambda w, who: versions.create_version(w.model, Origin(), actor=who),
    versions.describe_version: lambda w, who: versions.describe_version(w.version, "new", actor=who),
    versions.set_version_tag: lambda w, who: versions.set_version_tag(w.version, "k", "v", actor=who),
    versions.delete_version_tag: lambda w, who: versions.delete_version_tag(w.version, "k", actor=who),
    versions.delete_version: lambda w, who: versions.delete_version(w.version, actor=who),
    requests.request_scan: lambda w, who: requests.request_scan(w.version, actor=who),
    scans.carry_out: lambda w, who: scans.carry_out(w.scan, actor=who),
    scans.give_back_stale_scans: lambda w, who: scans.give_back_stale_scans(actor=who),
    policies.create_policy: lambda w, who: policies.create_policy(w.registry, stage="Production", actor=who),
    reviews.request_review: lambda w, who: reviews.request_review(w.version, alias="champion", actor=who),
    reviews.decide: lambda w, who: reviews.decide(w.review, Decision.Verdict.COMMENT, comment="x", actor=who),
    reviews.withdraw_review: lambda w, who: reviews.withdraw_review(w.review, actor=who),
    reviews.apply_review: lambda w, who: reviews.apply_review(w.review, actor=who),
}


def unread() -> Iterable[bytes]:
    """A body that nobody should begin to read."""
    raise AssertionError("The body was read before the right was asked for.")
    yield b""


@pytest.mark.parametrize("name", sorted(operations()))
def test_an_operation_asks_who_acts(name: str) -> None:
    actor = inspect.signature(operations()[name]).parameters["actor"]
    assert actor.kind is inspect.Parameter.KEYWORD_ONLY
    assert actor.default is inspect.Parameter.empty
    assert actor.annotation is User


def test_every_operation_has_a_row() -> None:
    # Those of blobs ask nobody: whether the actor may is asked by the floor that owns the folder or the version.
    asking = {operation for name, operation in operations().items() if not name.startswith("blobs.")}
    assert asking == set(CALLS)


@pytest.mark.parametrize("operation", CALLS, ids=lambda operation: f"{operation.__module__}.{operation.__name__}")
def test_a_stranger_is_turned_away_and_nothing_is_changed(
    operation: Callable[..., object], world: World, stranger: User
) -> None:
    lines = Event.objects.count()
    with pytest.raises((Forbidden, NotFound)):
        CALLS[operation](world, stranger)
    assert Event.objects.count() == lines
