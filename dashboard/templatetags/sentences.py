"""Lines of the audit log as sentences."""

from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.activity import Line
from dashboard.templatetags.parts import initials
from events.kinds import Kind
from events.models import Event

register = template.Library()


@register.simple_tag
def actor_avatar(event: Event) -> SafeString:
    """The initials of whoever did it; the log keeps names, so this needs no query."""
    name = "Gatehouse" if _is_system(event) else event.actor_name
    return initials(name, colour_by=name, is_square=_is_system(event))


@register.filter
def said_by_a_person(event: Event) -> str:
    """The reason that somebody gave; Gatehouse repeats those of others, which need no repeating here."""
    return "" if _is_system(event) else event.reason


@register.simple_tag
def happened(line: Line) -> SafeString:
    """Who did what to which thing, in one sentence."""
    event = line.event
    subject = format_html('<a href="{}">{}</a>' if line.url else "{1}", line.url, event.subject_name)
    say = _SENTENCES.get(event.kind)
    what = (
        say(event, subject) if say else format_html("{}: {}", event.kind.replace(".", " ").replace("_", " "), subject)
    )
    return format_html("<strong>{}</strong> {}", "Gatehouse" if _is_system(event) else event.actor_name, what)


def _is_system(event: Event) -> bool:
    return event.actor_name == "system"


def _plain(words: str) -> "Say":
    """A sentence whose `{}` is the name of the subject."""
    return lambda event, subject: format_html(words, subject)


def _part(event: Event, name: str) -> Mapping[str, Any]:
    value = event.details.get(name)
    return value if isinstance(value, dict) else {}


def _stage_changed(event: Event, subject: SafeString) -> SafeString:
    return format_html(
        "moved {} from {} to {}",
        subject,
        _part(event, "before").get("stage", "None"),
        _part(event, "after").get("stage", "None"),
    )


def _alias_moved(event: Event, subject: SafeString) -> SafeString:
    before, after = _part(event, "before"), _part(event, "after")
    came_from = format_html(", from version {}", before["version"]) if before.get("version") else ""
    return format_html("pointed <code>@{}</code> at {}{}", after.get("alias", ""), subject, came_from)


def _alias_removed(event: Event, subject: SafeString) -> SafeString:
    return format_html("removed <code>@{}</code> from {}", _part(event, "before").get("alias", ""), subject)


def _rolled_back(event: Event, subject: SafeString) -> SafeString:
    return format_html("rolled {} back to {}", event.details.get("to", ""), subject)


def _changed(event: Event, subject: SafeString) -> SafeString:
    after = _part(event, "after")
    if isinstance(tag := after.get("tag"), dict):
        key, value = next(iter(tag.items()), ("", None))
        if value is None:
            return format_html("removed the tag <code>{}</code> from {}", key, subject)
        return format_html("tagged {} with <code>{} = {}</code>", subject, key, value[:80])
    if "restricted" in after:
        words = "restricted {} to its own roles" if after["restricted"] else "opened {} to the roles of its registry"
        return format_html(words, subject)
    if "name" in after:
        return format_html("renamed {} to {}", _part(event, "before").get("name", ""), after["name"])
    return format_html("changed the {} of {}", " and ".join(after) or "details", subject)


def _scan_finished(event: Event, subject: SafeString) -> SafeString:
    verdict = str(event.details.get("verdict", "")).replace("-", " ")
    return format_html("finished the scan: {}", verdict or "see the findings")


def _verdict_changed(event: Event, subject: SafeString) -> SafeString:
    before, after = (str(event.details.get(name, "")).replace("-", " ") for name in ("before", "after"))
    return format_html("came to another verdict than the engine before: {}, not {}", after, before)


def _waived(event: Event, subject: SafeString) -> SafeString:
    count = event.details.get("findings", 0)
    ends = str(event.details.get("ends") or "")[:10]
    until = format_html(" until {}", ends) if ends else ""
    return format_html("accepted {} finding{} in {}{}", count, "" if count == 1 else "s", subject, until)


def _decided(event: Event, subject: SafeString) -> SafeString:
    words = {"approve": "approved", "request_changes": "asked for changes to", "reject": "rejected"}
    return format_html("{} {}", words.get(str(event.details.get("verdict")), "decided on"), subject)


def _protected(event: Event, subject: SafeString) -> SafeString:
    after = _part(event, "after")
    roles = [f"{role.replace('_', ' ')}s" for role in after.get("roles", [])]
    people = [*roles, *(f"team {name}" for name in after.get("teams", []))]
    return format_html("kept {} for {}", subject, ", ".join(people) or "administrators")


def _promoted(event: Event, subject: SafeString) -> SafeString:
    return format_html(
        "put {} at {}, as review {} allows", subject, event.details.get("to"), event.details.get("review")
    )


def _attested(event: Event, subject: SafeString) -> SafeString:
    return format_html("signed what is known of {} at {}", subject, event.details.get("place", "a place"))


def _role(words: str) -> "Say":
    """A sentence with the role, whom it was about and the thing, in this order."""

    def say(event: Event, subject: SafeString) -> SafeString:
        team = str(event.details.get("person") or event.details.get("team", "")).removeprefix("person:")
        return format_html(words, str(event.details.get("role", "")).replace("_", " "), team, subject)

    return say


def _sign_in_failed(event: Event, subject: SafeString) -> SafeString:
    if event.details.get("way") == "single sign-on":
        return format_html("{}", "refused somebody who came by single sign-on")
    if _is_system(event):
        return format_html("refused a wrong password for {}", subject)
    return format_html("typed a wrong code for {}", subject)


