"""Roles on registries, models and experiments: who has which, giving them and taking them away."""

from typing import Any

from django.db.models import Model

from accounts import access
from accounts.queries import find_grantee, find_registry, grants_on
from accounts.rights import Role
from lib.errors import NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.access import GrantShape, NewGrantShape
from registry.queries import find_model
from tracking.queries import find_experiment


class Grants(View):
    @endpoint("list_registry_grants", lists=GrantShape)
    def get(self, call: Call, registry: str) -> Page[Any]:
        """Who has which role on a registry; for its maintainers and for auditors."""
        return call.page(grants_on(find_registry(registry, actor=call.actor), actor=call.actor), "pk")


class ModelGrants(View):
    @endpoint("list_model_grants", lists=GrantShape)
    def get(self, call: Call, registry: str, name: str) -> Page[Any]:
        """Who has which role on the model itself; for its maintainers and for auditors."""
        return call.page(grants_on(find_model(registry, name, actor=call.actor), actor=call.actor), "pk")


class ExperimentGrants(View):
    @endpoint("list_experiment_grants", lists=GrantShape)
    def get(self, call: Call, registry: str, experiment: int) -> Page[Any]:
        """Who has which role on the experiment itself; for its maintainers and for auditors."""
        return call.page(grants_on(experiment_at(call, registry, experiment), actor=call.actor), "pk")


class TeamGrant(View):
    @endpoint("grant_team_on_registry", takes=NewGrantShape)
    def put(self, call: Call, registry: str, team: str) -> None:
        """Give a team a role on a registry, instead of the one it had."""
        _grant(call, find_registry(registry, actor=call.actor), team=team)

    @endpoint("revoke_team_on_registry")
    def delete(self, call: Call, registry: str, team: str) -> None:
        """Take a team's role on a registry away."""
        _revoke(call, find_registry(registry, actor=call.actor), team=team)


class AccountGrant(View):
    @endpoint("grant_account_on_registry", takes=NewGrantShape)
    def put(self, call: Call, registry: str, username: str) -> None:
        """Give a person or a service account a role on a registry, instead of the one it had."""
        _grant(call, find_registry(registry, actor=call.actor), account=username)

    @endpoint("revoke_account_on_registry")
    def delete(self, call: Call, registry: str, username: str) -> None:
        """Take an account's own role on a registry away."""
        _revoke(call, find_registry(registry, actor=call.actor), account=username)


class ModelTeamGrant(View):
    @endpoint("grant_team_on_model", takes=NewGrantShape)
    def put(self, call: Call, registry: str, name: str, team: str) -> None:
        """Give a team a role on a model, instead of the one it had."""
        _grant(call, find_model(registry, name, actor=call.actor), team=team)

    @endpoint("revoke_team_on_model")
    def delete(self, call: Call, registry: str, name: str, team: str) -> None:
        """Take a team's role on a model away."""
        _revoke(call, find_model(registry, name, actor=call.actor), team=team)


class ModelAccountGrant(View):
    @endpoint("grant_account_on_model", takes=NewGrantShape)
    def put(self, call: Call, registry: str, name: str, username: str) -> None:
        """Give a person or a service account a role on a model, instead of the one it had."""
        _grant(call, find_model(registry, name, actor=call.actor), account=username)

    @endpoint("revoke_account_on_model")
    def delete(self, call: Call, registry: str, name: str, username: str) -> None:
        """Take an account's own role on a model away."""
        _revoke(call, find_model(registry, name, actor=call.actor), account=username)


class ExperimentTeamGrant(View):
    @endpoint("grant_team_on_experiment", takes=NewGrantShape)
    def put(self, call: Call, registry: str, experiment: int, team: str) -> None:
        """Give a team a role on an experiment, instead of the one it had."""
        _grant(call, experiment_at(call, registry, experiment), team=team)

    @endpoint("revoke_team_on_experiment")
    def delete(self, call: Call, registry: str, experiment: int, team: str) -> None:
        """Take a team's role on an experiment away."""
        _revoke(call, experiment_at(call, registry, experiment), team=team)


class ExperimentAccountGrant(View):
    @endpoint("grant_account_on_experiment", takes=NewGrantShape)
    def put(self, call: Call, registry: str, experiment: int, username: str) -> None:
        """Give a person or a service account a role on an experiment, instead of the one it had."""
        _grant(call, experiment_at(call, registry, experiment), account=username)

    @endpoint("revoke_account_on_experiment")
    def delete(self, call: Call, registry: str, experiment: int, username: str) -> None:
        """Take an account's own role on an experiment away."""
        _revoke(call, experiment_at(call, registry, experiment), account=username)


def experiment_at(call: Call, registry: str, experiment: int) -> Model:
    """The experiment of this id in this registry, if the actor sees both. Raises NotFound."""
    return find_experiment(experiment, registry=find_registry(registry, actor=call.actor), actor=call.actor)


def _grant(call: Call, thing: Model, **receiver: str) -> None:
    team = find_grantee(**receiver, on=thing, actor=call.actor)
    access.grant(Role(call.said["role"]), on=thing, to=team, ends_at=call.said["ends_at"], actor=call.actor)


def _revoke(call: Call, thing: Model, **receiver: str) -> None:
    team = find_grantee(**receiver, on=thing, actor=call.actor)
    grant = grants_on(thing, actor=call.actor).filter(group=team.group).first()
    if grant is None:
        raise NotFound(f"{team} has no role on {thing} itself.")
    access.revoke(Role(grant.permission.codename), on=thing, to=team, actor=call.actor)
