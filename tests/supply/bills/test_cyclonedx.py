"""Our bill of materials: valid by the official schema, the same bytes for the same facts, and what it says."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from accounts.models import Registry, User
from accounts.rights import Role
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, set_model_tag
from registry.operations.versions import Origin, create_version, set_version_tag
from scanning.models import Verdict, Waiver
from supply.bills import cyclonedx
from supply.bills.facts import DataSet, Facts, File, Measure, Package, Weakness
from supply.bills.gathering import gather
from supply.bills.queries import bill_of
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_experiment
from tests.supply.bills.building import faults, full_version, know, require, weaken
from tracking.models import Run

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOSTILE = [
    "",
    "a" * 5_000,
    "\0\x07\x1b[2J",
    "\ud800",
    "../../etc/passwd",
    'quote" \\ {{7*7}} <script>alert(1)</script>',
    "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x",
    "Ünïcödé \N{RIGHT-TO-LEFT OVERRIDE}\N{SKULL}",
    " spaces @ and % and # ",
]


def said(bill: bytes) -> Any:
    """The bill as plain values."""
    return orjson.loads(bill)


@pytest.fixture
def full(model: RegisteredModel, scientist: User) -> ModelVersion:
    return full_version(model, actor=scientist)


def test_a_full_bill_is_valid_and_says_everything(full: ModelVersion, scientist: User) -> None:
    weaken("numpy", "2.3.1")
    bill = bill_of(full, actor=scientist)
    assert faults(bill) == ""
    document = said(bill)
    model = document["metadata"]["component"]
    assert (model["type"], model["group"], model["name"], model["version"]) == (
        "machine-learning-model",
        "main",
        "iris",
        str(full.number),
    )
    assert full.tree is not None
    assert model["hashes"] == [{"alg": "SHA-256", "content": full.tree.digest}]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert model["authors"] == [{"name": "ada"}]
    card = model["modelCard"]
    assert card["modelParameters"]["datasets"] == [
        {
            "type": "dataset",
            "name": "petals",
            "contents": {
                "properties": [
                    {"name": "gatehouse:digest", "value": "a1b2c3d4"},
                    {"name": "gatehouse:use", "value": "training"},
                ]
            },
        }
    ]
    assert card["modelParameters"]["inputs"] == [{"format": "age: double"}, {"format": "city: string"}]
    assert card["modelParameters"]["outputs"] == [{"format": "column 0: int64 [-1]"}]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "accuracy", "value": "0.97"}]
    assert card["considerations"] == {"technicalLimitations": ["Irises only."]}
    assert model["pedigree"] == {
        "commits": [{"uid": "0123456789abcdef0123456789abcdef01234567"}],
        "notes": "Trained from scratch.",
    }
    properties = {pair["name"]: pair["value"] for pair in model["properties"]}
    assert properties["gatehouse:scan:verdict"] == "clean"
    assert properties["gatehouse:flavour:sklearn"] == "1.7.2"
    assert document["metadata"]["timestamp"] == full.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_full_bill_lists_the_parts_and_what_is_known_of_them(full: ModelVersion, scientist: User) -> None:
    weaken("numpy", "2.3.1")
    document = said(bill_of(full, actor=scientist))
    model = document["metadata"]["component"]
    assert {part["bom-ref"]: part["type"] for part in document["components"]} == {
        "file:README.md": "file",
        "file:model/weights.txt": "file",
        "package:pypi:numpy@2.3.1": "library",
        "package:pypi:scikit-learn@1.7.2": "library",
        "platform:python": "platform",
    }
    numpy = next(part for part in document["components"] if part["name"] == "numpy")
    assert numpy["purl"] == "pkg:pypi/numpy@2.3.1"
    assert numpy["evidence"] == {"occurrences": [{"location": "requirements.txt"}]}
    assert document["dependencies"] == [
        {"ref": model["bom-ref"], "dependsOn": ["package:pypi:numpy@2.3.1", "package:pypi:scikit-learn@1.7.2"]}
    ]
    (weakness,) = document["vulnerabilities"]
    assert (weakness["id"], weakness["affects"]) == ("GHSA-aaaa-bbbb-cccc", [{"ref": "package:pypi:numpy@2.3.1"}])
    assert weakness["ratings"] == [{"severity": "high", "score": 8, "source": {"name": "OSV"}}]
    assert "analysis" not in weakness
    (flow,) = document["formulation"][0]["workflows"]
    assert full.source_run is not None
    assert (flow["uid"], flow["timeStart"]) == (full.source_run.run_id, "2023-11-14T22:13:20Z")
    assert flow["inputs"] == [{"parameters": [{"name": "depth", "value": "3"}]}]


def test_what_was_waived_says_so_without_calling_it_harmless(full: ModelVersion, maintainer: User) -> None:
    key = weaken("numpy", "2.3.1").key
    assert full.tree is not None
    Waiver.objects.create(
        registry=full.model.registry, tree=full.tree, keys=[key], reason="We never call it.", granted_by=maintainer
    )
    bill = bill_of(full, actor=maintainer)
    assert faults(bill) == ""
    (weakness,) = said(bill)["vulnerabilities"]
    assert weakness["analysis"]["state"] == "exploitable"
    assert weakness["analysis"]["response"] == ["will_not_fix"]


def test_closed_and_withdrawn_advisories_are_left_out(full: ModelVersion, scientist: User) -> None:
    closed = weaken("numpy", "2.3.1")
    closed.closed_at = AT
    closed.save(update_fields=["closed_at"])
    withdrawn = weaken("scikit-learn", "1.7.2", identifier="GHSA-2222-2222-2222")
    withdrawn.advisory.withdrawn = AT
    withdrawn.advisory.save(update_fields=["withdrawn"])
    assert "vulnerabilities" not in said(bill_of(full, actor=scientist))


def test_a_version_of_which_nothing_is_known_has_a_valid_bill(version: ModelVersion, scientist: User) -> None:
    bill = bill_of(version, actor=scientist)
    assert faults(bill) == ""
    properties = said(bill)["metadata"]["component"]["properties"]
    assert {"name": "gatehouse:scan:verdict", "value": "not scanned"} in properties


def test_a_version_whose_files_are_elsewhere_has_a_valid_bill(model: RegisteredModel, scientist: User) -> None:
    version = create_version(model, Origin(source="s3://bucket.example.org/model?secret=x"), actor=scientist)
    bill = bill_of(version, actor=scientist)
    assert faults(bill) == ""
    assert b"example.org" not in bill
    assert "components" not in said(bill)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_do_no_harm(text: str) -> None:
    facts = Facts(
        registry=text,
        model=text,
        number=1,
        created_at=AT,
        description=f"# {text}\n{text}\n## Limitations\n{text}",
        authors=(text,),
        owner=text,
        licence=(text, text),
        tree="a" * 64,
        files=(File(text, "b" * 64, 1), File(f"{text}2", "c" * 64, 2)),
        packages=(
            (Package("pypi", text, text), (text, text)),
            (Package("pypi", text, "", text), (text,)),
            (Package(text, "n"), ()),
        ),
        weaknesses=(Weakness(text, (text, text), text, text, 9.8, AT, Package("pypi", text, text), True),),
        datasets=(DataSet(text, text, text), DataSet(text, text, text)),
        measures=(Measure(text, text, text),),
        parameters=((text, text), (text, text)),
        commit=text,
        task=text,
        inputs=(text,),
        flavours=((text, text),),
        python=text[:1_000],
        mlflow=text,
    )
    assert faults(cyclonedx.to_bytes(facts)) == ""


@pytest.mark.parametrize(
    "facts",
    [
        {"flavors": [], "signature": 3, "license": ["mit"], "python_version": {"a": 1}, "card": "x"},
        {"signature": {"inputs": "[" * 5_000, "outputs": "{}"}, "license": None},
        {
            "signature": {"inputs": '[1, {"name": {"a": []}, "tensor-spec": []}]'},
            "card": {"base_model": [None, {}, "x"]},
        },
    ],
)
def test_facts_of_any_shape_do_no_harm(version: ModelVersion, scientist: User, facts: dict[str, object]) -> None:
    know(version, facts)
    assert faults(bill_of(version, actor=scientist)) == ""


@pytest.mark.parametrize("name", ["a b", "日本語", "x..y", 'q"uo<te', "a@1"])
def test_models_with_odd_names_have_valid_bills(registry: Registry, scientist: User, name: str) -> None:
    version = register_files(create_model(registry, name, actor=scientist), {f"{name}.bin": b"1"}, actor=scientist)
    bill = bill_of(version, actor=scientist)
    assert faults(bill) == ""
    assert said(bill)["metadata"]["component"]["name"] == name


def test_the_same_facts_give_the_same_bytes_in_any_order(full: ModelVersion, scientist: User) -> None:
    require(full, {"pandas": "2.3.0"}, ["torch"])
    weaken("numpy", "2.3.1")
    weaken("pandas", "2.3.0")
    facts = gather(full, actor=scientist)
    turned = replace(
        facts,
        files=facts.files[::-1],
        packages=facts.packages[::-1],
        weaknesses=facts.weaknesses[::-1],
        flavours=facts.flavours[::-1],
    )
    assert cyclonedx.to_bytes(facts) == cyclonedx.to_bytes(turned) == bill_of(full, actor=scientist)


def test_another_fact_gives_another_serial_number(full: ModelVersion, scientist: User) -> None:
    before = said(bill_of(full, actor=scientist))
    set_version_tag(full, "task", "classification", actor=scientist)
    after = said(bill_of(full, actor=scientist))
    assert after["metadata"]["component"]["modelCard"]["modelParameters"]["task"] == "classification"
    assert before["serialNumber"] != after["serialNumber"]


def test_other_processes_write_the_same_bytes() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from supply.bills import cyclonedx;"
        "from supply.bills.facts import *;"
        "names = {f'file-{n}' for n in range(50)};"
        "facts = Facts('main', 'iris', 1, datetime(2026, 1, 1, tzinfo=UTC), authors=tuple({'ada', 'grace', 'mary'}),"
        " files=tuple(File(name, 'a' * 64, 1) for name in names),"
        " packages=tuple((Package('pypi', name, '1'), tuple({'a', 'b', 'c'})) for name in names),"
        " measures=tuple(Measure(name, '1') for name in names));"
        "sys.stdout.buffer.write(cyclonedx.to_bytes(facts))"
    )
    root = Path(cyclonedx.__file__).resolve().parents[2]
    bills = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(bills) == 1
    assert faults(bills.pop()) == ""


def test_the_bytes_are_canonical_json(full: ModelVersion, scientist: User) -> None:
    weaken("numpy", "2.3.1")
    bill = bill_of(full, actor=scientist)
    assert bill == orjson.dumps(orjson.loads(bill), option=orjson.OPT_SORT_KEYS)
    names = {name for value in _objects(said(bill)) for name in value}
    # RFC 8785 sorts names by UTF-16 and spells whole numbers without a point; neither can differ here.
    assert all(name.isascii() for name in names)
    assert not any(isinstance(number, float) and number.is_integer() for number in _numbers(said(bill)))


def _objects(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [one for part in inner for one in _objects(part)]
    return [value, *found] if isinstance(value, dict) else found


def _numbers(value: Any) -> list[Any]:
    return [number for one in _objects(value) for number in one.values() if isinstance(number, int | float)]


def test_two_thousand_files_and_five_hundred_packages_are_valid(model: RegisteredModel, scientist: User) -> None:
    files = tuple(File(f"shard-{number:05}.safetensors", f"{number:064x}", number) for number in range(2_000))
    packages = tuple((Package("pypi", f"package-{number}", "1.0"), ("requirements.txt",)) for number in range(500))
    bill = cyclonedx.to_bytes(Facts("main", "large", 1, AT, files=files, packages=packages))
    assert faults(bill) == ""
    assert len(said(bill)["components"]) == 2_500


def test_an_origin_that_one_may_not_see_is_left_out(full: ModelVersion, scientist: User, member: Member) -> None:
    run = full.source_run
    assert run is not None
    hidden = new_experiment(full.model.registry, "hidden", actor=scientist)
    hidden.restricted = True
    hidden.save(update_fields=["restricted"])
    Run.objects.filter(pk=run.pk).update(experiment=hidden)
    full.refresh_from_db()
    reader = member(Role.READER, full.model.registry)
    bill = bill_of(full, actor=reader)
    assert faults(bill) == ""
    for secret in (run.run_id, run.name, "petals", "a1b2c3d4"):
        assert secret.encode() not in bill
    about = said(bill)["metadata"]["properties"]
    assert {"name": "gatehouse:bill:leaves-out", "value": "what you may not see of the origin"} in about
    # What the page of the version shows to everybody is not hidden here either.
    assert all(shown in bill for shown in (b"accuracy", b"depth"))


def test_ancestors_are_the_copied_version_and_the_named_models(full: ModelVersion, scientist: User) -> None:
    other = create_model(full.model.registry, "tulip", actor=scientist)
    copy = create_version(other, Origin(copied_from=full), actor=scientist)
    set_model_tag(other, "base_model", "acme/base, acme/other", actor=scientist)
    bill = bill_of(copy, actor=scientist)
    assert faults(bill) == ""
    assert said(bill)["metadata"]["component"]["pedigree"]["ancestors"] == [
        {"type": "machine-learning-model", "name": "acme/base"},
        {"type": "machine-learning-model", "name": "acme/other"},
        {"type": "machine-learning-model", "group": "main", "name": "iris", "version": str(full.number)},
    ]


def test_the_facts_of_the_last_reading_stand_while_the_next_is_under_way(full: ModelVersion, scientist: User) -> None:
    scan = know(full, {"license": "mit"})
    scan.pk, scan.engine, scan.verdict, scan.facts = None, "2", Verdict.QUEUED, {}
    scan.save(force_insert=True)
    model = said(bill_of(full, actor=scientist))["metadata"]["component"]
    assert model["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    assert {"name": "gatehouse:scan:verdict", "value": "clean"} in model["properties"]
