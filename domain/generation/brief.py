"""The brief: what somebody asks to see and hear, with every limit that it is held to."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from domain.kernel.model import Personal, Value

PROMPT_CHARACTERS_MAX: Final = 4000
SHOTS_MAX: Final = 8
SHOT_SECONDS_MIN: Final = 0.5
SECONDS_MAX: Final = 20.0
SIDE_MIN: Final = 64
SIDE_MAX: Final = 1280
PIXELS_MAX: Final = 1280 * 720
SIDE_MULTIPLE: Final = 16
FPS_MIN: Final = 8
FPS_MAX: Final = 30
SEED_MAX: Final = 2**32 - 1

Prompt = Annotated[
    str, Personal(), StringConstraints(min_length=1, max_length=PROMPT_CHARACTERS_MAX)
]
Side = Annotated[int, Field(ge=SIDE_MIN, le=SIDE_MAX, multiple_of=SIDE_MULTIPLE)]


def _spoken(text: str) -> str:
    if not text.strip():
        raise ValueError("the prompt is blank; say what should be seen")
    if "\x00" in text:
        raise ValueError("the prompt contains a NUL character, which no text may hold")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as broken:
        raise ValueError(f"the prompt is not valid Unicode at character {broken.start}") from None
    return text


class Shot(Value):
    """One take of the camera: what it shows, and for how many seconds."""

    prompt: Prompt
    seconds: Annotated[float, Field(ge=SHOT_SECONDS_MIN, le=SECONDS_MAX, allow_inf_nan=False)] = 3.0

    _is_spoken = field_validator("prompt")(_spoken)


class Brief(Value):
    """A prompt, and how it is to be shot. Only the prompt has to be given.

    Sizes are in pixels, durations in seconds. Without ``shots`` the whole prompt is one shot.
    """

    prompt: Prompt
    shots: Annotated[tuple[Shot, ...], Field(max_length=SHOTS_MAX)] = ()
    width: Side = 640
    height: Side = 368
    fps: Annotated[int, Field(ge=FPS_MIN, le=FPS_MAX)] = 24
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] | None = None
    sampler: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = "animatic"

    _is_spoken = field_validator("prompt")(_spoken)

    @model_validator(mode="before")
    @classmethod
    def _one_shot(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("shots") and "prompt" in given:
            return {**given, "shots": ({"prompt": given["prompt"]},)}
        return given

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if self.seconds > SECONDS_MAX:
            raise ValueError(
                f"the shots last {self.seconds:g} seconds together; {SECONDS_MAX:g} is the most"
            )
        if self.width * self.height > PIXELS_MAX:
            raise ValueError(
                f"{self.width}x{self.height} is {self.width * self.height} pixels; "
                f"{PIXELS_MAX} is the most"
            )
        return self

    @property
    def seconds(self) -> float:
        """How long all shots last together."""
        return sum(shot.seconds for shot in self.shots)

    def seed_for(self, generation_id: str) -> int:
        """The seed that was asked for, or one that follows from the generation's id."""
        if self.seed is not None:
            return self.seed
        return int.from_bytes(hashlib.sha256(generation_id.encode()).digest()[:4], "big")
