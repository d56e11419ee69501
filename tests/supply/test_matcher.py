"""Which versions an advisory is about: by its list, by its ranges, and by both against an oracle that enumerates."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from supply.audit.matcher import fixed_in, read_affected


def ranged(*events: dict[str, str], kind: str = "ECOSYSTEM") -> list[dict[str, Any]]:
    return [{"type": kind, "events": list(events)}]


FROM_0_TO_1_5 = ranged({"introduced": "0"}, {"fixed": "1.5"})


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        *(
            ("1.4.99", True),
            ("1.5", False),
            ("1.5.0", False),
            ("1.5rc1", True),
            ("1.5.post1", False),
            ("0.0.dev0", True),
        ),
        *(("1!0.1", False), ("1.4+cpu", True), ("1.5+cpu", False), ("v1.4", True), ("not-a-version", True)),
    ],
)
def test_a_range_ends_before_the_fix(version: str, is_affected: bool) -> None:
    assert read_affected(FROM_0_TO_1_5, []).concerns(version) is is_affected


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [("1.0", True), ("1.0.0", True), ("1.0+cpu", True), ("1.1", False), ("2004d", True), ("2004D ", True), ("", False)],
)
def test_a_list_is_compared_by_what_versions_mean(version: str, is_affected: bool) -> None:
    assert read_affected([], ["1.0", "2004d"]).concerns(version) is is_affected


def test_a_list_may_be_wider_than_the_ranges_and_the_other_way_round() -> None:
    affected = read_affected(FROM_0_TO_1_5, ["3.0"])
    assert [affected.concerns(version) for version in ("1.0", "2.0", "3.0")] == [True, False, True]


def test_other_ranges_than_those_of_the_ecosystem_say_nothing() -> None:
    ranges = ranged({"introduced": "0"}, kind="SEMVER") + ranged({"introduced": "0"}, kind="GIT")
    assert not read_affected(ranges, []).concerns("1.0")


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [("0.9", False), ("1.0", True), ("1.2", True), ("1.2.1", False), ("2.0", True), ("2.5", True), ("3.0", False)],
)
def test_events_count_in_the_order_of_versions_not_of_the_record(version: str, is_affected: bool) -> None:
    events = ({"fixed": "3.0"}, {"introduced": "2.0"}, {"last_affected": "1.2"}, {"introduced": "1.0"})
    assert read_affected(ranged(*events), []).concerns(version) is is_affected


def test_what_was_mended_and_broken_again_in_one_release_is_broken() -> None:
    events = ({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.0"}, {"last_affected": "1.0"})
    affected = read_affected(ranged(*events), [])
    assert [affected.concerns(version) for version in ("0.9", "1.0", "1.1")] == [True, True, False]


def test_a_limit_bounds_a_range() -> None:
    affected = read_affected(ranged({"introduced": "0"}, {"limit": "2.0"}), [])
    assert [affected.concerns(version) for version in ("1.9", "2.0")] == [True, False]
    assert read_affected(ranged({"introduced": "0"}, {"limit": "*"}), []).concerns("9")


def test_a_build_that_names_itself_as_the_fix_is_one() -> None:
    affected = read_affected(ranged({"introduced": "0"}, {"fixed": "1.0+patch1"}), [])
    assert [affected.concerns(version) for version in ("1.0", "1.0+patch1")] == [True, False]
    assert read_affected(ranged({"introduced": "0"}, {"last_affected": "1.0"}), []).concerns("1.0+cpu")


def test_no_version_is_met_by_what_is_about_every_release() -> None:
    assert read_affected(ranged({"introduced": "0"}), []).concerns("")
    assert not read_affected(FROM_0_TO_1_5, ["1.0"]).concerns("")
    assert not read_affected(ranged({"introduced": "1"}), []).concerns("")
    assert read_affected([], ["1.0"], is_malicious=True).concerns("")
    assert not read_affected([], ["1.0"], is_malicious=True).concerns("2.0")


def test_the_next_fix_of_each_range_is_named() -> None:
    ranges = [
        *ranged({"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.3"}, {"fixed": "1.10"}),
        *ranged({"introduced": "0"}, {"fixed": "2.0rc1"}),
        *ranged({"introduced": "0"}, {"fixed": "0.5"}),
    ]
    assert fixed_in(ranges, "1.4") == ["1.10", "2.0rc1"]
    assert fixed_in(ranges, "") == ["0.5", "1.2", "1.10", "2.0rc1"]
    assert fixed_in([], "1.0") == []


# ---- the oracle: every version that exists, and which of them the ranges mean

RELEASES = [
    f"{epoch}{major}.{minor}{tail}"
    for epoch in ("", "1!")
    for major in range(3)
    for minor in range(4)
    for tail in (".dev1", "a1", "rc1", "", ".post1", ".1")
]
ORDERED = sorted(RELEASES, key=Version)
PLACE = {version: place for place, version in enumerate(ORDERED)}


@st.composite
def stretches(draw: st.DrawFn) -> tuple[list[dict[str, str]], set[str]]:
    """The events of one range, and the versions that they mean: disjoint stretches between chosen releases."""
    cuts = sorted(draw(st.sets(st.integers(0, len(ORDERED) - 1), min_size=1, max_size=8)))
    events: list[dict[str, str]] = []
    meant: set[str] = set()
    starts_at_once = draw(st.booleans())
    if starts_at_once:
        events.append({"introduced": "0"})
        first = cuts.pop(0)
        ends_with = draw(st.sampled_from(["fixed", "last_affected"]))
        events.append({ends_with: ORDERED[first]})
        meant.update(ORDERED[: first + (ends_with == "last_affected")])
    while cuts:
        start = cuts.pop(0)
        events.append({"introduced": ORDERED[start]})
        if not cuts:
            meant.update(ORDERED[start:])
            break
        end = cuts.pop(0)
        ends_with = draw(st.sampled_from(["fixed", "last_affected"]))
        events.append({ends_with: ORDERED[end]})
        meant.update(ORDERED[start : end + (ends_with == "last_affected")])
    return draw(st.permutations(events)), meant


def respelled(version: str, spelling: int) -> str:
    """The same version as another author writes it."""
    if spelling == 1:
        return f"v{version}"
    if spelling == 2:
        return version.replace(".dev", "-DEV").replace("rc", "-c.").replace(".post", "-").replace("a1", "_ALPHA_1")
    if spelling == 3 and version.rpartition(".")[2].isdigit() and not version.endswith((".dev1", ".post1")):
        return f"{version}.0"
    return version


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(stretches(), min_size=1, max_size=3), st.sets(st.sampled_from(RELEASES), max_size=5), st.integers(0, 3))
def test_ranges_and_lists_mean_what_enumerating_says(
    ranges: list[tuple[list[dict[str, str]], set[str]]], listed: set[str], spelling: int
) -> None:
    """400 advisories, 144 versions each: 57,600 answers."""
    meant = listed.union(*(versions for _, versions in ranges))
    read = [{"type": "ECOSYSTEM", "events": events} for events, _ in ranges]
    by_ranges = read_affected(read, [respelled(version, spelling) for version in listed])
    by_list = read_affected([], sorted(meant))
    for version in RELEASES:
        asked = respelled(version, 3 - spelling)
        assert by_ranges.concerns(asked) is by_list.concerns(asked) is (version in meant), (asked, read, listed)
