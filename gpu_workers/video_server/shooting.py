"""The jobs of one plan from their beginning to their films: begun or found, followed, fetched.

The first step is done when the ids of all jobs are known: they are handed to the caller before the
server is asked how far any of them is, so that whoever goes on from that state attaches to the same
jobs. Then each shot has ten steps as its progress passes tenths, and one when its film is here and
whole.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch

from gpu_workers.sampler import OnStep, State
from gpu_workers.video_server.answers import Job, Status
from gpu_workers.video_server.client import VideoServerClient
from gpu_workers.video_server.film import Wanted, probe_film, require_suitable
from gpu_workers.video_server.form import Order
from gpu_workers.video_server.patience import patiently, pause
from gpu_workers.video_server.refusals import (
    SubmissionUncertain,
    VideoFilmUnsuitable,
    VideoJobFailed,
    VideoJobLost,
    VideoJobStuck,
    VideoRequestRejected,
)
from gpu_workers.video_server.settings import Sound, VideoServerSettings
from gpu_workers.video_server.withdrawal import Withdrawal, withdraw

STEPS_PER_SHOT: Final = 11
_TENTHS: Final = 10
_FETCHES_MAX: Final = 3
_BREATH_SECONDS: Final = 0.5
"""How long a film may come in before the caller is asked again whether it is still wanted."""

OnWithdrawal = Callable[[Withdrawal], None]
Answer = TypeVar("Answer")


def steps_for(shots: int) -> int:
    """How many steps a plan of so many shots has."""
    return 1 + shots * STEPS_PER_SHOT


def job_name(shot: int) -> str:
    """The tensor that holds a shot's job id, as uint8 ASCII."""
    return f"job.{shot:03d}"


def film_name(shot: int) -> str:
    """The tensor that holds a shot's film, as the bytes of its file."""
    return f"film.{shot:03d}"


def job_ids(state: State) -> tuple[str, ...]:
    """The jobs that a state points to."""
    return tuple(_ascii(state, name) for name in sorted(state.tensors) if name.startswith("job."))


def goes_on_elsewhere(stop: BaseException) -> bool:
    """Whether what stopped the work says that another worker continues from the saved state.

    Then the jobs are left running for it; any other stop takes them back.
    """
    return bool(getattr(stop, "goes_on_elsewhere", False))


