"""What one needs at each page."""

import json
from typing import Any

from accounts.rights import Right
from tests.doors.rows import Open, Row, Thing
from tests.doors.signing import NEW_KEY, NEW_SIGNATURE

_MODEL = "/models/<registry>/<name>"
_VERSION = f"{_MODEL}/versions/<number>"
_REVIEW = {"pk": "{review}"}
_EXPERIMENT = {"pk": "{experiment}"}
_TOKEN = {"pk": "{token}"}


def _post(route: str, need: Right | Open, thing: Thing = Thing.INSTALLATION, /, **fields: Any) -> Row:
    return Row("POST", route, need, thing, fields)


_NOT_THERE = frozenset({404})

PAGES = [
    Row("GET", "/", Open.SIGNED_IN),
    Row("GET", "/sign-in", Open.PUBLIC),
    _post("/sign-in", Open.PUBLIC, username="x", password="x"),
    _post("/sign-out", Open.PUBLIC),
    Row("GET", "/tokens", Open.SIGNED_IN),
    _post("/tokens", Open.SIGNED_IN, name="new", scopes=["read"], days="7"),
    Row("POST", "/tokens/<pk>/revoke", Open.OWN, at=_TOKEN),
    Row("GET", "/tokens/<pk>/rotate", Open.OWN_SHOWN, at=_TOKEN),
    Row("POST", "/tokens/<pk>/rotate", Open.OWN, fields={"overlap_hours": "0"}, at=_TOKEN),
    Row("GET", "/tokens/all", Right.AUDIT),
    Row("POST", "/tokens/all/revoke", Open.OWN_ACCOUNT, fields={"owner": "{username}"}),
    Row("GET", "/models", Open.SIGNED_IN),
    Row("GET", _MODEL, Right.SEE, Thing.MODEL),
    Row("GET", f"{_MODEL}/activity", Right.SEE, Thing.MODEL),
    Row("GET", _VERSION, Right.SEE, Thing.VERSION),
    Row("GET", f"{_VERSION}/scan", Right.SEE, Thing.VERSION),
    Row("GET", f"{_VERSION}/activity", Right.SEE, Thing.VERSION),
    _post(f"{_VERSION}/ask", Right.REQUEST, Thing.VERSION, alias="champion", reason="x"),
    _post(f"{_VERSION}/stage", Right.PROMOTE, Thing.VERSION, stage="Staging"),
    _post(f"{_VERSION}/alias", Right.PROMOTE, Thing.VERSION, alias="blue"),
    Row("GET", f"{_VERSION}/files", Right.SEE, Thing.VERSION),
    Row("GET", f"{_VERSION}/files/<path>", Right.DOWNLOAD, Thing.VERSION),
    Row("GET", "/experiments", Open.SIGNED_IN),
    Row("GET", "/experiments/<pk>", Right.SEE, Thing.EXPERIMENT, at=_EXPERIMENT),
    Row("GET", "/runs/<run_id>", Right.SEE, Thing.RUN),
    Row("GET", "/reviews", Open.SIGNED_IN),
    Row("GET", "/reviews/<pk>", Right.SEE, Thing.REVIEW, at=_REVIEW),
    Row("POST", "/reviews/<pk>", Right.COMMENT, Thing.REVIEW, {"verdict": "comment", "comment": "x"}, at=_REVIEW),
    Row("POST", "/reviews/<pk>/withdraw", Right.MANAGE, Thing.REVIEW, at=_REVIEW),
    Row("POST", "/reviews/<pk>/carry-out", Open.SIGNED_IN, Thing.REVIEW, at=_REVIEW, answers=frozenset({403, 404})),
    Row("GET", "/registries", Open.SIGNED_IN),
    Row("GET", "/registries/<registry>", Right.SEE, Thing.REGISTRY),
]
_ACCEPTED = {"keys": "k", "reason": "x"}
_WAIVER = {"pk": "{waiver}"}
_NAME = {"module": "prophet.forecaster", "name": "Prophet", "reason": "x"}
_LISTED = {"pk": "{listed}"}
SECURITY = [
    Row("GET", f"{_VERSION}/security", Right.SEE, Thing.VERSION),
    Row("POST", f"{_VERSION}/security/scan", Right.EDIT, Thing.VERSION),
    Row("POST", f"{_VERSION}/security/accept", Right.REVIEW, Thing.VERSION, _ACCEPTED),
    Row("POST", f"{_VERSION}/security/waivers/<pk>/withdraw", Right.REVIEW, Thing.VERSION, at=_WAIVER),
    Row("POST", f"{_VERSION}/security/quarantine", Right.ADMINISTER, Thing.VERSION, {"reason": "x"}),
    Row("POST", f"{_VERSION}/security/quarantine/lift", Right.ADMINISTER, Thing.VERSION, answers=_NOT_THERE),
    Row("GET", "/registries/<registry>/security", Right.SEE, Thing.REGISTRY),
    Row("POST", "/registries/<registry>/security/names", Right.MANAGE, Thing.REGISTRY, _NAME),
    Row("POST", "/registries/<registry>/security/names/<pk>/remove", Right.MANAGE, Thing.REGISTRY, at=_LISTED),
    Row("GET", "/security", Open.SIGNED_IN),
    Row("GET", "/security/allow-list", Open.SIGNED_IN),
]
SIGN_IN = [
    Row("GET", "/sign-in/code", Open.PUBLIC),
    _post("/sign-in/code", Open.PUBLIC, code="123456"),
    Row("GET", "/sign-in/forgotten", Open.PUBLIC),
    Row("POST", "/sign-in/forgotten", Open.PUBLIC, fields={"email": "x@example.org"}, answers=frozenset({403})),
    Row("GET", "/sign-in/forgotten/sent", Open.PUBLIC),
    Row("GET", "/sign-in/new-password/<uidb36>-<key>", Open.PUBLIC, at={"uidb36": "1", "key": "abc-def"}),
    Row("POST", "/sign-in/new-password/<uidb36>-<key>", Open.PUBLIC, at={"uidb36": "1", "key": "abc-def"}),
    Row("GET", "/sign-in/new-password/done", Open.PUBLIC),
    Row("GET", "/sign-in/single", Open.PUBLIC, answers=_NOT_THERE),
    Row("POST", "/sign-in/single", Open.PUBLIC, answers=_NOT_THERE),
    Row("GET", "/sign-in/single/back", Open.PUBLIC, answers=_NOT_THERE),
    Row("GET", "/invitations/<secret>", Open.PUBLIC, at={"secret": "no-such-secret"}, answers=_NOT_THERE),
    Row("POST", "/invitations/<secret>", Open.PUBLIC, at={"secret": "no-such-secret"}, answers=_NOT_THERE),
]
_FACTOR = "/account/second-factor"
ACCOUNT = [
    Row("GET", "/account", Open.SIGNED_IN),
    Row("GET", "/account/confirm", Open.SIGNED_IN),
    _post("/account/confirm", Open.SIGNED_IN),
    Row("GET", "/account/password", Open.SIGNED_IN, answers=_NOT_THERE),
    Row("POST", "/account/password", Open.SIGNED_IN, answers=_NOT_THERE),
    Row("GET", _FACTOR, Open.SIGNED_IN),
    Row("GET", f"{_FACTOR}/new", Open.SIGNED_IN),
    _post(f"{_FACTOR}/new", Open.SIGNED_IN),
    Row("GET", f"{_FACTOR}/off", Open.SIGNED_IN),
    _post(f"{_FACTOR}/off", Open.SIGNED_IN),
    _post(f"{_FACTOR}/recovery-codes", Open.SIGNED_IN),
    Row("GET", "/account/sessions", Open.SIGNED_IN),
    Row("POST", "/account/sessions/<pk>/end", Open.NOWHERE, at={"pk": "987654"}),
    _post("/account/sessions/others/end", Open.SIGNED_IN),
    Row("POST", "/account/single-sign-on/unlink", Open.SIGNED_IN, answers=_NOT_THERE),
]
_TEAM = {"name": "{team}", "member": "{username}"}
_ASKED = {"pk": "{asked}"}
_MACHINE = {"name": "{machine}"}
PEOPLE_PAGES = [
    Row("GET", "/teams", Open.SIGNED_IN),
    _post("/teams", Right.ADMINISTER, name="new"),
    Row("GET", "/teams/<name>", Open.OWN_SHOWN, at=_TEAM),
    Row("POST", "/teams/<name>", Open.OWN, fields={"member": "maker"}, at=_TEAM),
    Row("POST", "/teams/<name>/rename", Open.OWN, fields={"name": "new"}, at=_TEAM),
    Row("POST", "/teams/<name>/delete", Open.OWN, at=_TEAM),
    Row("POST", "/teams/<name>/sso-group", Open.OWN, fields={"group": "new"}, at=_TEAM),
    Row("POST", "/teams/<name>/members/<member>/remove", Open.OWN, at=_TEAM),
    Row("POST", "/teams/<name>/members/<member>/lead", Open.OWN, fields={"leads": "yes"}, at=_TEAM),
    Row("GET", "/invitations", Right.AUDIT),
    _post("/invitations", Right.ADMINISTER, email="new@example.org"),
    Row("POST", "/invitations/<pk>/withdraw", Right.ADMINISTER, at={"pk": "{invitation}"}),
    Row("GET", "/service-accounts", Open.SIGNED_IN),
    _post("/service-accounts", Right.ADMINISTER, username="new", owner="owner"),
    Row("GET", "/service-accounts/<name>", Open.OWN_SHOWN, at=_MACHINE),
    Row(
        "POST",
        "/service-accounts/<name>",
        Open.OWN,
        fields={"name": "new", "scopes": ["read"], "days": "7"},
        at=_MACHINE,
    ),
    Row("POST", "/service-accounts/<name>/owner", Open.OWN, fields={"owner": "maker"}, at=_MACHINE),
    Row("POST", "/service-accounts/<name>/standing", Open.OWN, at=_MACHINE),
    Row("POST", "/service-accounts/<name>/trusts", Open.OWN, at=_MACHINE),
    Row(
        "POST",
        "/service-accounts/<name>/trusts/<pk>/end",
        Right.MANAGE,
        Thing.TRUST,
        at={**_MACHINE, "pk": "{workload}"},
    ),
]
_GIVE = {"do": "give", "who": "account", "name": "owner", "role": "reader"}
ACCESS = [
    Row("GET", "/access", Open.SIGNED_IN),
    Row("GET", "/access/explain", Open.SIGNED_IN),
    Row("GET", "/access/requests", Open.SIGNED_IN),
    Row("GET", "/access/requests/<pk>", Right.MANAGE, Thing.ASKED, at=_ASKED),
    Row("POST", "/access/requests/<pk>", Right.MANAGE, Thing.ASKED, {"do": "refuse"}, at=_ASKED),
    Row("POST", "/access/requests/<pk>/withdraw", Open.NOWHERE, at={"pk": "987654"}),
    Row("GET", f"{_MODEL}/access", Right.SEE, Thing.MODEL),
    Row("POST", f"{_MODEL}/access", Right.MANAGE, Thing.MODEL, _GIVE),
    _post(f"{_MODEL}/rollback", Right.PROMOTE, Thing.MODEL, alias="steady", reason="x"),
    _post(f"{_MODEL}/restrict", Right.MANAGE, Thing.MODEL, restricted="yes"),
    Row("GET", "/registries/<registry>/access", Right.SEE, Thing.REGISTRY),
    Row("POST", "/registries/<registry>/access", Right.MANAGE, Thing.REGISTRY, _GIVE),
    Row("GET", "/registries/<registry>/protections", Right.SEE, Thing.REGISTRY),
    _post("/registries/<registry>/protections", Right.MANAGE, Thing.REGISTRY, alias="new", roles=["maintainer"]),
    Row(
        "POST",
        "/registries/<registry>/protections/<pk>/release",
        Right.MANAGE,
        Thing.PLACE,
        at={"pk": "{place}"},
        answers=_NOT_THERE,
    ),
    Row("GET", "/experiments/<pk>/access", Right.SEE, Thing.EXPERIMENT, at=_EXPERIMENT),
    Row("POST", "/experiments/<pk>/access", Right.MANAGE, Thing.EXPERIMENT, _GIVE, at=_EXPERIMENT),
    Row("POST", "/experiments/<pk>/restrict", Right.MANAGE, Thing.EXPERIMENT, {"restricted": "yes"}, at=_EXPERIMENT),
]
SUPPLY = [
    Row("GET", f"{_VERSION}/dependencies", Right.SEE, Thing.VERSION),
    Row(
        "POST",
        f"{_VERSION}/dependencies/waive",
        Right.REVIEW,
        Thing.VERSION,
        {"keys": "GHSA-1 {package} 1.0", "reason": "x", "ends_on": "2030-01-01"},
        answers=frozenset({422}),
    ),
    Row("GET", "/registries/<registry>/vulnerabilities", Right.SEE, Thing.REGISTRY),
    Row("GET", "/advisories", Open.SIGNED_IN),
    Row("GET", "/advisories/<identifier>", Open.SIGNED_IN, at={"identifier": "{advisory}"}),
]
_KEYS = "/registries/<registry>/keys"
SIGNING = [
    Row("GET", f"{_VERSION}/signatures", Right.SEE, Thing.VERSION),
    Row("POST", f"{_VERSION}/signatures", Right.EDIT, Thing.VERSION, {"pasted": json.dumps(NEW_SIGNATURE)}),
    Row("GET", f"{_VERSION}/signatures/<pk>", Right.SEE, Thing.VERSION, at={"pk": "{signature}"}),
    Row("POST", f"{_VERSION}/signatures/<pk>/remove", Right.EDIT, Thing.VERSION, at={"pk": "{signature}"}),
    Row("GET", f"{_VERSION}/attestations.intoto.jsonl", Right.SEE, Thing.VERSION),
    Row("GET", _KEYS, Right.SEE, Thing.REGISTRY),
    _post(_KEYS, Right.MANAGE, Thing.REGISTRY, name="new", pem=NEW_KEY),
    _post(f"{_KEYS}/rotate", Right.MANAGE, Thing.REGISTRY),
    Row("POST", f"{_KEYS}/<pk>/revoke", Right.MANAGE, Thing.REGISTRY, {"reason": "x"}, at={"pk": "{anchor}"}),
]
_RULES = {
    "alias": "new",
    "approvals_needed": "1",
    "separates_duties": "yes",
    "needs_clean_scan": "yes",
    "accepts_findings": "yes",
    "needs_signature": "no",
    "bill_completeness": "0",
}
BILLS = [
    Row("GET", f"{_VERSION}/bill", Right.SEE, Thing.VERSION),
    # Without a file, which the walk does not send, who may is told on the form; everybody else as well.
    _post(f"{_VERSION}/bill", Right.SEE, Thing.VERSION),
    Row("GET", f"{_VERSION}/bill/download", Right.SEE, Thing.VERSION),
    Row("GET", f"{_VERSION}/bill/supplied", Right.SEE, Thing.VERSION),
    _post(f"{_VERSION}/bill/remove", Right.EDIT, Thing.VERSION),
    Row("GET", "/registries/<registry>/policies", Right.SEE, Thing.REGISTRY),
    _post("/registries/<registry>/policies", Right.MANAGE, Thing.REGISTRY, **_RULES),
]
PAGES += [*BILLS, *SECURITY, *SIGN_IN, *ACCOUNT, *PEOPLE_PAGES, *ACCESS, *SUPPLY, *SIGNING]
