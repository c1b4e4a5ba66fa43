"""Who is calling: the application by its bearer key, the acting account by a header.

The key is asked for in front of all routes, so that a new route is closed until somebody opens it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.account.account import ACCOUNT, AccountUnknown, require_open
from domain.kernel.ids import AccountId
from infra.api.deadlines import asking
from infra.api.doors import Doors, doors_of
from infra.api.keys import ClientKeys, KeysUnreadable
from infra.api.problems import Trouble
from infra.telemetry import logs

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
"""Health, and the description of this API: neither holds anything of anybody."""

FREE_PATHS: Final = frozenset({"/v1/verify"})
"""Anybody may ask there, as often as is allowed to one address."""

OPEN_PREFIXES: Final = ("/temporal-codec/",)
"""The Temporal UI cannot send our keys; what is there has a secret in its address instead."""

_log: Final = logs.logger("callsheet.api")
_REMEMBERED_MAX: Final = 50_000
_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="clientKey",
    description="The key of your client application.",
)


def is_open(path: str) -> bool:
    """Whether a path can be asked for without a key."""
    return path in OPEN_PATHS | FREE_PATHS or path.startswith(OPEN_PREFIXES)


class RequireKey:
    """Lets a request through when it carries a known key, or asks for an open path."""

    def __init__(self, app: ASGIApp, keys: ClientKeys) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the application's name in ``scope['state']``, or answer with 401."""
        if scope["type"] == "http" and not is_open(scope["path"]):
            try:
                client = self._client(Headers(scope=scope).get("authorization", ""))
            except Trouble as trouble:
                await trouble.response()(scope, receive, send)
                return
            scope.setdefault("state", {})["client"] = client
        await self._app(scope, receive, send)

    def _client(self, authorization: str) -> str:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Trouble("key-missing")
        try:
            client = self._keys.client_of(key.strip())
        except KeysUnreadable as unreadable:
            _log.error("the keys of client applications cannot be read", exc_info=unreadable)
            raise Trouble(
                "dependency-unavailable", "The keys of client applications cannot be read."
            ) from None
        if client is None:
            raise Trouble("key-unknown")
        return client


class OpenAccounts:
    """Remembers which accounts are open: one that was opened stays open."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()

    async def require(self, doors: Doors, account_id: str) -> None:
        """Return when the account is open; otherwise answer with 403."""
        if account_id in self._known:
            self._known.move_to_end(account_id)
            return
        async with asking("postgres"):
            standing = await doors.ledger.state(ACCOUNT, account_id)
        try:
            require_open(standing.state)
        except AccountUnknown as refusal:
            raise Trouble.refused(refusal) from None
        self._known[account_id] = None
        if len(self._known) > _REMEMBERED_MAX:
            self._known.popitem(last=False)


def calling_client(request: Request) -> str:
    """The application's name, as ``RequireKey`` found it."""
    return str(request.state.client)


async def acting_account(
    request: Request,
    callsheet_account: Annotated[
        AccountId,
        Header(
            description="The account that acts.",
            examples=["acc_01K0ABCDEFGHJKMNPQRSTVWXYZ"],
        ),
    ],
) -> str:
    """The account on whose behalf the application calls; it has to be open."""
    doors = doors_of(request)
    await doors.accounts.require(doors, callsheet_account)
    return callsheet_account


KeyRequired = Security(_BEARER)
Client = Annotated[str, Depends(calling_client)]
Account = Annotated[str, Depends(acting_account)]
