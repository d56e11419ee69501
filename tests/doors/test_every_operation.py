"""Every operation × role, token and account: it goes on if access says so; if not, it is refused and nothing changes.

What an operation needs stands in NEEDS; how it is called, in tests/architecture/test_doors.py.
"""

import ast
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model

from accounts import access
from accounts.models import Limit, User
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.rights import Right, Role, Scope
from events.models import Event
from lib.errors import Forbidden, NotFound
from tests.architecture import code
from tests.architecture.test_doors import CALLS, World, world
from tests.conftest import Member

__all__ = ["world"]
pytestmark = pytest.mark.django_db

# The right, and the name in the world of the thing; "" for the installation as a whole. None: it depends on more than
# rights, such as whose thing it is, and a test of that operation says on what.
NEEDS: dict[str, tuple[Right, str] | None] = {
    "access.grant": (Right.MANAGE, "registry"),
    "access.revoke": (Right.MANAGE, "registry"),
    "access_requests.answer_request": (Right.MANAGE, "model"),
    "access_requests.ask_for_access": None,
    "access_requests.withdraw_request": None,
    "advisories.import_advisories": (Right.ADMINISTER, ""),
    "advisories.refresh_advisories": (Right.ADMINISTER, ""),
    "bills.remove_bill": (Right.EDIT, "version"),
    "bills.supply_bill": (Right.EDIT, "version"),
    "artifacts.abort_parts": (Right.EDIT, "run"),
    "artifacts.begin_parts": (Right.EDIT, "run"),
    "artifacts.complete_parts": (Right.EDIT, "run"),
    "artifacts.put_file": (Right.EDIT, "run"),
    "artifacts.remove": (Right.EDIT, "logged_model"),
    "attempts.sweep": (Right.ADMINISTER, ""),
    "attempts.unlock_account": (Right.ADMINISTER, ""),
    "experiments.create_default_experiment": (Right.LOG, "registry"),
    "experiments.create_experiment": (Right.LOG, "registry"),
    "experiments.delete_experiment": (Right.MANAGE, "experiment"),
    "experiments.delete_tag": (Right.EDIT, "experiment"),
    "experiments.rename_experiment": (Right.EDIT, "experiment"),
    "experiments.restore_experiment": (Right.MANAGE, "experiment"),
    "experiments.restrict_experiment": (Right.MANAGE, "experiment"),
    "experiments.set_tag": (Right.LOG, "experiment"),
    "grants.end_grants": (Right.ADMINISTER, ""),
    "inputs.log_inputs": (Right.EDIT, "run"),
    "inputs.log_outputs": (Right.EDIT, "run"),
    "invitations.accept_invitation": (Right.ADMINISTER, ""),
    "invitations.invite_person": (Right.ADMINISTER, ""),
    "invitations.withdraw_invitation": (Right.ADMINISTER, ""),
    "logged_models.create_logged_model": (Right.LOG, "experiment"),
    "logged_models.delete_logged_model": (Right.EDIT, "logged_model"),
    "logged_models.delete_tag": (Right.EDIT, "logged_model"),
    "logged_models.finish_logged_model": (Right.EDIT, "logged_model"),
    "logged_models.log_params": (Right.EDIT, "logged_model"),
    "logged_models.set_tags": (Right.EDIT, "logged_model"),
    "matching.match_again": (Right.ADMINISTER, ""),
    "matching.match_packages": (Right.ADMINISTER, ""),
    "matching.store_dependencies": (Right.ADMINISTER, ""),
    "measurements.delete_tag": (Right.EDIT, "run"),
    "measurements.log_batch": (Right.EDIT, "run"),
    "model_notes.note_model": (Right.EDIT, "run"),
    "models.create_model": (Right.REGISTER, "registry"),
    "models.delete_model": (Right.MANAGE, "model"),
    "models.delete_model_tag": (Right.EDIT, "model"),
    "models.describe_model": (Right.EDIT, "model"),
    "models.rename_model": (Right.MANAGE, "model"),
    "models.restrict_model": (Right.MANAGE, "model"),
    "models.set_model_tag": (Right.EDIT, "model"),
    "names.allow_name": (Right.MANAGE, "registry"),
    "names.disallow_name": (Right.MANAGE, "registry"),
    "notices.tell_owners": (Right.ADMINISTER, ""),
    "people.create_person": (Right.ADMINISTER, ""),
    "people.create_service_account": (Right.ADMINISTER, ""),
    "people.describe_account": (Right.ADMINISTER, ""),
    "people.hand_over_service_account": (Right.ADMINISTER, ""),
    "people.reset_password": None,
    "placements.move_alias": None,
    "placements.move_stage": (Right.PROMOTE, "version"),
    "placements.remove_alias": (Right.PROMOTE, "model"),
    "policies.create_policy": (Right.MANAGE, "registry"),
    "protections.protect_place": (Right.MANAGE, "registry"),
    "protections.release_place": (Right.MANAGE, "place"),
    "quarantines.lift_quarantine": (Right.ADMINISTER, ""),
    "quarantines.quarantine_tree": (Right.ADMINISTER, ""),
    "registries.create_registry": (Right.ADMINISTER, ""),
    "registries.describe_registry": (Right.MANAGE, "registry"),
    "requests.request_scan": (Right.EDIT, "version"),
    "rescans.begin_rescan": (Right.ADMINISTER, ""),
    "rescans.continue_rescan": (Right.ADMINISTER, ""),
    "reviews.apply_review": (Right.ADMINISTER, ""),
    "reviews.carry_out_review": None,
    "reviews.decide": (Right.COMMENT, "review"),
    "reviews.request_review": (Right.REQUEST, "version"),
    "reviews.withdraw_review": (Right.MANAGE, "review"),
    "rollbacks.roll_back": None,
    "runs.create_run": (Right.LOG, "experiment"),
    "runs.delete_run": (Right.EDIT, "run"),
    "runs.restore_run": (Right.EDIT, "run"),
    "runs.update_run": (Right.EDIT, "run"),
    "scans.carry_out": (Right.ADMINISTER, ""),
    "scans.carry_out_next": (Right.ADMINISTER, ""),
    "scans.give_back_stale_scans": (Right.ADMINISTER, ""),
    "sign_ins.add_second_factor": None,
    "sign_ins.change_password": None,
    "sign_ins.end_other_sessions": (Right.ADMINISTER, ""),
    "sign_ins.end_session": (Right.ADMINISTER, ""),
    "sign_ins.make_recovery_codes": None,
    "sign_ins.note_sign_in": None,
    "sign_ins.note_sign_out": None,
    "sign_ins.remove_second_factor": (Right.ADMINISTER, ""),
    "sign_ins.use_code": None,
    "single_sign_on.follow_groups": (Right.ADMINISTER, ""),
    "single_sign_on.link_identity": None,
    "single_sign_on.note_refusal": (Right.ADMINISTER, ""),
    "single_sign_on.receive_person": (Right.ADMINISTER, ""),
    "single_sign_on.unlink_identity": (Right.ADMINISTER, ""),
    "standing.deactivate_account": (Right.ADMINISTER, ""),
    "standing.let_into_admin": (Right.ADMINISTER, ""),
    "standing.reactivate_account": (Right.ADMINISTER, ""),
    "standing.set_organisation_role": (Right.ADMINISTER, ""),
    "teams.add_member": (Right.ADMINISTER, ""),
    "teams.appoint_lead": (Right.ADMINISTER, ""),
    "teams.create_team": (Right.ADMINISTER, ""),
    "teams.delete_team": (Right.ADMINISTER, ""),
    "teams.dismiss_lead": (Right.ADMINISTER, ""),
    "teams.map_sso_group": (Right.ADMINISTER, ""),
    "teams.remove_member": (Right.ADMINISTER, ""),
    "teams.rename_team": (Right.ADMINISTER, ""),
    "teams.unmap_sso_group": (Right.ADMINISTER, ""),
    "tokens.create_token": None,
    "tokens.revoke_token": (Right.ADMINISTER, ""),
    "tokens.revoke_tokens_of": (Right.ADMINISTER, ""),
    "tokens.rotate_token": None,
    "trusts.admit_workload": (Right.ADMINISTER, ""),
    "trusts.end_trust": (Right.MANAGE, "registry"),
    "trusts.trust_workload": None,
    "versions.create_version": (Right.REGISTER, "model"),
    "versions.delete_version": (Right.MANAGE, "version"),
    "versions.delete_version_tag": (Right.EDIT, "version"),
    "versions.describe_version": (Right.EDIT, "version"),
    "versions.set_version_tag": (Right.EDIT, "version"),
    "waivers.end_waivers": (Right.ADMINISTER, ""),
    "waivers.waive": (Right.REVIEW, "version"),
    "waivers.waive_findings": (Right.REVIEW, "version"),
    "waivers.withdraw_waiver": None,
    "vulnerability_waivers.waive_vulnerability": (Right.REVIEW, "version"),
    "anchors.add_trust_anchor": (Right.MANAGE, "registry"),
    "anchors.revoke_trust_anchor": (Right.MANAGE, "registry"),
    "attestations.attest_placement": (Right.ADMINISTER, ""),
    "keys.make_signing_key": (Right.MANAGE, "registry"),
    "keys.require_signing_key": (Right.ADMINISTER, ""),
    "keys.retire_signing_key": (Right.MANAGE, "registry"),
    "keys.rotate_signing_key": (Right.MANAGE, "registry"),
    "signatures.add_signature": (Right.EDIT, "version"),
    "signatures.bring_signatures": None,
    "signatures.remove_signature": (Right.EDIT, "version"),
}
NAMES = [
    *(f"role {role}" for role in Role),
    *(f"only {scope}" for scope in Scope),
    *("stranger", "administrator", "auditor", "auditing maintainer", "deactivated", "deactivated administrator"),
    *("removed a second ago", "limited elsewhere", "limited to a model", "no scope at all"),
]


