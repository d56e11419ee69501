"""What one needs at each address of the native API."""

from typing import Any

from accounts.rights import Right
from tests.doors.rows import Open, Row, Thing
from tests.doors.signing import NEW_KEY, NEW_SIGNATURE

_API = "/api/v1"
_REGISTRY = f"{_API}/registries/<registry>"
_MODEL = f"{_REGISTRY}/models/<name>"
_VERSION = f"{_MODEL}/versions/<number>"
_REVIEW = f"{_API}/reviews/<review>"
_TEAM = f"{_API}/teams/<team>"
_GUARDS = {"roles": ["maintainer"], "teams": []}
_STAGE = {"stage": "Archived"}
_NONE = frozenset({404})
_TRUST = {
    "account": "ci-of-owner",
    "name": "new",
    "issuer": "https://ci.example.org",
    "audience": "gatehouse",
    "claims": {"repository": "a/b"},
    "scopes": ["read"],
}
_NAMED = {"registry": "{registry}", "name": "{name}", "version": "{number}"}
_PERSON = {"username": "new", "email": "new@example.org"}
_OLD = Thing.INSTALLATION


def _get(route: str, need: Right | Open, thing: Thing = _OLD, /, **fields: Any) -> Row:
    return Row("GET", route, need, thing, fields)


