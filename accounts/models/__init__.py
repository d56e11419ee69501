"""The tables of identity and access."""

from accounts.models.attempts import FailedSignIn
from accounts.models.grants import Grant, RegistryGrant
from accounts.models.invitations import Invitation
from accounts.models.people import Limit, User
from accounts.models.registries import Registry
from accounts.models.requests import AccessRequest
from accounts.models.teams import SsoGroup, Team
from accounts.models.tokens import ApiToken
from accounts.models.trusts import TrustedWorkload, UsedIdentityToken

__all__ = [
    "AccessRequest",
    "ApiToken",
    "FailedSignIn",
    "Grant",
    "Invitation",
    "Limit",
    "Registry",
    "RegistryGrant",
    "SsoGroup",
    "Team",
    "TrustedWorkload",
    "UsedIdentityToken",
    "User",
]
