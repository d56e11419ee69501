"""Identities of the single sign-on provider: whose they become when several come at once."""

from functools import partial

import pytest
from allauth.socialaccount.models import SocialAccount
from pytest_django import Settings

from accounts.models import User
from accounts.operations.people import create_person
from accounts.operations.single_sign_on import Identity, link_identity, receive_person
from lib.errors import Conflict, HouseError
from tests.accounts.at_once import at_once
from tests.conftest import PASSWORD


@pytest.fixture
def settled(settings: Settings, scientist: User) -> User:
    """Somebody with an e-mail, by which the provider finds them."""
    settings.OIDC_LINK_BY_EMAIL = True
    return scientist


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_links_at_once_one_holds(settled: User) -> None:
    calls = [partial(link_identity, Identity("p", f"s{number}"), settled, actor=settled) for number in range(4)]
    results = at_once(*calls)
    assert sorted(type(one).__name__ for one in results) == ["Conflict"] * 3 + ["NoneType"], results
    assert SocialAccount.objects.get().user == settled


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_identity_is_linked_to_one_of_two(settled: User, stranger: User) -> None:
    results = at_once(*[partial(link_identity, Identity("p", "s"), one, actor=one) for one in (settled, stranger)])
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"], results
    assert SocialAccount.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_comes_in_two_windows_at_once_is_one_person(settled: User, system: User) -> None:
    identity = Identity("p", "s", username="ada", email="Ada@example.org", email_is_verified=True)
    results = at_once(*[lambda: receive_person(identity, actor=system)] * 4)
    assert results == [settled] * 4
    assert SocialAccount.objects.get().user == settled


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_new_person_is_made_once(system: User) -> None:
    identity = Identity("p", "s", username="eve")
    results = at_once(*[lambda: receive_person(identity, actor=system)] * 4)
    assert all(isinstance(one, User | HouseError) for one in results), results
    assert User.objects.filter(kind=User.Kind.PERSON).count() == SocialAccount.objects.count() == 1


def test_a_link_that_somebody_else_has_is_refused(settled: User, stranger: User) -> None:
    link_identity(Identity("p", "s"), settled, actor=settled)
    with pytest.raises(Conflict):
        link_identity(Identity("p", "s"), stranger, actor=stranger)
    assert SocialAccount.objects.get().user == settled


def test_letters_that_a_database_takes_for_each_other_link_nobody(settings: Settings, system: User) -> None:
    settings.OIDC_LINK_BY_EMAIL = True
    susi = create_person("susi", email="susi@example.org", password=PASSWORD, actor=system)
    identity = Identity("p", "s", email="SU\u017fI@example.org", email_is_verified=True)
    assert receive_person(identity, actor=system) != susi
