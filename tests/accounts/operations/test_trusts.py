"""Trusting jobs elsewhere, and ending it. Letting them in is in test_admission."""

from typing import Any

import pytest

from accounts.models import Limit, Registry, TrustedWorkload, User
from accounts.operations.people import create_service_account
from accounts.operations.registries import create_registry
from accounts.operations.trusts import end_trust
from accounts.queries import find_workload, workloads_for, workloads_of
from accounts.rights import Role, Scope
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from tests.accounts.operations.conftest import CLAIMS, Trust
from tests.conftest import Member
from tests.services.issuer import Issuer


def test_a_maintainer_trusts_a_job(trust: Trust, registry: Registry, robot: User, issuer: Issuer) -> None:
    made = trust()
    line = Event.objects.latest("pk")
    assert (line.kind, line.registry_id, line.subject_name) == ("workload.trusted", registry.pk, "training")
    assert (line.details["claims"], line.details["account"]) == (CLAIMS, "robot")
    assert made.scopes == ["read", "write"]
    assert issuer.asked == []


def test_who_may_trust_jobs(
    trust: Trust,
    registry: Registry,
    robot: User,
    maintainer: User,
    scientist: User,
    ci_account: User,
    stranger: User,
    administrator: User,
    member: Member,
) -> None:
    with pytest.raises(Forbidden):
        trust(actor=scientist, account=ci_account)  # owns the account but does not maintain the registry
    with pytest.raises(Forbidden):
        trust(account=ci_account)  # maintains the registry but does not own the account
    with pytest.raises(Forbidden):
        trust(actor=member(Role.MAINTAINER, registry))
    with pytest.raises(NotFound):
        trust(actor=stranger)
    for own in (maintainer, administrator):
        with pytest.raises(Invalid, match="never as a person"):
            trust(account=own, actor=own)
    maintainer.limit = Limit("accounts.registry", registry.pk)
    with pytest.raises(Forbidden):
        trust()
    maintainer.limit, maintainer.scopes = None, frozenset({Scope.READ, Scope.WRITE})
    with pytest.raises(Forbidden):
        trust()
    maintainer.scopes = frozenset({Scope.ADMIN, Scope.READ})
    with pytest.raises(Forbidden):
        trust()
    maintainer.scopes = None
    assert not TrustedWorkload.objects.exists()
    trust()
    trust(name="other", account=ci_account, actor=administrator)


def test_an_account_needs_a_role_on_the_registry(trust: Trust, maintainer: User, system: User) -> None:
    lonely = create_service_account("lonely", owner=maintainer, actor=system)
    with pytest.raises(Invalid) as refusal:
        trust(account=lonely)
    assert refusal.value.field == "account"


def test_only_administrators_give_the_scope_admin(trust: Trust, administrator: User) -> None:
    with pytest.raises(Invalid) as refusal:
        trust(scopes=[Scope.ADMIN])
    assert refusal.value.field == "scopes"
    assert trust(scopes=[Scope.ADMIN], actor=administrator).scopes == ["admin"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 101),
        ("name", "a\nb"),
        ("issuer", "http://169.254.169.254/"),
        ("issuer", "https://2130706433"),
        ("issuer", "https://localhost."),
        ("issuer", "https://" + "x" * 500 + ".org"),
        ("audience", ""),
        ("audience", "x" * 201),
        ("scopes", []),
        ("claims", {}),
        ("claims", {"ref": "refs/heads/main"}),
        ("claims", {"repository": "*"}),
        ("claims", {"repository": "*/*"}),
        ("claims", {"repository": "*/model"}),
        ("claims", {"repository": "a*/model"}),
        ("claims", {"sub": "repo:*"}),
        ("claims", {"sub": "*"}),
        ("claims", {"repository": "acme/**"}),
        ("claims", {"repository": "acme/model", "aud": "x"}),
        ("claims", {"repository": "acme/model", "exp": "1"}),
        ("claims", {"repository": ""}),
        ("claims", {"repository": "x" * 501}),
        ("claims", {"repository": "acme/\0"}),
        ("claims", {"repository": 7}),
        ("claims", {"": "x", "repository": "acme/model"}),
        ("claims", {f"c{number}": "x" for number in range(30)}),
    ],
)
def test_what_cannot_be_trusted(trust: Trust, field: str, value: Any) -> None:
    lines = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        trust(**{field: value})
    assert refusal.value.field == field
    assert not TrustedWorkload.objects.exists()
    assert Event.objects.count() == lines


def test_a_name_is_given_once_while_the_trust_stands(trust: Trust, maintainer: User) -> None:
    first = trust()
    with pytest.raises(AlreadyExists):
        trust()
    end_trust(first, actor=maintainer)
    trust()
    with pytest.raises(Conflict):
        end_trust(first, actor=maintainer)


def test_who_sees_and_ends_trusts(
    trust: Trust, maintainer: User, scientist: User, stranger: User, robot: User, member: Member, system: User
) -> None:
    made = trust()
    elsewhere = member(Role.MAINTAINER, create_registry("other", actor=system))
    for outsider, refusal in ((stranger, NotFound), (elsewhere, NotFound), (scientist, Forbidden)):
        with pytest.raises(refusal):
            end_trust(made, actor=outsider)
        with pytest.raises(NotFound):
            find_workload(made.pk, actor=outsider)
        with pytest.raises(NotFound):
            workloads_of(robot, actor=outsider)
    assert list(workloads_for(maintainer)) == [made] == list(workloads_of(robot, actor=maintainer))
    assert find_workload(made.pk, actor=maintainer) == made
