"""``eval sketch``: obedience to captions, identity of cameos, and how far sound and picture lie
apart, on held-out captions and never-seen characters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from PIL import Image
from rich.console import Console

from infra.cli.figures import Figures, at_least

CLIPS: Final = 240
GUIDANCE: Final = 2.5
ATTRIBUTE_MIN: Final = 0.9
JUDGE_MIN: Final = 0.8
"""A judge that does not know an attribute on true clips says nothing about sampled ones."""
IDENTITY_MIN: Final = 0.9
OFFSET_MIN: Final = 0.8
_ATTRIBUTES: Final = ("scene", "motion", "colour", "shape", "sound")


def evaluate(
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    clips: Annotated[int, typer.Option(min=24, help="Captions to sample.")] = CLIPS,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a contact sheet of twelve clips here.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Other weights than those shipped.")] = None,
) -> None:
    """Sample held-out captions with the built-in model and have them judged by a probe."""
    from gpu_workers.sketch import evaluation
    from gpu_workers.sketch.weights import PATH, load, sha256

    console = Console()
    figures = Figures("eval sketch", [*_ATTRIBUTES, "own_reference_first", "offset_within_one"])
    figures.versions("torch", "opencv-python-headless")
    path = weights or PATH
    done = evaluation.evaluate(
        load(path), clips, GUIDANCE, lambda words: console.print(f"[dim]{words}[/]")
    )
    sampled, true, chance = done.sampled, done.true, done.chance
    for name in _ATTRIBUTES:
        if true.attributes[name] < JUDGE_MIN:
            figures.failed(
                name,
                f"The judge knows it in {true.attributes[name]:.3f} of true clips, and has to in "
                f"{JUDGE_MIN} before it can judge; of the sampled ones it is "
                f"{sampled.attributes[name]:.3f}.",
            )
            continue
        figures.measured(
            name,
            round(sampled.attributes[name], 4),
            f"of {sampled.counts[name]} clips",
            goal=at_least(ATTRIBUTE_MIN),
            peer={"true clips": round(true.attributes[name], 4), "chance": round(chance[name], 4)},
        )
    figures.measured(
        "own_reference_first",
        round(sampled.own_first, 4),
        f"of {sampled.counts['identity']} clips, among 16",
        goal=at_least(IDENTITY_MIN),
        peer={
            "true clips": round(true.own_first, 4),
            "chance": chance["own_first"],
            "error of own": round(sampled.own_error, 5),
            "error of a copy": round(true.own_error, 5),
            "error of a stranger": round(sampled.stranger_error, 5),
        },
    )
    figures.measured(
        "offset_within_one",
        round(sampled.within_one, 4),
        f"of {sampled.counts['offset']} clips, in moments of 125 ms",
        goal=at_least(OFFSET_MIN),
        peer={
            "true clips": round(true.within_one, 4),
            "chance": round(chance["within_one"], 4),
            "exactly together": round(sampled.exact, 4),
        },
    )
    figures.add(
        weights_sha256=sha256(path),
        captions=done.captions,
        mistaken={name: shown for name, shown in sampled.mistaken.items() if shown},
    )
    if sheet is not None:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(done.sheet).save(sheet, quality=88)
    console.print(figures.table())
    figures.write(json)
    raise typer.Exit(0 if figures.ok else 1)
