"""The page of a version's bill of materials."""

from collections.abc import Callable

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from blobs.models import TreeFile
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import set_version_tag
from registry.queries import find_version
from supply.bills.queries import bill_of, judged
from supply.models import SuppliedBill
from supply.operations.bills import supply_bill
from tests.architecture.test_doors import BILL
from tests.supply.bills.building import full_version, require, weaken
from tests.supply.bills.test_completeness import FULL

AsUser = Callable[[User], Client]
PAGE = "/models/main/iris/versions/1/bill"


def uploaded(document: bytes) -> dict[str, object]:
    return {"document": SimpleUploadedFile("bill.json", document, content_type="application/json")}


def test_the_page_says_what_is_missing_and_how_to_add_it(
    version: ModelVersion, as_user: AsUser, reviewer: User
) -> None:
    page = as_user(reviewer).get(PAGE).content.decode()
    assert 'value="28"' in page
    assert "It has: name and version; hashes of all files; author; training run." in page
    for words in ("Licence", "Write license: apache-2.0 in the front matter", "mlflow.log_params(...)", "12 %"):
        assert words in page, words
    assert "weights.txt" in page
    assert "Nobody has supplied one" in page
    assert "Supply it" not in page


def test_a_full_version_lacks_nothing(model: RegisteredModel, as_user: AsUser, scientist: User, reviewer: User) -> None:
    full_version(model, actor=scientist)
    weaken("numpy", "2.3.1")
    page = as_user(reviewer).get(PAGE).content.decode()
    assert "Nothing is missing." in page
    assert "From README.md." in page
    assert "1 known" in page
    assert "requirements.txt" in page
    files = as_user(reviewer).get(PAGE, {"show": "files"}).content.decode()
    assert "model/weights.txt" in files


def test_packages_without_a_release_are_named(
    model: RegisteredModel, as_user: AsUser, scientist: User, reviewer: User
) -> None:
    require(full_version(model, actor=scientist), {}, [f"open-{number:02}" for number in range(12)])
    page = " ".join(as_user(reviewer).get(PAGE).content.decode().split())
    assert 'Without one release: <span class="mono">open-00</span>' in page
    assert "open-09</span> and 2 more." in page


def test_the_bill_is_downloaded(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    answer = as_user(reviewer).get(f"{PAGE}/download")
    assert b"".join(answer) == bill_of(version, actor=reviewer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="iris-1.bill.cdx.json"'
    assert answer.headers["Content-Type"] == "application/vnd.cyclonedx+json; version=1.6"
    assert as_user(reviewer).get(f"{PAGE}/supplied").status_code == 404


def test_a_bill_is_supplied_and_removed_on_the_page(
    version: ModelVersion, as_user: AsUser, scientist: User, reviewer: User
) -> None:
    own = as_user(scientist)
    document = orjson.dumps({**FULL, "components": FULL["components"][1:]}, option=orjson.OPT_INDENT_2)
    page = own.post(PAGE, uploaded(document), follow=True).content.decode()
    assert "The bill of materials is kept." in page
    assert "Ours covers 28 %, the supplied one 85 %" in page
    assert "the supplied one counts" in page
    assert b"".join(as_user(reviewer).get(f"{PAGE}/supplied")) == document
    look = as_user(reviewer).get(PAGE).content.decode()
    assert "Supplied by" in look and "Remove" not in look
    assert as_user(reviewer).post(PAGE, uploaded(BILL)).status_code == 422
    assert as_user(reviewer).post(f"{PAGE}/remove").status_code == 403
    page = own.post(f"{PAGE}/remove", follow=True).content.decode()
    assert "The supplied bill of materials is gone." in page
    assert not SuppliedBill.objects.exists()
    assert own.post(f"{PAGE}/remove").status_code == 404
    activity = own.get("/models/main/iris/versions/1/activity").content.decode()
    assert "supplied a bill of materials of" in activity
    assert "removed the supplied bill of materials of" in activity


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "not JSON"),
        (b"{}", "bomFormat"),
        (b" " * (5 * 1024 * 1024 + 1), "at most 5,242,880 bytes"),
        (
            orjson.dumps(
                {
                    **orjson.loads(BILL),
                    "components": [
                        {"type": "file", "name": "weights.txt", "hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
                    ],
                }
            ),
            "another SHA-256 than the stored one for weights.txt.",
        ),
    ],
)
def test_the_form_says_what_is_wrong(
    version: ModelVersion, as_user: AsUser, scientist: User, document: bytes, words: str
) -> None:
    answer = as_user(scientist).post(PAGE, uploaded(document))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SuppliedBill.objects.exists()
    assert as_user(scientist).post(PAGE).status_code == 422


def test_what_people_wrote_is_shown_as_text(version: ModelVersion, as_user: AsUser, scientist: User) -> None:
    set_version_tag(version, "license", "<script>alert(1)</script>", actor=scientist)
    require(version, {"<b>evil</b>": "1"})
    page = as_user(scientist).get(PAGE).content.decode()
    assert "<script>alert(1)" not in page and "<b>evil" not in page
    assert "&lt;b&gt;evil" in page
    assert "cannot be read as an SPDX expression" in page


def test_strangers_find_nothing(version: ModelVersion, as_user: AsUser, stranger: User) -> None:
    browser = as_user(stranger)
    for path in (PAGE, f"{PAGE}/download", f"{PAGE}/supplied"):
        assert browser.get(path).status_code == 404
    assert browser.post(PAGE, uploaded(BILL)).status_code == 404


def test_long_lists_are_paged_and_cost_the_same(
    model: RegisteredModel,
    as_user: AsUser,
    scientist: User,
    reviewer: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    version = full_version(model, actor=scientist)
    supply_bill(version, BILL, actor=scientist)
    browser = as_user(reviewer)
    with django_assert_max_num_queries(33):
        browser.get(PAGE)
    asked = find_version("main", "iris", 1, actor=reviewer)
    with django_assert_num_queries(16):
        bill_of(asked, actor=reviewer)
    require(version, {f"package-{number:03}": "1" for number in range(150)})
    assert version.tree is not None
    blob = version.tree.files.select_related("blob")[0].blob
    TreeFile.objects.bulk_create(
        TreeFile(tree=version.tree, path=f"shard-{number:03}", blob=blob) for number in range(150)
    )
    with django_assert_max_num_queries(33):
        page = browser.get(PAGE).content.decode()
    assert "package-097" in page and "package-099" not in page
    asked = find_version("main", "iris", 1, actor=reviewer)
    with django_assert_num_queries(16):
        bill_of(asked, actor=reviewer)
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "package-149" in browser.get(PAGE + following).content.decode()
    assert "shard-149" not in browser.get(PAGE, {"show": "files"}).content.decode()


def test_a_page_that_was_never_made_is_refused(version: ModelVersion, as_user: AsUser, reviewer: User) -> None:
    assert as_user(reviewer).get(PAGE, {"page": "nonsense", "show": "files"}).status_code == 400


def test_judging_asks_a_fixed_number_of_questions(
    model: RegisteredModel, scientist: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    full_version(model, actor=scientist)
    version = find_version("main", "iris", 1, actor=scientist)
    with django_assert_num_queries(19):
        assert judged(version).ours.percent == 100
