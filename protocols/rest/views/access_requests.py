"""Asking for a role, and deciding on what others ask for."""

from http import HTTPStatus

from django.db.models import Model

from accounts.models import AccessRequest
from accounts.operations.access_requests import answer_request, ask_for_access, withdraw_request
from accounts.queries import find_registry
from accounts.reach.requests import find_request, requests_decided, requests_of, requests_to_decide
from accounts.rights import Role
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.access import (
    AccessAnswerShape,
    AccessRequestsAsked,
    AccessRequestShape,
    NewAccessRequestShape,
)
from protocols.rest.views.grants import experiment_at
from registry.queries import find_model


class RegistryAccessRequests(View):
    @endpoint(
        "ask_for_registry_access",
        takes=NewAccessRequestShape,
        answers=AccessRequestShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call, registry: str) -> AccessRequest:
        """Ask the maintainers of a registry for a role."""
        return _ask(call, find_registry(registry, actor=call.actor))


class ModelAccessRequests(View):
    @endpoint(
        "ask_for_model_access",
        takes=NewAccessRequestShape,
        answers=AccessRequestShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call, registry: str, name: str) -> AccessRequest:
        """Ask the maintainers of a model for a role."""
        return _ask(call, find_model(registry, name, actor=call.actor))


class ExperimentAccessRequests(View):
    @endpoint(
        "ask_for_experiment_access",
        takes=NewAccessRequestShape,
        answers=AccessRequestShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call, registry: str, experiment: int) -> AccessRequest:
        """Ask the maintainers of an experiment for a role."""
        return _ask(call, experiment_at(call, registry, experiment))


class AccessRequests(View):
    @endpoint("list_access_requests", asks=AccessRequestsAsked, lists=AccessRequestShape)
    def get(self, call: Call) -> Page[AccessRequest]:
        """Requests that wait for you, oldest first; or your own, or closed ones, newest first."""
        match call.asked["show"]:
            case "mine":
                return call.page(requests_of(call.actor), "-pk")
            case "decided":
                return call.page(requests_decided(call.actor), "-pk")
        return call.page(requests_to_decide(call.actor), "pk")


class OneAccessRequest(View):
    @endpoint("get_access_request", answers=AccessRequestShape)
    def get(self, call: Call, asked: int) -> AccessRequest:
        """One request of your own, or on what you manage."""
        return find_request(asked, actor=call.actor)


class AccessAnswer(View):
    @endpoint("answer_access_request", takes=AccessAnswerShape, answers=AccessRequestShape)
    def post(self, call: Call, asked: int) -> AccessRequest:
        """Give the role, or another one, or refuse; for those who manage the thing, and not on their own request."""
        said = call.said
        return answer_request(
            find_request(asked, actor=call.actor),
            grants=said["grant"],
            role=Role(said["role"]) if "role" in said else None,
            ends_at=said.get("ends_at", ...),
            answer=said["answer"],
            actor=call.actor,
        )


class AccessRequestWithdrawal(View):
    @endpoint("withdraw_access_request", answers=AccessRequestShape)
    def post(self, call: Call, asked: int) -> AccessRequest:
        """Take back a request of your own."""
        return withdraw_request(find_request(asked, actor=call.actor), actor=call.actor)


def _ask(call: Call, thing: Model) -> AccessRequest:
    said = call.said
    return ask_for_access(thing, Role(said["role"]), reason=said["reason"], ends_at=said["ends_at"], actor=call.actor)
