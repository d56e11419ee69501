"""Explaining access: the answer is that of `access.can`, and the steps lead to it."""

from datetime import timedelta

import pytest
from django.db.models import Model
from django.utils import timezone

from accounts import access
from accounts.models import Limit, Registry, User
from accounts.operations.grants import end_grants
from accounts.operations.teams import add_member, create_team
from accounts.reach.effective_roles import accounts_reaching, grants_table_of, maintainers_of, reaches
from accounts.reach.explanations import Effect, Explanation, explain, explanation_for
from accounts.rights import RIGHTS_OF, Right, Role, Scope
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, restrict_model
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment, new_run

Things = dict[str, Model]
INHERITED = "the role maintainer on registry main, which model iris inherits."


@pytest.fixture
def things(registry: Registry, version: ModelVersion, scientist: User) -> Things:
    """Shared things and parts of them, open and restricted."""
    secret = create_model(registry, "secret", actor=scientist)
    secret_version = register_files(secret, {"weights.txt": b"7"}, actor=scientist)
    secret.restricted = True
    secret.save(update_fields=["restricted"])
    experiment, hidden = new_experiment(registry, actor=scientist), new_experiment(registry, actor=scientist)
    hidden_run = new_run(hidden, actor=scientist)
    hidden.restricted = True
    hidden.save(update_fields=["restricted"])
    made = {
        "registry": registry,
        "model": version.model,
        "version": version,
        "experiment": experiment,
        "run": new_run(experiment, actor=scientist),
        "restricted model": secret,
        "restricted version": secret_version,
        "restricted experiment": hidden,
        "restricted run": hidden_run,
    }
    return {name: type(thing)._base_manager.get(pk=thing.pk) for name, thing in made.items()}


def check(account: User, things: Things) -> None:
    """That every answer agrees with the decision, and that its steps lead to it."""
    for name, thing in [*things.items(), ("installation", None)]:
        for right in Right:
            found = explain(account, right, thing)
            effects = {step.effect for step in found.steps}
            assert found.allowed == access.can(account, right, thing), (name, right)
            assert found.allowed == (Effect.GIVES in effects and Effect.REFUSES not in effects), (name, right, found)
    for thing in things.values():
        check_reach(account, thing)


def check_reach(account: User, thing: Model) -> None:
    """That the roles that are told are those that count."""
    if account.is_superuser or account.is_auditor or account.is_system:
        return
    (reach,) = reaches([account], thing)
    told = {right for held in reach.held for right in RIGHTS_OF[held.role]}
    if account.is_active:
        had = {right for right in Right if access.can(account, right, thing)}
        # What one may do to what is one's own is no role's alone.
        assert told <= had <= told | {Right.EDIT}


@pytest.mark.parametrize("role", Role)
def test_an_explanation_agrees_with_the_decision_for_every_role_and_way(
    role: Role, things: Things, member: Member, system: User
) -> None:
    for given in ("registry", "model", "experiment", "restricted model", "restricted experiment"):
        person = member(role, things[given])
        check(person, things)
    team = create_team("fraud", actor=system)
    access.grant(role, on=things["registry"], to=team, actor=system)
    person = member(Role.METADATA_READER, things["restricted model"])
    add_member(team, person, actor=system)
    check(person, things)
    person.is_active = False
    person.save(update_fields=["is_active"])
    check(person, things)


def test_an_explanation_agrees_for_roles_that_ended(things: Things, member: Member) -> None:
    person = member(Role.MAINTAINER, things["registry"])
    over(things["registry"])
    check(person, things)


def test_an_explanation_agrees_for_those_who_need_no_role(
    things: Things, administrator: User, system: User, stranger: User, maintainer: User
) -> None:
    maintainer.is_auditor = True
    maintainer.save(update_fields=["is_auditor"])
    for account in (administrator, system, stranger, maintainer):
        check(account, things)
    administrator.is_active = False
    administrator.save(update_fields=["is_active"])
    check(administrator, things)


