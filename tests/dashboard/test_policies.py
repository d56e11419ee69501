"""The page of a registry's policies, and the checks on the page of a review."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Registry, User
from approvals.models import Policy
from approvals.operations.policies import create_policy
from approvals.operations.reviews import request_review
from registry.models import ModelVersion, Stage

AsUser = Callable[[User], Client]
PAGE = "/registries/main/policies"
RULES = {
    "stage": "Staging",
    "alias": "",
    "approvals_needed": "2",
    "separates_duties": "yes",
    "needs_clean_scan": "yes",
    "accepts_findings": "no",
    "most_severe_vulnerability": "high",
    "needs_signature": "yes",
    "bill_completeness": "80",
    "allowed_licences": "mit, apache-2.0",
}


def test_every_policy_in_force_is_there_in_words(registry: Registry, as_user: AsUser, reviewer: User) -> None:
    page = as_user(reviewer).get(PAGE).content.decode()
    for words in ("Production", "@champion", "1 approval by reviewers, who did not upload", "A clean scan;"):
        assert words in page, words
    assert "Put it in force" not in page
    assert "?change=" not in page
    overview = as_user(reviewer).get("/registries/main").content.decode()
    assert f'href="{PAGE}"' in overview


def test_a_maintainer_puts_one_in_force(registry: Registry, as_user: AsUser, maintainer: User) -> None:
    browser = as_user(maintainer)
    page = browser.post(PAGE, RULES, follow=True).content.decode()
    assert "Staging, policy 1 is in force." in page
    for words in (
        "2 approvals by reviewers",
        "no waiver takes its place",
        "No open vulnerability of high or worse severity",
        "A signature by somebody whom the registry trusts",
        "complete to 80 %",
        "One of these licences: Apache-2.0, MIT.",
    ):
        assert words in page, words
    policy = Policy.objects.get(registry=registry, stage="Staging")
    assert (policy.accepts_findings, policy.needs_signature, policy.bill_completeness) == (False, True, 80)
    begun = browser.get(PAGE, {"change": policy.pk}).content.decode()
    assert 'value="Apache-2.0, MIT"' in begun
    assert 'value="80"' in begun
    assert '<option value="Staging" selected>' in begun


def test_an_alias_is_written_with_its_sign_or_without(registry: Registry, as_user: AsUser, maintainer: User) -> None:
    as_user(maintainer).post(PAGE, {**RULES, "stage": "", "alias": "@blue"})
    assert Policy.objects.filter(registry=registry, alias="blue", is_in_force=True).exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"stage": ""}, "about one stage or about one alias"),
        ({"alias": "blue"}, "about one stage or about one alias"),
        ({"stage": "Moon"}, "Select a valid choice"),
        ({"approvals_needed": "21"}, "less than or equal to 20"),
        ({"bill_completeness": "101"}, "less than or equal to 100"),
        ({"most_severe_vulnerability": "malicious"}, "Select a valid choice"),
        ({"allowed_licences": "MIT OR ISC"}, "names several licences"),
        ({"allowed_licences": "unknown"}, "names no licence"),
        ({"accepts_findings": ""}, "This field is required"),
    ],
)
def test_the_form_says_what_is_wrong(
    registry: Registry, as_user: AsUser, maintainer: User, said: dict[str, str], words: str
) -> None:
    answer = as_user(maintainer).post(PAGE, {**RULES, **said})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Policy.objects.filter(registry=registry).count() == 2


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 30, "²", ""])
def test_a_policy_that_is_not_there_begins_an_empty_form(
    registry: Registry, as_user: AsUser, maintainer: User, asked: str
) -> None:
    assert as_user(maintainer).get(PAGE, {"change": asked}).status_code == 200


def test_others_are_refused(registry: Registry, as_user: AsUser, reviewer: User, stranger: User) -> None:
    assert as_user(reviewer).post(PAGE, RULES).status_code == 422
    assert as_user(stranger).get(PAGE).status_code == 404
    assert as_user(stranger).post(PAGE, RULES).status_code == 404
    assert Policy.objects.filter(registry=registry).count() == 2


def test_an_empty_registry_says_so(registry: Registry, as_user: AsUser, reviewer: User) -> None:
    Policy.objects.all().delete()
    assert "No policy is in force" in as_user(reviewer).get(PAGE).content.decode()


def test_the_page_of_a_review_shows_the_new_checks(
    version: ModelVersion, as_user: AsUser, maintainer: User, reviewer: User, scientist: User
) -> None:
    registry = version.model.registry
    create_policy(
        registry,
        stage="Production",
        bill_completeness=60,
        allowed_licences=["MIT"],
        needs_signature=True,
        actor=maintainer,
    )
    stage = Stage.objects.get(registry=registry, name="Production")
    review = request_review(version, stage=stage, actor=scientist)
    page = as_user(reviewer).get(f"/reviews/{review.pk}").content.decode()
    for words in (
        "The bill of materials is complete to 28 %, but 60 % are asked for.",
        "No licence is known",
        "One of these licences: MIT.",
        "A bill of materials that is complete to 60 %.",
    ):
        assert words in page, words
