"""What a consent check has to know of a plan: who is cast, how, and where it is to be shown."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from domain.consent.terms import Label, Labels, Territory
from domain.kernel.ids import AccountId, CameoId, GenerationId
from domain.kernel.model import Value

CAST_MAX: Final = 8


class CastMember(Value):
    """One cameo in the cast: which version of it, and whether its face and its voice are used.

    ``against_wishes`` says whether words of the plan go against how its owner is to be portrayed.
    """

    cameo_id: CameoId
    version: Annotated[int, Field(ge=1)]
    face: bool = True
    voice: bool = True
    against_wishes: bool = False


class CastPlan(Value):
    """One generation as consent sees it.

    ``plan_key`` names the whole plan; ``scenes`` and ``topics`` are what was recognised in it.
    ``at`` is when one asks: expiry is judged by it. ``unknown`` counts those who are called beside
    the cast and whom nobody can cast.
    """

    generation_id: GenerationId
    caster_id: AccountId
    plan_key: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    cast: Annotated[tuple[CastMember, ...], Field(max_length=CAST_MAX)]
    at: AwareDatetime
    destination: Literal["draft", "post"] = "draft"
    scenes: Labels = ()
    topics: Labels = ()
    surface: Label = "feed"
    territory: Territory | None = None
    unknown: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.cameo_id for each in self.cast}) != len(self.cast):
            raise ValueError("a cameo stands in the cast twice; name it once")
        return self
