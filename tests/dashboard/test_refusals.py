"""What the pages make of the refusals of the house."""

from http import HTTPStatus

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from dashboard.middleware import STATUS_OF, HouseErrorPages
from lib.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    GateRefused,
    HouseError,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

REFUSALS: list[HouseError] = [
    AlreadyExists("Taken."),
    Conflict("Too late."),
    Forbidden("Not you."),
    GateRefused(["One.", "Two."]),
    Invalid("field", "Wrong."),
    NotFound("Nothing."),
    TooLarge("Too much."),
    Unavailable("Later."),
]


def answer(request: HttpRequest, refusal: Exception, path: str = "/models") -> HttpResponse | None:
    request.resolver_match = resolve(path)
    request.META["HTTP_HOST"] = "localhost"
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return HouseErrorPages(lambda _: HttpResponse()).process_exception(request, refusal)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_every_refusal_has_a_page(refusal: HouseError) -> None:
    response = answer(RequestFactory().get("/models"), refusal)
    assert response is not None
    assert response.status_code == STATUS_OF[type(refusal)]
    assert "<h1>" in response.content.decode()


def test_every_house_error_has_a_status() -> None:
    assert set(STATUS_OF) == set(HouseError.__subclasses__())


def test_the_unknown_are_sent_to_sign_in() -> None:
    response = answer(RequestFactory().get("/models?q=x"), Unauthenticated("Who?"))
    assert response is not None
    assert response.headers["Location"] == "/sign-in?next=/models%3Fq%3Dx"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://localhost/models/main/x", "http://localhost/models/main/x"),
        ("https://evil.example/", "/"),
        ("", "/"),
    ],
)
def test_a_refused_form_leads_back_with_every_reason(before: str, after: str) -> None:
    request = RequestFactory().post("/models", headers={"Referer": before})
    response = answer(request, GateRefused(["One.", "Two."]))
    assert response is not None
    assert response.status_code == HTTPStatus.FOUND
    assert response.headers["Location"] == after
    assert [str(message) for message in get_messages(request)] == ["One.", "Two."]


def test_apis_and_bugs_are_left_alone() -> None:
    assert answer(RequestFactory().get("/health"), NotFound("x"), path="/health") is None
    assert answer(RequestFactory().get("/models"), KeyError("x")) is None
