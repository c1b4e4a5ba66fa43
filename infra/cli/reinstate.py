"""``cameos reinstate``: a human ends a suspension that no attempt in review will end any more.

Both sides of an alarm stay frozen when the attempt that raised it is taken back, or is not decided
in time: letting go by itself would let an impostor free a cameo by raising an alarm and leaving.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from rich.console import Console

from activities.ledger import Context, Decision, Ledger
from domain.cameo.cameo import Castable
from domain.cameo.keeping import CAMEO, CameoUnknown, ReinstateCameo, require_not_deleted
from domain.kernel.errors import Refusal
from infra.bootstrap import ledger_on, open_log
from infra.cli.running import postgres_dsn
from infra.clock import system_clock
from infra.errors import UserError
from infra.identity import drawn_by
from infra.settings import Settings

_ACTOR: Final = "operator/cli"

CameoArgument = Annotated[str, typer.Argument(help="The cameo's id.")]
Version = Annotated[
    int | None, typer.Option(min=1, help="One version; the whole cameo when it is left out.")
]
Alarm = Annotated[
    str | None,
    typer.Option(help="End this alarm alone: the enrolment that raised it, or `rescore`."),
]
Reason = Annotated[str, typer.Option(help="One stable word, such as reviewed.")]


def reinstate(
    cameo_id: CameoArgument,
    version: Version = None,
    alarm: Alarm = None,
    reason: Reason = "reviewed",
) -> None:
    """End the suspension of a cameo, or of one version, once a person has decided so."""
    command = ReinstateCameo(
        command_id=drawn_by(system_clock)("cmd"),
        at=system_clock(),
        reason=reason,
        version=version,
        alarm=alarm,
    )
    try:
        changed = asyncio.run(_reinstate(Settings.read(), cameo_id, command))
    except Refusal as refusal:
        raise UserError(f"{refusal} {refusal.next_step}") from None
    what = cameo_id if version is None else f"Version {version} of {cameo_id}"
    Console().print(f"{what} {'is no longer' if changed else 'was not'} suspended.")


async def _reinstate(settings: Settings, cameo_id: str, command: ReinstateCameo) -> bool:
    filled = settings.filled(postgres_url=postgres_dsn(settings))
    async with open_log(filled) as log:
        return await reinstated(ledger_on(log), cameo_id, command)


async def reinstated(ledger: Ledger, cameo_id: str, command: ReinstateCameo) -> bool:
    """Write it down; whether anything was suspended. Raises a Refusal or a UserError.

    Of several alarms one is ended at a time, or one decision would end what another has to decide.
    A version whose likeness has been destroyed stays as it is: nothing of it can be cast.
    """
    cameo = (await ledger.state(CAMEO, cameo_id)).state
    require_not_deleted(cameo)
    if not isinstance(cameo, Castable):
        raise CameoUnknown
    if command.version in cameo.templates_destroyed:
        raise UserError(
            f"The likeness of version {command.version} has been destroyed; only a retake, which "
            "is the next version, can be cast."
        )
    alarms = [each or "unnamed" for each in cameo.alarms(command.version)]
    if command.alarm is None and len(alarms) > 1:
        raise UserError(
            f"{len(alarms)} alarms stop it: {', '.join(alarms)}. End the one that was decided "
            "with --alarm."
        )
    if command.alarm is not None and command.alarm not in alarms:
        known = ", ".join(alarms) or "none"
        raise UserError(f"No alarm {command.alarm} stops it. Those that do: {known}.")
    context = Context(_ACTOR, f"cameo/{cameo_id}")
    performed = await ledger.perform([Decision(CAMEO, cameo_id, command)], context)
    return bool(performed.events)
