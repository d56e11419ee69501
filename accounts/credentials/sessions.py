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

    A session tells whose it is only when it is opened, and they are opened one after the other: a rare thing to do.
    """
    ended = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.session_key != keep and session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(session_key__in=ended).delete()
    UserSession.objects.filter(user=user).exclude(session_key=keep).delete()
    return len(ended)
