"""Who am I?"""

from accounts.models import Team, User
from accounts.operations.people import describe_account
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.accounts import MeShape
from protocols.rest.shapes.people import OwnChangeShape


class Me(View):
    @endpoint("show_me", answers=MeShape)
    def get(self, call: Call) -> With:
        """The account that you are signed in as."""
        return _me(call.actor)

    @endpoint("change_me", takes=OwnChangeShape, answers=MeShape)
    def patch(self, call: Call) -> With:
        """Change the name that others see."""
        return _me(describe_account(call.actor, display_name=call.said["display_name"], actor=call.actor))


def _me(actor: User) -> With:
    shared = Team.objects.filter(group__user=actor, person=None).order_by("name")
    return With(actor, teams=list(shared.values_list("name", flat=True)))