@dataclass
class Shooting:
    """The work on one plan: an order and what is wanted for each shot; ``state`` moves on."""

    client: VideoServerClient
    settings: VideoServerSettings
    state: State
    orders: Sequence[Order]
    wanted: Sequence[Wanted]
    on_step: OnStep
    on_withdrawal: OnWithdrawal

    def run(self, upto: int) -> State:
        """Go on to step ``upto``.

        Raises VideoJobLost, VideoJobFailed, VideoJobStuck, VideoAnswerUnreadable and
        VideoServerUnavailable for another attempt, the refusals of this package, and whatever
        ``on_step`` raises.
        """
        if self.state.step == 0 < upto:
            self._begin_all()
        while self.state.step < upto:
            shot = (self.state.step - 1) // STEPS_PER_SHOT
            self._begin_anew_what_is_gone(shot)
            if self._follow(shot, upto):
                self._take_home(shot)
        return self.state

    def _begin_all(self) -> None:
        begun: dict[str, torch.Tensor] = {}
        try:
            for shot in range(len(self.orders)):
                begun[job_name(shot)] = self._begun(shot)
        except Exception:  # nobody would ever learn these ids
            self._take_back(*(bytes(each.numpy()).decode("ascii") for each in begun.values()))
            raise
        self._advance(begun)

    def _begin_anew_what_is_gone(self, shot: int) -> None:
        """A job that ended badly while nobody looked goes back to its beginning."""
        found = self._look(shot)
        if found is None or found.status is Status.FAILED:
            tensors = self.state.tensors | {job_name(shot): self._begun(shot)}
            step = 1 + shot * STEPS_PER_SHOT
            self.state = State(self.state.plan_key, step, tensors, self.state.environment)
            self._still_wanted()

    def _begun(self, shot: int) -> torch.Tensor:
        order = self.orders[shot]
        job = self._asked(lambda: self.client.find(order.mark)) or self._submitted(order)
        return torch.from_numpy(np.frombuffer(job.id.encode("ascii"), np.uint8).copy())

    def _submitted(self, order: Order) -> Job:
        try:
            return self._asked(lambda: self.client.submit(order))
        except SubmissionUncertain:
            found = self._asked(lambda: self.client.find(order.mark))
            if found is None:
                raise
            return found

    def _follow(self, shot: int, upto: int) -> bool:
        """Step as the job does; whether its film is ready and the next step."""
        began, first = time.monotonic(), 1 + shot * STEPS_PER_SHOT
        while self.state.step < upto:
            job, known = self._alive(shot), self.state.step
            reached = first + job.percent * _TENTHS // 100
            while self.state.step < min(reached, upto):
                self._advance({})
            if job.status is Status.COMPLETED:
                return self.state.step < upto
            if self.state.step == known:
                self._still_wanted()
            if time.monotonic() - began > self.settings.job_seconds_max:
                self._take_back(self._job_id(shot))
                raise VideoJobStuck(f"It took {self.settings.job_seconds_max:g} s and more.")
            if self.state.step < upto:
                time.sleep(self.settings.poll_seconds)
        return False

    def _alive(self, shot: int) -> Job:
        job = self._look(shot)
        if job is None:
            raise VideoJobLost("The server does not know it.")
        if job.status is Status.FAILED:
            self._take_back(job.id)
            if job.faulted:
                raise VideoRequestRejected("Its job failed by the request's fault.")
            raise VideoJobFailed
        return job

    def _take_home(self, shot: int) -> None:
        folder = self.settings.scratch
        with tempfile.TemporaryDirectory(dir=folder, prefix="video-server-") as scratch:
            path = Path(scratch) / "film.mp4"
            try:
                self._fetch_whole(shot, path)
            except (VideoJobLost, VideoFilmUnsuitable):
                self._take_back(self._job_id(shot))
                raise
            film = torch.from_numpy(np.fromfile(path, np.uint8))
        self._advance({film_name(shot): film})

    def _fetch_whole(self, shot: int, path: Path) -> None:
        """A film that is missing or cut short may only be late: it is asked for again."""
        job_id, settings = self._job_id(shot), self.settings
        for fetch in range(1, _FETCHES_MAX + 1):
            try:
                self._asked(lambda: self.client.fetch(job_id, path, self._now_and_then()))
                facts = probe_film(path)
            except VideoJobLost:
                if fetch == _FETCHES_MAX:
                    raise
                pause(fetch * settings.poll_seconds, settings.poll_seconds, self._still_wanted)
                continue
            require_suitable(facts, self.wanted[shot], settings.sound is Sound.REQUIRED)
            return

    def _advance(self, made: dict[str, torch.Tensor]) -> None:
        before = self.state
        self.state = State(
            before.plan_key, before.step + 1, before.tensors | made, before.environment
        )
        self._still_wanted()

    def _still_wanted(self) -> None:
        """Show the caller where this stands, perhaps again; if it stops here, so do the jobs."""
        try:
            self.on_step(self.state)
        except Exception as stop:
            if not goes_on_elsewhere(stop):
                self._take_back(*job_ids(self.state))
            raise

    def _now_and_then(self) -> Callable[[], None]:
        """Ask the caller again, but not for every packet."""
        asked = time.monotonic()

        def ask() -> None:
            nonlocal asked
            if time.monotonic() - asked > _BREATH_SECONDS:
                asked = time.monotonic()
                self._still_wanted()

        return ask

    def _take_back(self, *ids: str) -> None:
        for job_id in ids:
            self.on_withdrawal(withdraw(self.client, self.settings, job_id))

    def _look(self, shot: int) -> Job | None:
        return self._asked(lambda: self.client.look(self._job_id(shot)))

    def _job_id(self, shot: int) -> str:
        return _ascii(self.state, job_name(shot))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        settings = self.settings
        return patiently(
            ask, settings.patience_seconds_max, settings.poll_seconds, self._still_wanted
        )


def _ascii(state: State, name: str) -> str:
    return bytes(state.tensors[name].numpy()).decode("ascii")
