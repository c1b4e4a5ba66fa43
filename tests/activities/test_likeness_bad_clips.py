"""Clips that are no enrolment at all: each is refused with its own reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from activities.cameo.examination import NothingToKeep
from activities.cameo.verdicts import clip_refused
from activities.clip.refusals import ClipRefused
from activities.likeness.contract import Challenge, Claim, Finding
from activities.likeness.examine import examine
from domain.cameo.checks import ADVICE, CLIP_ADVICE, shortcoming
from tests.gpu_workers.clips import grey, write
from tests.media.camera import Camera
from tests.media.clips import BRIEF, chance, film
from tests.media.head import Picture
from tests.media.people import PEOPLE
from tests.media.performance import Performance, perform

CHALLENGE: Challenge = BRIEF.challenge(chance("bad clips"))
CAMERA = Camera(width=400, height=400, fps=12)
TONE = np.sin(np.arange(3 * 48_000) / 40)[None].astype(np.float32) * np.float32(0.1)


def refusal_of(clip: Path) -> str:
    with pytest.raises(ClipRefused) as refused:
        examine(clip, CHALLENGE)
    assert str(refused.value)
    assert refused.value.next_step
    return refused.value.code


def test_a_file_without_bytes_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "clip.mp4"
    empty.write_bytes(b"")
    assert refusal_of(empty) == "clip-empty"


def test_a_file_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "clip.mp4"
    page.write_bytes(b"<html><script>alert(1)</script></html>")
    assert refusal_of(page) == "clip-container-unknown"


def test_a_clip_without_sound_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", [grey(90)] * 75)
    assert refusal_of(clip) == "clip-silent"


def test_a_clip_of_another_codec_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mkv", [grey(90)] * 75, "ffv1", tone=TONE)
    assert refusal_of(clip) == "clip-codec-unknown"


def test_three_pictures_a_second_are_refused(tmp_path: Path) -> None:
    times = [index * 333 for index in range(10)]
    clip = write(tmp_path / "clip.mp4", [grey(90)] * 10, times_ms=times, tone=TONE)
    assert refusal_of(clip) == "clip-pictures-too-slow"


def test_a_hundred_and_twenty_pictures_a_second_are_refused(tmp_path: Path) -> None:
    times = [round(index * 1000 / 120) for index in range(360)]
    clip = write(tmp_path / "clip.mp4", [grey(90)] * 360, times_ms=times, tone=TONE)
    assert refusal_of(clip) == "clip-pictures-too-fast"


def test_pictures_in_4k_at_120_a_second_are_refused_before_any_is_decoded(tmp_path: Path) -> None:
    times = [0, 8, 17]
    clip = write(tmp_path / "clip.mp4", [grey(90, 3840, 2160)] * 3, times_ms=times, tone=TONE)
    assert refusal_of(clip) == "clip-pictures-size"


def test_ten_minutes_are_refused(tmp_path: Path) -> None:
    times = [index * 1000 for index in range(600)]
    clip = write(tmp_path / "clip.mp4", [grey(90)] * 600, times_ms=times, tone=TONE)
    assert refusal_of(clip) == "clip-too-long"


def test_half_a_second_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", [grey(90)] * 12, tone=TONE[:, :24_000])
    assert refusal_of(clip) == "clip-too-brief"


def test_a_file_cut_off_in_its_middle_is_refused(tmp_path: Path) -> None:
    clip = write(tmp_path / "whole.mp4", [grey(index) for index in range(75)], tone=TONE)
    cut = tmp_path / "clip.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert refusal_of(cut) in {"clip-damaged", "clip-truncated"}


REASONS: list[type[ClipRefused]] = [*ClipRefused.__subclasses__(), NothingToKeep]
KINDS = {each.code: each for each in REASONS}


@pytest.mark.parametrize("code", sorted(CLIP_ADVICE))
def test_whoever_sent_a_clip_that_is_none_hears_why_and_how_to_do_better(code: str) -> None:
    told = shortcoming(clip_refused(KINDS[code]()))
    assert (told.check, told.code) == ("clip", code)
    assert told.advice == CLIP_ADVICE[code] != ADVICE["clip"]


def shown(tmp_path: Path, change: object) -> dict[str, Finding]:
    """The findings about a clip whose drawn pictures were changed."""
    assert callable(change)
    rng = chance("shown")
    performance: Performance = perform(
        CHALLENGE.digits[:4], CHALLENGE.moves[:1], PEOPLE[0].voice, rng, at_once=True
    )

    def drawn(times: Sequence[int]) -> Iterator[Picture]:
        for time in times:
            yaw, pitch = performance.pose(time / 1000)
            yield change(PEOPLE[0].head.draw(yaw, pitch, performance.mouth(time / 1000)))

    clip = film(tmp_path / "clip", drawn, performance, CAMERA, rng)
    found = examine(clip, CHALLENGE, claim=Claim(age_years=40))
    return {finding.check: finding for finding in found.findings}


def test_two_people_are_refused_by_name_of_the_check(tmp_path: Path) -> None:
    other = cv2.resize(PEOPLE[1].picture, (240, 240), interpolation=cv2.INTER_AREA)

    def beside(picture: Picture) -> Picture:
        both = picture.copy()
        both[240:, :240] = cv2.resize(picture, (240, 240), interpolation=cv2.INTER_AREA)
        both[240:, 240:] = other
        both[:240] = 90
        return both

    finding = shown(tmp_path, beside)["one_face"]
    assert finding.verdict == "failed"
    assert "alone" in finding.advice


def test_a_clip_upside_down_is_refused_with_advice(tmp_path: Path) -> None:
    finding = shown(tmp_path, lambda picture: np.ascontiguousarray(picture[::-1, ::-1]))["one_face"]
    assert finding.verdict == "failed"
    assert "upright" in finding.advice


def test_a_clip_that_says_how_it_is_turned_is_seen_upright(tmp_path: Path) -> None:
    pictures = [np.ascontiguousarray(np.rot90(PEOPLE[0].picture, -1))] * 75
    clip = write(tmp_path / "clip.mp4", pictures, rotation=90, tone=TONE)
    with av.open(str(clip)) as container:
        assert next(container.decode(video=0)).rotation % 360 in (90, 270)
    found = examine(clip, CHALLENGE, claim=Claim(age_years=40))
    by_check = {finding.check: finding for finding in found.findings}
    assert by_check["one_face"].score > 0.9
    assert by_check["frozen_or_looped"].verdict == "failed"
    assert by_check["spoken_number"].verdict == "failed"


def test_a_person_without_a_challenge_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="challenge"):
        examine(tmp_path / "clip.mp4", None)