@pytest.mark.parametrize("scopes", [(Scope.READ,), (Scope.READ, Scope.WRITE), tuple(Scope)])
def test_an_explanation_agrees_for_tokens(
    scopes: tuple[Scope, ...], things: Things, maintainer: User, administrator: User
) -> None:
    for account in (maintainer, administrator):
        account.scopes = frozenset(scopes)
        check_token(account, things)
        for limit in (things["registry"], things["restricted model"], things["model"]):
            account.limit = Limit(limit._meta.label_lower, limit.pk)
            check_token(account, things)


def test_an_explanation_agrees_about_what_is_ones_own(
    things: Things, scientist: User, ci_account: User, registry: Registry, system: User
) -> None:
    access.grant(Role.READER, on=registry, to=ci_account, actor=system)
    check(scientist, things)
    check(ci_account, things)
    found = explain(scientist, Right.EDIT, things["version"])
    assert found.allowed
    assert "on what is one's own, which this is." in sentences(found)[-1]
    registered = create_model(registry, "robots", actor=User.objects.get(pk=scientist.pk))
    RegisteredModel.objects.filter(pk=registered.pk).update(owner=ci_account)
    check(scientist, {"model": RegisteredModel.objects.get(pk=registered.pk)})
    RegisteredModel.objects.filter(pk=registered.pk).update(owner=system)
    check(scientist, {"model": RegisteredModel.objects.get(pk=registered.pk)})


def check_token(account: User, things: Things) -> None:
    for thing in [*things.values(), None]:
        for right in Right:
            found = explain(account, right, thing)
            effects = {step.effect for step in found.steps}
            assert found.allowed == (Effect.GIVES in effects and Effect.REFUSES not in effects), (thing, right)


def test_the_whole_chain_is_told(things: Things, stranger: User, system: User) -> None:
    team = create_team("fraud", actor=system)
    add_member(team, stranger, actor=system)
    team.leads.add(stranger)
    access.grant(Role.MAINTAINER, on=things["registry"], to=team, actor=system)
    assert sentences(explain(stranger, Right.EDIT, things["version"])) == [
        "What may be done with iris version 1 is what may be done with model iris.",
        f"stranger is in team fraud (a lead), which has {INHERITED} That role includes the right “edit”.",
    ]


def test_a_refusal_says_what_is_missing_and_whom_to_ask(things: Things, member: Member, maintainer: User) -> None:
    rita = member(Role.READER, things["registry"], name="rita")
    found = explanation_for("rita", Right.MANAGE, things["model"], actor=maintainer)
    assert sentences(found) == [
        f"rita has {INHERITED.replace('maintainer', 'reader')} That role does not include the right “manage”.",
        "The right “manage” comes with the role maintainer on model iris or registry main.",
        "A maintainer of model iris or registry main can give it: mary.",
    ]
    # Who maintains a thing is for those who may read its roles.
    assert "mary" not in str(explanation_for("", Right.MANAGE, things["model"], actor=rita).steps)


def test_a_restricted_thing_says_that_it_is_cut_off(things: Things, maintainer: User) -> None:
    found = explain(maintainer, Right.SEE, things["restricted model"])
    assert "Model secret is restricted: roles on registry main do not count there." in sentences(found)
    assert "The right “see” comes with the role" in sentences(found)[-2]
    assert sentences(found)[-1] == "A maintainer of model secret can give it."
    told = explain(maintainer, Right.SEE, things["restricted model"], names_maintainers=True)
    assert sentences(told)[-1] == "Nobody is a maintainer of model secret; an administrator can give it."


def test_a_role_that_ended_is_told_before_and_after_its_row_is_gone(
    registry: Registry, member: Member, system: User
) -> None:
    rita = member(Role.READER, registry, name="rita")
    over(registry)
    before = next(step for step in explain(rita, Right.SEE, registry).steps if step.kind == "ended")
    assert before.sentence.startswith("rita has the role reader on registry main. It ended on ")
    assert end_grants(actor=system) == 1
    after = next(step for step in explain(rita, Right.SEE, registry).steps if step.kind == "ended")
    assert after.sentence.startswith("rita had the role reader on registry main. It ended on ")


