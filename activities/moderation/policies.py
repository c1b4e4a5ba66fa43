"""The policies of the house as they stand in the log; a house without any gets the packaged one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from activities.ledger import Context as Acting
from activities.ledger import Decision, Ledger
from activities.moderation.recorded import last_screened
from domain.kernel.ports import EventCodec, EventLog, Expected
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy
from domain.moderation.publishing import (
    HOUSE,
    PUBLISHING,
    EnforcePolicy,
    Policies,
    PublishPolicy,
)
from domain.moderation.trial import tried
from domain.moderation.verdict import Context

CORPUS_MAX: Final = 1000
"""Of so many contents, those that were examined last, a policy is tried on what was found."""
Corpus = Sequence[tuple[Findings, Context]]
_ACTING: Final = Acting("worker/moderation", "policy/house")


class PolicyDesk:
    """Reads the policies, and keeps what it has folded, so that only news is read again."""

    def __init__(self, log: EventLog, codec: EventCodec, packaged: Policy) -> None:
        self._log, self._codec, self._packaged = log, codec, packaged
        self._ledger = Ledger(log, codec)
        self._policies, self._revision = Policies(), int(Expected.NO_STREAM)

    async def policies(self) -> Policies:
        """Every revision, and which decides, as of now.

        Many ask at once. Each folds the news onto what was kept when it began to read, so that no
        event is counted twice, and whoever has read furthest keeps it.
        """
        policies, revision = self._policies, self._revision
        for each in await self._log.read_stream(PUBLISHING.stream(HOUSE), after=revision):
            event = self._codec.decode(each)
            policies = PUBLISHING.evolve(policies, event)  # type: ignore[arg-type]
            revision = each.revision
        if revision > self._revision:
            self._policies, self._revision = policies, revision
        return policies

    async def in_force(self, at: datetime) -> Policies:
        """The policies, of which one decides: the packaged one is published where there is none.

        It is published and enforced in two steps; who finds the first one alone goes on.
        """
        policies, packaged = await self.policies(), self._packaged
        if policies.published and not policies.begins_with(packaged):
            return policies
        if not policies.published:
            await publish(self._ledger, packaged, "policy/packaged", at, _ACTING)
        enforce = EnforcePolicy(
            command_id="policy/packaged/enforce", at=at, revision=packaged.revision
        )
        await self._ledger.perform([Decision(PUBLISHING, HOUSE, enforce)], _ACTING)
        return await self.policies()

    async def examined(self, count: int = CORPUS_MAX) -> Corpus:
        """What was found in the contents that were examined last, at each stage; equals once.

        Scores and places stand in the log in clear; nobody's content is opened.
        """
        distinct: dict[tuple[Findings, str], tuple[Findings, Context]] = {}
        for each in await last_screened(self._log, self._codec, count):
            for found in each.findings:
                distinct.setdefault((found, each.context.surface), (found, each.context))
        return tuple(distinct.values())


async def publish(
    ledger: Ledger,
    policy: Policy,
    command_id: str,
    at: datetime,
    context: Acting,
    corpus: Corpus = (),
) -> int:
    """Put a policy into the shadow once it has stood its trial; the log's position.

    ``corpus`` is what was found of late, on which it is tried beside the examples of its own.
    Raises the refusals of publishing.
    """
    examples, laxer = tried(policy, corpus)
    command = PublishPolicy(
        command_id=command_id, at=at, policy=policy, examples=examples, laxer=len(laxer)
    )
    performed = await ledger.perform([Decision(PUBLISHING, HOUSE, command)], context)
    return performed.position
