"""What files want installed: every way to write it down, and what is odd about it without any database."""

import json
from pathlib import Path
from typing import Any

import pytest

from scanning.engine import dependencies, jobs
from scanning.engine.package_names import normalised, passes_for
from scanning.sandbox import ScanFile, scan_files

DIGEST = "0" * 64


def scan(folder: Path, **files: str | bytes) -> dict[str, Any]:
    """The report on files; a double underscore in a name stands for a dot, `_in_` for a slash."""
    described = []
    for number, (name, content) in enumerate(files.items()):
        place = folder / f"file-{number}"
        data = content if isinstance(content, bytes) else content.encode()
        place.write_bytes(data)
        path = name.replace("_in_", "/").replace("__", ".")
        described.append({"path": path, "source": str(place), "size": len(data)})
    return jobs.scan(described)


def wanted(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["name"], entry["specifier"], entry["version"]) for entry in report["facts"]["dependencies"]]


def rules_of(report: dict[str, Any]) -> list[str]:
    return sorted({finding["rule"] for finding in report["findings"]})


def test_a_version_without_lists_says_so_with_an_empty_one(tmp_path: Path) -> None:
    assert scan(tmp_path, a__txt="hello")["facts"]["dependencies"] == []


def test_requirements_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    text = (
        "# what the model needs\n"
        "NumPy == 2.1.0 ; python_version >= '3.9'  # arrays\n"
        "scikit_learn[alldeps]==1.5.2 \\\n"
        f"    --hash=sha256:{DIGEST} \\\n"
        f"    --hash=sha256:{DIGEST}\n"
        "pandas>=2,<3\n"
        "torch===2.4.0+cpu\n"
        "mlflow==3.1.*\n"
        "--require-hashes\n"
        "--only-binary :all:\n"
    )
    report = scan(tmp_path, requirements__txt=text)
    assert wanted(report) == [
        ("numpy", "==2.1.0", "2.1.0"),
        ("scikit-learn", "==1.5.2", "1.5.2"),
        ("pandas", "<3,>=2", ""),
        ("torch", "===2.4.0+cpu", "2.4.0+cpu"),
        ("mlflow", "==3.1.*", ""),
    ]
    assert report["verdict"] == "clean" and rules_of(report) == ["requirements.unpinned"]
    assert report["facts"]["requirements"] == ["NumPy==2.1.0", "scikit_learn==1.5.2", "torch==2.4.0+cpu"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("--index-url https://x.example/simple", "requirements.option"),
        ("--index-url=https://x.example/simple", "requirements.option"),
        ("-i https://x.example/simple", "requirements.option"),
        ("-ihttps://x.example/simple", "requirements.option"),
        ("--extra-index-url https://x.example", "requirements.option"),
        ("--extra-index https://x.example", "requirements.option"),
        ("--trusted-host x.example", "requirements.option"),
        ("--find-links ./wheels", "requirements.option"),
        ("--require-hashes --find-links ./wheels", "requirements.option"),
        ("-f ./wheels", "requirements.option"),
        ("--no-binary :all:", "requirements.option"),
        ("numpy==1.0 --global-option='x'", "requirements.option"),
        ("numpy==1.0 --index-url=https://x.example", "requirements.option"),
        ("numpy==${VERSION}", "requirements.option"),
        ("-e .", "requirements.address"),
        ("-e git+https://x.example/y#egg=y", "requirements.address"),
        ("git+ssh://git@x.example/y.git@main", "requirements.address"),
        ("pkg @ https://x.example/pkg-1.0-py3-none-any.whl", "requirements.address"),
        ("pkg@file:///tmp/pkg", "requirements.address"),
        ("./pkg.whl", "requirements.address"),
        ("pkg-1.0.tar.gz", "requirements.address"),
        ("C:\\pkg", "requirements.address"),
        ("-r https://x.example/requirements.txt", "requirements.address"),
        ("-r /etc/requirements.txt", "requirements.address"),
        ("-r ../../requirements.txt", "requirements.address"),
        ("-r more.txt", "requirements.include"),
        ("--requirement=more.txt", "requirements.include"),
        ("-c limits.txt", "requirements.include"),
        ("$(touch x)", "requirements.malformed"),
        ("numpy==1.0\tthen something", "requirements.malformed"),
        ("-r 'unfinished", "requirements.malformed"),
        ("x" * 300 + "==1.0", "requirements.malformed"),
        ("nu\u00admpy==1.0", "requirements.malformed"),
        ("x" * 20_000, "requirements.malformed"),
    ],
)
def test_a_line_that_a_person_has_to_look_at(tmp_path: Path, line: str, rule: str) -> None:
    report = scan(tmp_path, requirements__txt=f"attrs==24.2.0\n{line}\n")
    assert rule in rules_of(report) and report["verdict"] == "needs-review"