def name_of(operation: Callable[..., object]) -> str:
    return f"{operation.__module__.rpartition('.')[2]}.{operation.__name__}"


@pytest.fixture
def somebody(member: Member, system: User) -> Callable[[str, World], User]:
    """Makes the person of one of NAMES, with a role in the registry of the world where that is said."""

    def make(name: str, w: World) -> User:
        kind, _, rest = name.partition(" ")
        if kind == "role":
            return member(Role(rest), w.registry)
        if name == "stranger":
            return create_person("knocking", email="k@example.org", password=None, actor=system)
        if name == "removed a second ago":
            person = create_person("knocking", email="k@example.org", password=None, actor=system)
            team = create_team("crew", actor=system)
            access.grant(Role.MAINTAINER, on=w.registry, to=team, actor=system)
            add_member(team, person, actor=system)
            assert access.can(person, Right.MANAGE, w.registry)
            remove_member(team, person, actor=system)
            return person
        person = member(Role.MAINTAINER, w.registry, name="knocking")
        person.scopes = frozenset({Scope(rest)}) if kind == "only" else frozenset() if kind == "no" else None
        person.is_superuser = name.endswith("administrator")
        person.is_auditor = kind in ("auditor", "auditing")
        person.is_active = kind != "deactivated"
        if kind == "limited":
            elsewhere = create_registry("elsewhere", actor=system)
            limit: Model = w.model if rest == "to a model" else elsewhere
            person.limit, person.scopes = Limit(limit._meta.label_lower, limit.pk), frozenset(Scope)
        if name == "auditor":
            access.revoke(Role.MAINTAINER, on=w.registry, to=person, actor=system)
        person.save(update_fields=["is_superuser", "is_auditor", "is_active"])
        return person

    return make


