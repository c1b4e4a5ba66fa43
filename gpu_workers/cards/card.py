"""A model card: what a model may be used for, what it takes, what it can do, and its limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.generation.brief import Camera
from domain.kernel.model import Value

Ability = Literal["text", "first-frame", "likeness", "remix", "extend"]


class Licence(Value):
    """The terms that the weights come with; regions as ISO 3166 codes, or ``EU``.

    ``revenue_usd_max`` is the yearly revenue from which the free terms no longer hold.
    """

    name: str
    regions_excluded: tuple[str, ...] = ()
    revenue_usd_max: int | None = Field(default=None, gt=0)
    watermark: bool = False


class Takes(Value):
    """How many references of each kind the model can be given at once.

    The picture that a clip begins from counts only where the model knows no likenesses: a cast as
    large as the model shows can still go on from the shot before.
    """

    pictures: int = Field(default=0, ge=0)
    clips: int = Field(default=0, ge=0)
    voices: int = Field(default=0, ge=0)


class Limits(Value):
    """What a request may ask for: sides in pixels, ``pixels_max`` for one picture, times in s."""

    side_min: int = Field(gt=0)
    side_max: int = Field(gt=0)
    pixels_max: int = Field(gt=0)
    shots_max: int = Field(gt=0)
    shot_seconds_max: float = Field(gt=0)
    seconds_max: float = Field(gt=0)
    fps_min: int = Field(gt=0)
    fps_max: int = Field(gt=0)
    prompt_characters_max: int = Field(gt=0)
    prompt_tokens_max: int | None = Field(default=None, gt=0)


class Recipe(Value):
    """How the model is usually sampled; the weights' own folder may say otherwise.

    ``stg`` pushes away from a pass without the attention of block ``stg_block``, ``modality``
    from a pass in which picture and sound do not hear each other; 0 and 1 switch them off.
    ``cross_timestep`` is how LTX-2.3 was trained, and LTX-2.0 was not. ``reference_downscale`` is
    how many times smaller than the clip an adapter was taught to see its references.
    """

    steps: int = Field(default=1, gt=0, le=200)
    guidance: float = Field(default=1.0, ge=0)
    rescale: float = Field(default=0.0, ge=0, le=1)
    stg: float = Field(default=0.0, ge=0)
    stg_block: int = Field(default=0, ge=0)
    modality: float = Field(default=1.0, ge=0)
    sound_guidance: float = Field(default=1.0, ge=0)
    cross_timestep: bool = False
    reference_downscale: int = Field(default=1, gt=0, le=8)
    negative_prompt: str = ""


class Direction(Value):
    """What of a shot's direction the model obeys.

    ``cast`` is how many members of a cast it can show at once, ``speech`` are the languages in
    which it can be told what is said, and ``camera`` the moves that it can be told to make. It
    ``continues`` a shot from its last half second where it can extend a clip, else from its last
    picture.
    """

    cast: int = Field(default=0, ge=0)
    speech: tuple[str, ...] = ()
    camera: tuple[Camera, ...] = ()
    continues: bool = False


class ModelCard(Value):
    """All that is decided about a model before a device is taken.

    ``weights`` and ``adapter`` are folders of the studio; an adapter changes the weights when they
    are loaded. ``fps`` is the model's own rate. Sound is ``joint`` with the picture, ``added`` to
    it, or ``drawn`` by a synthesiser because there is no model at all.
    """

    name: str
    summary: str
    weights: str | None = None
    adapter: str | None = None
    can: tuple[Ability, ...] = Field(min_length=1)
    fps: int = Field(gt=0)
    sample_rate: int = Field(gt=0)
    sound: Literal["joint", "added", "drawn"]
    licence: Licence
    takes: Takes = Takes()
    direction: Direction = Direction()
    limits: Limits
    recipe: Recipe = Recipe()