def test_a_comment_hides_nothing_and_a_continued_line_is_one(tmp_path: Path) -> None:
    text = "numpy==2.1.0 \\\n# not this: evil==1\n--index-url \\\nhttps://x.example\n  # -r other.txt\nx==1#y\n"
    report = scan(tmp_path, requirements__txt=text)
    assert rules_of(report) == ["requirements.malformed", "requirements.option"]
    assert wanted(report) == [("numpy", "==2.1.0", "2.1.0")]


def test_a_finding_repeats_no_password(tmp_path: Path) -> None:
    text = (
        "--index-url https://ada:hunter2@x.example\na @ https://ada:hunter2@x.example/a.whl\n-r https://u:hunter2@y\n"
    )
    report = scan(tmp_path, requirements__txt=text)
    assert sum(finding["scanner"] == "requirements" for finding in report["findings"]) == 3
    assert "hunter2" not in json.dumps(report)


def test_an_included_list_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    report = scan(
        tmp_path,
        requirements__txt="-r lists/base\n",
        lists_in_base="-r ../more/deeper\nnumpy==1.0\n",
        more_in_deeper="-r ../lists/base\nreqeusts==1.0\n",
    )
    assert {(entry["path"], entry["name"]) for entry in report["facts"]["dependencies"]} == {
        ("lists/base", "numpy"),
        ("more/deeper", "reqeusts"),
    }
    assert rules_of(report) == ["requirements.look-alike"]


def test_an_environment_is_read_under_the_name_that_mlmodel_gives_it(tmp_path: Path) -> None:
    mlmodel = (
        "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
        "    env: {conda: envs/c.yml, virtualenv: py.yml}\n"
    )
    report = scan(
        tmp_path,
        m_in_MLmodel=mlmodel,
        m_in_envs_in_c__yml="channels: [conda-forge]\ndependencies: [python=3.11.4, {pip: [numpy==1.0]}]\n",
        m_in_py__yml="python: 3.11.4\nbuild_dependencies: [pip]\ndependencies: [-r need.txt]\n",
        m_in_need__txt="pandas==2.0\n",
    )
    assert sorted(wanted(report)) == [
        ("numpy", "==1.0", "1.0"),
        ("pandas", "==2.0", "2.0"),
        ("pip", "", ""),
        ("python", "=3.11.4", ""),
    ]
    assert report["verdict"] == "clean"


def test_conda_packages_are_named_apart(tmp_path: Path) -> None:
    text = (
        "name: env\nchannels: [defaults]\ndependencies:\n- NumPy==1.21.0\n- scipy=1.9.1=py39h_0\n- pandas=2.1\n"
        "- pytorch >=2,<3\n- pip: ['flask==2.0.1', '--index-url http://x']\n"
    )
    report = scan(tmp_path, conda__yaml=text)
    entries = [(entry["ecosystem"], entry["name"], entry["version"]) for entry in report["facts"]["dependencies"]]
    assert entries == [
        ("conda", "numpy", "1.21.0"),
        ("conda", "scipy", "1.9.1"),
        ("conda", "pandas", ""),
        ("conda", "pytorch", ""),
        ("pypi", "flask", "2.0.1"),
    ]
    assert rules_of(report) == ["requirements.option"]


PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
[project]
name = "model"
dependencies = ["numpy==2.1.0", "tool @ git+https://x.example/tool"]
[project.optional-dependencies]
fast = ["numba>=0.60"]
[dependency-groups]
dev = ["pytest==8.0", {include-group = "more"}]
more = []
[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.31"
flask = "3.0.0"
mine = {path = "../mine"}
[[tool.poetry.source]]
name = "inside"
url = "https://x.example/simple"
[tool.uv.sources]
torch = {url = "https://x.example/torch.whl"}
"""


def test_a_project_file_is_read(tmp_path: Path) -> None:
    report = scan(tmp_path, pyproject__toml=PYPROJECT)
    assert wanted(report) == [
        ("setuptools", ">=61", ""),
        ("numpy", "==2.1.0", "2.1.0"),
        ("tool", "@ git+https://x.example/tool", ""),
        ("numba", ">=0.60", ""),
        ("pytest", "==8.0", "8.0"),
        ("requests", "^2.31", ""),
        ("flask", "3.0.0", "3.0.0"),
        ("mine", "", ""),
    ]
    assert rules_of(report) == ["requirements.address", "requirements.option"]
    assert len(report["findings"]) == 4


LOCKS = {
    "poetry__lock": '[[package]]\nname = "NumPy"\nversion = "2.1.0"\n[[package]]\nname = "mine"\nversion = "1.0"\n'
    '[package.source]\ntype = "git"\nurl = "https://x.example/mine"\n',
    "uv__lock": 'version = 1\n[[package]]\nname = "model"\nversion = "0"\nsource = { editable = "." }\n'
    '[[package]]\nname = "numpy"\nversion = "2.1.0"\n[[package]]\nname = "mine"\nversion = "1.0"\n'
    'source = { git = "https://x.example/mine" }\n',
    "pylock__toml": '[[packages]]\nname = "numpy"\nversion = "2.1.0"\n[[packages]]\nname = "mine"\n'
    'version = "1.0"\n[packages.vcs]\ntype = "git"\nurl = "https://x.example/mine"\n',
    "pylock__prod__toml": '[[packages]]\nname = "numpy"\nversion = "2.1.0"\n[[packages]]\nname = "mine"\n'
    'version = "1.0"\nwheels = [{url = "https://x.example/mine.whl"}]\n',
    "Pipfile__lock": json.dumps(
        {
            "_meta": {},
            "default": {"numpy": {"version": "==2.1.0", "hashes": []}},
            "develop": {"mine": {"git": "https://x.example/mine", "version": "==1.0"}},
        }
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_is_read(tmp_path: Path, name: str) -> None:
    report = scan(tmp_path, **{name: LOCKS[name]})
    assert wanted(report) == [("numpy", "==2.1.0", "2.1.0"), ("mine", "==1.0", "1.0")]
    assert rules_of(report) == ["requirements.address"]


def test_the_public_index_in_a_lock_file_is_nothing_to_look_at(tmp_path: Path) -> None:
    public, files = "gro.ipyp"[::-1], "gro.detsohnohtyp.selif"[::-1]  # no file here names an index
    lock = (
        f'[[package]]\nname = "numpy"\nversion = "2.1.0"\nsource = {{ registry = "https://{public}/simple" }}\n'
        f'wheels = [{{ url = "https://{files}/packages/numpy.whl" }}]\n'
    )
    assert scan(tmp_path, uv__lock=lock)["findings"] == []
    for other in (f"http://{public}", f"https://{public}.evil.example", f"https://a@{public}", "https://[x"):
        report = scan(tmp_path, uv__lock=lock.replace(f"https://{public}", other))
        assert rules_of(report) == ["requirements.address"], other


@pytest.mark.parametrize("name", ["pyproject__toml", "poetry__lock", "uv__lock", "pylock__toml", "Pipfile__lock"])
@pytest.mark.parametrize(
    "content",
    [
        b"[[",
        b"\xff\xfe",
        b"a" * 100 + b" = " + b"[" * 100_000,
        b"{" * 100_000,
        b"[1, 2]",
        b"package = 1\npackages = 1\n",
        b"[[package]]\nname = 1\n[[packages]]\nname = 1\n",
        b'[[package]]\nname = "../x"\nversion = "1"\n[[packages]]\nname = "../x"\nversion = "1"\n',
    ],
)
def test_a_broken_lock_file_is_no_error(tmp_path: Path, name: str, content: bytes) -> None:
    report = scan(tmp_path, **{name: content})
    assert "engine.error" not in rules_of(report)
    assert report["facts"]["dependencies"] == []
    if name != "pyproject__toml":
        assert report["verdict"] == "needs-review"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "numpyy",
            "nunpy",
            "numyp",
            "reqeusts",
            "requets",
            "panda",
            "pyyml",
            "tensorfow",
            "tensorfllow",
            "scikitlearn",
        ),
        *("learn-scikit", "t0rch", "torhc", "djago", "python-dateutils", "dateutil-python", "beautifulsoup44"),
        *("huggingface-hup", "safetensor", "trasnformers", "opencvpython"),
    ],
)
def test_a_name_that_passes_for_another_is_noticed(tmp_path: Path, name: str) -> None:
    report = scan(tmp_path, requirements__txt=f"{name}==1.0\n")
    assert rules_of(report) == ["requirements.look-alike"], passes_for(name)
    assert report["findings"][0]["subject"] == name


@pytest.mark.parametrize(
    "name",
    [
        *("torch", "torchx", "torchvision", "torchaudio", "torchtext", "torchmetrics", "torchtune", "boto", "boto3"),
        *("numpy", "numba", "numexpr", "pandas", "polars", "scikit-learn", "scikit-image", "xgboost", "ngboost"),
        *("tensorflow", "tensorflowjs", "mlflow", "mlflow-skinny", "dask", "dash", "ray", "rai", "jax", "jaxlib"),
        *(
            "pymysql",
            "pymssql",
            "psycopg",
            "psycopg2",
            "psycopg2-binary",
            "websocket-client",
            "ujson",
            "orjson",
            "ijson",
        ),
        *("attr", "attrs", "cattrs", "typer", "types-requests", "my-own-model", "acme-features"),
    ],
)
def test_a_well_known_name_is_no_false_alarm(name: str) -> None:
    assert passes_for(name) == ""


def test_names_have_one_spelling() -> None:
    assert normalised("Ruamel.YAML_clib") == "ruamel-yaml-clib"
    assert [normalised(name) for name in ("", "-x", "x-", "a b", "nümpy", "x" * 215, "a/b", "a\n")] == [""] * 8


def test_too_many_requirements_are_cut_and_the_cut_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"acme-part-{number}=={number}.0\n" for number in range(dependencies.MOST + 5))
    report = scan(tmp_path, requirements__txt=lines)
    assert len(report["facts"]["dependencies"]) == dependencies.MOST
    assert rules_of(report) == ["requirements.limit"] and report["verdict"] == "needs-review"
    monkeypatch.setattr(dependencies, "MOST_BYTES", 1_000)
    report = scan(tmp_path, requirements__txt=lines)
    assert 0 < len(report["facts"]["dependencies"]) < 20 and rules_of(report) == ["requirements.limit"]


def test_the_sandbox_takes_the_longest_list(tmp_path: Path) -> None:
    """Long paths, long names: the report stays within what the sandbox accepts."""
    place = tmp_path / "list"
    place.write_text("".join(f"{'a' * 190}-{number}=={number}.{'0' * 100}\n" for number in range(2_500)))
    files = [ScanFile(f"{'é' * 800}{number}/requirements.txt", place, place.stat().st_size) for number in range(3)]
    report = scan_files(files)
    assert report.verdict == "needs-review", report.findings
    assert "requirements.limit" in {finding.rule for finding in report.findings}
