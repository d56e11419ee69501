"""Every operation knows who acts, and turns a stranger away before it changes anything."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts import access
from accounts.models import AccessRequest, ApiToken, Invitation, Registry, Team, TrustedWorkload, User
from accounts.operations import (
    access_requests,
    attempts,
    grants,
    invitations,
    people,
    registries,
    sign_ins,
    single_sign_on,
    standing,
    teams,
    tokens,
    trusts,
)
from accounts.rights import OrganisationRole, Role, Scope
from approvals.models import Decision, Review
from approvals.operations import policies, reviews
from blobs.models import Tree
from events.models import Event
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion, Placement, Protection, RegisteredModel, Stage
from registry.operations import models, placements, protections, rollbacks, versions
from registry.operations.versions import Origin
from scanning.models import AllowedName, EngineRelease, Finding, Quarantine, Scan, Verdict, Waiver
from scanning.operations import names, quarantines, requests, rescans, scans, waivers
from supply.models import Package, Signature, SigningKey, TrustAnchor
from supply.operations import (
    advisories,
    anchors,
    attestations,
    bills,
    keys,
    matching,
    notices,
    signatures,
    vulnerability_waivers,
)
from tests.architecture.code import operations
from tests.doors.signing import NEW_KEY, OLD_KEYS, OLD_SIGNATURE
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
    waiver: Waiver
    allowed: AllowedName
    release: EngineRelease
    stage: Stage
    place: Protection
    experiment: Experiment
    run: Run
    logged_model: LoggedModel
    token: ApiToken
    workload: TrustedWorkload
    team: Team
    machine: User
    invitation: Invitation
    invitation_secret: str
    asked: AccessRequest
    anchor: TrustAnchor
    signature: Signature
    key: SigningKey
    owner: User


@pytest.fixture
def world(version: ModelVersion, stage: Callable[[str], Stage], scientist: User, system: User) -> World:
    """A version in review, with all that it hangs on."""
    invitation, invitation_secret = invitations.invite_person("eve@example.org", actor=system)
    experiment = new_experiment(version.model.registry, actor=scientist)
    review = reviews.request_review(version, stage=stage("Production"), actor=scientist)
    return World(
        registry=version.model.registry,
        model=version.model,
        version=version,
        review=review,
        **judged(version, system),
        stage=stage("Staging"),
        place=protections.protect_place(version.model.registry, alias="blue", roles=[Role.MAINTAINER], actor=system),
        experiment=experiment,
        run=new_run(experiment, actor=scientist),
        logged_model=new_logged_model(experiment, actor=scientist),
        workload=trust_in(version.model.registry, scientist, system),
        token=tokens.create_token(scientist, name="laptop", scopes=[Scope.READ], actor=scientist)[0],
        team=teams.create_team("fraud", actor=system),
        machine=people.create_service_account("robot", owner=scientist, actor=system),
        invitation=invitation,
        invitation_secret=invitation_secret,
        asked=access_requests.ask_for_access(version.model, Role.REVIEWER, reason="To review.", actor=scientist),
        anchor=anchors.add_trust_anchor(version.model.registry, "signer", OLD_KEYS["main"], actor=system),
        signature=signatures.add_signature(version, OLD_SIGNATURE, actor=system),
        key=keys.make_signing_key(version.model.registry, actor=system),
        owner=scientist,
    )


def judged(version: ModelVersion, system: User) -> dict[str, Any]:
    """A doubtful scan of the version, and something of everything that says what it comes to."""
    assert version.tree is not None
    scan = Scan.objects.get(tree=version.tree)
    Finding.objects.create(scan=scan, path="weights.txt", severity="needs-review", rule="text.code", key="k")
    Scan.objects.filter(pk=scan.pk).update(verdict=Verdict.NEEDS_REVIEW)
    Quarantine.objects.create(tree=version.tree, cause="malicious", reason="x")
    here, why = version.model.registry, {"reason": "x"}
    return {
        "scan": scan,
        "waiver": Waiver.objects.create(registry=here, tree=version.tree, granted_by=system, keys=["other"], **why),
        "allowed": AllowedName.objects.create(registry=here, module="a", name="B", added_by=system, **why),
        "release": EngineRelease.objects.create(engine="1"),
    }


IDENTITY = single_sign_on.Identity(provider="elsewhere", subject="1")


def trust_in(registry: Registry, owner: User, system: User, name: str = "ci") -> TrustedWorkload:
    """Jobs of a repository that may act as a service account of the owner's."""
    machine = people.create_service_account(name, owner=owner, actor=system)
    access.grant(Role.READER, on=registry, to=machine, actor=system)
    return trusts.trust_workload(registry, account=machine, actor=system, **JOBS)


