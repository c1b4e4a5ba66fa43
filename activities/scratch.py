"""A folder for unfinished files, gone when its work ends, and plain words for a full disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LEFTOVER_SECONDS_MIN: Final = 3600.0
"""Older folders belong to workers that died: no step may work this long on one."""

_CHUNK_BYTES: Final = 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskFull(OSError):
    """The disk for unfinished files cannot take more. Trying again when there is room is safe."""


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder below ``parent`` and remove it at the end, whatever happens.

    Folders with the same prefix that a killed worker left behind are removed too. Raises DiskFull.
    """
    with _plainly():
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=parent, prefix=prefix, ignore_cleanup_errors=True
        ) as name:
            folder = Path(name)
            _remove_leftovers(folder, prefix)
            yield folder


def _remove_leftovers(ours: Path, prefix: str) -> None:
    now = ours.stat().st_mtime
    for other in ours.parent.glob(f"{prefix}*"):
        with suppress(FileNotFoundError):
            if now - other.stat().st_mtime > LEFTOVER_SECONDS_MIN:
                shutil.rmtree(other, ignore_errors=True)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            error.errno,
            f"The disk for unfinished files cannot take more ({os.strerror(error.errno)}); "
            "make room on it, and the step goes on when it is tried again.",
        ) from error


def file_sha256(path: Path, on_chunk: Callable[[], None]) -> str:
    """The SHA-256 of a file's bytes, in hex; ``on_chunk`` may raise to stop."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            on_chunk()
            digest.update(chunk)
    return digest.hexdigest()
