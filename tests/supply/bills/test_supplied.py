"""Which documents are taken as bills of materials."""

from typing import Any

import orjson
import pytest

from supply.bills.supplied import DEEPEST, BadBill, disagreements, read

HEAD = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
FILE = {"type": "file", "name": "a.txt"}


def component(**more: Any) -> dict[str, Any]:
    return {**HEAD, "components": [{"type": "file", "name": "a.txt", **more}]}


@pytest.mark.parametrize("release", ["1.4", "1.5", "1.6"])
def test_releases_that_are_read(release: str) -> None:
    assert read(orjson.dumps({**HEAD, "specVersion": release, "unknown": [1]}))["specVersion"] == release


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "not JSON"),
        (b"<bom/>", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"bomFormat": "CycloneDX", "specVersion": NaN}', "not JSON"),
        (b'\xef\xbb\xbf{"bomFormat": "CycloneDX", "specVersion": "1.6"}', "not JSON"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "a": "\\ud800"}', "not JSON"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "a": "\xff"}', "not JSON"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.4", "specVersion": "1.6"}', "'specVersion' twice"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "n": 1e999}', "not JSON"),
        (b"[" * 2_000, "."),
        (b"[[]," * 400_000, "at most 400,000 values"),
        (b" " * (5 * 1024 * 1024 + 1), "at most 5,242,880 bytes"),
    ],
)
def test_what_is_no_strict_json_is_refused(document: bytes, words: str) -> None:
    with pytest.raises(BadBill, match=words):
        read(document)


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = dict(FILE)
    for _ in range(depth):
        inner = {**FILE, "components": [inner]}
    return {**HEAD, "components": [inner]}


@pytest.mark.parametrize(
    ("bill", "words"),
    [
        ({"specVersion": "1.6"}, "bomFormat"),
        ({**HEAD, "bomFormat": "SPDX"}, "bomFormat"),
        ({**HEAD, "specVersion": "1.3"}, "specVersion has to be one of 1.4, 1.5, 1.6"),
        ({**HEAD, "specVersion": 1.6}, "specVersion"),
        ({**HEAD, "version": 0}, "version has to be"),
        ({**HEAD, "version": True}, "version has to be"),
        ({**HEAD, "serialNumber": "1"}, "serialNumber"),
        ({**HEAD, "metadata": []}, "metadata has to be an object"),
        ({**HEAD, "metadata": {"component": []}}, "metadata.component has to be an object"),
        ({**HEAD, "metadata": {"component": {"name": "x"}}}, "metadata.component.type has to be a text"),
        ({**HEAD, "components": {}}, "components has to be a list"),
        ({**HEAD, "components": [1]}, r"components\[0\] has to be an object"),
        ({**HEAD, "components": [{"type": "file"}]}, r"components\[0\].name has to be a text"),
        ({**HEAD, "components": [{"type": "thing", "name": "x"}]}, r"components\[0\].type: 'thing' is no type"),
        ({**HEAD, "dependencies": [{"dependsOn": []}]}, r"dependencies\[0\].ref has to be a text"),
        ({**HEAD, "formulation": [{"workflows": [{"uid": "1"}]}]}, r"formulation\[0\].workflows\[0\].bom-ref"),
        (component(hashes=[{"alg": "SHA-256"}]), r"components\[0\].hashes\[0\].content has to be a text"),
        (component(hashes=[{"alg": "SHA-256", "content": "xyz"}]), "has to be a hash in hexadecimal"),
        (component(hashes="x"), r"components\[0\].hashes has to be a list"),
        (component(pedigree=[]), r"components\[0\].pedigree has to be an object"),
        (component(pedigree={"ancestors": [{}]}), r"pedigree.ancestors\[0\].type has to be a text"),
        (component(modelCard={"modelParameters": {"datasets": {}}}), "modelParameters.datasets has to be a list"),
        (nested(DEEPEST + 2), "nested too deep"),
    ],
)
def test_what_is_no_bill_is_refused_and_the_place_is_named(bill: dict[str, Any], words: str) -> None:
    with pytest.raises(BadBill, match=words):
        read(orjson.dumps(bill))


def test_what_we_do_not_know_is_kept() -> None:
    bill = {
        **nested(5),
        "declarations": {"evidence": []},
        "compositions": [{"aggregate": "complete", "dependencies": ["x"]}],
    }
    assert read(orjson.dumps(bill)) == bill


def test_files_are_compared_by_their_paths() -> None:
    stored = {"a.txt": "a" * 64, "sub/b.txt": "b" * 64}
    other = [{"alg": "SHA-256", "content": "c" * 64}]
    for name, kind, wrong in (
        ("a.txt", "file", ["a.txt"]),
        ("./a.txt", "data", ["a.txt"]),
        ("sub/b.txt", "file", ["sub/b.txt"]),
        ("b.txt", "file", []),
        ("a.txt", "library", []),
        ("elsewhere.txt", "file", []),
    ):
        bill = {**HEAD, "components": [{"type": kind, "name": name, "hashes": other}]}
        assert disagreements(bill, stored) == wrong, name
        inside = {
            **HEAD,
            "metadata": {"component": {"type": "application", "name": "x", "components": bill["components"]}},
        }
        assert disagreements(inside, stored) == wrong, name
    same = {**HEAD, "components": [{**FILE, "hashes": [{"alg": "SHA-256", "content": "A" * 64}]}]}
    assert disagreements(same, stored) == []
    weak = {**HEAD, "components": [{**FILE, "hashes": [{"alg": "SHA-1", "content": "1" * 40}]}]}
    assert disagreements(weak, stored) == []


def test_one_wrong_hash_among_several_is_enough() -> None:
    twice = [{"alg": "SHA-256", "content": "a" * 64}, {"alg": "SHA-256", "content": "c" * 64}]
    assert disagreements({**HEAD, "components": [{**FILE, "hashes": twice}]}, {"a.txt": "a" * 64}) == ["a.txt"]
    again = [{**FILE, "hashes": twice[:1]}, {**FILE, "hashes": twice[1:]}]
    assert disagreements({**HEAD, "components": again}, {"a.txt": "a" * 64}) == ["a.txt"]
