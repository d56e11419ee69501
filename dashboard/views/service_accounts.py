"""Service accounts: those that a person owns (administrators see all), and one with its tokens and trusted jobs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.models import User
from accounts.operations.people import create_service_account, hand_over_service_account
from accounts.operations.standing import deactivate_account, reactivate_account
from accounts.operations.trusts import end_trust, trust_workload
from accounts.ownership import speaks_for_itself
from accounts.queries import (
    all_tokens,
    find_account,
    find_machine,
    find_workload,
    machines_of,
    registries_for,
    roles_of,
    tokens_of,
    workloads_of,
)
from accounts.rights import Right, Scope
from dashboard.door import signed_in
from dashboard.forms.service_accounts import OwnerForm, ServiceAccountForm, WorkloadForm
from dashboard.snippets import sign_in_snippet
from dashboard.views.tokens import new_token, unkept
from dashboard.workload_snippets import example
from lib.errors import Conflict, HouseError, Invalid, NotFound
from lib.paging import page_by_key

PAGE_SIZE = 50
_MOST_TRUSTS = 50
_MOST_REGISTRIES = 500  # in the choice


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def service_accounts(request: HttpRequest, actor: User) -> HttpResponse:
    """The list; for administrators with a form, whose POST makes one."""
    form = ServiceAccountForm(request.POST or None, initial={"owner": actor.username})
    if form.is_valid():
        try:
            made = _create(form, actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{made.name} was made. Give it a role where it works, and a token.")
            return redirect("service-account", made.username)
    rows = machines_of(actor)
    shown = {
        "page": page_by_key(rows, ["username"], size=PAGE_SIZE, token=request.GET.get("page")),
        "form": form if access.can(actor, Right.ADMINISTER, None) else None,
        "sees_all": access.can(actor, Right.AUDIT, None),
    }
    return render(request, "pages/service_accounts.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def service_account(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """One account: roles, tokens, trusted jobs. A POST makes a token; only its answer ever shows the secret."""
    machine = find_machine(name, actor=actor)
    form, made, secret = new_token(request, actor, [machine])
    return _page(request, actor, machine, token_form=form, made=made, secret=secret)


@require_POST
@signed_in
def hand_over(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Let somebody else answer for this account."""
    machine = find_machine(name, actor=actor)
    access.require(actor, Right.ADMINISTER, None)
    form = OwnerForm(request.POST)
    if form.is_valid():
        try:
            hand_over_service_account(machine, _owner(form.cleaned_data["owner"], actor), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{machine.owner} answers for {machine.name} from now on. Its tokens stay.")
            return redirect("service-account", machine.username)
    return _page(request, actor, machine, owner_form=form)


@require_POST
@signed_in
def standing(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Keep this account out at every door or, with `active`, let it in again."""
    machine = find_machine(name, actor=actor)
    try:
        if request.POST.get("active"):
            reactivate_account(machine, actor=actor)
            messages.success(request, f"{machine.name} is active again.")
        else:
            deactivate_account(machine, actor=actor)
            messages.success(request, f"{machine.name} was deactivated. Its tokens and jobs are refused from now on.")
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect("service-account", machine.username)


@require_POST
@signed_in
def trust(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Let jobs in that act as this account."""
    machine = find_machine(name, actor=actor)
    form = _trust_form(request, actor)
    if form.is_valid():
        try:
            made = trust_workload(
                form.registries[form.cleaned_data["registry"]],
                account=machine,
                name=form.cleaned_data["name"],
                issuer=form.cleaned_data["issuer"],
                audience=form.cleaned_data["audience"],
                claims=form.chosen_claims(),
                scopes=[Scope(scope) for scope in form.cleaned_data["scopes"]],
                actor=actor,
            )
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"Jobs of {made} get in from now on. The example tells what they run.")
            return redirect("service-account", machine.username)
    return _page(request, actor, machine, trust_form=form)


@require_POST
@signed_in
def end(request: HttpRequest, actor: User, name: str, pk: int) -> HttpResponse:
    """Let jobs in no more."""
    found = find_workload(pk, actor=actor)
    end_trust(found, actor=actor)
    messages.success(request, f"The trust {found} has ended, and with it the tokens that its jobs had.")
    return redirect("service-account", name)


def _page(request: HttpRequest, actor: User, machine: User, **forms: object) -> HttpResponse:
    may_own = actor.pk == machine.owner_id or access.can(actor, Right.ADMINISTER, None)
    sees_all = access.can(actor, Right.AUDIT, None)
    tokens = all_tokens(actor=actor) if sees_all else tokens_of(actor)
    trusts = list(workloads_of(machine, actor=actor)[:_MOST_TRUSTS])
    trust_form, token_form, owner_form = (forms.get(f"{name}_form") for name in ("trust", "token", "owner"))
    shown = {
        "machine": machine,
        "roles": roles_of(machine, actor=actor),
        "page": page_by_key(tokens.filter(owner=machine), ["-pk"], size=PAGE_SIZE, token=request.GET.get("page")),
        "trusts": [(row, example(request, row), access.can(actor, Right.MANAGE, row)) for row in trusts],
        "may_own": may_own and speaks_for_itself(actor),
        "token_form": token_form or new_token(request, actor, [machine], is_meant=False)[0],
        "trust_form": trust_form or _trust_form(request, actor, is_meant=False),
        "owner_form": (owner_form or OwnerForm()) if access.can(actor, Right.ADMINISTER, None) else None,
        "made": forms.get("made"),
        "secret": forms.get("secret", ""),
        "snippet": sign_in_snippet(request, str(forms.get("secret", ""))),
    }
    is_wrong = any(getattr(form, "errors", None) for form in (trust_form, token_form, owner_form))
    response = render(request, "pages/service_account.html", shown, status=422 if is_wrong else 200)
    return unkept(response, str(shown["secret"]))


def _trust_form(request: HttpRequest, actor: User, *, is_meant: bool = True) -> WorkloadForm:
    return WorkloadForm(
        request.POST if is_meant else None,
        registries=registries_for(actor, Right.MANAGE).order_by("name")[:_MOST_REGISTRIES],
        may_give_admin=access.can(actor, Right.ADMINISTER, None),
    )


def _create(form: ServiceAccountForm, actor: User) -> User:
    access.require(actor, Right.ADMINISTER, None)
    said = form.cleaned_data
    owner = _owner(said["owner"], actor)
    return create_service_account(said["username"], owner=owner, display_name=said["display_name"], actor=actor)


def _owner(name: str, actor: User) -> User:
    try:
        return find_account(name, actor=actor)
    except NotFound as error:
        raise Invalid("owner", error.message) from error
