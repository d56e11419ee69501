"""Hostile files at a running server: published failures 10, 11, 12, 14, 35, 39 and 41.

Payloads would make marker files; nothing may make them, whatever carries it in, and no worker dies of it.
"""

import gzip
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any
from urllib.parse import quote

import pytest

from scanning.sandbox import isolation
from tests.protocols.mlflow_rest.hostile_place import API, PROXY
from tests.scanning.bombs import GIB, of_zlib, zip_of
from tests.scanning.engine.builders import archive
from tests.scanning.engine.hostile import call, corpus
from tests.scanning.engines import engines, limits_of, streams_of
from tests.security.conftest import Server

# Seconds of work for the engine, and at its end what makes the version unsafe.
SLOW = b"\x80\x04" + b"]0" * 3_000_000 + b"cos\nsystem\n."


@pytest.fixture
def markers(server: Server) -> Path:
    """Where payloads would leave their markers."""
    folder = server.tree.folder / "markers"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def nothing_happens(server: Server, markers: Path) -> Iterator[None]:
    """Web and worker are the same processes at the end, no payload has run, and nothing lies around but blobs."""
    leaders = server.tree.leader("celery"), server.tree.leader("granian")
    before = set(server.listing())
    yield
    assert (server.tree.leader("celery"), server.tree.leader("granian")) == leaders
    assert list(markers.iterdir()) == []
    left = {name for name in set(server.listing()) - before if not name.startswith("data/blobs")}
    assert left == set()
    entries = [path for path in server.store.rglob("*") if not S_ISDIR(path.lstat().st_mode)]
    assert all(S_ISREG(path.lstat().st_mode) and path.lstat().st_nlink == 1 for path in entries)


def register(server: Server, name: str, path: str) -> int:
    """A version of what the run has below a path."""
    server.call("registered-models/create", name=name)
    made = server.post("model-versions/create", name=name, source=f"runs:/{server.run_id}/{path}", run_id=server.run_id)
    return int(made["model_version"]["version"])


def scan_of(server: Server, name: str, number: int) -> Any:
    return server.api("ada", "GET", f"registries/main/models/{name}/versions/{number}/scan").json


def verdict(server: Server, name: str, number: int, seconds: float = 300) -> str:
    """The verdict, when it is there."""
    wait(lambda: scan_of(server, name, number)["verdict"] not in ("queued", "scanning"), seconds)
    return str(scan_of(server, name, number)["verdict"])


