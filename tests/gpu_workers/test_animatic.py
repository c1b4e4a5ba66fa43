"""What the animatic reads, draws and sounds like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.generation.brief import Line
from gpu_workers.animatic.lettering import legible, measure, wrap
from gpu_workers.animatic.lexicon import (
    ACTIONS,
    CAMERAS,
    PLACES,
    SUBJECTS,
    TIMES,
    WEATHERS,
    read,
)
from gpu_workers.animatic.motion import GAITS, Track
from gpu_workers.animatic.narration import Narrator
from gpu_workers.animatic.palette import COLOURS
from gpu_workers.animatic.panel import LABEL, layout
from gpu_workers.animatic.picture import Painter
from gpu_workers.animatic.sampler import AnimaticSampler
from gpu_workers.animatic.script import Scene, write_script
from gpu_workers.animatic.sound import _voice
from gpu_workers.clip import Clip
from gpu_workers.sampler import Plan, RequestOutOfRange, SamplingRequest, State, Story
from tests.gpu_workers.orders import order, sampled


@pytest.fixture(scope="module")
def sampler() -> AnimaticSampler:
    made = AnimaticSampler()
    made.load()
    return made


def of_story(number: int, *prompts: str) -> Plan:
    """The plan of one shot by itself, after those before it."""
    shots = order(*prompts).shots
    story = Story(seed=7, number=number, before=shots[: number - 1])
    alone = order().model_copy(update={"shots": (shots[number - 1],), "seed": 90 + number})
    return AnimaticSampler().plan(alone.model_copy(update={"story": story}))


def test_a_shot_by_itself_keeps_the_set_and_the_cast_of_its_story() -> None:
    prompts = ("Two red dogs run along the beach at sunset, in the rain", "They dance")
    whole, alone = scenes(*prompts)[1], write_script(of_story(2, *prompts))[0]
    assert (alone.place, alone.time, alone.weather) == ("beach", "sunset", "rain")
    assert (alone.index, alone.palette) == (1, whole.palette)
    looks = [[(each.kind, each.colour, each.look) for each in one.actors] for one in (alone, whole)]
    assert looks[0] == looks[1]


def test_a_shot_that_does_not_speak_of_those_before_does_not_depend_on_them() -> None:
    own = "A cat"
    before = ("A dog runs along the beach at dawn", "A robot sits in a room at noon")
    assert of_story(2, before[0], own).key == of_story(2, before[1], own).key
    assert of_story(2, before[0], "It sits").key != of_story(2, before[1], "It sits").key
    assert of_story(3, before[0], "x", own).key != of_story(2, before[0], own).key


def directed(**direction: object) -> SamplingRequest:
    request = order("a red dog sits", seconds=2.0)
    shot = request.shots[0].model_copy(update=direction)
    return request.model_copy(update={"shots": (shot,)})


def test_the_camera_moves_as_it_is_told_whatever_the_prompt_says() -> None:
    for told, moves in (("zoom-in", "push"), ("zoom-out", "pull"), ("still", "still")):
        plan = AnimaticSampler().plan(directed(prompt="pan right over a dog", camera=told))
        assert write_script(plan)[0].camera == moves


def test_lines_are_spoken_instead_of_the_caption_and_when_they_are_due(
    sampler: AnimaticSampler,
) -> None:
    def voice(*lines: Line) -> np.ndarray:
        scene = write_script(sampler.plan(directed(lines=lines)))[0]
        return _voice(scene, 96_000, sampler._narrator)

    caption, early, late = voice(), voice(Line(text="Sit!")), voice(Line(text="Sit!", at=1.0))
    assert (caption[: len(early)] != early).any()
    assert np.flatnonzero(late)[0] >= 48_000 > np.flatnonzero(early)[0]
    both = voice(Line(text="Sit!"), Line(text="Stay!"))
    assert np.flatnonzero(both)[-1] > np.flatnonzero(early)[-1], "the second follows the first"


def scenes(*prompts: str, seed: int = 7) -> tuple[Scene, ...]:
    return write_script(AnimaticSampler().plan(order(*prompts, seed=seed)))


def test_a_prompt_is_read_word_by_word() -> None:
    reading = read("Two red dogs are running along the beach at sunset, in the rain; crane shot.")
    assert (reading.place, reading.time, reading.weather) == ("beach", "sunset", "rain")
    assert (reading.action, reading.camera) == ("run", "crane")
    assert [(who.kind, who.count, who.colour) for who in reading.subjects] == [
        ("dog", 2, COLOURS["red"])
    ]


def test_a_prompt_without_a_known_word_says_so() -> None:
    assert not read("qwertz zxcvb 12 😀").understood
    assert scenes("qwertz zxcvb")[0].place == "abstract"


def test_no_word_stands_in_two_tables() -> None:
    tables = (PLACES, TIMES, WEATHERS, SUBJECTS, ACTIONS, CAMERAS)
    words = [word for table in tables for word in table]
    assert sorted(words) == sorted(set(words))


def test_a_story_keeps_its_set_and_its_cast() -> None:
    first, second = scenes("A red dog runs along the beach at sunset", "It dances with a girl")
    assert (second.place, second.time) == (first.place, first.time)
    assert [actor.kind for actor in second.actors] == ["dog", "person"]
    assert first.actors[0].colour == COLOURS["red"]


@pytest.mark.parametrize("place", sorted({*PLACES.values(), "abstract"}))
@pytest.mark.parametrize("time", sorted(set(TIMES.values())))
def test_every_place_can_be_painted_at_every_hour(place: str, time: str) -> None:
    prompt = f"{place if place != 'abstract' else ''} {time}"
    scene = scenes(prompt)[0]
    picture = Painter(scene, 128, 72).paint(3)
    assert picture.shape == (72, 128, 3)
    assert picture.std() > 5


@pytest.mark.parametrize("kind", sorted(set(SUBJECTS.values())))
@pytest.mark.parametrize("action", ["idle", "run", "dance", "sail"])
def test_every_actor_is_seen_and_moves(kind: str, action: str) -> None:
    alone = Painter(scenes(f"desert day {action}")[0], 192, 108)
    scene = scenes(f"a {kind} desert day {action}")[0]
    assert [actor.kind for actor in scene.actors] == [kind]
    painter = Painter(scene, 192, 108)
    assert (painter.paint(0) != painter.paint(7)).any()
    assert (painter.paint(0) != alone.paint(0)).any()


def test_pictures_can_be_painted_in_any_order() -> None:
    scene = scenes("three kids jump in the park in the fog")[0]
    forward, backward = Painter(scene, 128, 72), Painter(scene, 128, 72)
    there = [forward.paint(index) for index in range(4)]
    back = [backward.paint(index) for index in reversed(range(4))]
    assert all(np.array_equal(a, b) for a, b in zip(there, reversed(back), strict=True))


@pytest.mark.parametrize("gait", sorted(GAITS))
def test_feet_touch_the_ground_when_a_step_is_heard(gait: str) -> None:
    track = Track(gait, 0.0, 0.3, 1, 1.1, GAITS[gait].speed)
    contacts = track.contacts(4.0)
    assert bool(contacts) == bool(GAITS[gait].steps_per_cycle)
    assert all(track.at(time).lift == pytest.approx(0, abs=1e-6) for time in contacts)


@pytest.mark.parametrize(
    ("width", "height"), [(64, 64), (64, 640), (1280, 64), (97, 131), (256, 144), (360, 640)]
)
def test_sizes_from_stamps_to_posters_work(
    sampler: AnimaticSampler, width: int, height: int
) -> None:
    plan = sampler.plan(order("a cat walks home", width=width, height=height, seconds=0.2))
    assert sampled(sampler, plan).frames.shape[1:] == (height, width, 3)


def test_a_poster_of_720_lines_works(sampler: AnimaticSampler) -> None:
    plan = sampler.plan(order("a train in the snow", width=1280, height=720, seconds=0.1))
    assert sampled(sampler, plan).frames.shape[1:] == (720, 1280, 3)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "😀🎉",
        "مرحبا بالعالم",
        "日本語のプロンプト",
        "x" * 4000,
        "dog " * 1000,
        "\ud800",
        "a\0b\n\t",
    ],
    ids=["empty", "emoji", "arabic", "japanese", "one-word", "long", "surrogate", "control"],
)
def test_strange_prompts_are_drawn_too(sampler: AnimaticSampler, prompt: str) -> None:
    plan = sampler.plan(order(prompt, width=256, height=208, seconds=0.2))
    clip = sampled(sampler, plan)
    assert clip.frames.std() > 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_any_text_can_be_read_wrapped_and_staged(prompt: str) -> None:
    rows = wrap(legible(prompt), 12, 150, 2)
    assert len(rows) <= 2
    assert all(measure(row, 12) <= 151 for row in rows)
    assert scenes(prompt)[0].place


def test_a_long_caption_ends_in_an_ellipsis() -> None:
    rows = wrap("a very long story about nothing at all " * 5, 14, 200, 2)
    assert len(rows) == 2
    assert rows[-1].endswith("…")


def test_only_letters_that_the_face_has_are_written() -> None:
    assert legible("Zoë\n walks 😀 with مرحبا Björn") == "Zoe walks with Bjorn"


def test_the_label_is_on_every_framed_picture(sampler: AnimaticSampler) -> None:
    assert "not sampled from a model" in LABEL
    plan = sampler.plan(order("a cat", width=320, height=240, seconds=0.3))
    place = layout(320, 240)
    clip = sampled(sampler, plan)
    strip = clip.frames[:, place.top + place.panel_height + 20 :, 120:]
    assert all((picture.min(axis=2) < 120).sum() > 100 for picture in strip)


@pytest.fixture(scope="module")
def story(sampler: AnimaticSampler) -> Clip:
    prompts = ("A dog runs in the street.", "A girl walks in the rain at night.")
    return sampled(sampler, sampler.plan(order(*prompts, width=64, height=64, seconds=1.7)))


def test_the_peak_stays_below_minus_one_decibel(story: Clip) -> None:
    assert 0.1 < float(np.abs(story.audio).max()) <= 10 ** (-1 / 20)


def test_there_is_no_click_at_a_cut(story: Clip) -> None:
    joint = story.audio.shape[1] // 2
    steps = np.abs(np.diff(story.audio, axis=1))
    at_the_cut = float(steps[:, joint - 40 : joint + 2].max())
    assert at_the_cut <= float(np.quantile(steps, 0.999))


def test_the_sound_begins_and_ends_in_silence(story: Clip) -> None:
    assert float(np.abs(story.audio[:, :2]).max()) < 1e-3
    assert float(np.abs(story.audio[:, -20:]).max()) < 1e-3


def test_a_line_always_sounds_the_same_and_fits_its_shot() -> None:
    narrator = Narrator()
    line = "A long story about a dog that ran along the beach until the sun went down."
    said = narrator.speak(line, 1.5, seed=3)
    assert np.array_equal(said, narrator.speak(line, 1.5, seed=3))
    assert len(said) <= 1.5 * 48_000
    assert abs(float(said[-1])) < 1e-4
    assert not len(narrator.speak("مرحبا", 1.5, seed=3))


def test_a_checkpoint_stays_small(sampler: AnimaticSampler) -> None:
    plan = sampler.plan(order(width=640, height=360, fps=24, seconds=0.5))
    states: list[State] = []
    sampler.advance(plan, sampler.start(plan), states.append)
    assert len(states[-1].dump()) / plan.frames < 120_000


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"width": 32}, "64 to 1280"),
        ({"width": 1280, "height": 1280}, "921600"),
        ({"fps": 120}, "6 to 60"),
        ({"seconds": 500.0}, "120 seconds"),
        ({"width": 1280, "height": 720, "fps": 60, "seconds": 50.0}, "1024 MiB"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_limit(
    changes: dict[str, float], limit: str
) -> None:
    with pytest.raises(RequestOutOfRange, match=limit):
        AnimaticSampler().plan(order(**changes))  # type: ignore[arg-type]
