"""What the walkers walk through: a registry that some may enter, a restricted model in it, and a registry far away."""

from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.models import ApiToken, Registry, User
from accounts.operations.access_requests import ask_for_access
from accounts.operations.invitations import invite_person
from accounts.operations.people import create_person, create_service_account
from accounts.operations.registries import create_registry
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.operations.tokens import create_token
from accounts.operations.trusts import trust_workload
from accounts.queries import system_user
from accounts.rights import Role, Scope
from approvals.operations.reviews import request_review
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, set_model_tag
from registry.operations.placements import move_alias
from registry.operations.protections import protect_place
from registry.queries import find_stage
from scanning.models import AllowedName, EngineRelease, Finding, Quarantine, Scan, Verdict, Waiver
from scanning.present import present_engine
from supply.models import TrustAnchor
from supply.operations.anchors import add_trust_anchor
from supply.operations.bills import supply_bill
from supply.operations.signatures import add_signature
from tests.doors.people import PEOPLE, Person
from tests.doors.signing import OLD_KEYS, OLD_SIGNATURE
from tests.factories.advisories import advise, require
from tests.factories.registry import register_files, run_with_files
from tests.factories.tracking import new_experiment, new_logged_model
from tracking.models import Run

Names = dict[str, Any]

# Where nothing is, in the words that addresses and bodies have for things.
_NO_IDS: Names = {
    "number": 1,
    "review": 987_654,
    "experiment": 987_655,
    "experiment_name": "no-such-experiment",
    "run_id": "f" * 32,
    "model_id": f"m-{'f' * 32}",
    "token": 987_656,
    "alias": "steady",
    "path": "weights.txt",
    "key": "k",
    "tag_key": "k",
    "name": "no-such-name",
    "team": "no-such-team",
    "username": "no-such-person",
    "machine": "no-such-machine",
    "invitation": 987_657,
    "asked": 987_658,
    "place": 987_659,
    "workload": 987_660,
    "waiver": 987_661,
    "listed": 987_662,
    "advisory": "GHSA-1",
    "package": "no-such-package",
    "signature": 987_663,
    "anchor": 987_664,
}
# What the version of each model requires. An advisory, which everybody may read, is about all of it.
_PACKAGES = {"dandelion": "petals", "undertow": "currents", "lighthouse": "lenses"}
# Words that stand only in what is hidden from everybody with a role in the registry “main”; and those that stand there.
HIDDEN_MARKS = ("undertow", "faraway", "lighthouse")
MARKS = ("dandelion", "meadow")


@dataclass
class World:
    """The names of things by where they are, and everybody's way in."""

    names: dict[str, Names]
    accounts: dict[str, User]
    secrets: dict[str, str]
    cookies: dict[str, str]
    clients: dict[str, Client]

    def client(self, person: Person) -> Client:
        """A client with what this person signs in with, and with nothing that it was told before."""
        client = self.clients.setdefault(str(person), Client(raise_request_exception=False))
        client.cookies = SimpleCookie({"sessionid": self.cookies[person.name]} if person.by == "session" else {})
        return client

    def headers(self, person: Person) -> dict[str, str]:
        """What goes along with every request."""
        return {"Authorization": f"Bearer {self.secrets[person.name]}"} if person.by == "token" else {}


