"""The policies in force in a registry, and the form that puts another one in force."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import access
from accounts.models import Registry, User
from accounts.queries import find_registry
from accounts.rights import Right
from approvals.models import Policy
from approvals.operations.policies import create_policy
from approvals.queries import policies_for
from approvals.rules import in_words
from dashboard.door import signed_in
from dashboard.forms.policies import PolicyForm, beginning_with
from lib.errors import HouseError
from lib.paging import page_by_key
from registry.queries import stages_of

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def policies(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """What has to hold before a version goes where; a POST puts a policy in force."""
    found = find_registry(registry, actor=actor)
    rows = policies_for(actor).filter(registry=found, is_in_force=True)
    form = _form(request, found, rows.filter(pk=_asked(request)).first())
    if form.is_valid():
        said = form.cleaned_data
        try:
            policy = create_policy(
                found, stage=said["stage"], alias=said["alias"].removeprefix("@"), **form.rules(), actor=actor
            )
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{policy} is in force.")
            return redirect("policies", found.name)
    page = page_by_key(rows, ["stage", "alias", "pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    shown = {
        "registry": found,
        "rows": [(policy, in_words(policy)) for policy in page.rows],
        "next_token": page.next_token,
        "form": form if access.can(actor, Right.MANAGE, found) else None,
    }
    return render(request, "pages/policies.html", shown, status=422 if form.errors else 200)


def _form(request: HttpRequest, registry: Registry, policy: Policy | None) -> PolicyForm:
    """What was sent, or an empty form, or one that begins with a policy that is in force."""
    stages = list(stages_of(registry))
    if request.method == "POST":
        return PolicyForm(stages, request.POST)
    return PolicyForm(stages, initial=beginning_with(policy) if policy else None)


def _asked(request: HttpRequest) -> int:
    """The key of the policy to begin with; none has the key 0."""
    said = request.GET.get("change", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0
