"""Small parts of pages: badges, people, times, digests, fields. Each shows what it is given and decides nothing."""

import math
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Model
from django.forms import BoundField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import now

from accounts.models import User
from approvals.models import Review
from dashboard import icons, markdown
from dashboard.addresses import address
from lib.clock import from_ms
from registry.models import Stage
from registry.models.stages import ARCHIVED, NO_STAGE
from registry.queries import Difference
from scanning.models import Verdict
from scanning.posture import KINDS
from scanning.standing import Standing

register = template.Library()

_VERDICTS = {
    Verdict.QUEUED: ("info", "clock"),
    Verdict.SCANNING: ("info", "turning"),
    Verdict.CLEAN: ("good", "passed"),
    Verdict.NEEDS_REVIEW: ("warn", "warning"),
    Verdict.UNSAFE: ("bad", "refused"),
    Verdict.FAILED: ("bad", "warning"),
}
_REVIEW_STATES = {
    Review.State.OPEN: ("info", "ring"),
    Review.State.APPROVED: ("good", "clock"),
    Review.State.APPLIED: ("good", "passed"),
    Review.State.REJECTED: ("bad", "refused"),
    Review.State.WITHDRAWN: ("", "cross"),
}
_RUN_STATES = {
    "RUNNING": ("info", "turning"),
    "SCHEDULED": ("info", "clock"),
    "FINISHED": ("good", "passed"),
    "FAILED": ("bad", "warning"),
    "KILLED": ("bad", "cross"),
}
_POSTURE = {
    "clean": ("good", "passed"),
    "accepted": ("info", "shield"),
    "needs-review": ("warn", "warning"),
    "unsafe": ("bad", "refused"),
    "failed": ("bad", "warning"),
    "waiting": ("info", "clock"),
}
_SEVERITIES = {"unsafe": "bad", "failed": "bad", "needs-review": "warn"}

_NO_STAGE = SafeString('<span class="soft">–<span class="unseen">no stage</span></span>')
_NEVER = SafeString('<span class="soft">never</span>')

register.simple_tag(icons.icon, name="icon")
register.simple_tag(address, name="to")
register.filter("address", address)


@register.filter(name="markdown")
def as_markdown(text: str) -> SafeString:
    """Markdown as harmless HTML."""
    return markdown.render(text)


@register.filter
def noun(thing: Model) -> str:
    """What kind of thing it is: model, registry, experiment."""
    return str(thing._meta.verbose_name)


@register.filter
def measured(value: float) -> str:
    """A metric in up to six digits."""
    if math.isnan(value):
        return "not a number"
    return f"{value:.6g}".replace("-", "−")


@register.filter
def tone_of_severity(severity: str) -> str:
    """The tone of a finding."""
    return _SEVERITIES.get(severity, "info")


@register.filter
def severity(value: str) -> str:
    """A finding's weight as a word."""
    return value.replace("-", " ").capitalize()


@register.simple_tag
def verdict(value: str | None) -> SafeString:
    """The badge of a scan; None stands for files that nobody has scanned, or that are kept elsewhere."""
    if not value:
        return _badge("", "ring", "Not scanned")
    tone, name = _VERDICTS[Verdict(value)]
    return _badge(tone, name, str(Verdict(value).label))


@register.simple_tag
def standing(value: Standing) -> SafeString:
    """The badge of what a verdict comes to in a registry."""
    if value.kept_because:
        return _badge("bad", "lock", "In quarantine")
    if value.is_accepted:
        return _badge(
            "info" if value.is_current else "warn",
            "shield",
            "Accepted" if value.is_current else "Accepted, of older rules",
        )
    if not value.is_current and value.effective == Verdict.CLEAN:
        return _badge("warn", "clock", "Clean, by older rules")
    return verdict(value.effective)


@register.simple_tag
def weight(value: str) -> SafeString:
    """The badge of a finding's severity."""
    tone = _SEVERITIES.get(value, "")
    return _badge(tone, {"bad": "refused", "warn": "warning"}.get(tone, "info"), severity(value))


@register.simple_tag
def posture(kind: str) -> SafeString:
    """The badge of a kind of standing in a registry's count."""
    tone, name = _POSTURE.get(kind, ("", "ring"))
    return _badge(tone, name, KINDS[kind])


@register.simple_tag
def review_state(review: Review) -> SafeString:
    """The badge of a review."""
    return _badge(*_REVIEW_STATES[Review.State(review.state)], str(review.get_state_display()).partition(",")[0])


@register.simple_tag
def run_state(status: str) -> SafeString:
    """The badge of a run."""
    return _badge(*_RUN_STATES.get(status, ("", "ring")), status.capitalize())


@register.simple_tag
def stage(value: Stage | str | None) -> SafeString:
    """The badge of a stage; a dash for none."""
    name = value.name if isinstance(value, Stage) else value
    if not name or name == NO_STAGE:
        return _NO_STAGE
    is_exclusive = value.is_exclusive if isinstance(value, Stage) else name == "Production"
    tone = "good" if is_exclusive else "" if name == ARCHIVED else "warn"
    return format_html('<span class="badge badge--{}">{}</span>', tone, name)


