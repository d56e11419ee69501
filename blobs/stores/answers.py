"""What an object store answers, in the refusals of the house. Needs boto3."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from lib.errors import NotFound, Unavailable


class PastTheEnd(Exception):
    """The range begins behind the last byte."""


@contextmanager
def taking() -> Iterator[None]:
    """As `answering`, for an upload: one that is gone was swept away, which is no fault of whoever sends it."""
    try:
        with answering():
            yield
    except NotFound as error:
        raise Unavailable("The object store lost the upload.") from error


@contextmanager
def answering() -> Iterator[None]:
    """The refusals of the house for those of the object store."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchKey", "NoSuchUpload"):
            raise NotFound("There is no such file.") from error
        if code in ("416", "InvalidRange"):
            raise PastTheEnd from error
        raise Unavailable(f"The object store refuses to work for us ({code}).") from error
    except BotoCoreError as error:
        raise Unavailable("The object store does not answer.") from error
