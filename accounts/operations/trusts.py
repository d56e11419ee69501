"""Trusting jobs elsewhere, and letting them in: an identity token of theirs for a short token of ours."""

import logging
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import access
from accounts.credentials import identity_tokens, issuers
from accounts.credentials.identity_tokens import IdentityToken, Refused
from accounts.models import ApiToken, Registry, TrustedWorkload, UsedIdentityToken, User
from accounts.ownership import require_owner
from accounts.rights import Right, Scope
from events.kinds import Kind
from events.models import Event
from events.record import record
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, Unauthenticated

LIFE = timedelta(hours=1)
MOST_CLAIMS = 20
# Claims that name one repository, project or job of an issuer that serves everybody.
PINS = frozenset({"sub", "repository", "repository_id", "project_path", "project_id", "job_workflow_ref"})
# Refusals of one trust that are written down within a minute; whoever floods the door does not flood the log.
NOTED_A_MINUTE = 30
# Tokens of jobs are many and short; the log keeps who came in when.
_KEPT_AFTER_END = timedelta(days=7)
_WEIGHT = MOST_CLAIMS + 1
_NAMING = ("repository", "project_path", "sub"), ("run_id", "pipeline_id", "job_id")
_CLAIM_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,100}\Z")

logger = logging.getLogger(__name__)


@transaction.atomic
def trust_workload(
    registry: Registry,
    *,
    account: User,
    name: str,
    issuer: str,
    audience: str,
    claims: Mapping[str, str],
    scopes: Collection[Scope],
    actor: User,
) -> TrustedWorkload:
    """From now on jobs with identity tokens of `issuer` for `audience` with `claims` act as `account` in `registry`.

    For maintainers of the registry who own the service account, and administrators. A "*" in a claim stands for some
    text without a slash. Raises Forbidden, Invalid, and AlreadyExists for a name that is taken in the registry.
    """
    access.require(actor, Right.MANAGE, registry)
    _check_account(account, registry, actor)
    _check_scopes(scopes, actor)
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid("name", "A trust's name has 1 to 100 characters.")
    if not audience.strip() or len(audience) > 200 or not audience.isprintable():
        raise Invalid("audience", "The audience has 1 to 200 characters.")
    if len(issuer) > 500:
        raise Invalid("issuer", "The issuer has at most 500 characters.")
    issuers.check(issuer)
    _check_claims(claims)
    trust = TrustedWorkload(
        registry=registry,
        account=account,
        name=name,
        issuer=issuer,
        audience=audience,
        claims=dict(claims),
        scopes=sorted(scopes),
        created_by=actor,
    )
    try:
        with transaction.atomic():
            trust.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already a trust {name} in registry {registry}.") from error
    record(
        Kind.WORKLOAD_TRUSTED,
        actor=actor,
        subject=trust,
        registry_id=registry.pk,
        account=account.username,
        issuer=issuer,
        audience=audience,
        claims=trust.claims,
        scopes=trust.scopes,
    )
    return trust


@transaction.atomic
def end_trust(trust: TrustedWorkload, *, actor: User) -> None:
    """Let these jobs in no more, and end the tokens that they have. Raises Conflict if it was ended before."""
    access.require(actor, Right.MANAGE, trust)
    now = timezone.now()
    if TrustedWorkload.objects.filter(pk=trust.pk, ended_at=None).update(ended_at=now) != 1:
        raise Conflict(f"The trust {trust} was ended before.")
    ended = ApiToken.objects.filter(workload=trust, revoked_at=None, expires_at__gt=now).update(revoked_at=now)
    record(Kind.WORKLOAD_ENDED, actor=actor, subject=trust, registry_id=trust.registry_id, tokens=ended)


