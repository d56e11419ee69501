"""Arrays and tables as numpy, scipy, pandas and joblib keep them."""

import pickle
from importlib import import_module
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """Files of numpy, of scipy's sparse matrices and of pandas."""
    _numpy(folder)
    _sparse(folder)
    _pandas(folder)


def _numpy(folder: Path) -> None:
    numpy, joblib = import_module("numpy"), import_module("joblib")
    grid = numpy.arange(12.0).reshape(3, 4)
    numpy.save(folder / "floats.npy", grid)
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(grid))
    numpy.save(folder / "words.npy", numpy.array(["a", "bc", "def"]))
    numpy.save(folder / "records.npy", numpy.array([(1, 2.5)], dtype=[("n", "i4"), ("x", "f8")]))
    numpy.save(folder / "dates.npy", numpy.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]"))
    numpy.savez(folder / "several.npz", a=grid, b=numpy.ones(3, dtype="float16"))
    numpy.savez_compressed(folder / "compressed.npz", a=grid, b=numpy.eye(3, dtype=bool))
    for protocol in (2, 4, 5):
        (folder / f"arrays.p{protocol}.pkl").write_bytes(pickle.dumps({"w": grid, "b": grid[0]}, protocol=protocol))
    (folder / "random-state.pkl").write_bytes(pickle.dumps(numpy.random.RandomState(3)))
    mask = numpy.ma.array([1.0, 2.0], mask=[False, True])
    (folder / "masked.pkl").write_bytes(pickle.dumps(mask))
    (folder / "generator.pkl").write_bytes(pickle.dumps(numpy.random.default_rng(3)))
    (folder / "scalars.pkl").write_bytes(pickle.dumps([numpy.float32(1.5), numpy.int64(3), numpy.bool_(True)]))
    names = numpy.array(["a", None, 3], dtype=object)
    numpy.save(folder / "objects.npy", names)
    joblib.dump({"names": names, "grid": grid}, folder / "mixed.joblib")
    joblib.dump([grid] * 3, folder / "list.joblib.gz", compress=("gzip", 3))


def _sparse(folder: Path) -> None:
    sparse = import_module("scipy.sparse")
    matrix = sparse.csr_matrix([[0, 1.0], [2.0, 0]])
    sparse.save_npz(folder / "sparse.npz", matrix)
    (folder / "sparse.pkl").write_bytes(pickle.dumps([matrix, sparse.csc_array(matrix), sparse.coo_matrix(matrix)]))


def _pandas(folder: Path) -> None:
    pandas = import_module("pandas")
    days = pandas.date_range("2026-01-01", periods=4, freq="D", tz="UTC")
    table = pandas.DataFrame(
        {"n": [1, 2, 3, 4], "x": [0.5, None, 1.5, 2.0], "word": ["a", "b", None, "d"], "flag": [True, False] * 2},
        index=days,
    )
    table.to_pickle(folder / "table.pkl")
    for name, kind in {"gz": "gzip", "bz2": "bz2", "xz": "xz", "zip": "zip"}.items():
        table.to_pickle(folder / f"table.pkl.{name}", compression=kind)
    kinds: dict[str, Any] = {
        "series": table["n"],
        "categories": table["word"].astype("category"),
        "levels": table.set_index(["n", "word"]),
        "nullable": table[["n", "flag"]].convert_dtypes(),
        "periods": pandas.Series(pandas.period_range("2026-01", periods=2, freq="M")),
        "intervals": pandas.cut(table["n"], 2),
    }
    for name, kind in kinds.items():
        kind.to_pickle(folder / f"{name}.pkl")
    table.to_csv(folder / "table.csv")
    table.to_csv(folder / "table.csv.gz")
    table.reset_index().to_json(folder / "table.json", date_format="iso")
    table.to_json(folder / "table.jsonl", orient="records", lines=True)
