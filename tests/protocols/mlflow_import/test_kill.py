"""The import is stopped in the middle, in every way that there is, and goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.management import CommandError

from accounts.models import Registry, User
from protocols.mlflow_import.carry import runs
from tests.config.test_tree import FOREIGN, ROOT, Tree, wait_for
from tests.protocols.mlflow_import.between import Between
from tests.protocols.mlflow_import.conftest import Filled, Move, ReadHere
from tests.protocols.mlflow_import.reading import read
from tests.protocols.mlflow_import.test_moving_in import without_numbers
from tracking.models import MetricChunk, Run
from tracking.models.measurements import unpack
from tracking.operations.measurements import log_batch

pytestmark = pytest.mark.filterwarnings("default", "ignore::FutureWarning")
IN_PROCESS = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def begin(house: Tree, url: str, surroundings: dict[str, str]) -> subprocess.Popen[bytes]:
    """The command in a process of its own, on the data of the house."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    with (house.folder / "import.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "import_mlflow", url, "--as", "admin"],
            cwd=ROOT,
            env=kept
            | {name: os.environ[name] for name in FOREIGN if name in os.environ}
            | surroundings
            | {"DATA_DIR": str(house.folder / "data")},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def kill_when_held(process: subprocess.Popen[bytes], between: Between) -> None:
    """Kill -9 as soon as the source stops answering; whoever ends before that was not stopped at all."""
    deadline = time.monotonic() + 120
    while not between.is_holding.wait(0.1):
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    between.go_on()


def test_killed_again_and_again_it_ends_like_an_undisturbed_one(
    source: Filled, between: Between, house: Tree, surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start(**surroundings)
    wait_for(house, house.is_up)
    between.hold_in = "heavy/big.bin"
    kill_when_held(begin(house, between.url, surroundings), between)
    for number in (3, 9, 10, 14, 21, 25):
        between.asked.clear()
        between.hold_from = number
        kill_when_held(begin(house, between.url, surroundings), between)
    last = begin(house, between.url, surroundings)
    assert last.wait(180) == 0, (house.folder / "import.log").read_text()
    token = (house.folder / "data" / "admin-token").read_text().strip()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    here, there = without_numbers(read(f"http://127.0.0.1:{house.port}")), without_numbers(source.expected())
    for noun, wanted in there.items():
        assert here[noun] == wanted, noun


def test_two_at_once_do_not_disturb_each_other(
    source: Filled, between: Between, house: Tree, surroundings: dict[str, str]
) -> None:
    house.start(**surroundings)
    wait_for(house, house.is_up)
    between.hold_from = 5
    first = begin(house, between.url, surroundings)
    assert between.is_holding.wait(120)
    second = begin(house, source.url, surroundings)
    assert second.wait(60) == 1
    assert "Another import is running here." in (house.folder / "import.log").read_text()
    between.go_on()
    assert first.wait(180) == 0


@IN_PROCESS
def test_no_point_of_a_metric_is_stored_twice(
    source: Filled,
    move: Move,
    read_here: ReadHere,
    registry: Registry,
    maintainer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped between two batches of one metric's points."""
    calls = []

    def stop_at_the_fourth(*arguments: Any, **options: Any) -> None:
        if options.get("metrics"):
            calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        log_batch(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "log_batch", stop_at_the_fourth)
        with pytest.raises(CommandError, match=r"Stopped\. Run the same command again") as caught:
            move(source.url, "--as", maintainer.username, "--only", "experiments")
    assert caught.value.returncode == 130
    stopped = Run.objects.get(run_id=source.contents.runs["long"])
    assert 0 < points(stopped) < 3_012
    move(source.url, "--as", maintainer.username)
    assert points(stopped) == sum(len(history) for history in source.read["runs"][stopped.run_id]["history"].values())
    assert without_numbers(read_here()) == without_numbers(source.expected())


def points(run: Run) -> int:
    """How many are stored, repeated ones too."""
    return sum(len(list(unpack(chunk.points))) for chunk in MetricChunk.objects.filter(run=run))


@IN_PROCESS
def test_a_source_that_goes_away_in_the_middle(
    source: Filled, between: Between, move: Move, read_here: ReadHere, registry: Registry, maintainer: User
) -> None:
    between.dead_from = 9
    with pytest.raises(CommandError, match=r"does not answer.*Run the same command again to go on from here"):
        move(between.url, "--as", maintainer.username)
    assert Run.objects.exists()
    between.dead_from = None
    move(between.url, "--as", maintainer.username)
    assert without_numbers(read_here()) == without_numbers(source.expected())
