"""The base score of a CVSS 3.0 or 3.1 vector, as https://www.first.org/cvss/v3.1/specification-document computes it."""

from math import prod

# Section 7.4: the weight of each value of each base metric.
_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES_WHEN_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}
# Temporal and environmental metrics, which change nothing about the base score.
_OTHERS = {"E", "RL", "RC", "CR", "IR", "AR", "MAV", "MAC", "MPR", "MUI", "MS", "MC", "MI", "MA"}


def base_score(vector: str) -> float | None:
    """From 0.0 to 10.0; None for what is no complete vector of version 3."""
    start, *parts = vector.strip().split("/")
    if start not in ("CVSS:3.0", "CVSS:3.1") or len(vector) > 400:
        return None
    said: dict[str, str] = {}
    for part in parts:
        metric, _, value = part.partition(":")
        is_known = value in _WEIGHTS[metric] if metric in _WEIGHTS else metric in _OTHERS
        if not is_known or metric in said:
            return None
        said[metric] = value
    if not _WEIGHTS.keys() <= said.keys():
        return None
    return _score(said)


def _score(said: dict[str, str]) -> float:
    """The equations of section 7.1."""
    is_changed = said["S"] == "C"
    privileges = (_PRIVILEGES_WHEN_CHANGED if is_changed else _WEIGHTS["PR"])[said["PR"]]
    exploitability = 8.22 * privileges * prod(_WEIGHTS[metric][said[metric]] for metric in ("AV", "AC", "UI"))
    sub_score = 1 - prod(1 - _WEIGHTS[metric][said[metric]] for metric in ("C", "I", "A"))
    impact = 7.52 * (sub_score - 0.029) - 3.25 * (sub_score - 0.02) ** 15 if is_changed else 6.42 * sub_score
    if impact <= 0:
        return 0.0
    return _rounded_up(min((1.08 if is_changed else 1.0) * (impact + exploitability), 10.0))


def _rounded_up(value: float) -> float:
    """To one decimal, without what floating point adds (appendix A)."""
    hundred_thousandths = round(value * 100_000)
    if hundred_thousandths % 10_000 == 0:
        return hundred_thousandths / 100_000
    return (hundred_thousandths // 10_000 + 1) / 10
