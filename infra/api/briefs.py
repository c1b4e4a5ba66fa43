"""The body of a request for a video: strict about types, and held to the limits of a brief."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from domain.generation.brief import (
    CAST_MAX,
    FPS_MAX,
    FPS_MIN,
    LINE_CHARACTERS_MAX,
    LINE_CHARACTERS_PER_SECOND_MAX,
    LINES_MAX,
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
    Camera,
    Destination,
    Handle,
    Language,
)
from domain.generation.refusals import ShotUnknown
from domain.generation.revision import revised
from domain.kernel.surface import FEED, Surface
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


class LineRequest(BaseModel):
    """Words that are spoken in a shot."""

    model_config = _STRICT

    text: Annotated[str, StringConstraints(min_length=1, max_length=LINE_CHARACTERS_MAX)] = Field(
        description="What is said, of at most "
        f"{LINE_CHARACTERS_PER_SECOND_MAX} characters for each second that is left for it."
    )
    speaker: Handle | None = Field(
        default=None, description="One of the shot's cast; without one, a voice that nobody owns."
    )
    language: Language = "en"
    at: Annotated[float, Field(ge=0, le=SECONDS_MAX, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Seconds from the shot's beginning; else it follows the line before it.",
    )


Cast = Annotated[list[Handle], Field(max_length=CAST_MAX)]
Lines = Annotated[list[LineRequest], Field(max_length=LINES_MAX)]
_CAST: Final = "Who is in it, by handle, such as `@ada`. A sampler that shows nobody refuses."
_LINES: Final = "What is said. A sampler that does not speak the language refuses."
_CAMERA: Final = "How the camera moves; without it, the prompt and the sampler decide."
_CONTINUES: Final = "Go on from the end of the shot before, where the sampler can."


class ShotRequest(BaseModel):
    """One take of the camera. What a sampler cannot do is refused before it begins."""

    model_config = _STRICT

    prompt: Prompt
    seconds: Seconds = 3.0
    cast: Cast = Field(default=[], description=_CAST)
    lines: Lines = Field(default=[], description=_LINES)
    camera: Camera | None = Field(default=None, description=_CAMERA)
    continues: bool = Field(default=False, description=_CONTINUES)


class ShotChange(BaseModel):
    """What is to be otherwise in one shot; what is left out stays as it was."""

    model_config = _STRICT

    number: Annotated[int, Field(ge=1, le=SHOTS_MAX)] = Field(description="Which shot, from 1.")
    prompt: Prompt | None = None
    seconds: Seconds | None = None
    cast: Cast | None = Field(default=None, description=_CAST)
    lines: Lines | None = Field(default=None, description=_LINES)
    camera: Camera | None = Field(
        default=None, description=f"{_CAMERA} Null takes an earlier one back."
    )
    continues: bool | None = Field(default=None, description=_CONTINUES)

    def fields(self) -> dict[str, Any]:
        """The fields of a shot that change."""
        given = self.model_dump(exclude={"number"}, exclude_unset=True)
        kept = {name: value for name, value in given.items() if value is not None}
        return kept | ({"camera": None} if "camera" in given and self.camera is None else {})


class RevisionRequest(BaseModel):
    """Some shots of an earlier generation, changed. All else, the seed too, is taken from it."""

    model_config = _STRICT | {
        "json_schema_extra": {
            "examples": [{"shots": [{"number": 2, "prompt": "A lamp is lit; a boat is lost"}]}]
        }
    }

    shots: Annotated[list[ShotChange], Field(min_length=1, max_length=SHOTS_MAX)]

    def brief(self, before: Brief, generation_id: str) -> Brief:
        """The changed brief. Raises ``Trouble`` that names each field and its limit."""
        changes = {each.number: each.fields() for each in self.shots}
        if len(changes) < len(self.shots):
            raise _at_fault("shots", "change one of the shots twice", "1 change of each")
        try:
            return revised(before, generation_id, changes)
        except ShotUnknown:
            numbers = f"1 to {len(before.shots)}"
            raise _at_fault("shots", "change a shot that there is not", numbers) from None
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None


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
                        {
                            "prompt": "A lamp is lit; a boat turns home",
                            "seconds": 3,
                            "lines": [{"text": "There she is at last.", "at": 1}],
                            "camera": "zoom-in",
                        },
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
        default="sketch", description="Who makes the pictures."
    )
    surface: Surface = Field(
        default=FEED,
        description="Where it is to be shown, such as `feed` or `kids`: consent is asked for "
        "there, and it is judged by the thresholds that the policy has there.",
        examples=["kids"],
    )

    destination: Destination = Field(
        default="post",
        description="`draft` keeps the film back, for its account and its cast alone, until "
        "`POST /v1/generations/{id}/publish`: consent to generate is asked first, to publish then.",
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


def _at_fault(field: str, message: str, limit: str) -> Trouble:
    found = FieldProblem(field=field, message=message, limit=limit)
    return Trouble("request-invalid", f"{field}: {message}.", errors=[found])
