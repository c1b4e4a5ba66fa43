"""The drawn world that the sketch model learns: words, layers, films, sounds, sources."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpu_workers.sketch import layers, mel, source, tokens, words
from gpu_workers.sketch.clips import TrainingClip, draw_clip, staged
from gpu_workers.sketch.film import Scene, cutouts_of, pictures
from gpu_workers.sketch.layers import Layers
from gpu_workers.sketch.noises import draw_sound
from gpu_workers.sketch.spec import Actor, Spec


def scene_of(clip: TrainingClip, **more: object) -> Scene:
    made = clip.layers
    whole = (made.backdrop, made.weather, made.plates, made.tracks, cutouts_of(clip.cutouts))
    return Scene(*whole, **more)  # type: ignore[arg-type]


def a_clip(motion: str, cameo: bool = False) -> TrainingClip:
    """One actor on a beach by day, who moves as wanted and makes no sound."""
    actor = Actor("box", "red", motion, cameo, across=False)
    spec = Spec((actor,), "beach", "day", "clear", "silent", 2, 0.5, "a box on the beach")
    return staged(spec, np.random.default_rng(11))


def test_a_seed_always_gives_the_same_clip_and_another_seed_another() -> None:
    one, same, other = draw_clip(3), draw_clip(3), draw_clip(4)
    assert one.spec == same.spec
    assert all(np.array_equal(getattr(one.layers, n), getattr(same.layers, n)) for n in NAMES)
    assert not np.array_equal(one.layers.backdrop, other.layers.backdrop)


NAMES = tuple(Layers.__dataclass_fields__)


def test_layers_become_tokens_and_come_back_unchanged() -> None:
    clip = draw_clip(5).layers
    batch = {name: torch.from_numpy(getattr(clip, name))[None] for name in NAMES}
    parts = tokens.to_tokens(batch)
    assert {name: tuple(part.shape[1:]) for name, part in parts.items()} == tokens.SHAPES
    [back] = tokens.to_layers(parts)
    for name in NAMES:
        assert np.allclose(getattr(back, name), getattr(clip, name), atol=1e-6), name


def test_captions_are_written_in_words_that_the_model_knows() -> None:
    captions = [draw_clip(seed).spec.caption for seed in range(60)]
    assert all(words.recognised(caption) for caption in captions)
    whole = [len(words.split(caption)) <= words.WORDS_MAX for caption in captions]
    assert np.mean(whole) > 0.85  # what is longer loses its last words


def test_words_it_never_met_are_not_recognised() -> None:
    assert words.recognised("Quarterly zygote, forthwith?") == ()
    assert words.recognised("two boats at SUNSET") == ("boats", "sunset")


def test_the_cast_is_called_by_number_in_its_own_order() -> None:
    cast = ("@ada", "@bob.b")
    assert words.called_by_number("@Bob.b waves at @ada, not @adam", cast) == (
        "@two waves at @one, not @adam"
    )
    assert words.called_by_number("a walk on the beach", cast) == (
        "@one and @two a walk on the beach"
    )


def test_a_long_prompt_is_read_without_the_words_that_are_not_known() -> None:
    prompt = "a red boat " + "whatever " * 40 + "sails at sunset"
    assert words.split(words.readable(prompt, ())) == ["red", "boat", "sails", "at", "sunset"]


def test_an_actor_walks_to_the_side_that_its_caption_says() -> None:
    for side, sign in (("right", 1), ("left", -1)):
        x = layers.track(a_clip(side).layers.tracks, 0)[:, layers.X]
        steps = np.diff(x)
        assert (np.sign(steps[np.abs(steps) < 1]) == sign).all()


def test_a_cameo_is_shown_with_its_own_pixels_at_any_size() -> None:
    clip = a_clip("still", cameo=True)
    own = cutouts_of(clip.cutouts)[0]
    assert own is not None
    marked = own.copy()
    marked[80:112, 80:112, :3] = (255, 0, 255)
    marked[..., 3] = 255
    for width, height in ((640, 368), (368, 640), (96, 64), (512, 512)):
        scene = scene_of(clip)
        shown = Scene(**{**scene.__dict__, "cutouts": (marked, None)})
        [picture] = list(pictures(shown, width, height, 1.0, 1))
        assert picture.shape == (height, width, 3)
        distance = np.abs(picture.astype(int) - (255, 0, 255)).sum(2)
        assert distance.min() < 120, (width, height)


def test_a_wider_picture_shows_the_same_outline_sharper() -> None:
    clip = a_clip("still")
    small, large = (
        next(iter(pictures(scene_of(clip), width, height, 1.0, 1)))
        for width, height in ((96, 56), (960, 560))
    )
    blocks = large.reshape(56, 10, 96, 10, 3).mean((1, 3))
    assert np.abs(blocks - small).mean() < 6
    steps = np.abs(np.diff(large.astype(int), axis=1)).max()
    assert steps > 60  # an edge within two pixels, not a slope of ten


def test_the_camera_moves_the_backdrop_the_other_way() -> None:
    clip = a_clip("still")
    for camera, sign in (("pan-right", -1), ("pan-left", 1)):
        first, *_, last = pictures(scene_of(clip, camera=camera), 192, 112, 8, 16)
        rows = [np.asarray(each[:20].mean((0, 2)), float) for each in (first, last)]
        rows = [row - row.mean() for row in rows]
        shifts = range(-30, 31)
        fits = [float((np.roll(rows[0], k)[35:-35] * rows[1][35:-35]).sum()) for k in shifts]
        assert np.sign(shifts[int(np.argmax(fits))]) == sign, camera


def test_a_speaker_moves_while_speaking_and_rests_otherwise() -> None:
    clip = a_clip("still")
    speech = np.zeros((16, 2), np.float32)
    speech[8:, 0] = 1
    quiet = list(pictures(scene_of(clip), 192, 112, 8, 16))
    heard = list(pictures(scene_of(clip, speech=speech), 192, 112, 8, 16))
    assert np.array_equal(quiet[3], heard[3])
    assert (quiet[12] != heard[12]).any()


def test_a_sound_survives_its_spectrogram() -> None:
    rng = np.random.default_rng(1)
    for name in words.SOUNDS:
        wave = torch.from_numpy(draw_sound(name, "room", np.asarray([0.3, 1.2], np.float32), rng))
        one = mel.spectrogram(wave)
        again = mel.spectrogram(mel.wave(one))
        fit = torch.corrcoef(torch.stack([one.flatten(), again.flatten()]))[0, 1]
        assert fit > 0.9, name


def test_a_clip_is_taken_apart_into_who_moves_and_what_stays() -> None:
    clip = a_clip("jump")
    seen = np.stack(list(pictures(scene_of(clip), source.WIDTH, source.HEIGHT, 8, 16)))
    apart = source.taken_apart(seen)
    true, found = (layers.track(each, 0) for each in (clip.layers.tracks, apart.tracks))
    assert found[:, layers.VISIBLE].min() == 1
    assert np.abs(found[:, layers.X] - true[:, layers.X]).max() < 0.12
    assert np.corrcoef(found[:, layers.Y], true[:, layers.Y])[0, 1] > 0.9
    assert np.abs(apart.backdrop - clip.layers.backdrop).mean() < 0.08


def test_a_still_source_has_no_actors() -> None:
    seen = np.full((16, source.HEIGHT, source.WIDTH, 3), 90, np.uint8)
    apart = source.taken_apart(seen)
    assert (apart.tracks[:, layers.VISIBLE] == -1).all()
    assert apart.backdrop == pytest.approx(90 / 127.5 - 1, abs=0.01)


def test_who_is_cast_keeps_its_place_when_a_shot_goes_on() -> None:
    sheets = np.full((2, layers.PLATE_SIDE, layers.PLATE_SIDE, 4), 1, np.float32)
    sheets[0, ..., 0], sheets[1, ..., 1] = -1, -1
    tracks = np.arange(2 * layers.TRACKS, dtype=np.float32).reshape(2, -1)
    empty = np.zeros((1, 1, 4), np.float32)
    apart = source.Source(empty, empty, sheets, tracks)
    first, second = (np.asarray((each + 1) / 2 * 255, np.uint8) for each in (sheets[0], sheets[1]))
    assert source.in_order(apart, (first, second)) is apart
    assert source.in_order(apart, (None, None)) is apart
    for cast in ((second, first), (second, None), (None, first)):
        turned = source.in_order(apart, cast)
        assert (turned.plates == sheets[::-1]).all()
        for actor in (0, 1):
            own, other = (
                layers.track(each, slot)
                for each, slot in ((turned.tracks, actor), (tracks, 1 - actor))
            )
            assert (own == other).all()
        assert (turned.tracks[:, layers.WIND_X :] == tracks[:, layers.WIND_X :]).all()
