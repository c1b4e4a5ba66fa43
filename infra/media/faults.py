"""What an S3 server's errors mean for a caller: the object is missing, or try again later.

Messages name the operation, the object and the kind of error; they never quote the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, MaxRetryError

from domain.kernel.ports import (
    HashMismatch,
    ObjectMissing,
    ObjectTooLarge,
    StoredObject,
    StoreUnavailable,
)

_MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion"})
_REFUSING: Final = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})


def missing(key: str) -> ObjectMissing:
    """The error for an object that is not there."""
    return ObjectMissing(f"{key} is not in the store; it was never written or has been removed.")


@contextmanager
def explained(operation: str, key: str) -> Iterator[None]:
    """Raise the port's errors in place of the client's. Errors of the local disk pass through."""
    try:
        yield
    except S3Error as error:
        if error.code in _MISSING:
            raise missing(key) from error
        raise StoreUnavailable(f"{operation} {key}: {_why(error)}") from error
    except (HTTPError, MinioException) as error:
        raise StoreUnavailable(f"{operation} {key}: {_why(error)}") from error


def _why(error: Exception) -> str:
    match error:
        case S3Error(code="NoSuchBucket"):
            return "the bucket does not exist; create it, then try again."
        case S3Error() if error.code in _REFUSING:
            return f"the store refused our key ({error.code}); correct the key, then try again."
        case S3Error():
            return f"the store answered {error.code}; try again later."
        case ServerError():
            return f"the store answered {error.status_code}; try again later."
        case InvalidResponseError():
            return "the store gave an answer that is not S3; check its address, then try again."
        case MaxRetryError() if error.reason is not None:
            return f"the store cannot be reached ({type(error.reason).__name__}); try again later."
        case _:
            return f"the connection broke ({type(error).__name__}); try again later."


def require_hash(found: StoredObject, sha256: str | None) -> None:
    """Raise ``HashMismatch`` unless these are the promised bytes."""
    if sha256 is not None and found.sha256 != sha256:
        raise HashMismatch(
            f"{found.key} holds other bytes than were promised: {found.size} bytes with SHA-256 "
            f"{found.sha256[:12]}..., not {sha256[:12]}...; do not use it, write it again."
        )


def require_size(key: str, size: int, size_max: int | None) -> None:
    """Raise ``ObjectTooLarge`` where more bytes came than were asked for."""
    if size_max is not None and size > size_max:
        raise ObjectTooLarge(f"{key} has more than {size_max} bytes; it is not read any further.")
