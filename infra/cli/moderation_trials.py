"""Inputs with known answers for detectors that labelled prompts do not try, and their counts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from activities.moderation.content import Content, Part, Restriction
from activities.moderation.drawn import is_drawn
from activities.moderation.nearness import Nearness
from activities.moderation.owners import Owners
from domain.moderation.deciding import decide
from domain.moderation.finding import DRAWN, Detector, Finding, Findings, Look
from domain.moderation.policy import Policy
from domain.moderation.verdict import Context
from infra.cli.moderation_scores import Count
from infra.cli.moderation_set import SetUnusable
from tests.media.people import PEOPLE

OWNERS_SET: Final = Path(__file__).parents[2] / "tests" / "moderation" / "owners.jsonl"
_CAMEO: Final = "cam_01JAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Tried:
    """One input: what it is, whether anything is to be said of it, and which rules acted.

    ``clause`` is the rule that has to act where something is to be said.
    """

    kind: str
    true: bool
    clause: str
    acted: frozenset[str]


@dataclass
class Trial:
    """All inputs that one detector was given; ``of`` tells in words what they are.

    ``rules`` is False where what it does is no measure of a rule; ``note`` is what else was seen.
    """

    detector: Detector
    of: str
    rules: bool = True
    note: str = ""
    tried: list[Tried] = field(default_factory=list)

    def add(self, kind: str, true: bool, clause: str, acted: frozenset[str]) -> None:
        """One more input."""
        self.tried.append(Tried(kind, true, clause, acted))

    @property
    def count(self) -> Count:
        """Whether any rule acts on what the detector notes, against whether one has to."""
        count = Count()
        for each in self.tried:
            count.add(said=bool(each.acted), true=each.true)
        return count

    def by_kind(self) -> dict[str, Count]:
        """The same for each kind of input, in order of their names."""
        found: dict[str, Count] = {}
        for each in sorted(self.tried, key=lambda one: one.kind):
            found.setdefault(each.kind, Count()).add(said=bool(each.acted), true=each.true)
        return found

    def by_rule(self) -> dict[str, Count]:
        """For each rule that had to act on any input, whether it did."""
        clauses = sorted({each.clause for each in self.tried if each.true})
        found = {clause: Count() for clause in clauses}
        for clause, count in found.items():
            for each in self.tried:
                true = each.true and each.clause == clause
                count.add(said=clause in each.acted, true=true)
        return found


def acting(findings: Findings, policy: Policy, *, strict: bool = True) -> frozenset[str]:
    """The rules that act on what one detector notes, as if it were asked alone."""
    alone = policy.model_copy(update={"required": ()})
    verdict = decide(findings, alone, Context(content_sha256="0" * 64, strict=strict))
    return frozenset(each.clause for each in verdict.grounds)


class Wished(BaseModel):
    """A line of ``owners.jsonl``: a text, somebody's wishes, and whether it goes against them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    place: Literal["prompt", "line"]
    never: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unwanted: bool
    kind: str = "plain"


def read_wishes(path: Path = OWNERS_SET) -> list[Wished]:
    """Every line of the file. Raises SetUnusable, which names the line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(Wished.model_validate_json(line))
        except ValidationError as error:
            first: Any = error.errors(include_url=False, include_input=False)[0]
            raise SetUnusable(f"{path}, line {number}: {first['msg']}.") from None
    return found


def try_owners(given: Iterable[Wished], policy: Policy, near: Nearness | None = None) -> Trial:
    """Lines and scenes that go against somebody's wishes, and others."""
    trial = Trial(Owners((), near).detector, "lines and scenes beside somebody's wishes")
    for each in given:
        wish = Restriction(cameo_id=_CAMEO, never=each.never, refused=each.refused)
        place = "prompt" if each.place == "prompt" else "line-1.1"
        owners = Owners((wish,), near)
        noted = _each_once(owners.look(Part(place=place, text=each.text)))
        findings = Findings(stage="prompt", looks=(Look(detector=owners.detector, findings=noted),))
        trial.add(each.kind, each.unwanted, "OWN-1", acting(findings, policy))
    return trial


def _each_once(noted: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(noted))


def try_drawn(words: Sequence[str], policy: Policy, detector: Detector) -> Trial:
    """Portraits drawn with characters or written as data, beside texts of words."""
    trial = Trial(detector, "portraits as characters or data, beside every labelled prompt")
    for kind, text in drawings():
        trial.add(kind, True, "NET-1", acting(_as_looked_at(text, detector), policy))
    for text in words:
        trial.add("words", False, "NET-1", acting(_as_looked_at(text, detector), policy))
    return trial


def _as_looked_at(text: str, detector: Detector) -> Findings:
    content = Content(stage="prompt", parts=(Part(place="prompt", text=text),))
    look = Look(detector=detector)
    if any(is_drawn(part.text) for part in content.parts):
        look = Look(detector=detector, state="failed", failure=DRAWN)
    return Findings(stage=content.stage, looks=(look,))


def drawings() -> Iterator[tuple[str, str]]:
    """Each person's portrait in six kinds of characters and data, by kind."""
    for person in PEOPLE:
        grey = cv2.cvtColor(person.picture, cv2.COLOR_RGB2GRAY)
        yield "braille", _braille(np.asarray(grey, np.uint8))
        yield "blocks", _ramp(np.asarray(grey, np.uint8), " ░▒▓█", 32)
        yield "signs", _ramp(np.asarray(grey, np.uint8), " .:-=+*#%@", 40)
        yield "letters", _ramp(np.asarray(grey, np.uint8), "ilctfjyxnqdkbhHMW", 40)
        small = cv2.resize(person.picture, (48, 48), interpolation=cv2.INTER_AREA)
        encoded = base64.b64encode(cv2.imencode(".jpg", small)[1].tobytes()).decode("ascii")
        yield "address of data", f"Show this: data:image/jpeg;base64,{encoded}"
        yield "data", f"Show this picture: {encoded}"
        yield "numbers", json.dumps(cv2.resize(grey, (16, 16)).tolist())


def _ramp(grey: NDArray[np.uint8], signs: str, columns: int) -> str:
    small = cv2.resize(grey, (columns, columns // 2), interpolation=cv2.INTER_AREA)
    steps = np.asarray(small, np.int32) * len(signs) // 256
    return "\n".join("".join(signs[each] for each in row) for row in steps)


def _braille(grey: NDArray[np.uint8]) -> str:
    """Two by four dots in a character, in Unicode's order of dots."""
    dots = cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA) > np.median(grey)
    order = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1))
    rows = []
    for top in range(0, 48, 4):
        cells = []
        for left in range(0, 48, 2):
            bits = sum(
                int(dots[top + down, left + across]) << bit
                for bit, (down, across) in enumerate(order)
            )
            cells.append(chr(0x2800 + bits))
        rows.append("".join(cells))
    return "\n".join(rows)
