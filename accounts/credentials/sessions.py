"""The sessions of the pages: what is kept of them, and ending those of one account."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User


def sessions_of(actor: User) -> QuerySet[UserSession]:
    """The browsers in which the actor is signed in, with where and when they were last seen."""
    running = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user=actor, session_key__in=running)
    return sessions


def end_sessions_of(user: User, *, keep: str = "") -> int:
    """Sign the user out of every browser, but for the session with the key `keep`; says of how many.

    Signing in leaves a row that says whose session it is. The few without one, such as those of people who are just
    signing in, tell it only when they are opened.
    """
    running = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=keep)
    ended = set(
        running.filter(session_key__in=UserSession.objects.filter(user=user).values("session_key")).values_list(
            "session_key", flat=True
        )
    )
    for session in running.exclude(session_key__in=UserSession.objects.values("session_key")).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            ended.add(session.session_key)
    Session.objects.filter(session_key__in=ended).delete()
    UserSession.objects.filter(user=user).exclude(session_key=keep).delete()
    return len(ended)


def clear_ended_sessions() -> int:
    """Delete sessions that are over, of visitors too, and what was kept of those that are gone; how many there were."""
    count, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return count
