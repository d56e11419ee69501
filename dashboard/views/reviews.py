"""The inbox of reviews, and one review with its checks, its changes and its conversation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from approvals.models import Decision, Policy, Review
from approvals.operations.reviews import carry_out_review, decide, withdraw_review
from approvals.queries import (
    OPEN_STATES,
    checks_in_full,
    comparison,
    find_review,
    hindrance,
    may_carry_out,
    policies_on,
    present_digest,
    reviews_for,
    waiting_for,
)
from approvals.rules import in_words
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.decisions import DecisionForm
from lib.errors import HouseError
from lib.paging import page_by_key
from scanning.queries import latest_scan, latest_scans

PAGE_SIZE = 50
_SAID = {
    Decision.Verdict.APPROVE: "You approved.",
    Decision.Verdict.REQUEST_CHANGES: "You asked for changes.",
    Decision.Verdict.REJECT: "You rejected the request.",
    Decision.Verdict.COMMENT: "Your comment is there.",
}


@require_safe
@signed_in
def reviews(request: HttpRequest, actor: User) -> HttpResponse:
    """Reviews that wait for the actor, all open ones, or the closed ones."""
    show = request.GET.get("show", "mine")
    rows, keys = {
        "mine": (waiting_for(actor), ["pk"]),
        "open": (reviews_for(actor).filter(state__in=OPEN_STATES), ["-pk"]),
        "closed": (reviews_for(actor).exclude(state__in=OPEN_STATES), ["-pk"]),
    }.get(show, (waiting_for(actor), ["pk"]))
    page = page_by_key(rows, keys, size=PAGE_SIZE, token=request.GET.get("page"))
    scans = latest_scans([review.version for review in page.rows])
    shown = {
        "show": show if show in ("mine", "open", "closed") else "mine",
        "rows": [(review, scans.get(review.version.tree_id or 0)) for review in page.rows],
        "next_token": page.next_token,
    }
    return render(request, "pages/reviews.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def review(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """The page of a review; a POST is a decision or a comment."""
    found = find_review(pk, actor=actor)
    why_not = hindrance(found, actor)
    form = DecisionForm(request.POST or None).allow(_verdicts(found, actor, why_not))
    if form.is_valid():
        verdict = Decision.Verdict(form.cleaned_data["verdict"])
        try:
            decide(
                found,
                verdict,
                comment=form.cleaned_data["comment"],
                seen_digest=form.cleaned_data["seen_digest"] or None,
                actor=actor,
            )
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            found.refresh_from_db(fields=["state"])
            done = f" {found.version} is at {found.destination} now." if found.state == Review.State.APPLIED else ""
            messages.success(request, _SAID[verdict] + done)
            return redirect(address(found))
    return _page(request, found, actor, form, why_not)


@require_POST
@signed_in
def withdraw(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Take the request back."""
    found = find_review(pk, actor=actor)
    withdraw_review(found, actor=actor)
    messages.success(request, "The request was withdrawn.")
    return redirect(address(found))


@require_POST
@signed_in
def carry_out(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Make the move of an approved review, in the name of somebody who may."""
    found = find_review(pk, actor=actor)
    carry_out_review(found, actor=actor)
    messages.success(request, f"{found.version} is at {found.destination} now.")
    return redirect(address(found))


def _page(request: HttpRequest, found: Review, actor: User, form: DecisionForm, why_not: str) -> HttpResponse:
    changes = comparison(found)
    digest = present_digest(found)
    shown = {
        "review": found,
        "version": found.version,
        "model": found.version.model,
        "scan": latest_scan(found.version.tree),
        "checks": checks_in_full(found) if found.is_open else [],
        "may_carry_out": may_carry_out(found, actor),
        "policies": [(policy, in_words(policy)) for policy in _policies(found)],
        "changes": changes,
        "changed_files": [file for file in changes.files if file.is_change],
        "changed_params": [param for param in changes.params if param.is_change],
        "decisions": found.decisions.select_related("person"),
        "digest": digest,
        "form": form,
        "why_not": why_not,
        "may_withdraw": found.is_open and (found.requested_by_id == actor.pk or access.can(actor, Right.MANAGE, found)),
    }
    return render(request, "pages/review.html", shown, status=422 if form.errors else 200)


def _policies(found: Review) -> list[Policy]:
    """Those that decide now; of a closed review those of the request."""
    return policies_on(found) if found.is_open else list(found.policies.all())


def _verdicts(found: Review, actor: User, why_not: str) -> list[Decision.Verdict]:
    """What this person can say: everything, everything but approval, or a comment."""
    if not access.can(actor, Right.REVIEW, found):
        return [Decision.Verdict.COMMENT]
    said = [Decision.Verdict.REQUEST_CHANGES, Decision.Verdict.REJECT, Decision.Verdict.COMMENT]
    return said if why_not else [Decision.Verdict.APPROVE, *said]
