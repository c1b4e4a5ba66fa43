"""What may happen to a cameo after enrolment: retakes, suspension, destruction, deletion."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from domain.cameo.cameo import (
    Cameo,
    CameoDeleted,
    CameoEvent,
    CameoFreed,
    CameoHeld,
    CameoReinstated,
    CameoSuspended,
    CameoVersion,
    Castable,
    Code,
    Deleted,
    NoCameo,
    TemplatesDestroyed,
    VersionApproved,
    evolve,
)
from domain.cameo.release import Kind
from domain.kernel.decider import Decider
from domain.kernel.errors import Refusal
from domain.kernel.ids import AccountId, CameoId
from domain.kernel.model import Command


class ApproveVersion(Command):
    """Let an approved enrolment become version n of the cameo.

    ``by_human`` says that somebody decided about this attempt: what its own alarm held back ends.
    """

    cameo_id: CameoId
    account_id: AccountId
    kind: Kind
    version: CameoVersion
    by_human: bool = False


AlarmName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class SuspendCameo(Command):
    """Stop all use of the cameo, or of one version, for one alarm.

    A cameo that is still being enrolled is named by ``cameo_id``, and held back until it exists.
    """

    cameo_id: CameoId | None = None
    reason: Code
    version: Annotated[int, Field(ge=1)] | None = None
    alarm: AlarmName


class ReinstateCameo(Command):
    """End what one alarm suspended or held back; without an alarm, what all of them did."""

    cameo_id: CameoId | None = None
    reason: Code
    version: Annotated[int, Field(ge=1)] | None = None
    alarm: AlarmName | None = None


class DestroyTemplates(Command):
    """Say that the templates of one version were destroyed."""

    version: Annotated[int, Field(ge=1)]


class DeleteCameo(Command):
    """Remove the cameo for good."""

    reason: Code


CameoCommand = ApproveVersion | SuspendCameo | ReinstateCameo | DestroyTemplates | DeleteCameo


class CameoUnknown(Refusal):
    """No cameo with this id exists."""

    code = "cameo-unknown"
    next_step = "Check the id, or enrol a cameo first."


class CameoGone(Refusal):
    """This cameo has been deleted."""

    code = "cameo-deleted"
    next_step = "Enrol anew if it should exist again; a deleted cameo does not come back."


class VersionOutOfTurn(Refusal):
    """A retake makes the version after the newest one, and this number is another."""

    code = "cameo-version-out-of-turn"
    stage = "enrolment"
    next_step = "Start a new attempt; another retake was approved meanwhile."


class CameoOfAnother(Refusal):
    """This cameo belongs to another account, or is of another kind."""

    code = "cameo-of-another"
    stage = "enrolment"
    next_step = "Enrol under a cameo id of your own."


class VersionUnknown(Refusal):
    """This cameo has no version with this number."""

    code = "cameo-version-unknown"
    next_step = "Name a version that the cameo has."


def decide(command: CameoCommand, state: Cameo) -> list[CameoEvent]:
    """The events that follow from a command, none when it was granted before, or a refusal."""
    match command, state:
        case DeleteCameo(), Deleted():
            return []
        case DestroyTemplates(), Deleted():
            return []  # they went with the cameo
        case _, Deleted():
            raise CameoGone
        case ApproveVersion(), _:
            return _approve(command, state)
        case SuspendCameo() | ReinstateCameo(), NoCameo():
            return _hold(command, state)
        case _, NoCameo():
            raise CameoUnknown
        case DeleteCameo(), Castable():
            return [CameoDeleted(at=command.at, cameo_id=state.cameo_id, reason=command.reason)]
        case SuspendCameo() | ReinstateCameo() | DestroyTemplates(), Castable():
            return _keep(command, state)
    raise AssertionError(f"{type(command).__name__} met {type(state).__name__}")


def _approve(command: ApproveVersion, state: NoCameo | Castable) -> list[CameoEvent]:
    number, newest = command.version.number, 0
    held_back = dict(state.held_back) if isinstance(state, NoCameo) else {}
    if isinstance(state, Castable):
        if (command.account_id, command.kind) != (state.account_id, state.kind):
            raise CameoOfAnother
        if state.versions.get(number) == command.version:
            return []
        newest = state.newest
    if number != newest + 1:
        raise VersionOutOfTurn(f"The newest is {newest}.")
    approved = VersionApproved(
        at=command.at,
        cameo_id=command.cameo_id,
        account_id=command.account_id,
        kind=command.kind,
        version=command.version,
    )
    if command.by_human:
        held_back.pop(command.version.enrolment_id, None)
        held_back.pop(None, None)  # of a time before alarms had names, when a human ended it
    suspended = [
        CameoSuspended(at=command.at, cameo_id=command.cameo_id, reason=reason, alarm=alarm)
        for alarm, reason in held_back.items()
    ]
    return [approved, *suspended]


def _hold(command: SuspendCameo | ReinstateCameo, state: NoCameo) -> list[CameoEvent]:
    """Of what does not exist yet, the whole is held back or let through; nothing else is known."""
    cameo_id = command.cameo_id
    if cameo_id is None or command.version is not None:
        raise CameoUnknown
    fields: dict[str, Any] = {"at": command.at, "cameo_id": cameo_id, "alarm": command.alarm}
    match command:
        case SuspendCameo() if command.alarm not in state.held_back:
            return [CameoHeld(**fields, reason=command.reason)]
        case ReinstateCameo() if state.held_back and command.alarm in (None, *state.held_back):
            return [CameoFreed(**fields, reason=command.reason)]
    return []


def _keep(
    command: SuspendCameo | ReinstateCameo | DestroyTemplates, state: Castable
) -> list[CameoEvent]:
    at, cameo_id, version = command.at, state.cameo_id, command.version
    if version is not None and version not in state.versions:
        raise VersionUnknown
    alarms = state.alarms(version)
    fields: dict[str, Any] = {"at": at, "cameo_id": cameo_id, "version": version}
    match command:
        case SuspendCameo() if command.alarm not in alarms:
            return [CameoSuspended(**fields, reason=command.reason, alarm=command.alarm)]
        case ReinstateCameo() if alarms and command.alarm in (None, *alarms):
            return [CameoReinstated(**fields, reason=command.reason, alarm=command.alarm)]
        case DestroyTemplates() if command.version not in state.templates_destroyed:
            return [TemplatesDestroyed(at=at, cameo_id=cameo_id, version=command.version)]
    return []


def require_not_deleted(state: Cameo) -> None:
    """Raise ``CameoGone`` where there is nothing that a retake could be of."""
    if isinstance(state, Deleted):
        raise CameoGone


CAMEO: Final = Decider[CameoCommand, Cameo, CameoEvent]("cameo", NoCameo(), decide, evolve)
