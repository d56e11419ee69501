"""The admin of identity and access. Django imports this; the pages stand in the files beside it."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import people, requests, teams, tokens

__all__ = ["people", "requests", "teams", "tokens"]

# Pages for these would pass by every operation; allauth's tables are read and written by its flows and ours.
for table in (Group, Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(table)
