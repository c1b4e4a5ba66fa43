"""The judges of the built-in model know true clips, and the shipped weights obey captions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from gpu_workers.sketch import closeups, evaluation, layers, portraits, probe, weights
from gpu_workers.sketch.clips import TrainingClip, draw_clip
from gpu_workers.sketch.film import Scene
from gpu_workers.sketch.plates import draw_subject


def test_the_judge_of_whole_clips_knows_true_ones() -> None:
    judge, hits = probe.load(), 0
    for seed in range(evaluation.FIRST_SEED, evaluation.FIRST_SEED + 10):
        clip = draw_clip(seed)
        made = clip.layers
        scene = evaluation.scene_of(clip, made)
        told = judge(torch.from_numpy(probe.show(scene))[None], torch.from_numpy(made.sound)[None])
        hits += int(told.attributes["scene"].argmax()) == probe.labels(clip.spec)["scene"]
    assert hits >= 9


def described(count: int) -> list[TrainingClip]:
    seeds = range(evaluation.FIRST_SEED, evaluation.FIRST_SEED + count)
    return [draw_clip(seed, cameos=0.0) for seed in seeds]


def test_the_judge_of_portraits_knows_shape_and_colour_of_true_clips() -> None:
    judge, hits = portraits.load(), 0
    for clip in described(12):
        seen = closeups.closeups(evaluation.scene_of(clip, clip.layers))
        hits += judge.judge(seen) == portraits.labels(clip.spec.actors[0])
    assert hits >= 11


def test_an_upright_look_undoes_the_tilt_of_an_actor() -> None:
    rocket = draw_subject("rocket", "red")
    plate = np.asarray(rocket[..., :3] * rocket[..., 3:] * 255, np.uint8)
    picture = np.zeros((closeups.HEIGHT, closeups.WIDTH, 3), np.uint8)
    picture[36:76, 76:116] = cv2.resize(plate, (40, 40), interpolation=cv2.INTER_AREA)
    middle = (96.0, 56.0)
    straight = closeups.Closeup(picture, middle, side=40, tilt=0.0).upright()
    turn = cv2.getRotationMatrix2D((95.5, 55.5), -90, 1)  # clockwise, as a positive tilt is
    turned = cv2.warpAffine(picture, turn, (closeups.WIDTH, closeups.HEIGHT))
    again = closeups.Closeup(turned, middle, side=40, tilt=np.pi / 2).upright()
    other = closeups.Closeup(turned, middle, side=40, tilt=0.0).upright()
    assert np.abs(again.astype(int) - straight).mean() < 4
    assert np.abs(other.astype(int) - straight).mean() > 12


@pytest.mark.parametrize("x", [5.0, 0.6])
def test_looks_are_taken_where_the_actor_is_within_the_picture(x: float) -> None:
    clip = draw_clip(4)
    tracks = clip.layers.tracks.copy()
    track = layers.track(tracks, 0)
    track[:, layers.X], track[:, layers.Y] = 5.0, 0.0
    track[7, layers.X] = min(x, 4.0)  # moment 7 is one of those that are looked at
    made = clip.layers
    [look] = closeups.closeups(Scene(made.backdrop, made.weather, made.plates, tracks))
    assert look.middle[0] == pytest.approx((min(x, 4.0) + 1) / 2 * closeups.WIDTH)


def test_the_shipped_weights_do_what_captions_say() -> None:
    """A few held-out captions; ``eval sketch`` asks hundreds."""
    done = evaluation.evaluate(weights.load(), 6, 2.5, lambda words: None)
    for name in evaluation.ATTRIBUTES:
        assert done.sampled.attributes[name] >= 0.6, (name, done.sampled)
        assert done.true.attributes[name] >= 0.8, (name, done.true)
    assert done.sampled.own_first >= 0.8, done.sampled