def test_people_ask_about_themselves_and_those_who_audit_about_others(
    things: Things, maintainer: User, scientist: User, stranger: User
) -> None:
    assert explanation_for("", Right.SEE, things["model"], actor=scientist).allowed
    assert explanation_for("ada", Right.SEE, things["model"], actor=scientist).allowed
    assert not explanation_for("stranger", Right.SEE, things["model"], actor=maintainer).allowed
    for name in ("mary", "nobody-knows"):
        with pytest.raises(Forbidden):
            explanation_for(name, Right.SEE, things["model"], actor=scientist)
        with pytest.raises(NotFound):
            explanation_for(name, Right.SEE, things["model"], actor=stranger)
    with pytest.raises(NotFound):
        explanation_for("nobody-knows", Right.SEE, things["model"], actor=maintainer)
    with pytest.raises(NotFound):
        explanation_for("", Right.SEE, things["model"], actor=stranger)


def test_everybody_who_reaches_a_thing_is_named_once(
    things: Things, maintainer: User, scientist: User, administrator: User, stranger: User, member: Member, system: User
) -> None:
    rita = member(Role.READER, things["model"], name="rita")
    access.grant(Role.REVIEWER, on=things["registry"], to=rita, actor=system)
    names = [
        account.username for account in accounts_reaching(things["version"], actor=maintainer).order_by("username")
    ]
    assert names == ["ada", "mary", "rita"]
    assert [person.username for person in maintainers_of(things["model"])] == ["mary"]
    secret = accounts_reaching(things["restricted model"], actor=administrator)
    assert not secret.exists()
    found = accounts_reaching(things["model"], search="RIT", actor=maintainer)
    assert [account.username for account in found] == ["rita"]
    (reach,) = reaches(found, things["model"])
    assert reach.roles == [Role.REVIEWER]
    assert [(held.role, str(held.on)) for held in reach.held] == [(Role.READER, "iris"), (Role.REVIEWER, "main")]
    with pytest.raises(Forbidden):
        accounts_reaching(things["model"], actor=scientist)
    with pytest.raises(NotFound):
        accounts_reaching(things["model"], actor=stranger)


def test_roles_that_do_not_include_each_other_are_both_told(
    model: RegisteredModel, member: Member, system: User
) -> None:
    person = member(Role.CONTRIBUTOR, model.registry)
    access.grant(Role.REVIEWER, on=model, to=person, actor=system)
    (reach,) = reaches([person], model)
    assert reach.roles == [Role.REVIEWER, Role.CONTRIBUTOR]


def sentences(found: Explanation) -> list[str]:
    return [step.sentence for step in found.steps]


def over(thing: Model) -> None:
    """Every role on the thing ended a minute ago."""
    grants_table_of(thing).objects.filter(content_object=thing).update(ends_at=timezone.now() - timedelta(minutes=1))


def test_roles_beyond_a_cut_are_told_to_those_who_may_see_them(
    registry: Registry, model: RegisteredModel, maintainer: User, scientist: User, stranger: User, system: User
) -> None:
    team = create_team("night-watch", actor=system)
    add_member(team, scientist, actor=system)
    access.grant(Role.READER, on=registry, to=team, actor=system)
    restrict_model(model, True, actor=maintainer)
    access.grant(Role.MAINTAINER, on=model, to=stranger, actor=system)
    model.refresh_from_db()

    def told_to(asker: User) -> str:
        return " ".join(step.sentence for step in explanation_for("ada", Right.SEE, model, actor=asker).steps)

    assert "is restricted: roles on registry main do not count" in told_to(stranger)
    assert "night-watch" not in told_to(stranger)
    assert "night-watch" in told_to(maintainer)
