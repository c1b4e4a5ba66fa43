"""The terms of a consent: who may cast, and within which limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import AwareDatetime, Field, StringConstraints

from domain.consent.refusals import TierUnknown
from domain.kernel.model import Value

Tier = Literal["only-me", "approved", "mutuals", "everyone"]
Setting = Literal["tier", "limits", "preferences", "lists"]
"""What an owner can change."""
Act = Literal["admission", "gpu-start", "publish"]
Rule = Literal["self", "approved-by-name", "mutual", "everyone"]
"""Why a caster may: it is the owner, was approved by name, is a mutual, or anyone may."""

DEFAULT_TIER: Final[Tier] = "only-me"
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)
LISTED_MAX: Final = 1000
USES_MAX: Final = 1_000_000
LABELS_MAX: Final = 100
YEARS_MAX: Final = 5

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""A stable word for a scene, a topic or a surface, such as ``violence`` or ``feed``."""
Territory = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country by its two letters (ISO 3166-1)."""
Labels = Annotated[tuple[Label, ...], Field(max_length=LABELS_MAX)]


class Limits(Value):
    """What consent is held to, whoever casts. Without a list, every surface or territory is meant.

    ``uses_max`` counts admissions of others in all; ``None`` is no budget.
    """

    expires_at: AwareDatetime
    uses_max: Annotated[int, Field(ge=0, le=USES_MAX)] | None = None
    refused_scenes: Labels = ()
    refused_topics: Labels = ()
    face: bool = True
    voice: bool = True
    generate: bool = True
    publish: bool = True
    surfaces: Labels | None = None
    territories: Annotated[tuple[Territory, ...], Field(max_length=250)] | None = None


def tier_named(name: str) -> Tier:
    """The tier of this name. Raises ``TierUnknown``."""
    for tier in TIERS:
        if name == tier:
            return tier
    raise TierUnknown(f"There are {', '.join(TIERS)}.")


def a_year_after(moment: datetime) -> datetime:
    """Twelve months later, the default expiry; 29 February becomes 28."""
    return years_after(moment, 1)


def years_after(moment: datetime, years: int) -> datetime:
    """The same day so many years later; 29 February becomes 28."""
    year = moment.year + years
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, day=28)
