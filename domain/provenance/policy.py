"""The rules under which a film is released, as one document whose hash stands in its manifest."""

from __future__ import annotations

import hashlib
from typing import Final

from domain.kernel.canonical import canonical_json
from domain.kernel.model import Value
from domain.provenance.proof import OF_A_RENDITION, OF_AN_EXPORT, Layer
from domain.provenance.verdict import FALSE_MATCH_MAX


class ReleasePolicy(Value):
    """Raise ``version`` with every change of the rules, of consent and of review included."""

    version: int = 1
    rendition: tuple[Layer, ...] = OF_A_RENDITION
    export: tuple[Layer, ...] = OF_AN_EXPORT
    false_match_max: str = f"{FALSE_MATCH_MAX:g}"
    consent_asked_at: tuple[str, ...] = ("admission", "gpu-start", "publish")

    @property
    def sha256(self) -> str:
        """The hash of the policy's canonical JSON, in hex."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json"))).hexdigest()


POLICY: Final = ReleasePolicy()
