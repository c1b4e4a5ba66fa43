"""What every sampler promises: a plan is pure data, and a state is all it takes to go on.

The caller owns patience: ``advance`` calls back after each step, and whatever the callback raises
stops the work there, with nothing left behind. Two runs of one plan give the same bytes, whether
or not they were interrupted, in one process or in several.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import numpy as np
import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from domain.generation.brief import Camera, Line
from domain.generation.reference import ReferenceKind, ReferenceUse
from domain.kernel.errors import Refusal
from domain.kernel.model import PersonalText, Value
from gpu_workers.clip import Clip, Pictures

SEED_MAX: Final = 2**63 - 1


class StateOfAnotherPlan(Refusal):
    """This saved state belongs to another plan."""

    code = "state-of-another-plan"
    stage = "sampling"
    next_step = "Start this plan from its beginning, or hand it a state with its own key."


class StateUnreadable(Refusal):
    """These bytes are not a saved state."""

    code = "state-unreadable"
    stage = "sampling"
    next_step = "Start the plan from its beginning."


class StateUnfinished(Refusal):
    """A state can be decoded when its last step is done."""

    code = "state-unfinished"
    stage = "sampling"
    next_step = "Advance the state to the end of its plan first."


class RequestOutOfRange(Refusal):
    """The sampler cannot make a clip of this kind."""

    code = "request-out-of-range"
    stage = "planning"


class Shot(Value):
    """One shot: what is seen, for how many seconds, who is in it, what is said, and how it is shot.

    ``cast`` are handles, in the order in which their references come. A sampler plans only what
    its card allows of ``cast``, ``lines`` and ``camera``; see ``cards.require.require_direction``.
    ``avoid`` names what somebody of the cast never wants to be seen with: it is no longer in the
    prompt, and a model that can be told so steers away from it.
    """

    prompt: Annotated[PersonalText, Field(repr=False)]
    seconds: float = Field(gt=0, allow_inf_nan=False)
    cast: Annotated[tuple[PersonalText, ...], Field(repr=False)] = ()
    lines: tuple[Line, ...] = ()
    camera: Camera | None = None
    continues: bool = False
    avoid: Annotated[tuple[PersonalText, ...], Field(repr=False)] = ()


class Story(Value):
    """Where a shot that is sampled by itself stands in its story.

    ``number`` counts from 1, ``before`` are the shots before it, and ``seed`` is the story's own.
    A sampler that lets a shot take after them puts what it takes into the plan, and nothing else,
    so that a change elsewhere leaves the plan as it was.
    """

    seed: int = Field(ge=0, le=SEED_MAX)
    number: int = Field(ge=1)
    before: tuple[Shot, ...] = ()


class Reference(Value):
    """Something the clip is made from, named by the SHA-256 of its file.

    A ``likeness`` says who appears; a ``first-frame`` opens the clip; ``remix`` makes the source
    anew and ``keep`` is how much of it stays; ``extend`` goes on where the source ends.
    """

    kind: ReferenceKind
    use: ReferenceUse
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    keep: float = Field(default=0.5, ge=0, le=1)


class SamplingRequest(Value):
    """What a generation asks of the studio; sizes in pixels, ``fps`` in pictures per second."""

    generation_id: str
    shots: tuple[Shot, ...] = Field(min_length=1)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    fps: int = Field(gt=0)
    seed: int = Field(ge=0, le=SEED_MAX)
    references: tuple[Reference, ...] = ()
    story: Story | None = None

    @property
    def numbered(self) -> tuple[tuple[int, Shot], ...]:
        """Each shot with the number, from 1, that it has in its story."""
        return tuple(enumerate(self.shots, self.story.number if self.story else 1))


class Plan(Value):
    """Everything that matters to the clip, decided before any device is taken.

    The same plan gives the same bytes, so its key also names its checkpoints and its result.
    ``settings`` are the sampler's own choices by name, such as guidance.
    """

    model: str
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    shots: tuple[Shot, ...] = Field(min_length=1)
    width: int
    height: int
    fps: int
    sample_rate: int
    seed: int
    steps: int = Field(gt=0)
    references: tuple[Reference, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """SHA-256 of the canonical JSON.

        Fields at their default are left out, so a field that a later version adds with a default
        keeps the keys of older plans.
        """
        content = self.model_dump(mode="json", exclude_defaults=True)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def shot_frames(self) -> tuple[int, ...]:
        """How many pictures each shot gets; rounding never drifts by more than one in all."""
        counts, shown, elapsed = [], 0, 0.0
        for shot in self.shots:
            elapsed += shot.seconds
            end = max(shown + 1, round(elapsed * self.fps))
            counts.append(end - shown)
            shown = end
        return tuple(counts)

    @property
    def frames(self) -> int:
        """How many pictures the whole clip has."""
        return sum(self.shot_frames)


@dataclass(frozen=True)
class State:
    """A plan after ``step`` of its steps: nothing else is needed to go on, here or elsewhere."""

    plan_key: str
    step: int
    tensors: dict[str, torch.Tensor]
    environment: dict[str, str]

    def dump(self) -> bytes:
        """The state as one safetensors file; the same state gives the same bytes."""
        header = {
            "plan_key": self.plan_key,
            "step": str(self.step),
            "environment": json.dumps(self.environment, sort_keys=True),
        }
        # safetensors writes its metadata in no fixed order, so it travels as one entry.
        metadata = {"state": json.dumps(header, sort_keys=True)}
        tensors = {name: self.tensors[name].contiguous() for name in sorted(self.tensors)}
        return save_tensors(tensors, metadata=metadata)

    @staticmethod
    def load(raw: bytes) -> State:
        """Read what ``dump`` wrote. Raises StateUnreadable for anything else."""
        try:
            tensors = load_tensors(raw)
            length = int.from_bytes(raw[:8], "little")
            header = json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["state"])
            return State(
                plan_key=header["plan_key"],
                step=int(header["step"]),
                tensors=tensors,
                environment=json.loads(header["environment"]),
            )
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StateUnreadable(f"There are {len(raw)} bytes.") from error

    def require(self, plan: Plan) -> None:
        """Raise StateOfAnotherPlan unless this is a state of ``plan``."""
        if self.plan_key != plan.key or not 0 <= self.step <= plan.steps:
            raise StateOfAnotherPlan(
                f"It holds step {self.step} of plan {self.plan_key[:12]}; "
                f"asked for was plan {plan.key[:12]} with {plan.steps} steps."
            )

    def differing(self, here: Mapping[str, str]) -> tuple[str, ...]:
        """The names of what is otherwise here than where this state was made.

        What matters here and was not written down there counts; what no longer matters does not.
        """
        return tuple(name for name in sorted(here) if self.environment.get(name) != here[name])

    def require_finished(self, plan: Plan) -> None:
        """Raise StateUnfinished unless every step of ``plan`` is done."""
        self.require(plan)
        if self.step < plan.steps:
            raise StateUnfinished(f"It stands at step {self.step} of {plan.steps}.")


OnStep = Callable[[State], None]
"""Called after each step with the state reached; what it raises stops the work."""


class Sampler(Protocol):
    """A maker of clips. It keeps nothing between two calls that the bytes of a plan depend on."""

    @property
    def name(self) -> str:
        """What requests and plans call it."""
        ...

    def load(self) -> None:
        """Bring weights and tables into memory: once per process, before the first step."""
        ...

    def plan(self, request: SamplingRequest) -> Plan:
        """Decide everything that matters. Raises RequestOutOfRange; needs no ``load``."""
        ...

    def start(self, plan: Plan) -> State:
        """The state before the first step."""
        ...

    def advance(self, plan: Plan, state: State, on_step: OnStep, upto: int | None = None) -> State:
        """Do the steps after ``state.step`` up to ``upto`` (all of them when None).

        Raises StateOfAnotherPlan, and whatever ``on_step`` raises.
        """
        ...

    def preview(self, plan: Plan, state: State) -> Pictures:
        """A cheap look at how far it has come: uint8 [n, height, width, 3], n may be 0."""
        ...

    def decode(self, plan: Plan, state: State) -> Clip:
        """The finished clip. Raises StateOfAnotherPlan, StateUnfinished."""
        ...


def begun(sampler: Sampler, plan: Plan, reached: State | None) -> State:
    """The state to go on from: ``reached``, or that before the first step.

    A sampler whose ``advance`` reads references has a method ``prepare(plan, state)``, which does
    that beforehand, while others have the device; ``start`` does it by itself. What it leaves in
    memory is to be let go with ``forget`` when the job ends, however it ends.
    """
    if reached is None:
        return sampler.start(plan)
    prepare = getattr(sampler, "prepare", None)
    if prepare is not None:
        prepare(plan, reached)
    return reached


def forget(sampler: Sampler, plan: Plan) -> None:
    """Let go of what ``prepare`` or ``start`` left in memory, where a sampler keeps something."""
    let_go = getattr(sampler, "forget", None)
    if let_go is not None:
        let_go(plan)


def decoded(sampler: Sampler, plan: Plan, state: State, heed: Callable[[], None]) -> Clip:
    """The finished clip, unless ``heed`` raises meanwhile.

    A sampler that decodes for long has a method ``decode_heeding(plan, state, heed)`` and calls
    ``heed`` between two of its pieces; others are heard before and after.
    """
    heed()
    piecewise = getattr(sampler, "decode_heeding", None)
    clip: Clip = sampler.decode(plan, state) if piecewise is None else piecewise(plan, state, heed)
    heed()
    return clip


def surroundings(sampler: Sampler) -> dict[str, str]:
    """What the bytes of this sampler may depend on, here.

    A sampler that depends on more, or on nothing, has a method ``surroundings()``.
    """
    own = getattr(sampler, "surroundings", None)
    return environment() if own is None else dict(own())


def environment() -> dict[str, str]:
    """What bit-identity may depend on: a state keeps it and is not continued where it differs."""
    return {
        "machine": platform.machine(),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }
