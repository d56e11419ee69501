"""What a verdict comes to: nothing is taken away that is not exactly accepted or allowed. No database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.standing import Acceptance, Remark, standing

MAY_3 = datetime(2027, 5, 3, 12, tzinfo=UTC)
WEIGHTS = ["clean", "needs-review", "failed", "unsafe"]
NAME = Remark("n", "needs-review", "pickle.unknown-global", "statsmodels.api.OLS")
CODE = Remark("c", "needs-review", "text.code")
SYSTEM = Remark("s", "unsafe", "pickle.forbidden-global", "os.system")
NOTE = Remark("", "note", "requirements.unpinned")


def accepted(
    *keys: str,
    by: str = "Ann",
    reason: str = "I looked.",
    ends_at: datetime | None = None,
    heaviest: str = "needs-review",
) -> Acceptance:
    return Acceptance(1, frozenset(keys), by, reason, ends_at, heaviest)


def test_a_verdict_stands_as_long_as_nothing_is_taken_away() -> None:
    for verdict in (None, "queued", "scanning", *WEIGHTS):
        found = standing(verdict, [CODE, SYSTEM, NOTE], waivers=[accepted("other")], allowed_names={"os.path"})
        assert (found.effective, found.is_accepted) == (verdict, False)
        assert found.remaining == (CODE, SYSTEM)


def test_everything_accepted_is_accepted_and_not_silently_clean() -> None:
    found = standing("needs-review", [CODE, NOTE], waivers=[accepted("c", ends_at=MAY_3)])
    assert (found.verdict, found.effective) == ("needs-review", "clean")
    assert found.is_accepted and found.is_clean
    assert found.sentence == "Needs review; accepted by Ann until 3 May 2027: I looked."


def test_a_clean_scan_is_not_accepted_by_anybody() -> None:
    found = standing("clean", [NOTE], waivers=[accepted("c")])
    assert found.is_clean and not found.is_accepted
    assert found.waivers == ()


def test_a_name_takes_away_only_the_finding_about_exactly_this_name() -> None:
    longer = Remark("l", "needs-review", "pickle.unknown-global", "statsmodels.api.OLSResults")
    found = standing("needs-review", [NAME, longer], allowed_names={"statsmodels.api.OLS"})
    assert (found.effective, found.remaining) == ("needs-review", (longer,))
    found = standing("needs-review", [NAME], allowed_names={"statsmodels", "statsmodels.api", "OLS"})
    assert found.effective == "needs-review"
    found = standing("needs-review", [NAME], allowed_names={"statsmodels.api.OLS"})
    assert found.is_accepted
    assert found.sentence == "Needs review; this registry allows statsmodels.api.OLS."


@pytest.mark.parametrize("rule", ["pickle.forbidden-call", "pickle.code", "mlmodel.loader", "pickle.attribute"])
def test_a_name_takes_away_nothing_that_other_rules_found(rule: str) -> None:
    other = Remark("o", "needs-review", rule, "statsmodels.api.OLS")
    assert standing("needs-review", [other], allowed_names={"statsmodels.api.OLS"}).effective == "needs-review"


def test_a_name_takes_away_nothing_unsafe() -> None:
    found = standing("unsafe", [SYSTEM], allowed_names={"os.system"})
    assert found.is_unsafe


def test_what_is_left_decides() -> None:
    found = standing("unsafe", [SYSTEM, CODE, NAME], waivers=[accepted("s", ends_at=MAY_3, heaviest="unsafe")])
    assert (found.effective, found.remaining) == ("needs-review", (CODE, NAME))
    assert found.sentence == (
        "Needs review: 2 of 3 findings are not accepted. The rest: accepted by Ann until 3 May 2027: I looked."
    )


def test_a_verdict_that_its_findings_do_not_bear_out_is_not_accepted_away() -> None:
    assert standing("unsafe", [CODE], waivers=[accepted("c")]).effective == "unsafe"
    assert standing("failed", [], waivers=[accepted("c")]).effective == "failed"


def test_findings_without_a_key_are_not_accepted() -> None:
    old = Remark("", "needs-review", "text.code")
    assert standing("needs-review", [old], waivers=[accepted("")]).effective == "needs-review"


def test_older_rules_open_no_gate() -> None:
    found = standing("clean", is_current=False)
    assert not found.is_clean
    assert found.sentence.startswith("The last scan is by older rules")


def test_a_quarantine_is_unsafe_whatever_else_is_known() -> None:
    found = standing("clean", quarantines=["Requires a malicious package"])
    assert found.is_unsafe and not found.is_clean
    assert found.sentence == "In quarantine: Requires a malicious package. The scan found nothing wrong."
    assert standing(None, quarantines=["x"]).is_unsafe


REMARKS = st.lists(
    st.builds(
        Remark,
        st.sampled_from(["", "a", "b", "c"]),
        st.sampled_from(["note", *WEIGHTS[1:]]),
        st.sampled_from(["pickle.unknown-global", "skops.unknown-name", "text.code"]),
        st.sampled_from(["", "x.Y", "x.Z"]),
    ),
    max_size=6,
)


@given(
    REMARKS,
    st.sets(st.sampled_from(["a", "b", "c", ""])),
    st.sets(st.sampled_from(["x.Y", "x.Z", ""])),
    st.sampled_from([None, "queued", "scanning", *WEIGHTS]),
)
def test_clean_means_that_each_finding_was_taken_away_by_something(
    remarks: list[Remark], keys: set[str], names: set[str], verdict: str | None
) -> None:
    found = standing(verdict, remarks, waivers=[accepted(*keys)] if keys else [], allowed_names=names)
    assert found.sentence.endswith(".")
    assert (found.effective is None) == (verdict is None)
    if found.effective in WEIGHTS and verdict in WEIGHTS:
        assert WEIGHTS.index(found.effective) <= WEIGHTS.index(verdict)
    if found.effective == "clean" and verdict != "clean":
        weighing = [remark for remark in remarks if remark.severity != "note"]
        assert weighing
        for remark in weighing:
            by_name = remark.severity == "needs-review" and remark.rule != "text.code" and remark.subject in names
            assert by_name or (remark.key and remark.key in keys)


def test_what_was_accepted_as_doubtful_is_not_accepted_as_unsafe() -> None:
    found = standing("unsafe", [SYSTEM], waivers=[accepted("s", ends_at=MAY_3)])
    assert found.is_unsafe and found.remaining == (SYSTEM,)
