"""Accounts: an application opens one for somebody it knows, before it asks for anything."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from activities.ledger import Context, Decision
from domain.account.account import ACCOUNT, OpenAccount
from infra.api.auth import Client, KeyRequired
from infra.api.deadlines import asking
from infra.api.declared import problems
from infra.api.doors import doors_of
from infra.api.idempotency import Answer
from infra.api.once import IdempotencyKey, once
from infra.telemetry import traces

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], dependencies=[KeyRequired])


class AccountView(BaseModel):
    """An account that was opened."""

    account_id: str = Field(examples=["acc_01K0ABCDEFGHJKMNPQRSTVWXYZ"])


@router.post(
    "",
    status_code=201,
    response_model=AccountView,
    responses=problems(409, 422, 503, body=True),
    summary="Open an account",
)
async def open_account(
    request: Request, client: Client, idempotency_key: IdempotencyKey = None
) -> Response:
    """Open an account. It holds no name and no profile: your application knows whose it is."""
    doors = doors_of(request)

    async def work(account_id: str) -> Answer:
        command = OpenAccount(
            command_id=f"open-account/{account_id}", at=doors.clock(), account_id=account_id
        )
        context = Context(f"client/{client}", f"account/{account_id}", traces.current_traceparent())
        async with asking("postgres"):
            await doors.ledger.perform([Decision(ACCOUNT, account_id, command)], context)
        body = AccountView(account_id=account_id).model_dump_json().encode()
        return Answer(201, body, "application/json")

    return await once(
        doors, request, client=client, account="", key=idempotency_key, prefix="acc", work=work
    )
