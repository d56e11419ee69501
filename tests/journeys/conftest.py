"""A whole Gatehouse in processes of its own, on the stack of this test run."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.config.test_tree import Tree


@pytest.fixture
def surroundings() -> Iterator[dict[str, str]]:
    """The servers of this run, with a database, a queue and a folder of the bucket that nobody else uses."""
    name = f"journey_{secrets.token_hex(6)}"
    changed = {}
    database = os.environ.get("DATABASE_URL")
    if database:
        server = database.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        changed["DATABASE_URL"] = f"{server}/{name}"
    if broker := os.environ.get("CELERY_BROKER_URL"):
        changed["CELERY_BROKER_URL"] = f"{broker.rpartition('/')[0]}/15"
    if storage := os.environ.get("STORAGE_URL"):
        changed["STORAGE_URL"] = storage.replace("?", f"/{name}?", 1)
    yield changed
    if database:
        with psycopg.connect(f"{database.rpartition('/')[0]}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def house(tmp_path: Path, surroundings: dict[str, str]) -> Iterator[Tree]:
    """A tree that is not started yet; `house.start(*arguments, **surroundings)` starts it."""
    tree = Tree(tmp_path)
    yield tree
    if tree.supervisor and tree.supervisor.poll() is None:
        tree.supervisor.terminate()
        tree.supervisor.wait(60)
