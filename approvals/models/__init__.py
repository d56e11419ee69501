"""The tables of approvals."""

from approvals.models.policies import Policy
from approvals.models.reviews import Decision, Promotion, Review

__all__ = ["Decision", "Policy", "Promotion", "Review"]