def wait(happens: Callable[[], object], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def put(server: Server, path: str, body: bytes) -> None:
    answer = server.send("PUT", f"{PROXY}/{server.root}/{quote(path)}", body=body)
    assert answer.status == 200, (path, answer)


def doors(server: Server) -> dict[str, Callable[[str, bytes], Any]]:
    """Every way for a file into a run."""
    run, place = f"run_uuid={server.run_id}", f"/{server.root}/"
    return {
        "proxy": lambda path, body: server.send("PUT", f"{PROXY}{place}{quote(path)}", body=body),
        "registry": lambda path, body: server.send("PUT", f"/r/main{PROXY}{place}{quote(path)}", body=body),
        "browser": lambda path, body: server.send("PUT", f"/ajax-api{PROXY[4:]}{place}{quote(path)}", body=body),
        "upload": lambda path, body: server.send(
            "POST", f"/ajax-api/2.0/mlflow/upload-artifact?{run}&path={quote(path)}", body=body
        ),
    }


@pytest.mark.usefixtures("nothing_happens")
def test_hostile_files_are_kept_judged_and_never_run(server: Server, markers: Path) -> None:
    """10, 11, 14, 39: every item of the corpus, through every door in turns, as archives among others."""
    items = corpus(str(markers))
    ways = doors(server)
    for number, item in enumerate(items):
        door = list(ways)[number % len(ways)]
        answer = ways[door](f"hostile-{door}/{number:03}/{item.name}", item.data)
        assert answer.status == 200, (door, item.name, answer)
    for door in ways:
        number = register(server, f"hostile-{door}", f"hostile-{door}")
        assert verdict(server, f"hostile-{door}", number) == "unsafe"
        found = scan_of(server, f"hostile-{door}", number)["findings"]
        assert not [finding for finding in found if finding["scanner"] in ("engine", "sandbox")]
        address = f"registries/main/models/hostile-{door}/versions/{number}"
        assert server.api("reader", "GET", f"{address}/files/{found[0]['path']}").status == 403
        for move in ({"stage": "Production"}, {"stage": "Staging"}, {"alias": "champion"}, {"alias": "x"}):
            assert server.api("boss", "POST", f"{address}/moves", move).status == 409


@pytest.mark.usefixtures("nothing_happens")
def test_a_hostile_file_in_a_logged_model_is_judged_when_it_is_registered(server: Server, markers: Path) -> None:
    """14: the other place where clients put models."""
    payload = call("os", "system", f"touch {markers}/marker")
    model = server.post("logged-models", experiment_id="0", name="hostile")["model"]["info"]["model_id"]
    answer = server.send("PUT", f"{PROXY}/0/models/{model}/artifacts/model.pkl", body=payload)
    assert answer.status == 200
    ready = json.dumps({"model_id": model, "status": "LOGGED_MODEL_READY"}).encode()
    headers = {"Content-Type": "application/json"}
    assert server.send("PATCH", f"{API}/logged-models/{model}", body=ready, headers=headers).status == 200
    server.call("registered-models/create", name="hostile-logged")
    made = server.post("model-versions/create", name="hostile-logged", source=f"models:/{model}", model_id=model)
    assert verdict(server, "hostile-logged", int(made["model_version"]["version"])) == "unsafe"


@pytest.mark.usefixtures("nothing_happens")
def test_the_same_bytes_get_the_same_verdict_under_any_name_and_packing(server: Server, markers: Path) -> None:
    """41."""
    payload = call("os", "system", f"touch {markers}/marker")
    names = {
        "cat.png": payload,
        "no-extension": payload,
        "model.PKL": payload,
        "README.md": payload,
        "config.json": payload,
        "model.safetensors": payload,
        "notes.txt.gz": gzip.compress(payload),
        "inner.zip": archive({"a/b.zip": archive({"c.jpg": payload})}),
        ".hidden/.git/x": payload,
    }
    for name, data in names.items():
        put(server, f"renamed/{name}", data)
    number = register(server, "renamed", "renamed")
    assert verdict(server, "renamed", number) == "unsafe"
    findings = scan_of(server, "renamed", number)["findings"]
    assert {finding["path"] for finding in findings if finding["severity"] == "unsafe"} == set(names)


@pytest.mark.usefixtures("nothing_happens")
def test_a_bomb_costs_the_worker_neither_memory_nor_disk_nor_time_of_others(server: Server) -> None:
    """12: a megabyte that is a gigabyte, and another version meanwhile."""
    worker = server.tree.leader("celery")
    memory = peak_of(worker)
    put(server, "bomb/model.zip", zip_of(of_zlib(-15), GIB))
    put(server, "plain/notes.txt", b"hello\n")
    room = shutil.disk_usage(server.tree.folder).free
    bomb, plain = register(server, "bomb", "bomb"), register(server, "plain", "plain")
    assert verdict(server, "plain", plain) == "clean"
    assert verdict(server, "bomb", bomb) == "needs-review"
    assert peak_of(worker) - memory < 100_000_000
    # Others use this disk too; a gigabyte would show.
    assert room - shutil.disk_usage(server.tree.folder).free < GIB // 2


def peak_of(process: int | None) -> int:
    """The most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def at_work(server: Server) -> list[Any]:
    """The processes below the worker: they keep an engine from everything else."""
    worker = server.tree.leader("celery")
    return engines(worker) if worker else []


def test_a_running_scan_has_no_folder_and_no_network(server: Server) -> None:
    """35 and 39: nothing of it is on a disk, and its process has nothing to reach anything with."""
    before, others = set(server.listing()), at_work(server)
    put(server, "slow/a.pkl", SLOW)
    number = register(server, "slow", "slow")
    wait(lambda: scan_of(server, "slow", number)["verdict"] == "scanning" and has_shut_the_door(server))
    engine = at_work(server)[-1].folder
    assert {name.partition(":")[0] for name in streams_of(engine).values()} == {"socket", "pipe", "/dev/null"}
    assert (engine / "environ").read_bytes() == b""
    if isolation().is_alone:
        assert os.readlink(engine / "ns/net") != os.readlink("/proc/self/ns/net")
    assert {name for name in set(server.listing()) - before if not name.startswith("data/blobs")} == set()
    assert verdict(server, "slow", number) == "unsafe"
    assert [(one, (one.folder / "cmdline").read_bytes()) for one in at_work(server) if one not in others] == []


def has_shut_the_door(server: Server) -> bool:
    """Whether an engine reads by now."""
    try:
        return limits_of(at_work(server)[-1].folder)["Max open files"] == ("3", "3")
    except (IndexError, OSError, KeyError):
        return False


def test_nothing_of_a_scan_outlives_its_worker_and_the_next_one_finishes_it(server: Server) -> None:
    """35 and 39."""
    put(server, "killed/a.pkl", SLOW + b"x")
    number = register(server, "killed", "killed")
    wait(lambda: scan_of(server, "killed", number)["verdict"] == "scanning" and has_shut_the_door(server))
    below, worker = at_work(server), server.tree.leader("celery")
    assert worker
    os.kill(worker, signal.SIGKILL)
    wait(lambda: server.tree.has_replaced("celery", worker))
    wait(lambda: not any(process.is_alive for process in below))
    assert not (server.tree.folder / "data" / "scans").exists()
    assert verdict(server, "killed", number) == "unsafe"
