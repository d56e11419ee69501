"""What models, aliases and tags may be called."""

import pytest

from lib.errors import Invalid
from registry import names


@pytest.mark.parametrize(
    "name", ["m", "Iris 2", "fraud-detector_v1.2", "team.model", "模型", "Größe", "a" * 256, "it's (new) & good"]
)
def test_people_may_call_a_model_as_they_like(name: str) -> None:
    names.check_model_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " m",
        "m ",
        "m%20",
        "m%2e",
        "m.",
        ".m",
        "..",
        "a/b",
        "a\\b",
        "a:b",
        "a#b",
        "a?b",
        "m\0",
        "m\n",
        "m\t1",
        "m\u200b",
        "m\u00ad",
        "m\ufeff",
        "m\u202e1",
        "m\u00a01",
        "m\u3164",
        "m\uffa0",
        "m\u2800",
        "m\ufe0f",
        "m\u034f",
        "m\U000e0101",
        "m\ue000",
        "m\ud800",
        "m\u0378",
        "a" * 257,
        "ﷺ" * 100,
    ],
)
def test_a_name_that_cannot_be_read_or_written_in_an_address_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_model_name(name)
    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m", "M"),
        ("m", "ｍ"),
        ("é", "e\u0301"),
        ("ﬁ", "fi"),
        ("a b", "a  b"),
        ("Straße", "STRASSE"),
        ("①", "1"),
        ("K", "\u212a"),
    ],
)
def test_names_that_look_alike_are_the_same(one: str, other: str) -> None:
    assert names.fold(one) == names.fold(other)
    assert names.fold(names.fold(one)) == names.fold(one)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a-b", "a_b"), ("ab", "a b"), ("1", "l")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert names.fold(one) != names.fold(other)


@pytest.mark.parametrize("alias", ["champion", "Champion", "a", "blue-green_2", "v", "vv1", "v1a", "x" * 255])
def test_an_alias_is_a_word(alias: str) -> None:
    names.check_alias(alias)


@pytest.mark.parametrize(
    "alias", ["", "latest", "LATEST", "v1", "V12", "a b", "a/b", "é", "a\n", "x" * 256, "a.b", "@a"]
)
def test_an_alias_that_means_something_else_is_refused(alias: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_alias(alias)
    assert refusal.value.field == "alias"


@pytest.mark.parametrize("key", ["k", "a.b/c-d_e f:g", "模", "x" * 250])
def test_a_tag_key_is_as_clients_send_it(key: str) -> None:
    names.check_tag(key, "value")


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a\0", "a=b", "x" * 251, "a\n"])
def test_a_bad_tag_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        names.check_tag(key, "value")
    assert refusal.value.field == "key"


def test_too_long_a_value_and_too_many_tags_are_refused() -> None:
    with pytest.raises(Invalid):
        names.check_tag("k", "x" * (names.LONGEST_TAG_VALUE + 1))
    with pytest.raises(Invalid):
        names.check_tags({str(number): "" for number in range(names.MOST_TAGS + 1)})
