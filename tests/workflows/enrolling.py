"""Words for tests of enrolments: an account of a known age, a release, an attempt and its clip."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from activities.cameo.orders import Challenged, Received
from activities.cameo.places import upload_key
from activities.ledger import Context, Decision
from domain.account.account import ACCOUNT, OpenAccount
from domain.account.relating import RELATIONS, DeclareAgeBand
from domain.account.relations import AgeBand
from domain.cameo.release import Kind, SignedRelease
from infra.media.memory import Entry
from tests import words
from tests.workflows.lab import Lab, draw
from workflows.cameo_contracts import (
    CAMEO_ENROLLMENT,
    ChallengeRequest,
    ClipSubmission,
    EnrolmentOrder,
    EnrolmentReceipt,
    EnrolmentStage,
    EnrolmentStatus,
    enrolment_workflow_id,
)
from workflows.contracts import ORCHESTRATION_QUEUE

SESSION = hashlib.sha256(b"a session").hexdigest()


def a_release(kind: Kind = "person", retention_days: int = 365) -> SignedRelease:
    """A signed release that covers what an enrolment of this kind stores and does."""
    person = kind == "person"
    return SignedRelease(
        text_version="2026-11",
        text_sha256="a" * 64,
        stores=("clip", "references", *(("face-template", "voice-template") if person else ())),
        purposes=("enrolment-checks", "generation", *(("duplicate-search",) if person else ())),
        retention_days=retention_days,
        signature="A. Example",
        signed_at=words.moment(),
    )


@dataclass
class Attempt:
    """One attempt to enrol, as its account sees it."""

    lab: Lab
    order: EnrolmentOrder

    @property
    def enrolment_id(self) -> str:
        return self.order.enrolment_id

    @property
    def cameo_id(self) -> str:
        return self.order.cameo_id

    @property
    def account_id(self) -> str:
        return self.order.account_id

    @property
    def handle(self) -> WorkflowHandle[Any, EnrolmentStatus]:
        return self.lab.client.get_workflow_handle(
            enrolment_workflow_id(self.enrolment_id), result_type=EnrolmentStatus
        )

    async def begun(self) -> EnrolmentReceipt:
        """Start, and return once the release is in the log, as the API does."""
        start: WithStartWorkflowOperation[Any, EnrolmentStatus] = WithStartWorkflowOperation(
            CAMEO_ENROLLMENT,
            self.order,
            id=enrolment_workflow_id(self.enrolment_id),
            task_queue=ORCHESTRATION_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            result_type=EnrolmentStatus,
        )
        receipt: EnrolmentReceipt = await self.lab.client.execute_update_with_start_workflow(
            "begun", start_workflow_operation=start, result_type=EnrolmentReceipt
        )
        return receipt

    async def challenge(self, account_id: str | None = None, session: str = SESSION) -> Challenged:
        request = ChallengeRequest(account_id=account_id or self.account_id, session_sha256=session)
        drawn: Challenged = await self.handle.execute_update(
            "issue_challenge", request, result_type=Challenged
        )
        return drawn

    def upload(self, clip: bytes, number: int = 1) -> str:
        """Put a clip where a stranger may write."""
        key = upload_key(self.enrolment_id, number)
        self.lab.store.entries[key] = Entry(clip, "video/mp4", datetime.now(UTC))  # noqa: TID251
        return key

    async def submit(self, account_id: str | None = None, session: str = SESSION) -> Received:
        submission = ClipSubmission(
            account_id=account_id or self.account_id, session_sha256=session
        )
        received: Received = await self.handle.execute_update(
            "submit_clip", submission, result_type=Received
        )
        return received

    async def status(self) -> EnrolmentStatus:
        status: EnrolmentStatus = await self.handle.query("status", result_type=EnrolmentStatus)
        return status

    async def reaches(self, *stages: EnrolmentStage) -> EnrolmentStatus:
        """How it stands once it has come to one of these stages."""
        async with asyncio.timeout(30):
            while True:
                status = await self.status()
                if status.stage in stages:
                    return status
                await asyncio.sleep(0.02)

    async def types(self) -> list[str]:
        """The stored names of the attempt's events."""
        stream = await self.lab.log.read_stream(f"enrolment-{self.enrolment_id}")
        return [each.type for each in stream]

    def left_behind(self, *rooms: str) -> list[str]:
        """Keys in the store that belong to this attempt."""
        prefixes = tuple(f"{room}/{self.enrolment_id}/" for room in rooms)
        return [key for key in self.lab.store.entries if key.startswith(prefixes)]


async def an_account(lab: Lab, age_band: AgeBand | None = "adult") -> str:
    """An open account whose holder is of this age."""
    account_id, now = draw("acc"), words.moment()
    context = Context("client/test", "test")
    opening = OpenAccount(command_id=f"open/{account_id}", at=now, account_id=account_id)
    await lab.ledger.perform([Decision(ACCOUNT, account_id, opening)], context)
    if age_band is not None:
        declared = DeclareAgeBand(
            command_id=f"age/{account_id}", at=now, account_id=account_id, band=age_band
        )
        await lab.ledger.perform([Decision(RELATIONS, account_id, declared)], context)
    return account_id


async def an_attempt(
    lab: Lab,
    account_id: str | None = None,
    kind: Kind = "person",
    cameo_id: str | None = None,
    release: SignedRelease | None = None,
) -> Attempt:
    """An attempt that is about to begin."""
    order = EnrolmentOrder(
        enrolment_id=draw("enr"),
        cameo_id=cameo_id or draw("cam"),
        account_id=account_id or await an_account(lab),
        kind=kind,
        release=release or a_release(kind),
    )
    return Attempt(lab, order)


async def submitted(attempt: Attempt, clip: bytes) -> Attempt:
    """The attempt with its challenge answered by this clip."""
    await attempt.begun()
    challenge = await attempt.challenge()
    attempt.upload(clip, challenge.number)
    await attempt.submit()
    return attempt
