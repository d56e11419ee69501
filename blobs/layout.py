"""Where bytes lie below the root of a store, whatever the store."""

from lib.digests import is_sha256
from lib.errors import Invalid

# sha256/ab/cd/abcd...: a blob under its own digest, in folders that stay small.
BLOBS = "sha256"
# incoming/<32 hex digits>: an upload on its way in.
INCOMING = "incoming"


def checked(sha256: str) -> str:
    """The digest itself. Raises Invalid if the text is none."""
    if not is_sha256(sha256):
        raise Invalid("sha256", "A SHA-256 digest is 64 lower-case hexadecimal digits.")
    return sha256


def blob_path(sha256: str) -> str:
    """The path of a blob. Raises Invalid unless `sha256` is a digest, so no other text ever becomes a path."""
    checked(sha256)
    return f"{BLOBS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def blob_digest(path: str) -> str | None:
    """The digest of the blob that lies at `path`, or None where no blob may lie."""
    sha256 = path.rpartition("/")[2]
    return sha256 if is_sha256(sha256) and path == blob_path(sha256) else None


def incoming_path(name: str) -> str:
    """The path of an upload that is not published yet."""
    return f"{INCOMING}/{name}"
