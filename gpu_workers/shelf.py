"""The shelf: an order's references, fetched, examined and laid down for the time of its job.

Everything about them that can be refused is refused here, before a device is taken. Each file is
named by its SHA-256, so jobs of one machine share it: whoever uses one holds a lock on it that ends
with its process, and nobody removes a file that somebody holds. Source: flock(2).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from activities.clip.limits import DEFAULT_LIMITS, Limits
from activities.clip.probe import probe
from activities.clip.refusals import ClipTooHeavy
from activities.scratch import file_sha256, scratch_folder
from activities.threads import in_thread
from domain.generation.reference import ReferenceFile, ReferenceKind, Seal
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore, ObjectTooLarge
from domain.kernel.vault import Erased, SealBroken, Vault
from gpu_workers.decode.still_examiner import BYTES_MAX
from gpu_workers.decode.stills import PictureSize, probe_still
from gpu_workers.references import ReferenceUnreadable, facts_path

_NAMED: Final = re.compile(r"[0-9a-f]{64}")
_LINGER_SECONDS: Final = 1.0
"""How long a cancelled job waits for an examination, which ends by itself."""


class Shelf:
    """One folder of references. Enter ``laid`` around everything that reads them."""

    def __init__(
        self,
        store: ObjectStore,
        folder: Path,
        limits: Limits = DEFAULT_LIMITS,
        vault: Vault | None = None,
    ) -> None:
        self._store, self._folder, self._limits, self._vault = store, folder, limits, vault
        self._fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def sweep(self) -> int:
        """Remove what workers that died have left, and say how many files that were."""
        removed = 0
        for path in sorted(self._folder.glob("*")):
            if _NAMED.fullmatch(path.name):
                removed += _remove_unless_held(path)
        return removed

    @asynccontextmanager
    async def laid(self, references: Sequence[ReferenceFile]) -> AsyncIterator[None]:
        """Lay all of them down, one after the other so that memory stays bounded.

        Raises ReferenceUnreadable, ClipRefused, PictureRefused; StoreUnavailable and DiskFull pass
        through, since trying again can help.
        """
        async with AsyncExitStack() as held:
            for each in references:
                await held.enter_async_context(self._laid(each))
            yield

    @asynccontextmanager
    async def _laid(self, reference: ReferenceFile) -> AsyncIterator[None]:
        path = self._folder / reference.sha256
        lock = self._fetching.setdefault(reference.sha256, asyncio.Lock())
        async with lock:
            while (grip := _take(path)) is None:
                await self._fetch(reference, path)
        try:
            if reference.kind == "clip" and not facts_path(path).is_file():
                await self._examine(reference.kind, path, facts_path(path))  # it lay here before
            yield
        finally:
            os.close(grip)
            _remove_unless_held(path)

    async def _fetch(self, reference: ReferenceFile, path: Path) -> None:
        """Bring one file here, under its name only when nothing stands against it."""
        most = BYTES_MAX if reference.kind == "picture" else self._limits.size_bytes
        with scratch_folder(self._folder, "fetch-") as folder:
            arrived = folder / reference.sha256
            try:
                if reference.sealed is None:
                    await self._store.get_file(reference.key, arrived, reference.sha256, most)
                else:
                    content = await self.opened(reference.key, reference.sealed, most)
                    await asyncio.to_thread(_write_named, arrived, content)
            except ObjectMissing:
                raise ReferenceUnreadable("It is not in the store.") from None
            except HashMismatch:
                raise ReferenceUnreadable("Its bytes are not those that were promised.") from None
            except ObjectTooLarge:
                refusal = PictureSize if reference.kind == "picture" else ClipTooHeavy
                raise refusal(f"The limit is {most} bytes.") from None
            await self._examine(reference.kind, arrived, facts_path(arrived))
            _lay(arrived, path)

    async def opened(self, key: str, seal: Seal, most: int) -> bytes:
        """What is sealed in the store, which has at most so many bytes.

        Raises ReferenceUnreadable where it can never be opened again, or was not sealed so.
        """
        if self._vault is None:
            raise ReferenceUnreadable("It is sealed, and this studio has no vault.")
        with scratch_folder(self._folder, "sealed-") as folder:
            path = folder / seal.sha256
            await self._store.get_file(key, path, seal.sha256, most)
            try:
                sealed = await asyncio.to_thread(path.read_bytes)
                return await self._vault.unseal(seal.subject, seal.name, sealed)
            except (Erased, SealBroken):
                raise ReferenceUnreadable("Its seal cannot be opened any more.") from None

    async def _examine(self, kind: ReferenceKind, path: Path, facts: Path) -> None:
        if kind == "voice":
            raise ReferenceUnreadable("No voice is read in this version.")
        if kind == "picture":
            await in_thread(lambda _: probe_still(path), None, _LINGER_SECONDS)
            return
        found = await in_thread(lambda _: probe(path, self._limits), None, _LINGER_SECONDS)
        facts.write_text(found.model_dump_json())


def _write_named(path: Path, content: bytes) -> None:
    """Write a file; raise HashMismatch unless it is called by the hash of its bytes."""
    path.write_bytes(content)
    if file_sha256(path, lambda: None) != path.name:
        raise HashMismatch(f"{path.name} has other bytes")


def _take(path: Path) -> int | None:
    """A descriptor that holds the file, or None where there is no such file."""
    try:
        grip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    fcntl.flock(grip, fcntl.LOCK_SH)
    if _is_still(path, grip):
        return grip
    os.close(grip)  # its last holder removed it in this moment
    return None


def _is_still(path: Path, grip: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(grip))
    except FileNotFoundError:
        return False


def _lay(arrived: Path, path: Path) -> None:
    """Give a file its name, unless another worker was faster. Facts come first."""
    if facts_path(arrived).is_file():
        facts_path(arrived).replace(facts_path(path))
    with suppress(FileExistsError):
        path.hardlink_to(arrived)


def _remove_unless_held(path: Path) -> bool:
    """Remove a file and its facts, and say so; one that somebody holds stays."""
    try:
        grip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(grip, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_still(path, grip):
            return False
        facts_path(path).unlink(missing_ok=True)
        path.unlink()
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(grip)
