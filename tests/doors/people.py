"""Everybody who knocks, and what the rules of the house say that they may; written down apart from accounts.access."""

from dataclasses import dataclass
from typing import Any

from accounts.rights import AUDITOR_RIGHTS, RIGHTS_OF, RIGHTS_ON_OWN, SCOPE_FOR, Right, Role, Scope
from tests.doors.rows import Thing

_IN_A_MODEL = {Thing.MODEL, Thing.VERSION, Thing.REVIEW, Thing.WORKSPACE}


@dataclass(frozen=True)
class Person:
    """Somebody with a role on the registry “main”, and how they sign in."""

    name: str
    role: Role | None = None
    by: str = "session"  # or "token", or "" for not at all
    scopes: frozenset[Scope] = frozenset(Scope)
    limit: str = ""  # of the token: "main", "faraway", "dandelion" or "other"
    is_administrator: bool = False
    is_auditor: bool = False
    makes: bool = False  # made the things in “main” that are not restricted
    is_known: bool = True  # whether the credentials are any good

    def __str__(self) -> str:
        return f"{self.name} ({self.by or 'nothing'})"

    @property
    def sees_everything(self) -> bool:
        """Whether nothing is hidden."""
        return self.is_administrator or self.is_auditor

    def rights(self, where: str, thing: Thing) -> frozenset[Right]:
        """What this person may do to the thing of this kind in that part of the world."""
        if self.is_administrator:
            rights = frozenset(Right)
        elif self.is_auditor:
            rights = AUDITOR_RIGHTS
        elif where != "open" or self.role is None or not self._reaches(thing):
            rights = frozenset()
        else:
            is_own = self.makes and thing is not Thing.REGISTRY
            rights = RIGHTS_OF[self.role] | (RIGHTS_ON_OWN.get(self.role, frozenset()) if is_own else frozenset())
        if where in ("absent", "nowhere"):
            rights = frozenset()
        rights = frozenset(right for right in rights if SCOPE_FOR[right] in self.scopes)
        shown_with = {Thing.ASKED: Right.MANAGE, Thing.TRUST: Right.AUDIT}.get(thing, Right.SEE)
        return rights if shown_with in rights else frozenset()

    def _reaches(self, thing: Thing) -> bool:
        if self.limit == "other":
            return thing is Thing.WORKSPACE
        return self.limit in ("", "main") or (self.limit == "dandelion" and thing in _IN_A_MODEL)


def _both_ways(name: str, role: Role | None = None, **more: Any) -> list[Person]:
    return [Person(name, role, by, **more) for by in ("session", "token")]


PEOPLE = [
    Person("nobody", by="", is_known=False),
    *_both_ways("stranger"),
    *_both_ways("metadata-reader", Role.METADATA_READER),
    *_both_ways("reader", Role.READER),
    *_both_ways("contributor", Role.CONTRIBUTOR),
    *_both_ways("maker", Role.CONTRIBUTOR, makes=True),
    *_both_ways("reviewer", Role.REVIEWER),
    *_both_ways("maintainer", Role.MAINTAINER),
    *_both_ways("administrator", is_administrator=True),
    *_both_ways("auditor", is_auditor=True),
    *_both_ways("removed"),
    *_both_ways("deactivated", Role.MAINTAINER, is_known=False),
    Person("expired", Role.MAINTAINER, "token", is_known=False),
    Person("revoked", Role.MAINTAINER, "token", is_known=False),
    Person("reads-only", Role.MAINTAINER, "token", frozenset({Scope.READ})),
    Person("reviews-only", Role.MAINTAINER, "token", frozenset({Scope.REVIEW})),
    Person("reads-and-writes", Role.MAINTAINER, "token", frozenset({Scope.READ, Scope.WRITE})),
    Person("limited-to-main", Role.MAINTAINER, "token", limit="main"),
    Person("limited-to-one-model", Role.MAINTAINER, "token", limit="dandelion"),
    Person("limited-to-other-model", Role.MAINTAINER, "token", limit="other"),
    Person("limited-elsewhere", Role.MAINTAINER, "token", limit="faraway"),
]
