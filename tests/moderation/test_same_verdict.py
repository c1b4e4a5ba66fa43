"""The same content under the same policy gets the same verdict, and is looked at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from activities.moderation import lists
from activities.moderation.content import Content, Part, of_text
from activities.moderation.endpoint import Endpoint
from activities.moderation.films import Films
from activities.moderation.kept_looks import KeptLooks, LookKey
from activities.moderation.names import names
from activities.moderation.panel import Panel
from activities.moderation.screener import BuiltInScreener
from activities.moderation.words import Words
from domain.moderation.finding import Detector, Finding, Look
from domain.moderation.gates import judged
from domain.moderation.verdict import Context
from infra.likeness.memory import MemoryGallery
from tests.activities.test_screener import POLICY, of

TEXTS = ("a red boat sails", "t0rtur3 in the cellar", "Folter", "Emma Watson waves", "")


@dataclass
class Counting:
    """A detector that counts its looks, and breaks as often as it is told."""

    version: str = "1"
    breaks: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def detector(self) -> Detector:
        return Detector(name="counting", version=self.version)

    def look(self, part: Part) -> Iterator[Finding]:
        self.asked.append(part.text)
        if self.breaks:
            self.breaks -= 1
            raise RuntimeError("broken")
        yield Finding(detector=self.detector, category="hate", score=len(part.text))


def verdict_on(panel: Panel, content: Content) -> Any:
    return judged([panel.look(content)], POLICY, Context(content_sha256=content.sha256))


def test_the_built_in_detectors_note_the_same_of_the_same_content_in_any_order() -> None:
    detectors = (Words(lists.built_in()), names(POLICY.protected))
    fresh = [verdict_on(Panel(detectors), of_text(each)) for each in TEXTS]
    kept = Panel(detectors, KeptLooks())
    for contents in (TEXTS, TEXTS[::-1], TEXTS):
        given = {each: verdict_on(kept, of_text(each)) for each in contents}
        assert [given[each] for each in TEXTS] == fresh
    assert len({each.key for each in fresh}) == len(TEXTS)
    assert len({each.outcome for each in fresh}) > 1


def test_a_content_is_looked_at_once_and_another_one_anew() -> None:
    counting = Counting()
    panel = Panel((counting,), KeptLooks())
    first = panel.look(of_text("one"))
    assert panel.look(of_text("one")) == first
    panel.look(of_text("one "))
    panel.look(of_text("one", "plan"))
    assert counting.asked == ["one", "one ", "one"]


def test_another_version_of_a_detector_looks_again() -> None:
    kept = KeptLooks()
    Panel((Counting(),), kept).look(of_text("one"))
    newer = Counting(version="2")
    [look] = Panel((newer,), kept).look(of_text("one")).looks
    assert (newer.asked, look.detector.version) == (["one"], "2")


def test_who_failed_to_look_is_asked_again() -> None:
    counting = Counting(breaks=1)
    panel = Panel((counting,), KeptLooks())
    states = [panel.look(of_text("one")).looks[0].state for _ in range(3)]
    assert states == ["failed", "looked", "looked"]
    assert len(counting.asked) == 2


def test_what_nobody_has_asked_for_longest_is_forgotten_first() -> None:
    kept, who = KeptLooks(kept_max=2), Detector(name="counting", version="1")
    one, two, three = (LookKey(each * 64, who) for each in "abc")
    for key in (one, two):
        kept.keep(key, Look(detector=who))
    assert kept.find(one) is not None
    kept.keep(three, Look(detector=who))
    found = [kept.find(each) is not None for each in (one, two, three)]
    assert found == [True, False, True]


async def test_a_model_that_changes_its_mind_does_not_change_the_verdict() -> None:
    asked: list[str] = []

    def changing(request: httpx.Request) -> httpx.Response:
        seal = json.loads(json.loads(request.content)["messages"][1]["content"])["seal"]
        asked.append(seal)
        violates = len(asked) > 2  # it lets the first two contents pass, and nothing after them
        said = {
            "seal": seal,
            "violates": violates,
            "clause": "VIO-1" if violates else None,
            "confidence": 99,
            "place": None,
            "quote": None,
        }
        message = {"message": {"content": json.dumps(said)}, "finish_reason": "stop"}
        return httpx.Response(200, json={"choices": [message]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(changing))
    reasoner = Endpoint(client, "http://model/v1", "tested", b"key")
    panel = Panel((), KeptLooks())
    screener = BuiltInScreener(panel, Films(panel), MemoryGallery(), POLICY, reasoner)
    material = of("a red boat sails")
    first = await screener.words(material)
    assert await screener.words(material) == first
    assert len(asked) == 2
    renamed = POLICY.model_copy(update={"title": "The same under another title"})
    assert await screener.under(renamed).words(material) == first
    other = POLICY.model_copy(update={"required": (("prompt", "words"),)})
    assert await screener.under(other).words(material) != first
    assert len(asked) == 4
