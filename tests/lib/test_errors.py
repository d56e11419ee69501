"""The refusals of the house."""

from lib.errors import GateRefused, Invalid


def test_a_refused_gate_tells_every_reason() -> None:
    refusal = GateRefused(["The scan is still running.", "One more approval needed."])
    assert refusal.message == "The scan is still running. One more approval needed."
    assert refusal.reasons == ("The scan is still running.", "One more approval needed.")


def test_an_invalid_value_names_its_field() -> None:
    refusal = Invalid("alias", "Choose another one.")
    assert (refusal.field, str(refusal)) == ("alias", "Choose another one.")
