"""Mail about verdicts to those who answer for what is live. Where no mail is sent, the audit log is all there is."""

from collections.abc import Iterable

from django.db import transaction

from accounts import mail
from accounts.models import User
from registry.models import ModelVersion
from registry.queries import live

MOST_NAMED = 20


def tell_owners(tree_id: int, subject: str, text: str, also: Iterable[User] = ()) -> None:
    """After commit, tell the owners of the models in which versions with these files are live, and these people."""
    rows = ModelVersion.objects.filter(tree=tree_id, deleted_at=None, model__deleted_at=None)
    versions = list(live(rows).select_related("model__registry", "model__owner__owner").order_by("-pk")[:1_000])
    whom = [*(version.model.owner for version in versions), *also]
    named = [f"  {version.model.registry} / {version}" for version in versions[:MOST_NAMED]]
    more = [f"  and {len(versions) - MOST_NAMED} more"] if len(versions) > MOST_NAMED else []
    lines = "\n".join(["Live with these files:", *named, *more]) if named else "No live version has these files."
    transaction.on_commit(lambda: mail.tell(whom, subject, f"{text}\n\n{lines}"))
