"""What scanning says about somebody else's move."""

from registry.gates import Move
from scanning.queries import is_unsafe


def unsafe_stays_out(move: Move) -> str | None:
    """Files that the scan found unsafe go nowhere where people would load them, whatever a policy says."""
    if move.is_live and is_unsafe(move.version.tree):
        return f"The scan found version {move.version.number} unsafe, so it cannot go to {move}."
    return None
