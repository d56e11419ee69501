"""What advisories cost: importing a file of them, comparing every required package, and looking up one version.

Makes a file of synthetic records and as many packages as wanted in a database of its own (SQLite, or PostgreSQL with
--postgresql), and prints seconds of wall and processor time and the peak of memory. See benchmarks/README.md.
"""

import argparse
import json
import os
import random
import resource
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NAMES = 3_500
REQUIRED_NAMES = 6_000
VERSIONS = 60
VECTORS = [f"CVSS:3.1/AV:N/AC:{ac}/PR:{pr}/UI:N/S:U/C:{c}/I:N/A:H" for ac in "LH" for pr in "NLH" for c in "HLN"]


def main() -> None:
    """Make the file, import it twice, match, look up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=25_000)
    parser.add_argument("--packages", type=int, default=20_000)
    parser.add_argument("--postgresql", action="store_true")
    wanted = parser.parse_args()
    with TemporaryDirectory() as folder, _database(Path(folder), wanted.postgresql):
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        path = Path(folder) / "all.zip"
        _write(path, wanted.records, changed=0)
        print(f"{wanted.records:,} records, {path.stat().st_size / 1e6:.1f} MB of zip; peak so far {_peak()} MB")
        _measure_all(path, wanted.records, wanted.packages)


def _measure_all(path: Path, records: int, packages: int) -> None:
    from accounts.queries import system_user
    from supply.models import Vulnerability
    from supply.operations.advisories import import_advisories
    from supply.operations.matching import match_packages

    actor = system_user()

    def sweep() -> None:
        while match_packages(actor=actor):
            pass

    _report("first import", lambda: import_advisories(path, actor=actor))
    _report("import of the same file", lambda: import_advisories(path, actor=actor))
    _write(path, records, changed=records // 100)
    _report("import with one in 100 changed", lambda: import_advisories(path, actor=actor))
    version = _require(packages)
    _report(f"first match of {packages:,} packages", sweep)
    print(f"    {Vulnerability.objects.count():,} vulnerabilities")
    import_advisories(path, actor=actor)
    _report(f"match of {packages:,} packages again", sweep)
    _look_up(version)


def _look_up(version: Any) -> None:
    from supply.audit.vulnerabilities import vulnerabilities_of
    from supply.gates.vulnerabilities import vulnerability_check
    from supply.models import Severity

    audit = vulnerabilities_of(version)
    rounds = 20
    start = time.perf_counter()
    for _ in range(rounds):
        vulnerability_check(version, Severity.HIGH)
    each = (time.perf_counter() - start) / rounds * 1000
    print(f"check of one version: {each:.1f} ms ({audit.covered} packages, {len(audit.vulnerabilities)} issues)")


def _require(packages: int) -> Any:
    """A live version that requires 100 of the packages; the others are required by nobody."""
    from accounts.models import Registry
    from accounts.operations.registries import create_registry
    from accounts.queries import system_user
    from blobs.models import Tree
    from registry.models import ModelVersion
    from registry.operations.models import create_model
    from registry.operations.placements import move_alias
    from registry.operations.versions import Origin, create_version
    from scanning.models import Scan, Verdict
    from supply.models import Dependency, Package

    actor = system_user()
    registry = Registry.objects.filter(is_default=True).first() or create_registry("main", is_default=True, actor=actor)
    chosen = random.Random(2)
    pairs = {
        (f"package-{chosen.randrange(REQUIRED_NAMES)}", f"{chosen.randrange(6)}.{chosen.randrange(10)}.0")
        for _ in range(packages * 3)
    }
    made = Package.objects.bulk_create(
        [Package(name=n, version=v) for n, v in sorted(pairs)[:packages]], batch_size=500
    )
    version = create_version(create_model(registry, "bench", actor=actor), Origin(source="s3://x"), actor=actor)
    tree = Tree.objects.create(digest="0" * 64, file_count=0, size=0)
    ModelVersion.objects.filter(pk=version.pk).update(tree=tree)
    move_alias(version, "live", actor=actor)
    Dependency.objects.bulk_create(
        Dependency(tree=tree, path="requirements.txt", name=one.name, specifier=f"=={one.version}", package=one)
        for one in chosen.sample(made, 100)
    )
    Scan.objects.create(tree=tree, engine="bench", verdict=Verdict.CLEAN, facts={"dependencies": []})
    return ModelVersion.objects.select_related("model", "tree").get(pk=version.pk)


def _write(path: Path, records: int, *, changed: int) -> None:
    """Records as long as real ones; of every hundred some have another text when `changed` of them do."""
    chosen = random.Random(1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(records):
            identifier = f"{'MAL' if number % 5 < 2 else 'GHSA'}-{number:06}"
            start, stop = sorted(chosen.sample(range(VERSIONS), 2))
            listed = [f"{place // 10}.{place % 10}.0" for place in range(start, stop)]
            events = [{"introduced": listed[0]}, {"fixed": f"{stop // 10}.{stop % 10}.0"}]
            record = {
                "schema_version": "1.7.0",
                "id": identifier,
                "modified": time.strftime("%Y-%m-%dT00:00:00Z"),
                "aliases": [f"CVE-2020-{number:06}"],
                "summary": f"Summary of {identifier}" + ("!" if number < changed else ""),
                "details": " ".join(chosen.choices(_WORDS, k=400)),
                "severity": [{"type": "CVSS_V3", "score": chosen.choice(VECTORS)}],
                "affected": [
                    {
                        "package": {"ecosystem": "PyPI", "name": _name(chosen, number)},
                        "ranges": [{"type": "ECOSYSTEM", "events": events}],
                        "versions": listed,
                    }
                ],
                "references": [
                    {"type": "WEB", "url": f"https://example.org/{identifier}/{place}"} for place in range(8)
                ],
            }
            archive.writestr(f"{identifier}.json", json.dumps(record))


_WORDS = ["an", "attacker", "who", "controls", "this", "input", "may", "read", "memory", "beyond", "the", "buffer"]


def _name(chosen: random.Random, number: int) -> str:
    """Two in five are malicious packages that nobody requires; of the others few have many advisories."""
    if number % 5 < 2:
        return f"malicious-{number}"
    return f"package-{int(NAMES * chosen.random() ** 2)}"


def _report(what: str, call: Callable[[], object]) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    call()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what}: {wall:.1f} s wall, {processor:.1f} s processor, peak {_peak()} MB")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def _database(folder: Path, is_postgresql: bool) -> Iterator[None]:
    """A database for this run alone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    (folder / "data").mkdir()
    os.environ["DATA_DIR"] = str(folder / "data")
    os.environ.pop("DATABASE_URL", None)
    if not is_postgresql:
        yield
        return
    import psycopg

    from tests.services import postgres

    folder.chmod(0o711)
    (folder / "postgres").mkdir()
    with postgres.serve(folder / "postgres") as environment:
        os.environ.update(environment)
        with psycopg.connect(
            environment["DATABASE_URL"].rpartition("/")[0] + "/postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE gatehouse")
        yield


if __name__ == "__main__":
    main()
