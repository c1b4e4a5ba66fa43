"""Changes of one bit in a served film, and who notices: the verdict of ``verify``, and the manifest
on its own. Half of them fall into the manifest's box, half into everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from activities.provenance.looked import Looked
from activities.provenance.reading import ManifestReader
from activities.provenance.tracing import Tracer
from activities.scratch import file_sha256
from domain.kernel.model import Value
from domain.provenance.verdict import Conclusion, ManifestState, Verdict
from infra.provenance.memory import MemoryIndex, MemoryRegister

_C2PA_BOX: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The extended type of the box that holds a manifest (C2PA 2.1, appendix A.5)."""


class Changes(Value):
    """Changes in one part of a film: how many, and how many of them were seen by whom."""

    tried: int = 0
    seen: int = 0
    seen_by_manifest: int = 0

    def with_one(self, seen: bool, by_manifest: bool) -> Changes:
        """The same after one more."""
        return Changes(
            tried=self.tried + 1,
            seen=self.seen + seen,
            seen_by_manifest=self.seen_by_manifest + by_manifest,
        )


class Forgeries(Value):
    """Changes inside the manifest's box, and in the rest of the file."""

    inside: Changes = Changes()
    rest: Changes = Changes()


def forged(
    served: Path, artefact_id: str, reader: ManifestReader, count: int, seed: int, folder: Path
) -> Forgeries:
    """Change so many bits of a served film, one at a time, and ask about each copy.

    The verdict is that of the weighing that ``verify`` ends with, over a register that knows the
    served bytes. Marks and prints are left out: a bit more or less does not silence them, and they
    make nothing genuine. When not even the unchanged film is genuine, nothing counts as seen.
    """
    return asyncio.run(_forged(served, artefact_id, reader, count, seed, folder))


async def _forged(
    served: Path, artefact_id: str, reader: ManifestReader, count: int, seed: int, folder: Path
) -> Forgeries:
    register = MemoryRegister()
    await register.sealed(artefact_id, file_sha256(served, lambda: None))
    tracer = Tracer(reader, [], register, MemoryIndex())

    async def verdict(path: Path) -> Verdict:
        return await tracer.weigh(
            Looked(manifest=reader.read(path)), file_sha256(path, lambda: None)
        )

    known = (await verdict(served)).conclusion is Conclusion.GENUINE
    raw, path = bytearray(served.read_bytes()), folder / "changed.mp4"
    first, behind = manifest_box(raw)
    rng = np.random.default_rng(seed)
    inside, rest = Changes(), Changes()
    for index in range(count):
        within = (index + seed) % 2 == 0  # an odd one falls here in one film, there in the next
        place = int(
            rng.integers(first, behind) if within else rng.integers(len(raw) - behind + first)
        )
        place += 0 if within or place < first else behind - first
        bit = 1 << int(rng.integers(8))
        raw[place] ^= bit
        path.write_bytes(raw)
        raw[place] ^= bit
        said = await verdict(path)
        seen = known and said.conclusion is not Conclusion.GENUINE
        by_manifest = said.manifest.state is not ManifestState.TRUSTED
        if within:
            inside = inside.with_one(seen, by_manifest)
        else:
            rest = rest.with_one(seen, by_manifest)
    return Forgeries(inside=inside, rest=rest)


def manifest_box(raw: bytes | bytearray) -> tuple[int, int]:
    """Where the box with the manifest begins in an MP4 and where it ends, in bytes.

    Raises ValueError when there is none.
    """
    for first, behind in _boxes(raw):
        if raw[first + 4 : first + 8] == b"uuid" and raw[first + 8 : first + 24] == _C2PA_BOX:
            return first, behind
    raise ValueError("There is no manifest in this film: sign it first.")


def _boxes(raw: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """The outermost boxes of an MP4 (ISO 14496-12, 4.2): where each begins and ends."""
    first = 0
    while first + 8 <= len(raw):
        size = int.from_bytes(raw[first : first + 4])
        if size == 1:
            size = int.from_bytes(raw[first + 8 : first + 16])
        behind = first + size if size else len(raw)
        if not first + 8 <= behind <= len(raw):
            return
        yield first, behind
        first = behind
