"""The brief: what somebody asks to see and hear, with every limit that it is held to."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from domain.account.handles import mentions
from domain.kernel.ids import GenerationId
from domain.kernel.model import Personal, Value
from domain.kernel.surface import FEED, Surface

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
CAST_MAX: Final = 4
LINES_MAX: Final = 8
LINE_CHARACTERS_MAX: Final = 400
LINE_CHARACTERS_PER_SECOND_MAX: Final = 25
"""Faster than anybody speaks and is understood, so a line that needs more cannot fit."""

Camera = Literal["still", "pan-left", "pan-right", "zoom-in", "zoom-out"]
Handle = Annotated[str, Personal(), StringConstraints(pattern=r"^@[a-z0-9][a-z0-9_.-]{0,29}$")]
"""How a member of the cast is called, such as ``@ada``."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""A language, and where needed its region (BCP 47), such as ``en`` or ``pt-BR``."""
Prompt = Annotated[
    str, Personal(), StringConstraints(min_length=1, max_length=PROMPT_CHARACTERS_MAX)
]
Destination = Literal["post", "draft"]
"""Whether a film is published as soon as it can be, or once its account says so."""
Side = Annotated[int, Field(ge=SIDE_MIN, le=SIDE_MAX, multiple_of=SIDE_MULTIPLE)]


def _readable(text: str, what: str, hint: str) -> str:
    if not text.strip():
        raise ValueError(f"{what} is blank; {hint}")
    if "\x00" in text:
        raise ValueError(f"{what} contains a NUL character, which no text may hold")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as broken:
        raise ValueError(f"{what} is not valid Unicode at character {broken.start}") from None
    return text


def _prompt(text: str) -> str:
    return _readable(text, "the prompt", "say what should be seen")


class Line(Value):
    """Words that are spoken in a shot; without a ``speaker`` a voice says them that nobody owns.

    ``at`` counts in seconds from the shot's beginning. Without it, the line follows the one before.
    """

    speaker: Annotated[Handle | None, Field(repr=False)] = None
    language: Language = "en"
    text: Annotated[
        str,
        Personal(),
        StringConstraints(min_length=1, max_length=LINE_CHARACTERS_MAX),
        Field(repr=False),
    ]
    at: Annotated[float, Field(ge=0, le=SECONDS_MAX, allow_inf_nan=False)] | None = None

    @field_validator("text")
    @classmethod
    def _is_readable(cls, text: str) -> str:
        return _readable(text, "the line", "write what should be said")

    @property
    def seconds_min(self) -> float:
        """How long it takes at the least to say it."""
        return len(self.text) / LINE_CHARACTERS_PER_SECOND_MAX


class Shot(Value):
    """One take of the camera: what it shows, for how many seconds, with whom, and what they say.

    Without a ``camera`` the prompt and the sampler decide how it moves. A shot that ``continues``
    opens with the last picture of the shot before; the others are cuts.
    """

    prompt: Prompt
    seconds: Annotated[float, Field(ge=SHOT_SECONDS_MIN, le=SECONDS_MAX, allow_inf_nan=False)] = 3.0
    cast: Annotated[tuple[Handle, ...], Field(max_length=CAST_MAX)] = ()
    lines: Annotated[tuple[Line, ...], Field(max_length=LINES_MAX)] = ()
    camera: Camera | None = None
    continues: bool = False

    _is_readable = field_validator("prompt")(_prompt)

    @field_validator("cast")
    @classmethod
    def _each_once(cls, cast: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(cast)) < len(cast):
            raise ValueError("somebody is in the cast twice; name each handle once")
        return cast

    @property
    def called(self) -> tuple[str, ...]:
        """Everybody in the shot: its cast, and then whom else its prompt calls with ``@``."""
        spoken = (f"@{each}" for each in mentions(self.prompt))
        return tuple(dict.fromkeys((*self.cast, *spoken)))

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if len(self.called) > CAST_MAX:
            raise ValueError(
                f"the cast and those whom the prompt calls are {len(self.called)}; "
                f"{CAST_MAX} is the most in a shot"
            )
        return self

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        ends = 0.0
        for number, line in enumerate(self.lines, 1):
            if line.speaker is not None and line.speaker not in self.cast:
                raise ValueError(
                    f"the speaker of line {number} is not in the shot's cast; add the handle to it"
                )
            ends = (ends if line.at is None else line.at) + line.seconds_min
            if ends > self.seconds:
                raise ValueError(
                    f"line {number} ends {ends:.1f} seconds into the shot or later; the shot lasts "
                    f"{self.seconds:g} (at most {LINE_CHARACTERS_PER_SECOND_MAX} characters are "
                    "spoken in a second)"
                )
        return self


class Brief(Value):
    """A prompt, and how it is to be shot. Only the prompt has to be given.

    Sizes are in pixels, durations in seconds. Without ``shots`` the whole prompt is one shot.
    ``revises`` names the generation whose brief this was before some shots were changed.
    A ``draft`` is made under the consent to generate, and waits to be published.
    ``surface`` is where it is to be shown: consent is asked and content is judged for there.
    """

    prompt: Prompt
    shots: Annotated[tuple[Shot, ...], Field(max_length=SHOTS_MAX)] = ()
    width: Side = 640
    height: Side = 368
    fps: Annotated[int, Field(ge=FPS_MIN, le=FPS_MAX)] = 24
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] | None = None
    sampler: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = "sketch"
    revises: GenerationId | None = None
    destination: Destination = "post"
    surface: Surface = FEED

    _is_readable = field_validator("prompt")(_prompt)

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
        if self.shots and self.shots[0].continues:
            raise ValueError("the first shot continues nothing; leave continues out of it")
        if self.called and len(self.called[0]) > CAST_MAX:
            raise ValueError(
                f"the cast of the first shot and those whom the prompt calls are "
                f"{len(self.called[0])}; {CAST_MAX} is the most in a shot"
            )
        return self

    @property
    def seconds(self) -> float:
        """How long all shots last together."""
        return sum(shot.seconds for shot in self.shots)

    @property
    def called(self) -> tuple[tuple[str, ...], ...]:
        """The handles of each shot's people, in the order in which they join its cast.

        Whom only the whole prompt calls joins the first shot.
        """
        shots = [each.called for each in self.shots]
        everybody = {handle for each in shots for handle in each}
        spoken = (f"@{each}" for each in mentions(self.prompt))
        late = tuple(each for each in spoken if each not in everybody)
        return (shots[0] + late, *shots[1:]) if shots else ()

    def with_called(self) -> Brief:
        """The same brief, in which everybody who is called stands in the cast."""
        shots = tuple(
            shot.model_copy(update={"cast": cast})
            for shot, cast in zip(self.shots, self.called, strict=True)
        )
        return self.model_copy(update={"shots": shots})

    def seed_for(self, generation_id: str) -> int:
        """The seed that was asked for, or one that follows from the generation's id."""
        if self.seed is not None:
            return self.seed
        return int.from_bytes(hashlib.sha256(generation_id.encode()).digest()[:4], "big")

    def shot_seed(self, generation_id: str, shot: int) -> int:
        """A shot's own seed, from 1: the brief's for the first, and it follows from that for each.

        No other shot has a part in it, so a change of one leaves the others as they were.
        """
        seed = self.seed_for(generation_id)
        if shot == 1:
            return seed
        return int.from_bytes(hashlib.sha256(f"{seed}/{shot}".encode()).digest()[:4], "big")
