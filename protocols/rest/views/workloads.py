"""Jobs elsewhere that a registry trusts; for its maintainers."""

from http import HTTPStatus

from accounts import access
from accounts.models import TrustedWorkload
from accounts.operations.trusts import end_trust, trust_workload
from accounts.queries import find_account, find_registry, find_workload, workloads_for
from accounts.rights import Right, Scope
from lib.errors import NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.workloads import NewWorkloadShape, WorkloadShape


class Workloads(View):
    @endpoint("list_workloads", lists=WorkloadShape)
    def get(self, call: Call, registry: str) -> Page[TrustedWorkload]:
        """The jobs that a registry trusts, and those that it trusted, newest first."""
        found = find_registry(registry, actor=call.actor)
        access.require(call.actor, Right.AUDIT, found)
        return call.page(workloads_for(call.actor).filter(registry=found), "-pk")

    @endpoint("trust_workload", takes=NewWorkloadShape, answers=WorkloadShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> TrustedWorkload:
        """Let jobs in that prove with an identity token who they are."""
        said = call.said
        found = find_registry(registry, actor=call.actor)
        access.require(call.actor, Right.MANAGE, found)
        return trust_workload(
            found,
            account=find_account(said["account"], actor=call.actor),
            name=said["name"],
            issuer=said["issuer"],
            audience=said["audience"],
            claims=said["claims"],
            scopes=[Scope(scope) for scope in said["scopes"]],
            actor=call.actor,
        )


class OneWorkload(View):
    @endpoint("end_workload")
    def delete(self, call: Call, registry: str, workload: int) -> None:
        """Let these jobs in no more, and end the tokens that they have."""
        found = find_workload(workload, actor=call.actor)
        if found.registry.name != registry:
            raise NotFound("The trusted workload was not found.")
        end_trust(found, actor=call.actor)
