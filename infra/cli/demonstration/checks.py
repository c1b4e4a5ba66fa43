"""What the demo checks: the films themselves, the hashes, the cancellation, the feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from activities.film.probe import probe
from infra.cli.caller import Json
from infra.cli.demonstration.takes import CANCELLED, Production
from infra.cli.figures import Figures, at_least, at_most, equals

PLANNED: Final = (
    "completed",
    "cancelled_half_way",
    "sound_and_picture_apart",
    "streams",
    "hashes_match",
    "steps_seen",
    "feed",
    "notices",
    "log_agrees",
)


def check_completed(figures: Figures, kept: Sequence[Production]) -> None:
    """Both streams of each film, counted by decoding them; and the hash that was recorded."""
    figures.measured("completed", len(kept), "generations", goal=equals(2))
    apart, streams, matching = [], 0, 0
    for production in kept:
        assert production.film is not None, "a completed generation has its film"
        facts = probe(production.film)
        apart.append(abs(facts.picture_seconds - facts.sound_seconds) * facts.fps)
        streams += (facts.picture_codec, facts.sound_codec) == ("h264", "aac")
        matching += production.film_sha256 == production.video["film_sha256"]
    if apart:
        figures.measured("sound_and_picture_apart", max(apart), "frames", goal=at_most(1))
    figures.measured("streams", streams, "films with H.264 and AAC", goal=equals(2))
    figures.measured("hashes_match", matching, "films", goal=equals(2))
    steps = [sum(each["event"] == "progress" for each in one.news) for one in kept]
    if steps:
        figures.measured("steps_seen", min(steps), "news of progress a film", goal=at_least(2))


def check_cancelled(figures: Figures, productions: Sequence[Production]) -> None:
    """The cancelled one was past its half, and has no video."""
    [stopped] = [each for each in productions if each.name == CANCELLED]
    at = stopped.fraction_at_cancel
    if stopped.status != "cancelled" or at is None:
        figures.failed("cancelled_half_way", f"The generation ended as {stopped.status}.")
        return
    figures.measured("cancelled_half_way", at, "of its steps", goal=at_least(0.5))


def check_feed(
    figures: Figures,
    feed: Sequence[Json],
    notices: Sequence[Json],
    productions: Sequence[Production],
) -> None:
    """The feed shows the completed ones and nothing else; each ending was told once."""
    shown = {each["video_id"] for each in feed}
    expected = {each.video["video_id"] for each in productions if each.video}
    figures.measured("feed", len(shown & expected), "videos", goal=equals(2))
    if shown != expected:
        figures.failed("feed", f"The feed shows {sorted(shown)}, expected {sorted(expected)}.")
    told = {each["about"] for each in notices}
    figures.measured("notices", len(told), "generations", goal=equals(len(productions)))
