"""Patience with what the API depends on: a limit for each wait, and one answer when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

import asyncpg
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import Contended
from domain.kernel.ports import LogUnavailable, StoreUnavailable
from infra.api.problems import Trouble

Part = Literal["postgres", "temporal", "s3"]

NAMES: Final[dict[Part, str]] = {
    "postgres": "PostgreSQL",
    "temporal": "Temporal",
    "s3": "The object store",
}
READ_SECONDS_MAX: Final = 3.0

_AWAY: Final = (
    OSError,
    LogUnavailable,
    StoreUnavailable,
    Contended,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.ReadOnlySQLTransactionError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
_PASSING: Final = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    }
)


@asynccontextmanager
async def asking(part: Part, seconds_max: float = READ_SECONDS_MAX) -> AsyncIterator[None]:
    """Wait no longer than this for a part; a part that is away becomes a 503 that names it."""
    try:
        async with asyncio.timeout(seconds_max):
            yield
    except TimeoutError:
        raise unavailable(part, f"did not answer within {seconds_max:g} seconds") from None
    except Exception as error:
        if is_away(error):
            raise unavailable(
                part, "cannot be reached or cannot take more at the moment"
            ) from error
        raise


def unavailable(part: Part, what: str) -> Trouble:
    """The 503 that names a part."""
    return Trouble("dependency-unavailable", f"{NAMES[part]} {what}.")


def is_away(error: BaseException) -> bool:
    """Whether an error says that a server is not there, rather than that we asked wrongly."""
    if isinstance(error, RPCError):
        return error.status in _PASSING or _not_prepared(error)
    if isinstance(error, RuntimeError):  # how a lazy Temporal client says that it cannot connect
        return "client connect" in str(error).lower()
    return isinstance(error, _AWAY)


def _not_prepared(error: RPCError) -> bool:
    """A namespace that is not there yet: the server was started a moment ago."""
    return error.status == RPCStatusCode.NOT_FOUND and "namespace" in error.message.lower()
