"""The refusals of the house."""

from lib.errors import LONGEST_MESSAGE, GateRefused, Invalid


def test_a_refused_gate_tells_every_reason() -> None:
    refusal = GateRefused(["The scan is still running.", "One more approval needed."])
    assert refusal.message == "The scan is still running. One more approval needed."
    assert refusal.reasons == ("The scan is still running.", "One more approval needed.")


def test_an_invalid_value_names_its_field() -> None:
    refusal = Invalid("alias", "Choose another one.")
    assert (refusal.field, str(refusal)) == ("alias", "Choose another one.")


def test_a_refusal_does_not_repeat_a_book() -> None:
    refusal = Invalid("name", f"Invalid name {'x' * 1_000_000}")
    assert refusal.message.endswith("x…") and len(refusal.message) == LONGEST_MESSAGE + 1
