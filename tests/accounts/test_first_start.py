"""`manage.py first_start`."""

import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.authentication import with_password, with_token
from accounts.models import ApiToken, Registry, User
from accounts.rights import Scope
from lib.errors import Invalid


@pytest.fixture
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and nothing in the environment that says who administers."""
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    monkeypatch.delenv("ADMIN_EMAIL", raising=False)
    return tmp_path


def test_the_first_start_makes_an_administrator_who_can_sign_in(system: User, folder: Path) -> None:
    call_command("first_start")
    admin = User.objects.get(is_superuser=True)
    assert with_password("admin", (folder / "admin-password").read_text().strip()) == admin
    actor = with_token((folder / "admin-token").read_text().strip())
    assert actor == admin
    assert actor.scopes == frozenset(Scope)
    assert Registry.objects.get().is_default


def test_only_the_owner_reads_the_secrets(system: User, folder: Path) -> None:
    call_command("first_start")
    for name in ("admin-password", "admin-token"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(system: User, folder: Path) -> None:
    call_command("first_start")
    secrets = {path.name: path.read_text() for path in folder.iterdir()}
    call_command("first_start")
    assert {path.name: path.read_text() for path in folder.iterdir()} == secrets
    assert (User.objects.count(), ApiToken.objects.count(), Registry.objects.count()) == (2, 1, 1)


def test_a_lost_token_file_brings_a_new_token(system: User, folder: Path) -> None:
    call_command("first_start")
    (folder / "admin-token").unlink()
    call_command("first_start")
    assert with_token((folder / "admin-token").read_text().strip()).is_superuser
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_weak_password_from_the_environment_is_refused(
    system: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "admin")
    with pytest.raises(Invalid):
        call_command("first_start")
    assert not User.objects.filter(is_superuser=True).exists()
    assert not (folder / "admin-token").exists()
