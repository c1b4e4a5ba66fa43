"""What is refused uses up nobody's budget; what was released keeps its use, seen or hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.consent.desk import ConsentDesk
from activities.moderation.relooking import Relook
from domain.consent.decider import CONSENT
from domain.consent.events import LimitsChanged
from domain.consent.situations import Held
from domain.moderation.case import MODERATION
from domain.moderation.case_situations import Known
from domain.moderation.gates import case_id
from infra.cli.consent_proofs import tell
from tests import words
from tests.activities.house import TEST, House, a_house, a_video_id
from tests.activities.test_moderation_flow import SINCE, UNTIL
from tests.domain.consent_words import CAMEO, LIMITS, of_two_adults, plan, tier_changed
from tests.workflows.screener import told_policy

CASTER = 11
"""The number of the account that casts, which is not the owner's."""
ONE_USE = LimitsChanged(
    at=words.moment(), cameo_id=CAMEO, limits=LIMITS.model_copy(update={"uses_max": 1}), revision=3
)


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A house in which everybody may cast one cameo, once in all."""
    built = a_house(tmp_path)
    told = of_two_adults().consent(tier_changed("everyone"), ONE_USE)
    await tell(built.log, [(each.stream, each.event) for each in told.facts])
    await built.judge("first", number=999)
    return built


async def admitted(house: House, number: int) -> bool:
    """Ask for the cameo in the generation of this number: a use is reserved, or the budget full."""
    asked = plan(generation_id=words.an_id("gen", number))
    desk = ConsentDesk(house.log, house.codec)
    decision = (await desk.admit(asked, f"admit/{number}", TEST)).decision
    assert decision.permitted or decision.verdicts[0].reasons == ("budget-exhausted",)
    return decision.permitted


async def used(house: House) -> int:
    consent = (await house.ledger.state(CONSENT, CAMEO)).state
    assert isinstance(consent, Held)
    return consent.used


async def effects(house: House, gate: str, number: int = 1) -> frozenset[str]:
    identifier = case_id(words.an_id("gen", number), gate)  # type: ignore[arg-type]
    case = (await house.ledger.state(MODERATION, identifier)).state
    assert isinstance(case, Known)
    return case.effects


async def undone(house: House, revision: int = 2) -> str:
    return (await house.undo.undo(revision, SINCE, UNTIL, words.moment(9000))).batch_id


@pytest.mark.parametrize(
    ("prompt", "gate"),
    [("a duel [violence 900]", "admission"), ("a boat [film violence 900]", "release")],
)
async def test_a_refusal_gives_the_use_back_in_the_append_that_ends_the_generation(
    house: House, prompt: str, gate: str
) -> None:
    assert await admitted(house, 1)
    await house.film(prompt, account=CASTER)
    assert "refund" in await effects(house, gate)
    assert not await admitted(house, 2)
    await house.fail(account=CASTER)
    assert await used(house) == 0
    written = await house.log.read_all(limit=1000)
    causes = {
        each.type: each.metadata.causation_id
        for each in written
        if each.type.startswith(("generation-failed", "consent-use-released"))
    }
    assert len(causes) == 2
    assert len(set(causes.values())) == 1
    assert await admitted(house, 3)


@pytest.mark.parametrize("taken", [False, True])
async def test_what_an_undo_reinstates_takes_a_use_when_it_is_asked_for_again_if_there_is_room(
    house: House, taken: bool
) -> None:
    await house.enforce(told_policy(2, block=100))
    assert await admitted(house, 1)
    await house.film("a boat [film violence 300]", account=CASTER)
    await house.fail(account=CASTER)
    if taken:
        assert await admitted(house, 2)
    await undone(house)
    assert await effects(house, "release") == frozenset()
    assert await used(house) == taken
    assert await admitted(house, 3) is not taken
    assert await used(house) == 1


async def test_a_released_film_that_a_policy_hides_keeps_its_use_until_it_is_shown_again(
    house: House,
) -> None:
    assert await admitted(house, 1)
    await house.film("a boat [film violence 300]", account=CASTER)
    await house.release(account=CASTER)
    await house.enforce(told_policy(2, block=100))
    relook = Relook(house.ledger, house.policies)
    case = await relook.look_again(a_video_id(), words.moment(50), TEST)
    assert (case.situation, await house.is_seen()) == ("blocked", False)
    assert await effects(house, "published") == {"hide", "notice", "strike"}
    assert not await admitted(house, 2)
    await undone(house)
    await house.read(await house.standing(case.case_id), "allow")
    assert (await house.is_seen(), await used(house)) == (True, 1)


async def test_a_released_film_that_an_undo_hides_keeps_its_use_for_when_that_is_taken_back(
    house: House,
) -> None:
    await house.enforce(told_policy(2, block=950))
    *_, unexamined = told_policy().rules
    await house.enforce(told_policy(3, rules=(unexamined,)))
    assert await admitted(house, 1)
    await house.film("a boat [film violence 960]", account=CASTER)
    await house.release(account=CASTER)
    batch = await undone(house, 3)
    assert not await house.is_seen()
    assert not await admitted(house, 2)
    await house.undo.reverse(batch, words.moment(9100))
    assert (await house.is_seen(), await used(house)) == (True, 1)
