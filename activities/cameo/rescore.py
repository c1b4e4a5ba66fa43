"""Every stored enrolment is looked at again when a detector improves; what fails is suspended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from temporalio import activity

from activities.cameo.orders import CameoPage, PageOrder, Rescored, RescoreOrder
from activities.cameo.places import open_reference
from activities.cameo.ports import CameoIndex, Gallery, Likeness, SeenAgain
from activities.cameo.reopening import ReopenedReviews
from activities.cameo.verdicts import clip_refused, verdicts_of
from activities.clip.refusals import ClipRefused
from activities.heartbeats import beating
from activities.ledger import Context, Decision, Ledger
from activities.likeness.contract import Template
from activities.scratch import scratch_folder
from activities.threads import in_thread
from domain.cameo.cameo import CameoVersion, Castable
from domain.cameo.checks import CheckVerdict
from domain.cameo.keeping import CAMEO, SuspendCameo
from domain.cameo.release import Kind
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from domain.video.media import MediaFile

RESCORED: Final = "failed-rescoring"
RESCORE: Final = "rescore"
"""The alarm of every rescoring."""


class LookAgain(Protocol):
    """``activities.cameo.rescoring.look_again``: blocks its thread, raises ClipRefused."""

    def __call__(
        self,
        clip: Path,
        voice: Path | None,
        kind: Kind,
        likeness: Likeness | None,
        templates: Sequence[Template],
    ) -> SeenAgain: ...


class RescoringActivities:
    """Looks at stored likenesses; every method is safe to repeat."""

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        vault: Vault,
        gallery: Gallery,
        index: CameoIndex,
        look_again: LookAgain,
        scratch: Path,
    ) -> None:
        self._store, self._ledger, self._vault = store, ledger, vault
        self._gallery, self._index = gallery, index
        self._look_again, self._scratch = look_again, scratch
        self._reviews = ReopenedReviews(ledger)

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.list_cameos, self.rescore_cameo]

    @activity.defn
    async def list_cameos(self, order: PageOrder) -> CameoPage:
        """Name the cameos that follow one of them."""
        return CameoPage(cameos=tuple(await self._index.after(order.after, order.limit)))

    @activity.defn
    async def rescore_cameo(self, order: RescoreOrder) -> Rescored:
        """Look at every version that is kept, and suspend those that fail a check.

        Somebody whom another account enrolled as well is frozen with that other and a human is
        asked, unless one has decided about the two of them. What is unsure otherwise stays as it
        is: a human has decided about it when it was enrolled. What is suspended is not judged
        again, only measured by a new model, so that others are still held against it.
        """
        state = (await self._ledger.state(CAMEO, order.cameo_id)).state
        if not isinstance(state, Castable):
            return Rescored(looked_at=0)
        kept = [
            (number, version)
            for number, version in sorted(state.versions.items())
            if number not in state.templates_destroyed
        ]
        done = Rescored(looked_at=0)
        async with beating():
            for number, version in kept:
                verdicts = await self._seen_again(state, version)
                if not state.suspends(number):
                    done = await self._judged(order, state, version, verdicts, done)
        return done.model_copy(update={"account_id": state.account_id if done.suspended else None})

    async def _judged(
        self,
        order: RescoreOrder,
        cameo: Castable,
        version: CameoVersion,
        verdicts: Sequence[CheckVerdict],
        done: Rescored,
    ) -> Rescored:
        """One version more: suspended, frozen, or as it was."""
        against = [each for each in verdicts if each.verdict == "failed"]
        frozen: Mapping[str, str] = {}
        if against:
            await self._suspend(order, version.number)
        else:
            met = {other for each in verdicts for other in each.others}
            if others := await self._reviews.undecided(cameo, version, sorted(met)):
                against = [each for each in verdicts if {*each.others} & {*others}]
                frozen = await self._reviews.open(
                    cameo,
                    version,
                    others,
                    f"{order.command_id}/{version.number}/reopen",
                    order.at,
                    _context(order),
                )
        checks = dict.fromkeys((*done.checks, *(each.check for each in against)))
        return Rescored(
            looked_at=done.looked_at + 1,
            suspended=(*done.suspended, *([version.number] if against else [])),
            checks=tuple(checks),
            frozen={**done.frozen, **frozen},
        )

    async def _seen_again(self, cameo: Castable, version: CameoVersion) -> Sequence[CheckVerdict]:
        """What is found today. A face and a voice that were measured anew are kept at once, so that
        whoever is looked at later meets them."""
        if version.references.clip is None:
            return ()
        likeness = await self._gallery.find(version.enrolment_id)
        templates = await self._gallery.others(cameo.account_id)
        with scratch_folder(self._scratch, "rescore-") as folder:
            clip, voice = await self._references(version, folder)
            try:
                seen = await in_thread(
                    lambda _: self._look_again(clip, voice, cameo.kind, likeness, templates)
                )
            except ClipRefused as refused:
                return [clip_refused(refused)]
        if seen.measured is not None:
            anew = Likeness(
                version.enrolment_id,
                cameo.cameo_id,
                cameo.account_id,
                seen.measured.face,
                seen.measured.voice,
                seen.measured.face_by,
                seen.measured.voice_by,
            )
            if anew != likeness:
                await self._gallery.enter(anew)
        return verdicts_of(seen.findings)

    async def _references(self, version: CameoVersion, folder: Path) -> tuple[Path, Path | None]:
        """The clip, and the sample of the voice where there is one, in clear."""
        kept = version.references
        assert kept.clip is not None, "asked before"
        clip = folder / "clip.mp4"
        clip.write_bytes(await self._opened(version, kept.clip, folder))
        if kept.voice is None:
            return clip, None
        voice = folder / "voice.wav"
        voice.write_bytes(await self._opened(version, kept.voice, folder))
        return clip, voice

    async def _opened(self, version: CameoVersion, file: MediaFile, folder: Path) -> bytes:
        return await open_reference(self._store, self._vault, version, file, folder)

    async def _suspend(self, order: RescoreOrder, number: int) -> None:
        command = SuspendCameo(
            command_id=f"{order.command_id}/{number}",
            at=order.at,
            reason=RESCORED,
            version=number,
            alarm=RESCORE,
        )
        await self._ledger.perform([Decision(CAMEO, order.cameo_id, command)], _context(order))


def _context(order: RescoreOrder) -> Context:
    return Context(order.actor, f"cameo/{order.cameo_id}")
