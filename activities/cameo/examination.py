"""From a clip that was taken in to verdicts: looked at apart, each one an event, then sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from temporalio import activity

from activities.cameo.enrolment import context_of
from activities.cameo.orders import (
    ExaminationOrder,
    ExaminationProgress,
    ExaminationStep,
    Examined,
)
from activities.cameo.places import likeness_key
from activities.cameo.ports import Gallery, Likeness
from activities.cameo.verdicts import clip_readable, clip_refused, verdicts_of
from activities.clip.refusals import ClipRefused
from activities.heartbeats import beating
from activities.ledger import Decision, Ledger
from activities.likeness import contract
from activities.scratch import scratch_folder
from activities.threads import in_thread
from domain.cameo.cameo import References, SealedTemplate, TemplateKind
from domain.cameo.checks import CheckVerdict
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import RecordCheck
from domain.cameo.enrolment_refusals import ClipMissing
from domain.cameo.enrolment_situations import Examining
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from domain.video.media import MediaFile


class NothingToKeep(ClipRefused):
    """Nothing is seen well enough in the clip to be cast."""

    code = "clip-shows-nothing"
    next_step = "Record again, nearer and in even light."


class Examine(Protocol):
    """``activities.likeness.examine.examine``: blocks its thread, raises ClipRefused."""

    def __call__(
        self,
        clip: Path,
        challenge: contract.Challenge | None,
        templates: tuple[contract.Template, ...],
        claim: contract.Claim,
    ) -> contract.Examination: ...


class Compare(Protocol):
    """``activities.cameo.comparison.compare``: blocks its thread for a moment."""

    def __call__(
        self, found: contract.Examination, templates: tuple[contract.Template, ...]
    ) -> contract.Examination: ...


class ExaminationActivities:
    """Has clips looked at; every method is safe to repeat. Unfinished files lie in ``scratch``."""

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        vault: Vault,
        gallery: Gallery,
        examine: Examine,
        compare: Compare,
        scratch: Path,
    ) -> None:
        self._store, self._ledger, self._vault = store, ledger, vault
        self._gallery, self._scratch = gallery, scratch
        self._examine, self._compare = examine, compare

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.examine_clip]

    @activity.defn
    async def examine_clip(self, order: ExaminationOrder) -> Examined:
        """Look at the clip, write each verdict into the log, and seal what an approval needs.

        Raises ObjectMissing or HashMismatch for a clip that is not the one taken in.
        """
        look = _Look(order)
        with scratch_folder(self._scratch, "enrolment-") as folder:
            async with beating(lambda: look.progress):
                state = (await self._ledger.state(ENROLMENT, order.enrolment_id)).state
                if not isinstance(state, Examining):
                    raise ClipMissing
                clip = folder / "clip"
                await self._store.get_file(state.clip.key, clip, state.clip.sha256)
                try:
                    found = await self._found(look, state, clip)
                except ClipRefused as refused:
                    examined = Examined(verdicts=(clip_refused(refused),))
                else:
                    look.at("sealing")
                    examined = await self._sealed(order, found, folder)
                look.at("recording")
                for verdict in examined.verdicts:
                    await self._record(order, verdict)
        return examined

    async def _found(self, look: _Look, state: Examining, clip: Path) -> contract.Examination:
        """The examination, against everybody known by the time that this attempt is known too.

        Its likeness is entered before the last look at the others, so of two attempts at once with
        the same face at least one sees the other.
        """
        look.at("examining")
        known = tuple(await self._gallery.others(look.order.account_id))
        challenge, claim = _challenge(state), _claim(state)
        found = await in_thread(lambda _: self._examine(clip, challenge, known, claim))
        if state.began.kind != "person" or not (found.face or found.voice):
            return found
        look.at("comparing")
        await self._gallery.enter(_likeness(look.order, found))
        seen = {each.key for each in known}
        others = await self._gallery.others(look.order.account_id)
        newcomers = tuple(each for each in others if each.key not in seen)
        if not newcomers:
            return found
        return await in_thread(lambda _: self._compare(found, (*known, *newcomers)))

    async def _sealed(
        self, order: ExaminationOrder, found: contract.Examination, folder: Path
    ) -> Examined:
        verdicts = (clip_readable(), *verdicts_of(found.findings))
        if found.references is None:
            nothing = clip_refused(NothingToKeep())
            return Examined(verdicts=(nothing, *verdicts[1:]))
        made = found.references
        still = await self._keep(order, "face.png", made.face_png, "image/png", folder)
        moving = await self._keep(order, "clip.mp4", made.clip_mp4, "video/mp4", folder)
        voice = (
            await self._keep(order, "voice.wav", made.voice_wav, "audio/wav", folder)
            if made.voice_wav
            else None
        )
        return Examined(
            verdicts=verdicts,
            references=References(stills=(still,), clip=moving, voice=voice),
            templates=_templates(order, found),
        )

    async def _keep(
        self, order: ExaminationOrder, name: str, data: bytes, content_type: str, folder: Path
    ) -> MediaFile:
        """Seal and store one part; its hash is that of the sealed bytes."""
        sealed = await self._vault.seal(order.enrolment_id, name, data)
        path = folder / f"{name}.sealed"
        path.write_bytes(sealed)
        key = likeness_key(order.enrolment_id, name)
        stored = await self._store.put_file(key, path, "application/octet-stream")
        assert stored.sha256 == hashlib.sha256(sealed).hexdigest()
        return MediaFile(key=key, sha256=stored.sha256, size=stored.size, content_type=content_type)

    async def _record(self, order: ExaminationOrder, verdict: CheckVerdict) -> None:
        command = RecordCheck(
            command_id=f"{order.command_id}/{verdict.check}", at=order.at, verdict=verdict
        )
        await self._ledger.perform(
            [Decision(ENROLMENT, order.enrolment_id, command)], context_of(order)
        )


class _Look:
    """One examination and how far it has come."""

    def __init__(self, order: ExaminationOrder) -> None:
        self.order = order
        self.progress = ExaminationProgress(step="fetching")

    def at(self, step: ExaminationStep) -> None:
        """Note the step for the next beat."""
        self.progress = ExaminationProgress(step=step)


def _challenge(state: Examining) -> contract.Challenge | None:
    if state.answered is None:
        return None
    asked = state.answered.challenge
    return contract.Challenge(digits=asked.digits, moves=asked.moves, issued_at=state.answered.at)


def _claim(state: Examining) -> contract.Claim:
    """The age band is declared, not the age: its youngest year is what the clip is held to."""
    years = {"under_13": 0, "under_18": 13, "adult": 18}[state.began.age_band]
    is_person = state.began.kind == "person"
    return contract.Claim(subject=state.began.kind, age_years=years if is_person else None)


def _likeness(order: ExaminationOrder, found: contract.Examination) -> Likeness:
    return Likeness(
        enrolment_id=order.enrolment_id,
        cameo_id=order.cameo_id,
        account_id=order.account_id,
        face=found.face,
        voice=found.voice,
        face_by=_made_by(found, "same_face"),
        voice_by=_made_by(found, "impostor_voice"),
    )


def _made_by(found: contract.Examination, check: contract.CheckName) -> str | None:
    """The model of a check, by which the vector that it looks at was made."""
    by = {finding.check: f"{finding.model} {finding.version}" for finding in found.findings}
    return by.get(check)


def _templates(order: ExaminationOrder, found: contract.Examination) -> tuple[SealedTemplate, ...]:
    """What is in the gallery now, with the models that made it."""
    models = {finding.check: (finding.model, finding.version) for finding in found.findings}
    sealed = []
    if found.face and (by := models.get("same_face")):
        sealed.append(_template(order, "face", *by))
    if found.voice and (by := models.get("impostor_voice")):
        sealed.append(_template(order, "voice", *by))
    return tuple(sealed)


def _template(
    order: ExaminationOrder, kind: TemplateKind, model: str, version: str
) -> SealedTemplate:
    key = f"gallery/{order.enrolment_id}/{kind}"
    return SealedTemplate(kind=kind, key=key, model=model, version=version)
