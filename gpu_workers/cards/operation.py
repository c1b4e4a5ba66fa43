"""Who runs the studio, and where: what a model's licence asks about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.kernel.model import Value

REGIONS: Final = "CALLSHEET_OPERATOR_REGIONS"
REVENUE: Final = "CALLSHEET_OPERATOR_REVENUE_USD"
MARKS: Final = "CALLSHEET_OPERATOR_MARKS"


class Operation(Value):
    """What is not said is not assumed.

    An unknown region or revenue (US dollars a year) satisfies no licence that asks for it.
    """

    regions: tuple[str, ...] = ()
    revenue_usd: int | None = None
    marks: bool = False


def operation_in(given: Mapping[str, str]) -> Operation:
    """What ``CALLSHEET_OPERATOR_*`` say. Raises ValueError where the revenue is no number."""
    revenue = given.get(REVENUE)
    return Operation(
        regions=tuple(given.get(REGIONS, "").upper().replace(",", " ").split()),
        revenue_usd=int(revenue) if revenue else None,
        marks=given.get(MARKS, "").lower() in {"1", "true", "yes"},
    )
