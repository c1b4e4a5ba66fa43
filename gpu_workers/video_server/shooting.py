"""The jobs of one plan from their beginning to their films: begun or found, followed, fetched.

Where a server keeps no mark of ours, the jobs that it has are noted before it is asked: whoever
finds the note later takes what came on top for ours, and asks for nothing twice. The first step is
done when the ids of all jobs are known: they are handed to the caller before the
server is asked how far any of them is, so that whoever goes on from that state attaches to the same
jobs. Then each shot has ten steps as its progress passes tenths, and one when its film is here and
whole.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Sequence
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


def stood_name(shot: int) -> str:
    """The tensor with the ids of the jobs like a shot's that stood before the server was asked."""
    return f"stood.{shot:03d}"


def job_ids(state: State) -> tuple[str, ...]:
    """The jobs that a state points to."""
    return tuple(_ascii(state, name) for name in sorted(state.tensors) if name.startswith("job."))


def entrusted(state: State) -> tuple[str, ...]:
    """The jobs that a state points to, and the notes of those that are about to be asked for."""
    names = [name for name in sorted(state.tensors) if name.startswith(("job.", "stood."))]
    return tuple(f"{name} {_ascii(state, name)}" for name in names)


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
        asked_before = self._noted(*range(len(self.orders)))
        begun: list[str] = []
        try:
            for shot in range(len(self.orders)):
                begun.append(self._begun(shot, asked_before, begun))
        except Exception:  # nobody would ever learn these ids
            self._take_back(*begun)
            raise
        self._advance({job_name(shot): _tensor(job_id) for shot, job_id in enumerate(begun)})

    def _begin_anew_what_is_gone(self, shot: int) -> None:
        """A job that ended badly while nobody looked goes back to its beginning."""
        found = self._look(shot)
        if found is None or found.status is Status.FAILED:
            begun = self._begun(shot, self._noted(shot), job_ids(self.state))
            self._move(1 + shot * STEPS_PER_SHOT, {job_name(shot): _tensor(begun)})

    def _noted(self, *shots: int) -> bool:
        """Note which jobs like ours stand already; whether an attempt before this one did.

        No note is made where it would not help: the server keeps our mark, or tells no prompts, or
        takes pictures, which no record names.
        """
        engine, tensors = self.settings.engine, self.state.tensors
        if engine.marker is not None or not engine.tells_prompt or self.settings.takes_picture:
            return False
        if all(stood_name(shot) in tensors for shot in shots):
            return True
        stood = {
            stood_name(shot): _tensor("\n".join(job.id for job in self._alike(shot)))
            for shot in shots
        }
        self._show(State(self.state.plan_key, self.state.step, tensors | stood, self._environment))
        return False

    def _begun(self, shot: int, asked_before: bool, taken: Collection[str]) -> str:
        """The id of this shot's job: one that was asked for before, or a new one."""
        order = self.orders[shot]
        is_marked = self.settings.engine.marker is not None
        found = self._found(shot, taken) if asked_before or is_marked else None
        if found is not None:
            return found.id
        try:
            return self._asked(lambda: self.client.submit(order)).id
        except SubmissionUncertain:
            found = self._found(shot, taken)
            if found is None:
                raise
            return found.id

    def _found(self, shot: int, taken: Collection[str]) -> Job | None:
        """The job of this shot whose id never came here, where that can be known."""
        if self.settings.engine.marker is not None:
            return self._asked(lambda: self.client.find(self.orders[shot].mark))
        if stood_name(shot) not in self.state.tensors:
            return None
        known = {*_ascii(self.state, stood_name(shot)).split("\n"), *taken}
        new = [
            job
            for job in self._alike(shot)
            if job.id not in known and job.status not in (Status.FAILED, Status.GONE)
        ]
        return new[0] if len(new) == 1 else None  # of several, nobody can say which is ours

    def _alike(self, shot: int) -> list[Job]:
        return self._asked(lambda: self.client.alike(self.orders[shot]))

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
        self._move(self.state.step + 1, made)

    def _move(self, step: int, made: dict[str, torch.Tensor]) -> None:
        """Stand at this step with what was made; notes of what was asked for are used up."""
        kept = {n: each for n, each in self.state.tensors.items() if not n.startswith("stood.")}
        self._show(State(self.state.plan_key, step, kept | made, self._environment))

    def _show(self, state: State) -> None:
        self.state = state
        self._still_wanted()

    @property
    def _environment(self) -> dict[str, str]:
        return self.state.environment

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


def _tensor(ascii: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(ascii.encode("ascii"), np.uint8).copy())


def _ascii(state: State, name: str) -> str:
    return bytes(state.tensors[name].numpy()).decode("ascii")
