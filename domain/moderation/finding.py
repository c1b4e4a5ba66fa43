"""Findings: what a detector noted about content, and where. A finding never acts.

Scores are counted in thousandths, so that the same finding is the same number on every machine and
a hash of it means something. Notes and places never quote the content.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from domain.kernel.model import Value
from domain.moderation.categories import CATEGORIES, CategoryName, Stage

CERTAIN: Final = 1000
UNCAST: Final = "uncast-likeness"
"""The category of somebody enrolled who is seen and not cast."""
DRAWN: Final = "drawn"
"""The failure of who reads words before a text that is a picture."""
_CAMEO: Final = "cameo/"

Permille = Annotated[int, Field(ge=0, le=CERTAIN)]
"""Thousandths: 0 is not at all, 1000 is without doubt."""
DetectorName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)
]
Place = Annotated[
    str, StringConstraints(pattern=r"^(prompt|plan|film|(shot|line)-[1-9]\d?(\.[1-9]\d?)?)$")
]
"""Which part: ``prompt``, ``plan``, ``film``, ``shot-2``, or ``line-2.1``: shot 2's first line."""


def about_cameo(cameo_id: str) -> str:
    """The subject of a finding that concerns whoever is behind a cameo."""
    return f"{_CAMEO}{cameo_id}"


class Segment(Value):
    """The part that a finding is about. What is not known is None.

    ``words`` are the first character and the one after the last, in the part's text as it was
    given. ``milliseconds`` and ``frames`` count from the film's beginning, the end excluded.
    """

    place: Place = "prompt"
    words: tuple[int, int] | None = None
    milliseconds: tuple[int, int] | None = None
    frames: tuple[int, int] | None = None

    @field_validator("words", "milliseconds", "frames")
    @classmethod
    def _goes_forward(cls, span: tuple[int, int] | None) -> tuple[int, int] | None:
        if span is not None and not 0 <= span[0] <= span[1]:
            raise ValueError(f"a segment from {span[0]} to {span[1]} does not go forward")
        return span


class Detector(Value):
    """Who looked: a detector's name, and the version of its model and rules."""

    name: DetectorName
    version: Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Finding(Value):
    """One thing that one detector noted.

    ``clause`` is given by a detector that read the policy, and names what it relied on. ``subject``
    is whom it concerns, such as ``cameo/cam_…``; never a name. ``note`` is for reviewers.
    """

    detector: Detector
    category: CategoryName
    score: Permille
    segment: Segment = Segment()
    clause: Annotated[str, StringConstraints(max_length=40)] | None = None
    subject: Annotated[str, StringConstraints(max_length=80)] | None = None
    note: Annotated[str, StringConstraints(max_length=400)] = ""

    @field_validator("category")
    @classmethod
    def _is_known(cls, category: str) -> str:
        if category not in CATEGORIES:
            raise ValueError(f"no category is called {category}; one of {', '.join(CATEGORIES)}")
        return category


class Look(Value):
    """One detector's work: it looked and noted something or nothing, or it failed to look.

    ``failure`` is a word for what went wrong, such as ``timed-out``; it quotes nobody. Who saw a
    part notes it beside the failure.
    """

    detector: Detector
    state: Literal["looked", "failed"] = "looked"
    failure: Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=60)] = (
        "none"
    )
    findings: Annotated[tuple[Finding, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _speaks_for_itself(self) -> Self:
        if any(each.detector != self.detector for each in self.findings):
            raise ValueError("a look holds its own detector's findings only")
        if (self.state == "failed") != (self.failure != "none"):
            raise ValueError("a look names a failure exactly when it failed")
        return self


class Findings(Value):
    """Everything that was noted about one content at one stage: one look per detector."""

    stage: Stage
    looks: Annotated[tuple[Look, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.detector.name for each in self.looks]
        if len(set(names)) < len(names):
            raise ValueError("a detector looks once at a content; merge its findings into one look")
        return self

    @property
    def found(self) -> tuple[Finding, ...]:
        """All findings of all detectors, in their order."""
        return tuple(finding for look in self.looks for finding in look.findings)

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """Who was asked, by name."""
        return tuple(sorted((each.detector for each in self.looks), key=lambda each: each.name))

    @property
    def failed(self) -> tuple[Look, ...]:
        """Who could not look."""
        return tuple(each for each in self.looks if each.state == "failed")


def seen_uncast(findings: Iterable[Findings]) -> tuple[str, ...]:
    """The cameos whose likeness was seen without being cast, each once, in order of their ids."""
    subjects = {
        finding.subject
        for each in findings
        for finding in each.found
        if finding.category == UNCAST and finding.subject is not None
    }
    return tuple(each.removeprefix(_CAMEO) for each in sorted(subjects) if each.startswith(_CAMEO))
