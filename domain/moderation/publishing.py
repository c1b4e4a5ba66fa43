"""Publishing policies: which revision decides, how far the newest one reaches, and the way back.

One stream for the house, ``policy-house``. A new revision begins in the shadow: it is asked, and
decides nothing. It is then *shared*: it decides for a part of the content; and at last *enforced*
for all. One rollback takes the last of these steps back: a candidate goes away altogether, and
without one the revision that was enforced before decides again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.model import Command, Event
from domain.moderation.finding import Permille
from domain.moderation.policy import Policy, Rollout

HOUSE: Final = "house"
"""The identifier of the one stream of policies."""

Because = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""One stable word for why somebody acted; never a sentence about a person."""


class PublishPolicy(Command):
    """Put a new revision into the shadow.

    ``examples`` were judged under its strict rules and its default ones; ``laxer`` of them were
    blocked by default and not when a human is cast.
    """

    policy: Policy
    examples: Annotated[int, Field(ge=0)]
    laxer: Annotated[int, Field(ge=0)]


class SharePolicy(Command):
    """Let the candidate decide for a part of the content."""

    revision: Annotated[int, Field(ge=1)]
    share: Permille


class EnforcePolicy(Command):
    """Let the candidate decide for all content."""

    revision: Annotated[int, Field(ge=1)]


class RevertPolicy(Command):
    """Take the last step back. ``revision`` is the one that must not decide any longer."""

    revision: Annotated[int, Field(ge=1)]
    because: Because


PublishingCommand = PublishPolicy | SharePolicy | EnforcePolicy | RevertPolicy


class PolicyPublished(Event):
    """A revision exists; it is asked, and decides nothing yet."""

    policy: Policy
    sha256: str
    examples: int


class PolicyShared(Event):
    """The candidate decides for a share of the content, in thousandths."""

    revision: int
    share: int


class PolicyEnforced(Event):
    """The revision decides for all content; ``instead_of`` is the one that did before, or 0."""

    revision: int
    instead_of: int


class PolicyReverted(Event):
    """The revision decides no longer; ``to`` is the one that decides for all, or 0."""

    revision: int
    to: int
    because: str


PublishingEvent = PolicyPublished | PolicyShared | PolicyEnforced | PolicyReverted


@dataclass(frozen=True)
class Policies:
    """Every revision ever published, those enforced one after the other, and the candidate."""

    published: Mapping[int, Policy] = field(default_factory=dict)
    enforced: tuple[int, ...] = ()
    """The last one decides; the ones before are where rollbacks lead."""
    candidate: int | None = None
    share: int | None = None
    """How much the candidate decides, in thousandths; None while it is in the shadow."""

    @property
    def newest(self) -> int:
        """The highest revision, or 0."""
        return max(self.published, default=0)

    def named(self, revision: int) -> Policy:
        """A revision's policy. Raises ``PolicyUnknown``."""
        if revision not in self.published:
            raise PolicyUnknown(f"Revisions go up to {self.newest}.")
        return self.published[revision]

    @property
    def in_force(self) -> Policy:
        """The policy that decides where no candidate does. Raises ``NoPolicyInForce``."""
        if not self.enforced:
            raise NoPolicyInForce
        return self.published[self.enforced[-1]]

    @property
    def trying(self) -> Policy | None:
        """The candidate, with how far it reaches."""
        if self.candidate is None:
            return None
        reach = (
            Rollout(stage="shadow")
            if self.share is None
            else Rollout(stage="share", share=self.share)
        )
        return self.published[self.candidate].model_copy(update={"rollout": reach})

    def deciding(self, content_key: str) -> tuple[Policy, Policy | None]:
        """The policy that decides about a content, and the one that only watches, if any.

        The same content is always on the same side of a share. Raises ``NoPolicyInForce``.
        """
        trying = self.trying
        if trying is None:
            return self.in_force, None
        if trying.rollout.decides_for(content_key):
            return trying, self.in_force
        return self.in_force, trying

    def begins_with(self, first: Policy) -> bool:
        """Whether this policy alone is published, neither shared nor enforced: half a beginning."""
        only = [each.sha256 for each in self.published.values()] == [first.sha256]
        is_waiting = self.candidate == first.revision and self.share is None
        return only and is_waiting and not self.ever

    def before(self, revision: int) -> Policy:
        """The policy that would have decided without this revision.

        That is the one that decided when it was published: none that was rolled back by then. While
        a candidate waits, no other revision begins or ceases to decide. Raises ``PolicyUnknown``,
        and ``NoPolicyBefore`` for the first one.
        """
        self.named(revision)
        if not self.beside.get(revision):
            raise NoPolicyBefore
        return self.published[self.beside[revision]]

    ever: frozenset[int] = frozenset()
    """Every revision that was enforced at some time."""
    beside: Mapping[int, int] = field(default_factory=dict)
    """For each revision the one that decided when it was published, or 0."""


