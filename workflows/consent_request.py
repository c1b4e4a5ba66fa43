"""A caster asks for a cameo; its owner says yes, says no, or stays silent for seven days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import FailureError

from activities.account import fronts as account
from activities.account.orders import TellOrder
from activities.consent import fronts
from activities.consent.orders import (
    Answer,
    AnswerOrder,
    Asked,
    AskErrand,
    AskOrder,
    AskStanding,
    LapseOrder,
    SidesOrder,
    WithdrawalOrder,
)
from domain.account.notice import Kind
from domain.consent.asking import WithdrawnBecause
from workflows.consent_contracts import (
    CONSENT_REQUEST,
    LOOK_EVERY,
    REMIND_AFTER,
    AskIdentity,
    AskReceipt,
    AskStage,
    AskStatus,
    CastersWithdrawal,
    ConsentOrder,
    Disappearance,
    OwnersAnswer,
    ask_workflow_id,
)
from workflows.contracts import Failure
from workflows.toolkit.failures import explain
from workflows.toolkit.refusals import as_refusal, of_failure, refused, require_workflow_id
from workflows.toolkit.steps import step
from workflows.toolkit.waiting import came_true

A = TypeVar("A")
R = TypeVar("R")

_STAGE = SearchAttributeKey.for_keyword("Stage")
_ACCOUNT_ID = SearchAttributeKey.for_keyword("AccountId")
_CAMEO_IDS = SearchAttributeKey.for_keyword_list("CameoIds")
_DECISION = SearchAttributeKey.for_keyword("ConsentDecision")
_REQUESTED_AT = SearchAttributeKey.for_datetime("RequestedAt")
_TOLD: dict[str, Kind] = {
    "approved": "consent-approved",
    "denied": "consent-denied",
    "lapsed": "consent-lapsed",
    # who was blocked, or asked for what is gone, hears no more than that nothing came of it
    "withdrawn": "consent-lapsed",
}


@workflow.defn(name=CONSENT_REQUEST)
class ConsentRequest:
    """One request, from its first word to its ending."""

    @workflow.init
    def __init__(self, order: ConsentOrder) -> None:
        self._order = order
        self._stage: AskStage = "asking"
        self._since = workflow.now()
        self._asked: Asked | None = None
        self._failure: Failure | None = None
        self._standing: AskStanding | None = None
        self._gone: WithdrawnBecause | None = None
        self._withdrawn_by_caster = False
        self._requests = 0
        self._reminders = 0

    @workflow.run
    async def run(self, order: ConsentOrder) -> AskStatus:
        try:
            asked = await self._ask()
        except FailureError as error:
            self._failure = explain(error, "asking")
            self._enter("refused", f"{self._failure.explanation} {self._failure.next_step}")
        else:
            await self._tell("consent-asked", asked.owner_id)
            ending = await self._ending(asked)
            if kind := None if self._withdrawn_by_caster else _TOLD.get(ending):
                await self._tell(kind, order.caster_id)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.status()

    async def _ask(self) -> Asked:
        self._enter("asking", "Waiting for the request to be written into the log.")
        require_workflow_id(ask_workflow_id(self._order.ask_id))
        order = AskOrder(**self._errand("ask"), message=self._order.message)
        self._asked = await step(fronts.record_ask, order, "Put the request before the owner")
        self._enter("pending", f"The owner has until {_clock(self._asked.answer_by)}.")
        return self._asked

    async def _ending(self, asked: Asked) -> str:
        """Wait for an answer, looking after both sides every day; silence is a no."""
        reminders = [self._since + after for after in REMIND_AFTER]
        while self._standing is None:
            left = asked.answer_by - workflow.now()
            if left.total_seconds() <= 0:
                order = LapseOrder(**self._errand("lapse"))
                self._stand(await step(fronts.lapse_ask, order, "Silence is a no"))
                break
            if await came_true(self._has_news, min(left, LOOK_EVERY)):
                if self._standing is None:
                    await self._withdraw()
                break
            looked = await self._look()
            if looked and reminders and workflow.now() >= reminders[0]:
                reminders.pop(0)
                await self._remind(asked.owner_id)
        assert self._standing is not None
        ending = self._standing.ending
        assert ending is not None, "it has ended"
        self._enter(ending, f"The request was {ending}.", decided=True)
        return ending

    def _has_news(self) -> bool:
        return self._standing is not None or self._gone is not None

    async def _look(self) -> bool:
        """Whether both sides are there and the request is still open."""
        order = SidesOrder(**self._errand(self._numbered("look")))
        standing = await step(fronts.check_sides, order, "See whether both sides are still there")
        self._stand(standing)
        return self._standing is None

    async def _remind(self, owner_id: str) -> None:
        self._reminders += 1
        await self._tell("consent-reminded", owner_id, f"-{self._reminders}")

    async def _withdraw(self) -> None:
        assert self._gone is not None
        order = WithdrawalOrder(**self._errand(self._numbered("withdraw")), because=self._gone)
        self._stand(await step(fronts.withdraw_ask, order, f"End the request: {self._gone}"))

    @workflow.update
    async def recorded(self, identity: AskIdentity) -> AskReceipt:
        """Answer once the request stands in the log, or with the reason why it never will."""
        await self._until_asked()
        if identity.request_id != self._order.request_id:
            raise refused(
                "ask-pending",
                "A request for this cameo is already before its owner.",
                "asking",
                "Wait for the answer; seven days of silence are a no.",
            )
        assert self._asked is not None
        return AskReceipt(
            ask_id=self._order.ask_id,
            answer_by=self._asked.answer_by,
            position=self._asked.position,
        )

    @workflow.update
    async def approve_use(self, answer: OwnersAnswer) -> AskStatus:
        """The owner says yes: from this position of the log the caster is approved by name."""
        return await self._answered(answer.account_id, "approve")

    @workflow.update
    async def deny_use(self, answer: OwnersAnswer) -> AskStatus:
        """The owner says no."""
        return await self._answered(answer.account_id, "deny")

    @workflow.update
    async def withdraw(self, withdrawal: CastersWithdrawal) -> AskStatus:
        """The caster takes the request back."""
        await self._until_asked()
        if withdrawal.account_id != self._order.caster_id:
            raise refused(
                "ask-of-another",
                "Only who asked can take this request back.",
                "asking",
                "Deny it if you own the cameo.",
            )
        self._withdrawn_by_caster, self._gone = True, "caster-withdrew"
        await workflow.wait_condition(lambda: self._stage not in ("asking", "pending"))
        return self.status()

    @workflow.signal
    def side_disappeared(self, disappearance: Disappearance) -> None:
        """One side is gone; the request ends without an answer."""
        self._gone = self._gone or disappearance.because

    @workflow.query
    def status(self) -> AskStatus:
        """How the request stands now."""
        return AskStatus(
            ask_id=self._order.ask_id,
            stage=self._stage,
            since=self._since,
            answer_by=self._asked.answer_by if self._asked else None,
            reminders=self._reminders,
        )

    async def _answered(self, account_id: str, answer: Answer) -> AskStatus:
        await self._until_asked()
        order = AnswerOrder(
            **self._errand(self._numbered(answer)), account_id=account_id, answer=answer
        )
        standing = await self._asked_for(fronts.answer_ask, order, f"Write down: {answer}")
        self._stand(standing)
        await workflow.wait_condition(lambda: self._stage not in ("asking", "pending"))
        return self.status()

    async def _until_asked(self) -> None:
        await workflow.wait_condition(lambda: bool(self._asked or self._failure))
        if self._asked is None:
            assert self._failure is not None
            raise of_failure(self._failure)

    async def _asked_for(self, front: Callable[[A], Awaitable[R]], order: A, summary: str) -> R:
        """A step on behalf of an update: its refusal is the update's, and not the story's."""
        try:
            return await step(front, order, summary)
        except FailureError as error:
            raise as_refusal(error, "asking") from None

    def _stand(self, standing: AskStanding) -> None:
        if standing.ending is not None:
            self._standing = standing

    async def _tell(self, kind: Kind, account_id: str, suffix: str = "") -> None:
        assert self._asked is not None
        errand = AskErrand(**self._errand(f"tell-{kind}{suffix}"))
        order = TellOrder(
            account_id=account_id,
            about=f"{self._order.ask_id}.{self._asked.answer_by:%Y%m%d}{suffix}",
            kind=kind,
            command_id=errand.command_id,
            at=errand.at,
            actor=errand.actor,
            traceparent=errand.traceparent,
        )
        await step(account.tell_account, order, f"Tell the account: {kind}")

    def _numbered(self, name: str) -> str:
        self._requests += 1
        return f"{name}-{self._requests}"

    def _errand(self, name: str) -> dict[str, Any]:
        order = self._order
        return AskErrand(
            ask_id=order.ask_id,
            cameo_id=order.cameo_id,
            caster_id=order.caster_id,
            command_id=f"{workflow.info().workflow_id}/{order.request_id}/{name}",
            at=workflow.now(),
            actor=order.requested_by,
            traceparent=order.traceparent,
        ).model_dump()

    def _enter(self, stage: AskStage, detail: str, decided: bool = False) -> None:
        self._stage, self._since = stage, workflow.now()
        attributes: list[SearchAttributeUpdate[Any]] = [_STAGE.value_set(stage)]
        if stage == "asking":
            attributes += [
                _ACCOUNT_ID.value_set(self._order.caster_id),
                _CAMEO_IDS.value_set([self._order.cameo_id]),
                _REQUESTED_AT.value_set(self._since),
            ]
        if decided:
            attributes.append(_DECISION.value_set(stage))
        workflow.upsert_search_attributes(attributes)
        workflow.set_current_details(f"**{stage}** since {_clock(self._since)}\n\n{detail}")


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