@register.simple_tag
def alias(name: str) -> SafeString:
    """The badge of an alias."""
    return format_html('<span class="badge badge--name badge--info">@{}</span>', name)


@register.simple_tag
def avatar(user: User, size: str = "") -> SafeString:
    """The initials of somebody in a colour of their own; machines have square ones."""
    return initials(user.name, colour_by=user.username, is_square=user.kind != User.Kind.PERSON, size=size)


def initials(name: str, *, colour_by: str, is_square: bool = False, size: str = "") -> SafeString:
    """Two letters for a name, as decoration beside it."""
    words = name.translate(str.maketrans(".-_", "   ")).split() or ["?"]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return format_html(
        '<span class="avatar avatar--{} {} {}" aria-hidden="true">{}</span>',
        crc32(colour_by.encode()) % 6,
        f"avatar--{size}" if size else "",
        "avatar--square" if is_square else "",
        letters.upper(),
    )


@register.simple_tag
def person(user: User) -> SafeString:
    """Initials and name."""
    return format_html('<span class="person">{}<span>{}</span></span>', avatar(user), user.name)


@register.simple_tag
def moment(at: datetime | int | None) -> SafeString:
    """How long ago, with the exact time when one points at it. Whole numbers are milliseconds since 1970."""
    if at is None:
        return _NEVER
    at = from_ms(at) if isinstance(at, int) else at
    if at > now() and (at - now()).days < 30:
        return _time(at, _from_now(at - now()))
    days = abs((now() - at).days)
    words = naturaltime(at).replace("\xa0", " ").split(",")[0].removesuffix(" ago") if days < 30 else f"{at:%-d %b %Y}"
    return _time(at, f"{words} ago" if days < 30 and words != "now" else words)


def _from_now(left: timedelta) -> str:
    """The time that is left, rounded to what is nearest: seven days less a second are seven days."""
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (number := round(left.total_seconds() / seconds)) >= 1:
            return f"{number} {unit}{'s' * (number != 1)} from now"
    return "in a moment"


def _time(at: datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', at.isoformat(), f"{at:%A %-d %B %Y, %H:%M:%S}", words
    )


@register.simple_tag
def duration(start: int | None, end: int | None) -> str:
    """The time between two moments in milliseconds."""
    if start is None or end is None:
        return "–"
    seconds = (end - start) / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


@register.inclusion_tag("components/digest.html")
def digest(value: str, length: int = 12) -> dict[str, str]:
    """The beginning of a digest or id; the whole of it on hover and in the clipboard."""
    return {"value": value, "short": value[:length], "rest": value[length:]}


@register.inclusion_tag("components/snippet.html")
def snippet(code: str, label: str = "Code") -> dict[str, str]:
    """Lines to copy."""
    return {"code": code, "label": label}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, style: str = "") -> dict[str, Any]:
    """A form's field with its label, help and errors."""
    return {"field": bound, "style": style, "is_group": bound.use_fieldset}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "") -> dict[str, str]:
    """What a list says when it has nothing to show."""
    return {"title": title, "text": text}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.RequestContext, next_token: str | None) -> dict[str, Any]:
    """From one page of a list to the next, and back to the first."""
    request: HttpRequest = context["request"]
    return {"request": request, "next_token": next_token, "is_first": "page" not in request.GET}


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: template.RequestContext, view: str, words: str, count: int = 0) -> dict[str, Any]:
    """One place of the main navigation; marked when the page belongs to it."""
    path, here = reverse(view), context["request"].path
    return {
        "path": path,
        "words": words,
        "count": count,
        "is_here": here == path or (path != "/" and here.startswith(path)),
    }


def _badge(tone: str, name: str, words: str) -> SafeString:
    spin = "spin" if name == "turning" else ""
    return format_html('<span class="badge badge--{}">{}{}</span>', tone or "plain", icons.icon(name, spin), words)


@register.simple_tag
def shift(difference: Difference) -> SafeString:
    """By how much a metric differs. Whether more is better depends on the metric, so the words take no side."""
    before, after = difference.before, difference.after
    if not isinstance(before, float) or not isinstance(after, float):
        return format_html(
            '<span class="soft">{}</span>', "new" if before is None else "gone" if after is None else "–"
        )
    if before == after or math.isnan(before) or math.isnan(after):
        return format_html('<span class="shift soft">{}{}</span>', icons.icon("same"), "the same")
    rate = f" ({abs(after - before) / abs(before):.1%})" if before else ""
    name, words = ("up-arrow", "higher") if after > before else ("down-arrow", "lower")
    return format_html(
        '<span class="shift">{}{} by {}{}</span>', icons.icon(name), words, measured(abs(after - before)), rate
    )
