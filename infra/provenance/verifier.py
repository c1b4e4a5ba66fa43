"""Verifying a stranger's file: looked at in a process of its own, weighed here.

The door and the command line ask the same verifier, so they give the same verdict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activities.provenance.consent import ConsentNow
from activities.provenance.footage import SECONDS_MAX
from activities.provenance.looking import look_apart
from activities.provenance.ports import PrintIndex, Register
from activities.provenance.reading import Ancestor, ManifestReader
from activities.provenance.tracing import Tracer
from activities.scratch import file_sha256
from activities.threads import in_thread
from domain.provenance.verdict import ManifestState, Verdict
from infra.provenance.keys import ProvenanceKeys

ConsentOf = Callable[[str], Awaitable[ConsentNow]]


@dataclass(frozen=True)
class Answer:
    """The verdict, the manifest as a tree where it is trusted, and the consent behind each part."""

    verdict: Verdict
    tree: Ancestor | None = None
    consents: Mapping[str, ConsentNow] = field(default_factory=dict)


class Verifier:
    """Holds what this installation's films can be known by."""

    def __init__(
        self,
        keys: ProvenanceKeys,
        register: Register,
        index: PrintIndex,
        consent_of: ConsentOf | None = None,
    ) -> None:
        self._keys, self._consent_of = keys, consent_of
        self._tracer = Tracer(ManifestReader(keys.roots), keys.mark_keys, register, index)

    async def verify(self, path: Path, seconds_max: float = SECONDS_MAX) -> Answer:
        """Say what a file is. Raises NotAFilm, ExaminationTooCostly."""
        sha256 = await in_thread(lambda sign: file_sha256(path, sign.heed))
        roots, mark_keys = self._keys.roots, self._tracer.mark_keys
        looked = await in_thread(lambda _: look_apart(path, roots, mark_keys, seconds_max))
        verdict = await self._tracer.weigh(looked, sha256)
        trusted = looked.manifest.state is ManifestState.TRUSTED
        consents = {each: await self._consent(each) for each in verdict.artefact_ids}
        return Answer(verdict, looked.manifest.tree if trusted else None, consents)

    async def _consent(self, artefact_id: str) -> ConsentNow:
        return "unknown" if self._consent_of is None else await self._consent_of(artefact_id)
