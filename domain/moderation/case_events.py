"""What happens to a moderation case, with the names that the log keeps.

Every event names the rule it is about, so that figures per rule need no other event.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime

from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId, GenerationId, ModerationId
from domain.kernel.model import Event
from domain.moderation.case_commands import Reading, Watched, Words
from domain.moderation.finding import Findings
from domain.moderation.gates import Effect, Gate
from domain.moderation.reasons import Source
from domain.moderation.verdict import Context, Verdict

NO_RULE: Final = "none"
"""In the place of a clause, where no rule acts."""


class ContentScreened(Event):
    """Everybody who was asked has looked, because of ``source``; this is what they noted."""

    case_id: ModerationId
    generation_id: GenerationId
    account_id: AccountId
    gate: Gate
    context: Context
    findings: tuple[Findings, ...]
    sealed: str = ""
    source: Source = "own-initiative"


class VerdictReached(Event):
    """The one verdict from all findings; with ``cleared_by``, humans had let this content pass."""

    case_id: ModerationId
    clause: str
    verdict: Verdict
    priority: int
    watched: Watched | None = None
    cleared_by: ModerationId | None = None


class CaseClaimed(Event):
    """A reviewer has the case until then."""

    case_id: ModerationId
    clause: str
    reviewer: str
    until: AwareDatetime


class CaseReturned(Event):
    """The case is in the queue again."""

    case_id: ModerationId
    clause: str
    reviewer: str


class ContentShown(Event):
    """What waits was opened to a reviewer, for the first time since it waits."""

    case_id: ModerationId
    clause: str
    reviewer: str


class ReadingRecorded(Event):
    """A reviewer said what the content is."""

    case_id: ModerationId
    clause: str
    reviewer: str
    reading: Reading
    because: str
    words: Words = ""


class HoldDecided(Event):
    """What waited is let pass or refused; without readers, because nobody decided in time."""

    case_id: ModerationId
    clause: str
    outcome: Reading
    because: str
    words: Words = ""
    readers: tuple[str, ...]


class AppealLodged(Event):
    """The person objects to the refusal."""

    case_id: ModerationId
    clause: str
    account_id: AccountId
    words: Words = ""
    priority: int


class AppealDecided(Event):
    """Another human has decided: the content is reinstated, or the refusal upheld."""

    case_id: ModerationId
    clause: str
    outcome: Literal["reinstated", "upheld"]
    because: str
    words: Words = ""
    readers: tuple[str, ...]


class ContentRetracted(Event):
    """The content is gone, whatever is decided about it later."""

    case_id: ModerationId
    clause: str
    because: str


class VerdictReplaced(Event):
    """A batch put another policy's verdict in the place of this one, whose rule was ``clause``.

    With ``cleared_by``, humans had let this content pass, and it passes under that policy as well.
    """

    case_id: ModerationId
    clause: str
    batch_id: str
    revision: int
    instead: Verdict
    priority: int
    reverted: tuple[Effect, ...]
    imposed: tuple[Effect, ...]
    cleared_by: ModerationId | None = None


class VerdictRestored(Event):
    """The undo of a batch was taken back."""

    case_id: ModerationId
    clause: str
    batch_id: str


CaseEvent = (
    ContentScreened
    | VerdictReached
    | CaseClaimed
    | CaseReturned
    | ContentShown
    | ReadingRecorded
    | HoldDecided
    | AppealLodged
    | AppealDecided
    | ContentRetracted
    | VerdictReplaced
    | VerdictRestored
)

CATALOG: Final = Catalog()
CATALOG.register(ContentScreened, "content-screened.v1")
CATALOG.register(VerdictReached, "verdict-reached.v1")
CATALOG.register(CaseClaimed, "moderation-case-claimed.v1")
CATALOG.register(CaseReturned, "moderation-case-returned.v1")
CATALOG.register(ContentShown, "moderated-content-shown.v1")
CATALOG.register(ReadingRecorded, "moderation-reading-recorded.v1")
CATALOG.register(HoldDecided, "moderation-hold-decided.v1")
CATALOG.register(AppealLodged, "moderation-appeal-lodged.v1")
CATALOG.register(AppealDecided, "moderation-appeal-decided.v1")
CATALOG.register(ContentRetracted, "moderated-content-retracted.v1")
CATALOG.register(VerdictReplaced, "verdict-replaced.v1")
CATALOG.register(VerdictRestored, "verdict-restored.v1")
