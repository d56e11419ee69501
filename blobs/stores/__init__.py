"""The stores of bytes, and which of them this installation uses."""

import os
from functools import cache
from pathlib import Path

from django.conf import settings

from blobs.stores.base import Incoming, Received, Store
from blobs.stores.local import LocalStore

__all__ = ["Incoming", "Received", "Store", "build", "store"]


def store() -> Store:
    """The store that the settings name, the same one on every call."""
    return build(
        settings.STORAGE_URL, Path(settings.DATA_DIR), settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY
    )


@cache
def build(storage_url: str, data_dir: Path, access_key_id: str, secret_access_key: str) -> Store:
    """A local store in `data_dir`, or the object store of `storage_url`. Raises ImproperlyConfigured."""
    if not storage_url:
        return LocalStore(data_dir / "blobs")
    # boto3 is an extra: an installation without object storage does not have it.
    from blobs.stores.s3 import S3Store

    return S3Store.from_url(storage_url, access_key_id, secret_access_key)


# Neither the threads nor the connections of a store live on in a forked process.
os.register_at_fork(after_in_child=build.cache_clear)