class PolicyUnknown(Refusal):
    """No policy has this revision."""

    code = "policy-unknown"
    stage = "moderation"
    next_step = "List the revisions and name one of them."


class NoPolicyInForce(Refusal):
    """No policy decides yet, so nothing can be allowed."""

    code = "policy-missing"
    stage = "moderation"
    next_step = "Publish a policy and enforce it."


class NoPolicyBefore(Refusal):
    """No policy was in force before this revision, so nothing would have decided without it."""

    code = "policy-has-no-predecessor"
    stage = "moderation"
    next_step = "Publish a better policy instead of undoing the first one."


class PolicyOutOfTurn(Refusal):
    """The revision of a new policy is the next one after the newest."""

    code = "policy-out-of-turn"
    stage = "moderation"
    next_step = "Number the policy one above the newest revision and publish it again."


class PolicyLaxWhenCast(Refusal):
    """The strict rules let pass what the default ones block, or were tried on no examples."""

    code = "policy-lax-when-cast"
    stage = "moderation"
    next_step = "Lower the strict thresholds of the rules at fault and publish it again."


class CandidateWaiting(Refusal):
    """Another revision is being tried."""

    code = "policy-candidate-waiting"
    stage = "moderation"
    next_step = "Enforce that revision or roll it back first."


class NotTheCandidate(Refusal):
    """This revision is not the one that is being tried."""

    code = "policy-not-the-candidate"
    stage = "moderation"
    next_step = "Name the candidate, or publish a new revision."


class NothingToRevert(Refusal):
    """This revision does not decide, or nothing could decide in its place."""

    code = "policy-nothing-to-revert"
    stage = "moderation"
    next_step = "Look which revision decides; the first one cannot be rolled back."


def decide(command: PublishingCommand, state: Policies) -> list[PublishingEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command:
        case PublishPolicy():
            return _publish(command, state)
        case SharePolicy():
            _require_candidate(command.revision, state)
            if state.share == command.share:
                return []
            return [PolicyShared(at=command.at, revision=command.revision, share=command.share)]
        case EnforcePolicy():
            if state.candidate is None and state.enforced[-1:] == (command.revision,):
                return []
            _require_candidate(command.revision, state)
            before = state.enforced[-1] if state.enforced else 0
            return [PolicyEnforced(at=command.at, revision=command.revision, instead_of=before)]
        case RevertPolicy():
            return _revert(command, state)


def _publish(command: PublishPolicy, state: Policies) -> list[PublishingEvent]:
    policy = command.policy
    if policy == state.published.get(policy.revision):
        return []
    if state.candidate is not None:
        raise CandidateWaiting(f"It is revision {state.candidate}.")
    if policy.revision != state.newest + 1:
        raise PolicyOutOfTurn(f"The next one is {state.newest + 1}.")
    if command.laxer or not command.examples:
        raise PolicyLaxWhenCast(f"{command.laxer} of {command.examples} examples are let pass.")
    return [
        PolicyPublished(
            at=command.at, policy=policy, sha256=policy.sha256, examples=command.examples
        )
    ]


def _revert(command: RevertPolicy, state: Policies) -> list[PublishingEvent]:
    decides = state.enforced[-1] if state.enforced else 0
    if command.revision == state.candidate:
        to = decides
    elif command.revision == decides and len(state.enforced) > 1 and state.candidate is None:
        to = state.enforced[-2]
    else:
        raise NothingToRevert(f"Revision {decides} decides now.")
    return [
        PolicyReverted(at=command.at, revision=command.revision, to=to, because=command.because)
    ]


def _require_candidate(revision: int, state: Policies) -> None:
    state.named(revision)
    if state.candidate != revision:
        raise NotTheCandidate(
            f"It is revision {state.candidate}." if state.candidate else "None is being tried."
        )


def evolve(state: Policies, event: PublishingEvent) -> Policies:
    """The situation after one more event. It never refuses: what happened, happened."""
    match event:
        case PolicyPublished():
            revision, decides = event.policy.revision, (0, *state.enforced)[-1]
            return replace(
                state,
                published={**state.published, revision: event.policy},
                beside={**state.beside, revision: decides},
                candidate=revision,
                share=None,
            )
        case PolicyShared():
            return replace(state, share=event.share)
        case PolicyEnforced():
            return replace(
                state,
                enforced=(*state.enforced, event.revision),
                ever=state.ever | {event.revision},
                candidate=None,
                share=None,
            )
        case PolicyReverted() if event.revision == state.candidate:
            return replace(state, candidate=None, share=None)
        case PolicyReverted():
            return replace(state, enforced=state.enforced[:-1])


PUBLISHING: Final = Decider[PublishingCommand, Policies, PublishingEvent](
    "policy", Policies(), decide, evolve
)

CATALOG: Final = Catalog()
CATALOG.register(PolicyPublished, "policy-published.v1")
CATALOG.register(PolicyShared, "policy-shared.v1")
CATALOG.register(PolicyEnforced, "policy-enforced.v1")
CATALOG.register(PolicyReverted, "policy-reverted.v1")
