"""Names that a registry allows: exact ones, by those who manage it, and audited."""

import pytest

from accounts.models import User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, Invalid, NotFound
from registry.models import ModelVersion
from scanning.models import AllowedName
from scanning.operations.names import allow_name, disallow_name
from scanning.queries import standing_of
from tests.conftest import Member
from tests.factories.scanning import CODE, OLS, SYSTEM, found

pytestmark = pytest.mark.django_db


def test_an_allowed_name_is_no_finding_any_more_and_is_said(version: ModelVersion, maintainer: User) -> None:
    found(version, OLS)
    allow_name(version.model.registry, "statsmodels.api", "OLS", reason="Our time series.", actor=maintainer)
    standing = standing_of(version)
    assert standing.is_accepted
    assert standing.sentence == "Needs review; this registry allows statsmodels.api.OLS."
    line = Event.objects.get(kind="allow_list.name_added")
    assert (line.subject_name, line.reason) == ("statsmodels.api.OLS", "Our time series.")


def test_everything_else_that_was_found_stays(version: ModelVersion, maintainer: User) -> None:
    found(version, OLS, CODE, SYSTEM)
    allow_name(version.model.registry, "statsmodels.api", "OLS", reason="x", actor=maintainer)
    assert standing_of(version).is_unsafe


def test_a_name_counts_in_its_own_registry(version: ModelVersion, maintainer: User, system: User) -> None:
    found(version, OLS)
    elsewhere = create_registry("elsewhere", actor=system)
    allow_name(elsewhere, "statsmodels.api", "OLS", reason="x", actor=system)
    assert standing_of(version).effective == "needs-review"


def test_it_counts_again_once_it_is_off_the_list(version: ModelVersion, maintainer: User) -> None:
    found(version, OLS)
    allowed = allow_name(version.model.registry, "statsmodels.api", "OLS", reason="x", actor=maintainer)
    disallow_name(allowed, reason="Retired.", actor=maintainer)
    assert standing_of(version).effective == "needs-review"
    assert Event.objects.get(kind="allow_list.name_removed").reason == "Retired."
    with pytest.raises(NotFound):
        disallow_name(allowed, actor=maintainer)


def test_only_those_who_manage_the_registry_allow_names(
    version: ModelVersion, reviewer: User, stranger: User, member: Member
) -> None:
    registry = version.model.registry
    for actor, refusal in (
        (reviewer, Forbidden),
        (member(Role.MAINTAINER, version.model), Forbidden),
        (stranger, NotFound),
    ):
        with pytest.raises((Forbidden, NotFound)) as refused:
            allow_name(registry, "statsmodels.api", "OLS", reason="x", actor=actor)
        assert refused.type in (refusal, NotFound)
    assert not AllowedName.objects.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("__builtin__", "eval"),
        ("builtins", "getattr"),
        ("operator", "attrgetter"),
        ("pip", "main"),
        ("cloudpickle.cloudpickle", "_make_function"),
        ("types", "CodeType"),
        ("statsmodels", "*"),
        ("statsmodels.*", "OLS"),
        ("statsmodels", "api.OLS"),
        ("statsmodels.api.", "OLS"),
        (".statsmodels", "OLS"),
        ("statsmodels", "__reduce__"),
        ("statsmodels", "Popen"),
        ("__main__", "Model"),
        ("numpy", "ndarray"),
        ("collections", "OrderedDict"),
        ("", "OLS"),
        ("statsmodels", ""),
        ("x" * 256, "OLS"),
        ("statsmodels\n", "OLS Model"),
    ],
)
def test_what_is_no_exact_name_of_another_library_is_refused(
    version: ModelVersion, maintainer: User, module: str, name: str
) -> None:
    with pytest.raises(Invalid):
        allow_name(version.model.registry, module, name, reason="x", actor=maintainer)
    assert not AllowedName.objects.exists()


def test_a_name_is_allowed_once_and_for_a_reason(version: ModelVersion, maintainer: User) -> None:
    registry = version.model.registry
    with pytest.raises(Invalid, match="Say why"):
        allow_name(registry, "statsmodels.api", "OLS", reason=" ", actor=maintainer)
    allow_name(registry, "statsmodels.api", "OLS", reason="x", actor=maintainer)
    with pytest.raises(AlreadyExists):
        allow_name(registry, "statsmodels.api", "OLS", reason="x", actor=maintainer)
    assert Event.objects.filter(kind="allow_list.name_added").count() == 1
