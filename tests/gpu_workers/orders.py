"""Small orders that the studio's tests place."""

from __future__ import annotations

import hashlib

from gpu_workers.clip import Clip
from gpu_workers.sampler import Plan, Sampler, SamplingRequest, Shot, State

STORY = ("A red dog runs along the beach at sunset.", "It dances with a robot in the rainy city.")


def order(
    *prompts: str,
    seed: int = 7,
    width: int = 160,
    height: int = 96,
    fps: int = 12,
    seconds: float = 0.8,
) -> SamplingRequest:
    """A request for one shot per prompt."""
    return SamplingRequest(
        generation_id="gen_01JAAAAAAAAAAAAAAAAAAAAAAA",
        shots=tuple(Shot(prompt=prompt, seconds=seconds) for prompt in prompts or STORY),
        width=width,
        height=height,
        fps=fps,
        seed=seed,
    )


def ignore(state: State) -> None:
    """A callback that only watches."""


def sampled(sampler: Sampler, plan: Plan) -> Clip:
    """The clip of a plan, without interruption."""
    return sampler.decode(plan, sampler.advance(plan, sampler.start(plan), ignore))


def fingerprint(clip: Clip) -> str:
    """One hash of all pictures and all sound."""
    return hashlib.sha256(clip.frames.tobytes() + clip.audio.tobytes()).hexdigest()
