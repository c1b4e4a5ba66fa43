"""Policies: shadow, share, full, and one step back."""

from __future__ import annotations

from typing import Any

import pytest

from domain.moderation.publishing import (
    PUBLISHING,
    CandidateWaiting,
    EnforcePolicy,
    NoPolicyBefore,
    NoPolicyInForce,
    NothingToRevert,
    NotTheCandidate,
    Policies,
    PolicyEnforced,
    PolicyLaxWhenCast,
    PolicyOutOfTurn,
    PolicyPublished,
    PolicyReverted,
    PolicyShared,
    PolicyUnknown,
    PublishPolicy,
    RevertPolicy,
    SharePolicy,
)
from tests import words
from tests.domain.case_words import a_policy, a_rule
from tests.domain.given import Story

NOON = words.NOON
FIRST, SECOND = a_policy(1), a_policy(2, a_rule("VIO-1", "violence", 400, 600))
THIRD = a_policy(3, a_rule("VIO-1", "violence", 300, 500))
none = Story(PUBLISHING)


def publish(policy: Any = FIRST, examples: int = 600, laxer: int = 0) -> PublishPolicy:
    return PublishPolicy(command_id="p", at=NOON, policy=policy, examples=examples, laxer=laxer)


def published(policy: Any = FIRST) -> PolicyPublished:
    return PolicyPublished(at=NOON, policy=policy, sha256=policy.sha256, examples=600)


def share(revision: int, thousandths: int) -> SharePolicy:
    return SharePolicy(command_id="s", at=NOON, revision=revision, share=thousandths)


def enforce(revision: int) -> EnforcePolicy:
    return EnforcePolicy(command_id="e", at=NOON, revision=revision)


def revert(revision: int) -> RevertPolicy:
    return RevertPolicy(command_id="r", at=NOON, revision=revision, because="over-blocks")


def enforced(revision: int, instead_of: int) -> PolicyEnforced:
    return PolicyEnforced(at=NOON, revision=revision, instead_of=instead_of)


def reverted(revision: int, to: int) -> PolicyReverted:
    return PolicyReverted(at=NOON, revision=revision, to=to, because="over-blocks")


one = none.given(published(), enforced(1, 0))
trying = one.given(published(SECOND))
shared = trying.given(PolicyShared(at=NOON, revision=2, share=250))
two = shared.given(enforced(2, 1))


def test_a_policy_goes_from_the_shadow_to_a_share_to_all() -> None:
    none.when(publish()).then(published())
    none.given(published()).when(enforce(1)).then(enforced(1, 0))
    one.when(publish(SECOND)).then(published(SECOND))
    trying.when(share(2, 250)).then(PolicyShared(at=NOON, revision=2, share=250))
    shared.when(enforce(2)).then(enforced(2, 1))
    for story, command in ((shared, share(2, 250)), (two, enforce(2)), (two, publish(SECOND))):
        story.when(command).then_nothing()


def test_only_the_next_revision_is_published_and_one_at_a_time() -> None:
    one.when(publish(a_policy(3))).then_refused(PolicyOutOfTurn)
    trying.when(publish(a_policy(3))).then_refused(CandidateWaiting)
    trying.when(enforce(1)).then_refused(NotTheCandidate)
    one.when(share(7, 1)).then_refused(PolicyUnknown)


def test_a_policy_that_is_laxer_when_somebody_is_cast_is_refused() -> None:
    none.when(publish(laxer=1)).then_refused(PolicyLaxWhenCast)
    none.when(publish(examples=0)).then_refused(PolicyLaxWhenCast)


def test_one_rollback_takes_one_step_back() -> None:
    shared.when(revert(2)).then(reverted(2, to=1))
    two.when(revert(2)).then(reverted(2, to=1))
    assert two.given(reverted(2, 1)).state.in_force == FIRST
    assert shared.given(reverted(2, 1)).state.trying is None
    one.when(revert(1)).then_refused(NothingToRevert)
    trying.when(revert(1)).then_refused(NothingToRevert)


def test_the_shadow_decides_nothing_and_the_same_content_is_always_on_one_side() -> None:
    keys = [f"{number:064x}" for number in range(2000)]
    decides = [trying.state.deciding(key)[0].revision for key in keys]
    assert set(decides) == {1}
    parts = [shared.state.deciding(key)[0].revision for key in keys]
    assert parts == [shared.state.deciding(key)[0].revision for key in keys]
    assert 0.2 < parts.count(2) / len(parts) < 0.3
    watching = {shared.state.deciding(key)[1].revision for key in keys}
    assert watching == {1, 2}
    assert two.state.deciding(keys[0]) == (SECOND, None)


def test_without_a_policy_nothing_is_decided() -> None:
    with pytest.raises(NoPolicyInForce):
        Policies().deciding("a" * 64)


def test_what_would_have_decided_without_a_revision_is_the_one_enforced_before() -> None:
    assert two.state.before(2) == FIRST
    assert two.given(reverted(2, 1)).state.before(2) == FIRST
    with pytest.raises(NoPolicyBefore):
        two.state.before(1)
    with pytest.raises(PolicyUnknown):
        two.state.before(9)


def test_a_revision_that_was_rolled_back_decides_in_nobodys_place() -> None:
    back = two.given(reverted(2, 1), published(THIRD))
    assert back.state.before(3) == FIRST
    assert back.given(enforced(3, 1)).state.before(3) == FIRST
    followed = two.given(published(THIRD), enforced(3, 2))
    assert followed.state.before(3) == SECOND
    assert followed.given(reverted(3, 2)).state.before(3) == SECOND


def test_a_house_is_half_begun_while_its_first_policy_was_published_and_never_enforced() -> None:
    half = none.given(published())
    assert half.state.begins_with(FIRST)
    assert not half.state.begins_with(a_policy(1, a_rule("OWN-1", "violence", 1, 2)))
    chosen = half.given(PolicyShared(at=NOON, revision=1, share=100))  # by staff, who mean it
    for story in (none, one, trying, chosen, half.given(reverted(1, 0))):
        assert not story.state.begins_with(FIRST)
