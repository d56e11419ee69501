"""The pages of registries, of access, of access requests, and of why."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import access
from accounts.models import AccessRequest, Registry, Team, User
from accounts.operations.access_requests import ask_for_access
from accounts.operations.teams import add_member, create_team
from accounts.queries import grants_on
from accounts.rights import Right, Role
from registry.models import ModelVersion, RegisteredModel
from tests.conftest import Member
from tests.factories.tracking import new_experiment

AsUser = Callable[[User], Client]
PAGE = "/models/main/iris/access"
GIVE = {"do": "give", "kind": "account", "role": "reader", "name": "stranger", "ends_at": ""}


@pytest.fixture
def rita(member: Member, registry: Registry) -> User:
    """Sees that things exist, and no more."""
    return member(Role.METADATA_READER, registry, name="rita")


def said(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_a_registry_has_a_page_with_its_ladder_and_what_is_in_it(
    as_user: AsUser, model: RegisteredModel, scientist: User, stranger: User
) -> None:
    assert 'href="/registries/main"' in said(as_user(scientist), "/registries")
    page = said(as_user(scientist), "/registries/main")
    for part in ("iris", "Production", "Who may move versions where", "/registries/main/access"):
        assert part in page
    assert "No registry that you may see" in said(as_user(stranger), "/registries")
    assert as_user(stranger).get("/registries/main").status_code == 404


def test_maintainers_see_who_has_which_role_and_through_what(
    as_user: AsUser, model: RegisteredModel, maintainer: User, rita: User, system: User, administrator: User
) -> None:
    team = create_team("fraud", actor=system)
    add_member(team, rita, actor=system)
    access.grant(Role.REVIEWER, on=model, to=team, actor=maintainer)
    page = said(as_user(maintainer), PAGE)
    for part in (
        "Team fraud",
        "by mary",
        "Inherited from registry main",
        "Reviewer on model iris, through team fraud",
        "Metadata reader on registry main",
        "root (administrator)",
        "/access/explain?account=rita&amp;right=see&amp;registry=main&amp;model=iris",
    ):
        assert part in page, part
    assert "Nobody fits" in said(as_user(maintainer), f"{PAGE}?q=zzz")


def test_readers_see_their_own_role_and_may_ask_for_more(
    as_user: AsUser, model: RegisteredModel, rita: User, maintainer: User, stranger: User
) -> None:
    page = said(as_user(rita), PAGE)
    assert "Metadata reader on registry main" in page
    assert "Ask for more" in page
    assert ">mary<" not in page
    assert "Give a role" not in page
    assert as_user(stranger).get(PAGE).status_code == 404


def test_auditors_see_everybody_and_change_nothing(
    as_user: AsUser, model: RegisteredModel, stranger: User, maintainer: User
) -> None:
    stranger.is_auditor = True
    stranger.save(update_fields=["is_auditor"])
    page = said(as_user(stranger), PAGE)
    assert "mary" in page
    assert "Give a role" not in page
    assert "Ask for more" not in page
    for data in (GIVE, {"do": "take", "team": "person:mary"}):
        response = as_user(stranger).post(PAGE, data)
        assert response.status_code == 403
    assert not grants_on(model, actor=maintainer).exists()


@pytest.mark.parametrize("kind", ["registry", "model", "experiment"])
def test_a_role_is_given_changed_and_taken_away(
    as_user: AsUser, model: RegisteredModel, maintainer: User, scientist: User, stranger: User, kind: str
) -> None:
    experiment = new_experiment(model.registry, actor=scientist)
    thing, path = {
        "registry": (model.registry, "/registries/main/access"),
        "model": (model, PAGE),
        "experiment": (experiment, f"/experiments/{experiment.pk}/access"),
    }[kind]
    client = as_user(maintainer)
    response = client.post(path, GIVE, follow=True)
    assert f"stranger has the role reader on {thing} now." in response.content.decode()
    assert access.can(stranger, Right.DOWNLOAD, thing)
    until = (timezone.now() + timedelta(days=5)).date()
    client.post(path, {**GIVE, "role": "metadata_reader", "ends_at": until.isoformat()})
    grant = grants_on(thing, actor=maintainer).get(group__user=stranger)
    assert (grant.permission.codename, grant.ends_at.date()) == ("metadata_reader", until + timedelta(days=1))
    assert f"ends_at={until.isoformat()}#give" in said(client, path)
    response = client.post(path, {"do": "take", "team": "person:stranger"}, follow=True)
    assert "stranger has no role on" in response.content.decode()
    assert not access.can(stranger, Right.SEE, thing)


def test_what_cannot_be_given_is_told_beside_the_form(
    as_user: AsUser, model: RegisteredModel, maintainer: User, scientist: User, stranger: User
) -> None:
    client = as_user(maintainer)
    for wrong, words in (
        ({"name": "nobody"}, "Account nobody was not found."),
        ({"kind": "team", "name": "nobody"}, "Team nobody was not found."),
        ({"ends_at": "2020-01-01"}, "A role ends in the future."),
        ({"ends_at": "9999-12-31"}, "Name an earlier day"),
        ({"ends_at": "soon"}, "Enter a valid date."),
        ({"role": "king"}, "Select a valid choice."),
        ({"name": ""}, "This field is required."),
    ):
        response = client.post(PAGE, {**GIVE, **wrong})
        assert response.status_code == 422, wrong
        assert words in response.content.decode()
    assert client.post(PAGE, {"do": "dance"}).status_code == 404
    assert client.post(PAGE, {"do": "take", "team": "person:nobody"}).status_code == 404
    assert as_user(scientist).post(PAGE, GIVE).status_code == 403
    assert as_user(scientist).post(PAGE, {"do": "take", "team": "person:ada"}).status_code == 403
    assert not grants_on(model, actor=maintainer).exists()


@pytest.mark.parametrize("data", [{"do": "take", "team": "person:mary"}, {**GIVE, "name": "mary"}])
def test_ones_own_maintainer_role_goes_only_after_a_second_question(
    as_user: AsUser, registry: Registry, maintainer: User, data: dict[str, str]
) -> None:
    client = as_user(maintainer)
    page = client.post("/registries/main/access", data).content.decode()
    assert "Give up your own role?" in page
    assert access.can(maintainer, Right.MANAGE, registry)
    response = client.post("/registries/main/access", {**data, "sure": "yes"}, follow=True)
    assert response.status_code == 200
    assert not access.can(maintainer, Right.MANAGE, registry)


def test_my_access_lists_roles_by_kind(
    as_user: AsUser, model: RegisteredModel, rita: User, maintainer: User, stranger: User
) -> None:
    until = timezone.now() + timedelta(days=3)
    access.grant(Role.READER, on=model, to=rita, ends_at=until, actor=maintainer)
    assert "Metadata reader" in said(as_user(rita), "/access")
    assert "iris" in said(as_user(rita), "/access?kind=model")
    assert "No role of its own" in said(as_user(rita), "/access?kind=experiment")
    assert "No role on a registry" in said(as_user(stranger), "/access?kind=nonsense")


def test_a_role_is_asked_for_on_the_page_and_given_in_the_queue(
    as_user: AsUser, model: RegisteredModel, rita: User, maintainer: User, scientist: User
) -> None:
    data = {"do": "ask", "role": "contributor", "reason": "I **retrain** it.", "ends_at": ""}
    response = as_user(rita).post(PAGE, data, follow=True)
    assert "The maintainers see your request now." in response.content.decode()
    assert "You asked for the role Contributor" in said(as_user(rita), PAGE)
    asked = AccessRequest.objects.get()
    assert "waiting for you" in said(as_user(maintainer), "/models")
    assert "Contributor on model iris" in said(as_user(maintainer), "/access/requests")
    assert "Nothing waits for you" in said(as_user(scientist), "/access/requests")
    assert as_user(scientist).get(f"/access/requests/{asked.pk}").status_code == 404
    page = said(as_user(maintainer), f"/access/requests/{asked.pk}")
    assert "<strong>retrain</strong>" in page
    assert "Metadata reader on registry main" in page
    answer = {"verdict": "grant", "role": "reader", "ends_at": "", "answer": "Reading is enough."}
    response = as_user(maintainer).post(f"/access/requests/{asked.pk}", answer, follow=True)
    assert "rita has the role now." in response.content.decode()
    assert access.can(rita, Right.DOWNLOAD, model)
    assert "Granted" in said(as_user(rita), "/access/requests?show=mine")
    assert "Granted" in said(as_user(maintainer), "/access/requests?show=decided")
    assert "Reading is enough." in said(as_user(rita), f"/access/requests/{asked.pk}")
    assert as_user(maintainer).post(f"/access/requests/{asked.pk}", answer).status_code == 422


def test_bad_answers_and_requests_are_told_beside_the_form(
    as_user: AsUser, model: RegisteredModel, rita: User, maintainer: User
) -> None:
    for wrong in ({"role": "metadata_reader"}, {"reason": " "}, {"ends_at": "2020-01-01"}, {"ends_at": "2999-01-01"}):
        data = {"do": "ask", "role": "reader", "reason": "x", "ends_at": "", **wrong}
        assert as_user(rita).post(PAGE, data).status_code == 422, wrong
    asked = ask_for_access(model, Role.READER, reason="x", actor=rita)
    path = f"/access/requests/{asked.pk}"
    for data in ({}, {"verdict": "grant", "role": "reader", "ends_at": "2020-01-01"}):
        assert as_user(maintainer).post(path, data).status_code == 422
    assert as_user(rita).post(path, {"verdict": "grant", "role": "reader"}).status_code == 403
    assert "The request was taken back." in as_user(rita).post(f"{path}/withdraw", follow=True).content.decode()


def test_the_page_of_why_answers_about_oneself_and_for_maintainers_about_others(
    as_user: AsUser, version: ModelVersion, rita: User, maintainer: User, stranger: User
) -> None:
    blank = said(as_user(rita), "/access/explain")
    assert "No question yet" in blank
    assert '<option value="main"></option>' in blank and '<option value="Production"></option>' in blank
    assert '<option value="main"></option>' not in said(as_user(stranger), "/access/explain")
    asked = "/access/explain?right=download&registry=main&model=iris"
    page = said(as_user(rita), asked)
    assert "rita does not have the right “download” on model iris." in page
    assert " mary" not in page
    assert "can give it: mary." in said(as_user(maintainer), f"{asked}&account=rita")
    refused = as_user(rita).get(f"{asked}&account=mary")
    assert refused.status_code == 422
    assert "Only maintainers and auditors see why others may." in refused.content.decode()
    hidden = as_user(stranger).get(asked)
    assert hidden.status_code == 422
    assert "iris not found" in hidden.content.decode()
    moved = "/access/explain?right=promote&registry=main&model=iris&version=1&alias=champion"
    assert "may not move iris version 1 to @champion" in said(as_user(maintainer), moved)
    for wrong in ("&version=1", "&stage=Production", "&version=x", "&experiment=1"):
        assert (
            as_user(rita).get(f"/access/explain?right=see&registry=main{wrong}").status_code == 422 or "exper" in wrong
        )


def test_a_question_that_names_no_right_is_answered_with_all_of_them(
    as_user: AsUser, version: ModelVersion, rita: User, maintainer: User, stranger: User
) -> None:
    asked = "/access/explain?registry=main&model=iris"
    assert "What may I do here?" in said(as_user(rita), PAGE)
    page = said(as_user(rita), asked)
    assert "What rita may do with model iris" in page
    for words in (
        'See it<span class="unseen">: allowed',
        'Download files<span class="unseen">: not allowed',
        'Move versions<span class="unseen">: not allowed',
    ):
        assert words in page, words
    assert "&amp;right=download" in page
    assert "Administer the installation<span" not in page
    about_rita = said(as_user(maintainer), f"{asked}&account=rita&right=")
    assert "What rita may do with model iris" in about_rita
    assert as_user(rita).get(f"{asked}&account=mary").status_code == 422
    assert as_user(stranger).get(asked).status_code == 422
    assert as_user(rita).get("/access/explain?registry=").status_code == 422


def test_the_empty_list_of_roles_on_a_registry_promises_nothing_from_above(
    as_user: AsUser, model: RegisteredModel, administrator: User, system: User
) -> None:
    empty = Registry.objects.create(name="empty")
    assert "only administrators and auditors reach the whole registry" in said(
        as_user(administrator), f"/registries/{empty.name}/access"
    )
    assert "What people have comes from the registry." in said(as_user(administrator), PAGE)


def test_a_refusal_sends_to_maintainers_only_where_one_could_help(
    as_user: AsUser, model: RegisteredModel, rita: User
) -> None:
    installation_wide = as_user(rita).get("/tokens/all")
    assert installation_wide.status_code == 403
    assert "A maintainer of the registry" not in installation_wide.content.decode()
    refused = as_user(rita).post(PAGE, {"do": "take", "team": "x"}).content.decode()
    assert "A maintainer of the registry can give it to you." in refused
    assert "maintainer of its registry" not in as_user(rita).get("/teams/nobody").content.decode()


def test_a_request_for_access_waits_on_the_home_page(
    as_user: AsUser, version: ModelVersion, rita: User, maintainer: User
) -> None:
    assert "Nothing waits for you" in said(as_user(maintainer), "/")
    ask_for_access(version.model, Role.CONTRIBUTOR, reason="I retrain it.", actor=rita)
    page = said(as_user(maintainer), "/")
    assert "Contributor on model iris" in page
    assert "I retrain it." in page
    assert "Nothing waits for you" not in page
    assert "Contributor on model iris" not in said(as_user(rita), "/")


def test_a_request_waits_on_the_first_page_of_an_empty_registry_too(
    as_user: AsUser, registry: Registry, rita: User, maintainer: User
) -> None:
    ask_for_access(registry, Role.CONTRIBUTOR, reason="To begin.", actor=rita)
    page = said(as_user(maintainer), "/")
    assert "Three steps to the first model" in page
    assert "Contributor on registry main" in page


def test_a_page_that_is_refused_leads_to_the_reason(as_user: AsUser, version: ModelVersion, rita: User) -> None:
    response = as_user(rita).post(f"{PAGE}", {"do": "take", "team": "x"})
    assert response.status_code == 403
    assert "/access/explain?registry=main&amp;model=iris" in response.content.decode()


def test_access_pages_cost_the_same_with_three_thousand_people(
    as_user: AsUser,
    model: RegisteredModel,
    maintainer: User,
    scientist: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(maintainer)
    crowd(model, maintainer)
    # Session, account and badges; the model and its owner; own roles on it and on the registry, and the open request;
    # three times whether; people with their roles on both; roles with who gave them; inherited ones; administrators.
    with django_assert_num_queries(18):
        first = client.get(PAGE)
    assert first.content.decode().count("Why?") == 50
    assert "person-0002" in first.content.decode()
    with django_assert_num_queries(18):
        found = client.get(f"{PAGE}?q=person-2999")
    assert "person-2999" in found.content.decode()
    later = first.content.decode().split('rel="next"')
    assert len(later) == 3


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/registries", 4),
        ("/registries/main", 11),
        ("/access", 5),
        ("/access?kind=model", 5),
        ("/access/requests", 7),  # one for each kind of thing that occurs, and once in a while the kinds themselves
        ("/access/requests?show=decided", 4),
        # Names of registries and stages to choose from are one.
        ("/access/explain?right=manage&registry=main&model=iris", 15),
        ("/access/explain?registry=main&model=iris", 26),  # each right is asked for as every request asks
    ],
)
def test_the_cost_of_other_pages_is_bounded(
    as_user: AsUser,
    version: ModelVersion,
    rita: User,
    maintainer: User,
    path: str,
    cost: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    access.grant(Role.READER, on=version.model, to=maintainer, actor=maintainer)
    for thing in (version.model, version.model.registry):
        ask_for_access(thing, Role.CONTRIBUTOR, reason="x", actor=rita)
    client = as_user(maintainer)
    with django_assert_max_num_queries(cost):
        assert client.get(path).status_code == 200


def crowd(model: RegisteredModel, maintainer: User) -> None:
    """Three thousand people with a role of their own on the model or on its registry."""
    people = User.objects.bulk_create(
        User(username=f"person-{number:04}", email=f"p{number}@example.org") for number in range(3000)
    )
    groups = Group.objects.bulk_create(Group(name=f"person:{person.username}") for person in people)
    pairs = list(zip(people, groups, strict=True))
    Team.objects.bulk_create(Team(group=group, name=group.name, person=person) for person, group in pairs)
    User.groups.through.objects.bulk_create(
        [User.groups.through(user_id=person.pk, group_id=group.pk) for person, group in pairs]
    )
    sample = grants_on(model.registry, actor=maintainer).get(group__user=maintainer)
    on_registry = type(sample)
    on_registry.objects.bulk_create(
        on_registry(group=group, content_object=model.registry, permission=sample.permission) for _, group in pairs
    )
    access.grant(Role.READER, on=model, to=people[0], actor=maintainer)
    given = grants_on(model, actor=maintainer).get()
    on_model = type(given)
    on_model.objects.bulk_create(
        on_model(group=group, content_object=model, permission=given.permission) for _, group in pairs[1:]
    )
