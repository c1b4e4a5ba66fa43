"""An order as a sampler takes it, and what is refused of it before a device is taken."""

from __future__ import annotations

from activities.orders import SamplingOrder
from domain.generation.brief import Shot as Directed
from gpu_workers.cards import registry as cards
from gpu_workers.cards.refusals import ReferencesNotTaken
from gpu_workers.cards.require import require_direction
from gpu_workers.casting import Avoided
from gpu_workers.sampler import Plan, Reference, Sampler, SamplingRequest, Shot, Story


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


def require_all_shots(sampler: Sampler, order: SamplingOrder) -> None:
    """Raise what a later shot will be refused for, before a device is taken for an earlier one.

    Who is in a shot comes with references of its own, which only that shot's order has: then what
    its card says is all that can be known.
    """
    shots = order.brief.shots
    if sampler.name in cards.names():
        direction = cards.card(sampler.name).direction
        require_direction(sampler.name, direction, [_asked(each) for each in shots])
    if order.shot and not order.references and not any(each.cast for each in shots):
        for number in range(1, len(shots) + 1):
            sampler.plan(order_request(order.model_copy(update={"shot": number})))


def _asked(shot: Directed) -> Shot:
    return Shot.model_validate(shot.model_dump())


def require_taken(order: SamplingOrder, plan: Plan) -> None:
    """Raise ReferencesNotTaken where a sampler would leave out what was given to it."""
    if len(plan.references) < len(order.references):
        raise ReferencesNotTaken(f"{plan.model} takes none.")
