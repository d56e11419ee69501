"""The second factor: set up, asked for, used once, taken away."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from accounts.authentication import with_basic
from accounts.credentials.second_factors import has_second_factor, unseal
from accounts.models import User
from accounts.operations.sign_ins import change_password
from accounts.operations.standing import deactivate_account, reactivate_account
from events.models import Event
from lib.errors import Unauthenticated
from tests.conftest import PASSWORD
from tests.dashboard.signing_in import code, is_in, sign_in, with_second_factor, words

NEW = "/account/second-factor/new"


def shown_key(client: Client) -> str:
    """The key that the page for setting up shows."""
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", client.get(NEW).content.decode())
    assert found
    return found[1].replace(" ", "")


def test_a_person_sets_one_up_and_sees_the_recovery_codes_once(scientist: User) -> None:
    client = sign_in()
    key = shown_key(client)
    page = client.post(NEW, {"code": code(key), "next": ""})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.content.decode())
    assert len(set(codes)) == 10
    assert page.headers["Cache-Control"] == "no-store"
    again = client.get("/account/second-factor")
    assert "10 left" in words(again)
    assert codes[0] not in again.content.decode()
    kinds = list(Event.objects.filter(actor_id=scientist.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["second_factor.added", "recovery_codes.made"]
    log = str(list(Event.objects.values_list("details", "reason")))
    assert key not in log and not any(one in log for one in codes)


def test_the_key_is_kept_encrypted_and_the_codes_as_digests(scientist: User) -> None:
    key, codes = with_second_factor(scientist)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert key not in kept and not any(one in kept for one in codes)
    assert unseal("not sealed by us") == ""


def test_a_wrong_first_code_turns_nothing_on(scientist: User) -> None:
    client = sign_in()
    key = shown_key(client)
    assert "does not fit" in words(client.post(NEW, {"code": code(key, later=9)}))
    assert shown_key(client) == key, "what the telephone has read still holds"
    assert not has_second_factor(scientist)


def test_the_password_alone_no_longer_signs_in(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    client = Client()
    response = client.post("/sign-in", {"username": "ada", "password": PASSWORD, "next": "/models?q=x"})
    assert response.headers["Location"] == "/sign-in/code"
    assert not is_in(client)
    response = client.post("/sign-in/code", {"code": code(key)})
    assert response.headers["Location"] == "/models?q=x"
    assert is_in(client)
    done = Event.objects.filter(kind="sign_in.done").latest("pk")
    assert (done.actor_name, done.details) == ("ada", {"way": "password, code"})


def test_a_code_works_once(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    first, second, used = sign_in(), sign_in(), code(key)
    first.post("/sign-in/code", {"code": used})
    assert is_in(first)
    assert "was used before" in words(second.post("/sign-in/code", {"code": used}))
    assert not is_in(second)


@pytest.mark.parametrize("said", ["000000", "abc", "", "１２３４５６", "x" * 500, "12\0"])
def test_a_wrong_code_is_refused(scientist: User, said: str) -> None:
    with_second_factor(scientist)
    client = sign_in()
    assert client.post("/sign-in/code", {"code": said}).status_code == 200
    assert client.post("/sign-in/code").status_code == 200
    assert not is_in(client)


def test_a_recovery_code_works_once_however_it_is_spelled(scientist: User) -> None:
    _, codes = with_second_factor(scientist)
    client, other = sign_in(), sign_in()
    client.post("/sign-in/code", {"code": f" {codes[3].upper().replace('-', '')} "})
    assert is_in(client)
    assert "9 left" in words(client.get("/account/second-factor"))
    other.post("/sign-in/code", {"code": codes[3]})
    assert not is_in(other)


def test_after_some_wrong_codes_one_waits(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    client = sign_in()
    for _ in range(5):
        assert client.post("/sign-in/code", {"code": "000000"}).status_code == 200
    response = client.post("/sign-in/code", {"code": code(key)})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
    assert "Wait five minutes" in words(response)
    assert Event.objects.filter(kind="sign_in.failed", subject_id=scientist.pk).count() == 5


def test_there_is_no_code_page_without_a_password(scientist: User, client: Client) -> None:
    with_second_factor(scientist)
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert client.post("/sign-in/code", {"code": "123456"}).headers["Location"] == "/sign-in"


def test_who_thinks_better_of_it_signs_in_as_somebody_else(scientist: User, stranger: User) -> None:
    with_second_factor(scientist)
    client = sign_in()
    client.post("/sign-out")
    assert is_in(sign_in("stranger", client=client))


def test_new_recovery_codes_end_the_old_ones(scientist: User) -> None:
    key, codes = with_second_factor(scientist)
    client = sign_in()
    client.post("/sign-in/code", {"code": code(key)})
    assert "only time that they are shown" in words(client.post("/account/second-factor/recovery-codes"))
    other = sign_in()
    other.post("/sign-in/code", {"code": codes[0]})
    assert not is_in(other)


def test_it_is_turned_off_again(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    client = sign_in()
    client.post("/sign-in/code", {"code": code(key)})
    assert "recovery codes end" in words(client.get("/account/second-factor/off"))
    client.post("/account/second-factor/off")
    assert is_in(sign_in())
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", [NEW, "/account/second-factor/off", "/account/second-factor/recovery-codes"])
def test_who_found_a_browser_open_is_asked_who_it_is(
    scientist: User, as_user: Callable[[User], Client], path: str
) -> None:
    if path != NEW:
        with_second_factor(scientist)
    client = as_user(scientist)
    response = client.post(path) if path.endswith("codes") else client.get(path)
    assert response.headers["Location"].startswith("/account/confirm?next=")
    assert client.post(path).headers["Location"].startswith("/account/confirm?next=")


def test_who_says_the_password_again_goes_on(scientist: User, as_user: Callable[[User], Client]) -> None:
    client = as_user(scientist)
    door = client.get(NEW).headers["Location"]
    assert "not your password" in words(client.post(door, {"password": "wrong", "next": NEW}))
    assert client.post(door, {"password": PASSWORD, "next": NEW}).headers["Location"] == NEW
    assert client.get(NEW).status_code == 200
    assert client.post(door, {"password": PASSWORD, "next": "//evil.example"}).headers["Location"] == "/account"


def test_at_an_api_the_password_is_not_enough(scientist: User, token_of: Callable[..., str]) -> None:
    assert with_basic("ada", PASSWORD) == scientist
    with_second_factor(scientist)
    with pytest.raises(Unauthenticated, match="your account has a second factor"):
        with_basic("ada", PASSWORD)
    with pytest.raises(Unauthenticated, match="is wrong"):
        with_basic("ada", "wrong")
    assert with_basic("ada", token_of(scientist)) == scientist


def test_who_needs_one_is_led_to_it_before_anything_else(
    scientist: User, administrator: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    assert is_in(sign_in())
    client = sign_in("root")
    for path in ("/", "/models", "/admin/", "/account", "/tokens", "/account/second-factor"):
        assert client.get(path).headers["Location"].startswith(f"{NEW}?next=%2F")
    assert client.get("/api/v1/models").status_code == 403
    assert client.post("/tokens", {"name": "x"}).headers["Location"].startswith(NEW)
    with pytest.raises(Unauthenticated, match="needs a second factor"):
        with_basic("root", PASSWORD)
    key = shown_key(client)
    page = client.post(NEW, {"code": code(key), "next": "/admin/"})
    assert 'href="/admin/"' in page.content.decode()
    assert client.get("/admin/").status_code == 200
    assert client.get("/account/second-factor/off").status_code == 403


def test_where_to_go_on_stays_within_the_site(scientist: User) -> None:
    client = sign_in()
    page = client.post(NEW, {"code": code(shown_key(client)), "next": "https://evil.example/"})
    assert "evil" not in page.content.decode()


def test_the_admin_is_not_reached_without_the_code(administrator: User) -> None:
    with_second_factor(administrator)
    client = sign_in("root", next="/admin/")
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert client.get("/admin/").status_code == 302


def test_a_header_that_says_nothing_on_pages_does_not_lead_past_it(administrator: User, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    client = sign_in("root")
    for path in ("/models", "/admin/", "/admin/accounts/user/", "/tokens"):
        assert client.get(path, headers={"Authorization": "x"}).headers["Location"].startswith(NEW)
    assert client.post("/tokens", {"name": "x"}, headers={"Authorization": "x"}).headers["Location"].startswith(NEW)
    assert client.get("/api/v1/me", headers={"Authorization": "x"}).status_code == 401


def test_a_sign_in_that_waits_for_its_code_ends_with_the_password(scientist: User) -> None:
    key, _ = with_second_factor(scientist)
    scientist.refresh_from_db()
    client = sign_in()
    assert client.get("/sign-in/code").status_code == 200
    change_password(scientist, "four words of one sentence", actor=scientist)
    assert client.post("/sign-in/code", {"code": code(key)}).headers["Location"] == "/sign-in"
    assert not is_in(client)
    assert "Sign in again" in words(client.get("/sign-in"))
    sign_in("ada", "four words of one sentence", client).post("/sign-in/code", {"code": code(key)})
    assert is_in(client)


def test_and_with_the_account(scientist: User, administrator: User) -> None:
    key, _ = with_second_factor(scientist)
    client = sign_in()
    deactivate_account(scientist, actor=administrator)
    assert client.post("/sign-in/code", {"code": code(key)}).headers["Location"] == "/sign-in"
    reactivate_account(scientist, actor=administrator)
    assert not is_in(client)
    assert not Event.objects.filter(kind="sign_in.done").exists()