def build() -> World:
    """Make everything by the operations that make it in the product."""
    system = system_user()
    main = create_registry("main", is_default=True, actor=system)
    faraway = create_registry("faraway", description="lighthouse", actor=system)
    owner = create_person("owner", email="owner@example.org", password=None, actor=system)
    team = create_team("gardeners", actor=system)
    for registry in (main, faraway):
        access.grant(Role.MAINTAINER, on=registry, to=owner, actor=system)
        access.grant(Role.READER, on=registry, to=team, actor=system)
    maker = create_person("maker", email="maker@example.org", password=None, actor=system)
    access.grant(Role.CONTRIBUTOR, on=main, to=maker, actor=system)
    ci = create_service_account("ci-of-owner", owner=owner, actor=system)
    add_member(team, owner, actor=system)
    more = {"machine": ci.username, "invitation": invite_person("guest@example.org", actor=system)[0].pk}
    guest = create_person("guest", email="g@example.org", password=None, actor=system)
    more |= _asked_and_guarded(main, faraway, ci, guest, owner)
    token, _ = create_token(owner, name="lighthouse", scopes=[Scope.READ], actor=system)
    create_token(ci, name="lighthouse", scopes=[Scope.READ], actor=system)
    more |= {"team": team.name, "username": owner.username, "token": token.pk}
    advise(*_PACKAGES.values())
    names = {
        "open": {**_things(main, "dandelion", "meadow", maker, owner), **more},
        "restricted": {**_things(main, "undertow", "meadow-2", owner, owner, restricted=True), **more},
        "elsewhere": {**_things(faraway, "lighthouse", "lighthouse-runs", owner, owner), **more},
        "absent": {**_NO_IDS, "registry": "main"},
        "nowhere": {**_NO_IDS, "registry": "no-such-registry"},
    }
    for where in ("open", "restricted", "elsewhere"):
        access.grant(Role.READER, on=RegisteredModel.objects.get(name=names[where]["name"]), to=team, actor=system)
    for named in names.values():
        # Some clients send numbers as text.
        named |= {
            "registry_name": named["registry"],
            "version": str(named["number"]),
            "experiment_id": str(named["experiment"]),
        }
    other = create_model(main, "tulip", actor=owner)
    limits = {
        "main": main,
        "faraway": faraway,
        "other": other,
        "dandelion": RegisteredModel.objects.get(name="dandelion"),
    }
    world = World(names, {"maker": maker}, {}, {}, {})
    for person in PEOPLE:
        _let_in(world, person, main, limits)
    _see_off(world, main)
    return world


def _asked_and_guarded(main: Registry, faraway: Registry, ci: User, guest: User, owner: User) -> Names:
    """A request for access, a protected alias and stage, and a job that is trusted."""
    access.grant(Role.METADATA_READER, on=main, to=guest, actor=owner)
    access.grant(Role.READER, on=main, to=ci, actor=owner)
    asked = ask_for_access(main, Role.READER, reason="x", actor=guest)
    access.revoke(Role.METADATA_READER, on=main, to=guest, actor=owner)
    for registry in (faraway, main):
        place = protect_place(registry, alias="guarded", roles=[Role.MAINTAINER], actor=owner)
        protect_place(registry, stage=find_stage(registry, "Archived"), roles=[Role.MAINTAINER], actor=owner)
    trust = trust_workload(
        main,
        account=ci,
        name="job",
        issuer="https://ci.example.org",
        audience="gatehouse",
        claims={"repository": "a/b"},
        scopes=[Scope.READ],
        actor=owner,
    )
    return {"asked": asked.pk, "place": place.pk, "workload": trust.pk}


