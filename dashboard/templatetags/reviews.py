"""What the frame of every page tells about reviews."""

from django import template

from accounts.models import User
from approvals.queries import waiting_for

register = template.Library()


@register.simple_tag(takes_context=True)
def reviews_waiting(context: template.RequestContext) -> int:
    """How many reviews wait for the signed-in person."""
    user = context["request"].user
    return waiting_for(user).count() if isinstance(user, User) else 0
