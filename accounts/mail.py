"""Mail about accounts, sent by the request itself: what it holds may neither be stored nor wait in a queue."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from accounts.models import Invitation

_logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link to the person who is invited, after the invitation is stored. Says whether it went out.

    Without a mail server nothing is sent or printed: the link stays with the administrator, who passes it on.
    """
    if not settings.MAIL_IS_SENT:
        return False
    text = (
        f"{invitation.invited_by.name} invites you to Gatehouse, where models are registered, scanned and reviewed.\n\n"
        f"Choose your user name and password here:\n{link}\n\n"
        f"The link works once, until {invitation.ends_at:%A %-d %B %Y, %H:%M} UTC. "
        "If you did not expect it, nothing happens when you ignore it.\n"
    )
    try:
        send_mail("Your invitation to Gatehouse", text, None, [invitation.email])
    except (SMTPException, OSError) as error:
        _logger.warning("The invitation %s could not be sent: %s", invitation.pk, type(error).__name__)
        return False
    return True
