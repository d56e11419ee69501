"""Where to go on to: only within this site, whatever an address or a form says."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def inside(request: HttpRequest, address: str, *, otherwise: str) -> str:
    """The address if it is one of this site, else the other one."""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else otherwise
