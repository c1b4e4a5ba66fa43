"""What marking, signing and tracing ask of the world: keys, a register of numbers, an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from activities.provenance.prints import Print
from domain.kernel.ports import LogUnavailable


class Signing(Protocol):
    """A key that signs manifests: in a file, in a PKCS#11 token, or in a KMS."""

    @property
    def certificates(self) -> bytes:
        """The chain as PEM, the signer's first, then up to the root."""
        ...

    def sign(self, message: bytes) -> bytes:
        """An ES256 signature: 64 bytes, R and S (RFC 9053, section 2.1)."""
        ...


class Register(Protocol):
    """Which artefact has which number, and which bytes."""

    async def issue(self, artefact_id: str) -> int:
        """The number of an artefact; the same one when asked again."""
        ...

    async def artefact_of(self, number: int) -> str | None:
        """The artefact that has a number."""
        ...

    async def sealed(self, artefact_id: str, sha256: str, copy_of: str | None = None) -> None:
        """Remember the hash of bytes that are served for an artefact: its film's, or a still's.

        ``copy_of`` is the video that the artefact is a copy of.
        """
        ...

    async def copies(self, video_id: str) -> list[str]:
        """The artefacts that were sealed as copies of a video."""
        ...

    async def artefact_with(self, sha256: str) -> str | None:
        """The artefact that is served as exactly these bytes."""
        ...

    async def sample(self, seed: str, count: int) -> list[str]:
        """At most so many artefacts whose bytes are served; the seed chooses which."""
        ...

    async def numbers(self, after: int = 0) -> NDArray[np.int64]:
        """All numbers that were given out, above one, in order."""
        ...


@dataclass(frozen=True)
class Match:
    """An artefact's print near a query's: which query, whose, when in it, and bits apart of 256."""

    query: int
    artefact_id: str
    at_ms: int
    distance: int


class PrintIndex(Protocol):
    """Fingerprints by artefact, found by nearness."""

    async def remember(self, artefact_id: str, prints: Sequence[Print]) -> None:
        """Index an artefact's prints. Remembering the same again changes nothing."""
        ...

    async def forget(self, artefact_id: str) -> None:
        """Remove an artefact's prints."""
        ...

    async def printed(self, artefact_ids: Sequence[str]) -> set[str]:
        """Those among these artefacts whose pictures are indexed."""
        ...

    async def nearest(self, artefact_ids: Sequence[str], prints: Sequence[Print]) -> dict[str, int]:
        """How many bits each artefact's pictures are apart from these at least, of 256.

        Artefacts without pictures in the index are left out.
        """
        ...

    async def near(self, prints: Sequence[Print], distance_max: int) -> list[Match]:
        """The prints of the same kind within a distance of each of these."""
        ...


class RegisterUnavailable(LogUnavailable):
    """The register of numbers or the index of fingerprints cannot be reached. Try again later."""