REST = [
    _get(f"{_API}/", Open.NOWHERE),
    _get(f"{_API}/openapi.json", Open.PUBLIC),
    _get(f"{_API}/docs", Open.PUBLIC),
    _get(f"{_API}/me", Open.SIGNED_IN),
    Row("PATCH", f"{_API}/me", Open.OWN_SECRETS, _OLD, {"display_name": "New"}),
    _get(f"{_API}/registries", Open.SIGNED_IN),
    Row("POST", f"{_API}/registries", Right.ADMINISTER, _OLD, {"name": "new"}),
    _get(_REGISTRY, Right.SEE, Thing.REGISTRY),
    _get(f"{_REGISTRY}/stages", Right.SEE, Thing.REGISTRY),
    _get(f"{_REGISTRY}/policies", Right.SEE, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/policies", Right.MANAGE, Thing.REGISTRY, {"stage": "Staging"}),
    _get(f"{_REGISTRY}/grants", Right.AUDIT, Thing.REGISTRY),
    Row("PUT", f"{_REGISTRY}/grants/teams/<team>", Right.MANAGE, Thing.REGISTRY, {"role": "reader"}),
    Row("DELETE", f"{_REGISTRY}/grants/teams/<team>", Right.MANAGE, Thing.REGISTRY),
    Row("PUT", f"{_REGISTRY}/grants/accounts/<username>", Right.MANAGE, Thing.REGISTRY, {"role": "reader"}),
    Row("DELETE", f"{_REGISTRY}/grants/accounts/<username>", Right.MANAGE, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/models", Right.REGISTER, Thing.REGISTRY, {"name": "new"}),
    _get(_MODEL, Right.SEE, Thing.MODEL),
    Row("PATCH", _MODEL, Right.EDIT, Thing.MODEL, {"description": "x"}),
    Row("DELETE", _MODEL, Right.MANAGE, Thing.MODEL),
    Row("PUT", f"{_MODEL}/tags/<key>", Right.EDIT, Thing.MODEL, {"value": "w"}),
    Row("DELETE", f"{_MODEL}/tags/<key>", Right.EDIT, Thing.MODEL),
    _get(f"{_MODEL}/activity", Right.SEE, Thing.MODEL),
    _get(f"{_MODEL}/history", Right.SEE, Thing.MODEL),
    # Nothing stood under the alias before, which is told only to those who may move it.
    Row(
        "POST",
        f"{_MODEL}/rollback",
        Right.PROMOTE,
        Thing.MODEL,
        {"alias": "steady", "reason": "x"},
        answers=frozenset({409}),
    ),
    _get(f"{_MODEL}/aliases", Right.SEE, Thing.MODEL),
    _get(f"{_MODEL}/aliases/<alias>", Right.SEE, Thing.MODEL),
    Row("PUT", f"{_MODEL}/aliases/<alias>", Right.PROMOTE, Thing.VERSION, {"version": "{number}"}),
    Row("DELETE", f"{_MODEL}/aliases/<alias>", Right.PROMOTE, Thing.MODEL),
    _get(f"{_MODEL}/grants", Right.AUDIT, Thing.MODEL),
    Row("PUT", f"{_MODEL}/grants/teams/<team>", Right.MANAGE, Thing.MODEL, {"role": "reader"}),
    Row("DELETE", f"{_MODEL}/grants/teams/<team>", Right.MANAGE, Thing.MODEL),
    Row("PUT", f"{_MODEL}/grants/accounts/<username>", Right.MANAGE, Thing.MODEL, {"role": "reader"}),
    Row("DELETE", f"{_MODEL}/grants/accounts/<username>", Right.MANAGE, Thing.MODEL, answers=frozenset({404})),
    _get(f"{_MODEL}/versions", Right.SEE, Thing.MODEL),
    Row("POST", f"{_MODEL}/versions", Right.REGISTER, Thing.MODEL, {"copy_of": _NAMED}),
    _get(_VERSION, Right.SEE, Thing.VERSION),
    Row("PATCH", _VERSION, Right.EDIT, Thing.VERSION, {"description": "x"}),
    Row("DELETE", _VERSION, Right.MANAGE, Thing.VERSION),
    Row("PUT", f"{_VERSION}/tags/<key>", Right.EDIT, Thing.VERSION, {"value": "w"}),
    Row("DELETE", f"{_VERSION}/tags/<key>", Right.EDIT, Thing.VERSION),
    _get(f"{_VERSION}/files", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/files/<path>", Right.DOWNLOAD, Thing.VERSION),
    _get(f"{_VERSION}/scan", Right.SEE, Thing.VERSION),
    Row("POST", f"{_VERSION}/scan", Right.EDIT, Thing.VERSION),
    Row("POST", f"{_VERSION}/moves", Right.PROMOTE, Thing.VERSION, {"stage": "Staging"}),
    _get(f"{_VERSION}/blockers", Right.SEE, Thing.VERSION, stage="Production"),
    _get(f"{_API}/models", Open.SIGNED_IN),
    _get(f"{_API}/reviews", Open.SIGNED_IN),
    Row("POST", f"{_API}/reviews", Right.REQUEST, Thing.VERSION, {"version": _NAMED, "alias": "champion"}),
    _get(_REVIEW, Right.SEE, Thing.REVIEW),
    Row("POST", f"{_REVIEW}/decisions", Right.REVIEW, Thing.REVIEW, {"verdict": "request_changes", "comment": "x"}),
    Row("POST", f"{_REVIEW}/withdraw", Right.MANAGE, Thing.REVIEW),
    _get(f"{_API}/tokens", Open.OWN_SECRETS),
    Row("POST", f"{_API}/tokens", Open.OWN_SECRETS, _OLD, {"name": "new", "scopes": ["read"]}),
    Row("DELETE", f"{_API}/tokens/<token>", Open.OWN_TOKEN),
    _get(f"{_API}/people", Right.AUDIT),
    Row("POST", f"{_API}/people", Right.ADMINISTER, _OLD, _PERSON),
    _get(f"{_API}/service-accounts", Right.AUDIT),
    Row("POST", f"{_API}/service-accounts", Right.ADMINISTER, _OLD, {"username": "new", "owner": "{self}"}),
    _get(f"{_API}/teams", Open.SIGNED_IN),
    Row("POST", f"{_API}/teams", Right.ADMINISTER, _OLD, {"name": "new"}),
    _get(_TEAM, Open.OWN_SHOWN),
    Row("PATCH", _TEAM, Open.OWN, _OLD, {"name": "new"}),
    Row("DELETE", _TEAM, Open.OWN),
    _get(f"{_TEAM}/members", Open.OWN_SHOWN),
    Row("PUT", f"{_TEAM}/members/<username>", Open.OWN, at={"username": "maker"}),
    Row("DELETE", f"{_TEAM}/members/<username>", Open.OWN),
    Row("PUT", f"{_TEAM}/leads/<username>", Open.OWN),
    Row("DELETE", f"{_TEAM}/leads/<username>", Open.OWN, answers=frozenset({404})),
    Row("PUT", f"{_TEAM}/sso-groups/<group>", Open.OWN, at={"group": "new"}),
    Row("DELETE", f"{_TEAM}/sso-groups/<group>", Open.OWN, at={"group": "new"}, answers=frozenset({404})),
    _get(f"{_API}/events", Right.AUDIT),
    Row("POST", f"{_REVIEW}/carry-out", Open.SIGNED_IN, Thing.REVIEW, answers=frozenset({403, 404, 409})),
    _get(f"{_API}/experiments/<experiment>", Right.SEE, Thing.EXPERIMENT),
    Row("PATCH", f"{_API}/experiments/<experiment>", Right.MANAGE, Thing.EXPERIMENT, {"restricted": True}),
]
_BILL = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
BILLS = [
    _get(f"{_VERSION}/bill", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/bill/completeness", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/bill/supplied", Right.SEE, Thing.VERSION),
    Row("PUT", f"{_VERSION}/bill/supplied", Right.EDIT, Thing.VERSION, _BILL),
    Row("DELETE", f"{_VERSION}/bill/supplied", Right.EDIT, Thing.VERSION),
    _get(f"{_VERSION}/licence", Right.SEE, Thing.VERSION),
]
_EXPERIMENT = f"{_REGISTRY}/experiments/<experiment>"
_ASKS = {"role": "maintainer", "reason": "x", "ends_at": None}
_ASKED = f"{_API}/access-requests/<asked>"
# Who sees a thing asks for a role on it; who has the role, or a token, is told why not.
_WHY_NOT = frozenset({403})
GRANTS = [
    *(
        row
        for at, thing in ((_REGISTRY, Thing.REGISTRY), (_MODEL, Thing.MODEL), (_EXPERIMENT, Thing.EXPERIMENT))
        for row in (
            _get(f"{at}/access", Right.AUDIT, thing),
            Row("POST", f"{at}/access-requests", Right.SEE, thing, _ASKS, answers=_WHY_NOT),
        )
    ),
    _get(f"{_EXPERIMENT}/grants", Right.AUDIT, Thing.EXPERIMENT),
    Row("PUT", f"{_EXPERIMENT}/grants/teams/<team>", Right.MANAGE, Thing.EXPERIMENT, {"role": "reader"}),
    Row("DELETE", f"{_EXPERIMENT}/grants/teams/<team>", Right.MANAGE, Thing.EXPERIMENT, answers=frozenset({404})),
    Row("PUT", f"{_EXPERIMENT}/grants/accounts/<username>", Right.MANAGE, Thing.EXPERIMENT, {"role": "reader"}),
    Row(
        "DELETE", f"{_EXPERIMENT}/grants/accounts/<username>", Right.MANAGE, Thing.EXPERIMENT, answers=frozenset({404})
    ),
    _get(f"{_API}/access/explanation", Right.SEE, Thing.MODEL, registry="{registry}", model="{name}", right="edit"),
    _get(f"{_API}/access-requests", Open.SIGNED_IN),
    _get(_ASKED, Right.MANAGE, Thing.ASKED),
    Row("POST", f"{_ASKED}/answer", Right.MANAGE, Thing.ASKED, {"grant": False, "answer": "no"}),
    Row("POST", f"{_ASKED}/withdraw", Open.NOWHERE, at={"asked": "987654"}),
    _get(f"{_REGISTRY}/protections", Right.SEE, Thing.REGISTRY),
    Row("PUT", f"{_REGISTRY}/protections/stages/<stage>", Right.MANAGE, Thing.REGISTRY, _GUARDS, at=_STAGE),
    Row("DELETE", f"{_REGISTRY}/protections/stages/<stage>", Right.MANAGE, Thing.REGISTRY, {}, _STAGE, _NONE),
    Row("PUT", f"{_REGISTRY}/protections/aliases/<alias>", Right.MANAGE, Thing.REGISTRY, _GUARDS, at={"alias": "new"}),
    Row(
        "DELETE",
        f"{_REGISTRY}/protections/aliases/<alias>",
        Right.MANAGE,
        Thing.REGISTRY,
        {},
        {"alias": "guarded"},
        _NONE,
    ),
    _get(f"{_REGISTRY}/workloads", Right.AUDIT, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/workloads", Right.MANAGE, Thing.REGISTRY, _TRUST, answers=frozenset({404})),
    Row("DELETE", f"{_REGISTRY}/workloads/<workload>", Right.MANAGE, Thing.TRUST),
]
# A document that says who signed what is taken as it comes; the walk adds it to a version and takes it back.
SIGNING = [
    _get(f"{_VERSION}/signatures", Right.SEE, Thing.VERSION),
    Row("POST", f"{_VERSION}/signatures", Right.EDIT, Thing.VERSION, NEW_SIGNATURE),
    _get(f"{_VERSION}/signatures/<signature>", Right.SEE, Thing.VERSION),
    Row("DELETE", f"{_VERSION}/signatures/<signature>", Right.EDIT, Thing.VERSION),
    _get(f"{_VERSION}/attestations", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/attestations.intoto.jsonl", Right.SEE, Thing.VERSION),
    _get(f"{_REGISTRY}/trust-anchors", Right.SEE, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/trust-anchors", Right.MANAGE, Thing.REGISTRY, {"name": "new", "pem": NEW_KEY}),
    Row("POST", f"{_REGISTRY}/trust-anchors/<anchor>/revoke", Right.MANAGE, Thing.REGISTRY, {"reason": "x"}),
    _get(f"{_REGISTRY}/signing-key", Right.SEE, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/signing-key/rotate", Right.MANAGE, Thing.REGISTRY),
]
_ACCOUNT = {"username": "{machine}"}
ACCOUNTS = [
    _get(f"{_API}/people/<username>", Right.AUDIT),
    Row("PATCH", f"{_API}/people/<username>", Right.ADMINISTER, _OLD, {"display_name": "new"}),
    *(
        Row("POST", f"{_API}/people/<username>/{what}", Right.ADMINISTER)
        for what in ("deactivate", "reactivate", "unlock")
    ),
    Row("GET", f"{_API}/service-accounts/<username>", Right.AUDIT, at=_ACCOUNT),
    Row("PATCH", f"{_API}/service-accounts/<username>", Right.ADMINISTER, _OLD, {"display_name": "new"}, _ACCOUNT),
    *(
        Row("POST", f"{_API}/service-accounts/<username>/{what}", Right.ADMINISTER, at=_ACCOUNT)
        for what in ("deactivate", "reactivate")
    ),
    Row("DELETE", f"{_API}/accounts/<username>/tokens", Open.OWN_ACCOUNT),
    Row("POST", f"{_API}/tokens/<token>/rotate", Open.OWN_TOKEN, answers=frozenset({403})),
    _get(f"{_API}/invitations", Right.AUDIT),
    Row("POST", f"{_API}/invitations", Right.ADMINISTER, _OLD, {"email": "new@example.org"}),
    Row("DELETE", f"{_API}/invitations/<invitation>", Right.ADMINISTER),
    Row("POST", f"{_API}/token-exchange", Open.PUBLIC, _OLD, {}, answers=frozenset({401, 403})),
]
_ACCEPTED = {"keys": ["k"], "reason": "x"}
_NEW_NAME = {"module": "prophet.forecaster", "name": "Prophet", "reason": "x"}
_LISTED = {"module": "statsmodels", "listed": "OLS"}
SECURITY = [
    _get(f"{_VERSION}/scan/findings", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/waivers", Right.SEE, Thing.VERSION),
    Row("POST", f"{_VERSION}/waivers", Right.REVIEW, Thing.VERSION, _ACCEPTED),
    Row("DELETE", f"{_VERSION}/waivers/<waiver>", Right.REVIEW, Thing.VERSION),
    _get(f"{_VERSION}/quarantine", Right.SEE, Thing.VERSION),
    Row("PUT", f"{_VERSION}/quarantine", Right.ADMINISTER, Thing.VERSION, {"reason": "x"}),
    Row("DELETE", f"{_VERSION}/quarantine", Right.ADMINISTER, Thing.VERSION, answers=_NONE),
    _get(f"{_REGISTRY}/security", Right.SEE, Thing.REGISTRY),
    _get(f"{_REGISTRY}/waivers", Right.SEE, Thing.REGISTRY),
    _get(f"{_REGISTRY}/waivers/<waiver>", Right.SEE, Thing.REGISTRY),
    Row("DELETE", f"{_REGISTRY}/waivers/<waiver>", Right.REVIEW, Thing.REGISTRY),
    _get(f"{_REGISTRY}/allowed-names", Right.SEE, Thing.REGISTRY),
    Row("POST", f"{_REGISTRY}/allowed-names", Right.MANAGE, Thing.REGISTRY, _NEW_NAME),
    Row("DELETE", f"{_REGISTRY}/allowed-names/<module>/<listed>", Right.MANAGE, Thing.REGISTRY, at=_LISTED),
    _get(f"{_API}/scanning", Open.SIGNED_IN),
    _get(f"{_API}/scanning/changes", Open.SIGNED_IN),
    _get(f"{_API}/scanning/allow-list", Open.SIGNED_IN),
]
SUPPLY = [
    _get(f"{_VERSION}/dependencies", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/audit", Right.SEE, Thing.VERSION),
    _get(f"{_VERSION}/vulnerabilities", Right.SEE, Thing.VERSION),
    Row(
        "POST",
        f"{_VERSION}/vulnerabilities/waivers",
        Right.REVIEW,
        Thing.VERSION,
        {"keys": ["GHSA-1 {package} 1.0"], "reason": "x", "ends_at": "2030-01-01T00:00:00Z"},
        answers=frozenset({400}),
    ),
    _get(f"{_REGISTRY}/vulnerabilities", Right.SEE, Thing.REGISTRY, show="all"),
    _get(f"{_API}/advisories", Open.SIGNED_IN),
    Row("GET", f"{_API}/advisories/<advisory>", Open.SIGNED_IN),
]
REST += [*GRANTS, *ACCOUNTS, *BILLS, *SECURITY, *SUPPLY, *SIGNING]
