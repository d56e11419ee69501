"""The door for jobs: an identity token of their own for a token of Gatehouse. Open to everybody, as it lets them in."""

from accounts.operations.trusts import LIFE, admit_workload
from accounts.queries import system_user
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.tokens import ExchangedShape, ExchangeShape

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a word of RFC 8693


class TokenExchange(View):
    authentication_classes = ()
    permission_classes = ()

    @endpoint("exchange_token", takes=ExchangeShape, answers=ExchangedShape, takes_forms=True)
    def post(self, call: Call) -> dict[str, object]:
        """Exchange a job's identity token for a token of the service account that it may act as.

        The token is good for one registry and one hour. `service_account` and `registry` choose where several trusts
        fit. Whatever is wrong with an identity token, the answer is the same.
        """
        said = call.said
        token, secret, registry = admit_workload(
            said["subject_token"], registry=said["registry"], account=said["service_account"], actor=system_user()
        )
        return {
            "access_token": secret,
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": int(LIFE.total_seconds()),
            "scope": " ".join(token.scopes),
            "registry": registry.name,
        }
