"""The tables of identity and access."""

from accounts.models.grants import Grant, RegistryGrant
from accounts.models.people import User
from accounts.models.registries import Registry
from accounts.models.teams import Team
from accounts.models.tokens import ApiToken

__all__ = ["ApiToken", "Grant", "Registry", "RegistryGrant", "Team", "User"]
