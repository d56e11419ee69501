"""Access tokens of yourself and of the service accounts that you own."""

from http import HTTPStatus

from accounts.models import ApiToken
from accounts.operations.tokens import create_token, revoke_token
from accounts.queries import find_account, find_token, tokens_of
from accounts.rights import Scope
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.accounts import MadeTokenShape, NewTokenShape, TokenShape


class Tokens(View):
    @endpoint("list_tokens", lists=TokenShape)
    def get(self, call: Call) -> Page[ApiToken]:
        """Your tokens and those of your service accounts, newest first."""
        return call.page(tokens_of(call.actor), "-pk")

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
            actor=call.actor,
        )
        return With(token, secret=secret)


class OneToken(View):
    @endpoint("revoke_token")
    def delete(self, call: Call, token: int) -> None:
        """Revoke a token; whatever used it is signed out."""
        revoke_token(find_token(token, actor=call.actor), actor=call.actor)
