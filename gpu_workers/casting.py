"""The cast in the studio: consent asked at the start, likenesses laid out, wishes merged.

What the owners wish is read from the log here, at the position of the admission, so that it never
passes through anything that the caster can look at. The likenesses of a shot come in the order of
its cast, as the model's card takes them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from activities.cameo.places import SEALED
from activities.consent.desk import Answer
from activities.consent.office import CastingOffice
from activities.generation import context_of
from activities.orders import SamplingOrder
from domain.account.relating import RELATIONS
from domain.cameo.cameo import CameoVersion, Castable
from domain.cameo.keeping import CAMEO
from domain.consent.decider import CONSENT
from domain.consent.preferences import Preferences
from domain.consent.refusals import CastNotPermitted
from domain.consent.roles import AdmittedCast, Role
from domain.consent.situations import Held
from domain.consent.wording import Portrayed, avoided, portrayed
from domain.consent.world import World
from domain.generation.brief import Shot
from domain.generation.reference import ReferenceFile, ReferenceKind, Seal
from domain.kernel.ports import HashMismatch, LogUnavailable, ObjectMissing, ObjectTooLarge
from domain.video.media import MediaFile
from gpu_workers.cards import registry as cards
from gpu_workers.cards.card import Takes
from gpu_workers.fence import Fence
from gpu_workers.references import ReferenceUnreadable
from gpu_workers.shelf import Shelf

_SEALED_BYTES_MAX: Final = 64 << 20
_ONE_PICTURE_EACH: Final = Takes(pictures=8)
"""What a sampler without a card is given."""
Avoided = tuple[tuple[str, ...], ...]
"""What each shot of a brief is to be without; empty where nobody is cast."""


def streams_of(order: SamplingOrder) -> frozenset[str]:
    """The streams that the consent of an order's cast rests on."""
    cast = order.cast
    if cast is None:
        return frozenset()
    people = {order.account_id, *(each.owner_id for each in cast.roles if each.owner_id)}
    return frozenset(
        (
            *(CONSENT.stream(each) for each in cast.cameo_ids),
            *(CAMEO.stream(each) for each in cast.cameo_ids),
            *(RELATIONS.stream(each) for each in people),
        )
    )


class Casting:
    """Asks the office for each order that has a cast; one that has none passes through."""

    def __init__(
        self, office: CastingOffice | None, shelf: Shelf, now: Callable[[], datetime]
    ) -> None:
        self._given, self._shelf, self._now = office, shelf, now

    @property
    def _office(self) -> CastingOffice:
        if self._given is None:
            raise RuntimeError("This studio samples no cast: give it a casting office.")
        return self._given

    async def require(self, order: SamplingOrder, attempt: int) -> None:
        """Everybody's consent at the start of an attempt, decided and written down.

        Raises CastNotPermitted.
        """
        if order.cast is not None:
            answer = await self._answer(order, order.cast)
            command_id = f"{order.command_id}/{attempt}/{answer.decision.position}"
            await self._office.record(answer, command_id, context_of(order))

    async def mind(self, order: SamplingOrder, doubt: asyncio.Event, fence: Fence) -> None:
        """Ask again whenever there is a doubt; for ever, or until a consent has fallen.

        Raises CastNotPermitted. A silent log stops nothing here: the release asks once more.
        """
        while order.cast is not None:
            await doubt.wait()
            doubt.clear()
            with suppress(LogUnavailable):
                answer = await self._answer(order, order.cast)
                if not answer.decision.permitted:
                    fence.fell(order.generation_id)
                    fence.require_standing(order.generation_id)

    async def _answer(self, order: SamplingOrder, cast: AdmittedCast) -> Answer:
        return await self._office.look(order, order.brief, cast, "gpu-start", self._now())

    async def played(self, order: SamplingOrder) -> tuple[SamplingOrder, Avoided]:
        """The order with its shot's likenesses, and with the wishes in what its shots say.

        Beside it, what each shot is to be without.
        """
        if order.cast is None:
            return order, ()
        world = await self._office.desk.world(
            order.cast.cameo_ids, order.account_id, order.cast.position
        )
        brief = order.brief.with_called()
        people = [_people(shot, order.cast, world) for shot in brief.shots]
        shots = tuple(
            shot.model_copy(update={"prompt": portrayed(shot.prompt, each)})
            for shot, each in zip(brief.shots, people, strict=True)
        )
        given = [
            await self._reference(kind, version, file)
            for kind, version, file in _likenesses(order, shots, world)
        ]
        told = order.model_copy(
            update={
                "brief": brief.model_copy(update={"shots": shots}),
                "references": (*order.references, *given),
            }
        )
        return told, tuple(avoided(each) for each in people)

    async def _reference(
        self, kind: ReferenceKind, version: CameoVersion, file: MediaFile
    ) -> ReferenceFile:
        """A likeness, named by what is inside of its seal. Raises ReferenceUnreadable."""
        name = file.key.rpartition("/")[2].removesuffix(SEALED)
        seal = Seal(subject=version.enrolment_id, name=name, sha256=file.sha256)
        try:
            opened = await self._shelf.opened(file.key, seal, _SEALED_BYTES_MAX)
        except (ObjectMissing, HashMismatch, ObjectTooLarge) as error:
            raise ReferenceUnreadable(f"A likeness: {type(error).__name__}.") from None
        return ReferenceFile(
            kind=kind,
            use="likeness",
            key=file.key,
            sha256=hashlib.sha256(opened).hexdigest(),
            sealed=seal,
        )


def _likenesses(
    order: SamplingOrder, shots: tuple[Shot, ...], world: World
) -> Iterator[tuple[ReferenceKind, CameoVersion, MediaFile]]:
    """A picture of each, in the order of the cast, or a clip for a model that takes only those.

    Then the voices of those who speak, as many as it takes.
    """
    assert order.cast is not None
    name = order.brief.sampler
    card = cards.card(name) if name in cards.names() else None
    if card is not None and not card.direction.cast:
        return  # its card says so, and the shot is refused for it
    takes = card.takes if card else _ONE_PICTURE_EACH
    roles = order.cast.of_shot(shots[max(order.shot, 1) - 1].cast)
    versions = [(each, _version(world, each)) for each in roles]
    for _, each in versions:
        if takes.pictures or not (takes.clips and each.references.clip):
            yield "picture", each, each.references.stills[0]
        else:
            yield "clip", each, each.references.clip
    heard = [
        (each, voice) for role, each in versions if role.speaks and (voice := each.references.voice)
    ]
    for each, voice in heard[: takes.voices]:
        yield "voice", each, voice


def _people(shot: Shot, cast: AdmittedCast, world: World) -> list[Portrayed]:
    return [(each.handle, _preferences(world, each)) for each in cast.of_shot(shot.cast)]


def _preferences(world: World, role: Role) -> Preferences:
    consent = world.consent(role.cameo_id)
    return consent.preferences if isinstance(consent, Held) else Preferences()


def _version(world: World, role: Role) -> CameoVersion:
    """What was admitted. Raises CastNotPermitted where it is no more."""
    cameo = world.cameo(role.cameo_id)
    if not isinstance(cameo, Castable) or role.version not in cameo.versions:
        raise CastNotPermitted(f"{role.cameo_id}: cameo-version-unknown.")
    return cameo.versions[role.version]
