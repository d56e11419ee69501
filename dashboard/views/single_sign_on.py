"""To the provider of single sign-on and back."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from accounts.models import User
from dashboard.sign_in.adapters import log, refused
from dashboard.sign_in.confirmed import must_confirm, to_confirm
from dashboard.sign_in.provider import Exchange, Return, is_linking, name_of_provider, provider_id
from lib.errors import NotFound

TO_THE_PROVIDER = 3600  # seconds that the session of a visitor on the way there is kept


@require_POST
def single_sign_on(request: HttpRequest) -> HttpResponse:
    """On to the provider, by way of a page: our policy lets no form end on another site."""
    if not provider_id():
        raise NotFound("There is no single sign-on here.")
    provider = get_adapter().get_provider(request, provider_id())
    if not isinstance(request.user, User):
        request.session.set_expiry(TO_THE_PROVIDER)  # a visitor's; signing in gives it the usual life
    elif is_linking(request) and must_confirm(request, request.user):
        return to_confirm(reverse("account"))
    try:
        response = provider.redirect_from_request(request)
    except (OAuth2Error, RequestException) as error:
        log.warning("The provider of single sign-on cannot be used: %s", error)
        reason = f"{name_of_provider()} does not answer. Try again in a moment, or tell your administrator."
        return refused(request, reason, status=503)
    if not isinstance(response, HttpResponseRedirect):
        raise TypeError("The provider's address is always a redirect.")
    return render(request, "socialaccount/on_the_way.html", {"address": response.url, "provider": name_of_provider()})


@require_safe
def back(request: HttpRequest) -> HttpResponseBase:
    """The provider has sent the browser back."""
    if not provider_id():
        raise NotFound("There is no single sign-on here.")
    response: HttpResponseBase = Return.adapter_view(Exchange(request, provider_id()))(request)
    return response
