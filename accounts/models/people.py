"""People, service accounts and the system user: whoever can be an actor."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.rights import OrganisationRole, Scope


@dataclass(frozen=True)
class Limit:
    """A registry or a model that a token is good for, with all that is in it, and nothing else."""

    kind: str  # of the model class, as `_meta.label_lower`
    pk: Any
    name: str = field(default="", compare=False)  # as it was when the token was made


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can act: a person, a service account owned by a person, or the system itself."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        SERVICE = "service", "Service account"
        SYSTEM = "system", "System"

    username = models.CharField(
        max_length=100,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9](?:[a-z0-9._-]*[a-z0-9_-])?\Z",
                "Use small letters, digits, dot, underscore and dash, and no dot at the end.",
            )
        ],
    )
    email = models.EmailField(null=True, blank=True, unique=True)
    display_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    owner = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    is_auditor = models.BooleanField("reads everything, changes nothing", default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    # What the token of this request is good for; None outside of token sign-in, where every right of the person counts.
    scopes: frozenset[Scope] | None = None
    # The one thing that the token of this request is good for; None for all that its owner may.
    limit: Limit | None = None

    class Meta:
        verbose_name = "account"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(is_superuser=True, is_auditor=True), name="auditor_is_no_administrator"
            ),
            models.UniqueConstraint(Lower("email"), name="user_email_once", violation_error_message="E-mail is taken."),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def name(self) -> str:
        """What to call this actor on a page."""
        return self.display_name or self.username

    @property
    def is_system(self) -> bool:
        """Whether this is Gatehouse itself, acting in the background."""
        return self.kind == User.Kind.SYSTEM

    @property
    def organisation_role(self) -> OrganisationRole:
        """What this person is for the whole installation."""
        if self.is_superuser:
            return OrganisationRole.ADMINISTRATOR
        return OrganisationRole.AUDITOR if self.is_auditor else OrganisationRole.NONE

    def get_full_name(self) -> str:
        """The name that Django's own pages show."""
        return self.name

    def get_short_name(self) -> str:
        """The short name that Django's own pages show."""
        return self.name
