"""The body of a request for a video: strict about types, and held to the limits of a brief."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from domain.generation.brief import (
    FPS_MAX,
    FPS_MIN,
    PIXELS_MAX,
    PROMPT_CHARACTERS_MAX,
    SECONDS_MAX,
    SEED_MAX,
    SHOT_SECONDS_MIN,
    SHOTS_MAX,
    SIDE_MAX,
    SIDE_MIN,
    SIDE_MULTIPLE,
    Brief,
)
from gpu_workers import registry
from infra.api.problems import FieldProblem, Trouble
from infra.api.validation import invalid

_STRICT: Final = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

Prompt = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PROMPT_CHARACTERS_MAX),
    Field(description="What to show, in words.", examples=["A dog runs along the beach at dawn"]),
]
Seconds = Annotated[
    float,
    Field(ge=SHOT_SECONDS_MIN, le=SECONDS_MAX, allow_inf_nan=False, description="In seconds."),
]
Side = Annotated[int, Field(ge=SIDE_MIN, le=SIDE_MAX, multiple_of=SIDE_MULTIPLE)]


class ShotRequest(BaseModel):
    """One take of the camera."""

    model_config = _STRICT

    prompt: Prompt
    seconds: Seconds = 3.0


class GenerationRequest(BaseModel):
    """A prompt, and how it is to be shot. Only the prompt has to be given."""

    model_config = _STRICT | {
        "json_schema_extra": {
            "examples": [
                {"prompt": "A dog runs along the beach at dawn", "seconds": 4, "seed": 7},
                {
                    "prompt": "A lighthouse keeper's evening",
                    "shots": [
                        {"prompt": "A lighthouse in the rain", "seconds": 2.5},
                        {"prompt": "A lamp is lit; a boat turns home", "seconds": 3},
                    ],
                    "width": 1024,
                    "height": 576,
                },
            ]
        }
    }

    prompt: Prompt
    seconds: Seconds | None = Field(
        default=None, description="How long the one shot lasts; with `shots`, each says its own."
    )
    shots: Annotated[list[ShotRequest], Field(max_length=SHOTS_MAX)] = Field(
        default=[],
        description=f"At most {SHOTS_MAX}, together at most {SECONDS_MAX:g} seconds. "
        "Without them the whole prompt is one shot.",
    )
    width: Side = Field(default=640, description=f"In pixels; width x height <= {PIXELS_MAX}.")
    height: Side = Field(default=368, description="In pixels.")
    fps: Annotated[int, Field(ge=FPS_MIN, le=FPS_MAX)] = Field(
        default=24, description="Frames per second."
    )
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] | None = Field(
        default=None, description="The same seed and request give the same video."
    )
    sampler: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = Field(
        default="animatic", description="Who makes the pictures."
    )

    def brief(self) -> Brief:
        """The domain's brief. Raises ``Trouble`` that names each field and its limit."""
        if found := [each for each in (self._length(), self._area(), self._maker()) if each]:
            raise Trouble("request-invalid", f"{found[0].field}: {found[0].message}.", errors=found)
        given = self.model_dump(exclude={"seconds"}, exclude_unset=True)
        if self.seconds is not None:
            given["shots"] = [{"prompt": self.prompt, "seconds": self.seconds}]
        try:
            return Brief.model_validate(given)
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None

    def _length(self) -> FieldProblem | None:
        if self.shots and self.seconds is not None:
            message = "cannot stand beside shots, which say their own"
            return FieldProblem(field="seconds", message=message)
        if (total := sum(shot.seconds for shot in self.shots)) > SECONDS_MAX:
            return FieldProblem(
                field="shots",
                message=f"last {total:g} seconds together",
                limit=f"{SECONDS_MAX:g} seconds",
            )
        return None

    def _area(self) -> FieldProblem | None:
        if (pixels := self.width * self.height) > PIXELS_MAX:
            return FieldProblem(
                field="width", message=f"times height is {pixels} pixels", limit=f"{PIXELS_MAX}"
            )
        return None

    def _maker(self) -> FieldProblem | None:
        if self.sampler not in registry.names():
            return FieldProblem(
                field="sampler",
                message="is not one of the samplers",
                limit=", ".join(registry.names()),
            )
        return None
