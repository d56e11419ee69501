"""What is attested when a version goes live: once for each placement, by the registry's key, with the facts of then."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from accounts import access
from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import Origin, create_version
from scanning.models import Scan, Verdict, Waiver
from supply.attestations import as_lines, attestations_of
from supply.models import AdvisoryImport, Attestation, SigningKey
from supply.operations.attestations import attest_placement
from supply.operations.keys import make_signing_key, retire_signing_key, rotate_signing_key
from supply.signing import making, strict_json
from supply.signing.verification import State, verify
from supply.statements import PROVENANCE, VERDICT
from tests.accounts.at_once import at_once
from tests.conftest import Member
from tests.factories.registry import register_files, run_with_files
from tests.supply.authority import FILES, digests, new_key, trusting
from tracking.operations.inputs import DatasetUse, log_inputs
from tracking.operations.measurements import log_batch

StageOf = Callable[[str], Stage]
NOW = datetime.now(UTC)


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """A version of a run with parameters, a commit and a data set."""
    run = run_with_files(model, FILES, actor=scientist)
    log_batch(
        run,
        params=[("depth", "4"), ("rate", "0.1")],
        tags=[("mlflow.source.git.commit", "a" * 40)],
        actor=scientist,
    )
    log_inputs(
        run, datasets=[DatasetUse(name="flowers", digest="d1", source_type="local", source="x")], actor=scientist
    )
    return create_version(model, Origin(source=f"runs:/{run.run_id}", run=run, path=""), actor=scientist)


def statement(attestation: Attestation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(attestation.envelope)["payload"]))
    return found


def of(version: ModelVersion, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = statement(Attestation.objects.get(version=version, predicate_type=kind))["predicate"]
    return found


def test_a_live_move_is_attested_in_its_transaction(version: ModelVersion, scientist: User, stage: StageOf) -> None:
    move_stage(version, stage("Staging"), reason="To try.", actor=scientist)
    assert set(Attestation.objects.values_list("place", "predicate_type")) == {
        ("Staging", PROVENANCE),
        ("Staging", VERDICT),
    }
    key = SigningKey.objects.get()
    for attestation in Attestation.objects.all():
        result = verify(attestation.envelope.encode(), digests(FILES), [trusting("main", key.public_pem)], NOW)
        assert result.state is State.VERIFIED
        assert result.sentence == "Signed by main: covers 3 of 3 files."
        changed = verify(
            attestation.envelope.encode(), digests({**FILES, "x": b""}), [trusting("x", key.public_pem)], NOW
        )
        assert changed.state is State.INCOMPLETE
    kinds = list(Event.objects.order_by("-pk").values_list("kind", flat=True)[:3])
    assert kinds == ["version.attested", "signing_key.made", "version.stage_changed"]


def test_it_says_where_the_version_comes_from(version: ModelVersion, scientist: User) -> None:
    move_alias(version, "blue", actor=scientist)
    found = of(version, PROVENANCE)
    run = version.source_run
    assert run is not None
    build = found["buildDefinition"]
    assert build["externalParameters"] == {
        "source": version.source,
        "run_id": run.run_id,
        "logged_model_id": None,
        "parameters": {"depth": "4", "rate": "0.1"},
    }
    assert build["resolvedDependencies"] == [
        {"name": "code", "digest": {"gitCommit": "a" * 40}},
        {"name": "flowers", "digest": {"mlflow": "d1"}},
    ]
    details = found["runDetails"]
    assert details["builder"]["id"] == f"urn:gatehouse:builder:main:{SigningKey.objects.get().fingerprint}"
    assert details["metadata"]["invocationId"] == "urn:gatehouse:version:main:iris:1"
    assert details["metadata"]["startedOn"] == version.created_at.isoformat()


def test_it_says_what_was_known(version: ModelVersion, scientist: User, maintainer: User, system: User) -> None:
    scan = Scan.objects.get(tree=version.tree)
    Scan.objects.filter(pk=scan.pk).update(verdict=Verdict.NEEDS_REVIEW, rules="7", allow_list="l")
    scan.findings.create(path="notes.py", scanner="text", severity="needs-review", rule="text.code", message="Code.")
    waiver = Waiver.objects.create(
        registry=version.model.registry, tree=scan.tree, keys=["k"], reason="Read it.", granted_by=maintainer
    )
    AdvisoryImport.objects.create(by=system, source="x", digest="d" * 64, newest_modified=NOW, record_count=1)
    placement = move_alias(version, "blue", reason="It is better.", actor=scientist)
    assert of(version, VERDICT) == {
        "version": {"registry": "main", "model": "iris", "number": 1},
        "scan": {
            "verdict": "needs-review",
            "engine": scan.engine,
            "rules": "7",
            "allow_list": "l",
            "finished_at": None,
            "findings": {"needs-review": 1},
        },
        "waivers": [
            {
                "findings": 1,
                "reason": "Read it.",
                "granted_by": "mary",
                "granted_at": waiver.granted_at.isoformat(),
                "ends_at": None,
            }
        ],
        "advisories": {
            "digest": {"sha256": "d" * 64},
            "newest": NOW.isoformat(),
            "imported_at": AdvisoryImport.objects.get().at.isoformat(),
        },
        "move": {
            "stage": None,
            "alias": "blue",
            "by": "ada",
            "at": placement.opened_at.isoformat(),
            "reason": "It is better.",
        },
    }


def test_each_placement_once_and_only_where_people_load_from(
    version: ModelVersion, scientist: User, system: User, stage: StageOf
) -> None:
    move_stage(version, stage("Archived"), actor=scientist)
    assert not Attestation.objects.exists()
    placement = move_stage(version, stage("Staging"), actor=scientist)
    assert placement is not None
    assert Attestation.objects.count() == 2
    move_stage(version, stage("Staging"), actor=scientist)
    assert attest_placement(placement, actor=system) == []
    assert Attestation.objects.count() == 2
    move_stage(version, stage("None"), actor=scientist)
    move_stage(version, stage("Staging"), actor=scientist)
    assert Attestation.objects.count() == 4


def test_a_version_without_files_here_is_not_attested(model: RegisteredModel, scientist: User) -> None:
    external = create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    move_alias(external, "blue", actor=scientist)
    assert not Attestation.objects.exists()
    assert not SigningKey.objects.exists()


def test_the_same_facts_give_the_same_bytes(version: ModelVersion, scientist: User, system: User) -> None:
    placement = move_alias(version, "blue", actor=scientist)
    before = {
        row.predicate_type: base64.b64decode(json.loads(row.envelope)["payload"]) for row in Attestation.objects.all()
    }
    Attestation.objects.all().delete()
    attest_placement(placement, actor=system)
    for row in Attestation.objects.all():
        payload = base64.b64decode(json.loads(row.envelope)["payload"])
        assert payload == before[row.predicate_type] == strict_json.write(json.loads(payload))


def test_many_subjects_are_spelled_as_one_would_spell_them() -> None:
    files, more = {'b"\u00e9\n': "0" * 64, "a": "1" * 64}, [{"name": "whole", "digest": {"x": "y"}}]
    key = new_key()
    quick = making.Subjects(files, more).sign("t", {"z": 1, "a": [None]}, key)
    slow = making.sign_statement(making.about_files(files, "t", {"z": 1, "a": [None]}, more=more), key)
    assert json.loads(quick)["payload"] == json.loads(slow)["payload"]
    assert quick == strict_json.write(json.loads(quick))


def test_what_comes_from_where_one_may_not_look_is_not_told(
    version: ModelVersion, model: RegisteredModel, scientist: User, maintainer: User, member: Member
) -> None:
    from tracking.operations.experiments import restrict_experiment

    move_alias(version, "blue", actor=scientist)
    reader = member(Role.READER, version.model.registry)
    assert {row.predicate_type for row in attestations_of(version, actor=reader)} == {PROVENANCE, VERDICT}
    run = version.source_run
    assert run is not None
    restrict_experiment(run.experiment, True, actor=maintainer)
    assert [row.predicate_type for row in attestations_of(version, actor=reader)] == [VERDICT]
    assert run.run_id.encode() not in b"".join(as_lines(attestations_of(version, actor=reader)))
    assert len(list(as_lines(attestations_of(version, actor=maintainer)))) == 2


def test_a_copy_names_its_source(version: ModelVersion, scientist: User, system: User) -> None:
    lab = create_registry("lab", actor=system)
    access.grant(Role.CONTRIBUTOR, on=lab, to=scientist, actor=system)
    copied = create_version(create_model(lab, "iris", actor=scientist), Origin(copied_from=version), actor=scientist)
    move_alias(copied, "blue", actor=scientist)
    assert version.tree is not None
    assert of(copied, PROVENANCE)["buildDefinition"]["resolvedDependencies"][-1] == {
        "uri": "urn:gatehouse:version:main:iris:1",
        "digest": {"gatehouseTree": version.tree.digest},
    }


# ---- the key


def test_a_registry_has_one_key_and_rotates_it(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User
) -> None:
    first = make_signing_key(registry, actor=maintainer)
    with pytest.raises(AlreadyExists):
        make_signing_key(registry, actor=maintainer)
    with pytest.raises(Forbidden):
        rotate_signing_key(registry, actor=scientist)
    move_alias(version, "blue", actor=scientist)
    second = rotate_signing_key(registry, "Once a year.", actor=maintainer)
    move_alias(version, "green", actor=scientist)
    assert set(Attestation.objects.values_list("place", "key")) == {("@blue", first.pk), ("@green", second.pk)}
    first.refresh_from_db()
    assert (first.retired_at is not None, first.private_sealed) == (True, "")
    with pytest.raises(Conflict):
        retire_signing_key(first, "x", actor=maintainer)
    old = Attestation.objects.filter(key=first)[0]
    assert verify(old.envelope.encode(), digests(FILES), [trusting("old", first.public_pem)], NOW).is_verified


def test_the_private_part_is_nowhere_in_clear(registry: Registry, maintainer: User) -> None:
    make_signing_key(registry, actor=maintainer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_sealed FROM supply_signingkey")
        [(sealed,)] = cursor.fetchall()
    assert sealed.startswith("gAAAA")
    assert "PRIVATE" not in sealed
    assert not any("PRIVATE" in str(line.details) for line in Event.objects.all())


def test_a_key_whose_seal_cannot_be_opened_gives_way_to_a_new_one(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User
) -> None:
    first = make_signing_key(registry, actor=maintainer)
    with override_settings(SECRET_KEY="another one altogether"):
        move_alias(version, "blue", actor=scientist)
    assert Attestation.objects.filter(place="@blue").exclude(key=first).count() == 2
    line = Event.objects.get(kind="signing_key.retired")
    assert "secret key of the installation that is gone" in line.reason


def test_an_older_secret_key_still_opens_it(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User, settings: Any
) -> None:
    first = make_signing_key(registry, actor=maintainer)
    with override_settings(SECRET_KEY="the next one", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        move_alias(version, "blue", actor=scientist)
    assert set(Attestation.objects.values_list("key", flat=True)) == {first.pk}


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_first_moves_at_once_share_one_key(registry: Registry, scientist: User) -> None:
    versions = [
        register_files(create_model(registry, name, actor=scientist), FILES, actor=scientist)
        for name in ("a", "b", "c")
    ]
    results = at_once(*(lambda one=one: move_alias(one, "blue", actor=scientist) for one in versions))
    assert all(isinstance(result, Placement) for result in results), results
    assert SigningKey.objects.count() == 1
    assert Attestation.objects.count() == 6
