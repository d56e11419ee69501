"""The list of sessions, and what ends them."""

from django.test import Client

from accounts.models import User
from events.models import Event
from tests.conftest import PASSWORD
from tests.dashboard.signing_in import is_in, sign_in, words

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "four words of one sentence"


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> str:
    said = {"oldpassword": old, "password1": new, "password2": again}
    return words(client.post("/account/password", said, follow=True))


def test_a_person_sees_where_she_is_signed_in(scientist: User) -> None:
    here = sign_in()
    sign_in(client=Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.7"))
    page = words(here.get("/account/sessions"))
    assert "Firefox on Windows" in page and "192.0.2.7" in page
    assert page.count("This one") == 1


def test_a_session_that_is_ended_is_out_at_once(scientist: User) -> None:
    here, there = sign_in(), sign_in()
    row = here.get("/account/sessions").context["rows"]
    other = next(session for session, _, is_here in row if not is_here)
    response = here.post(f"/account/sessions/{other.pk}/end")
    assert response.headers["Location"] == "/account/sessions"
    assert not is_in(there)
    assert is_in(here)
    assert Event.objects.latest("pk").kind == "session.ended"


def test_all_others_are_ended_also_those_that_nobody_listed(scientist: User) -> None:
    here, there, unlisted = sign_in(), sign_in(), Client()
    unlisted.force_login(scientist)
    assert "2 other browsers were signed out." in words(here.post("/account/sessions/others/end", follow=True))
    assert [is_in(client) for client in (here, there, unlisted)] == [True, False, False]
    assert "nowhere else" in words(here.post("/account/sessions/others/end", follow=True))


def test_one_session_alone_has_no_others_to_sign_out(scientist: User) -> None:
    here = sign_in()
    assert "Sign all others out" not in words(here.get("/account/sessions"))
    sign_in()
    assert "Sign all others out" in words(here.get("/account/sessions"))
    assert "1 other browser was signed out." in words(here.post("/account/sessions/others/end", follow=True))


def test_nobody_ends_the_session_of_somebody_else(scientist: User, stranger: User) -> None:
    ada, other = sign_in(), sign_in("stranger")
    session = ada.get("/account/sessions").context["rows"][0][0]
    assert other.post(f"/account/sessions/{session.pk}/end").status_code == 404
    assert is_in(ada)
    assert ada.post(f"/account/sessions/{session.pk}/end").status_code == 302
    assert is_in(ada), "one's own present session ends by signing out"


def test_a_new_password_ends_every_other_session(scientist: User) -> None:
    here, there = sign_in(), sign_in()
    before = here.session.session_key
    assert "Your password is changed." in change(here)
    assert is_in(here) and not is_in(there)
    assert here.session.session_key != before
    assert words(here.get("/account/sessions")).count("This one") == 1
    assert not is_in(sign_in()) and is_in(sign_in(password=NEW))
    line = Event.objects.get(kind="password.changed")
    assert (line.actor_name, line.details) == ("ada", {})


def test_the_old_password_is_asked_for_and_the_new_one_is_looked_at(scientist: User) -> None:
    client = sign_in()
    assert "This is not your password." in change(client, old="wrong")
    assert "too short" in change(client, new="short", again="short")
    assert "same password" in change(client, again="something else")
    assert is_in(sign_in())
    assert not Event.objects.filter(kind="password.changed").exists()


def test_guessing_the_old_password_is_slowed_down(scientist: User, settings: object) -> None:
    client = sign_in()
    for _ in range(10):
        change(client, old="wrong")
    response = client.post("/account/password", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_signing_out_is_written_down(scientist: User) -> None:
    client = sign_in()
    client.post("/sign-out")
    kinds = Event.objects.filter(actor_id=scientist.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["sign_in.done", "sign_in.ended"]
