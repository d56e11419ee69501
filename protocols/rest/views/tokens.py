"""Access tokens: your own, those of the service accounts that you own, and for administrators everybody's."""

from datetime import timedelta
from http import HTTPStatus

from django.db.models import Model

from accounts.models import ApiToken
from accounts.operations.tokens import create_token, revoke_token, revoke_tokens_of, rotate_token
from accounts.queries import all_tokens, find_account, find_registry, find_token, tokens_of
from accounts.rights import Scope
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.tokens import (
    MadeTokenShape,
    NewTokenShape,
    RevokedShape,
    RotationShape,
    TokensAsked,
    TokenShape,
)
from registry.queries import find_model


class Tokens(View):
    @endpoint("list_tokens", asks=TokensAsked, lists=TokenShape)
    def get(self, call: Call) -> Page[ApiToken]:
        """Your tokens and those of your service accounts, newest first; with `all` everybody's."""
        owner, state = call.asked["owner"], call.asked["state"]
        if call.asked["all"]:
            tokens = all_tokens(actor=call.actor, owner=owner, state=ApiToken.State(state) if state else None)
        else:
            tokens = tokens_of(call.actor)
            tokens = tokens.filter(owner__username=owner) if owner else tokens
            tokens = tokens.filter(ApiToken.in_state(ApiToken.State(state))) if state else tokens
        return call.page(tokens, "-pk")

    @endpoint("create_token", takes=NewTokenShape, answers=MadeTokenShape, status=HTTPStatus.CREATED)
    def post(self, call: Call) -> With:
        """Make a token; this answer alone shows its secret."""
        said = call.said
        owner = find_account(said["owner"] or call.actor.username, actor=call.actor)
        token, secret = create_token(
            owner,
            name=said["name"],
            scopes=[Scope(scope) for scope in said["scopes"]],
            expires_at=said["expires_at"],
            limit=_limit(call),
            actor=call.actor,
        )
        return With(token, secret=secret)


class OneToken(View):
    @endpoint("revoke_token")
    def delete(self, call: Call, token: int) -> None:
        """Revoke a token; whatever used it is signed out."""
        revoke_token(find_token(token, actor=call.actor), actor=call.actor)


class Rotation(View):
    @endpoint("rotate_token", takes=RotationShape, answers=MadeTokenShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, token: int) -> With:
        """Make a token in place of another one; this answer alone shows its secret.

        The old one ends at once, or after `overlap_hours`.
        """
        overlap = timedelta(hours=call.said["overlap_hours"])
        made, secret = rotate_token(find_token(token, actor=call.actor), overlap=overlap, actor=call.actor)
        return With(made, secret=secret)


class TokensOf(View):
    @endpoint("revoke_tokens_of_account", answers=RevokedShape)
    def delete(self, call: Call, username: str) -> dict[str, int]:
        """Revoke all tokens of an account."""
        return {"revoked": revoke_tokens_of(find_account(username, actor=call.actor), actor=call.actor)}


def _limit(call: Call) -> Model | None:
    """The registry or model that was named, among those that the actor sees."""
    said = call.said["limit"]
    if said is None:
        return None
    if said["model"]:
        return find_model(said["registry"], said["model"], actor=call.actor)
    return find_registry(said["registry"], actor=call.actor)
