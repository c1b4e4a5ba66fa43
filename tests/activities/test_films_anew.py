"""What-if and undo look at films again: only who changed, only what is there, and nothing twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from activities.ledger import Decision
from activities.moderation import films, frames
from activities.moderation.anew import FindingsAnew
from activities.moderation.films_anew import FilmLook
from activities.moderation.material import Material
from activities.moderation.orders import ContentWithdrawalOrder
from activities.moderation.recorded import cases_between
from activities.moderation.watched import Sense, Watched
from activities.moderation.watching import watch
from domain.moderation.case import MODERATION
from domain.moderation.case_situations import Known
from domain.moderation.categories import STAGES
from domain.moderation.finding import Detector, Finding, Findings, Look
from domain.moderation.gates import case_id
from domain.moderation.policy import Policy, Protected
from domain.moderation.what_if import WhatIf
from domain.video.video import VIDEO, TakeDownVideo
from infra.film_looks import FolderFilmLooks
from infra.vault import FolderVault
from tests import words
from tests.activities.house import TEST, House, a_case_errand, a_house, a_rendition, a_video_id
from tests.activities.test_moderation_flow import SINCE, UNTIL
from tests.activities.test_screener import POLICY, a_screener
from tests.media.camera import Camera, record
from tests.moderation.test_films import GREY
from tests.workflows.screener import ToldScreener, told_policy

HATEFUL, CALM = "a boat [film hate 900]", "a boat"


class Swayed(ToldScreener):
    """Looks in another version under a policy that protects somebody."""

    def under(self, policy: Policy) -> Swayed:
        other = Swayed(f"1 for {len(policy.protected)}")
        other.counts = self.counts
        return other


class Joined(ToldScreener):
    """With a second reader, who was not there before and finds hatred in every text."""

    newcomer = Detector(name="newcomer", version="1")

    @property
    def versions(self) -> Mapping[str, str]:
        return {**super().versions, self.newcomer.name: self.newcomer.version}

    async def words(
        self, material: Material, only: frozenset[str] | None = None
    ) -> tuple[Findings, ...]:
        assert only == frozenset({self.newcomer.name})
        self.counts["words"] += 1
        hatred = Finding(detector=self.newcomer, category="hate", score=900)
        look = Look(detector=self.newcomer, findings=(hatred,))
        return tuple(Findings(stage=stage, looks=(look,)) for stage in ("prompt", "plan"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return a_house(tmp_path)


async def compared(house: House, screener: ToldScreener, seconds: float | None = None) -> WhatIf:
    return await house.comparer(screener, seconds).compare(told_policy(2), words.NOON)


async def held_films(house: House, *numbers: int) -> None:
    """Films at which nobody could look, so that they are held; each of an account of its own."""
    house.screener.blind = True
    for number in numbers:
        await house.film(HATEFUL if number == 1 else CALM, number, account=number)


async def test_a_detector_that_changed_looks_at_the_film_and_what_it_sees_decides(
    house: House,
) -> None:
    await held_films(house, 1, 2)
    told = await compared(house, ToldScreener("2"))
    assert (told.cases, told.rerun, told.films_rerun, told.not_rerun) == (4, 4, 2, 0)
    assert (told.newly_blocked, told.newly_allowed) == (1, 1)


async def test_a_film_that_is_shown_elsewhere_keeps_what_its_words_say(house: House) -> None:
    await house.film("a scuffle [violence 300]")
    await house.release()
    await house.place("club")
    told = await compared(house, ToldScreener("2"))
    assert (told.cases, told.films_rerun, told.not_rerun) == (3, 2, 0)
    case = (await house.ledger.state(MODERATION, await placed_case(house, "club"))).state
    assert isinstance(case, Known)
    found = FindingsAnew(house.vault, house.second(ToldScreener("2")), told_policy(2))
    anew = (await found.of(case)).findings
    assert [each.stage for each in anew] == list(STAGES)
    assert {look.detector.version for each in anew for look in each.looks} == {"2"}
    assert [each.score for stage in anew for each in stage.found] == [300, 300]


async def placed_case(house: House, surface: str) -> str:
    """The case that judged the first video for another surface."""
    [place] = (await house.video()).places
    assert place.surface == surface
    return place.case_id


async def test_who_did_not_change_looks_at_no_film(house: House) -> None:
    await held_films(house, 1, 2)
    house.store.entries.clear()
    same = ToldScreener("1")
    told = await compared(house, same)
    assert (same.asked, told.rerun, told.not_rerun, told.unchanged) == (0, 0, 0, 4)


async def test_who_came_later_reads_the_words_and_no_film(house: House) -> None:
    await held_films(house, 2)
    told = await compared(house, joined := Joined("1"))
    assert joined.counts == {"words": 1, "films": 0}, "one case is of words, one of the film alone"
    assert (told.cases, told.newly_blocked, told.rerun, told.films_rerun) == (2, 1, 1, 0)
    assert [each.clause for each in told.rules if each.newly_blocked] == ["HATE-1"]


async def test_an_undo_asks_nobody_who_came_later(house: House) -> None:
    await held_films(house, 2)
    [*cases] = [each async for each in cases_between(house.log, house.codec, SINCE, UNTIL)]
    swayed = frozenset({Joined.newcomer.name})
    anew = FindingsAnew(house.vault, house.second(Joined("1")), told_policy(2), only=swayed)
    assert {(await anew.of(each)).how for each in cases} == {"as-recorded"}


async def test_a_second_run_has_the_same_hash_and_looks_at_no_film(house: House) -> None:
    await held_films(house, 1, 2)
    head, stored = await house.log.head(), dict(house.store.entries)
    first, second = ToldScreener("2"), ToldScreener("2")
    told = await compared(house, first)
    assert await compared(house, second) == told
    assert (first.films, second.films) == (2, 0)
    assert (await house.log.head(), house.store.entries) == (head, stored)
    assert not list((house.scratch / "films").iterdir())


async def test_another_version_looks_for_itself(house: House) -> None:
    await held_films(house, 1)
    for version in ("2", "3", "2"):
        await compared(house, again := ToldScreener(version))
    assert again.films == 0
    assert (await compared(house, newest := ToldScreener("4"))).films_rerun == newest.films == 1


async def test_what_is_gone_is_not_looked_at_and_is_counted_with_the_reason(house: House) -> None:
    await held_films(house, 2, 3, 4, 5, 6)
    await compared(house, ToldScreener("2"))
    withdrawn = await house.standing(case_id(words.an_id("gen", 2), "release"))
    await house.hearing.withdraw_content(
        ContentWithdrawalOrder(**a_case_errand(withdrawn, "withdraw"), because="deleted")
    )
    house.store.entries.pop(a_rendition(4).film.key)
    await house.vault.destroy(words.an_id("acc", 5))
    told = await compared(house, ToldScreener("2"))  # what was kept does not bring them back
    assert (told.films_rerun, told.deleted, told.missing) == (2, 1, 1)
    house.store.entries[a_rendition(6).film.key] = house.store.entries[a_rendition(3).film.key]
    told = await compared(house, screener := ToldScreener("3"))
    assert (told.films_rerun, told.deleted, told.missing, told.not_rerun) == (1, 1, 2, 3)
    assert (told.erased, told.cases) == (2, 8)
    assert screener.films == 1


async def test_a_video_that_was_taken_down_is_not_looked_at(house: House) -> None:
    await house.film(CALM)
    await house.release()
    down = TakeDownVideo(
        command_id="down", at=words.NOON, video_id=a_video_id(), reason="owner-asked"
    )
    await house.ledger.perform([Decision(VIDEO, a_video_id(), down)], TEST)
    told = await compared(house, screener := ToldScreener("2"))
    assert (told.deleted, told.not_rerun, screener.films) == (1, 1, 0)


async def test_where_nobody_can_look_what_was_found_stands_and_another_run_tries_again(
    house: House,
) -> None:
    await house.film(HATEFUL)
    blind = ToldScreener("2")
    blind.blind = True
    told = await compared(house, blind)
    assert (told.failed, told.films_rerun, told.unchanged) == (1, 0, 2)
    assert (await compared(house, ToldScreener("2"))).films_rerun == 1


async def test_when_the_time_is_over_the_rest_is_left_and_another_run_goes_on(
    tmp_path: Path,
) -> None:
    house, other = a_house(tmp_path / "one"), a_house(tmp_path / "other")
    for each in (house, other):
        await held_films(each, 1, 2, 3)
    whole = await compared(other, ToldScreener("2"))
    runs = [await compared(house, ToldScreener("2"), seconds=1.5) for _ in range(3)]
    assert [(each.films_rerun, each.later) for each in runs] == [(2, 1), (3, 0), (3, 0)]
    assert runs[0].sha256 != whole.sha256
    assert runs[1] == runs[2] == whole


async def test_an_undo_lets_nobody_look_who_would_have_looked_alike_without_the_revision(
    tmp_path: Path,
) -> None:
    one, other = a_house(tmp_path / "one"), a_house(tmp_path / "other")
    for each in (one, other):
        await each.judge("first", number=999)
    await one.enforce(told_policy(2, block=100))
    for each in (one, other):
        await each.film("a boat [film hate 300]")
        await each.film(CALM, number=2)
    newer = ToldScreener("2")
    done = await one.undoing(newer).undo(2, SINCE, UNTIL, words.moment(9000))
    assert await one.outcomes() == await other.outcomes()
    assert (newer.asked, done.unseen, done.changed) == (0, 0, 1)


async def test_an_undo_lets_those_look_again_who_look_for_whom_a_policy_protects(
    house: House,
) -> None:
    captain = Protected(name="Captain", kind="character")
    await house.judge("first", number=999)
    await house.enforce(told_policy(2, protected=(captain,)))
    house.screener.version = "1 for 1"
    for number in (1, 2, 3):
        await house.film(CALM, number)
    house.store.entries.pop(a_rendition(2).film.key)
    swayed = Swayed()
    done = await house.undoing(swayed).undo(2, SINCE, UNTIL, words.moment(9000))
    assert (swayed.films, done.unseen, done.cases) == (2, 1, 6)


async def test_a_real_film_is_watched_again_by_its_new_classifier_alone_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screener = a_screener()
    house = a_house(tmp_path, screener)
    film = record(tmp_path / "film.mp4", [GREY] * 10, range(0, 1000, 100), None, Camera(fps=10))
    with monkeypatch.context() as before:
        older = Detector(name="pictures", version="an older one")
        for module in (frames, films):
            before.setattr(module, "picture_detector", lambda: older)
        assert (await house.film(CALM, data=film.read_bytes())).situation == "allowed"
    asked: list[list[str]] = []

    def watch_for(path: Path, senses: Collection[Sense]) -> Watched:
        asked.append(sorted(senses))
        return watch(path, senses)

    monkeypatch.setattr(frames, "watch", watch_for)
    runs = [await house.comparer(screener).compare(POLICY, words.NOON) for _ in range(2)]
    assert asked == [["pictures"]]
    assert runs[0] == runs[1]
    assert (runs[0].films_rerun, runs[0].not_rerun, runs[0].unchanged) == (1, 0, 2)


LOOK = FilmLook(words.an_id("acc"), "a" * 64, "frames", "b" * 64)
WHO = Detector(name="told", version="2")
NOTED = Findings(
    stage="frames",
    looks=(Look(detector=WHO, findings=(Finding(detector=WHO, category="hate", score=900),)),),
)


async def test_looks_are_kept_for_one_account_and_gone_with_its_key(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "keys")
    kept = FolderFilmLooks(tmp_path / "looks", vault)
    assert await kept.find(LOOK) is None
    await kept.keep(LOOK, NOTED)
    assert await kept.find(LOOK) == NOTED
    [path] = (tmp_path / "looks").glob("*/*")
    assert b"hate" not in path.read_bytes()
    for other in (
        FilmLook(words.an_id("acc", 2), LOOK.content_sha256, LOOK.stage, LOOK.basis),
        FilmLook(LOOK.account_id, "c" * 64, LOOK.stage, LOOK.basis),
        FilmLook(LOOK.account_id, LOOK.content_sha256, "sound", LOOK.basis),
        FilmLook(LOOK.account_id, LOOK.content_sha256, LOOK.stage, "c" * 64),
    ):
        assert await kept.find(other) is None
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert await kept.find(LOOK) is None
    path.write_bytes(whole)
    await vault.destroy(LOOK.account_id)
    assert await kept.find(LOOK) is None
    await kept.keep(LOOK, NOTED)
    assert await kept.find(LOOK) is None
