"""Who bears a handle: the name under which an account, or one of its cameos, is cast.

The stream is ``handle-KEY``, where the key is shared by all handles that look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.account.handles import Handle, normalised, skeleton
from domain.kernel.catalog import Catalog
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, CameoId
from domain.kernel.model import Command, Event

RESERVED: Final = frozenset(
    {"admin", "administrator", "callsheet", "everyone", "help", "moderator", "official"}
    | {"root", "security", "staff", "support", "system", "trust"}
)


class HandleReserved(Refusal):
    """This handle, or one that looks like it, is kept for the service itself."""

    code = "handle-reserved"
    next_step = "Choose another handle."


class HandleTaken(Refusal):
    """This handle, or one that looks like it, is taken."""

    code = "handle-taken"
    next_step = "Choose another handle."


class HandleUnknown(Refusal):
    """Nobody bears this handle."""

    code = "handle-unknown"
    next_step = "Check the spelling; handles are written like @this."


class ClaimHandle(Command):
    """Take a handle for an account, or for one of its cameos."""

    handle: Handle
    account_id: AccountId
    cameo_id: CameoId | None = None


class ReleaseHandle(Command):
    """Give a handle back."""

    account_id: AccountId


class HandleClaimed(Event):
    """The handle belongs to this account, and calls this cameo where one is named."""

    handle: Handle
    account_id: AccountId
    cameo_id: CameoId | None = None


class HandleReleased(Event):
    """The handle is free again."""

    account_id: AccountId


HandleCommand = ClaimHandle | ReleaseHandle
HandleEvent = HandleClaimed | HandleReleased


@dataclass(frozen=True)
class Free:
    """Nobody bears the handle."""


@dataclass(frozen=True)
class Borne:
    """The handle belongs to an account and may call a cameo."""

    handle: str
    account_id: str
    cameo_id: str | None


HandleState = Free | Borne


def decide(command: HandleCommand, state: HandleState) -> list[HandleEvent]:
    """A handle is borne by one account at a time; its bearer may let it call another cameo."""
    match command, state:
        case ClaimHandle(), Free():
            handle = normalised(command.handle)
            if skeleton(handle) in _RESERVED_SKELETONS:
                raise HandleReserved
            return [_claimed(command, handle)]
        case ClaimHandle(), Borne() if state.account_id != command.account_id:
            raise HandleTaken
        case ClaimHandle(), Borne():
            handle = normalised(command.handle)
            if (handle, command.cameo_id) == (state.handle, state.cameo_id):
                return []
            return [_claimed(command, handle)]
        case ReleaseHandle(), Borne() if state.account_id == command.account_id:
            return [HandleReleased(at=command.at, account_id=command.account_id)]
        case ReleaseHandle(), Borne():
            raise HandleTaken
    return []


def _claimed(command: ClaimHandle, handle: str) -> HandleClaimed:
    return HandleClaimed(
        at=command.at, handle=handle, account_id=command.account_id, cameo_id=command.cameo_id
    )


def evolve(state: HandleState, event: HandleEvent) -> HandleState:
    """Who bears the handle after one more event."""
    match event:
        case HandleClaimed():
            return Borne(event.handle, event.account_id, event.cameo_id)
        case HandleReleased():
            return Free()


def require_borne(state: HandleState, handle: str) -> Borne:
    """Who bears exactly this handle; a look-alike is nobody. Raises HandleUnknown."""
    if isinstance(state, Borne) and state.handle == normalised(handle):
        return state
    raise HandleUnknown


_RESERVED_SKELETONS: Final = frozenset(skeleton(each) for each in RESERVED)

HANDLE: Final = Decider[HandleCommand, HandleState, HandleEvent]("handle", Free(), decide, evolve)

CATALOG: Final = Catalog()
CATALOG.register(HandleClaimed, "handle-claimed.v1")
CATALOG.register(HandleReleased, "handle-released.v1")
