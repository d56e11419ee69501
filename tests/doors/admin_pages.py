"""What one needs in the admin, apart from being staff: for each page what shows a row, adds, deletes and acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import Model

from accounts.rights import Right
from tests.doors.routes import all_routes
from tests.doors.rows import Thing
from tests.doors.world import Names

ADMINISTER = Right.ADMINISTER


@dataclass(frozen=True)
class AdminPage:
    """Rights on the thing that a row belongs to; ADMINISTER is for the whole page."""

    thing: Thing
    # How to find the row of a thing: a lookup, and the name that it is to have.
    lookup: str
    name: str
    shows: Right = Right.SEE
    adds: Right | None = None
    changes: Right | None = None
    deletes: Right | None = None
    actions: Mapping[str, Right] = field(default_factory=dict)
    # What staff without the right to see a row still may: see those of their own. Such a row is never theirs here.
    is_personal: bool = False

    def row(self, model: type[Model], names: Names) -> Any:
        """The row in this part of the world."""
        return (
            model._base_manager.filter(**{self.lookup: names[self.name]} if self.lookup else {}).order_by("pk").first()
        )


def _for_administrators(lookup: str = "", name: str = "", **more: Any) -> AdminPage:
    return AdminPage(Thing.INSTALLATION, lookup, name, ADMINISTER, **more)


def _for_overseers(lookup: str = "", name: str = "", **more: Any) -> AdminPage:
    return AdminPage(Thing.INSTALLATION, lookup, name, Right.AUDIT, **more)


_ON_PEOPLE = dict.fromkeys(("deactivate", "reactivate", "take_second_factor", "unlock"), ADMINISTER)
_REVIEW = dict.fromkeys(("approve", "request_changes", "reject"), Right.REVIEW)

ADMIN: dict[str, AdminPage] = {
    "accounts.user": _for_overseers("username", "username", adds=ADMINISTER, changes=ADMINISTER, actions=_ON_PEOPLE),
    "accounts.team": _for_overseers("name", "team", adds=ADMINISTER, changes=ADMINISTER, deletes=ADMINISTER),
    "accounts.apitoken": AdminPage(
        Thing.INSTALLATION, "pk", "token", Right.AUDIT, actions={"revoke": ADMINISTER}, is_personal=True
    ),
    "accounts.registry": AdminPage(Thing.REGISTRY, "name", "registry", adds=ADMINISTER),
    "accounts.registrygrant": AdminPage(
        Thing.REGISTRY,
        "content_object__name",
        "registry",
        Right.MANAGE,
        adds=Right.MANAGE,
        deletes=Right.MANAGE,
    ),
    "accounts.accessrequest": AdminPage(Thing.ASKED, "pk", "asked", Right.MANAGE),
    "accounts.invitation": _for_overseers("pk", "invitation", adds=ADMINISTER, actions={"withdraw": ADMINISTER}),
    "accounts.trustedworkload": AdminPage(
        Thing.REGISTRY, "registry__name", "registry", Right.AUDIT, actions={"end": Right.MANAGE}
    ),
    "approvals.policy": AdminPage(Thing.REGISTRY, "registry__name", "registry", adds=Right.MANAGE),
    "approvals.review": AdminPage(Thing.REVIEW, "pk", "review", actions=_REVIEW),
    "blobs.blob": _for_overseers(),
    "blobs.tree": _for_overseers(),
    "events.event": _for_overseers(),
    "registry.modelversion": AdminPage(Thing.VERSION, "model__name", "name"),
    "registry.placement": AdminPage(Thing.VERSION, "model__name", "name"),
    "registry.protection": AdminPage(
        Thing.REGISTRY, "registry__name", "registry", adds=Right.MANAGE, deletes=Right.MANAGE
    ),
    "registry.registeredmodel": AdminPage(
        Thing.MODEL, "name", "name", actions=dict.fromkeys(("restrict", "open_up"), Right.MANAGE)
    ),
    "registry.registeredmodelgrant": AdminPage(
        Thing.MODEL, "content_object__name", "name", Right.MANAGE, adds=Right.MANAGE, deletes=Right.MANAGE
    ),
    "registry.stage": AdminPage(Thing.REGISTRY, "registry__name", "registry"),
    "scanning.allowedname": AdminPage(
        Thing.REGISTRY, "registry__name", "registry", adds=Right.MANAGE, deletes=Right.MANAGE
    ),
    "scanning.enginerelease": _for_overseers(),
    "scanning.quarantine": _for_overseers("tree", "tree", adds=ADMINISTER, actions={"lift": ADMINISTER}),
    "scanning.waiver": AdminPage(Thing.VERSION, "pk", "waiver", actions={"withdraw": Right.REVIEW}),
    "scanning.scan": AdminPage(Thing.VERSION, "tree", "tree", actions={"scan_again": Right.EDIT}),
    "supply.suppliedbill": AdminPage(Thing.VERSION, "version__model__name", "name", deletes=Right.EDIT),
    "supply.advisory": _for_overseers("identifier", "advisory"),
    "supply.advisoryimport": _for_overseers(),
    "supply.package": AdminPage(Thing.VERSION, "name", "package", actions={"match_again": ADMINISTER}),
    "supply.vulnerability": AdminPage(Thing.VERSION, "package__name", "package"),
    "supply.trustanchor": AdminPage(
        Thing.REGISTRY, "registry__name", "registry", adds=Right.MANAGE, actions={"revoke": Right.MANAGE}
    ),
    "supply.signature": AdminPage(Thing.VERSION, "pk", "signature"),
    "supply.signingkey": AdminPage(Thing.REGISTRY, "registry__name", "registry"),
    "supply.attestation": AdminPage(Thing.VERSION, "version__model__name", "name"),
    "tracking.experiment": _for_administrators("pk", "experiment"),
    "tracking.run": _for_administrators("run_id", "run_id"),
    "tracking.loggedmodel": _for_administrators("model_id", "model_id"),
}

_STEPS = ("", "add/", "<object_id>/history/", "<object_id>/delete/", "<object_id>/change/", "<object_id>/")
# The pages beside those of the tables: for all staff, and what they list is what the pages of the tables show.
BESIDE = {
    "/admin/",
    "/admin/<app_label>/",
    "/admin/<url>",
    "/admin/autocomplete/",
    "/admin/jsi18n/",
    "/admin/login/",
    "/admin/logout/",
    "/admin/password_change/",
    "/admin/password_change/done/",
    "/admin/r/<content_type_id>/<object_id>/",
    "/admin/search/",
}
ADMIN_ROUTES = BESIDE | {f"/admin/{label.replace('.', '/')}/{step}" for label in ADMIN for step in _STEPS}


def unlisted() -> set[str]:
    """Pages of the admin that nobody has said anything about."""
    tables = {model._meta.label_lower for model in admin.site._registry}
    return (tables - ADMIN.keys()) | {r for r in all_routes() if r.startswith("/admin/")} - ADMIN_ROUTES
