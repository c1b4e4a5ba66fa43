"""The sampler that draws: a prompt becomes a storyboard in motion, with sound, and says so.

A step paints a few pictures, or makes the sound of one shot. A state holds what is painted so far
as PNG bytes and what is heard as PCM, so that it stays a few megabytes and goes on anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_workers.animatic.carried import Carried
from gpu_workers.animatic.lexicon import read
from gpu_workers.animatic.narration import Narrator
from gpu_workers.animatic.panel import Layout, Sheet, layout
from gpu_workers.animatic.picture import Painter
from gpu_workers.animatic.script import Scene, carry_over, write_script
from gpu_workers.animatic.sound import SAMPLE_RATE, master, shot_sound
from gpu_workers.cards.registry import card
from gpu_workers.cards.require import (
    require_direction,
    require_likenesses,
    require_references,
)
from gpu_workers.clip import Clip, Pictures, samples_for
from gpu_workers.references import (
    LAID_DOWN,
    Cutout,
    FolderReferences,
    References,
    references_folder,
    standing_free,
)
from gpu_workers.sampler import (
    OnStep,
    Plan,
    RequestOutOfRange,
    SamplingRequest,
    State,
    environment,
)

NAME: Final = "animatic"
DRAWING_VERSION: Final = "animatic drawing 1"
FRAMES_PER_STEP: Final = 4
_PNG_OPTIONS: Final = [
    cv2.IMWRITE_PNG_COMPRESSION,
    3,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_NONE,
]

SIDE_PIXELS_MIN: Final = 64
SIDE_PIXELS_MAX: Final = 1280
AREA_PIXELS_MAX: Final = 1280 * 720
FPS_MIN: Final = 6
FPS_MAX: Final = 60
SECONDS_MAX: Final = 120.0
CLIP_BYTES_MAX: Final = 1 << 30
SHOTS_MAX: Final = 60
_END_FADE_SECONDS: Final = 0.35
_CUT_FADE_SECONDS: Final = 0.03
"""A shot by itself may be followed by another, whose sound goes on at once."""


@dataclass(frozen=True)
class _Job:
    """One step: the pictures ``first`` to ``last`` of a shot, or its sound where there are none."""

    shot: int
    first: int
    last: int


class AnimaticSampler:
    """Draws with OpenCV and synthesises with numpy, on one core."""

    def __init__(self, references: References | None = None) -> None:
        self._narrator = Narrator()
        self._references = references or FolderReferences(references_folder())

    @property
    def name(self) -> str:
        """The name that requests and plans use."""
        return NAME

    def load(self) -> None:
        """Bring the voice into memory and keep OpenCV to one thread."""
        cv2.setNumThreads(1)
        self._narrator.load()

    def plan(self, request: SamplingRequest) -> Plan:
        """Decide the clip. Raises RequestOutOfRange, AbilityMissing, DirectionNotTaken."""
        _check(request)
        require_references(card(NAME), request.references)
        require_direction(NAME, card(NAME).direction, request.numbered)
        require_likenesses(request)
        laid = LAID_DOWN if any(each.use == "likeness" for each in request.references) else ()
        plan = Plan(
            model=NAME,
            weights_sha256=hashlib.sha256(DRAWING_VERSION.encode()).hexdigest(),
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=SAMPLE_RATE,
            seed=request.seed,
            steps=1,
            references=request.references,
            settings=(*_carried(request), *laid),
        )
        if plan.frames * plan.width * plan.height * 3 > CLIP_BYTES_MAX:
            raise RequestOutOfRange(
                f"{plan.frames} pictures of {plan.width}×{plan.height} are more than "
                f"{CLIP_BYTES_MAX >> 20} MiB; ask for fewer seconds or a smaller size."
            )
        return plan.model_copy(update={"steps": len(_jobs(plan))})

    def start(self, plan: Plan) -> State:
        """Nothing painted yet."""
        return State(plan.key, 0, {}, self.surroundings())

    def surroundings(self) -> dict[str, str]:
        """What its bytes depend on beside the plan."""
        return environment() | {"opencv": cv2.__version__}

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Paint on, step by step."""
        state.require(plan)
        scenes = write_script(plan)
        sheet = layout(plan.width, plan.height)
        painter: tuple[int, Painter] | None = None
        for job in _jobs(plan)[state.step : plan.steps if upto is None else upto]:
            scene = scenes[job.shot]
            if job.first == job.last:
                made = {_sound_name(job.shot): self._sound(plan, scenes, job.shot)}
            else:
                if painter is None or painter[0] != job.shot:
                    panel = (sheet.panel_width, sheet.panel_height)
                    painter = (job.shot, Painter(scene, *panel, self._cutouts(plan)))
                made = _paint(painter[1], job)
            state = State(state.plan_key, state.step + 1, state.tensors | made, state.environment)
            on_step(state)
        return state

    def preview(self, plan: Plan, state: State) -> Pictures:
        """The last picture painted, on its sheet; none before the first step."""
        state.require(plan)
        painted = [name for name in sorted(state.tensors) if name.startswith("picture.")]
        place, scenes = layout(plan.width, plan.height), write_script(plan)
        if not painted:
            return np.zeros((0, plan.height, plan.width, 3), np.uint8)
        shot, index = (int(part) for part in painted[-1].split(".")[1:])
        sheet = Sheet(scenes[shot], _shots(plan), place, sum(plan.shot_frames[:shot]))
        return sheet.compose(_picture(state, shot, index), index)[None]

    def decode(self, plan: Plan, state: State) -> Clip:
        """Lay every picture on its sheet and master the sound."""
        return self.decode_heeding(plan, state, lambda: None)

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        """The same; ``heed`` is called before each picture, and what it raises ends the work."""
        state.require_finished(plan)
        frames = np.empty((plan.frames, plan.height, plan.width, 3), np.uint8)
        place = layout(plan.width, plan.height)
        for number, finished in enumerate(_finished(plan, state, place)):
            heed()
            frames[number] = finished
        sounds = [state.tensors[_sound_name(shot)].numpy() for shot in range(len(plan.shots))]
        fade = _CUT_FADE_SECONDS if Carried.of(plan) else _END_FADE_SECONDS
        return Clip(frames, master(sounds, fade), plan.fps, plan.sample_rate)

    def _cutouts(self, plan: Plan) -> tuple[Cutout, ...]:
        """The pictures of the cast, in its order."""
        likenesses = [each for each in plan.references if each.use == "likeness"]
        return tuple(standing_free(self._references.cutout(each)) for each in likenesses)

    def _sound(self, plan: Plan, scenes: tuple[Scene, ...], shot: int) -> torch.Tensor:
        first = sum(plan.shot_frames[:shot])
        start = samples_for(first, plan.fps, plan.sample_rate)
        end = samples_for(first + plan.shot_frames[shot], plan.fps, plan.sample_rate)
        heard = shot_sound(scenes, shot, plan, start, end - start, self._narrator)
        return torch.from_numpy(heard)


