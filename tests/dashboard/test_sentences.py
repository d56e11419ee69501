"""What the log says of signing in, in words."""

import pytest
from django.utils.html import strip_tags

from accounts.models import User
from dashboard.activity import Line
from dashboard.templatetags.sentences import happened
from events.kinds import Kind
from events.record import record

OF_THE_PERSON = {
    Kind.SIGN_IN_DONE: "ada signed in as ada",
    Kind.SIGN_IN_ENDED: "ada signed out as ada",
    Kind.PASSWORD_CHANGED: "ada changed the password of ada",
    Kind.SECOND_FACTOR_ADDED: "ada set up a second factor for ada",
    Kind.SECOND_FACTOR_REMOVED: "ada took the second factor of ada away",
    Kind.RECOVERY_CODES_MADE: "ada made recovery codes for ada",
    Kind.IDENTITY_LINKED: "ada linked ada to single sign-on",
    Kind.IDENTITY_UNLINKED: "ada ended the link of ada to single sign-on",
    Kind.SESSION_ENDED: "ada signed ada out of a browser",
    Kind.SIGN_IN_FAILED: "ada typed a wrong code for ada",
}


@pytest.mark.parametrize("kind", OF_THE_PERSON)
def test_what_people_do_about_their_way_in_is_a_sentence(scientist: User, kind: Kind) -> None:
    assert strip_tags(happened(Line(record(kind, actor=scientist, subject=scientist)))) == OF_THE_PERSON[kind]


def test_so_is_what_gatehouse_does(scientist: User, system: User) -> None:
    said = [
        strip_tags(happened(Line(record(kind, actor=system, subject=scientist, **details))))
        for kind, details in (
            (Kind.SIGN_IN_FAILED, {}),
            (Kind.SIGN_IN_LOCKED, {}),
            (Kind.SESSION_ENDED, {"sessions": 3}),
            (Kind.SIGN_IN_FAILED, {"way": "single sign-on"}),
        )
    ]
    assert said == [
        "Gatehouse refused a wrong password for ada",
        "Gatehouse locked ada after too many wrong passwords",
        "Gatehouse signed ada out of 3 browsers",
        "Gatehouse refused somebody who came by single sign-on",
    ]
