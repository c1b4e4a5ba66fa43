"""A clip is taken in once, from whoever was asked for it, and nothing of it stays behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from temporalio import activity

from activities.cameo.enrolment import context_of
from activities.cameo.orders import CameoErrand, ReceiptOrder, Received, Tidied, TidyOrder
from activities.cameo.places import CLIPS, LIKENESS, UPLOADS, clip_key, upload_key
from activities.cameo.ports import Gallery
from activities.heartbeats import beating
from activities.ledger import Decision, Guard, Ledger
from activities.scratch import scratch_folder
from domain.cameo import enrolment_situations as situations
from domain.cameo.clip import CLIP_BYTES_MAX, Clip
from domain.cameo.enrolment import ENROLMENT
from domain.cameo.enrolment_commands import DeclineClip, EnrolmentCommand, ReceiveClip
from domain.cameo.enrolment_refusals import ChallengeExpired, ClipMissing, EnrolmentUnknown
from domain.cameo.keeping import CAMEO, CameoGone, require_not_deleted
from domain.kernel.errors import Refusal
from domain.kernel.ports import ObjectMissing, ObjectStore
from domain.kernel.vault import Vault

CLIP_TYPE: Final = "video/mp4"
"""What an upload is called in the store; what it really is, the examination finds out."""


class ReceiptActivities:
    """Takes clips in and tidies up after them; every method is safe to repeat."""

    def __init__(
        self, store: ObjectStore, ledger: Ledger, vault: Vault, gallery: Gallery, scratch: Path
    ) -> None:
        self._store, self._ledger, self._vault = store, ledger, vault
        self._gallery, self._scratch = gallery, scratch

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.receive_clip, self.tidy_enrolment]

    @activity.defn
    async def receive_clip(self, order: ReceiptOrder) -> Received:
        """Take the upload in where nobody can change it, or turn it away with a reason on record.

        ``order.at`` is when it was handed in, so that waiting for the store makes nobody late.
        """
        async with beating():
            try:
                await self._take_in(order)
            except Refusal as refusal:
                return await self._decline(order, refusal)
        return Received(taken=True)

    @activity.defn
    async def tidy_enrolment(self, order: TidyOrder) -> Tidied:
        """Remove the raw clip and whatever else was uploaded; the likeness too, unless it is kept.

        Without its key, no copy of the likeness that anybody made can be read.
        """
        rooms = (UPLOADS, CLIPS) if order.keep_likeness else (UPLOADS, CLIPS, LIKENESS)
        async with beating():
            if not order.keep_likeness:
                await self._gallery.withdraw(order.enrolment_id)
                await self._vault.destroy(order.enrolment_id)
            removed = await self._empty(order.enrolment_id, *rooms)
        return Tidied(objects=removed)

    async def _take_in(self, order: ReceiptOrder) -> None:
        """Ask before touching anything; copy first, then hash the copy, which nobody can change."""
        state = (await self._ledger.state(ENROLMENT, order.enrolment_id)).state
        key = clip_key(order.enrolment_id)
        unseen = Clip(key=key, sha256="0" * 64, size=1, content_type=CLIP_TYPE)
        if isinstance(state, situations.Examining | situations.Settled):
            await self._decide(order, _receipt(order, unseen))  # a repeated step finds itself
            return
        ENROLMENT.decide(_receipt(order, unseen), state)
        await self._ledger.check(_standing(order))
        assert isinstance(state, situations.Started), "the rest was refused"
        with scratch_folder(self._scratch, "receipt-") as folder:
            upload = upload_key(order.enrolment_id, state.challenges)
            try:
                await self._store.get_file(upload, folder / "clip")
            except ObjectMissing:
                raise ClipMissing from None
            stored = await self._store.put_file(key, folder / "clip", CLIP_TYPE)
        if not 0 < stored.size <= CLIP_BYTES_MAX:
            await self._store.delete(key)
            raise ClipMissing("It was empty or too large.")
        clip = unseen.model_copy(update={"sha256": stored.sha256, "size": stored.size})
        await self._decide(order, _receipt(order, clip), _standing(order))
        await self._store.delete(upload)

    async def _decline(self, order: ReceiptOrder, refusal: Refusal) -> Received:
        """Write down why; what no later answer can be about does not wait for the end to go."""
        if isinstance(refusal, ChallengeExpired | CameoGone):
            await self._empty(order.enrolment_id, UPLOADS, CLIPS)
        if not isinstance(refusal, EnrolmentUnknown):
            command = DeclineClip(
                command_id=f"{order.command_id}/decline", at=order.at, reason=refusal.code
            )
            await self._decide(order, command)
        return Received(
            taken=False,
            code=refusal.code,
            stage=refusal.stage,
            explanation=str(refusal),
            next_step=refusal.next_step,
        )

    async def _empty(self, enrolment_id: str, *rooms: str) -> int:
        """Remove everything of this attempt from these rooms; how many objects it was."""
        removed = 0
        for room in rooms:
            async for key, _ in self._store.list(f"{room}/{enrolment_id}/"):
                await self._store.delete(key)
                removed += 1
        return removed

    async def _decide(self, order: CameoErrand, command: EnrolmentCommand, *guards: Guard) -> None:
        decisions = [Decision(ENROLMENT, order.enrolment_id, command)]
        await self._ledger.perform(decisions, context_of(order), guards)


def _standing(order: ReceiptOrder) -> Guard:
    """A retake is of something: its cameo was not deleted meanwhile."""
    return Guard(CAMEO, order.cameo_id, require_not_deleted)


def _receipt(order: ReceiptOrder, clip: Clip) -> ReceiveClip:
    return ReceiveClip(
        command_id=order.command_id,
        at=order.at,
        account_id=order.sending_account_id,
        session_sha256=order.session_sha256,
        clip=clip,
    )