def admit_workload(
    identity_token: str, *, registry: str = "", account: str = "", actor: User
) -> tuple[ApiToken, str, Registry]:
    """A token of the trusted service account for the job that this identity token names, for one hour at most.

    `registry` and `account` choose where several trusts fit. Answers with the token, its secret and the registry that
    it is good for. `actor` is Gatehouse itself, which sits at the door. Raises Unauthenticated, always with the same
    sentence; the reason is in the audit log.

    1. What the token says is compared with the trusts, without a key and outside of any transaction.
    2. The signature is checked, for which the issuer may have to be asked.
    3. In one transaction the token is marked as used, which one of two wins, and the new one is made.
    """
    access.require(actor, Right.ADMINISTER, None)
    trusts: list[TrustedWorkload] = []
    try:
        token = identity_tokens.read(identity_token)
        trusts = _trusts(token, registry, account)
        trust = _fitting(token, trusts)
        identity_tokens.verify(token)
        made, secret = _admit(token, trust)
    except Refused as refusal:
        _note(refusal, trusts, _closeness(token, trusts[0]) if trusts else 0, actor)
        raise Unauthenticated("The identity token was refused.") from None
    return made, secret, trust.registry


def _trusts(token: IdentityToken, registry: str, account: str) -> list[TrustedWorkload]:
    """The trusts in this issuer that stand; an ended one where there is none, to tell what was tried in vain."""
    if "\0" in token.issuer + registry + account:
        raise Refused("It holds a NUL character.")
    rows = TrustedWorkload.objects.filter(issuer=token.issuer).select_related("registry", "account").order_by("-pk")
    if registry:
        rows = rows.filter(registry__name=registry)
    if account:
        rows = rows.filter(account__username=account)
    standing = sorted(rows.filter(ended_at=None), key=lambda trust: (-_closeness(token, trust), trust.pk))
    return standing or list(rows[:1])


def _closeness(token: IdentityToken, trust: TrustedWorkload) -> int:
    """How much of what the trust asks for is there, the repository first: a refusal is told of what was meant."""
    fitting = [name for name, value in trust.claims.items() if identity_tokens.fits(token.claims.get(name), value)]
    return sum(_WEIGHT if name in PINS else 1 for name in fitting)


def _fitting(token: IdentityToken, trusts: list[TrustedWorkload]) -> TrustedWorkload:
    """The one that the token fits. Raises Refused with what keeps it from the first."""
    standing = [trust for trust in trusts if trust.ended_at is None]
    if not standing:
        raise Refused("The trust has ended." if trusts else "No trust names this issuer.")
    found, reasons, now = [], [], timezone.now()
    for trust in standing:
        try:
            identity_tokens.check(token, audience=trust.audience, claims=trust.claims, now=now)
        except Refused as refusal:
            reasons.append(refusal)
        else:
            found.append(trust)
    if not found:
        raise reasons[0]
    if len({(trust.registry_id, trust.account_id) for trust in found}) > 1:
        raise Refused("It fits several trusts; the job has to name the service account and the registry.")
    return found[0]


@transaction.atomic
def _admit(token: IdentityToken, trust: TrustedWorkload) -> tuple[ApiToken, str]:
    now, account = timezone.now(), trust.account
    still = TrustedWorkload.objects.select_for_update().filter(pk=trust.pk, ended_at=None)
    if not still.exists():
        raise Refused("The trust has ended.")
    if not access.can(account, Right.SEE, trust.registry):
        raise Refused(f"The service account {account} is not active, or has no role on registry {trust.registry}.")
    _clear_away(UsedIdentityToken.objects.filter(ends_at__lt=now - LIFE))
    _clear_away(ApiToken.objects.filter(workload=trust, expires_at__lt=now - _KEPT_AFTER_END))
    try:
        with transaction.atomic():
            UsedIdentityToken.objects.create(digest=token.digest, ends_at=token.ends_at)
    except IntegrityError:
        raise Refused("It was exchanged before.") from None
    scopes = [Scope(scope) for scope in trust.scopes]
    made, secret = ApiToken.fresh(
        account, name=_name(token, trust), scopes=scopes, limit=trust.registry, ends=now + LIFE, created=now
    )
    made.workload = trust
    made.save(force_insert=True)
    TrustedWorkload.objects.filter(pk=trust.pk).update(last_used_at=now)
    record(
        Kind.WORKLOAD_ADMITTED,
        actor=account,
        subject=trust,
        registry_id=trust.registry_id,
        token=made.prefix,
        ends=(now + LIFE).isoformat(),
        claims={name: token.shown(name) for name in ("sub", *trust.claims)},
    )
    return made, secret


