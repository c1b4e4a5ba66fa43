"""Why a request about a consent cannot be granted."""

from __future__ import annotations

from domain.kernel.errors import Refusal


class ConsentUnknown(Refusal):
    """No consent exists for this cameo."""

    code = "consent-unknown"
    next_step = "Check the cameo's id; its consent is opened when its enrolment is approved."


class ConsentOfAnother(Refusal):
    """Only the owner of a cameo decides about its consent."""

    code = "consent-of-another"
    stage = "settings"
    next_step = "Ask the owner; a request can be sent to them."


class TierUnknown(Refusal):
    """There is no such tier."""

    code = "tier-unknown"
    stage = "settings"
    next_step = "Choose one of the tiers that the API's documents name; nothing has changed."


class TierNotForMinors(Refusal):
    """Only people who were approved by name may cast somebody under 18."""

    code = "tier-not-for-minors"
    stage = "settings"
    next_step = "Choose only-me or approved, and approve people by name."


class CasterIsOwner(Refusal):
    """The owner needs no approval and cannot be denied."""

    code = "caster-is-owner"
    stage = "settings"
    next_step = "Name another account, or revoke the consent to stop all use."


class ListFull(Refusal):
    """The list of approved or denied people is full."""

    code = "consent-list-full"
    stage = "settings"
    next_step = "Remove somebody first, or choose another tier."


class ExpiryOutOfRange(Refusal):
    """A consent expires in the future, and within five years."""

    code = "consent-expiry-out-of-range"
    stage = "settings"
    next_step = "Choose an expiry within the next five years, or revoke the consent."


class ConsentIsRevoked(Refusal):
    """This consent has been revoked by its owner."""

    code = "consent-revoked"
    next_step = "Choose another cast; only the owner can restore a consent."


class ConsentMoved(Refusal):
    """The consent has changed since it was judged."""

    code = "consent-moved"
    next_step = "Check again and decide on what is true now."


class BudgetExhausted(Refusal):
    """The owner allowed a number of uses, and they are used up."""

    code = "budget-exhausted"
    next_step = "Ask the owner for more, or choose another cast."


class UseOfAnother(Refusal):
    """This generation was admitted for another caster or another version."""

    code = "use-of-another"
    next_step = "Use a new generation id."


class CastNotPermitted(Refusal):
    """Somebody in the cast has not given consent to this."""

    code = "cast-not-permitted"
    stage = "consent"
    next_step = "Change the cast or the plan, or ask the owners."


class CalledUnknown(Refusal):
    """Somebody is called whom nobody can cast."""

    code = "called-unknown"
    stage = "consent"
    next_step = "Check the handle's spelling, or leave the @ out where nobody is meant."


class CastTooLarge(Refusal):
    """There are too many different people in this story."""

    code = "cast-too-large"
    stage = "consent"
    next_step = "Cast fewer of them."
