"""The pages that say what is known about files, who answers for it, and how registries stand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Registry, User
from blobs.models import Tree
from events.models import Event
from registry.models import ModelVersion
from registry.operations.models import create_model
from registry.operations.placements import move_alias
from scanning.models import AllowedName, Finding, Quarantine, Scan, Verdict, Waiver
from scanning.operations.names import allow_name
from scanning.operations.rescans import begin_rescan
from scanning.operations.waivers import waive_findings
from tests.factories.registry import register_files
from tests.factories.scanning import CODE, OLS, SYSTEM, found

AsUser = Callable[[User], Client]
PAGE = "/models/main/iris/versions/1/security"
FILES = "/models/main/iris/versions/1/files"


def text(browser: Client, path: str) -> str:
    """A page that is there."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_what_was_found_where_and_what_to_do(
    version: ModelVersion, as_user: AsUser, scientist: User
) -> None:
    found(version, CODE, SYSTEM)
    page = text(as_user(scientist), PAGE)
    for words in ("About os.system.", "pickle.forbidden-global", "byte 12", "Look.", "weights.txt", "Unsafe"):
        assert words in page
    assert "someone else must accept what was found in it" in page
    assert 'name="keys"' not in page


def test_findings_are_filtered_by_the_address_alone(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    found(version, CODE, OLS, SYSTEM)
    browser = as_user(reviewer)
    for query, shown, hidden in (
        ("severity=unsafe", "About os.system.", "About text.code."),
        ("rule=text.code", "About text.code.", "About os.system."),
        ("file=weights", "About text.code.", "No finding fits"),
        ("file=other", "No finding fits", "About text.code."),
    ):
        page = text(browser, f"{PAGE}?{query}")
        assert shown in page
        assert hidden not in page
        assert "All findings" in page
    assert "About os.system." in text(browser, f"{PAGE}?severity=nonsense")


def test_many_findings_come_by_page(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    found(version, CODE)
    scan = Scan.objects.get(tree=version.tree)
    Finding.objects.bulk_create(
        Finding(
            scan=scan, path=f"f{number:03}", severity="needs-review", rule="text.code", message="x", key=str(number)
        )
        for number in range(150)
    )
    browser = as_user(reviewer)
    first = browser.get(PAGE)
    assert first.content.decode().count('name="keys"') == 100
    rest = browser.get(f"{PAGE}?page={first.context['next_token']}")
    assert rest.content.decode().count('name="keys"') == 51


def test_a_reviewer_ticks_and_answers(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    code, _ = found(version, CODE, OLS)
    browser = as_user(reviewer)
    assert text(browser, PAGE).count('name="keys"') == 2
    ends = (timezone.now() + timedelta(days=5)).date().isoformat()
    said = {"keys": [code], "reason": "I read the code.", "ends_on": ends}
    page = browser.post(f"{PAGE}/accept", said, follow=True).content.decode()
    assert "You answer for 1 finding now." in page
    assert "grace</strong> accepts 1 finding" in page
    assert page.count('name="keys"') == 1
    waiver = Waiver.objects.get()
    assert waiver.ends_at is not None
    assert waiver.ends_at.isoformat().startswith(f"{ends}T23:59:59")
    page = browser.post(f"{PAGE}/waivers/{waiver.pk}/withdraw", follow=True).content.decode()
    assert "What it covered counts again." in page
    assert page.count('name="keys"') == 2


def test_the_form_says_what_is_wrong_and_keeps_what_was_ticked(
    version: ModelVersion, as_user: AsUser, reviewer: User, administrator: User
) -> None:
    code, system = found(version, CODE, SYSTEM)
    browser = as_user(reviewer)
    for said, sentence in (
        ({"reason": "x"}, "Choose at least one finding."),
        ({"keys": [code]}, "This field is required."),
        ({"keys": [code], "reason": "x", "ends_on": "2001-01-01"}, "It ends in the future."),
        ({"keys": [code], "reason": "x", "ends_on": "soon"}, "Enter a valid date."),
        ({"keys": ["nonsense"], "reason": "x"}, "look at the page again"),
    ):
        answer = browser.post(f"{PAGE}/accept", said)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert sentence in page
        assert (f'value="{code}"' in page) and (page.count(" checked>") == (1 if code in said.get("keys", []) else 0))
    assert browser.post(f"{PAGE}/accept", {"keys": [system], "reason": "x"}).status_code == 403
    answer = as_user(administrator).post(f"{PAGE}/accept", {"keys": [system], "reason": "x"})
    assert (answer.status_code, "90 days at most" in answer.content.decode()) == (422, True)
    assert not Waiver.objects.exists()


def test_what_is_accepted_is_called_so_on_every_page(
    version: ModelVersion, as_user: AsUser, reviewer: User, maintainer: User
) -> None:
    keys = found(version, CODE)
    move_alias(version, "blue", actor=maintainer)
    browser = as_user(reviewer)
    assert "iris version 1" in text(browser, "/").partition("Needs attention")[2]
    waive_findings(version, keys, reason="I read the code.", actor=reviewer)
    for path in (PAGE, FILES, "/models/main/iris", "/models/main/iris/versions/1"):
        assert "Accepted" in text(browser, path)
    assert "Needs attention" not in text(browser, "/")
    assert "Needs review; accepted by grace: I read the code." in text(browser, "/models/main/iris/versions/1")


def test_files_carry_a_word_and_a_picture_and_their_format(
    model_of_two: ModelVersion, as_user: AsUser, reviewer: User
) -> None:
    found(model_of_two, OLS, path="a.pkl")
    Scan.objects.update(facts={"formats": {"a.pkl": "pickle", "b.txt": "text"}})
    page = text(as_user(reviewer), FILES)
    assert "Needs review" in page
    assert "Nothing found" in page
    assert ">pickle<" in page
    Scan.objects.update(facts={"formats": ["nonsense"]})
    assert text(as_user(reviewer), FILES)


@pytest.fixture
def model_of_two(registry: Registry, scientist: User) -> ModelVersion:
    """A version with two files."""
    model = create_model(registry, "iris", actor=scientist)
    return register_files(model, {"a.pkl": b"1", "b.txt": b"2"}, actor=scientist)


def test_an_older_verdict_says_so(version: ModelVersion, as_user: AsUser, reviewer: User, scientist: User) -> None:
    found(version)
    Scan.objects.update(engine="before")
    page = text(as_user(reviewer), PAGE)
    assert "Clean, by older rules" in page
    assert "no scan gate lets them pass" in page
    assert "Scan again" not in page
    again = as_user(scientist).post(f"{PAGE}/scan", follow=True).content.decode()
    assert "The files are being scanned." in again
    Scan.objects.update(verdict=Verdict.CLEAN)
    again = as_user(scientist).post(f"{PAGE}/scan", follow=True).content.decode()
    assert "the same bytes get the same verdict" in again


def test_an_administrator_keeps_files_and_lets_them_out(
    version: ModelVersion, as_user: AsUser, administrator: User, maintainer: User
) -> None:
    found(version)
    assert "Keep them from everybody" not in text(as_user(maintainer), PAGE)
    assert as_user(maintainer).post(f"{PAGE}/quarantine", {"reason": "x"}).status_code == 403
    browser = as_user(administrator)
    assert browser.post(f"{PAGE}/quarantine", {"reason": ""}).status_code == 422
    page = browser.post(f"{PAGE}/quarantine", {"reason": "Stolen data."}, follow=True).content.decode()
    assert "In quarantine" in page and "Stolen data." in page
    page = browser.post(f"{PAGE}/quarantine/lift", follow=True).content.decode()
    assert "The files are out of quarantine." in page
    assert Quarantine.objects.get().lifted_at is not None
    assert Tree.objects.count() == 1
    activity = text(browser, "/models/main/iris/versions/1/activity")
    assert "put the files in quarantine" in activity and "let the files out of quarantine" in activity


def test_versions_without_files_or_scans_have_a_page(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    Scan.objects.all().delete()
    assert "Never scanned" in text(as_user(reviewer), PAGE)
    ModelVersion.objects.update(tree=None, source="s3://elsewhere")
    assert "kept elsewhere" in text(as_user(reviewer), PAGE)


def test_the_registry_page_shows_how_it_stands_and_what_it_allows(
    version: ModelVersion, as_user: AsUser, reviewer: User, maintainer: User, stranger: User
) -> None:
    found(version, OLS)
    move_alias(version, "blue", actor=maintainer)
    page = text(as_user(reviewer), "/registries/main/security")
    assert "Live and not clean" in page and "iris version 1" in page
    assert "Allow this name" not in page
    allow = {"module": "statsmodels.api", "name": "OLS", "reason": "Time series."}
    assert as_user(reviewer).post("/registries/main/security/names", allow).status_code == 403
    assert as_user(stranger).get("/registries/main/security").status_code == 404
    browser = as_user(maintainer)
    refused = browser.post("/registries/main/security/names", {**allow, "module": "os", "name": "system"})
    assert (refused.status_code, "no model needs it" in refused.content.decode()) == (422, True)
    page = browser.post("/registries/main/security/names", allow, follow=True).content.decode()
    assert "Models of main may hold statsmodels.api.OLS now." in page
    assert "Everything that people load from here is clean, or somebody answers for it." in page
    allowed = AllowedName.objects.get()
    page = browser.post(f"/registries/main/security/names/{allowed.pk}/remove", follow=True).content.decode()
    assert "counts as a finding again" in page
    assert browser.post(f"/registries/main/security/names/{allowed.pk}/remove").status_code == 404
    assert Event.objects.filter(kind__startswith="allow_list").count() == 2


def test_the_page_of_security_shows_engine_queue_and_changes(
    version: ModelVersion, as_user: AsUser, scientist: User, stranger: User, system: User
) -> None:
    begin_rescan(actor=system)
    found(version, SYSTEM)
    Scan.objects.update(previous_verdict="clean")
    page = text(as_user(scientist), "/security")
    assert "iris version 1" in page and "main" in page
    page = text(as_user(stranger), "/security")
    assert "iris" not in page
    assert "No registry that you may see" in page and "No verdict has changed" in page


def test_the_allow_list_can_be_searched(as_user: AsUser, stranger: User) -> None:
    browser = as_user(stranger)
    assert "LogisticRegression" in text(browser, "/security/allow-list?q=LogisticRegression")
    assert "No name fits" in text(browser, "/security/allow-list?q=no+such+name")
    first = browser.get("/security/allow-list")
    assert len(first.context["page"].rows) == 50
    assert browser.get(f"/security/allow-list?page={first.context['page'].next_token}").context["page"].rows


def test_the_cost_of_the_pages_does_not_grow(
    registry: Registry, as_user: AsUser, scientist: User, reviewer: User, maintainer: User, system: User
) -> None:
    begin_rescan(actor=system)
    model = create_model(registry, "iris", actor=scientist)
    browser = as_user(reviewer)
    costs: list[list[int]] = []
    for number in range(9):
        version = register_files(model, {"weights.txt": str(number).encode()}, actor=scientist)
        waive_findings(version, found(version, CODE, OLS)[:1], reason="x", actor=reviewer)
        allow_name(registry, "prophet.forecaster", f"Prophet{number}", reason="x", actor=maintainer)
        move_alias(version, f"a{number}", actor=maintainer)
        Scan.objects.filter(tree=version.tree).update(previous_verdict="clean")
        if number in (1, 8):
            costs.append([])
            for path in (PAGE, FILES, "/registries/main/security", "/security"):
                with CaptureQueriesContext(connection) as asked:
                    assert browser.get(path).status_code == 200
                costs[-1].append(len(asked))
    assert costs == [[20, 14, 16, 14]] * 2
