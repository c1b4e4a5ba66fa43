"""Consent receipts: one for each person of a cast, for the caster and for whom it concerns."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from domain.cameo.cameo import Castable, Deleted
from domain.cameo.keeping import CAMEO
from domain.consent.casting import CASTING
from domain.generation.refusals import GenerationUnknown
from domain.kernel.ids import GenerationId
from infra.api.auth import Account, KeyRequired
from infra.api.deciding import standing
from infra.api.declared import problems
from infra.api.doors import Doors, doors_of
from infra.api.problems import Trouble

router = APIRouter(tags=["consent"], dependencies=[KeyRequired])


class ReceiptView(BaseModel):
    """A signed receipt: Ed25519 over the canonical JSON of `receipt`."""

    receipt_id: str = Field(description="The SHA-256 of the signed bytes, in hex.")
    receipt: dict[str, Any]
    algorithm: str
    key_id: str
    signature: str


class ReceiptsView(BaseModel):
    """The receipts of one generation that concern the acting account."""

    generation_id: str
    items: list[ReceiptView]


class KeysView(BaseModel):
    """Every public key that receipts were ever signed with, in base64, by its id."""

    keys: dict[str, str]


@router.get(
    "/v1/generations/{generation_id}/receipts",
    responses=problems(403, 404, 422, 503),
    summary="Read its consent receipts",
)
async def read_receipts(
    request: Request, account: Account, generation_id: GenerationId
) -> ReceiptsView:
    """The caster is shown all of them, and the owner of a cameo those about it."""
    doors = doors_of(request)
    casting = await standing(doors, CASTING, generation_id)
    items = []
    for signed in casting.receipts:
        receipt = signed.receipt
        if account == receipt.caster_id or account == await _owner(doors, receipt.cameo_id):
            items.append(
                ReceiptView(
                    receipt_id=receipt.receipt_id,
                    receipt=receipt.fields(),
                    algorithm=signed.algorithm,
                    key_id=signed.key_id,
                    signature=signed.signature,
                )
            )
    if not items:
        raise Trouble.refused(GenerationUnknown(), generation_id)
    return ReceiptsView(generation_id=generation_id, items=items)


@router.get("/v1/receipt-keys", responses=problems(503), summary="Read the public keys")
async def read_keys(request: Request) -> KeysView:
    """What anybody needs to verify a receipt without asking again."""
    return KeysView(keys=doors_of(request).receipt_keys.public_keys)


async def _owner(doors: Doors, cameo_id: str) -> str | None:
    state = await standing(doors, CAMEO, cameo_id)
    return state.account_id if isinstance(state, Castable | Deleted) else None
