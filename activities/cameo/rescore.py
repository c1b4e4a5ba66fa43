"""Every stored enrolment is looked at again when a detector improves; what fails is suspended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from temporalio import activity

from activities.cameo.orders import CameoPage, PageOrder, Rescored, RescoreOrder
from activities.cameo.places import open_reference
from activities.cameo.ports import CameoIndex, Gallery, Likeness
from activities.cameo.verdicts import clip_refused, verdicts_of
from activities.clip.refusals import ClipRefused
from activities.heartbeats import beating
from activities.ledger import Context, Decision, Ledger
from activities.likeness.contract import Finding, Template
from activities.scratch import scratch_folder
from activities.threads import in_thread
from domain.cameo.cameo import CameoVersion, Castable
from domain.cameo.checks import CheckVerdict
from domain.cameo.keeping import CAMEO, SuspendCameo
from domain.cameo.release import Kind
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault

RESCORED: Final = "failed-rescoring"


class LookAgain(Protocol):
RESCORE: Final = "rescore"
"""The alarm of every rescoring."""
    """``activities.cameo.rescoring.look_again``: blocks its thread, raises ClipRefused."""

    def __call__(
        self,
        clip: Path,
        kind: Kind,
        likeness: Likeness | None,
        templates: Sequence[Template],
    ) -> tuple[Finding, ...]: ...


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
        """Look at every version that could be cast, and suspend those that fail a check.

        What is unsure stays as it is: a human has decided about it when it was enrolled.
        """
        state = (await self._ledger.state(CAMEO, order.cameo_id)).state
        if not isinstance(state, Castable):
            return Rescored(looked_at=0)
        kept = [
            (number, version)
            for number, version in sorted(state.versions.items())
            if number not in state.templates_destroyed and not state.suspends(number)
        ]
        suspended, checks = [], dict[str, CheckVerdict]()
        async with beating():
            for number, version in kept:
                failed = await self._failed(state, version)
                if failed:
                    await self._suspend(order, number)
                    suspended.append(number)
                    checks |= {each.check: each for each in failed}
        return Rescored(
            looked_at=len(kept),
            suspended=tuple(suspended),
            checks=tuple(each.check for each in checks.values()),
            account_id=state.account_id if suspended else None,
        )

    async def _failed(self, cameo: Castable, version: CameoVersion) -> list[CheckVerdict]:
        reference = version.references.clip
        if reference is None:
            return []
        likeness = await self._gallery.find(version.enrolment_id)
        templates = await self._gallery.others(cameo.account_id)
        with scratch_folder(self._scratch, "rescore-") as folder:
            clip = folder / "clip.mp4"
            clip.write_bytes(
                await open_reference(self._store, self._vault, version, reference, folder)
            )
            try:
                found = await in_thread(
                    lambda _: self._look_again(clip, cameo.kind, likeness, templates)
                )
            except ClipRefused as refused:
                return [clip_refused(refused)]
        return [each for each in verdicts_of(found) if each.verdict == "failed"]

    async def _suspend(self, order: RescoreOrder, number: int) -> None:
        command = SuspendCameo(
            command_id=f"{order.command_id}/{number}",
            at=order.at,
            reason=RESCORED,
            version=number,
        )
        context = Context(order.actor, f"cameo/{order.cameo_id}")
        await self._ledger.perform([Decision(CAMEO, order.cameo_id, command)], context)
            alarm=RESCORE,