def _clear_away(rows: QuerySet[Any]) -> None:
    """Delete some rows that say nothing any more, but none that another process is just deleting."""
    pks = [row.pk for row in rows.select_for_update(skip_locked=True)[:100]]
    rows.model._base_manager.filter(pk__in=pks).delete()


def _note(refusal: Refused, trusts: list[TrustedWorkload], closeness: int, actor: User) -> None:
    """Write down why, in a transaction of its own. What comes from an issuer that nobody trusts leaves no line.

    What names nothing of a trust may be about any registry, so that none of their maintainers reads of it.
    """
    if not trusts:
        logger.debug("An identity token was refused: %s", refusal)
        return
    trust, since = trusts[0], timezone.now() - timedelta(minutes=1)
    is_only = len({trust.registry_id for trust in trusts}) == 1
    about = Event.objects.filter(subject_type=TrustedWorkload.__name__, subject_id=trust.pk).order_by("-pk")
    recent = about.values_list("kind", "at")[:NOTED_A_MINUTE]
    if sum(kind == Kind.WORKLOAD_REFUSED and at > since for kind, at in recent) >= NOTED_A_MINUTE:
        return
    logger.warning("An identity token for the trust %s (%s) was refused: %s", trust.pk, trust, refusal)
    with transaction.atomic():
        record(
            Kind.WORKLOAD_REFUSED,
            actor=actor,
            subject=trust,
            registry_id=trust.registry_id if closeness >= _WEIGHT or is_only else None,
            reason=str(refusal),
            account=trust.account.username,
        )


def _name(token: IdentityToken, trust: TrustedWorkload) -> str:
    """After the trust, the repository and the run, as far as the token says them."""
    said = [next((str(token.claims[name]) for name in names if token.claims.get(name)), "") for names in _NAMING]
    words = " ".join(word for word in (f"{trust.name}:", *said) if word)
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:100]


def _check_account(account: User, registry: Registry, actor: User) -> None:
    require_owner(account, actor=actor)
    if account.kind != User.Kind.SERVICE:
        raise Invalid("account", "Jobs act as a service account, never as a person.")
    if not access.can(account, Right.SEE, registry):
        raise Invalid(
            "account", f"The service account {account} has no role on registry {registry}; give it one first."
        )


def _check_scopes(scopes: Collection[Scope], actor: User) -> None:
    if not scopes:
        raise Invalid("scopes", "Choose at least one scope: read, write or review.")
    if actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise Forbidden("A token cannot let others in with more scopes than its own.")
    if Scope.ADMIN in scopes and not access.can(actor, Right.ADMINISTER, None):
        raise Invalid("scopes", "Only administrators let jobs in with the scope admin.")


def _check_claims(claims: Mapping[str, Any]) -> None:
    if not 0 < len(claims) <= MOST_CLAIMS:
        raise Invalid("claims", f"Name 1 to {MOST_CLAIMS} claims that the identity token has to hold.")
    for name, value in claims.items():
        if name in identity_tokens.RESERVED or not _CLAIM_NAME.match(name):
            raise Invalid("claims", f"“{name[:100]}” is no claim that can be chosen.")
        if not isinstance(value, str) or not 0 < len(value) <= 500 or not value.isprintable():
            raise Invalid("claims", f"The value of the claim “{name}” has 1 to 500 characters.")
        if any(part.count("*") > 1 for part in value.split("/")):
            raise Invalid("claims", f"The claim “{name}” has more than one * between two slashes.")
    # Anybody can have a repository of this name in an account of their own: the first part says whose it is.
    if not any("*" not in claims[name].partition("/")[0] for name in PINS & claims.keys()):
        raise Invalid(
            "claims",
            f"At least one claim has to say which repository or subject it is, its first part without *: "
            f"{', '.join(sorted(PINS))}.",
        )