def test_every_operation_says_what_it_needs() -> None:
    """A new operation? Its right and thing go into NEEDS; None is for what its own tests tell."""
    assert sorted({name_of(operation) for operation in CALLS} - NEEDS.keys()) == []


@pytest.mark.parametrize("name", NAMES)
def test_who_may_goes_on_and_who_may_not_changes_nothing(
    name: str, world: World, somebody: Callable[[str, World], User]
) -> None:
    actor = somebody(name, world)
    lines, found = Event.objects.count(), []
    for operation, call in CALLS.items():
        need = NEEDS.get(name_of(operation))
        if need is None:
            continue
        right, thing = need
        may = access.can(actor, right, getattr(world, thing) if thing else None)
        refusal, after = outcome(call, world, actor)
        if may and isinstance(refusal, Forbidden):
            found.append(f"{name_of(operation)} is refused: {refusal.message}")
        if not may and not isinstance(refusal, Forbidden | NotFound):
            found.append(f"{name_of(operation)} goes on: {refusal!r}")
        if not may and after != lines:
            found.append(f"{name_of(operation)} writes {after - lines} lines")
    assert not found, "\n".join(found)


def outcome(call: Callable[[World, User], object], world: World, actor: User) -> tuple[BaseException | None, int]:
    """How it ended, and how many lines the log had then; all of it is taken back."""
    refusal: BaseException | None = None
    with suppress(_Back), transaction.atomic():
        try:
            with transaction.atomic():
                call(world, actor)
        except Exception as error:  # noqa: BLE001 # who may is not refused; what the content is worth is not told here
            refusal = error
        after = Event.objects.count()
        raise _Back
    for field in ("registry", "model", "version", "review", "experiment", "run", "logged_model", "token", "team"):
        getattr(world, field).refresh_from_db()
    return refusal, after


class _Back(Exception):
    pass


# ---- commands and tasks

_CHANGES = {
    *("save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete", "add", "remove"),
    *("set_password", "force_insert", "execute", "executemany"),
}


def background() -> list[Any]:
    files = code.files("tasks.py") + [path for path in code.files() if path.parent.name == "commands"]
    return sorted({path for path in files if path.parts[0] != "tests" and path.name != "__init__.py"})


@pytest.mark.parametrize("path", background(), ids=str)
def test_tasks_and_commands_write_nothing_themselves(path: Any) -> None:
    """They load, and call an operation."""
    tree = ast.parse((code.ROOT / path).read_text())
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        on = ast.unparse(node.func.value)
        is_query = "objects" in on or "_base_manager" in on
        if (node.func.attr in _CHANGES and on not in ("parser", "sys.stdout")) or (
            node.func.attr == "update" and is_query
        ):
            found.append(f"{path}:{node.lineno} {on}.{node.func.attr}")
    assert [line for line in found if not line.endswith(".add") or "objects" in line] == []


@pytest.mark.parametrize("path", background(), ids=str)
def test_tasks_and_commands_act_in_somebodys_name(path: Any) -> None:
    """Every operation that they call is told who acts: Gatehouse itself, or a user who is named."""
    names = {name.rpartition(".")[2] for name in code.operations() if not name.startswith("blobs.")}
    tree = ast.parse((code.ROOT / path).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                actor = next((ast.unparse(word.value) for word in node.keywords if word.arg == "actor"), "")
                assert actor, f"{path}:{node.lineno} {called} has no actor"
                assert "is_superuser=True" not in actor, f"{path}:{node.lineno} {called} takes any administrator"
