"""The look of the admin: its mark, its colours, and which page stands where in the sidebar."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _page(title: str, name: str, icon: str, *, for_administrators: bool = False) -> dict[str, Any]:
    page: dict[str, Any] = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}_changelist")}
    return page | {"permission": "accounts.admin.base.audits"} if for_administrators else page


def mark(request: HttpRequest) -> str:
    """The address of our mark."""
    return static("mark.svg")


# Shades of the accent of the other pages (static/style/tokens.css), from the lightest to the darkest.
ACCENT = {
    "50": "#eff7f9",
    "100": "#dbecf1",
    "200": "#b4e4ef",
    "300": "#8ed3e2",
    "400": "#62b5c8",
    "500": "#3b93a9",
    "600": "#164f60",
    "700": "#12414f",
    "800": "#0d3a48",
    "900": "#0b3b4a",
    "950": "#0c1d22",
}

NAVIGATION = [
    {
        "title": "Govern",
        "items": [
            _page("Reviews", "approvals_review", "rate_review"),
            _page("Policies", "approvals_policy", "gavel"),
            _page("Scans", "scanning_scan", "policy"),
            _page("Supplied bills", "supply_suppliedbill", "receipt_long"),
            _page("Accepted findings", "scanning_waiver", "verified_user"),
            _page("Allowed names", "scanning_allowedname", "playlist_add_check"),
            _page("Quarantines", "scanning_quarantine", "lock", for_administrators=True),
            _page("Releases of the engine", "scanning_enginerelease", "update", for_administrators=True),
            _page("Vulnerabilities", "supply_vulnerability", "bug_report"),
            _page("Packages", "supply_package", "inventory_2"),
            _page("Advisories", "supply_advisory", "campaign", for_administrators=True),
            _page("Imports of advisories", "supply_advisoryimport", "download", for_administrators=True),
            _page("Trust anchors", "supply_trustanchor", "verified_user"),
            _page("Signatures", "supply_signature", "draw"),
            _page("Signing keys", "supply_signingkey", "key"),
            _page("Attestations", "supply_attestation", "approval"),
            _page("Audit log", "events_event", "history", for_administrators=True),
        ],
    },
    {
        "title": "Inventory",
        "items": [
            _page("Registries", "accounts_registry", "domain"),
            _page("Stages", "registry_stage", "stairs"),
            _page("Models", "registry_registeredmodel", "deployed_code"),
            _page("Versions", "registry_modelversion", "layers"),
            _page("Placements", "registry_placement", "place"),
        ],
    },
    {
        "title": "Access",
        "items": [
            _page("Accounts", "accounts_user", "person", for_administrators=True),
            _page("Teams", "accounts_team", "groups", for_administrators=True),
            _page("Invitations", "accounts_invitation", "mail", for_administrators=True),
            _page("Roles on registries", "accounts_registrygrant", "key"),
            _page("Roles on models", "registry_registeredmodelgrant", "vpn_key"),
            _page("Access requests", "accounts_accessrequest", "how_to_reg"),
            _page("Tokens", "accounts_apitoken", "token"),
            _page("Trusted jobs", "accounts_trustedworkload", "smart_toy"),
        ],
    },
    {
        "title": "Storage",
        "items": [
            _page("Trees", "blobs_tree", "account_tree", for_administrators=True),
            _page("Blobs", "blobs_blob", "database", for_administrators=True),
        ],
    },
]