def _carried(request: SamplingRequest) -> tuple[tuple[str, str], ...]:
    """What a shot by itself takes from its story; a clip of all shots holds it already."""
    if request.story is None:
        return ()
    return carry_over(request.story).settings(read(request.shots[0].prompt))


def _shots(plan: Plan) -> int:
    """How many shots the story has; 0 where this plan is one of them and others may change."""
    return 0 if Carried.of(plan) else len(plan.shots)


def _check(request: SamplingRequest) -> None:
    sides = (request.width, request.height)
    if min(sides) < SIDE_PIXELS_MIN or max(sides) > SIDE_PIXELS_MAX:
        raise RequestOutOfRange(
            f"A side has {SIDE_PIXELS_MIN} to {SIDE_PIXELS_MAX} pixels; "
            f"asked for were {request.width}×{request.height}."
        )
    if request.width * request.height > AREA_PIXELS_MAX:
        raise RequestOutOfRange(
            f"A picture has at most {AREA_PIXELS_MAX} pixels; "
            f"asked for were {request.width}×{request.height}."
        )
    if not FPS_MIN <= request.fps <= FPS_MAX:
        raise RequestOutOfRange(
            f"There are {FPS_MIN} to {FPS_MAX} pictures a second; asked for were {request.fps}."
        )
    seconds = sum(shot.seconds for shot in request.shots)
    if len(request.shots) > SHOTS_MAX or seconds > SECONDS_MAX:
        raise RequestOutOfRange(
            f"A clip has at most {SHOTS_MAX} shots and {SECONDS_MAX:g} seconds; "
            f"asked for were {len(request.shots)} shots and {seconds:g} seconds."
        )


def _jobs(plan: Plan) -> tuple[_Job, ...]:
    """All steps of a plan: the pictures of every shot in order, then the sound of every shot."""
    pictures = [
        _Job(shot, first, min(first + FRAMES_PER_STEP, frames))
        for shot, frames in enumerate(plan.shot_frames)
        for first in range(0, frames, FRAMES_PER_STEP)
    ]
    return (*pictures, *(_Job(shot, 0, 0) for shot in range(len(plan.shots))))


def _paint(painter: Painter, job: _Job) -> dict[str, torch.Tensor]:
    """Pictures of one step as PNG: flat shapes shrink to some sixty kilobytes each."""
    made = {}
    for index in range(job.first, job.last):
        swapped = cv2.cvtColor(painter.paint(index), cv2.COLOR_RGB2BGR)
        done, encoded = cv2.imencode(".png", swapped, _PNG_OPTIONS)
        if not done:
            raise RuntimeError(f"picture {index} of shot {job.shot} could not be written as PNG")
        made[_picture_name(job.shot, index)] = torch.from_numpy(encoded.reshape(-1))
    return made


def _picture(state: State, shot: int, index: int) -> NDArray[np.uint8]:
    encoded = state.tensors[_picture_name(shot, index)].numpy()
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB), np.uint8)


def _finished(plan: Plan, state: State, place: Layout) -> Iterator[NDArray[np.uint8]]:
    scenes, shown = write_script(plan), 0
    for shot, frames in enumerate(plan.shot_frames):
        sheet = Sheet(scenes[shot], _shots(plan), place, shown)
        for index in range(frames):
            yield sheet.compose(_picture(state, shot, index), index)
        shown += frames


def _picture_name(shot: int, index: int) -> str:
    return f"picture.{shot:03d}.{index:05d}"


def _sound_name(shot: int) -> str:
    return f"sound.{shot:03d}"
