"""Who reaches a thing by which roles, and why somebody may or may not do something."""

from django.db.models import Model

from accounts.queries import find_registry
from accounts.reach.effective_roles import Reach, accounts_reaching, reaches
from accounts.reach.explanations import Explanation, explanation_for
from accounts.rights import Right
from lib.errors import Invalid
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.access import ExplanationAsked, ExplanationShape, ReachAsked, ReachShape
from protocols.rest.views.grants import experiment_at
from registry.explanations import explain_move
from registry.queries import find_model, find_stage, find_version


class RegistryAccess(View):
    @endpoint("list_registry_access", asks=ReachAsked, lists=ReachShape)
    def get(self, call: Call, registry: str) -> Page[Reach]:
        """Every account that reaches a registry by its roles, by user name; for its maintainers and for auditors."""
        return _page(call, find_registry(registry, actor=call.actor))


class ModelAccess(View):
    @endpoint("list_model_access", asks=ReachAsked, lists=ReachShape)
    def get(self, call: Call, registry: str, name: str) -> Page[Reach]:
        """Every account that reaches a model by its roles, also inherited ones; for maintainers and auditors."""
        return _page(call, find_model(registry, name, actor=call.actor))


class ExperimentAccess(View):
    @endpoint("list_experiment_access", asks=ReachAsked, lists=ReachShape)
    def get(self, call: Call, registry: str, experiment: int) -> Page[Reach]:
        """Every account that reaches an experiment by its roles, also inherited ones; for maintainers and auditors."""
        return _page(call, experiment_at(call, registry, experiment))


class AccessExplanation(View):
    @endpoint("explain_access", asks=ExplanationAsked, answers=ExplanationShape)
    def get(self, call: Call) -> Explanation:
        """Why an account may or may not do something to a thing.

        About yourself on anything that you see; about others where you maintain, or as an auditor. With a stage or an
        alias the answer also tells who guards that place and what the gates say of the version.
        """
        asked, right = call.asked, Right(call.asked["right"])
        if asked["version"] is not None:
            version = find_version(asked["registry"], asked["model"], asked["version"], actor=call.actor)
            if not asked["stage"] and not asked["alias"]:
                return explanation_for(asked["account"], right, version, actor=call.actor)
            stage = find_stage(version.model.registry, asked["stage"]) if asked["stage"] else None
            if asked["stage"] and stage is None:
                raise Invalid("stage", f"There is no stage {asked['stage']} on the ladder of this registry.")
            return explain_move(asked["account"], version, stage=stage, alias=asked["alias"], actor=call.actor)
        thing: Model
        if asked["model"]:
            thing = find_model(asked["registry"], asked["model"], actor=call.actor)
        elif asked["experiment"] is not None:
            thing = experiment_at(call, asked["registry"], asked["experiment"])
        else:
            thing = find_registry(asked["registry"], actor=call.actor)
        return explanation_for(asked["account"], right, thing, actor=call.actor)


def _page(call: Call, thing: Model) -> Page[Reach]:
    page = call.page(accounts_reaching(thing, search=call.asked["q"], actor=call.actor), "username")
    return Page(reaches(page.rows, thing), page.next_token)
