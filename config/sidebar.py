"""The sidebar of the admin: which page stands where, by the names of its address and its symbol."""

from typing import Any

from django.urls import reverse_lazy


def _page(title: str, name: str, icon: str, *, for_administrators: bool = False) -> dict[str, Any]:
    page: dict[str, Any] = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}_changelist")}
    return page | {"permission": "accounts.admin.base.audits"} if for_administrators else page


NAVIGATION = [
    {
        "title": "Govern",
        "items": [
            _page("Reviews", "approvals_review", "rate_review"),
            _page("Policies", "approvals_policy", "gavel"),
            _page("Scans", "scanning_scan", "policy"),
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
