"""What a review is about: its digest, and who is too close to it to approve."""

from collections.abc import Iterable

import orjson

from accounts.models import User
from approvals.models import Policy, Review
from lib import digests
from registry.models import ModelVersion


def subject_digest(version: ModelVersion, policies: Iterable[Policy]) -> str:
    """Names the state of what is reviewed: files, description, metrics of the run, and the policies that ask."""
    run = version.source_run
    metrics = sorted(run.metrics.values_list("key", "value", "is_nan")) if run else []
    subject = {
        "tree": version.tree.digest if version.tree else version.source,
        "description": version.description,
        "metrics": metrics,
        "policies": sorted(policy.pk for policy in policies),
    }
    return digests.of_bytes(orjson.dumps(subject, option=orjson.OPT_SORT_KEYS))


def too_close(review: Review) -> dict[int, str]:
    """Who may not approve, with the reason to tell them: uploader, trainer, requester, and who owns such an account."""
    near: list[tuple[User, str]] = [
        (review.requested_by, "You asked for this review"),
        (review.version.uploader, "You uploaded this version"),
    ]
    made: ModelVersion | None = review.version
    while made is not None:
        if made.source_run:
            near.append((made.source_run.created_by, "You trained this version"))
        if made.logged_model:
            near.append((made.logged_model.created_by, "You trained this version"))
        # A copy has the files of another version; whoever copied it may not have seen what that was made of.
        made = made.copied_from
    excluded: dict[int, str] = {}
    for user, reason in near:
        excluded[user.pk] = f"{reason}; someone else must approve it."
        if user.owner_id:
            excluded.setdefault(user.owner_id, f"{reason} through {user.username}; someone else must approve it.")
    return excluded