JOBS: dict[str, Any] = {
    "name": "ci",
    "issuer": "https://ci.example.org",
    "audience": "gatehouse",
    "claims": {"sub": "repo:acme/model"},
    "scopes": [Scope.READ],
}
BILL = b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}'
Call = Callable[[World, User], object]
CALLS: dict[Callable[..., object], Call] = {
    access.grant: lambda w, who: access.grant(Role.MAINTAINER, on=w.registry, to=who, actor=who),
    access_requests.ask_for_access: lambda w, who: access_requests.ask_for_access(
        w.model, Role.READER, reason="x", actor=who
    ),
    access_requests.answer_request: lambda w, who: access_requests.answer_request(w.asked, grants=True, actor=who),
    access_requests.withdraw_request: lambda w, who: access_requests.withdraw_request(w.asked, actor=who),
    grants.end_grants: lambda w, who: grants.end_grants(actor=who),
    access.revoke: lambda w, who: access.revoke(Role.CONTRIBUTOR, on=w.registry, to=w.owner, actor=who),
    people.create_person: lambda w, who: people.create_person("new", email="n@example.org", password=None, actor=who),
    people.create_service_account: lambda w, who: people.create_service_account("new", owner=who, actor=who),
    people.hand_over_service_account: lambda w, who: people.hand_over_service_account(w.machine, who, actor=who),
    people.describe_account: lambda w, who: people.describe_account(w.owner, display_name="new", actor=who),
    people.reset_password: lambda w, who: people.reset_password(w.owner, "correct horse battery", actor=who),
    standing.deactivate_account: lambda w, who: standing.deactivate_account(w.owner, actor=who),
    standing.reactivate_account: lambda w, who: standing.reactivate_account(w.owner, actor=who),
    standing.set_organisation_role: lambda w, who: standing.set_organisation_role(
        who, OrganisationRole.ADMINISTRATOR, actor=who
    ),
    standing.let_into_admin: lambda w, who: standing.let_into_admin(who, True, actor=who),
    attempts.unlock_account: lambda w, who: attempts.unlock_account(w.owner, actor=who),
    attempts.sweep: lambda w, who: attempts.sweep(actor=who),
    invitations.invite_person: lambda w, who: invitations.invite_person("new@example.org", actor=who),
    invitations.withdraw_invitation: lambda w, who: invitations.withdraw_invitation(w.invitation, actor=who),
    invitations.accept_invitation: lambda w, who: invitations.accept_invitation(
        w.invitation_secret, username="new", password="correct horse battery", actor=who
    ),
    sign_ins.note_sign_in: lambda w, who: sign_ins.note_sign_in(w.owner, way="password", actor=who),
    sign_ins.note_sign_out: lambda w, who: sign_ins.note_sign_out(w.owner, actor=who),
    sign_ins.change_password: lambda w, who: sign_ins.change_password(w.owner, "correct horse battery", actor=who),
    sign_ins.end_session: lambda w, who: sign_ins.end_session(UserSession(user=w.owner), actor=who),
    sign_ins.end_other_sessions: lambda w, who: sign_ins.end_other_sessions(w.owner, keep="", actor=who),
    sign_ins.add_second_factor: lambda w, who: sign_ins.add_second_factor(w.owner, "A" * 32, "123456", actor=who),
    sign_ins.make_recovery_codes: lambda w, who: sign_ins.make_recovery_codes(w.owner, actor=who),
    sign_ins.remove_second_factor: lambda w, who: sign_ins.remove_second_factor(w.owner, actor=who),
    sign_ins.use_code: lambda w, who: sign_ins.use_code(w.owner, "123456", actor=who),
    single_sign_on.receive_person: lambda w, who: single_sign_on.receive_person(IDENTITY, actor=who),
    single_sign_on.follow_groups: lambda w, who: single_sign_on.follow_groups(who, frozenset({"x"}), actor=who),
    single_sign_on.link_identity: lambda w, who: single_sign_on.link_identity(IDENTITY, w.owner, actor=who),
    single_sign_on.unlink_identity: lambda w, who: single_sign_on.unlink_identity(w.owner, actor=who),
    single_sign_on.note_refusal: lambda w, who: single_sign_on.note_refusal("x", actor=who),
    registries.create_registry: lambda w, who: registries.create_registry("new", actor=who),
    registries.describe_registry: lambda w, who: registries.describe_registry(w.registry, "new", actor=who),
    teams.create_team: lambda w, who: teams.create_team("new", actor=who),
    teams.add_member: lambda w, who: teams.add_member(w.team, who, actor=who),
    teams.remove_member: lambda w, who: teams.remove_member(w.team, w.owner, actor=who),
    teams.rename_team: lambda w, who: teams.rename_team(w.team, "new", actor=who),
    teams.delete_team: lambda w, who: teams.delete_team(w.team, actor=who),
    teams.appoint_lead: lambda w, who: teams.appoint_lead(w.team, who, actor=who),
    teams.dismiss_lead: lambda w, who: teams.dismiss_lead(w.team, w.owner, actor=who),
    teams.map_sso_group: lambda w, who: teams.map_sso_group(w.team, "fraud", actor=who),
    teams.unmap_sso_group: lambda w, who: teams.unmap_sso_group(w.team, "fraud", actor=who),
    tokens.create_token: lambda w, who: tokens.create_token(w.owner, name="x", scopes=[Scope.READ], actor=who),
    tokens.revoke_token: lambda w, who: tokens.revoke_token(w.token, actor=who),
    tokens.revoke_tokens_of: lambda w, who: tokens.revoke_tokens_of(w.owner, actor=who),
    tokens.rotate_token: lambda w, who: tokens.rotate_token(w.token, actor=who),
    trusts.trust_workload: lambda w, who: trusts.trust_workload(w.registry, account=w.machine, actor=who, **JOBS),
    trusts.end_trust: lambda w, who: trusts.end_trust(w.workload, actor=who),
    trusts.admit_workload: lambda w, who: trusts.admit_workload("x", actor=who),
    artifacts.put_file: lambda w, who: artifacts.put_file(w.run, "a", unread(), length=1, actor=who),
    artifacts.begin_parts: lambda w, who: artifacts.begin_parts(w.run, "a", count=1, actor=who),
    artifacts.complete_parts: lambda w, who: artifacts.complete_parts(w.run, "a", "0" * 32, {1: "x"}, actor=who),
    artifacts.abort_parts: lambda w, who: artifacts.abort_parts(w.run, "a", "0" * 32, actor=who),
    artifacts.remove: lambda w, who: artifacts.remove(w.logged_model, "", actor=who),
    experiments.create_experiment: lambda w, who: experiments.create_experiment(w.registry, "new", actor=who),
    experiments.create_default_experiment: lambda w, who: experiments.create_default_experiment(w.registry, actor=who),
    experiments.rename_experiment: lambda w, who: experiments.rename_experiment(w.experiment, "new", actor=who),
    experiments.restrict_experiment: lambda w, who: experiments.restrict_experiment(w.experiment, True, actor=who),
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
    models.restrict_model: lambda w, who: models.restrict_model(w.model, True, actor=who),
    models.rename_model: lambda w, who: models.rename_model(w.model, "new", actor=who),
    models.delete_model: lambda w, who: models.delete_model(w.model, actor=who),
    models.set_model_tag: lambda w, who: models.set_model_tag(w.model, "k", "v", actor=who),
    models.delete_model_tag: lambda w, who: models.delete_model_tag(w.model, "k", actor=who),
    placements.move_stage: lambda w, who: placements.move_stage(w.version, w.stage, actor=who),
    placements.move_alias: lambda w, who: placements.move_alias(w.version, "blue", actor=who),
    placements.remove_alias: lambda w, who: placements.remove_alias(w.model, "blue", actor=who),
    rollbacks.roll_back: lambda w, who: rollbacks.roll_back(w.model, alias="blue", reason="It is slow.", actor=who),
    protections.protect_place: lambda w, who: protections.protect_place(
        w.registry, stage=w.stage, roles=[Role.MAINTAINER], actor=who
    ),
    protections.release_place: lambda w, who: protections.release_place(w.place, actor=who),
    versions.create_version: lambda w, who: versions.create_version(w.model, Origin(), actor=who),
    versions.describe_version: lambda w, who: versions.describe_version(w.version, "new", actor=who),
    versions.set_version_tag: lambda w, who: versions.set_version_tag(w.version, "k", "v", actor=who),
    versions.delete_version_tag: lambda w, who: versions.delete_version_tag(w.version, "k", actor=who),
    versions.delete_version: lambda w, who: versions.delete_version(w.version, actor=who),
    requests.request_scan: lambda w, who: requests.request_scan(w.version, actor=who),
    scans.carry_out: lambda w, who: scans.carry_out(w.scan, actor=who),
    scans.give_back_stale_scans: lambda w, who: scans.give_back_stale_scans(actor=who),
    scans.carry_out_next: lambda w, who: scans.carry_out_next(actor=who),
    rescans.begin_rescan: lambda w, who: rescans.begin_rescan(actor=who),
    rescans.continue_rescan: lambda w, who: rescans.continue_rescan(w.release, actor=who),
    waivers.waive_findings: lambda w, who: waivers.waive_findings(w.version, ["k"], reason="x", actor=who),
    waivers.waive: lambda w, who: waivers.waive(w.version, ["k"], heaviest=Verdict.NEEDS_REVIEW, reason="x", actor=who),
    waivers.withdraw_waiver: lambda w, who: waivers.withdraw_waiver(w.waiver, actor=who),
    waivers.end_waivers: lambda w, who: waivers.end_waivers(actor=who),
    names.allow_name: lambda w, who: names.allow_name(w.registry, "prophet", "Prophet", reason="x", actor=who),
    names.disallow_name: lambda w, who: names.disallow_name(w.allowed, actor=who),
    quarantines.quarantine_tree: lambda w, who: quarantines.quarantine_tree(tree_of(w), "x", "x", actor=who),
    quarantines.lift_quarantine: lambda w, who: quarantines.lift_quarantine(tree_of(w), "malicious", actor=who),
    advisories.import_advisories: lambda w, who: advisories.import_advisories(Path("no.zip"), actor=who),
    advisories.refresh_advisories: lambda w, who: advisories.refresh_advisories(actor=who),
    matching.store_dependencies: lambda w, who: matching.store_dependencies(w.scan, actor=who),
    matching.match_packages: lambda w, who: matching.match_packages(actor=who),
    matching.match_again: lambda w, who: matching.match_again(Package.objects.all(), actor=who),
    notices.tell_owners: lambda w, who: notices.tell_owners(actor=who),
    vulnerability_waivers.waive_vulnerability: lambda w, who: vulnerability_waivers.waive_vulnerability(
        w.version, ["x"], reason="x", ends_at=timezone.now() + timedelta(days=9), actor=who
    ),
    anchors.add_trust_anchor: lambda w, who: anchors.add_trust_anchor(w.registry, "x", NEW_KEY, actor=who),
    anchors.revoke_trust_anchor: lambda w, who: anchors.revoke_trust_anchor(w.anchor, "x", actor=who),
    signatures.add_signature: lambda w, who: signatures.add_signature(w.version, OLD_SIGNATURE, actor=who),
    signatures.remove_signature: lambda w, who: signatures.remove_signature(w.signature, actor=who),
    signatures.bring_signatures: lambda w, who: signatures.bring_signatures(w.version, w.version, actor=who),
    keys.make_signing_key: lambda w, who: keys.make_signing_key(w.registry, actor=who),
    keys.retire_signing_key: lambda w, who: keys.retire_signing_key(w.key, "x", actor=who),
    keys.rotate_signing_key: lambda w, who: keys.rotate_signing_key(w.registry, actor=who),
    keys.require_signing_key: lambda w, who: keys.require_signing_key(w.registry, actor=who),
    attestations.attest_placement: lambda w, who: attestations.attest_placement(
        Placement(version=w.version), actor=who
    ),
    bills.supply_bill: lambda w, who: bills.supply_bill(w.version, BILL, actor=who),
    bills.remove_bill: lambda w, who: bills.remove_bill(w.version, actor=who),
    policies.create_policy: lambda w, who: policies.create_policy(w.registry, stage="Production", actor=who),
    reviews.request_review: lambda w, who: reviews.request_review(w.version, alias="champion", actor=who),
    reviews.decide: lambda w, who: reviews.decide(w.review, Decision.Verdict.COMMENT, comment="x", actor=who),
    reviews.withdraw_review: lambda w, who: reviews.withdraw_review(w.review, actor=who),
    reviews.carry_out_review: lambda w, who: reviews.carry_out_review(w.review, actor=who),
    reviews.apply_review: lambda w, who: reviews.apply_review(w.review, actor=who),
}


def tree_of(w: World) -> Tree:
    """The files of the version."""
    assert w.version.tree is not None
    return w.version.tree


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
