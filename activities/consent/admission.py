"""The door of a generation: everybody whom its brief calls is asked before a GPU is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity

from activities.consent.office import CastingOffice
from activities.consent.orders import AdmissionOrder, Admitted
from activities.generation import context_of


class AdmissionActivities:
    """Asks the casting office; safe to repeat."""

    def __init__(self, office: CastingOffice) -> None:
        self._office = office

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.admit_cast]

    @activity.defn
    async def admit_cast(self, order: AdmissionOrder) -> Admitted:
        """Reserve a use of everybody who is called, or refuse for all of them with reasons."""
        cast = await self._office.admit(order, order.brief, context_of(order))
        return Admitted(cast=cast)
