"""A stored enrolment looked at again, by whatever detectors are installed now.

The raw clip is gone, so what needs the challenge cannot be asked again. What can: the face in the
reference clip, whether it is one and the same, whether it is somebody else's or protected; and for
a pet or an object, whether a person is in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from activities.cameo.comparison import compare
from activities.cameo.ports import Likeness
from activities.likeness.checks.one_face import one_face
from activities.likeness.checks.same_face import same_face
from activities.likeness.contract import Claim, Examination, Finding, Template
from activities.likeness.examine import examine
from activities.likeness.observing import look_at
from domain.cameo.release import Kind


def look_again(
    clip: Path, kind: Kind, likeness: Likeness | None, templates: Sequence[Template]
) -> tuple[Finding, ...]:
    """Every finding that can be made anew. Blocks its thread; raises ClipRefused."""
    if kind != "person":
        return examine(clip, None, (), Claim(subject=kind)).findings
    with tempfile.TemporaryDirectory(prefix="callsheet-rescore-") as folder:
        evidence = look_at(clip, Path(folder), with_sound=False).evidence
    found = (one_face(evidence), same_face(evidence))
    if likeness is None or likeness.face is None or likeness.voice is None:
        return found
    known = Examination(findings=(), face=likeness.face, voice=likeness.voice)
    return (*found, *compare(known, templates).findings)
