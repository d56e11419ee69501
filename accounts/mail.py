"""Mail about accounts, sent by the request itself: what it holds may neither be stored nor wait in a queue."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from accounts.models import Invitation, User

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
    return _send("Your invitation to Gatehouse", text, invitation.email, f"The invitation {invitation.pk}")


def tell_of_change(person: User, what: str, addresses: Iterable[str | None]) -> None:
    """Tell a person what somebody else has changed about their way in, after it is stored; where mail is sent."""
    if not settings.MAIL_IS_SENT:
        return
    text = f"{what}\n\nThe account: {person.username}\n\nDid you not ask for it? Then tell an administrator.\n"
    for address in filter(None, addresses):
        _send("Your Gatehouse account was changed", text, address, f"The notice to {person.username}")


def tell(people: Iterable[User], subject: str, text: str) -> None:
    """Send the same lines to each of these people, or to the owners of service accounts; where mail is sent."""
    whom = {account.owner or account for account in people}
    for person in sorted(whom, key=lambda account: account.username):
        send_notice(person, subject, text)


def send_notice(person: User, subject: str, text: str) -> bool:
    """Send lines to one person. False only when the mail server refused them; where no mail is sent, none is due."""
    if not (settings.MAIL_IS_SENT and person.is_active and person.email):
        return True
    lines = f"{text}\n\nThe account: {person.username}\n"
    return _send(subject, lines, person.email, f"The notice to {person.username}")


def _send(subject: str, text: str, address: str, which: str) -> bool:
    try:
        send_mail(subject, text, None, [address])
    except (SMTPException, OSError) as error:
        _logger.warning("%s could not be sent: %s", which, type(error).__name__)
        return False
    return True
