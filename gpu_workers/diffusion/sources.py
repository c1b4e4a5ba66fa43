"""What a shot is made from besides its prompt, and the sound that is added where none is made."""

from __future__ import annotations

import threading

import numpy as np

from gpu_workers.animatic.narration import Narrator
from gpu_workers.animatic.script import write_script
from gpu_workers.animatic.sound import SAMPLE_RATE, master, shot_sound
from gpu_workers.clip import Pictures, Sound
from gpu_workers.diffusion.family import Canvas, Sources
from gpu_workers.references import References, Screen, fitted, held_to
from gpu_workers.sampler import Plan


def sources_for(
    plan: Plan, shot: int, canvas: Canvas, references: References, moving_likenesses: bool = False
) -> Sources:
    """The references of one shot, fitted to its canvas. Raises ReferenceUnreadable.

    Likenesses appear in every shot and a remix runs through all of them; only the first shot
    begins with a picture or goes on from a clip.
    """
    first: Pictures | None = None
    tail: Pictures | None = None
    remix: Pictures | None = None
    keep, likenesses = 0.0, []
    screen = Screen(canvas.width, canvas.height, canvas.fps)
    for each in plan.references:
        if each.use == "likeness":
            if moving_likenesses and each.kind == "clip":
                likenesses.append(references.clip(each, screen, 0.0, canvas.frames))
            else:
                likenesses.append(references.picture(each))
        elif each.use == "first-frame" and shot == 0:
            first = fitted(references.picture(each), canvas.width, canvas.height)
        elif each.use == "extend" and shot == 0:
            tail = _padded(references.ending(each, screen, canvas.lead), canvas.lead)
        elif each.use == "remix":
            passed = sum(plan.shot_frames[:shot]) / plan.fps
            source = references.clip(each, screen, passed, canvas.frames)
            remix, keep = held_to(source, canvas.frames), each.keep
    return Sources(first, tail, remix, keep, tuple(likenesses))


class Fitted:
    """Sources that were fitted before their job's turn on the device; each is taken once.

    They are a few at most, and those of a job that was stopped are forgotten with it.
    Nothing depends on them. Whoever finds none, as in another process, fits them again.
    """

    def __init__(self, most: int = 2) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: dict[tuple[str, int], Sources] = {}

    def has(self, plan: Plan, shot: int) -> bool:
        """Whether those of this shot are here."""
        with self._lock:
            return (plan.key, shot) in self._kept

    def keep(self, plan: Plan, shot: int, sources: Sources) -> None:
        """Keep them until they are taken or too many others came."""
        with self._lock:
            self._kept[plan.key, shot] = sources
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def take(self, plan: Plan, shot: int) -> Sources | None:
        """Those of this shot, which are forgotten here."""
        with self._lock:
            return self._kept.pop((plan.key, shot), None)

    def forget(self, plan: Plan) -> None:
        """Let go of all that was fitted for this plan."""
        with self._lock:
            self._kept = {each: kept for each, kept in self._kept.items() if each[0] != plan.key}


def _padded(pictures: Pictures, count: int) -> Pictures:
    """``count`` pictures; a shorter clip is preceded by its first one, held."""
    missing = count - len(pictures)
    return np.concatenate([np.repeat(pictures[:1], missing, axis=0), pictures])


class Added:
    """Sound for models that make none: the animatic's narrator and foley, or silence by choice."""

    def __init__(self) -> None:
        self._narrator = Narrator()

    def load(self) -> None:
        """Bring the voice into memory."""
        self._narrator.load()

    def sound(self, plan: Plan, shot: int, first: int, samples: int) -> Sound:
        """One shot as float32 [2, samples]; ``first`` is its first sample in the clip."""
        if dict(plan.settings).get("sound") != "drawn" or plan.sample_rate != SAMPLE_RATE:
            return np.zeros((2, samples), np.float32)
        return master([shot_sound(write_script(plan), shot, plan, first, samples, self._narrator)])
