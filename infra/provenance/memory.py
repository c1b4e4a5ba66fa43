"""The register and the index in memory: for tests, benches, and installations without a server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from activities.provenance.ports import Match
from activities.provenance.prints import BITS, Kind, Print


class MemoryRegister:
    """Numbers from one on, in the order of asking."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._artefacts: dict[int, str] = {}
        self._hashes: dict[str, str] = {}
        self._copies: dict[str, str] = {}

    async def issue(self, artefact_id: str) -> int:
        """The number of an artefact; the same one when asked again."""
        number = self._numbers.setdefault(artefact_id, len(self._numbers) + 1)
        self._artefacts[number] = artefact_id
        return number

    async def artefact_of(self, number: int) -> str | None:
        """The artefact that has a number."""
        return self._artefacts.get(number)

    async def sealed(self, artefact_id: str, sha256: str, copy_of: str | None = None) -> None:
        """Remember the hash of the bytes that are served for an artefact."""
        self._hashes[sha256] = artefact_id
        if copy_of is not None:
            self._copies[artefact_id] = copy_of

    async def copies(self, video_id: str) -> list[str]:
        """The artefacts that were sealed as copies of a video."""
        return sorted(each for each, whose in self._copies.items() if whose == video_id)

    async def artefact_with(self, sha256: str) -> str | None:
        """The artefact that is served as exactly these bytes."""
        return self._hashes.get(sha256)

    async def sample(self, seed: str, count: int) -> list[str]:
        """At most so many artefacts whose bytes are served; the seed chooses which."""

        def place(artefact_id: str) -> str:
            return hashlib.md5((artefact_id + seed).encode(), usedforsecurity=False).hexdigest()

        return sorted(set(self._hashes.values()), key=place)[:count]

    async def numbers(self, after: int = 0) -> NDArray[np.int64]:
        """All numbers that were given out, above one, in order."""
        return np.arange(after + 1, len(self._numbers) + 1, dtype=np.int64)


class MemoryIndex:
    """Every print compared with every question: exact, and quick enough for some 100,000."""

    def __init__(self) -> None:
        self._prints: dict[str, dict[Print, None]] = {}
        self._tables: dict[Kind, tuple[NDArray[np.uint64], list[tuple[str, int]]]] = {}

    async def remember(self, artefact_id: str, prints: Sequence[Print]) -> None:
        """Index an artefact's prints. Remembering the same again changes nothing."""
        self._prints.setdefault(artefact_id, {}).update(dict.fromkeys(prints))
        self._tables.clear()

    async def forget(self, artefact_id: str) -> None:
        """Remove an artefact's prints."""
        self._prints.pop(artefact_id, None)
        self._tables.clear()

    async def printed(self, artefact_ids: Sequence[str]) -> set[str]:
        """Those among these artefacts whose pictures are indexed."""
        return {
            artefact
            for artefact in artefact_ids
            if any(each.kind is Kind.PICTURE for each in self._prints.get(artefact, ()))
        }

    async def nearest(self, artefact_ids: Sequence[str], prints: Sequence[Print]) -> dict[str, int]:
        """How many bits each artefact's pictures are apart from these at least, of 256."""
        hashes, whose = self._table(Kind.PICTURE)
        asked = [np.frombuffer(each.hash, np.uint64) for each in prints]
        nearest: dict[str, int] = {}
        for row, (artefact, _) in enumerate(whose):
            if artefact in artefact_ids:
                apart = min(int(np.bitwise_count(hashes[row] ^ each).sum()) for each in asked)
                nearest[artefact] = min(apart, nearest.get(artefact, BITS))
        return nearest

    async def near(self, prints: Sequence[Print], distance_max: int) -> list[Match]:
        """The prints of the same kind within a distance of each of these."""
        found = []
        for query, each in enumerate(prints):
            hashes, whose = self._table(each.kind)
            asked = np.frombuffer(each.hash, np.uint64)
            distances = np.bitwise_count(hashes ^ asked).sum(1)
            for row in np.flatnonzero(distances <= distance_max):
                artefact, at_ms = whose[row]
                found.append(Match(query, artefact, at_ms, int(distances[row])))
        return found

    def _table(self, kind: Kind) -> tuple[NDArray[np.uint64], list[tuple[str, int]]]:
        if kind not in self._tables:
            rows = [
                (artefact, each)
                for artefact, prints in self._prints.items()
                for each in prints
                if each.kind is kind
            ]
            joined = b"".join(each.hash for _, each in rows)
            hashes = np.frombuffer(joined, np.uint64).reshape(-1, 4)
            self._tables[kind] = hashes, [(artefact, each.at_ms) for artefact, each in rows]
        return self._tables[kind]
