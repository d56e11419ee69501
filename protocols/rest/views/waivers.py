"""Waivers: findings that somebody takes upon themselves."""

from http import HTTPStatus

from accounts.queries import find_registry
from lib.errors import NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.security import NewWaiverShape, ReasonShape, WaiversAsked, WaiverShape
from registry.queries import find_version
from scanning.models import Waiver
from scanning.operations.waivers import waive_findings, withdraw_waiver
from scanning.queries import find_waiver, in_force, waivers_for


class VersionWaivers(View):
    @endpoint("list_version_waivers", asks=WaiversAsked, lists=WaiverShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[Waiver]:
        """The waivers about the files of a version in its registry, newest first."""
        version = find_version(registry, name, number, actor=call.actor)
        rows = waivers_for(call.actor).filter(tree=version.tree_id, registry=version.model.registry_id)
        return call.page(rows.filter(in_force()) if call.asked["in_force"] else rows, "-pk")

    @endpoint("waive_findings", takes=NewWaiverShape, answers=WaiverShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str, name: str, number: int) -> Waiver:
        """Take findings upon yourself, with a reason; by `key`, as the scan lists them.

        What makes files unsafe, or the scan fail, is for administrators, who say until when: for 90 days at most.
        """
        version = find_version(registry, name, number, actor=call.actor)
        said = call.said
        return waive_findings(version, said["keys"], reason=said["reason"], ends_at=said["ends_at"], actor=call.actor)


class OneVersionWaiver(View):
    @endpoint("withdraw_version_waiver", takes=ReasonShape, answers=WaiverShape)
    def delete(self, call: Call, registry: str, name: str, number: int, waiver: int) -> Waiver:
        """Make what a waiver of the version covered count again; for reviewers of the model alone, too."""
        version = find_version(registry, name, number, actor=call.actor)
        found = find_waiver(waiver, registry=version.model.registry, actor=call.actor)
        if found.tree_id != version.tree_id:
            raise NotFound(f"Waiver {waiver} was not found.")
        return withdraw_waiver(found, reason=call.said["reason"], actor=call.actor)


class Waivers(View):
    @endpoint("list_waivers", asks=WaiversAsked, lists=WaiverShape)
    def get(self, call: Call, registry: str) -> Page[Waiver]:
        """The waivers of a registry about versions that you see, newest first."""
        rows = waivers_for(call.actor).filter(registry=find_registry(registry, actor=call.actor))
        return call.page(rows.filter(in_force()) if call.asked["in_force"] else rows, "-pk")


class OneWaiver(View):
    @endpoint("get_waiver", answers=WaiverShape)
    def get(self, call: Call, registry: str, waiver: int) -> Waiver:
        """One waiver."""
        return find_waiver(waiver, registry=find_registry(registry, actor=call.actor), actor=call.actor)

    @endpoint("withdraw_waiver", takes=ReasonShape, answers=WaiverShape)
    def delete(self, call: Call, registry: str, waiver: int) -> Waiver:
        """Make what it covered count again; the waiver stays in the records."""
        found = find_waiver(waiver, registry=find_registry(registry, actor=call.actor), actor=call.actor)
        return withdraw_waiver(found, reason=call.said["reason"], actor=call.actor)
