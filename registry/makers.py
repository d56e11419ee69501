"""Who is too close to a version to judge it: whoever uploaded it, trained it, or owns an account that did."""

from collections.abc import Iterable

from accounts.models import User
from registry.models import ModelVersion


def makers(version: ModelVersion) -> list[tuple[User, str]]:
    """Everybody who had a hand in the version, each with the clause to tell them."""
    near = [(version.uploader, "You uploaded this version")]
    made: ModelVersion | None = version
    while made is not None:
        if made.source_run:
            near.append((made.source_run.created_by, "You trained this version"))
        if made.logged_model:
            near.append((made.logged_model.created_by, "You trained this version"))
        # A copy has the files of another version; whoever copied it may not have seen what that was made of.
        made = made.copied_from
    return near


def with_owners(near: Iterable[tuple[User, str]], ending: str) -> dict[int, str]:
    """The same and the owners of service accounts among them, by key, with the sentence to tell them."""
    excluded: dict[int, str] = {}
    for user, reason in near:
        excluded[user.pk] = f"{reason}; {ending}"
        if user.owner_id:
            excluded.setdefault(user.owner_id, f"{reason} through {user.username}; {ending}")
    return excluded
