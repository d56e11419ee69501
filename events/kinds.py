"""The words of the audit log: one enum, reviewed as vocabulary. A kind reads `scope.action`."""

from enum import StrEnum


class Kind(StrEnum):
    """What can happen in Gatehouse."""

    PERSON_CREATED = "person.created"
    SERVICE_ACCOUNT_CREATED = "service_account.created"
    TEAM_CREATED = "team.created"
    TEAM_MEMBER_ADDED = "team.member_added"
    TEAM_MEMBER_REMOVED = "team.member_removed"
    TOKEN_CREATED = "token.created"
    TOKEN_REVOKED = "token.revoked"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"

    REGISTRY_CREATED = "registry.created"
    REGISTRY_CHANGED = "registry.changed"

    EXPERIMENT_CREATED = "experiment.created"
    EXPERIMENT_CHANGED = "experiment.changed"
    EXPERIMENT_DELETED = "experiment.deleted"
    EXPERIMENT_RESTORED = "experiment.restored"
    RUN_CREATED = "run.created"
    RUN_CHANGED = "run.changed"
    RUN_DELETED = "run.deleted"
    RUN_RESTORED = "run.restored"
    LOGGED_MODEL_CREATED = "logged_model.created"
    LOGGED_MODEL_CHANGED = "logged_model.changed"
    LOGGED_MODEL_DELETED = "logged_model.deleted"
    ARTIFACT_DELETED = "artifact.deleted"

    MODEL_CREATED = "model.created"
    MODEL_CHANGED = "model.changed"
    MODEL_DELETED = "model.deleted"
    VERSION_REGISTERED = "version.registered"
    VERSION_CHANGED = "version.changed"
    VERSION_DELETED = "version.deleted"
    STAGE_CHANGED = "version.stage_changed"
    ALIAS_MOVED = "alias.moved"
    ALIAS_REMOVED = "alias.removed"

    SCAN_REQUESTED = "scan.requested"
    SCAN_FINISHED = "scan.finished"

    POLICY_CREATED = "policy.created"
    REVIEW_REQUESTED = "review.requested"
    REVIEW_DECIDED = "review.decided"
    REVIEW_COMMENTED = "review.commented"
    REVIEW_WITHDRAWN = "review.withdrawn"
    PROMOTION_DONE = "promotion.done"
