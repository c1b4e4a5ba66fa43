"""What the stories of consent hand to an activity and get back."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from activities.orders import Errand
from domain.consent.asking import Ending, Message, WithdrawnBecause
from domain.consent.roles import AdmittedCast
from domain.generation.brief import Brief
from domain.kernel.ids import AccountId, AskId, CameoId
from domain.kernel.model import Value

Answer = Literal["approve", "deny"]


class AskErrand(Value):
    """What every order of a request carries: who asks for whom, and the step's own id."""

    ask_id: AskId
    cameo_id: CameoId
    caster_id: AccountId
    command_id: str
    at: AwareDatetime
    actor: str
    traceparent: str | None = None


class AskOrder(AskErrand):
    """Put the request before the owner, in the log."""

    message: Message = ""


class Asked(Value):
    """The request stands in the log, before this owner, until ``answer_by``."""

    owner_id: AccountId
    answer_by: AwareDatetime
    position: int


class AnswerOrder(AskErrand):
    """Write down what the owner said; a yes approves the caster in the same append."""

    account_id: AccountId
    answer: Answer


class SidesOrder(AskErrand):
    """See whether both sides are still there; end the request when one is not."""


class LapseOrder(AskErrand):
    """Take the silence for a no."""


class WithdrawalOrder(AskErrand):
    """End the request without an answer."""

    because: WithdrawnBecause


class AskStanding(Value):
    """How the request stands in the log: pending while ``ending`` is None."""

    ending: Ending | None
    position: int


class AdmissionOrder(Errand):
    """Ask everybody whom a brief calls, and reserve a use of each."""

    brief: Brief


class Admitted(Value):
    """All of them may be cast, in these versions."""

    cast: AdmittedCast
