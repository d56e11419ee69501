"""Writes benign/: small models as their real libraries save them, one bundle for each library.

`python make_benign.py sklearn numpy ...` in an environment that has the libraries of these bundles; what is not named
stays as it is. The tests only read what this wrote. See makers/ for what each bundle holds.
"""

import importlib
import io
import json
import os
import platform
import re
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENIGN = HERE / "benign"
MANIFEST = BENIGN / "manifest.json"
LARGEST_ITEM = 200_000
# Whose versions say what wrote a bundle.
LIBRARIES = {
    "arrays": ["numpy", "pandas", "scipy", "joblib"],
    "boosters": ["xgboost-cpu", "xgboost", "lightgbm", "catboost", "joblib", "scikit-learn", "numpy"],
    "gguf": ["gguf", "numpy"],
    "hub": ["transformers", "tokenizers", "safetensors", "torch", "huggingface_hub"],
    "keras": ["keras", "h5py", "torch", "numpy"],
    "mlflow": [
        "mlflow-skinny", "scikit-learn", "skops", "xgboost-cpu", "lightgbm", "catboost", "torch", "keras", "onnx",
        "transformers", "statsmodels", "cloudpickle",
    ],
    "mlflow_tensorflow": ["mlflow-skinny", "tensorflow-cpu", "keras", "h5py"],
    "onnx": ["onnx", "skl2onnx", "scikit-learn", "torch"],
    "sklearn": ["scikit-learn", "joblib", "skops", "numpy", "scipy", "pandas"],
    "tensorflow": ["tensorflow-cpu", "keras", "h5py", "numpy"],
    "torch": ["torch", "safetensors", "numpy"],
}  # fmt: skip


def make(name: str) -> None:
    """Have one bundle written anew, and its line of the manifest."""
    maker = importlib.import_module(f"tests.scanning.corpus.makers.{name}_files")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "items"
        folder.mkdir()
        here = Path.cwd()
        os.chdir(place)
        try:
            maker.make(folder)
        finally:
            os.chdir(here)
        items = sorted(item.name for item in folder.iterdir())
        for item in items:
            _check(folder / item)
        BENIGN.mkdir(exist_ok=True)
        _bundle(folder, BENIGN / f"{name}.tar.xz")
    manifest = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}
    versions = {"Python": platform.python_version()}
    for library in LIBRARIES[name]:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    manifest[name] = {"versions": versions, "items": items}
    MANIFEST.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{name}: {len(items)} items, {(BENIGN / f'{name}.tar.xz').stat().st_size:,} bytes\n")


def _bundle(folder: Path, target: Path) -> None:
    with tarfile.open(target, "w:xz", preset=9) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = tarfile.TarInfo(path.relative_to(folder).as_posix())
                info.size = path.stat().st_size
                bundle.addfile(info, io.BytesIO(path.read_bytes()))


def _check(item: Path) -> None:
    """Nothing here says where it was made, and nothing is large."""
    files = [path for path in item.rglob("*") if path.is_file()] if item.is_dir() else [item]
    size = sum(path.stat().st_size for path in files)
    if size > LARGEST_ITEM:
        sys.stdout.write(f"{item.name} is large: {size:,} bytes\n")
    # The name of the machine counts where it is a name.
    node = platform.node() if len(platform.node()) > 5 else "/tmp/"
    traces = re.compile(rb"/tmp/|/root|/opt/|/home/|" + re.escape(node.encode()))
    for path in files:
        for where, data in _contents(path.name, path.read_bytes()):
            if found := traces.search(data):
                around = data[max(0, found.start() - 40) : found.end() + 40]
                raise SystemExit(f"{item.name}: {where} says where it was made: {around!r}")


def _contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _contents(f"{name} > {member}", archive.read(member))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(HERE.parents[2]))
    for bundle_name in sys.argv[1:]:
        make(bundle_name)
