"""What callers of a moderation story send and receive, and how its workflow's id is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from activities.moderation.orders import Situation
from domain.kernel.ids import AccountId, ModerationId
from domain.kernel.model import Value
from domain.moderation.case_commands import Reading, Reviewer, Words
from domain.moderation.policy import Clause
from domain.moderation.publishing import Because

CONTENT_MODERATION: Final = "ContentModeration"
MODERATION_LOOKS_EVERY: Final = timedelta(days=1)
"""How often the story sees for itself whether the case still waits."""
HOLD_LAPSES_AFTER: Final = timedelta(days=14)

Matter = Literal["hold", "appeal"]
ModerationStage = Literal[
    "opening", "waiting", "claimed", "allowed", "blocked", "withdrawn", "refused"
]


def moderation_workflow_id(case_id: str, matter: Matter) -> str:
    """The id of the workflow in which humans look at a case; one at a time for each matter."""
    return f"moderation/{case_id}/{matter}"


class ModerationOrder(Value):
    """Have humans look at a case: because it is held, or because its person objects.

    Any Temporal client may send this to ``ContentModeration`` by name. ``account_id`` and ``words``
    are those of an appeal.
    """

    case_id: ModerationId
    matter: Matter
    account_id: AccountId | None = None
    words: Words = ""
    requested_by: str = "client/temporal"
    traceparent: str | None = None
    turn: Annotated[int, Field(ge=1)] = 1
    """Which hold of the case this is: a batch that is undone can hold it again."""

    @model_validator(mode="after")
    def _somebody_objects(self) -> Self:
        if self.matter == "appeal" and self.account_id is None:
            raise ValueError("an appeal names the account that objects")
        return self


class ClaimRequest(Value):
    """A reviewer takes the case, or gives it back: of the ``claim`` and ``give_back`` updates."""

    reviewer: Reviewer


class ReadingRequest(Value):
    """What a reviewer says: the argument of the ``decide`` update."""

    reviewer: Reviewer
    reading: Reading
    because: Because
    clause: Clause | None = None
    words: Words = ""


class CaseStatus(Value):
    """How the case stands: the answer to every request, and to the ``status`` query.

    ``position`` is where the log says so.
    """

    case_id: ModerationId
    matter: Matter
    stage: ModerationStage
    since: AwareDatetime
    situation: Situation | None = None
    priority: int = 0
    readings: int = 0
    position: int = 0


class ModerationOutcome(Value):
    """What was decided: the result of the story."""

    case_id: ModerationId
    situation: Situation
    clause: str
    words: str
    where: str
