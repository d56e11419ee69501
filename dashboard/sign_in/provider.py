"""The one OpenID Connect provider that the operator has named, held to more than allauth holds it to.

allauth keeps state and PKCE. Here: a nonce, the signature of every identity token with a key of the provider, issuer,
audience, times; nothing that a browser sends changes what is asked for. (OpenID Connect Core 1.0, section 3.1.3.7)
"""

import hmac
import secrets
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import get_request_param
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.operations.single_sign_on import Identity

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds that clocks may differ
_LONGEST_SUBJECT = 191  # characters that the table holds; the standard allows 255, providers use 36


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # has no types
    """Talks to the provider: its documents, the code for tokens, who it was."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself, once a request. Raises OAuth2Error if it says that it is somebody else."""
        if not hasattr(self, "_config"):
            issuer = self.get_provider().app.settings["server_url"]
            config = self.fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if config.get("issuer") != issuer:
                raise OAuth2Error(f"The configuration of {issuer} names the issuer {config.get('issuer')}.")
            self._config: dict[str, Any] = config
        return self._config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends the browser back to; registered there."""
        return request.build_absolute_uri(reverse("single-sign-on-back"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """The sign-in that the tokens speak of. Raises OAuth2Error for any that is not ours, fresh and signed."""
        claims = self.checked(str(kwargs["response"].get("id_token") or ""), app.client_id)
        wanted = {"preferred_username", "email", settings.OIDC_GROUPS_CLAIM}
        if not wanted <= set(claims) and (address := self.openid_config.get("userinfo_endpoint")):
            more = self.fetch(address, {"Authorization": f"Bearer {token.token}"})
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("The user information is about somebody else.")
            # Who says an address also says whether it is verified.
            verified = (claims if "email" in claims else more).get("email_verified")
            claims = {**more, **claims, "email_verified": verified}
        identity = _identity(self.provider_id, claims)
        said = {"sub": identity.subject, "preferred_username": identity.username}
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, {"id_token": said})
        login.identity = identity
        return login

    def checked(self, credential: str, audience: str) -> dict[str, Any]:
        """The claims of an identity token."""
        try:
            kid = jwt.get_unverified_header(credential).get("kid")
            keys = jwt.PyJWKSet.from_dict(self.fetch(self.openid_config["jwks_uri"])).keys
            key = next((key for key in keys if kid is None or key.key_id == kid), None)
            if key is None:
                raise OAuth2Error("The identity token is signed with an unknown key.")
            claims: dict[str, Any] = jwt.decode(
                credential,
                key.key,
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as error:
            raise OAuth2Error(f"The identity token does not hold: {error}") from error
        nonce = str(claims.get("nonce")).encode(errors="replace")
        if not self.nonce or not hmac.compare_digest(nonce, self.nonce.encode()):
            raise OAuth2Error("The identity token was made for another sign-in.")
        if claims.get("azp", audience) != audience:
            raise OAuth2Error("The identity token was made for another client.")
        if not claims["sub"] or len(claims["sub"]) > _LONGEST_SUBJECT:
            raise OAuth2Error("The subject of the identity token is empty or too long.")
        if _storable(claims["sub"]) != claims["sub"]:
            raise OAuth2Error("The subject of the identity token is no text that can be kept.")
        return claims

    def fetch(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """A JSON object from the provider. Raises OAuth2Error."""
        with get_adapter().get_requests_session() as session:
            response = session.get(address, headers=headers)
        try:
            said = response.json() if response.status_code == 200 else None
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise OAuth2Error(f"{address} answered {response.status_code} and no JSON object.")
        return said


class Provider(OpenIDConnectProvider):  # type: ignore[misc] # has no types
    """What allauth asks of a provider."""

    oauth2_adapter_class = Exchange

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """What is kept until the browser is back: where to, whether to link, the nonce. Scopes are not negotiable."""
        kept = super().get_redirect_from_request_kwargs(request)
        nonce = secrets.token_urlsafe(24)
        return {
            "next_url": kept.get("next_url"),
            "process": AuthProcess.CONNECT if is_linking(request) else AuthProcess.LOGIN,
            "scope": self.get_default_scope(),
            "auth_params": {"nonce": nonce},
            "nonce": nonce,
        }

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """The name there, which the person's own page shows; it is stored anew at every sign-in."""
        return {"username": data["id_token"]["preferred_username"]}


class Return(OAuth2CallbackView):  # type: ignore[misc] # has no types
    """The browser is back from the provider."""

    def _get_state(self, request: HttpRequest, provider: Provider) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, response


def is_linking(request: HttpRequest) -> bool:
    """Whether somebody who is signed in goes to the provider to link what they are there."""
    process = get_request_param(request, "process")
    return bool(process == AuthProcess.CONNECT and request.user.is_authenticated)


def name_of_provider() -> str:
    """What the button says, or nothing where there is no single sign-on."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return str(apps[0]["name"]) if apps else ""


def provider_id() -> str:
    """What stands for the issuer in the links of people; empty where there is no single sign-on."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return str(apps[0]["provider_id"]) if apps else ""


def _identity(provider: str, claims: dict[str, Any]) -> Identity:
    groups = claims.get(settings.OIDC_GROUPS_CLAIM)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    named = [str(group) for group in listed]
    return Identity(
        provider=provider,
        subject=claims["sub"],
        username=_text(claims, "preferred_username"),
        name=_text(claims, "name"),
        email=_text(claims, "email"),
        email_is_verified=claims.get("email_verified") is True,
        groups=frozenset(group for group in named if _storable(group) == group),
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return _storable(value)[:254] if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """The text without what no database takes: NUL, and halves of characters."""
    return text.replace("\0", "").encode(errors="ignore").decode()
