"""Protected places, restricted things and waiting reviews over the native API."""

from collections.abc import Callable

from accounts.models import Registry, User
from accounts.operations.teams import create_team
from accounts.rights import Role
from approvals.models import Decision
from approvals.operations.reviews import decide, request_review
from registry.models import ModelVersion, RegisteredModel, Stage
from tests.conftest import Member
from tests.factories.tracking import new_experiment
from tests.protocols.rest.conftest import Api, refused

PLACES = "/registries/main/protections"


def test_places_are_protected_listed_and_released(
    api: Api, registry: Registry, maintainer: User, scientist: User, system: User
) -> None:
    create_team("release", actor=system)
    manage, look = api(maintainer), api(scientist)
    stage = {"stage": "Production", "alias": None, "roles": ["maintainer"], "teams": ["release"]}
    made = manage.put(f"{PLACES}/stages/production", {"roles": ["maintainer"], "teams": ["release"]})
    assert (made.status_code, made.json()) == (200, stage)
    alias = {"stage": None, "alias": "champion", "roles": [], "teams": ["release"]}
    assert manage.put(f"{PLACES}/aliases/champion", {"teams": ["release"]}).json() == alias
    assert look.get(PLACES).json()["results"] == [stage, alias]
    refused(look.put(f"{PLACES}/aliases/blue", {"roles": ["contributor"]}), 403)
    refused(look.delete(f"{PLACES}/aliases/champion"), 403)
    assert manage.delete(f"{PLACES}/aliases/CHAMPION").status_code == 204
    refused(manage.delete(f"{PLACES}/aliases/champion"), 404)
    assert manage.delete(f"{PLACES}/stages/Production").status_code == 204
    assert look.get(PLACES).json()["results"] == []


def test_what_cannot_be_protected_is_refused(api: Api, registry: Registry, maintainer: User, stranger: User) -> None:
    manage = api(maintainer)
    for path, said, status in (
        ("stages/Nowhere", {"roles": ["maintainer"]}, 404),
        ("stages/Production", {}, 400),
        ("stages/Production", {"roles": ["reviewer"]}, 400),
        ("stages/Production", {"roles": ["king"]}, 400),
        ("stages/Production", {"teams": ["nobody"]}, 404),
        ("aliases/v1", {"roles": ["maintainer"]}, 400),
    ):
        refused(manage.put(f"{PLACES}/{path}", said), status)
    refused(api(stranger).get(PLACES), 404)
    refused(api(stranger).put(f"{PLACES}/stages/Production", {"roles": ["maintainer"]}), 404)


def test_a_protected_place_says_who_may_before_and_after(
    api: Api, version: ModelVersion, maintainer: User, scientist: User
) -> None:
    api(maintainer).put(f"{PLACES}/stages/Staging", {"roles": ["maintainer"]})
    sentence = "Only maintainers may move versions to Staging."
    path = "/registries/main/models/iris/versions/1"
    assert api(scientist).get(f"{path}/blockers", stage="Staging").json() == {"reasons": [sentence]}
    assert refused(api(scientist).post(f"{path}/moves", {"stage": "Staging"}), 403)["detail"] == sentence
    assert api(maintainer).get(f"{path}/blockers", stage="Staging").json() == {"reasons": []}
    assert api(maintainer).post(f"{path}/moves", {"stage": "Staging"}).json()["stage"] == "Staging"


def test_a_waiting_review_is_carried_out(
    api: Api,
    version: ModelVersion,
    stage: Callable[[str], Stage],
    judge: Callable[..., object],
    maintainer: User,
    scientist: User,
    reviewer: User,
) -> None:
    api(maintainer).put(f"{PLACES}/stages/Production", {"roles": ["maintainer"]})
    judge(version)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    decide(review, Decision.Verdict.APPROVE, actor=reviewer)
    path = f"/reviews/{review.pk}"
    shown = api(scientist).get(path).json()
    assert shown["state"] == "approved"
    assert shown["checks"][-1] == {
        "name": "passage",
        "holds": False,
        "sentence": "Approved; waiting for somebody who may move versions to Production: maintainers.",
    }
    refused(api(scientist).post(f"{path}/carry-out"), 403)
    done = api(maintainer).post(f"{path}/carry-out")
    assert (done.status_code, done.json()["state"]) == (200, "applied")
    refused(api(maintainer).post(f"{path}/carry-out"), 409)


def test_models_and_experiments_are_restricted_and_opened(
    api: Api, model: RegisteredModel, maintainer: User, scientist: User, member: Member
) -> None:
    path = "/registries/main/models/iris"
    refused(api(scientist).patch(path, {"restricted": True}), 403)
    assert api(maintainer).patch(path, {"restricted": True}).json()["restricted"] is True
    refused(api(scientist).get(path), 404)
    assert api(maintainer).patch(path, {"restricted": False}).json()["restricted"] is False
    assert api(scientist).get(path).status_code == 200
    made = api(maintainer).post("/registries/main/models", {"name": "secret", "restricted": True})
    assert (made.status_code, made.json()["restricted"]) == (201, True)
    refused(api(scientist).post("/registries/main/models", {"name": "mine", "restricted": True}), 403)
    refused(api(scientist).post("/registries/main/models", {"name": "secret"}), 409)
    experiment = new_experiment(model.registry, actor=scientist)
    path = f"/experiments/{experiment.pk}"
    assert api(maintainer).patch(path, {"restricted": True}).json()["restricted"] is True
    refused(api(scientist).get(path), 404)
    assert api(member(Role.READER, experiment)).get(path).json()["name"] == experiment.name
