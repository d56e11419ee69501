"""Small parts of pages about what versions require."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard import icons
from supply.audit.vulnerabilities import AuditState
from supply.models import Severity

register = template.Library()

_SEVERITIES = {
    Severity.UNKNOWN: ("", "ring"),
    Severity.LOW: ("info", "info"),
    Severity.MEDIUM: ("warn", "warning"),
    Severity.HIGH: ("bad", "warning"),
    Severity.CRITICAL: ("bad", "refused"),
    Severity.MALICIOUS: ("bad", "refused"),
}
_STATES = {
    AuditState.NOT_AUDITED: ("", "ring", "Not audited"),
    AuditState.STALE: ("warn", "clock", "Stale"),
    AuditState.AUDITED: ("info", "passed", "Audited"),
}


@register.simple_tag
def rating(severity: str, count: int = 0) -> SafeString:
    """The badge of how bad a vulnerability is, with how many there are of it if that is told."""
    tone, name = _SEVERITIES[Severity(severity)]
    words = f"{count} {Severity(severity).label.lower()}" if count else str(Severity(severity).label)
    return _badge(tone, name, words)


@register.simple_tag
def audit_state(state: str) -> SafeString:
    """The badge of how far one may rely on an audit."""
    return _badge(*_STATES[AuditState(state)])


def _badge(tone: str, name: str, words: str) -> SafeString:
    return format_html('<span class="badge badge--{}">{}{}</span>', tone or "plain", icons.icon(name), words)
