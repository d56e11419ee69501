"""The words of permission: what may be done (rights), what people are given (roles), what tokens allow (scopes)."""

from enum import StrEnum


class Right(StrEnum):
    """One thing that somebody may do to a registry, a model, an experiment or a part of them."""

    SEE = "see"
    DOWNLOAD = "download"
    COMMENT = "comment"
    LOG = "log"
    REGISTER = "register"
    EDIT = "edit"
    REQUEST = "request"
    PROMOTE = "promote"
    REVIEW = "review"
    MANAGE = "manage"
    AUDIT = "audit"
    ADMINISTER = "administer"


class Role(StrEnum):
    """A set of rights with a name. A grant gives one role on one thing to one team."""

    METADATA_READER = "metadata_reader"
    READER = "reader"
    CONTRIBUTOR = "contributor"
    REVIEWER = "reviewer"
    MAINTAINER = "maintainer"


class OrganisationRole(StrEnum):
    """What a person is for the whole installation, besides the roles on single things."""

    NONE = "none"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a token may be used for; a token never does more than its owner may."""

    READ = "read"
    WRITE = "write"
    REVIEW = "review"
    ADMIN = "admin"


_READER = {Right.SEE, Right.DOWNLOAD, Right.COMMENT}
_CONTRIBUTOR = _READER | {Right.LOG, Right.REGISTER, Right.REQUEST, Right.PROMOTE}
_REVIEWER = _READER | {Right.REQUEST, Right.REVIEW}

RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.METADATA_READER: frozenset({Right.SEE}),
    Role.READER: frozenset(_READER),
    Role.CONTRIBUTOR: frozenset(_CONTRIBUTOR),
    Role.REVIEWER: frozenset(_REVIEWER),
    Role.MAINTAINER: frozenset(_CONTRIBUTOR | _REVIEWER | {Right.EDIT, Right.MANAGE, Right.AUDIT}),
}
# What a role adds on things that are one's own: made by oneself or by one's service account, or part of such a thing.
RIGHTS_ON_OWN: dict[Role, frozenset[Right]] = {Role.CONTRIBUTOR: frozenset({Right.EDIT})}

SCOPE_FOR: dict[Right, Scope] = {
    Right.SEE: Scope.READ,
    Right.DOWNLOAD: Scope.READ,
    Right.COMMENT: Scope.WRITE,
    Right.LOG: Scope.WRITE,
    Right.REGISTER: Scope.WRITE,
    Right.EDIT: Scope.WRITE,
    Right.REQUEST: Scope.WRITE,
    Right.PROMOTE: Scope.WRITE,
    Right.REVIEW: Scope.REVIEW,
    Right.MANAGE: Scope.ADMIN,
    Right.AUDIT: Scope.ADMIN,
    Right.ADMINISTER: Scope.ADMIN,
}

# What an auditor may, on everything and for the installation as a whole; nothing of it changes anything.
AUDITOR_RIGHTS = frozenset({Right.SEE, Right.DOWNLOAD, Right.AUDIT})

# As Django's `Meta.permissions` wants them: guardian stores a role as the permission of this name.
ROLE_LABELS = tuple((role.value, role.value.replace("_", " ").capitalize()) for role in Role)


def roles_with(right: Right) -> list[str]:
    """The names of the roles that hold this right on whatever they are given on."""
    return [role.value for role, rights in RIGHTS_OF.items() if right in rights]


def roles_with_on_own(right: Right) -> list[str]:
    """The names of the roles that hold this right on what is one's own only."""
    return [role.value for role, rights in RIGHTS_ON_OWN.items() if right in rights]
