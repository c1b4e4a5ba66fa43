"""What the release path needs to give films their layers: keys, a register, and an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities.provenance.ports import PrintIndex, Register
from activities.provenance.reading import ManifestReader
from activities.provenance.signing import FilmSigner


@dataclass(frozen=True)
class ProvenanceKit:
    """One for each process. The last of ``mark_keys`` marks; all of them are read."""

    signer: FilmSigner
    reader: ManifestReader
    mark_keys: Sequence[bytes]
    register: Register
    index: PrintIndex

    @property
    def marking(self) -> bytes:
        """The key that new marks are made with."""
        return self.mark_keys[-1]
