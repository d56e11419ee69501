"""The gate against the real unpickler, on pickles that nobody thought of.

Whatever the gate calls clean is unpickled, once with stand-ins that note what is done with every name, and once for
real in a process that is watched.
"""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanning.engine import allow_list, readers
from scanning.engine.allow_list import LISTED, Standing
from scanning.engine.context import Context
from scanning.engine.findings import verdict_of
from scanning.engine.sources import BytesSource
from tests.scanning.engine import watching
from tests.scanning.engine.hostile import call
from tests.scanning.engine.hostile_models import wrapper
from tests.scanning.engine.probes import BY_ROOT, Probe
from tests.scanning.engine.recording import Deed, unpickle
from tests.scanning.engine.soup import Soup

HERE = Path(__file__).parent
INSTALLED = ("numpy", "scipy", "sklearn", "pandas", "joblib", "_loss")
STANDARD = tuple(root for root in BY_ROOT if root in sys.stdlib_module_names)
BENIGN = [
    path.read_bytes() for folder in ("samples", "model_samples/clean") for path in sorted((HERE / folder).rglob("*"))
    if path.is_file() and path.stat().st_size < 40_000
]  # fmt: skip
PLAIN: list[object] = [
    np.arange(4), np.zeros((2, 2)), np.array(["a", None], object), np.zeros(2, [("a", "i4"), ("b", "f8")]),
    np.array(5.0), np.dtype("f8"), np.dtype("O"), np.dtype([("a", "i4")]), np.float64(3), [1, 2], {}, (),
    {"a": 1}, {1, 2}, slice(0, 2), timedelta(1), pd.Index(["a"]), complex(1, 2), b"x" * 300, "x" * 300,
]  # fmt: skip


def verdict(data: bytes) -> str:
    """Straight from the reader: what it raises is not caught here."""
    context = Context("file", readers.read)
    readers.read(BytesSource(data), context)
    return verdict_of(context.findings)


def is_meant(deed: Deed) -> bool:
    """Whether the list lets a clean pickle do this."""
    found = allow_list.standing(*allow_list.modern(deed.module, deed.name))
    if deed.what == "named" and not all(part.isidentifier() for part in f"{deed.module}.{deed.name}".split(".")):
        # Text that happens to begin with an opcode; there is no such module.
        return True
    return {
        "named": found in LISTED,
        "called": found is Standing.CALL,
        "made": found in (Standing.CALL, Standing.CLASS),
    }.get(deed.what, False)


def assert_clean_means_listed(data: bytes) -> None:
    if verdict(data) == "clean":
        for implementation in (pickle.Unpickler, pickle._Unpickler):
            assert [deed for deed in unpickle(data, implementation) if not is_meant(deed)] == []


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=True), st.sampled_from([0, 0.03, 0.1]), st.sampled_from([0, 0.01, 0.05]))
def test_what_the_real_unpickler_would_do_is_on_the_list(random: Random, forbidden: float, wild: float) -> None:
    assert_clean_means_listed(Soup(random, forbidden=forbidden, wild=wild).make(random.choice([5, 10, 20, 40])))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=True), st.sampled_from([0.03, 0.3]))
def test_an_array_that_is_operations_to_others_is_found(random: Random, forbidden: float) -> None:
    hidden = Soup(random, forbidden=forbidden).make(random.choice([3, 6, 12]))
    data = b"\x80\x03" + wrapper(hidden[2:]) + b"."
    if verdict(data) == "clean":
        for implementation in (pickle.Unpickler, pickle._Unpickler):
            assert [deed for deed in unmeant_in_array(unpickle(data, implementation)) if deed.module] == []


def unmeant_in_array(deeds: list[Deed]) -> list[Deed]:
    """What should not have been done, as far as the unpickler would get.

    It fails at a name of the list in a module that does not have it, and when it calls plain data; the recorder goes
    on, but even then there may be no name that is not on the list.
    """
    mixed_up = [number for number, deed in enumerate(deeds) if deed.module and not is_meant(deed)]
    named = [deed for deed in deeds if deed.what == "named" and deed.name not in allow_list.last_names()]
    before = deeds[: mixed_up[0]] if mixed_up else deeds
    return [deed for deed in [*before, *named] if not is_meant(deed)]


def test_the_recorder_notes_what_is_done() -> None:
    for implementation in (pickle.Unpickler, pickle._Unpickler):
        assert unpickle(call("os", "system", "true"), implementation) == [
            Deed("named", "os", "system"), Deed("called", "os", "system"),
        ]  # fmt: skip
        assert Deed("changed", "a", "B") in unpickle(b"\x80\x02ca\nB\n}b.", implementation)
        assert Deed("made", "a", "B") in unpickle(b"\x80\x02ca\nB\n)\x81.", implementation)
        assert Deed("computed") in unpickle(b"\x80\x02ca\nb\n)R)R.", implementation)


@st.composite
def mutations(draw: Any) -> bytes:
    """A file that a library wrote, with a few bytes changed, removed, repeated or taken from another."""
    data = bytearray(draw(st.sampled_from(BENIGN)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            data[at : at + length] = draw(st.binary(max_size=12))
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        else:
            other = draw(st.sampled_from(BENIGN))
            start = draw(st.integers(0, len(other)))
            data[at : at + length] = other[start : start + 64]
    return bytes(data)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(mutations())
def test_a_mutated_file_never_raises_and_clean_still_means_listed(data: bytes) -> None:
    assert_clean_means_listed(data)


def clean_soups(count: int) -> Iterator[bytes]:
    """Clean pickles in which something is called or made, the same ones every time."""
    seed = 0
    while count:
        seed += 1
        random = Random(seed)
        data = Soup(random, forbidden=0, wild=random.choice([0, 0.01])).make(random.choice([10, 20, 40]))
        if verdict(data) == "clean" and any(deed.what in ("called", "made") for deed in unpickle(data)):
            count -= 1
            yield data


def clean_probes(count: int) -> Iterator[bytes]:
    seed = 0
    while count:
        seed += 1
        data = Probe(Random(seed), (*INSTALLED, *STANDARD), PLAIN).make()
        if verdict(data) == "clean":
            count -= 1
            yield data


@pytest.mark.parametrize("make", [clean_soups, clean_probes])
def test_loading_what_is_clean_does_nothing_else(make: Any, tmp_path: Path) -> None:
    files = []
    for number, data in enumerate(make(600)):
        files.append(tmp_path / f"{number:04}")
        files[-1].write_bytes(data)
    modules = ",".join(sorted({module for module, _ in allow_list.names()}))
    answer = subprocess.run(
        [sys.executable, watching.__file__, modules, *files], check=False, capture_output=True, text=True, timeout=600
    )
    # A crash shows as a status and as a file that is the last one.
    lines = answer.stdout.splitlines()
    assert answer.returncode == 0, (lines[-1:], answer.stderr[-500:])
    assert lines == [f"at {file}" for file in files]


def test_the_watch_sees_what_it_should(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    answer = subprocess.run(
        [sys.executable, watching.__file__, "os", file], check=False, capture_output=True, text=True, timeout=60
    )
    assert f"did {file} os.system" in answer.stdout
