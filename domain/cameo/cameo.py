"""A cameo: the versions of somebody's likeness that may be cast, and what became of them.

Its stream is ``cameo-cam_...``. This file holds what is true; ``keeping`` holds what may happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from domain.cameo.release import Kind
from domain.kernel.catalog import Catalog
from domain.kernel.ids import AccountId, CameoId, EnrolmentId
from domain.kernel.model import Event, Value
from domain.video.media import MediaFile

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,59}$")]
TemplateKind = Literal["face", "voice"]


class References(Value):
    """What the studio may look at: stills, a short clip, a sample of the voice."""

    stills: Annotated[tuple[MediaFile, ...], Field(min_length=1, max_length=16)]
    clip: MediaFile | None = None
    voice: MediaFile | None = None


class SealedTemplate(Value):
    """A biometric template: where its sealed bytes lie, and which model made it."""

    kind: TemplateKind
    key: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    version: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class CameoVersion(Value):
    """One enrolment's likeness: number n, its references, its templates and when those end."""

    number: Annotated[int, Field(ge=1)]
    enrolment_id: EnrolmentId
    references: References
    templates: tuple[SealedTemplate, ...] = ()
    destroy_by: AwareDatetime


class VersionApproved(Event):
    """The cameo has a new version, which casts from now on."""

    cameo_id: CameoId
    account_id: AccountId
    kind: Kind
    version: CameoVersion


class CameoSuspended(Event):
    """Nobody may use the cameo, or one version of it, until it is reinstated.

    ``alarm`` says who needs that: an enrolment's id, or a word. Before alarms had names there was
    one for each version.
    """

    cameo_id: CameoId
    reason: str
    version: int | None = None
    alarm: str | None = None


class CameoReinstated(Event):
    """The suspension that this alarm needed is over; without an alarm, all of them are."""

    cameo_id: CameoId
    reason: str
    version: int | None = None
    alarm: str | None = None


class TemplatesDestroyed(Event):
    """The biometric templates of one version are gone."""

    cameo_id: CameoId
    version: int


class CameoDeleted(Event):
    """The cameo is gone for good."""

    cameo_id: CameoId
    reason: str


class CameoHeld(Event):
    """Somebody who is being enrolled under this id is suspended as soon as that is approved."""

    cameo_id: CameoId
    reason: str
    alarm: str | None = None


class CameoFreed(Event):
    """What this alarm held back may be used once it is approved; without an alarm, whatever did."""

    cameo_id: CameoId
    reason: str
    alarm: str | None = None


CameoEvent = (
    VersionApproved
    | CameoSuspended
    | CameoReinstated
    | TemplatesDestroyed
    | CameoDeleted
    | CameoHeld
    | CameoFreed
)


Alarm = str | None
"""Who needs a suspension. ``None`` stands for those of a time before alarms had names."""


@dataclass(frozen=True)
class Suspension:
    """One alarm stops one version, or with ``None`` the whole cameo."""

    version: int | None
    alarm: Alarm


@dataclass(frozen=True)
class NoCameo:
    """Nobody has been enrolled under this id. ``held_back`` is why somebody may not be used yet,
    by alarm."""

    held_back: Mapping[Alarm, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Castable:
    """The cameo exists. It may be used again when every alarm about it is over."""

    cameo_id: str
    account_id: str
    kind: Kind
    versions: Mapping[int, CameoVersion]
    suspensions: frozenset[Suspension] = field(default=frozenset())
    templates_destroyed: frozenset[int] = field(default=frozenset())

    @property
    def newest(self) -> int:
        """The number of the version that new work casts."""
        return max(self.versions)

    def suspends(self, version: int) -> bool:
        """Whether this version may not be used at the moment."""
        return any(each.version in (None, version) for each in self.suspensions)

    def alarms(self, version: int | None) -> list[Alarm]:
        """Who stops exactly this version, or exactly the whole, in the order of their names."""
        found = [each.alarm for each in self.suspensions if each.version == version]
        return sorted(found, key=lambda alarm: alarm or "")


@dataclass(frozen=True)
class Deleted:
    """The cameo is gone."""

    cameo_id: str
    account_id: str
    kind: Kind


Cameo = NoCameo | Castable | Deleted


def evolve(state: Cameo, event: CameoEvent) -> Cameo:
    """The situation after one more event. It never refuses: what happened, happened."""
    match event, state:
        case VersionApproved(), NoCameo():
            versions = MappingProxyType({event.version.number: event.version})
            return Castable(event.cameo_id, event.account_id, event.kind, versions)
        case CameoHeld(), NoCameo():
            return NoCameo(MappingProxyType({**state.held_back, event.alarm: event.reason}))
        case CameoFreed(), NoCameo():
            return NoCameo(_freed(state.held_back, event.alarm))
        case VersionApproved(), Castable():
            more = {**state.versions, event.version.number: event.version}
            return replace(state, versions=MappingProxyType(more))
        case CameoSuspended(), Castable():
            stopped = Suspension(event.version, event.alarm)
            return replace(state, suspensions=state.suspensions | {stopped})
        case CameoReinstated(), Castable():
            return replace(state, suspensions=_ended(state.suspensions, event))
        case TemplatesDestroyed(), Castable():
            gone = state.templates_destroyed | {event.version}
            return replace(state, templates_destroyed=gone)
        case CameoDeleted(), Castable():
            return Deleted(state.cameo_id, state.account_id, state.kind)
        case _, Deleted():
            return state
    raise ValueError(f"{type(event).__name__} cannot be the first event of a cameo")


def _freed(held_back: Mapping[Alarm, str], alarm: Alarm) -> Mapping[Alarm, str]:
    if alarm is None:
        return MappingProxyType({})
    return MappingProxyType({each: why for each, why in held_back.items() if each != alarm})


def _ended(suspensions: frozenset[Suspension], event: CameoReinstated) -> frozenset[Suspension]:
    return frozenset(
        each
        for each in suspensions
        if each.version != event.version or event.alarm not in (None, each.alarm)
    )


CATALOG: Final = Catalog()
CATALOG.register(VersionApproved, "cameo-version-approved.v1")
CATALOG.register(CameoSuspended, "cameo-suspended.v1")
CATALOG.register(CameoReinstated, "cameo-reinstated.v1")
CATALOG.register(TemplatesDestroyed, "cameo-templates-destroyed.v1")
CATALOG.register(CameoDeleted, "cameo-deleted.v1")
CATALOG.register(CameoHeld, "cameo-held.v1")
CATALOG.register(CameoFreed, "cameo-freed.v1")
