"""Mail about vulnerabilities in what live versions require. Where no mail is sent, nothing is; the log has it all."""

from collections.abc import Sequence

from accounts import mail
from accounts.models import User
from supply.models import Exposure

MOST_LINES = 50


def send_notice(person: User, news: Sequence[Exposure]) -> bool:
    """Tell somebody what is new about their live versions. False when the mail server did not take it."""
    found = [exposure for exposure in news if exposure.closed_at is None]
    closed = [exposure for exposure in news if exposure.closed_at is not None]
    parts = [
        _part("Advisories are now about packages that these live versions require:", found),
        _part("These are about live versions of yours no more:", closed),
    ]
    how_many = f"{len(found)} vulnerabilit{'y' if len(found) == 1 else 'ies'} in live versions of yours"
    subject = how_many if found else "Vulnerabilities in live versions of yours are gone"
    text = "\n".join(part for part in parts if part) + "\nWhat to do about each stands on the page of the version.\n"
    return mail.send_notice(person, subject, text)


def _part(title: str, news: Sequence[Exposure]) -> str:
    if not news:
        return ""
    lines = [
        f"  {one.version.model.registry} / {one.version}: {one.advisory.identifier} "
        f"({one.advisory.get_severity_display().lower()}) in {one.package}"
        for one in news[:MOST_LINES]
    ]
    more = [f"  and {len(news) - MOST_LINES} more"] if len(news) > MOST_LINES else []
    return "\n".join([title, "", *lines, *more, ""])
