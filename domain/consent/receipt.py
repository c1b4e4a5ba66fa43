"""The consent receipt: one for each person and act, which anybody can verify with a public key.

It says which version of which cameo was cast by which account, in which act, for which plan, under
which rule, from which revision of the consent and at which position of the log, when, and until
when that consent holds. It names nobody: ids are random, and no word of a prompt or a preference
is in it.

What is signed is the receipt's canonical JSON (``domain.kernel.canonical``); its id is the SHA-256
of these bytes, so the same decision has the same receipt.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from domain.consent.check import CameoVerdict, ConsentDecision
from domain.consent.plan import CastPlan
from domain.consent.situations import Held
from domain.consent.terms import Act, Rule
from domain.consent.world import World
from domain.kernel.canonical import canonical_json, instant
from domain.kernel.ids import AccountId, CameoId, GenerationId
from domain.kernel.model import Value

FORMAT: Final = "callsheet-consent-receipt/1"


class Receipt(Value):
    """What one person's consent allowed."""

    format: Literal["callsheet-consent-receipt/1"] = FORMAT
    cameo_id: CameoId
    version: int
    caster_id: AccountId
    generation_id: GenerationId
    act: Act
    plan_key: str
    rule: Rule
    revision: int
    position: int
    preferences_version: int
    preferences_sha256: str | None
    at: AwareDatetime
    expires_at: AwareDatetime

    def fields(self) -> dict[str, Any]:
        """The receipt as plain JSON values, moments in their one spelling."""
        return self.model_dump() | {
            "at": instant(self.at),
            "expires_at": instant(self.expires_at),
        }

    @property
    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json(self.fields())

    @property
    def receipt_id(self) -> str:
        """The SHA-256 of the signed bytes, in hex."""
        return hashlib.sha256(self.canonical).hexdigest()


class SignedReceipt(Value):
    """A receipt with its signature: Ed25519 over the canonical bytes, in base64."""

    receipt: Receipt
    algorithm: Literal["Ed25519"] = "Ed25519"
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    signature: Annotated[str, Field(min_length=88, max_length=88)]


def receipts(world: World, plan: CastPlan, decision: ConsentDecision) -> tuple[Receipt, ...]:
    """One receipt for each cameo of a decision that permits. Raises ``ValueError`` otherwise."""
    if not decision.permitted:
        raise ValueError("a decision that refuses has no receipts")
    return tuple(_receipt(world, plan, decision, each) for each in decision.verdicts)


def _receipt(
    world: World, plan: CastPlan, decision: ConsentDecision, verdict: CameoVerdict
) -> Receipt:
    consent = world.consent(verdict.cameo_id)
    if not isinstance(consent, Held) or verdict.rule is None:
        raise ValueError(f"{verdict.cameo_id} was not permitted in this world")
    return Receipt(
        cameo_id=verdict.cameo_id,
        version=verdict.version,
        caster_id=plan.caster_id,
        generation_id=plan.generation_id,
        act=decision.act,
        plan_key=plan.plan_key,
        rule=verdict.rule,
        revision=verdict.revision,
        position=decision.position,
        preferences_version=verdict.preferences_version,
        preferences_sha256=verdict.preferences_sha256,
        at=plan.at,
        expires_at=consent.limits.expires_at,
    )
