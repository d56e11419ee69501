"""Files that real libraries wrote (make_samples.py) are clean, and their facts are read."""

from pathlib import Path

import pytest

from scanning.engine import jobs

SAMPLES = Path(__file__).with_name("samples")


def scan(place: Path) -> dict[str, object]:
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    described = [
        {
            "path": str(path.relative_to(place)) if place.is_dir() else path.name,
            "source": str(path),
            "size": path.stat().st_size,
        }
        for path in files
    ]
    return jobs.scan(described)


@pytest.mark.parametrize("place", sorted(SAMPLES.iterdir()), ids=lambda place: place.name)
def test_what_libraries_write_is_clean(place: Path) -> None:
    report = scan(place)
    assert report["verdict"] == "clean", report["findings"]


def test_the_facts_of_a_model_are_read() -> None:
    facts = scan(SAMPLES / "logistic-default")["facts"]
    assert isinstance(facts, dict)
    assert facts["flavors"] == {"python_function": "", "sklearn": "1.9.1"}
    assert facts["mlflow_version"] == "3.17.2"
    assert facts["requirements"] == ["mlflow==3.17.2", "scikit-learn==1.9.1"]
    assert facts["signature"]["inputs"].startswith('[{"type": "double", "name": "age"')
    assert facts["python_version"].startswith("3.") and facts["model_size_bytes"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "# A model card\n\nUse it with `import os`.\n\n```python\nmodel.predict(x)\n```\n",
        "a,b\n1,2\n",
        "conda\ncondition\n(see below)\n",
        "import duties are paid by the buyer.\n",
        '{"a": [1, 2.5, null]}',
        "key: value\nother: 'text'\n",
        "",
    ],
)
def test_plain_text_is_clean(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    assert scan(file)["verdict"] == "clean"


def test_a_changed_or_missing_file_fails_the_scan(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("hello")
    assert jobs.scan([{"path": "file", "source": str(file), "size": 4}])["verdict"] == "failed"
    assert jobs.scan([{"path": "file", "source": str(tmp_path / "no"), "size": 4}])["verdict"] == "failed"
