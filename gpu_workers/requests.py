"""An order as a sampler takes it, and what is refused of it before a device is taken."""

from __future__ import annotations

import hashlib
from typing import Final

from activities.orders import SamplingOrder
from domain.generation.brief import Shot as Directed
from domain.generation.reference import ReferenceKind
from gpu_workers.cards import registry as cards
from gpu_workers.cards.card import Takes
from gpu_workers.cards.refusals import ReferencesNotTaken
from gpu_workers.cards.require import require_direction
from gpu_workers.casting import Avoided
from gpu_workers.sampler import Plan, Reference, Sampler, SamplingRequest, Shot, Story

_NOTHING: Final = hashlib.sha256(b"").hexdigest()


def order_request(order: SamplingOrder, avoid: Avoided = ()) -> SamplingRequest:
    """What an order asks of a sampler: one shot and where it stands, or all shots in one take.

    ``avoid`` is what each of the brief's shots is to be without.
    """
    brief = order.brief
    shots = tuple(_asked(each) for each in brief.shots)
    if avoid:
        shots = tuple(
            each.model_copy(update={"avoid": things})
            for each, things in zip(shots, avoid, strict=True)
        )
    story = None
    if order.shot:
        story = Story(
            seed=brief.seed_for(order.generation_id),
            number=order.shot,
            before=shots[: order.shot - 1],
        )
        shots = shots[order.shot - 1 : order.shot]
    return SamplingRequest(
        generation_id=order.generation_id,
        shots=shots,
        width=brief.width,
        height=brief.height,
        fps=brief.fps,
        seed=order.seed,
        references=tuple(
            Reference(kind=each.kind, use=each.use, sha256=each.sha256, keep=each.keep)
            for each in order.references
        ),
        story=story,
    )


def require_all_shots(sampler: Sampler, order: SamplingOrder, avoid: Avoided = ()) -> None:
    """Raise what any shot will be refused for, before a device is taken for one of them.

    Only a shot's own order has its references. Each other shot is planned with as many of the kind
    that it will be given, under a hash of nothing: a plan looks at their number alone.
    """
    shots = order.brief.shots
    if sampler.name in cards.names():
        direction = cards.card(sampler.name).direction
        asked = [(number, _asked(each)) for number, each in enumerate(shots, 1)]
        require_direction(sampler.name, direction, asked)
    for number, shot in enumerate(shots, 1):
        if order.shot:
            request = order_request(order.model_copy(update={"shot": number}), avoid)
            if number != order.shot:
                stand_ins = _stand_ins(sampler.name, shot)
                request = request.model_copy(update={"references": stand_ins})
            sampler.plan(request)


def _stand_ins(name: str, shot: Directed) -> tuple[Reference, ...]:
    """What a shot will be given: a likeness for each of its cast, and where it goes on from.

    That is a clip where the model can extend one and has room for it, else a picture.
    """
    card = cards.card(name) if name in cards.names() else None
    takes = card.takes if card else Takes(pictures=1)
    kind: ReferenceKind = "clip" if takes.clips and not takes.pictures else "picture"
    likenesses = (Reference(kind=kind, use="likeness", sha256=_NOTHING),) * len(shot.cast)
    if not shot.continues:
        return likenesses
    room = takes.clips - (len(shot.cast) if kind == "clip" else 0)
    if card and "extend" in card.can and room > 0:
        return (*likenesses, Reference(kind="clip", use="extend", sha256=_NOTHING))
    return (*likenesses, Reference(kind="picture", use="first-frame", sha256=_NOTHING))


def _asked(shot: Directed) -> Shot:
    return Shot.model_validate(shot.model_dump())


def require_taken(order: SamplingOrder, plan: Plan) -> None:
    """Raise ReferencesNotTaken where a sampler would leave out what was given to it."""
    if len(plan.references) < len(order.references):
        raise ReferencesNotTaken(f"{plan.model} takes none.")
