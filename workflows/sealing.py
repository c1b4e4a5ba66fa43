"""How a generation's film gets its layers of provenance, and how they are proven before a release.

The marks go into picture and sound while the takes are assembled; then the film is signed, stored,
and read back from the store layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from temporalio import workflow

from activities.orders import Assembled
from activities.provenance import fronts
from activities.provenance.orders import ProvingOrder, Signed, SigningOrder
from domain.generation.take import Take
from domain.kernel.ids import sibling
from domain.provenance.proof import Proof
from domain.video.media import Rendition
from workflows.toolkit.steps import step

_SEALED: Final = "mark-sign-and-prove"

Errands = Callable[[str], dict[str, object]]


class Sealing:
    """The steps of provenance in one generation. ``errands`` makes an order's own part."""

    def __init__(self, generation_id: str, errands: Errands) -> None:
        self._artefact_id, self._errands = sibling(generation_id, "vid"), errands
        self._asked = False
        self._signed: Signed | None = None

    def begin(self) -> str | None:
        """What the film is to be marked as; None in stories that assembled before that was asked.

        Such a story has no proof in the end, and what has none is not released.
        """
        self._asked = workflow.patched(_SEALED)
        return self._artefact_id if self._asked else None

    async def sign(self, assembled: Assembled, takes: tuple[Take, ...]) -> Assembled:
        """The staged files with the film signed, after which no byte of it may change."""
        if not self._asked:
            return assembled
        order = SigningOrder(
            **self._errands("sign"),
            artefact_id=self._artefact_id,
            assembled=assembled,
            takes=takes,
        )
        summary = "Sign the marked film, its parents as ingredients"
        self._signed = await step(fronts.sign_film, order, summary)
        return self._signed.assembled

    async def prove(self, rendition: Rendition) -> Proof | None:
        """Every layer verified on the bytes that are stored."""
        if self._signed is None:
            return None
        order = ProvingOrder(
            **self._errands("prove"),
            artefact_id=self._artefact_id,
            rendition=rendition,
            claims=self._signed.claims,
        )
        summary = "Read signature, marks and fingerprints back from the stored film"
        return (await step(fronts.prove_rendition, order, summary)).proof
