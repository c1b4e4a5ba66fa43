"""Whoever is seen in a film without being cast: the film waits, and they are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from activities.ledger import Decision
from domain.cameo.keeping import CAMEO, ApproveVersion, DeleteCameo
from domain.consent.appearance import APPEARANCE, AppearanceNoted, Appearing, appearance_id
from domain.moderation.finding import Detector, Finding, Findings, Look, about_cameo, seen_uncast
from tests import words
from tests.activities.house import TEST, House, a_house, a_video_id
from tests.domain.consent_words import version_approved

BEN, CAMEO_OF_BEN = words.an_id("acc", 20), words.an_id("cam", 20)
BEN_IS_SEEN = f"a zebra by the sea [film uncast-likeness 700 {CAMEO_OF_BEN}]"
ANNE, BERT = "staff-desk/anne", "staff-desk/bert"


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A house in which Ben is enrolled."""
    built = a_house(tmp_path)
    said = version_approved(cameo_id=CAMEO_OF_BEN, owner_id=BEN).model_dump()
    approve = ApproveVersion.model_validate({**said, "command_id": "approve"})
    await built.ledger.perform([Decision(CAMEO, CAMEO_OF_BEN, approve)], TEST)
    return built


async def noted(house: House, number: int = 1) -> AppearanceNoted | None:
    """How Ben's part in a generation stands."""
    identifier = appearance_id(words.an_id("gen", number), CAMEO_OF_BEN)
    state = (await house.ledger.state(APPEARANCE, identifier)).state
    return state.noted if isinstance(state, Appearing) else None


async def told(house: House, account_id: str) -> list[tuple[str, str]]:
    """What an account was told, and about what."""
    events = await house.log.read_all(limit=10_000)
    said = [json.loads(each.data) for each in events if each.type.startswith("notice-posted")]
    return [(each["kind"], each["about"]) for each in said if each["account_id"] == account_id]


async def test_the_film_is_held_and_whose_likeness_it_is_is_told_in_the_same_append(
    house: House,
) -> None:
    held = await house.film(BEN_IS_SEEN)
    assert (held.situation, held.clause) == ("held", "WHO-1")
    seen = await noted(house)
    assert seen is not None
    assert (seen.turn, seen.owner_id, seen.caster_id) == ("uncast", BEN, words.ACCOUNT_ID)
    assert await told(house, BEN) == [("likeness-uncast", seen.appearance_id)]
    events = await house.log.read_all(limit=10_000)
    causes = {
        each.metadata.causation_id
        for each in events
        if each.stream.startswith(("appearance-", "notice-", f"moderation-{held.case_id}"))
    }
    assert causes == {"generation/1/screen-film"}


async def test_nobody_is_told_twice_when_the_step_is_repeated(house: House) -> None:
    await house.film(BEN_IS_SEEN)
    head = await house.log.head()
    await house.film(BEN_IS_SEEN)
    assert await house.log.head() == head


async def test_no_word_of_the_prompt_is_in_what_they_are_told(house: House) -> None:
    await house.film(BEN_IS_SEEN)
    seen = await noted(house)
    assert seen is not None
    assert "zebra" not in seen.model_dump_json()


async def test_when_two_humans_let_it_pass_they_see_that_there_is_a_video(house: House) -> None:
    held = await house.film(BEN_IS_SEEN)
    await house.read(held, "allow", ANNE)
    assert (await house.read(held, "allow", BERT)).situation == "allowed"
    await house.release()
    seen = await noted(house)
    assert seen is not None
    assert (seen.turn, seen.video_id) == ("released", a_video_id())


async def test_when_there_will_be_no_video_they_see_that_as_well(house: House) -> None:
    await house.film(BEN_IS_SEEN)
    await house.fail()
    seen = await noted(house)
    assert seen is not None
    assert (seen.turn, seen.video_id) == ("ended", None)


async def test_who_makes_a_film_of_oneself_hears_of_its_hold_alone(house: House) -> None:
    held = await house.film(BEN_IS_SEEN, account=20)
    seen = await noted(house)
    assert seen is not None
    assert seen.turn == "uncast"
    assert await told(house, BEN) == [("content-held", held.case_id)]


async def test_a_likeness_that_is_nobodys_is_held_and_tells_nobody(house: House) -> None:
    nobody = words.an_id("cam", 21)
    held = await house.film(f"a boat [film uncast-likeness 700 {nobody}]")
    assert held.situation == "held"
    gone = DeleteCameo(command_id="gone", at=words.NOON, reason="owner-asked")
    await house.ledger.perform([Decision(CAMEO, CAMEO_OF_BEN, gone)], TEST)
    assert (await house.film(BEN_IS_SEEN, number=2)).situation == "held"
    assert await noted(house, 2) is None
    assert await told(house, BEN) == []


async def test_a_film_in_which_nobody_is_seen_tells_nobody(house: House) -> None:
    assert (await house.film("a boat")).situation == "allowed"
    await house.release()
    assert await noted(house) is None
    assert await told(house, BEN) == []


def test_of_many_findings_each_cameo_counts_once_and_only_where_it_is_not_cast() -> None:
    faces = Detector(name="faces", version="1")

    def found(category: str, subject: str | None) -> Finding:
        return Finding(detector=faces, category=category, score=700, subject=subject)

    one, other = about_cameo(CAMEO_OF_BEN), about_cameo(words.an_id("cam", 3))
    findings = (
        found("uncast-likeness", one),
        found("uncast-likeness", one),
        found("uncast-likeness", other),
        found("uncast-likeness", None),
        found("protected-people", None),
        found("owner-restriction", about_cameo(words.an_id("cam", 4))),
    )
    looked = Findings(stage="likeness", looks=(Look(detector=faces, findings=findings),))
    assert seen_uncast([looked]) == (words.an_id("cam", 3), CAMEO_OF_BEN)