def _session_ended(event: Event, subject: SafeString) -> SafeString:
    count = event.details.get("sessions", 1)
    return format_html("signed {} out of {}", subject, "a browser" if count == 1 else f"{count} browsers")


Say = Callable[[Event, SafeString], SafeString]
_SENTENCES: dict[str, Say] = {
    Kind.ROLE_GRANTED: _role("gave the role {} to {} on {}"),
    Kind.ROLE_REVOKED: _role("took the role {} of {} away on {}"),
    Kind.ROLE_ENDED: _role("ended the role {} of {} on {}, as its time was over"),
    Kind.ACCESS_REQUESTED: _plain("asked for access: {}"),
    Kind.ACCESS_GRANTED: _plain("agreed: {}"),
    Kind.ACCESS_REFUSED: _plain("refused: {}"),
    Kind.ACCESS_WITHDRAWN: _plain("took back: {}"),
    Kind.SIGN_IN_DONE: _plain("signed in as {}"),
    Kind.SIGN_IN_ENDED: _plain("signed out as {}"),
    Kind.SIGN_IN_FAILED: _sign_in_failed,
    Kind.SIGN_IN_LOCKED: _plain("locked {} after too many wrong passwords"),
    Kind.SIGN_IN_UNLOCKED: _plain("unlocked {}"),
    Kind.SESSION_ENDED: _session_ended,
    Kind.PASSWORD_CHANGED: _plain("changed the password of {}"),
    Kind.PASSWORD_RESET: _plain("gave {} a new password on the server"),
    Kind.SECOND_FACTOR_ADDED: _plain("set up a second factor for {}"),
    Kind.SECOND_FACTOR_REMOVED: _plain("took the second factor of {} away"),
    Kind.RECOVERY_CODES_MADE: _plain("made recovery codes for {}"),
    Kind.IDENTITY_LINKED: _plain("linked {} to single sign-on"),
    Kind.IDENTITY_UNLINKED: _plain("ended the link of {} to single sign-on"),
    Kind.SSO_GROUP_MAPPED: _plain("let a group of the provider fill the team {}"),
    Kind.SSO_GROUP_UNMAPPED: _plain("lets a group of the provider fill the team {} no more"),
    Kind.TOKEN_ROTATED: _plain("rotated the token {}"),
    Kind.TOKENS_REVOKED: _plain("revoked all tokens of {}"),
    Kind.WORKLOAD_TRUSTED: _plain("lets the jobs of {} in"),
    Kind.WORKLOAD_ENDED: _plain("lets the jobs of {} in no more"),
    Kind.WORKLOAD_ADMITTED: _plain("came in as a job of {}"),
    Kind.WORKLOAD_REFUSED: _plain("refused a job of {}"),
    Kind.REGISTRY_CHANGED: _changed,
    Kind.MODEL_CREATED: _plain("created the model {}"),
    Kind.MODEL_CHANGED: _changed,
    Kind.MODEL_DELETED: _plain("deleted the model {}"),
    Kind.VERSION_REGISTERED: _plain("registered {}"),
    Kind.VERSION_CHANGED: _changed,
    Kind.VERSION_DELETED: _plain("deleted {}"),
    Kind.STAGE_CHANGED: _stage_changed,
    Kind.ALIAS_MOVED: _alias_moved,
    Kind.ALIAS_REMOVED: _alias_removed,
    Kind.VERSION_ROLLED_BACK: _rolled_back,
    Kind.PLACE_PROTECTED: _protected,
    Kind.PLACE_RELEASED: _plain("protects {} no longer"),
    Kind.SCAN_REQUESTED: _plain("asked for a scan of {}"),
    Kind.SCAN_FINISHED: _scan_finished,
    Kind.BILL_SUPPLIED: _plain("supplied a bill of materials of {}"),
    Kind.BILL_REMOVED: _plain("removed the supplied bill of materials of {}"),
    Kind.POLICY_CREATED: _plain("put a policy in force: {}"),
    Kind.SCAN_VERDICT_CHANGED: _verdict_changed,
    Kind.FINDINGS_WAIVED: _waived,
    Kind.WAIVER_WITHDRAWN: _plain("withdrew what was accepted in {}"),
    Kind.WAIVER_ENDED: _plain("noted that what was accepted in {} counts again"),
    Kind.NAME_ALLOWED: _plain("allowed the name {}"),
    Kind.NAME_DISALLOWED: _plain("allows the name {} no more"),
    Kind.TREE_QUARANTINED: _plain("put the files in quarantine"),
    Kind.QUARANTINE_LIFTED: _plain("let the files out of quarantine"),
    Kind.SIGNATURE_ADDED: _plain("added a signature to {}"),
    Kind.SIGNATURE_REMOVED: _plain("removed a signature from {}"),
    Kind.TRUST_ANCHOR_ADDED: _plain("lets signatures by {} count"),
    Kind.TRUST_ANCHOR_REVOKED: _plain("lets signatures by {} count no more"),
    Kind.SIGNING_KEY_MADE: _plain("made the signing key {}"),
    Kind.SIGNING_KEY_RETIRED: _plain("retired the signing key {}"),
    Kind.VERSION_ATTESTED: _attested,
    Kind.REVIEW_REQUESTED: _plain("asked for a review: {}"),
    Kind.REVIEW_DECIDED: _decided,
    Kind.REVIEW_COMMENTED: _plain("commented on {}"),
    Kind.REVIEW_WITHDRAWN: _plain("withdrew the request {}"),
    Kind.PROMOTION_DONE: _promoted,
}
