"""What is asked once is done once: work behind an Idempotency-Key, or plainly without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request, Response

from infra.api.deadlines import asking
from infra.api.doors import Doors
from infra.api.idempotency import KEY_PATTERN, Answer, Scope, fingerprint
from infra.api.problems import Trouble

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=KEY_PATTERN,
        description="Drawn by you for each new request. It makes asking again safe: the same key "
        "and body give the same answer, byte for byte, for at least 24 hours.",
        examples=["6f1c2b0e-6a55-4d0c-9a34-8a0f3f7b0c11"],
    ),
]
Work = Callable[[str], Awaitable[Answer]]


async def once(
    doors: Doors,
    request: Request,
    *,
    client: str,
    account: str,
    key: str | None,
    prefix: str,
    work: Work,
) -> Response:
    """Do the work with a new id of this prefix, or with the one that the key stands for."""
    if key is None:
        return _response(await work(doors.draw(prefix)))
    scope = Scope(client, account, key)
    body = await request.json() if await request.body() else None
    request_hash = fingerprint(f"{request.method} {request.url.path}", body)
    async with asking("postgres"):
        claim = await doors.idempotency.claim(
            scope, request_hash, doors.draw(prefix), doors.clock()
        )
    if claim.answer is not None:
        return _response(claim.answer)
    answer = await _answer(work, claim.id)
    async with asking("postgres"):
        return _response(await doors.idempotency.keep(scope, claim.id, answer))


async def _answer(work: Work, identifier: str) -> Answer:
    """A refusal is an answer too; that somebody is away is none, and may be asked again."""
    try:
        return await work(identifier)
    except Trouble as trouble:
        if trouble.kind.status >= 500:
            raise
        refused = trouble.response()
        return Answer(refused.status_code, bytes(refused.body), refused.media_type or "")


def _response(answer: Answer) -> Response:
    headers = {"Location": answer.location} if answer.location else None
    return Response(answer.body, answer.status, headers, answer.media_type)
