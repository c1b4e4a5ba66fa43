"""The casting office: what a generation asks of consent, from its admission to its release.

It finds out whom a brief calls, asks the consent desk at each door, and writes down what was
decided; owners hear of every draft and of every attempt that was blocked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from activities.consent.calling import Calling, owner_of, position_of
from activities.consent.desk import Answer, ConsentDesk, FactsMoved
from activities.ledger import Contended, Context, Decision, Guard, Ledger, Performed
from activities.orders import Errand, ReleaseOrder
from domain.account.notice import NOTICE, Kind, PostNotice, notice_id
from domain.consent.appearance import APPEARANCE, NoteAppearance, Turn, appearance_id
from domain.consent.casting import CASTING, CastingDecided, RecordPublication
from domain.consent.commands import ReleaseUse
from domain.consent.decider import CONSENT
from domain.consent.plan import CastPlan
from domain.consent.receipt import receipts
from domain.consent.refusals import CastNotPermitted
from domain.consent.roles import AdmittedCast, cast_plan, plan_key
from domain.consent.signing import ReceiptSigner
from domain.consent.terms import Act
from domain.generation.brief import Brief
from domain.generation.decider import GENERATION
from domain.generation.refusals import AlreadySettled
from domain.generation.situations import Generation, Requested, Settled
from domain.kernel.ports import EventCodec, EventLog

ATTEMPTS_MAX: Final = 8


class CastingOffice:
    """One for each process. Only who releases videos needs the ``signer``."""

    def __init__(
        self, log: EventLog, codec: EventCodec, signer: ReceiptSigner | None = None
    ) -> None:
        self._log, self._codec, self._signer = log, codec, signer
        self._ledger, self.desk = Ledger(log, codec), ConsentDesk(log, codec)
        self._calling = Calling(log, codec, self.desk)

    async def admit(self, errand: Errand, brief: Brief, context: Context) -> AdmittedCast:
        """Find everybody whom the brief calls, and reserve a use of each, or of none.

        Whoever is called beside somebody unknown is told of the attempt. Asked again, it gives the
        first answer. Raises CalledUnknown, CastTooLarge, CastNotPermitted, and AlreadySettled where
        the generation has ended.
        """
        before = (await self._ledger.state(CASTING, errand.generation_id)).state.admission
        found, missing = await self._calling.found(brief, position_of(before))
        if not found and missing:
            raise missing[0]
        cast = await self._calling.cast(brief, found, errand.account_id, before)
        plan = await self._plan(errand, brief, cast, errand.at)
        answer = await self.desk.admit(
            plan.model_copy(update={"unknown": len(missing)}),
            errand.command_id,
            context,
            [Guard(GENERATION, errand.generation_id, _require_going)],
            lambda decision: plan_key(brief, decision.verdicts),
        )
        await self._tell(answer, "drafted", errand.command_id, context)
        if missing:
            raise missing[0]
        require_permitted(answer)
        said = {"position": answer.decision.position, "plan_key": answer.plan.plan_key}
        return cast.model_copy(update=said)

    async def called(
        self, brief: Brief, caster_id: str, before: CastingDecided | None = None
    ) -> AdmittedCast:
        """Who stands behind the handles of a brief: the newest versions, or those decided before.

        Raises CalledUnknown, which names the shot and the place and never the handle, and
        CastTooLarge.
        """
        found, missing = await self._calling.found(brief, position_of(before))
        if missing:
            raise missing[0]
        return await self._calling.cast(brief, found, caster_id, before)

    async def look(
        self, errand: Errand, brief: Brief, cast: AdmittedCast, act: Act, at: datetime
    ) -> Answer:
        """What everybody's consent says at a later door, without writing anything."""
        return await self.desk.look(await self._plan(errand, brief, cast, at), act)

    async def record(self, answer: Answer, command_id: str, context: Context) -> None:
        """Write down what was decided; owners hear of an attempt that was blocked.

        Raises CastNotPermitted where somebody refused.
        """
        await self.desk.record(answer, command_id, context)
        if not answer.decision.permitted:
            await self._tell(answer, "blocked", command_id, context)
        require_permitted(answer)

    async def release(
        self,
        order: ReleaseOrder,
        cast: AdmittedCast,
        decisions: Sequence[Decision],
        context: Context,
        guards: Sequence[Guard] = (),
    ) -> Performed:
        """Carry out a release, the decision that permits it and its receipts in one append.

        Nothing that the decision looked at may have moved by then, and the ``guards`` must hold.
        Raises CastNotPermitted and what they raise.
        """
        standing = await self._ledger.state(GENERATION, order.generation_id)
        if isinstance(standing.state, Settled) or order.brief is None:
            return await self._ledger.perform(decisions, context, guards)
        for _ in range(ATTEMPTS_MAX):
            answer = await self.look(order, order.brief, cast, "publish", order.at)
            position = answer.decision.position
            if not answer.decision.permitted:
                await self.record(answer, f"{order.command_id}/{position}", context)
            try:
                return await self._ledger.perform(
                    [*decisions, *self._publication(answer, order)],
                    context,
                    [*answer.guards(), *guards],
                )
            except FactsMoved:
                continue
        raise Contended(f"casting-{order.generation_id} met {ATTEMPTS_MAX} races; try again.")

    def _publication(self, answer: Answer, order: ReleaseOrder) -> list[Decision]:
        if self._signer is None:
            raise RuntimeError("Who releases videos signs receipts: give the office its signer.")
        publication = RecordPublication(
            command_id=order.command_id,
            at=order.at,
            generation_id=order.generation_id,
            caster_id=order.account_id,
            plan_key=answer.plan.plan_key,
            decision=answer.decision,
            receipts=tuple(self._signer.sign(each) for each in answer.receipts()),
        )
        recorded = Decision(CASTING, order.generation_id, publication)
        notes = self._notes(answer, "released", order.command_id, order.video_id)
        return [recorded, *notes]

    async def settle(
        self, generation_id: str, decision: Decision, reason: str, context: Context
    ) -> None:
        """End a generation without a video, and give back what was reserved, in one append."""
        for _ in range(ATTEMPTS_MAX):
            standing = await self._ledger.state(CASTING, generation_id)
            seen = standing.state
            given_back = self._given_back(seen.admission, decision, reason)
            guards = [] if given_back else [Guard(CASTING, generation_id, _same(seen))]
            try:
                await self._ledger.perform([decision, *given_back], context, guards)
            except FactsMoved:
                continue
            return
        raise Contended(f"casting-{generation_id} met {ATTEMPTS_MAX} races; try again.")

    def _given_back(
        self, admission: CastingDecided | None, ending: Decision, reason: str
    ) -> list[Decision]:
        if admission is None or not admission.permitted:
            return []
        command, found = ending.command, []
        for each in admission.decision.verdicts:
            release = ReleaseUse(
                command_id=command.command_id,
                at=command.at,
                generation_id=admission.generation_id,
                reason=reason,
            )
            found.append(Decision(CONSENT, each.cameo_id, release))
        return found

    async def admission_receipts(self, generation_id: str) -> tuple[str, ...]:
        """The ids of the receipts that follow from what was decided at admission, hashes in hex.

        The log alone gives them again. Receipts are signed and kept at the release.
        """
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        generation = (await self._ledger.state(GENERATION, generation_id)).state
        if admission is None or not admission.permitted or not isinstance(generation, Requested):
            return ()
        cast = await self.called(generation.brief, admission.caster_id, admission)
        world = await self.desk.world(
            cast.cameo_ids, admission.caster_id, admission.decision.position
        )
        plan = cast_plan(
            cast, generation.brief, generation_id, admission.caster_id, admission.at, world
        )
        return tuple(each.receipt_id for each in receipts(world, plan, admission.decision))

    async def ended(self, errand: Errand, context: Context) -> None:
        """Tell the owners of a cast, in their lists, that there will be no video."""
        generation_id = errand.generation_id
        admission = (await self._ledger.state(CASTING, generation_id)).state.admission
        if admission is None:
            return
        cast = [each.cameo_id for each in admission.decision.verdicts]
        world = await self.desk.world(cast, admission.caster_id)
        decisions = [
            Decision(
                APPEARANCE,
                appearance_id(generation_id, each.cameo_id),
                NoteAppearance(
                    command_id=errand.command_id,
                    at=errand.at,
                    appearance_id=appearance_id(generation_id, each.cameo_id),
                    cameo_id=each.cameo_id,
                    version=each.version,
                    generation_id=generation_id,
                    owner_id=owner_id,
                    caster_id=admission.caster_id,
                    turn="ended",
                    act="gpu-start",
                ),
            )
            for each in admission.decision.verdicts
            if (owner_id := owner_of(world, each.cameo_id)) is not None
        ]
        await self._ledger.perform(decisions, context)

    async def _tell(self, answer: Answer, turn: Turn, command_id: str, context: Context) -> None:
        """Note how each cameo's part stands, and let its owner know, unless they cast it."""
        turn = turn if answer.decision.permitted else "blocked"
        kind: Kind = "cast-blocked" if turn == "blocked" else "cast-drafted"
        decisions = self._notes(answer, turn, command_id)
        for each in list(decisions):
            noted = each.command
            assert isinstance(noted, NoteAppearance)
            if noted.owner_id != noted.caster_id:
                notice = PostNotice(
                    command_id=command_id,
                    at=noted.at,
                    account_id=noted.owner_id,
                    about=noted.appearance_id,
                    kind=kind,
                )
                decisions.append(Decision(NOTICE, notice_id(noted.appearance_id, kind), notice))
        if decisions:
            await self._ledger.perform(decisions, context)

    def _notes(
        self, answer: Answer, turn: Turn, command_id: str, video_id: str | None = None
    ) -> list[Decision]:
        plan, found = answer.plan, []
        for verdict in answer.decision.verdicts:
            owner_id = owner_of(answer.world, verdict.cameo_id)
            if owner_id is None:
                continue
            identifier = appearance_id(plan.generation_id, verdict.cameo_id)
            command = NoteAppearance(
                command_id=command_id,
                at=plan.at,
                appearance_id=identifier,
                cameo_id=verdict.cameo_id,
                version=verdict.version,
                generation_id=plan.generation_id,
                owner_id=owner_id,
                caster_id=plan.caster_id,
                turn=turn,
                act=answer.decision.act,
                reasons=verdict.reasons,
                video_id=video_id,
            )
            found.append(Decision(APPEARANCE, identifier, command))
        return found

    async def behind(self, handle: str) -> str | None:
        """The cameo that a handle calls now."""
        return await self._calling.behind(handle)

    async def _plan(
        self, errand: Errand, brief: Brief, cast: AdmittedCast, at: datetime
    ) -> CastPlan:
        world = await self.desk.world(cast.cameo_ids, errand.account_id)
        return cast_plan(cast, brief, errand.generation_id, errand.account_id, at, world)


def _require_going(state: Generation) -> None:
    if isinstance(state, Settled):
        raise AlreadySettled(f"It is {type(state).__name__.lower()}.")


def require_permitted(answer: Answer) -> None:
    """Raise CastNotPermitted with every cameo that refuses and its reasons, by their codes."""
    refusing = [each for each in answer.decision.verdicts if not each.permitted]
    if refusing:
        raise CastNotPermitted(
            "; ".join(f"{each.cameo_id}: {', '.join(each.reasons)}" for each in refusing) + "."
        )


def _same(seen: object) -> Callable[[Any], None]:
    def require(now: object) -> None:
        if now != seen:
            raise FactsMoved

    return require
