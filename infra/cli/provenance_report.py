"""What ``bench provenance`` says of manifests and marks, from what was found film by film."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, median, pstdev
from typing import Final

from activities.provenance.payload import DOUBTFUL_BITS, FALSE_MATCH_MAX, FLIPS_MAX, PICTURE
from activities.provenance.picture_reading import PILOT_MIN
from infra.cli.figures import Figures, Goal, at_least, at_most, equals
from infra.cli.provenance_forgery import Forgeries
from infra.cli.provenance_trial import (
    FIRST_NUMBER,
    TREATMENTS,
    Trial,
    Unmarked,
    sound_number,
)

PLANNED: Final = (
    *("films", "layers_verified", "manifest_trusted", "mutations_seen"),
    *("exports_verified", "read_by_an_outside_reader"),
    *("mutations_seen_by_manifest_alone", "mutations_seen_by_manifest_alone_inside_manifest"),
    *("mutations_seen_by_manifest_alone_in_the_rest", "manifest_bytes", "sign_ms", "verify_ms"),
    *(f"picture_accuracy_{name}" for name in TREATMENTS),
    *("picture_psnr_worst", "picture_frames_per_second", "picture_wrong_numbers"),
    *("unmarked_frames", "unmarked_read_as_marked", "unmarked_pilot_max", "false_match_rate"),
    *("sound_recovered", "sound_wrong_numbers"),
    *("trace_recall", "trace_recall_by_prints", "trace_wrong", "trace_ms"),
)
_ACCURACY: Final[dict[str, Goal]] = {
    "half_size": at_least(0.98),
    "half_size_cropped": at_least(0.95),
}
_REAL_TIME: Final = 24
_EULER: Final = 0.5772156649


def report_manifests(figures: Figures, trials: Sequence[Trial], count: int, mutations: int) -> None:
    """Signatures: whether they hold on what is served, and whether they break when they should."""
    figures.measured("films", len(trials), "films", goal=at_least(count))
    if not trials:
        return
    broken = [each.broken for each in trials if each.broken is not None]
    share = 1 - len(broken) / len(trials)
    figures.measured("layers_verified", share, "share of films", goal=equals(1))
    figures.add(broken=broken)
    trusted = mean(each.trusted for each in trials)
    figures.measured("manifest_trusted", trusted, "share of films", goal=equals(1))
    report_served(figures, trials)
    report_mutations(figures, [each.forgeries for each in trials], mutations)
    for name, unit in (("manifest_bytes", "bytes"), ("sign_ms", "ms"), ("read_ms", "ms")):
        rounds = [float(getattr(each, name)) for each in trials]
        shown = "verify_ms" if name == "read_ms" else name
        figures.measured(shown, median(rounds), unit, rounds=rounds)


def report_served(figures: Figures, trials: Sequence[Trial]) -> None:
    """Copies for outside, and how many of all files an outside reader calls valid."""
    copies = [each.copy_left for each in trials if each.copy_left is not None]
    if not copies:
        return
    whole = mean(each.broken is None for each in copies)
    figures.measured("exports_verified", whole, "share of exports", goal=equals(1))
    figures.add(broken_exports=[each.broken for each in copies if each.broken is not None])
    files = [each.read_apart for each in trials] + [each.read_apart for each in copies]
    figures.measured(
        "read_by_an_outside_reader",
        mean(files),
        "share of files",
        goal=equals(1),
        peer={"stored_films": len(trials), "exports": len(copies)},
    )


def report_mutations(figures: Figures, found: Sequence[Forgeries], wanted: int) -> None:
    """Changed bits that the verdict noticed, and the shares that the manifest alone did."""
    inside, rest = [each.inside for each in found], [each.rest for each in found]
    both = [*inside, *rest]
    figures.measured(
        "mutations_seen",
        sum(each.seen for each in both),
        "changes",
        goal=equals(wanted),
        peer={
            "tried": sum(each.tried for each in both),
            "tried_inside_manifest": sum(each.tried for each in inside),
            "seen_inside_manifest": sum(each.seen for each in inside),
        },
    )
    for name, parts in (("", both), ("_inside_manifest", inside), ("_in_the_rest", rest)):
        tried = sum(each.tried for each in parts)
        alone = sum(each.seen_by_manifest for each in parts) / max(1, tried)
        figures.measured(f"mutations_seen_by_manifest_alone{name}", alone, "share")


def report_marks(figures: Figures, trials: Sequence[Trial]) -> None:
    """Both marks after each treatment, read without knowing any number."""
    if not trials:
        return
    for name in TREATMENTS:
        rounds = [each.excerpts[name].accuracy for each in trials]
        figures.measured(
            f"picture_accuracy_{name}",
            mean(rounds),
            "share of bits",
            goal=_ACCURACY.get(name),
            rounds=rounds,
        )
    psnr = [each.psnr for each in trials]
    figures.measured("picture_psnr_worst", min(psnr), "dB", goal=at_least(38), rounds=psnr)
    rate = 1 / median(each.frame_seconds for each in trials)
    figures.measured("picture_frames_per_second", rate, "pictures/s", goal=at_least(_REAL_TIME))
    said = [
        (FIRST_NUMBER + each.number, excerpt)
        for each in trials
        for excerpt in each.excerpts.values()
    ]
    wrong = sum(excerpt.picture_number not in (None, number) for number, excerpt in said)
    figures.measured("picture_wrong_numbers", wrong, "excerpts", goal=equals(0))
    right = [excerpt.sound_number == sound_number(number) for number, excerpt in said]
    figures.measured("sound_recovered", mean(right), "share of excerpts", goal=at_least(0.95))
    wrong = sum(
        excerpt.sound_number not in (None, sound_number(number)) for number, excerpt in said
    )
    figures.measured("sound_wrong_numbers", wrong, "excerpts", goal=equals(0))


def report_unmarked(figures: Figures, found: Sequence[Unmarked], frames: int) -> None:
    """What readers make of films that nobody marked, and what follows for rarer chances."""
    pilots = [pilot for each in found for pilot in each.pilots]
    if len(pilots) < 2:
        return
    seen = sum(each.frames for each in found)
    figures.measured("unmarked_frames", seen, "pictures", goal=at_least(frames))
    read = sum(each.read + each.sound_read for each in found)
    figures.measured("unmarked_read_as_marked", read, "groups", goal=equals(0))
    figures.measured(
        "unmarked_pilot_max",
        max(pilots),
        "sigmas",
        peer={"threshold": PILOT_MIN},
        rounds=pilots,
    )
    figures.measured("false_match_rate", false_match_rate(pilots), "", goal=at_most(1e-6))
    figures.spread("unmarked_word_score", [score for each in found for score in each.scores])
    figures.spread("unmarked_sound_pilot", [each.sound_pilot for each in found])


def false_match_rate(pilots: Sequence[float]) -> float:
    """How often an unmarked stretch would be read as marked.

    A pilot's peak is the largest of many, so its tail is fitted as Gumbel's; beyond it, a word has
    to pass its check, or to lie as near to an issued number as the search asks.
    """
    scale = max(pstdev(pilots) * math.sqrt(6) / math.pi, 1e-9)
    middle = mean(pilots) - _EULER * scale
    beyond = -math.expm1(-math.exp(-(PILOT_MIN - middle) / scale))
    words = sum(math.comb(DOUBTFUL_BITS, flips) for flips in range(FLIPS_MAX + 1))
    return beyond * (words / 2.0**PICTURE.check_bits + FALSE_MATCH_MAX)
