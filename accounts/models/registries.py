"""Registries: the governed namespaces that everything belongs to and that grants are given on.

The namespace stands on this floor because experiments and models, which know nothing of each other, both live in it.
"""

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from accounts.rights import ROLE_LABELS

NAME_RULE = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z", "Use 1 to 63 small letters, digits and dashes, no dash at either end."
)


class Registry(models.Model):
    """A team's or an environment's namespace; an MLflow client calls it a workspace."""

    name = models.CharField(max_length=63, unique=True, validators=[NAME_RULE])
    description = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "registries"
        permissions = ROLE_LABELS
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_registry"
            )
        ]

    def __str__(self) -> str:
        return self.name
