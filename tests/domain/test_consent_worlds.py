"""What holds about consent in every world, whatever happened in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.consent import events
from domain.consent.check import check
from domain.consent.terms import Act, Tier
from domain.consent.world import Fact, world_at
from infra.cli.consent_worlds import RandomWorld, WorldMaker
from tests import words
from tests.domain.consent_words import EXPIRY, blocks, is_aged, tier_changed, use_reserved

ACTS: tuple[Act, ...] = ("admission", "gpu-start", "publish")
at = words.moment()

SEEDS = st.integers(0, 2**32 - 1)


def facts(world: RandomWorld) -> list[Fact]:
    return [Fact(stream, index, event) for index, (stream, event) in enumerate(world.told, 1)]


def with_uses(told: list[Fact], world: RandomWorld) -> list[Fact]:
    """The same past, in which the plan was admitted for every cameo of its cast."""
    uses = [
        Fact(
            f"consent-{each.cameo_id}",
            len(told) + index,
            use_reserved(world.plan.generation_id, world.plan.caster_id).model_copy(
                update={"cameo_id": each.cameo_id, "version": each.version}
            ),
        )
        for index, each in enumerate(world.plan.cast, 1)
        if any(fact.stream == f"consent-{each.cameo_id}" for fact in told)
    ]
    return told + uses


def owner_of(told: list[Fact], cameo_id: str) -> str | None:
    opened = [fact.event for fact in told if isinstance(fact.event, events.ConsentOpened)]
    return next((each.owner_id for each in opened if each.cameo_id == cameo_id), None)


@given(SEEDS, st.sampled_from(ACTS), st.booleans())
def test_a_block_always_refuses(seed: int, act: Act, by_owner: bool) -> None:
    world = WorldMaker(seed).world()
    past = with_uses(facts(world), world)
    caster, cameo = world.plan.caster_id, world.plan.cast[0].cameo_id
    owner = owner_of(past, cameo)
    if owner is None or owner == caster:
        return
    one, other = (owner, caster) if by_owner else (caster, owner)
    block = Fact(f"relations-{one}", len(past) + 1, blocks(one, other))
    decision = check(world_at([*past, block], len(past) + 1), world.plan, act)
    assert not decision.permitted
    assert "caster-blocked" in decision.verdicts[0].reasons


@given(SEEDS, st.sampled_from(ACTS), st.booleans())
def test_revoking_refuses_at_every_later_position(seed: int, act: Act, restored: bool) -> None:
    world = WorldMaker(seed).world()
    past = with_uses(facts(world), world)
    cameo = world.plan.cast[0].cameo_id
    if owner_of(past, cameo) is None:
        return
    end = len(past)
    revoked = events.ConsentRevoked(at=at, cameo_id=cameo, reason="x", revision=98)
    later: list[Fact] = [Fact(f"consent-{cameo}", end + 1, revoked)]
    if restored:  # what was admitted before stays refused
        again = events.ConsentRestored(at=at, cameo_id=cameo, expires_at=EXPIRY, revision=99)
        later.append(Fact(f"consent-{cameo}", end + 2, again))
    for fact in list(later):
        later.append(Fact(fact.stream, fact.position + 2, tier_changed("everyone", 100)))
    for position in range(end + 1, end + 6):
        decision = check(world_at([*past, *later], position), world.plan, act)
        assert "consent-revoked" in decision.verdicts[0].reasons


@given(SEEDS, st.sampled_from(ACTS))
def test_what_comes_later_changes_no_earlier_answer(seed: int, act: Act) -> None:
    world = WorldMaker(seed).world()
    past = facts(world)
    for position in range(0, len(past) + 1, 5):
        whole = check(world_at(past, position), world.plan, act)
        assert whole == check(world_at(past[:position], position), world.plan, act)


@given(SEEDS, st.sampled_from(ACTS))
def test_a_cast_is_permitted_when_each_of_it_would_be_alone(seed: int, act: Act) -> None:
    world = WorldMaker(seed).world()
    folded = world_at(facts(world), len(world.told))
    together = check(folded, world.plan, act)
    alone = [
        check(folded, world.plan.model_copy(update={"cast": (each,)}), act)
        for each in world.plan.cast
    ]
    assert together.permitted == all(each.permitted for each in alone)
    assert together.verdicts == tuple(each.verdicts[0] for each in alone)


@given(SEEDS, st.sampled_from(ACTS))
@settings(max_examples=50)
def test_a_wider_tier_never_takes_a_permission_away(seed: int, act: Act) -> None:
    world = WorldMaker(seed).world()
    past = with_uses(facts(world), world)
    for member in world.plan.cast:
        if owner_of(past, member.cameo_id) is None:
            continue
        alone = world.plan.model_copy(update={"cast": (member,)})
        tiers: tuple[Tier, ...] = ("only-me", "approved", "mutuals", "everyone")
        answers = []
        for tier in tiers:
            changed = Fact(f"consent-{member.cameo_id}", len(past) + 9, tier_changed(tier, 99))
            answers.append(check(world_at([*past, changed], len(past) + 9), alone, act).permitted)
        assert answers == sorted(answers)


@given(SEEDS)
def test_nobody_under_13_casts_somebody_else(seed: int) -> None:
    world = WorldMaker(seed).world()
    past, caster = facts(world), world.plan.caster_id
    young = Fact(f"relations-{caster}", len(past) + 1, is_aged(caster, "under_13"))
    decision = check(world_at([*past, young], len(past) + 1), world.plan, "admission")
    for verdict in decision.verdicts:
        owner = owner_of(past, verdict.cameo_id)
        if owner not in (None, caster):
            assert "caster-under-age" in verdict.reasons
