"""Several at once, and workers that are really killed: every package is matched, and nothing is told twice."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from events.models import Event
from lib.errors import Conflict
from registry.models import ModelVersion, RegisteredModel
from registry.operations.placements import move_alias
from scanning.models import Scan, Verdict
from supply.models import Advisory, AdvisoryImport, Exposure, Package, Vulnerability
from supply.operations.advisories import import_advisories
from supply.operations.matching import match_packages, store_dependencies
from tests.accounts.at_once import at_once
from tests.factories.advisories import bring_in, match_everything, osv, require, write
from tests.factories.registry import register_files

# The other threads and processes see only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NAMES = [f"part-{number}" for number in range(12)]


def found_twice() -> list[object]:
    """What the log tells of more than once."""
    lines = Event.objects.filter(kind="vulnerability.found").values_list("subject_id", "details")
    told = Counter((subject, details["advisory"]) for subject, details in lines)
    return [what for what, count in told.items() if count > 1]


@pytest.fixture
def live(version: ModelVersion, scientist: User) -> ModelVersion:
    """Requires twelve packages that will turn out to be vulnerable."""
    require(version, *(f"{name}==1.0" for name in NAMES))
    move_alias(version, "blue", actor=scientist)
    return version


def records(fixed: str = "2") -> list[dict[str, object]]:
    """One advisory for each package."""
    return [osv(f"GHSA-{name}", name, fixed=fixed) for name in NAMES]


def test_sweeps_at_once_share_the_work(live: ModelVersion, tmp_path: Path, system: User) -> None:
    import_advisories(write(tmp_path / "all.zip", *records()), actor=system)

    def sweep() -> None:
        while match_packages(actor=system):
            pass

    assert at_once(*[sweep] * 4) == [None] * 4
    assert Vulnerability.objects.count() == Exposure.objects.count() == 12
    assert found_twice() == [] and Event.objects.filter(kind="vulnerability.found").count() == 12


def test_scans_that_end_while_advisories_come_in_miss_nothing(
    live: ModelVersion, model: RegisteredModel, scientist: User, tmp_path: Path, system: User
) -> None:
    scans = []
    for number in range(4):
        other = register_files(model, {"weights.txt": str(number).encode()}, actor=scientist)
        facts = {
            "dependencies": [
                {"path": "r", "ecosystem": "pypi", "name": name, "specifier": "==1.0", "version": "1.0"}
                for name in [*NAMES[:6], f"new-{number}", "new-to-all"]
            ]
        }
        scan = Scan.objects.get(tree=other.tree)
        Scan.objects.filter(pk=scan.pk).update(facts=facts, verdict=Verdict.CLEAN)
        scans.append(scan)
    path = write(
        tmp_path / "all.zip",
        *records(),
        *(osv(f"GHSA-new-{number}", f"new-{number}", fixed="2") for number in range(4)),
        osv("GHSA-all", "new-to-all", fixed="2"),
    )
    results = at_once(
        lambda: import_advisories(path, actor=system).record_count,
        *(lambda scan=scan: store_dependencies(scan, actor=system) for scan in scans),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    match_everything()
    current = AdvisoryImport.objects.get(is_current=True)
    assert not Package.objects.exclude(matched_with=current).exists()
    assert Package.objects.count() == Vulnerability.objects.filter(closed_at=None).count() == 17


def test_of_two_imports_at_once_one_is_current(live: ModelVersion, tmp_path: Path, system: User) -> None:
    paths = [write(tmp_path / f"{number}.zip", *records(fixed=str(number + 2))) for number in range(3)]
    results = at_once(*(lambda path=path: import_advisories(path, actor=system) for path in paths))
    assert all(isinstance(result, AdvisoryImport | Conflict) for result in results), results
    current = AdvisoryImport.objects.get(is_current=True)
    number = next(place for place, path in enumerate(paths) if path.name == current.source)
    assert {row.document["affected"][0]["ranges"][0]["events"][1]["fixed"] for row in Advisory.objects.all()} == {
        str(number + 2)
    }


WORKER = """
import sys, time
import django
django.setup()
from accounts.queries import system_user
from supply.operations import matching

matching.AT_ONCE = 1
real, left = matching.note_exposures, int(sys.argv[1])

def noting(versions, *, actor):
    global left
    real(versions, actor=actor)
    left -= 1
    if left == 0:  # noted, and not stored yet
        print("now", flush=True)
        time.sleep(60)

matching.note_exposures = noting
while matching.match_packages(actor=system_user()):
    pass
print("done", flush=True)
"""


def test_a_worker_that_is_killed_in_the_middle_has_told_nothing_or_all(
    live: ModelVersion, tmp_path: Path, system: User
) -> None:
    import_advisories(write(tmp_path / "all.zip", *records()), actor=system)
    said = []
    for step in (1, 3, 2, 5, 100):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(step)],
            cwd=Path(__file__).resolve().parents[3],
            env={**os.environ, "DATABASE_URL": address_of_the_tests(), "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout is not None
        said.append(worker.stdout.readline().strip())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        noted = Exposure.objects.count()
        assert noted == Event.objects.filter(kind="vulnerability.found").count() == Vulnerability.objects.count()
        current = AdvisoryImport.objects.get(is_current=True)
        assert Package.objects.filter(matched_with=current).count() == noted
    assert said == ["now", "now", "now", "now", "done"]
    assert Exposure.objects.count() == 12 and found_twice() == []
    bring_in(tmp_path, *records())
    assert Event.objects.filter(kind="vulnerability.found").count() == 12


def address_of_the_tests() -> str:
    """How another process gets to the database of the tests."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{connection.settings_dict['NAME']}"
    whole = os.environ["DATABASE_URL"]
    assert settings.DATABASES["default"]["ENGINE"].endswith(connection.vendor)
    before, _, options = whole.partition("?")
    return f"{before.rpartition('/')[0]}/{connection.settings_dict['NAME']}" + (f"?{options}" if options else "")
