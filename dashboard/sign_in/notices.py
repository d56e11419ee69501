"""Mail to a person whose way in was changed, so that a change by somebody else does not go unseen."""

from allauth.account.adapter import get_adapter

from accounts.models import User


def tell(person: User, what: str) -> None:
    """Send the sentence, where there is a mail server and the person has an address."""
    get_adapter().send_notification_mail("account/email/changed", person, {"what": what})
