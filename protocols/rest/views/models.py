"""Registered models and their tags."""

from http import HTTPStatus

from django.db import transaction

from accounts.queries import find_registry
from events.models import Event
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.events import ActivityShape
from protocols.rest.shapes.models import ModelChangeShape, ModelsAsked, ModelShape, NewModelShape, TagShape
from registry.models import RegisteredModel
from registry.operations.models import (
    create_model,
    delete_model,
    delete_model_tag,
    describe_model,
    rename_model,
    restrict_model,
    set_model_tag,
)
from registry.queries import activity_of, find_model, models_for, without_hidden_runs


class Models(View):
    @endpoint("list_models", asks=ModelsAsked, lists=ModelShape)
    def get(self, call: Call) -> Page[RegisteredModel]:
        """The models that you see, by name."""
        models = models_for(call.actor).prefetch_related("tags")
        if name := call.asked["registry"]:
            models = models.filter(registry=find_registry(name, actor=call.actor))
        if part := call.asked["search"]:
            models = models.filter(name__icontains=part)
        return call.page(models, "name", "pk")


class RegistryModels(View):
    @endpoint("create_model", takes=NewModelShape, answers=ModelShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> RegisteredModel:
        """Create a model in a registry."""
        return create_model(find_registry(registry, actor=call.actor), **call.said, actor=call.actor)


class OneModel(View):
    @endpoint("get_model", answers=ModelShape)
    def get(self, call: Call, registry: str, name: str) -> RegisteredModel:
        """One model."""
        return find_model(registry, name, actor=call.actor)

    @endpoint("change_model", takes=ModelChangeShape, answers=ModelShape)
    @transaction.atomic
    def patch(self, call: Call, registry: str, name: str) -> RegisteredModel:
        """Rename, describe or restrict a model; all of it or nothing."""
        model = find_model(registry, name, actor=call.actor)
        if "name" in call.said:
            rename_model(model, call.said["name"], actor=call.actor)
        if "description" in call.said:
            describe_model(model, call.said["description"], actor=call.actor)
        if "restricted" in call.said:
            model = restrict_model(model, call.said["restricted"], actor=call.actor)
        return model

    @endpoint("delete_model")
    def delete(self, call: Call, registry: str, name: str) -> None:
        """Delete a model with its versions, unless one of them is in use."""
        delete_model(find_model(registry, name, actor=call.actor), actor=call.actor)


class ModelTag(View):
    @endpoint("set_model_tag", takes=TagShape)
    def put(self, call: Call, registry: str, name: str, key: str) -> None:
        """Set a tag of a model."""
        set_model_tag(find_model(registry, name, actor=call.actor), key, call.said["value"], actor=call.actor)

    @endpoint("delete_model_tag")
    def delete(self, call: Call, registry: str, name: str, key: str) -> None:
        """Remove a tag of a model, if it is there."""
        delete_model_tag(find_model(registry, name, actor=call.actor), key, actor=call.actor)


class Activity(View):
    @endpoint("list_activity", lists=ActivityShape)
    def get(self, call: Call, registry: str, name: str) -> Page[Event]:
        """What happened to a model and its versions, newest first."""
        page = call.page(activity_of(find_model(registry, name, actor=call.actor), actor=call.actor), "-pk")
        return Page(without_hidden_runs(page.rows, actor=call.actor), page.next_token)
