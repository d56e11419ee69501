"""The large files of the measurements are what they claim: the libraries that are here load small ones."""

import json
import pickle
import zipfile
import zlib
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.large_files import FORMATS
from benchmarks.sparse_zips import StoredZip, crc_of_zeros

SIZE = 100_000


def made(name: str, folder: Path, size: int = SIZE) -> Path:
    path = folder / name.replace(" ", "-")
    FORMATS[name](path, size)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_the_size_that_was_asked_for(name: str, tmp_path: Path) -> None:
    path = made(name, tmp_path, 3_000_000)
    size = sum(one.stat().st_size for one in path.iterdir()) if path.is_dir() else path.stat().st_size
    assert 3_000_000 * (0.3 if name == "zip deflated" else 0.9) < size < 5_000_000


def test_arrays_load(tmp_path: Path) -> None:
    numpy, joblib = import_module("numpy"), import_module("joblib")
    assert joblib.load(made("joblib", tmp_path))["w"].shape == (SIZE // 4,)
    assert numpy.load(made("npz", tmp_path))["d"].shape == (SIZE // 16,)
    loaded = pickle.loads(made("pickle of arrays", tmp_path).read_bytes())
    assert {array.shape for array in loaded.values()} == {(SIZE // 32,)}
    assert import_module("h5py").File(made("hdf5", tmp_path))["layers/dense/vars/0"].shape == (SIZE // 4,)


def test_texts_and_archives_are_whole(tmp_path: Path) -> None:
    assert len(json.loads(made("json", tmp_path).read_bytes())) > 1_000
    trees = json.loads(made("xgboost json", tmp_path).read_bytes())["learner"]["gradient_booster"]["model"]["trees"]
    assert len(trees) > 1
    for name in ("torch zip", "npz", "keras", "zip stored", "zip deflated"):
        with zipfile.ZipFile(made(name, tmp_path)) as archive:
            assert archive.testzip() is None


def test_a_hole_has_the_checksum_of_its_zeros(tmp_path: Path) -> None:
    assert crc_of_zeros(1_000_003) == zlib.crc32(bytes(1_000_003))
    with (tmp_path / "x.zip").open("wb") as out:
        archive = StoredZip(out)
        archive.add("far", hole=6 << 30)
        archive.add("near", b"abc", hole=5)
        archive.close()
    with zipfile.ZipFile(tmp_path / "x.zip") as read:
        assert read.getinfo("far").file_size == 6 << 30
        assert read.read("near") == b"abc" + bytes(5)
