"""What detectors are given: the parts of a content at one stage, and who is in it.

Texts are personal: they are looked at, and never written into findings, logs or failures.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from pydantic import Field

from domain.consent.wording import Portrayed, portrayed
from domain.generation.brief import Brief
from domain.kernel.canonical import canonical_json
from domain.kernel.model import Personal, Value
from domain.moderation.categories import Stage
from domain.moderation.finding import Place

PARTS_MAX: Final = 400


class Part(Value):
    """One text of a content; ``milliseconds`` tell when it is shown or spoken in the film."""

    place: Place
    text: Annotated[str, Personal(), Field(repr=False)]
    milliseconds: tuple[int, int] | None = None


class Restriction(Value):
    """What one person in the cast does not want: things they never want, scenes they refuse."""

    cameo_id: str
    never: Annotated[tuple[str, ...], Personal(), Field(repr=False, max_length=100)] = ()
    refused: Annotated[tuple[str, ...], Field(max_length=200)] = ()


class Content(Value):
    """Everything that is looked at together, under one hash."""

    stage: Stage
    parts: Annotated[tuple[Part, ...], Field(max_length=PARTS_MAX)]
    restrictions: Annotated[tuple[Restriction, ...], Field(max_length=40)] = ()

    @property
    def sha256(self) -> str:
        """The hash of all of it: the same content, the same hash."""
        plain = self.model_dump(mode="json")
        for part in plain["parts"]:
            part["text"] = part["text"].encode("utf-8", "surrogatepass").hex()
        for each in plain["restrictions"]:
            each["never"] = [
                thing.encode("utf-8", "surrogatepass").hex() for thing in each["never"]
            ]
        return hashlib.sha256(canonical_json(plain)).hexdigest()


def of_text(text: str, stage: Stage = "prompt") -> Content:
    """A content of one text."""
    return Content(stage=stage, parts=(Part(place="prompt", text=text),))


def of_brief(brief: Brief, restrictions: tuple[Restriction, ...] = ()) -> Content:
    """All that a brief asks to see and to hear: its prompt, each shot's, and every line."""
    return Content(stage="prompt", parts=_parts(brief, {}), restrictions=restrictions)


def of_plan(
    brief: Brief,
    people: dict[int, tuple[Portrayed, ...]],
    restrictions: tuple[Restriction, ...] = (),
) -> Content:
    """What samplers are going to be given: each shot's words with its people's wishes merged.

    ``people`` are those of each shot, from 1, as the shot's words are merged by
    ``domain.consent.wording``.
    """
    return Content(stage="plan", parts=_parts(brief, people), restrictions=restrictions)


def _parts(brief: Brief, people: dict[int, tuple[Portrayed, ...]]) -> tuple[Part, ...]:
    whole = round(brief.seconds * 1000)
    parts = [Part(place="prompt", text=brief.prompt, milliseconds=(0, whole))]
    begins = 0.0
    for number, shot in enumerate(brief.shots, 1):
        text = portrayed(shot.prompt, people.get(number, ()))
        span = (round(begins * 1000), round((begins + shot.seconds) * 1000))
        if text != brief.prompt:
            parts.append(Part(place=f"shot-{number}", text=text, milliseconds=span))
        at = 0.0
        for index, line in enumerate(shot.lines, 1):
            at = at if line.at is None else line.at
            spoken = (round((begins + at) * 1000), round((begins + at + line.seconds_min) * 1000))
            parts.append(Part(place=f"line-{number}.{index}", text=line.text, milliseconds=spoken))
            at += line.seconds_min
        begins += shot.seconds
    return tuple(parts)
