"""Who am I?"""

from accounts.models import Team
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.accounts import MeShape


class Me(View):
    @endpoint("show_me", answers=MeShape)
    def get(self, call: Call) -> With:
        """The account that you are signed in as."""
        shared = Team.objects.filter(group__user=call.actor, person=None).order_by("name")
        return With(call.actor, teams=list(shared.values_list("name", flat=True)))
