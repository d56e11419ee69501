"""How a registry stands."""

from accounts.queries import find_registry
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.security import PostureShape
from scanning.posture import MOST_LISTED, posture_of, waivers_ending_soon


class Posture(View):
    @endpoint("get_security", answers=PostureShape)
    def get(self, call: Call, registry: str) -> With:
        """How many of the versions that you see are clean, accepted, doubtful or unsafe, and what needs somebody."""
        found = find_registry(registry, actor=call.actor)
        posture = posture_of(found, actor=call.actor)
        concerns = [{"version": version, "standing": standing} for version, standing in posture.concerns]
        soon = waivers_ending_soon(found, actor=call.actor)[:MOST_LISTED]
        return With(posture, live_not_clean=concerns, waivers_ending_soon=soon)
