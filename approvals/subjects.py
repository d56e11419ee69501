"""What a review is about: its digest, and who is too close to it to approve."""

from collections.abc import Iterable

import orjson

from approvals.models import Policy, Review
from lib import digests
from registry.makers import makers, with_owners
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
    near = [(review.requested_by, "You asked for this review"), *makers(review.version)]
    return with_owners(near, "someone else must approve it.")
