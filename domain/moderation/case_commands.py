"""What can be asked of a moderation case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.kernel.ids import AccountId, GenerationId, ModerationId
from domain.kernel.model import Command, Personal, Value
from domain.moderation.finding import Findings
from domain.moderation.gates import Gate
from domain.moderation.policy import Clause
from domain.moderation.publishing import Because
from domain.moderation.reasons import Source
from domain.moderation.verdict import Context, Verdict

Reviewer = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9/-]{0,119}$")]
"""Who reads: an application and an id in it, never a name."""
Words = Annotated[str, Personal(), StringConstraints(max_length=1000), Field(repr=False)]
"""What one person writes to another about a content."""
Reading = Literal["allow", "block"]


class Watched(Value):
    """What a policy that only watches would have decided."""

    revision: int
    outcome: Literal["allow", "hold", "block"]
    clause: str | None


class JudgeContent(Command):
    """Write down what was found at a gate and what follows.

    ``sealed`` is what the detectors were given, sealed for its account, in base 64.
    ``cleared_by`` is the case in which humans let this very content pass before. ``source`` is
    what led to the look.
    """

    case_id: ModerationId
    generation_id: GenerationId
    account_id: AccountId
    gate: Gate
    context: Context
    findings: tuple[Findings, ...]
    verdict: Verdict
    watched: Watched | None = None
    sealed: str = ""
    cleared_by: ModerationId | None = None
    source: Source = "own-initiative"


class ClaimCase(Command):
    """Take a case out of the queue for a while."""

    reviewer: Reviewer


class ReturnCase(Command):
    """Put a claimed case back into the queue."""

    reviewer: Reviewer


class ShowContent(Command):
    """Open what waits for a decision to somebody who reviews."""

    reviewer: Reviewer


class ReadCase(Command):
    """Say what the content is, with the reason; ``clause`` where another rule is the right one."""

    reviewer: Reviewer
    reading: Reading
    because: Because
    clause: Clause | None = None
    words: Words = ""


class LapseHold(Command):
    """Nobody has decided in time: what waits is refused, and the person can appeal."""


class LodgeAppeal(Command):
    """Object to a refusal."""

    account_id: AccountId
    words: Words = ""


class WithdrawContent(Command):
    """The content is gone: its person deleted it or stopped its making."""

    because: Because


class UndoVerdict(Command):
    """Put the verdict of another policy in the place of a revision's, and let that follow."""

    batch_id: str
    revision: int
    instead: Verdict


class RestoreVerdict(Command):
    """Take an undo back: the case stands as it stood before that batch."""

    batch_id: str


CaseCommand = (
    JudgeContent
    | ClaimCase
    | ReturnCase
    | ShowContent
    | ReadCase
    | LapseHold
    | LodgeAppeal
    | WithdrawContent
    | UndoVerdict
    | RestoreVerdict
)
