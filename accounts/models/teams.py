"""Teams: the groups that grants are given to. Everybody has a personal team of one for private grants."""

from django.contrib.auth.models import Group
from django.db import models


class Team(models.Model):
    """A named group of people and service accounts. Membership is Django's `user.groups`."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="team")
    # Longer than a user name, which a personal team repeats behind a mark.
    name = models.CharField(max_length=120, unique=True)
    person = models.OneToOneField(
        "accounts.User", null=True, blank=True, on_delete=models.CASCADE, related_name="personal_team"
    )
    # Members who may put others in and take them out.
    leads = models.ManyToManyField("accounts.User", blank=True, related_name="leads_of")

    def __str__(self) -> str:
        return self.name

    @property
    def is_personal(self) -> bool:
        """Whether this team stands for one person."""
        return self.person_id is not None


class SsoGroup(models.Model):
    """A group at the single sign-on provider: at each sign-in its people come into the team, and others leave it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sso_groups")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="sso_group_once")]

    def __str__(self) -> str:
        return self.name
