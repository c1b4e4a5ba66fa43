"""Hold a request against a model's card, before any device is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from domain.generation.reference import ReferenceKind
from gpu_workers.cards.card import Direction, Licence, Limits, ModelCard
from gpu_workers.cards.operation import Operation
from gpu_workers.cards.refusals import (
    AbilityMissing,
    DirectionNotTaken,
    LicenceAsksForMark,
    LicenceCapsRevenue,
    LicenceExcludesRegion,
    PromptTooLong,
    ReferencesNotTaken,
)
from gpu_workers.sampler import Reference, RequestOutOfRange, SamplingRequest, Shot

EUROPEAN_UNION: Final = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES"),
        *("FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
_KIND_OF_USE: Final = {
    "first-frame": ("picture",),
    "remix": ("clip",),
    "extend": ("clip",),
    "likeness": ("picture", "clip", "voice"),
}


def require(
    card: ModelCard, request: SamplingRequest, operation: Operation, prompt_tokens: int = 0
) -> None:
    """Raise the refusal that explains why ``card`` cannot take ``request``, if there is one.

    ``prompt_tokens`` is the length of the longest prompt as the model's own tokenizer counts.
    """
    require_licence(card.licence, operation)
    require_references(card, request.references)
    require_direction(card.name, card.direction, request.numbered)
    _require_size(card.limits, request)
    _require_time(card.limits, request)
    _require_prompts(card.limits, request, prompt_tokens)


def require_direction(name: str, direction: Direction, shots: Sequence[tuple[int, Shot]]) -> None:
    """Raise DirectionNotTaken where a shot asks for a cast, lines or a camera that are not obeyed.

    Its words name shots and limits, never handles or what is said.
    """
    for number, shot in shots:
        if len(shot.cast) > direction.cast:
            raise DirectionNotTaken(
                f"{name} shows at most {direction.cast} members of a cast; "
                f"shot {number} has {len(shot.cast)}."
            )
        spoken = sorted({line.language for line in shot.lines})
        foreign = [each for each in spoken if not _speaks(direction.speech, each)]
        if foreign:
            known = ", ".join(direction.speech) or "no language"
            raise DirectionNotTaken(
                f"{name} speaks {known}; shot {number} has lines in {', '.join(foreign)}."
            )
        if shot.camera is not None and shot.camera not in direction.camera:
            known = ", ".join(direction.camera) or "none that it can be told"
            raise DirectionNotTaken(
                f"The camera of {name} knows these moves: {known}; "
                f"shot {number} asks for {shot.camera}."
            )
        if shot.continues and not direction.continues:
            raise DirectionNotTaken(
                f"{name} cannot go on from a picture; shot {number} continues the one before."
            )


def _speaks(languages: Sequence[str], wanted: str) -> bool:
    """A language covers its regions: ``en`` is enough for ``en-GB``."""
    return wanted in languages or wanted.partition("-")[0] in languages


def require_licence(licence: Licence, operation: Operation) -> None:
    """Raise what a licence refuses whoever runs this studio for.

    LicenceExcludesRegion, LicenceCapsRevenue, LicenceAsksForMark.
    """
    excluded = set(licence.regions_excluded)
    if "EU" in excluded:
        excluded |= EUROPEAN_UNION
    touched = sorted(excluded.intersection(operation.regions))
    if excluded and (touched or not operation.regions):
        where = f"works in {', '.join(touched)}" if touched else "has not said where it works"
        raise LicenceExcludesRegion(
            f"{licence.name} excludes {', '.join(licence.regions_excluded)}; this studio {where}."
        )
    cap, revenue = licence.revenue_usd_max, operation.revenue_usd
    if cap is not None and (revenue is None or revenue >= cap):
        stated = "not stated" if revenue is None else f"stated as {revenue:,}"
        raise LicenceCapsRevenue(
            f"{licence.name} is free below {cap:,} US dollars a year; the revenue is {stated}."
        )
    if licence.watermark and not operation.marks:
        raise LicenceAsksForMark(f"The licence is {licence.name}.")


def require_likenesses(
    request: SamplingRequest, kinds: tuple[ReferenceKind, ...] = ("picture",)
) -> None:
    """Raise ReferencesNotTaken unless everybody of a cast has a likeness of one of these kinds.

    The first reference of use ``likeness`` shows the first of the cast, and so on.
    """
    likenesses = [each for each in request.references if each.use == "likeness"]
    given = sum(each.kind in kinds for each in likenesses)
    for number, shot in request.numbered:
        if len(shot.cast) > given:
            raise ReferencesNotTaken(
                f"Shot {number} has a cast of {len(shot.cast)} and there are likenesses of "
                f"{given}; give one {' or '.join(kinds)} for each, in the order of the cast."
            )


def require_references(card: ModelCard, references: Sequence[Reference]) -> None:
    """Raise AbilityMissing or ReferencesNotTaken unless the model can do this with all of them."""
    _require_abilities(card, references)
    _require_kinds(card, references)


def _require_abilities(card: ModelCard, references: Sequence[Reference]) -> None:
    asked = ["text", *(reference.use for reference in references)]
    missing = sorted({use for use in asked if use not in card.can})
    if missing:
        raise AbilityMissing(
            f"Asked for is {', '.join(missing)}; {card.name} can do: {', '.join(card.can)}."
        )


def _require_kinds(card: ModelCard, references: Sequence[Reference]) -> None:
    for reference in references:
        if reference.kind not in _KIND_OF_USE[reference.use]:
            fitting = " or ".join(_KIND_OF_USE[reference.use])
            raise ReferencesNotTaken(f"For {reference.use} it is a {fitting} that is needed.")
    has_room = "likeness" in card.can
    given: Counter[str] = Counter(
        each.kind for each in references if not (has_room and each.use == "first-frame")
    )
    taken = {
        "picture": card.takes.pictures,
        "clip": card.takes.clips,
        "voice": card.takes.voices,
    }
    for kind, most in taken.items():
        if given[kind] > most:
            raise ReferencesNotTaken(
                f"{card.name} takes at most {most} of kind {kind}; given were {given[kind]}."
            )
    beginnings = [each.use for each in references if each.use != "likeness"]
    if len(beginnings) > 1:
        raise ReferencesNotTaken(
            f"A clip begins from one thing; given were {', '.join(sorted(beginnings))}."
        )


def _require_size(limits: Limits, request: SamplingRequest) -> None:
    sides, pixels = (request.width, request.height), request.width * request.height
    if min(sides) < limits.side_min or max(sides) > limits.side_max:
        raise RequestOutOfRange(
            f"A side has {limits.side_min} to {limits.side_max} pixels; "
            f"asked for were {request.width}×{request.height}."
        )
    if pixels > limits.pixels_max:
        raise RequestOutOfRange(
            f"A picture has at most {limits.pixels_max} pixels; asked for were {pixels}."
        )
    if not limits.fps_min <= request.fps <= limits.fps_max:
        raise RequestOutOfRange(
            f"There are {limits.fps_min} to {limits.fps_max} pictures a second; "
            f"asked for were {request.fps}."
        )


def _require_time(limits: Limits, request: SamplingRequest) -> None:
    for number, shot in request.numbered:
        if shot.seconds > limits.shot_seconds_max:
            raise RequestOutOfRange(
                f"A shot lasts at most {limits.shot_seconds_max:g} seconds; "
                f"shot {number} asks for {shot.seconds:g}."
            )
    seconds = sum(shot.seconds for shot in request.shots)
    if len(request.shots) > limits.shots_max or seconds > limits.seconds_max:
        raise RequestOutOfRange(
            f"A clip has at most {limits.shots_max} shots and {limits.seconds_max:g} seconds; "
            f"asked for were {len(request.shots)} shots and {seconds:g} seconds."
        )


def _require_prompts(limits: Limits, request: SamplingRequest, tokens: int) -> None:
    for number, shot in request.numbered:
        if len(shot.prompt) > limits.prompt_characters_max:
            raise PromptTooLong(
                f"It reads {limits.prompt_characters_max} characters; "
                f"shot {number} has {len(shot.prompt)}."
            )
    if limits.prompt_tokens_max is not None and tokens > limits.prompt_tokens_max:
        raise PromptTooLong(f"It reads {limits.prompt_tokens_max} tokens; there are {tokens}.")
