"""All detectors of words behind one door, and a reasoning model that reads the policy with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.cameo.ports import Likeness
from activities.moderation import films, lists
from activities.moderation.beside import words_seen
from activities.moderation.content import Content, Part
from activities.moderation.default_policy import default_policy
from activities.moderation.endpoint import NAME, Endpoint
from activities.moderation.films import Films
from activities.moderation.material import Material, Person
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.screener import BuiltInScreener, KnownOnce, plan_of
from activities.moderation.words import Words
from domain.generation.brief import Brief, Line, Shot
from domain.moderation.categories import Stage
from domain.moderation.finding import Findings
from domain.moderation.gates import judged
from domain.moderation.policy import Protected
from domain.moderation.verdict import Context
from infra.likeness.memory import MemoryGallery
from tests.words import an_id

POLICY = default_policy().model_copy(update={"required": ()})
CAMEO = an_id("cam")


def a_screener(reasoner: Endpoint | None = None) -> BuiltInScreener:
    """Without the model of meanings, which takes a second to load."""
    panel = Panel((Words(lists.built_in()), names(POLICY.protected)))
    return BuiltInScreener(panel, Films(panel), MemoryGallery(), POLICY, reasoner)


def of(prompt: str, line: str = "", *people: Person) -> Material:
    lines = (Line(text=line, at=2.5, speaker="@ada"),) if line else ()
    cast = tuple(each.handle for each in people)
    shot = Shot(prompt=prompt, seconds=5, cast=cast, lines=lines)
    return Material(brief=Brief(prompt=prompt, shots=(shot,)), people=people)


def ada(**more: Any) -> Person:
    return Person(handle="@ada", cameo_id=CAMEO, human=True, **more)


async def outcome(screener: BuiltInScreener, material: Material) -> Any:
    found = await screener.words(material)
    context = Context(content_sha256=material.sha256, strict=material.strict)
    return judged(found, screener.policy, context)


async def test_an_owners_wish_refuses_a_line_at_its_second() -> None:
    material = of("@ada talks to us", "Pour me some whisky", ada(never=("whisky",)))
    verdict = await outcome(a_screener(), material)
    assert (verdict.outcome, verdict.category) == ("block", "owner-restriction")
    assert verdict.segment.milliseconds[0] == 2500
    assert verdict.subject == f"cameo/{CAMEO}"


def test_the_plan_has_everybodys_wishes_and_not_what_they_never_want() -> None:
    plan = plan_of(
        of("@ada in skinny jeans", "", ada(always=("a chain",), never=("skinny jeans",)))
    )
    [words] = [each.text for each in plan.parts if each.place == "shot-1"]
    assert "chain" in words
    assert "jeans" not in words


async def test_a_policy_that_protects_somebody_is_looked_for_under_another_version() -> None:
    screener = a_screener()
    captain = Protected(name="Captain", kind="character")
    eager = POLICY.model_copy(update={"protected": (*POLICY.protected, captain)})
    material = of("a captain waves from a boat")
    assert (await outcome(screener, material)).outcome == "allow"
    under = screener.under(eager)
    assert (await outcome(under, material)).clause == "IP-1"
    changed = {name for name, each in under.versions.items() if screener.versions[name] != each}
    assert changed == {"names"}


EAGER = POLICY.model_copy(
    update={"protected": (*POLICY.protected, Protected(name="Captain", kind="character"))}
)


async def test_a_policy_that_watches_sees_whom_it_protects_and_the_other_one_does_not() -> None:
    material = of("a captain waves from a boat", "", ada(refused=("gambling",)))
    context = Context(content_sha256=material.sha256, strict=True)
    for deciding, watching in ((POLICY, EAGER), (EAGER, POLICY)):
        seen = await words_seen(a_screener(), deciding, watching, material)
        assert (judged(seen.findings, EAGER, context).clause == "IP-1") == (deciding is EAGER)
        assert (judged(seen.watching, EAGER, context).clause == "IP-1") == (watching is EAGER)


async def test_without_another_list_everybody_looks_once() -> None:
    renamed = POLICY.model_copy(update={"title": "The same names under another title"})
    for watching in (None, renamed):
        seen = await words_seen(a_screener(), POLICY, watching, of("a captain waves"))
        assert seen.findings is seen.watching


async def test_of_a_film_both_policies_hear_whom_they_protect(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard = Content(stage="sound", parts=(Part(place="film", text="here comes the captain"),))
    nothing = Findings(stage="frames"), Findings(stage="likeness"), object()
    monkeypatch.setattr(films, "look_at_film", lambda *_: nothing)
    monkeypatch.setattr(films, "_said", lambda _: heard)
    under = a_screener().under(POLICY)
    seen = await under.film(tmp_path / "film.mp4", of("a boat"), EAGER)
    found = [[each.category for part in side for each in part.found] for side in seen]
    assert found == [[], ["protected-characters"]]
    seen = await a_screener().under(EAGER).film(tmp_path / "film.mp4", of("a boat"))
    assert seen.findings[1].found != ()
    assert seen.findings == seen.watching


async def test_only_those_who_are_named_look() -> None:
    found = await a_screener().words(of("a boat"), only=frozenset({"names"}))
    assert {look.detector.name for each in found for look in each.looks} == {"names"}


def a_reasoner(answer: Any) -> Endpoint:
    def handle(request: httpx.Request) -> httpx.Response:
        return answer(json.loads(request.content))  # type: ignore[no-any-return]

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Endpoint(client, "http://model.test/v1", "a-model", b"key" * 11)


async def test_a_reasoning_model_that_fails_makes_it_wait_for_a_human() -> None:
    broken = a_screener(a_reasoner(lambda _: httpx.Response(500)))
    verdict = await outcome(broken, of("a boat sails at dawn"))
    assert (verdict.outcome, verdict.category) == ("hold", "unexamined")
    assert NAME in broken.versions


async def test_a_reasoning_model_is_asked_with_the_policy_and_its_clause_counts() -> None:
    def answer(asked: dict[str, Any]) -> httpx.Response:
        said = json.loads(asked["messages"][1]["content"])
        assert "VIO-1" in asked["messages"][0]["content"]
        verdict = {
            "seal": said["seal"],
            "violates": True,
            "clause": "VIO-1",
            "confidence": 95,
            "place": "prompt",
            "quote": "boat",
        }
        message = {"role": "assistant", "content": json.dumps(verdict)}
        return httpx.Response(200, json={"choices": [{"message": message}]})

    verdict = await outcome(a_screener(a_reasoner(answer)), of("a boat sails at dawn"))
    assert verdict.clause == "VIO-1"
    assert verdict.outcome in ("hold", "block")


async def test_what_a_look_at_a_film_depends_on_is_who_looks_and_whom_they_compare_with() -> None:
    gallery = MemoryGallery()
    screener = replace(a_screener(), known=KnownOnce(gallery))
    material, captain = of("@ada waves", "", ada()), Protected(name="Captain", kind="character")
    other = screener.under(POLICY.model_copy(update={"protected": (captain,)}))

    async def bases(which: BuiltInScreener, what: Material) -> dict[str, str]:
        asked: dict[Stage, frozenset[str]] = {
            "frames": frozenset({"pictures"}),
            "sound": frozenset({"names"}),
            "likeness": frozenset({"faces"}),
        }
        return {stage: await which.basis(stage, what, names) for stage, names in asked.items()}

    first = await bases(screener, material)
    assert await bases(screener, material) == first
    assert differing(first, await bases(other, material)) == {"sound"}
    assert differing(first, await bases(screener, of("a boat"))) == {"likeness"}
    await gallery.enter(Likeness("enr_1", "cam_1", "acc_1", b"face", None))
    assert await bases(screener, material) == first, "whoever enrols meanwhile is not looked for"
    newer = replace(screener, known=KnownOnce(gallery))
    assert differing(first, await bases(newer, material)) == {"likeness"}
    hearing = frozenset({"hearing"})
    assert screener.beside(hearing) == {"hearing", "words", "names"}
    assert screener.beside(frozenset({"faces"})) == {"faces"}


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {stage for stage, basis in one.items() if other[stage] != basis}
