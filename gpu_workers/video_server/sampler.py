"""The sampler that lets a server of videos do the work, and follows it wherever the studio goes.

A state holds the ids of the server's jobs and the bytes of the films that are here, so a worker
that goes on from it attaches to the same jobs. The same job gives the same bytes; whether another
job of the same plan does is the server's affair.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from gpu_workers.cards import registry as cards
from gpu_workers.cards.card import Direction
from gpu_workers.cards.refusals import ReferencesNotTaken
from gpu_workers.cards.require import require_direction, require_licence
from gpu_workers.clip import Clip, Pictures, Sound, samples_for
from gpu_workers.references import FolderReferences, fitted
from gpu_workers.sampler import (
    SEED_MAX,
    OnStep,
    Plan,
    RequestOutOfRange,
    SamplingRequest,
    State,
)
from gpu_workers.video_server.client import VideoServerClient
from gpu_workers.video_server.film import SAMPLE_RATE, Wanted, exactly, read_pictures, read_sound
from gpu_workers.video_server.form import Order
from gpu_workers.video_server.refusals import VideoServerLicenceNotDeclared
from gpu_workers.video_server.settings import OWN_DUTY, VideoServerSettings
from gpu_workers.video_server.settings import Sound as SoundChoice
from gpu_workers.video_server.shooting import (
    OnWithdrawal,
    Shooting,
    entrusted,
    film_name,
    job_ids,
    steps_for,
)
from gpu_workers.video_server.withdrawal import Outcome, Withdrawal, withdraw

NAME: Final = "video-server"
CLIP_BYTES_MAX: Final = 2 << 30
_MARK_DIGITS: Final = 32

_log = logging.getLogger(__name__)


def log_withdrawal(withdrawal: Withdrawal) -> None:
    """Tell the operator when a GPU works on for nobody, or a film may have stayed behind."""
    if withdrawal.outcome is not Outcome.ENDED or withdrawal.film_may_remain:
        _log.warning(
            "video server job %s taken back: %s, film may remain: %s",
            withdrawal.job_id,
            withdrawal.outcome,
            withdrawal.film_may_remain,
        )


class VideoServerSampler:
    """One job per shot on a server that speaks ``/v1/videos``."""

    needs_device = False
    """The device is the server's: the studio's own is free meanwhile."""

    def __init__(
        self, settings: VideoServerSettings, on_withdrawal: OnWithdrawal = log_withdrawal
    ) -> None:
        self._settings, self._on_withdrawal = settings, on_withdrawal

    @staticmethod
    def configured() -> VideoServerSampler:
        """One for the server in ``CALLSHEET_VIDEO_SERVER_*``. Raises VideoServerNotConfigured."""
        return VideoServerSampler(VideoServerSettings.read(os.environ))

    @property
    def name(self) -> str:
        """The name that requests and plans use."""
        return NAME

    def load(self) -> None:
        """The weights are the server's."""

    def plan(self, request: SamplingRequest) -> Plan:
        """Decide the clip. Raises RequestOutOfRange, ReferencesNotTaken, with the limit passed.

        Raises VideoServerLicenceNotDeclared, CardMissing, and what a declared licence refuses. No
        server can be asked for its weights: the plan holds the operator's name for them.
        """
        settings = self._settings
        _require_licence(settings)
        _check(request, settings)
        plan = Plan(
            model=NAME,
            weights_sha256=hashlib.sha256(settings.revision.encode()).hexdigest(),
            shots=request.shots,
            width=request.width,
            height=request.height,
            fps=request.fps,
            sample_rate=SAMPLE_RATE,
            seed=request.seed,
            steps=steps_for(len(request.shots)),
            references=request.references,
            settings=(
                ("engine", settings.engine.name),
                ("model", settings.model),
                ("sound", settings.sound.value),
            ),
        )
        if plan.frames * plan.width * plan.height * 3 > CLIP_BYTES_MAX:
            raise RequestOutOfRange(
                f"{plan.frames} pictures of {plan.width}×{plan.height} are more than "
                f"{CLIP_BYTES_MAX >> 20} MiB; ask for fewer seconds or a smaller size."
            )
        return plan

    def start(self, plan: Plan) -> State:
        """No job yet: the first step begins them, so a plan that is never run costs nothing."""
        return State(plan.key, 0, {}, self.surroundings())

    def surroundings(self) -> dict[str, str]:
        """Nothing here: the bytes are the server's, and starting over would make them twice."""
        return {}

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Have the shots made and bring their films here.

        ``on_step`` may be called again with the step reached while the server has nothing new, so
        that a stop is heard, and with an earlier step where a job was lost and is made again. An
        exception from it takes the jobs back, unless it has a true ``goes_on_elsewhere``. Raises
        what ``Shooting.run`` raises.
        """
        state.require(plan)
        shots = range(len(plan.shots))
        with VideoServerClient(self._settings) as client:
            shooting = Shooting(
                client=client,
                settings=self._settings,
                state=state,
                orders=[self._order(plan, shot) for shot in shots],
                wanted=[_wanted(plan, shot) for shot in shots],
                on_step=on_step,
                on_withdrawal=self._on_withdrawal,
            )
            return shooting.run(plan.steps if upto is None else upto)

    def preview(self, plan: Plan, state: State) -> Pictures:
        """The last picture that has come; a grey one while jobs run and no film is here."""
        state.require(plan)
        come = [shot for shot in range(len(plan.shots)) if film_name(shot) in state.tensors]
        if come:
            return _pictures(plan, state, come[-1])[-1:]
        if state.step == 0:
            return np.zeros((0, plan.height, plan.width, 3), np.uint8)
        return np.full((1, plan.height, plan.width, 3), 128, np.uint8)

    def decode(self, plan: Plan, state: State) -> Clip:
        """The films, one after the other, at the plan's size and rate."""
        return self.decode_heeding(plan, state, lambda: None)

    def decode_heeding(self, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
        """The same; ``heed`` is called before each film, and what it raises ends the work."""
        state.require_finished(plan)
        pictures = []
        for shot in range(len(plan.shots)):
            heed()
            pictures.append(_pictures(plan, state, shot))
        frames = np.concatenate(pictures)
        sounds = [self._sound(plan, state, shot) for shot in range(len(plan.shots))]
        return Clip(frames, np.concatenate(sounds, axis=1), plan.fps, plan.sample_rate)

    def entrusted(self, state: State) -> tuple[str, ...]:
        """The jobs that the server does for this state, or is about to be asked for."""
        return entrusted(state)

    def release(self, plan: Plan, state: State) -> tuple[Withdrawal, ...]:
        """Remove the jobs and their films from the server, once the clip is kept elsewhere."""
        state.require(plan)
        with VideoServerClient(self._settings) as client:
            done = tuple(withdraw(client, self._settings, each) for each in job_ids(state))
        for each in done:
            self._on_withdrawal(each)
        return done

    def _order(self, plan: Plan, shot: int) -> Order:
        wanted, stride = _wanted(plan, shot), self._settings.frame_stride
        return Order(
            prompt=plan.shots[shot].prompt,
            width=plan.width,
            height=plan.height,
            frames=-(-(wanted.frames - 1) // stride) * stride + 1,
            fps=plan.fps,
            seconds=-(-wanted.frames // plan.fps),
            seed=(plan.seed + shot) % (SEED_MAX + 1),
            mark=_mark(plan, shot),
            picture=self._first_picture(plan) if shot == 0 else None,
        )

    def _first_picture(self, plan: Plan) -> bytes | None:
        """The picture that opens the clip, cut to its size, as PNG. Raises ReferenceUnreadable."""
        if not plan.references:
            return None
        folder = FolderReferences(self._settings.references)
        picture = fitted(folder.picture(plan.references[0]), plan.width, plan.height)[0]
        done, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if not done:
            raise RuntimeError("the first picture of a clip could not be written as PNG")
        return bytes(encoded)

    def _sound(self, plan: Plan, state: State, shot: int) -> Sound:
        first = sum(plan.shot_frames[:shot])
        start = samples_for(first, plan.fps, plan.sample_rate)
        end = samples_for(first + plan.shot_frames[shot], plan.fps, plan.sample_rate)
        silent = self._settings.sound is SoundChoice.SILENT
        return exactly(None if silent else read_sound(_film(state, shot)), end - start)


def _require_licence(settings: VideoServerSettings) -> None:
    """No server can be asked for the terms of its model, so the operator declares them."""
    if not settings.licence:
        raise VideoServerLicenceNotDeclared(f"The cards are: {', '.join(cards.names())}.")
    if settings.licence != OWN_DUTY:
        require_licence(cards.card(settings.licence).licence, settings.operation)


def _check(request: SamplingRequest, settings: VideoServerSettings) -> None:
    sides = (request.width, request.height)
    if max(sides) > settings.side_pixels_max or any(side % 2 for side in sides):
        raise RequestOutOfRange(
            f"A side has an even number of pixels up to {settings.side_pixels_max}; "
            f"asked for were {request.width}×{request.height}."
        )
    for number, shot in request.numbered:
        if shot.seconds > settings.shot_seconds_max:
            raise RequestOutOfRange(
                f"A shot lasts at most {settings.shot_seconds_max:g} seconds; "
                f"shot {number} asks for {shot.seconds:g}."
            )
        if not 0 < len(shot.prompt.strip()) <= settings.prompt_characters_max:
            raise RequestOutOfRange(
                f"A prompt has 1 to {settings.prompt_characters_max} characters; "
                f"that of shot {number} has {len(shot.prompt.strip())}."
            )

    goes_on = settings.takes_picture and settings.engine.takes_picture
    require_direction("This server", Direction(continues=goes_on), request.numbered)
    kinds = [(each.kind, each.use) for each in request.references]
    taken = settings.takes_picture and settings.engine.takes_picture
    if kinds and (not taken or kinds != [("picture", "first-frame")]):
        raise ReferencesNotTaken(
            "It takes one picture to begin with." if taken else "This server takes none."
        )


def _wanted(plan: Plan, shot: int) -> Wanted:
    return Wanted(plan.width, plan.height, plan.shot_frames[shot], plan.fps)


def _mark(plan: Plan, shot: int) -> str:
    """A word of ours for one shot of one plan, from which nothing can be read.

    Two generations of the same plan share it, and so a job; where one takes it back, the other
    finds it lost and has it made again.
    """
    digits = hashlib.sha256(f"{plan.key}/{shot}".encode()).hexdigest()[:_MARK_DIGITS]
    return f"callsheet-{digits}"


def _film(state: State, shot: int) -> bytes:
    return bytes(state.tensors[film_name(shot)].numpy())


def _pictures(plan: Plan, state: State, shot: int) -> Pictures:
    return read_pictures(_film(state, shot), _wanted(plan, shot))
