"""Registries, their ladders and policies."""

from http import HTTPStatus

from accounts.models import Registry
from accounts.operations.registries import create_registry
from accounts.queries import find_registry, registries_for
from approvals.models import Policy
from approvals.operations.policies import create_policy
from approvals.queries import policies_for
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.registries import (
    NewPolicyShape,
    NewRegistryShape,
    PolicyShape,
    RegistryShape,
    StageShape,
)
from registry.models import Stage
from registry.queries import stages_of


class Registries(View):
    @endpoint("list_registries", lists=RegistryShape)
    def get(self, call: Call) -> Page[Registry]:
        """The registries that you see, by name."""
        return call.page(registries_for(call.actor), "name")

    @endpoint("create_registry", takes=NewRegistryShape, answers=RegistryShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> Registry:
        """Create a registry with its ladder and policies; for administrators."""
        return create_registry(**call.said, actor=call.actor)


class OneRegistry(View):
    @endpoint("get_registry", answers=RegistryShape)
    def get(self, call: Call, registry: str) -> Registry:
        """One registry."""
        return find_registry(registry, actor=call.actor)


class Stages(View):
    @endpoint("list_stages", lists=StageShape)
    def get(self, call: Call, registry: str) -> Page[Stage]:
        """The stage ladder of a registry, lowest step first."""
        return call.page(stages_of(find_registry(registry, actor=call.actor)), "position")


class Policies(View):
    @endpoint("list_policies", lists=PolicyShape)
    def get(self, call: Call, registry: str) -> Page[Policy]:
        """The policies of a registry, present and past, newest first."""
        found = find_registry(registry, actor=call.actor)
        return call.page(policies_for(call.actor).filter(registry=found), "-pk")

    @endpoint("create_policy", takes=NewPolicyShape, answers=PolicyShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> Policy:
        """Put a policy in force for a stage or an alias, in place of the one before."""
        return create_policy(find_registry(registry, actor=call.actor), **call.said, actor=call.actor)
