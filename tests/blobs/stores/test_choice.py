"""Which store an installation uses."""

import subprocess
import sys
from pathlib import Path

from pytest_django import Settings

from blobs.stores import store
from blobs.stores.local import LocalStore
from blobs.stores.s3 import S3Store


def test_the_settings_name_the_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE_URL, settings.DATA_DIR = "", tmp_path
    here = store()
    assert isinstance(here, LocalStore)
    assert here.root == tmp_path / "blobs"
    settings.STORAGE_URL = "s3://bucket/models/?endpoint=http://127.0.0.1:1"
    there = store()
    assert isinstance(there, S3Store)
    assert there.address("x") == {"Bucket": "bucket", "Key": "models/x"}
    assert store() is there


def test_an_installation_without_object_storage_needs_no_client_for_it() -> None:
    test = "import sys, blobs.stores; sys.exit('boto3' in sys.modules)"
    subprocess.run([sys.executable, "-c", test], cwd=Path(__file__).resolve().parents[3], check=True)
