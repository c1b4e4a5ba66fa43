"""Train the wayfinder by itself: ``python -m gpu_workers.sketch.wayfaring --into WEIGHTS``.

It needs captions and ways only, of which far more are drawn and read in a second than clips. What
it has learnt is put into the file of the model's weights, beside the rest, which stays as it is.
It goes on from the wayfinder that the file holds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch

from gpu_workers.sketch import layers, weights, words
from gpu_workers.sketch.averages import follow as follow_weights
from gpu_workers.sketch.backdrops import draw_weather
from gpu_workers.sketch.choreography import draw_tracks
from gpu_workers.sketch.learning import CONTINUED, NOISE_LEFT_MIN, SILENCE
from gpu_workers.sketch.spec import draw_spec
from gpu_workers.sketch.tokens import SIGNAL, first_moments, ways_and_beats
from gpu_workers.sketch.wayfinder import Wayfinder

FIRST_SEED: Final = 20_000_000
"""Neither the large network's training nor any judge or evaluation counts from here."""
WAYS: Final = 4
"""Ways that are drawn for one caption: it does not say where in the picture anybody begins."""
LEVEL_MEAN: Final = 0.3
LEVEL_SPREAD: Final = 1.4
WARM_UP_STEPS: Final = 100
STEADY: Final = 0.3
NOTE_EVERY: Final = 250
PREFIX: Final = "wayfinder."


@dataclass(frozen=True)
class Course:
    """How to train: ``steps`` of ``batch`` captions, or ``minutes``, whichever ends first."""

    captions: int = 30_000
    steps: int = 6000
    minutes: float = 30.0
    batch: int = 64
    rate: float = 2e-3
    seed: int = 0
    processes: int = 2
    device: str = "cpu"


@dataclass(frozen=True)
class Point:
    """How far a training has come, and its running error."""

    step: int
    minutes: float
    error: float


Note = Callable[[Point, dict[str, torch.Tensor]], None]


@dataclass(frozen=True)
class Ways:
    """``tracks`` float32 [captions, WAYS, moments, columns] and ``words`` int64 [captions, ...]."""

    tracks: torch.Tensor
    words: torch.Tensor


def draw(count: int, processes: int) -> Ways:
    """So many captions, each with some ways in which it comes true."""
    with ProcessPoolExecutor(processes) as pool:
        made = list(pool.map(_drawn, range(FIRST_SEED, FIRST_SEED + count), chunksize=500))
    return Ways(
        tracks=torch.from_numpy(np.stack([tracks for tracks, _ in made])),
        words=torch.from_numpy(np.stack([numbers for _, numbers in made])).long(),
    )


def _drawn(seed: int) -> tuple[layers.Floats, np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    spec = draw_spec(rng)
    _, wind = draw_weather(spec.weather, rng)
    ways = []
    for _ in range(WAYS):
        timed = replace(spec, events=int(rng.integers(2, 5)), phase=float(rng.random()))
        ways.append(draw_tracks(timed, float(rng.random()), wind, rng))
    return np.stack(ways), words.numbers(spec.caption).astype(np.int16)


def loss(network: Wayfinder, batch: Ways, generator: torch.Generator) -> torch.Tensor:
    """The error of the guessed ways, weighed as an error of velocity.

    Chance is drawn on the generator's device, which network and ways are on.
    """
    device = generator.device
    captions, ways = batch.tracks.shape[:2]
    n = captions * ways
    clean, beats = ways_and_beats(batch.tracks.flatten(0, 1))
    clean, beats = clean * SIGNAL["tracks"], beats * SIGNAL["beats"]
    goes_on = torch.rand(n, generator=generator, device=device) < CONTINUED
    drawn = torch.randn(n, generator=generator, device=device)
    level = torch.sigmoid(drawn * LEVEL_SPREAD + LEVEL_MEAN)
    share = level[:, None, None]

    def noisy(name: str, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        given = first_moments(name).to(device) & goes_on[:, None, None]
        noise = torch.randn(part.shape, generator=generator, device=device)
        under = share * part + (1 - share) * noise
        return torch.where(given, part, under), given

    (seen, given), (heard, _) = noisy("tracks", clean), noisy("beats", beats)
    silent = torch.rand(captions, generator=generator, device=device) < SILENCE
    kept = (~silent).long()[:, None, None]
    told = network.told(batch.words * kept).repeat_interleave(ways, 0)
    guess = network(seen, heard, level, goes_on.float(), told)
    error = ((guess - clean) / (SIGNAL["tracks"] * (1 - share).clamp(min=NOISE_LEFT_MIN))) ** 2
    return torch.as_tensor((error * ~given).sum() / (~given).sum())


def train(network: Wayfinder, drawn: Ways, course: Course, note: Note) -> None:
    """Learn until the steps or the minutes are over; note the averaged weights now and then."""
    begun, running, step = time.monotonic(), torch.zeros(()), 0
    device = drawn.words.device
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(
        network.parameters(), course.rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    while (share := max(step / course.steps, _minutes(begun) / course.minutes)) < 1:
        optimiser.param_groups[0]["lr"] = course.rate * _pace(step, share)
        chance = np.random.default_rng((course.seed, step))
        chosen = chance.integers(0, len(drawn.words), course.batch)
        index = torch.from_numpy(chosen).to(device)
        generator = torch.Generator(device).manual_seed(course.seed * 1_000_003 + step)
        error = loss(network, Ways(drawn.tracks[index], drawn.words[index]), generator)
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        running = running + max(0.02, 1 / step) * (error.detach() - running)
        follow_weights(average, network, step)
        if step % NOTE_EVERY == 0 or step == course.steps:
            note(Point(step, round(_minutes(begun), 2), round(float(running), 5)), average)


def _minutes(begun: float) -> float:
    return (time.monotonic() - begun) / 60


def _pace(step: int, share: float) -> float:
    falling = max(0.0, (share - STEADY) / (1 - STEADY))
    return min(1.0, (step + 1) / WARM_UP_STEPS) * max(0.01, 1 - falling)


def follow(course: Course, path: Path) -> None:
    """Draw ways, learn from them, and put what is learnt into a file of weights."""
    drawn, device = draw(course.captions, course.processes), torch.device(course.device)
    drawn = Ways(drawn.tracks.to(device), drawn.words.to(device))
    torch.set_num_threads(course.processes)
    torch.manual_seed(course.seed)

    def note(point: Point, average: dict[str, torch.Tensor]) -> None:
        print(json.dumps(asdict(point)), flush=True)  # noqa: T201
        weights.put_into(path, PREFIX, average)

    network = Wayfinder()
    network.load_state_dict(weights.part_of(path, PREFIX))
    train(network.to(device), drawn, course, note)


def main() -> None:
    """Read the course from the command line and follow it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for field in fields(Course):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    parser.add_argument("--into", type=Path, default=weights.PATH)
    given = vars(parser.parse_args())
    path = given.pop("into")
    follow(Course(**given), path)


if __name__ == "__main__":
    main()