def _things(
    registry: Registry, name: str, experiment_name: str, maker: User, owner: User, *, restricted: bool = False
) -> Names:
    """A model with a version in review, an experiment with a run and a logged model, each with a file."""
    model = create_model(registry, name, actor=maker)
    set_model_tag(model, "k", "v", actor=maker)
    version = register_files(model, {"weights.txt": name.encode()}, actor=maker)
    move_alias(version, "steady", actor=maker)
    require(version, f"{_PACKAGES[name]}==1.0", engine=present_engine())
    Scan.objects.filter(tree=version.tree).update(verdict=Verdict.CLEAN, finished_at=timezone.now())
    waiver, listed = _judged(version, owner)
    supply_bill(version, b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}', actor=maker)
    review = request_review(version, stage=find_stage(registry, "Production"), actor=owner)
    signature = add_signature(version, OLD_SIGNATURE, actor=owner)
    anchor = TrustAnchor.objects.filter(registry=registry).first()
    if anchor is None:
        anchor = add_trust_anchor(registry, "signer", OLD_KEYS[registry.name], actor=owner)
    if restricted:
        RegisteredModel.objects.filter(pk=model.pk).update(restricted=True)
    experiment = new_experiment(registry, experiment_name, actor=maker)
    run = run_with_files(model, {"weights.txt": b"1 2 3"}, actor=maker)
    Run.objects.filter(pk=run.pk).update(experiment=experiment)
    logged_model = new_logged_model(experiment, actor=maker)
    return {
        "registry": registry.name,
        "name": name,
        "number": ModelVersion.objects.get(model=model).number,
        "alias": "steady",
        "key": "k",
        "tag_key": "k",
        "path": "weights.txt",
        "review": review.pk,
        "signature": signature.pk,
        "anchor": anchor.pk,
        "experiment": experiment.pk,
        "experiment_name": experiment_name,
        "tree": version.tree_id,
        "waiver": waiver.pk,
        "listed": listed.pk,
        "advisory": "GHSA-1",
        "package": _PACKAGES[name],
        "run_id": run.run_id,
        "model_id": logged_model.model_id,
    }


def _judged(version: ModelVersion, owner: User) -> tuple[Waiver, AllowedName]:
    """A finding with the key `k`, one that is accepted, a name that the registry allows, a quarantine that is over."""
    here, tree = version.model.registry, version.tree
    assert tree is not None
    Finding.objects.create(
        scan=Scan.objects.get(tree=tree), path="weights.txt", severity="needs-review", rule="text.code", key="k"
    )
    listed, _ = AllowedName.objects.get_or_create(
        registry=here, module="statsmodels", name="OLS", reason="x", added_by=owner
    )
    EngineRelease.objects.get_or_create(engine="1")
    Quarantine.objects.create(tree=tree, cause="x", reason="x", lifted_at=timezone.now())
    waiver = Waiver.objects.create(
        registry=here, tree=tree, keys=["other"], reason=version.model.name, granted_by=owner
    )
    return waiver, listed


def _let_in(world: World, person: Person, main: Registry, limits: dict[str, Any]) -> None:
    """Make the account if it is not there yet, and the token or the session."""
    if not person.by:
        return
    system = system_user()
    if person.name not in world.accounts:
        account = create_person(
            person.name,
            email=f"{person.name}@example.org",
            password=None,
            is_administrator=person.is_administrator,
            actor=system,
        )
        User.objects.filter(pk=account.pk).update(is_auditor=person.is_auditor)
        account.refresh_from_db()
        if person.role:
            access.grant(person.role, on=main, to=account, actor=system)
        world.accounts[person.name] = account
    account = world.accounts[person.name]
    if person.by == "session":
        client = Client()
        client.force_login(account)
        world.cookies[person.name] = client.cookies["sessionid"].value
        return
    token, secret = create_token(account, name="walk", scopes=sorted(person.scopes), actor=system)
    if person.limit:
        thing = limits[person.limit]
        ApiToken.objects.filter(pk=token.pk).update(
            limit_kind=thing._meta.label_lower, limit_id=thing.pk, limit_name=str(thing)
        )
    world.secrets[person.name] = secret


def _see_off(world: World, main: Registry) -> None:
    """Some of them may no longer: only now, when they are signed in and hold their tokens."""
    system, moment = system_user(), timezone.now() - timedelta(seconds=1)
    crew = create_team("crew", actor=system)
    access.grant(Role.MAINTAINER, on=main, to=crew, actor=system)
    removed = world.accounts["removed"]
    add_member(crew, removed, actor=system)
    remove_member(crew, removed, actor=system)
    User.objects.filter(username="deactivated").update(is_active=False)
    ApiToken.objects.filter(owner__username="expired").update(expires_at=moment)
    ApiToken.objects.filter(owner__username="revoked").update(revoked_at=moment)
