"""What permission costs: the same questions asked by people whose rights come from very different numbers of grants.

Fills an empty PostgreSQL database of its own, asks each question many times in turns, and prints queries and times as
ratios to the administrator, who is asked no rights at all. See benchmarks/README.md for how to run it.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

QUESTIONS = ["REST list models", "MLflow search", "model page", "MLflow get version", "access.can"]
Ask = Callable[[], object]


def main() -> None:
    """Start a database, fill it, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--grants", type=int, default=1_000)
    parser.add_argument("--teams", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--explain", action="store_true", help="print the plans for the person with the most grants")
    wanted = parser.parse_args()
    with _database():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from benchmarks.access_world import build

        world = build(models=wanted.models, grants=wanted.grants, teams=wanted.teams)
        _report({name: _questions(*who) for name, who in world.items()}, wanted.rounds)
        if wanted.explain:
            _explain(world)


@contextmanager
def _database() -> Iterator[None]:
    """A PostgreSQL server for this run alone."""
    from tests.services import postgres

    with TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o711)
        (place / "data-dir").mkdir()
        (place / "postgres").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        with postgres.serve(place / "postgres") as environment:
            os.environ.update(environment, DATA_DIR=str(place / "data-dir"))
            _create_database(environment["DATABASE_URL"])
            yield


def _create_database(url: str) -> None:
    import psycopg

    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE gatehouse")


def _questions(actor: Any, secret: str, name: str, version: Any) -> dict[str, Ask]:
    """Each question as this actor asks it: about a model that it sees."""
    from django.test import Client

    from accounts import access
    from accounts.rights import Right

    api = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {secret}"})
    browser = Client(SERVER_NAME="localhost")
    if actor.limit is None:
        browser.force_login(actor)

    def get(client: Client, path: str, **query: str) -> Ask:
        def ask() -> None:
            response = client.get(path, query)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answered {response.status_code}: {response.content[:300]!r}")

        return ask

    mlflow = "/api/2.0/mlflow"
    asks = {
        "REST list models": get(api, "/api/v1/models"),
        "MLflow search": get(api, f"{mlflow}/registered-models/search", max_results="50"),
        "model page": get(browser, f"/models/main/{name}"),
        "MLflow get version": get(api, f"{mlflow}/model-versions/get", name=name, version="1"),
        "access.can": lambda: access.can(actor, Right.DOWNLOAD, version),
    }
    if actor.limit is not None:
        del asks["model page"]  # tokens do not sign in on pages
    return asks


def _report(asks: dict[str, dict[str, Ask]], rounds: int) -> None:
    """Ask in turns, so that all suffer alike when the machine is busy, and print queries and times."""
    queries = {(who, what): _queries(ask) for who, of in asks.items() for what, ask in of.items()}
    times: dict[tuple[str, str], list[float]] = {key: [] for key in queries}
    for _ in range(rounds):
        for who, of in asks.items():
            for what, ask in of.items():
                start = time.perf_counter()
                ask()
                times[who, what].append(time.perf_counter() - start)
    base = next(iter(asks))
    sys.stdout.write(f"{'':34}" + "".join(f"{what:>24}" for what in QUESTIONS) + "\n")
    for who in asks:
        cells = []
        for what in QUESTIONS:
            if (who, what) not in times:
                cells.append("–")
                continue
            took = median(times[who, what])
            cells.append(f"{queries[who, what]} q {took * 1000:.1f} ms ×{took / median(times[base, what]):.2f}")
        sys.stdout.write(f"{who:34}" + "".join(f"{cell:>24}" for cell in cells) + "\n")


def _queries(ask: Ask) -> int:
    """How many statements it sends once everything is compiled, transactions aside."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    ask()
    with CaptureQueriesContext(connection) as sent:
        ask()
    return len([query for query in sent if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"))])


def _explain(world: dict[str, tuple[Any, str, str, Any]]) -> None:
    from django.db import connection

    from registry.queries import models_for, versions_for

    for who, (actor, _, name, version) in world.items():
        for what, rows in (
            ("the list", models_for(actor).order_by("name", "pk")[:51]),
            ("one version", versions_for(actor).filter(model__name=name, number=version.number)),
        ):
            sql, params = rows.query.sql_with_params()
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
                plan = "\n".join(line for (line,) in cursor.fetchall())
            sys.stdout.write(f"\n{who}: {what}\n{plan}\n")


if __name__ == "__main__":
    main()
