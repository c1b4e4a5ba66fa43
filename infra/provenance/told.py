"""The answer about a file as callers read it, from the door and from the command line alike.

It names artefacts by their ids and nobody else: neither who made a film, nor who is seen in it, nor
who signed somebody else's.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field

from activities.provenance.consent import ConsentNow
from activities.provenance.reading import Ancestor
from domain.provenance.verdict import Conclusion, Layer, ManifestState, Segment
from infra.provenance.verifier import Answer

RAREST: Final = 1e-12
"""No answer claims to be surer: layers are not quite as independent as their chances."""


class ManifestView(BaseModel):
    """What the file's manifest (C2PA) is worth."""

    state: ManifestState
    artefact_id: str | None = Field(description="The artefact that it names, where it is trusted.")
    faults: list[str] = Field(description="The codes of what does not hold in it.")


class SegmentView(BaseModel):
    """A stretch of time in seconds, and what it is."""

    start: float
    end: float
    artefact_id: str | None = Field(description="Null: nothing of ours was found here.")
    found: list[Layer] = Field(description="Which marks and fingerprints say so.")
    wrong_once_in: float | None = Field(
        description="How many such answers chance would have to give for one that is wrong."
    )
    pasted: bool = Field(
        description="Our mark stands on pictures unlike those of the artefact that it names."
    )
    consent: ConsentNow | None = Field(
        description="How the consent behind that artefact stands at this moment: `in-force`, "
        "`withdrawn`, `taken-down`, `unknown`, or `nobody-cast` where nobody's likeness is in it."
    )


class AncestorView(BaseModel):
    """An artefact and those that it was made from, by their manifests."""

    artefact_id: str
    made_from: list[AncestorView]


class VerdictView(BaseModel):
    """Which artefact a file is, or that it is not ours, with what was found."""

    conclusion: Conclusion = Field(
        description="`genuine`: exactly the bytes on record; `signed`: our manifest holds, and the "
        "bytes are not on record; `ours`, `partly-ours`: marks or fingerprints say so; "
        "`mark-pasted`: our mark on other pictures; `not-ours`: nothing was found."
    )
    says: str = Field(description="The same in a sentence.")
    artefact_ids: list[str] = Field(description="Every artefact that is in it.")
    exact_copy_of: str | None = Field(
        description="The artefact that is served as these bytes, or that they are a still of."
    )
    manifest: ManifestView
    made_from: AncestorView | None = Field(
        description="The graph of its manifest, where that is trusted."
    )
    segments: list[SegmentView]
    consents: dict[str, ConsentNow] = Field(description="By artefact.")
    examined_seconds: float
    cut_off: bool = Field(description="It is damaged or ends early; what could be read was.")
    longer_than_examined: bool


def told(answer: Answer) -> VerdictView:
    """The answer as everybody may read it."""
    verdict = answer.verdict
    return VerdictView(
        conclusion=verdict.conclusion,
        says=verdict.says,
        artefact_ids=list(verdict.artefact_ids),
        exact_copy_of=verdict.exact_copy_of,
        manifest=ManifestView(
            state=verdict.manifest.state,
            artefact_id=verdict.manifest.artefact_id,
            faults=list(verdict.manifest.faults),
        ),
        made_from=_ancestor(answer.tree) if answer.tree else None,
        segments=[_segment(each, answer) for each in verdict.segments],
        consents=dict(answer.consents),
        examined_seconds=verdict.examined_seconds,
        cut_off=verdict.cut_off,
        longer_than_examined=verdict.longer_than_examined,
    )


def _segment(segment: Segment, answer: Answer) -> SegmentView:
    named = segment.artefact_id
    return SegmentView(
        start=segment.start,
        end=segment.end,
        artefact_id=named,
        found=list(segment.layers),
        wrong_once_in=None if named is None else 1 / max(segment.false_match, RAREST),
        pasted=segment.pasted,
        consent=None if named is None else answer.consents.get(named),
    )


def _ancestor(node: Ancestor) -> AncestorView:
    return AncestorView(
        artefact_id=node.title, made_from=[_ancestor(each) for each in node.parents]
    )
