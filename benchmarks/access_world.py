"""The people, teams, models and grants of benchmarks/access.py. Import it once Django is set up."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection

from accounts import access
from accounts.models import Limit, Registry, RegistryGrant, Team, User
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token
from accounts.queries import system_user
from accounts.rights import Role, Scope
from registry.models import ModelVersion, RegisteredModel, RegisteredModelGrant
from registry.names import fold

World = dict[str, tuple[User, str, str, ModelVersion]]
BATCH = 2_000


def build(*, models: int, grants: int, teams: int) -> World:
    """Who asks, with a token's secret and a model that it sees; the administrator first."""
    system = system_user()
    registry = Registry.objects.filter(is_default=True).first()
    registry = registry or create_registry("main", is_default=True, actor=system)
    all_models = _models(registry, models, system)
    _other_grants(all_models, teams)
    seen = all_models[:: max(1, models // grants)][:grants]
    people = {
        "administrator": _person("root", is_administrator=True),
        "auditor": _person("auditor"),
        "role on the registry": _person("member"),
        f"{grants} grants of its own": _person("own"),
        f"{grants} grants through 50 teams": _person("teams"),
        "1 grant, in 200 teams": _person("joiner"),
        "nothing": _person("stranger"),
    }
    names = list(people)
    people["auditor"].is_auditor = True
    people["auditor"].save()
    access.grant(Role.READER, on=registry, to=people["role on the registry"], actor=system)
    _grant(seen, [people[names[3]].personal_team])
    _grant(seen, _teams("through", 50, people[names[4]]))
    _teams("joined", 200, people[names[5]])
    _grant(seen[:1], [people[names[5]].personal_team])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    version = ModelVersion.objects.select_related("model__registry").get(model=seen[0], number=1)
    del people["nothing"]
    world = {who: (person, _token(person), version.model.name, version) for who, person in people.items()}
    limited = User.objects.get(username="member")
    limited.limit = Limit(RegisteredModel._meta.label_lower, version.model_id)
    world["token limited to one model"] = (limited, _token(limited, version.model), version.model.name, version)
    return world


def _person(name: str, **more: Any) -> User:
    return create_person(name, email=f"{name}@example.org", password=None, actor=system_user(), **more)


def _token(owner: User, limit: RegisteredModel | None = None) -> str:
    owner = User.objects.get(pk=owner.pk)
    return create_token(owner, name="bench", scopes=[Scope.READ], limit=limit, actor=system_user())[1]


def _models(registry: Registry, count: int, owner: User) -> list[RegisteredModel]:
    rows = [
        RegisteredModel(registry=registry, name=name, folded_name=fold(name), owner=owner, last_number=1)
        for name in (f"model-{number:06}" for number in range(count))
    ]
    made = RegisteredModel.objects.bulk_create(rows, BATCH)
    ModelVersion.objects.bulk_create((ModelVersion(model=model, number=1, uploader=owner) for model in made), BATCH)
    return made


def _teams(prefix: str, count: int, member: User | None = None) -> list[Team]:
    groups = Group.objects.bulk_create([Group(name=f"{prefix}-{number}") for number in range(count)], BATCH)
    teams = Team.objects.bulk_create([Team(group=group, name=group.name) for group in groups], BATCH)
    if member:
        member.groups.add(*groups)
    return teams


def _grant(models: list[RegisteredModel], teams: list[Team]) -> None:
    """A reader's role on each of the models to one of the teams in turn."""
    reader = _permission(RegisteredModelGrant)
    rows = (
        RegisteredModelGrant(group=teams[number % len(teams)].group, content_object=model, permission=reader)
        for number, model in enumerate(models)
    )
    RegisteredModelGrant.objects.bulk_create(rows, BATCH)


def _other_grants(models: list[RegisteredModel], teams: int) -> None:
    """What else stands in the tables: every team has a role on ten models, and each tenth one on the registry."""
    others = _teams("other", teams)
    reader = _permission(RegisteredModelGrant)
    rows = (
        RegisteredModelGrant(
            group=team.group, content_object=models[(number * 37 + place * 991) % len(models)], permission=reader
        )
        for number, team in enumerate(others)
        for place in range(10)
    )
    RegisteredModelGrant.objects.bulk_create(rows, BATCH, ignore_conflicts=True)
    reader = _permission(RegistryGrant)
    on_registry = (
        RegistryGrant(group=team.group, content_object=models[0].registry, permission=reader) for team in others[::10]
    )
    RegistryGrant.objects.bulk_create(on_registry, BATCH)


def _permission(grants: Any) -> Permission:
    kind = grants._meta.get_field("content_object").related_model
    return Permission.objects.get(
        codename=Role.READER.value,
        content_type__app_label=kind._meta.app_label,
        content_type__model=kind._meta.model_name,
    )
