"""What scanning says about somebody else's move."""

from registry.gates import Move
from scanning.queries import why_unsafe


def unsafe_stays_out(move: Move) -> str | None:
    """Files that are unsafe in their registry go nowhere where people would load them, whatever a policy says."""
    if move.is_live and (reason := why_unsafe(move.version, f"version {move.version.number}")):
        return f"{reason}, so it cannot go to {move}."
    return None
