"""What a rule answers with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that has to hold, whether it does, and the sentence that says so."""

    name: str
    holds: bool
    sentence: str
