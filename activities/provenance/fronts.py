"""Typed, empty twins of the activities of provenance."""

from __future__ import annotations

from temporalio import activity

from activities.fronts import elsewhere
from activities.provenance.orders import Proven, ProvingOrder, Signed, SigningOrder


@activity.defn
async def sign_film(order: SigningOrder) -> Signed:
    """Sign a staged film with its parents as ingredients, and stage what came of it."""
    elsewhere()


@activity.defn
async def prove_rendition(order: ProvingOrder) -> Proven:
    """Verify every layer on the stored bytes, remember them, and write the proof down."""
    elsewhere()
