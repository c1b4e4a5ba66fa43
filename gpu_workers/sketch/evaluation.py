"""Does the model do what it is told? It is judged on held-out captions and never-seen characters.

Beside what is sampled stand true clips of the same captions, which bound what the judges can see,
and chance. Judges look at finished pictures; where to look closely, a clip's own track tells them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_workers.clip import Pictures
from gpu_workers.sketch import layers, mel, portraits, probe, sampling, words
from gpu_workers.sketch.clips import TrainingClip, draw_clip
from gpu_workers.sketch.closeups import HEIGHT, WIDTH, Closeup, closeups
from gpu_workers.sketch.film import Scene, cutouts_of, pictures
from gpu_workers.sketch.model import Sketch
from gpu_workers.sketch.plates import draw_character
from gpu_workers.sketch.portraits import Portraits
from gpu_workers.sketch.probe import Probe
from gpu_workers.sketch.schedule import STEPS, levels_of
from gpu_workers.sketch.tokens import to_layers

FIRST_SEED: Final = 90_000_000
"""Seeds of the captions and the characters: neither the sampler nor the judge has met them."""
ATTRIBUTES: Final = ("scene", "motion", "colour", "shape", "sound")
RIVALS: Final = 15
LOUD: Final = 0.3
_LAGS: Final = 4


@dataclass(frozen=True)
class Scores:
    """Shares from 0 to 1, how many clips each was taken over, and what was shown for what."""

    attributes: dict[str, float]
    mistaken: dict[str, dict[str, int]]
    counts: dict[str, int]
    own_first: float
    own_error: float
    stranger_error: float
    within_one: float
    exact: float


@dataclass(frozen=True)
class Evaluation:
    """``sampled`` beside ``true`` clips and ``chance``; ``sheet`` shows some of the sampled."""

    sampled: Scores
    true: Scores
    chance: dict[str, float]
    captions: tuple[str, ...]
    sheet: Pictures


@dataclass(frozen=True)
class _Shown:
    clip: TrainingClip
    scene: Scene
    sound: layers.Floats


def evaluate(model: Sketch, clips: int, guidance: float, say: Callable[[str], None]) -> Evaluation:
    """Sample ``clips`` captions with one actor and judge them; half of them cast a character."""
    true = [_true(clip) for clip in _held_out(clips)]
    sampled = []
    for number, each in enumerate(true):
        sampled.append(_sampled(model, each.clip, FIRST_SEED + number, guidance))
        if (number + 1) % 20 == 0:
            say(f"sampled {number + 1} of {clips} clips")
    judges = _Judges(probe.load(), portraits.load())
    classes = probe.CLASSES | portraits.CLASSES
    chance = {name: 1 / len(classes[name]) for name in ATTRIBUTES}
    chance |= {"own_first": 1 / (RIVALS + 1), "within_one": 3 / (2 * _LAGS + 1)}
    return Evaluation(
        sampled=_scores(judges, sampled),
        true=_scores(judges, true),
        chance=chance,
        captions=tuple(each.clip.spec.caption for each in sampled[:12]),
        sheet=contact_sheet([each.scene for each in sampled[:12]]),
    )


def _held_out(count: int) -> list[TrainingClip]:
    """Clips with one actor; where one may move to either side, no motion is right or wrong."""
    found: list[TrainingClip] = []
    seed = FIRST_SEED
    while len(found) < count:
        clip = draw_clip(seed, cameos=0.5)
        seed += 1
        if len(clip.spec.actors) == 1 and not clip.spec.actors[0].across:
            found.append(clip)
    return found


def _true(clip: TrainingClip) -> _Shown:
    """The clip itself, its sound through the same spectrogram and back."""
    return _Shown(clip, scene_of(clip, clip.layers), _heard(clip.layers.sound))


def scene_of(clip: TrainingClip, made: layers.Layers) -> Scene:
    """Layers with the cameos of a clip, to be looked at."""
    return Scene(made.backdrop, made.weather, made.plates, made.tracks, cutouts_of(clip.cutouts))


@torch.inference_mode()
def _sampled(model: Sketch, clip: TrainingClip, seed: int, guidance: float) -> _Shown:
    asked = sampling.Asked(
        words=torch.from_numpy(words.numbers(words.readable(clip.spec.caption, ()))),
        references=torch.from_numpy(clip.references),
        is_cameo=torch.tensor([float(each is not None) for each in clip.cutouts]),
    )
    course, parts = sampling.course(levels_of(False, None), asked, guidance), sampling.noise(seed)
    stepper = sampling.Stepper(model)
    for step in range(STEPS):
        parts = course.step(stepper, parts, step)
    made = to_layers({name: x[None] for name, x in parts.items()})[0]
    return _Shown(clip, scene_of(clip, made), _heard(made.sound))


def _heard(sound: layers.Floats) -> layers.Floats:
    """A spectrogram as it is when it has been a sound."""
    wave = mel.wave(torch.from_numpy(np.ascontiguousarray(sound)))
    return np.asarray(mel.spectrogram(wave).numpy(), np.float32)


@dataclass(frozen=True)
class _Judges:
    """Who looks at whole clips and hears them, and who looks at the actor closely."""

    probe: Probe
    portraits: Portraits


_Answers = dict[str, list[tuple[str, str]]]
"""By attribute, what each clip should show and what a judge says that it shows."""


@torch.inference_mode()
def _scores(judges: _Judges, shown: Sequence[_Shown]) -> Scores:
    told = judges.probe(
        torch.from_numpy(np.stack([probe.show(each.scene) for each in shown])),
        torch.from_numpy(np.stack([each.sound for each in shown])),
    )
    answers = _answers(told, shown) | _portrayed(judges.portraits, shown)
    cast = [_identity(each) for each in shown if each.clip.cutouts[0] is not None]
    lags = [
        lag
        for each, seen, heard in zip(shown, told.seen_onsets, told.heard_onsets, strict=True)
        if each.clip.spec.sound != "silent"
        and (lag := _lag(seen.sigmoid().numpy(), heard.sigmoid().numpy())) is not None
    ]
    loud = sum(each.clip.spec.sound != "silent" for each in shown)
    return Scores(
        attributes={n: sum(a == b for a, b in told) / len(told) for n, told in answers.items()},
        mistaken={n: _mistaken(told) for n, told in answers.items()},
        counts={name: len(told) for name, told in answers.items()}
        | {"identity": len(cast), "offset": loud},
        own_first=float(np.mean([own < min(rivals) for own, rivals in cast])),
        own_error=float(np.mean([own for own, _ in cast])),
        stranger_error=float(np.mean([np.median(rivals) for _, rivals in cast])),
        within_one=sum(abs(lag) <= 1 for lag in lags) / loud,
        exact=sum(lag == 0 for lag in lags) / loud,
    )


def _answers(told: probe.Judgement, shown: Sequence[_Shown]) -> _Answers:
    right = [probe.labels(each.clip.spec) for each in shown]
    return {
        name: [
            (values[each[name]], values[int(said)])
            for each, said in zip(right, told.attributes[name].argmax(1), strict=True)
        ]
        for name, values in probe.CLASSES.items()
    }


def _portrayed(judge: Portraits, shown: Sequence[_Shown]) -> _Answers:
    """Colour and shape of each clip whose actor is described in words."""
    described = [each for each in shown if each.clip.cutouts[0] is None]
    told = [judge.judge(closeups(each.scene)) for each in described]
    right = [portraits.labels(each.clip.spec.actors[0]) for each in described]
    return {
        name: [(one[name], other[name]) for one, other in zip(right, told, strict=True)]
        for name in portraits.CLASSES
    }


def _mistaken(told: Sequence[tuple[str, str]]) -> dict[str, int]:
    """What was shown for what, the most frequent first: ``{"jump for circle": 3}``."""
    wrong = Counter(f"{said} for {right}" for right, said in told if said != right)
    return dict(wrong.most_common())


def _lag(seen: NDArray[np.float32], heard: NDArray[np.float32]) -> int | None:
    """By how many moments the sound lies behind the picture; None where one has no onset."""
    if min(float(seen.max()), float(heard.max())) < LOUD:
        return None
    one, other = seen - seen.mean(), heard - heard.mean()
    lags = range(-_LAGS, _LAGS + 1)
    fits = [
        float(
            (
                one[max(0, -k) : len(one) - max(0, k)] * other[max(0, k) : len(one) - max(0, -k)]
            ).sum()
        )
        for k in lags
    ]
    return lags[int(np.argmax(fits))]


def _identity(shown: _Shown) -> tuple[float, list[float]]:
    """How badly the clip fits its own reference, and fifteen strangers: mean squared errors."""
    cutout = shown.clip.cutouts[0]
    assert cutout is not None, "only clips with a character are compared"
    rng = np.random.default_rng(FIRST_SEED + 7)
    strangers = [draw_character(rng) for _ in range(RIVALS)]
    views = [(each, each.wide()) for each in closeups(shown.scene)]
    return _misfit(cutout, views), [_misfit(each, views) for each in strangers]


def _misfit(
    cutout: NDArray[np.float32], views: Sequence[tuple[Closeup, NDArray[np.float32]]]
) -> float:
    """The least mean squared error of a character near its place, over the better half of views."""
    errors = []
    for view, seen in views:
        side = view.side
        small = cv2.resize(np.ascontiguousarray(cutout), (side, side), interpolation=cv2.INTER_AREA)
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), -np.degrees(view.tilt), 1)
        turned = cv2.warpAffine(small, turn, (side, side))
        mask = np.repeat((turned[..., 3:] > 0.9).astype(np.float32), 3, 2)
        found = cv2.matchTemplate(
            seen, np.ascontiguousarray(turned[..., :3]), cv2.TM_SQDIFF, mask=mask
        )
        errors.append(float(found.min()) / max(float(mask.sum()), 1))
    return float(np.mean(sorted(errors)[: (len(errors) + 1) // 2]))


def contact_sheet(scenes: Sequence[Scene], columns: int = 6) -> Pictures:
    """A row for each clip, uint8 [rows · 112, columns · 192, 3]."""
    rate = columns / layers.SECONDS
    rows = [
        np.concatenate(list(pictures(each, WIDTH, HEIGHT, rate, columns)), 1) for each in scenes
    ]
    return np.concatenate(rows)
