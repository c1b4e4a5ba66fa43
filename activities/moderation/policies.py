"""The policies of the house as they stand in the log; a house without any gets the packaged one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from activities.ledger import Context, Decision, Ledger
from domain.kernel.ports import EventCodec, EventLog, Expected
from domain.moderation.policy import Policy
from domain.moderation.publishing import (
    HOUSE,
    PUBLISHING,
    EnforcePolicy,
    Policies,
    PublishPolicy,
)
from domain.moderation.trial import tried

_CONTEXT: Final = Context("worker/moderation", "policy/house")


class PolicyDesk:
    """Reads the policies, and keeps what it has folded, so that only news is read again."""

    def __init__(self, log: EventLog, codec: EventCodec, packaged: Policy) -> None:
        self._log, self._codec, self._packaged = log, codec, packaged
        self._ledger = Ledger(log, codec)
        self._policies, self._revision = Policies(), int(Expected.NO_STREAM)

    async def policies(self) -> Policies:
        """Every revision, and which decides, as of now."""
        stream = PUBLISHING.stream(HOUSE)
        for each in await self._log.read_stream(stream, after=self._revision):
            event = self._codec.decode(each)
            self._policies = PUBLISHING.evolve(self._policies, event)  # type: ignore[arg-type]
            self._revision = each.revision
        return self._policies

    async def in_force(self, at: datetime) -> Policies:
        """The policies, of which one decides: the packaged one is published where there is none."""
        policies = await self.policies()
        if policies.enforced or policies.published:
            return policies
        await publish(self._ledger, self._packaged, "policy/packaged", at, _CONTEXT)
        enforce = EnforcePolicy(
            command_id="policy/packaged/enforce", at=at, revision=self._packaged.revision
        )
        await self._ledger.perform([Decision(PUBLISHING, HOUSE, enforce)], _CONTEXT)
        return await self.policies()


async def publish(
    ledger: Ledger, policy: Policy, command_id: str, at: datetime, context: Context
) -> int:
    """Put a policy into the shadow once it has stood its trial; the log's position.

    Raises the refusals of publishing.
    """
    examples, laxer = tried(policy)
    command = PublishPolicy(
        command_id=command_id, at=at, policy=policy, examples=examples, laxer=len(laxer)
    )
    performed = await ledger.perform([Decision(PUBLISHING, HOUSE, command)], context)
    return performed.position
