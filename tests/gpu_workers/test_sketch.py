"""The built-in model: what it refuses, how it goes on, and what it hears."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from domain.generation.brief import Line
from gpu_workers.cards.refusals import DirectionNotTaken, PromptTooLong, ReferencesNotTaken
from gpu_workers.clip import Clip
from gpu_workers.references import FolderReferences
from gpu_workers.sampler import Plan, Reference, SamplingRequest, Shot
from gpu_workers.sketch import film, layers, sampling, schedule, tokens, weights, words
from gpu_workers.sketch.film import Scene, pictures
from gpu_workers.sketch.graph import SteppingGraph
from gpu_workers.sketch.plates import draw_character
from gpu_workers.sketch.sampler import PromptNotUnderstood, SketchSampler
from gpu_workers.sketch.weights import SketchWeightsUnusable
from gpu_workers.sketch.windows import cutouts_of, tensor_name
from tests.gpu_workers.orders import fingerprint, ignore, sampled

WAVE = "a red ball jumps on a beach in silence"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("references")


@pytest.fixture(scope="module")
def sampler(folder: Path) -> SketchSampler:
    made = SketchSampler(FolderReferences(folder))
    made.load()
    return made


def request(*shots: Shot, references: tuple[Reference, ...] = (), seed: int = 3) -> SamplingRequest:
    return SamplingRequest(
        generation_id="gen_01JAAAAAAAAAAAAAAAAAAAAAAA",
        shots=shots,
        width=192,
        height=112,
        fps=8,
        seed=seed,
        references=references,
    )


def kept(folder: Path, raw: bytes) -> str:
    sha256 = hashlib.sha256(raw).hexdigest()
    (folder / sha256).write_bytes(raw)
    return sha256


def a_character(folder: Path, seed: int) -> tuple[Reference, NDArray[np.uint8]]:
    rgba = np.asarray(draw_character(np.random.default_rng(seed)) * 255, np.uint8)
    done, raw = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    assert done
    sha256 = kept(folder, raw.tobytes())
    return Reference(kind="picture", use="likeness", sha256=sha256), rgba


def test_a_prompt_without_a_known_word_is_refused_and_the_animatic_offered(
    sampler: SketchSampler,
) -> None:
    with pytest.raises(PromptNotUnderstood, match="shot 2") as refused:
        sampler.plan(
            request(Shot(prompt=WAVE, seconds=1), Shot(prompt="quarterly zygotes", seconds=1))
        )
    assert "animatic" in refused.value.next_step


def test_a_new_drawing_makes_new_plans_and_those_of_the_first_keep_their_keys(
    sampler: SketchSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = []
    for version in (1, 2, 3):
        monkeypatch.setattr(film, "DRAWING_VERSION", version)
        keys.append(sampler.plan(request(Shot(prompt=WAVE, seconds=1))).key)
        settings = dict(sampler.plan(request(Shot(prompt=WAVE, seconds=1))).settings)
        assert settings.get("drawing") == (None if version == 1 else str(version))
    assert len(set(keys)) == 3


def test_more_words_than_are_read_are_refused(sampler: SketchSampler) -> None:
    with pytest.raises(PromptTooLong, match="24 words"):
        sampler.plan(request(Shot(prompt="red boat beach " * 12, seconds=1)))


def test_a_prompt_longer_than_is_read_is_refused_however_few_of_its_words_are_known(
    sampler: SketchSampler,
) -> None:
    for prompt in ("a red boat " + "whatever " * 300, "a red boat " + "the " * 22):
        count = len(prompt.split())
        with pytest.raises(PromptTooLong, match=f"24 words; shot 1 has {count}"):
            sampler.plan(request(Shot(prompt=prompt, seconds=1)))


def test_a_handle_or_a_wish_is_no_word_that_is_known(sampler: SketchSampler, folder: Path) -> None:
    her, _ = a_character(folder, 1)

    def cast(prompt: str) -> SamplingRequest:
        return request(Shot(prompt=prompt, seconds=1, cast=("@red.cat",)), references=(her,))

    for unknown in ("@red.cat quarterly zygotes ponder", '@red.cat ponders @red.cat with "a hat".'):
        with pytest.raises(PromptNotUnderstood, match="shot 1"):
            sampler.plan(cast(unknown))
    for fine in ("@red.cat", "a little video of @red.cat", "@red.cat hops", "in the snow"):
        sampler.plan(cast(fine))


def test_the_wishes_of_a_cast_never_make_a_prompt_too_long(
    sampler: SketchSampler, folder: Path
) -> None:
    her, _ = a_character(folder, 1)
    prompt = "@ada hops " + "very " * 20 + '. @ada with "an old felt hat", "a thin gold chain".'
    sampler.plan(request(Shot(prompt=prompt, seconds=1, cast=("@ada",)), references=(her,)))


def test_a_cast_without_pictures_is_refused(sampler: SketchSampler) -> None:
    with pytest.raises(ReferencesNotTaken, match="cast of 1"):
        sampler.plan(request(Shot(prompt=WAVE, seconds=1, cast=("@ada",))))
    with pytest.raises(DirectionNotTaken, match="at most 2"):
        sampler.plan(request(Shot(prompt=WAVE, seconds=1, cast=("@a", "@b", "@c"))))


def test_damaged_weights_are_refused_with_their_name(tmp_path: Path) -> None:
    broken = tmp_path / "sketch.safetensors"
    broken.write_bytes(weights.PATH.read_bytes()[:5000])
    with pytest.raises(SketchWeightsUnusable, match="damaged or of another version"):
        weights.load(broken)
    with pytest.raises(SketchWeightsUnusable, match="There is no"):
        weights.sha256(tmp_path / "none.safetensors")


def test_a_shot_of_two_seconds_is_one_window_and_longer_ones_go_on() -> None:
    assert [schedule.windows_for(s, goes_on=False) for s in (0.5, 2, 2.1, 3.5, 3.6)] == [
        1, 1, 2, 2, 3,
    ]  # fmt: skip
    assert schedule.windows_for(2, goes_on=True) == 2
    place = schedule.place_of(3 * schedule.STEPS + 5, (2, 3))
    assert (place.shot, place.window, place.step) == (1, 1, 5)


def test_levels_rise_to_the_clip_and_what_is_given_stands_there_from_the_start() -> None:
    levels = schedule.levels_of(scene_is_given=True, kept=None)
    assert (levels[:, :2] == 1).all()
    assert levels[0, 2:].tolist() == [0, 0]
    assert levels[-1].tolist() == [1, 1, 1, 1]
    assert (levels.diff(dim=0)[:, 2:] > 0).all()
    remix = schedule.levels_of(scene_is_given=False, kept=0.6)
    assert remix[0].tolist() == pytest.approx([0.6, 0.6, 0.6, 0])


def asked(prompt: str, seed: int, *, goes_on: bool) -> sampling.Asked:
    chance = torch.Generator().manual_seed(seed)
    return sampling.Asked(
        words=torch.from_numpy(words.numbers(prompt)),
        references=torch.rand((2, 12, 12, 4), generator=chance),
        is_cameo=torch.tensor([1.0, float(seed % 2)]),
        goes_on=goes_on,
    )


@torch.inference_mode()
def test_the_recorded_graph_computes_what_the_network_does_to_the_bit() -> None:
    network = weights.load()
    stepper, graph = sampling.Stepper(network), SteppingGraph(network)
    levels = schedule.levels_of(scene_is_given=False, kept=None)
    prompts = (WAVE, "two green boats on a lake at night", "a blue cat dances", "", "rain")
    for seed, prompt in enumerate(prompts):  # a graph is rewritten after its first calls
        told, noisy = asked(prompt, seed, goes_on=seed % 2 == 1), sampling.noise(seed)
        for guidance in (1.0, 3.0):
            course = sampling.course(levels, told, guidance)
            expected = course.step(stepper, noisy, 5 * seed)
            recorded = course.step(graph, noisy, 5 * seed)
            assert {name: torch.equal(x, recorded[name]) for name, x in expected.items()} == (
                dict.fromkeys(expected, True)
            )
            assert not torch.equal(expected["backdrop"], noisy["backdrop"])


def test_a_longer_shot_keeps_its_scene_and_goes_on_where_its_window_ended(
    sampler: SketchSampler,
) -> None:
    plan = sampler.plan(request(Shot(prompt="a blue car drives to the right in town", seconds=3)))
    state = sampler.advance(plan, sampler.start(plan), ignore)
    first, second = (schedule.Place(0, window, 0) for window in (0, 1))
    for name in ("tracks", "beats", "sound"):
        end = tokens.last_first(name, state.tensors[tensor_name(first, name)])
        begin, given = state.tensors[tensor_name(second, name)], tokens.first_moments(name)
        assert torch.equal(end[given], begin[given]), name
    assert tensor_name(second, "backdrop") not in state.tensors
    clip = sampler.decode(plan, state)
    assert len(clip.frames) == 24


def corner(clip: Clip) -> NDArray[np.float64]:
    return np.asarray(clip.frames[:, :20].mean((0, 1)), np.float64)


def test_two_of_a_cast_are_both_in_the_picture_with_their_own_pixels(
    sampler: SketchSampler, folder: Path
) -> None:
    (one, _), (two, _) = a_character(folder, 1), a_character(folder, 2)
    shot = Shot(
        prompt="@bob stands still and @ada waits in a room", seconds=2, cast=("@ada", "@bob")
    )
    plan = sampler.plan(request(shot, references=(one, two)))
    state = sampler.advance(plan, sampler.start(plan), ignore)
    swapped = sampler.plan(request(shot, references=(two, one)))
    assert swapped.key != plan.key
    parts = {n: state.tensors[tensor_name(schedule.Place(0, 0, 0), n)][None] for n in tokens.SHAPES}
    tracks = tokens.to_layers(parts)[0].tracks
    assert all((layers.track(tracks, actor)[:, layers.VISIBLE] > 0).all() for actor in (0, 1))
    clip = sampler.decode(plan, state)
    assert (clip.frames != sampled(sampler, swapped).frames).any()


def test_a_line_is_heard_when_it_is_said_and_its_speaker_moves(
    sampler: SketchSampler, folder: Path
) -> None:
    one, _ = a_character(folder, 3)
    line = Line(speaker="@ada", text="Good morning everybody.", at=1.0)
    quiet = Shot(prompt="@ada stands still in a room in silence", seconds=3, cast=("@ada",))
    spoken = quiet.model_copy(update={"lines": (line,)})
    silent, heard = (
        sampled(sampler, sampler.plan(request(shot, references=(one,)))) for shot in (quiet, spoken)
    )
    rate = heard.sample_rate
    voice = np.abs(heard.audio[0] - silent.audio[0])
    assert voice[: round(0.9 * rate)].max() < 0.02
    assert voice[round(1.0 * rate) : round(2.2 * rate)].max() > 0.2
    assert np.array_equal(heard.frames[:7], silent.frames[:7])
    assert (heard.frames[9:16] != silent.frames[9:16]).any()


def test_an_opaque_likeness_is_laid_over_the_clip_without_its_corners(
    sampler: SketchSampler, folder: Path
) -> None:
    square = np.zeros((90, 90, 3), np.uint8)
    square[:] = (255, 0, 255)
    done, raw = cv2.imencode(".png", square)
    assert done
    reference = Reference(kind="picture", use="likeness", sha256=kept(folder, raw.tobytes()))
    shot = Shot(prompt="@ada waves on a beach", seconds=0.5, cast=("@ada",))
    plan = sampler.plan(request(shot, references=(reference,)))
    cameo, nobody = cutouts_of(plan, FolderReferences(folder))
    assert cameo is not None
    assert nobody is None
    tracks = np.zeros((layers.MOMENTS, layers.TRACKS), np.float32)
    tracks[:, [layers.VISIBLE, layers.COS]] = 1
    tracks[:, layers.TRACK + layers.VISIBLE] = tracks[:, layers.PULSE] = -1
    tracks[:, layers.SIZE] = layers.size_of(0.5)
    size = (layers.BACKDROP_HEIGHT, layers.BACKDROP_WIDTH, 3)
    clear = np.full((layers.WEATHER_HEIGHT, layers.WEATHER_WIDTH, 4), -1, np.float32)
    sheets = np.zeros((layers.ACTORS, layers.PLATE_SIDE, layers.PLATE_SIDE, 4), np.float32)
    scene = Scene(np.zeros(size, np.float32), clear, sheets, tracks, (cameo, nobody))
    [shown] = pictures(scene, 384, 224, 8, 1)
    own = np.abs(shown.astype(int) - (255, 0, 255)).sum(2) < 60
    rows, columns = (np.flatnonzero(own.any(axis)) for axis in (1, 0))
    box = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box[len(box) // 2, box.shape[1] // 2]
    assert not box[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def a_film(folder: Path, clip: Clip) -> str:
    """The clip as a file of high quality, laid down under its hash."""
    path = folder / "source.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=clip.fps, options={"crf": "6"})
        stream.width, stream.height, stream.pix_fmt = 192, 112, "yuv420p"
        for number, picture in enumerate(clip.frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return kept(folder, path.read_bytes())


@pytest.fixture(scope="module")
def two_seconds(sampler: SketchSampler) -> tuple[Clip, float]:
    """A clip of two seconds, and how many seconds of a processor it took."""
    began = time.process_time()
    clip = sampled(sampler, sampler.plan(request(Shot(prompt=WAVE, seconds=2))))
    return clip, time.process_time() - began


def test_two_seconds_with_sound_take_a_laptop_no_longer_than_half_a_minute(
    two_seconds: tuple[Clip, float],
) -> None:
    clip, took = two_seconds
    assert (len(clip.frames), clip.audio.shape[1]) == (16, 96_000)
    assert took < 30


def test_a_remix_keeps_as_much_of_its_source_as_it_is_told(
    sampler: SketchSampler, folder: Path, two_seconds: tuple[Clip, float]
) -> None:
    original, _ = two_seconds
    sha256 = a_film(folder, original)
    shot = Shot(prompt="a blue fish jumps at sea", seconds=2)

    def apart(keep: float) -> float:
        source = Reference(kind="clip", use="remix", sha256=sha256, keep=keep)
        remixed = sampled(sampler, sampler.plan(request(shot, references=(source,), seed=9)))
        return float(np.abs(remixed.frames.astype(int) - original.frames).mean())

    near, far = apart(0.95), apart(0.05)
    assert near < 0.5 * far


def test_an_extension_goes_on_in_the_scene_of_its_source(
    sampler: SketchSampler, folder: Path, two_seconds: tuple[Clip, float]
) -> None:
    original, _ = two_seconds
    source = Reference(kind="clip", use="extend", sha256=a_film(folder, original))
    shot = Shot(prompt="a red ball jumps in space in silence", seconds=1)
    longer = sampled(sampler, sampler.plan(request(shot, references=(source,))))
    alone = sampled(sampler, sampler.plan(request(shot)))

    def away(clip: Clip) -> float:
        return float(np.abs(clip.frames[0].astype(int) - original.frames[-1]).mean())

    assert away(longer) < 0.3 * away(alone)


def plan_bytes(sampler: SketchSampler, plan: Plan) -> str:
    return fingerprint(sampled(sampler, plan))


def test_the_number_of_threads_does_not_change_the_bytes(sampler: SketchSampler) -> None:
    plan, threads = sampler.plan(request(Shot(prompt=WAVE, seconds=0.5))), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = plan_bytes(sampler, plan)
        torch.set_num_threads(2)
        assert plan_bytes(sampler, plan) == one
    finally:
        torch.set_num_threads(threads)
