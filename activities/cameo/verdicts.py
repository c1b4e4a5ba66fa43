"""From what an examination found to the verdicts that the log keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from activities.likeness.contract import CheckName as Looked
from activities.likeness.contract import Finding
from domain.cameo.checks import CheckName, CheckVerdict, Verdict
from domain.kernel.errors import Refusal

CHECKS: Final[Mapping[Looked, CheckName]] = {
    "one_face": "one-face",
    "same_face": "same-face",
    "head_moves": "head-moves",
    "parallax": "parallax",
    "frozen_or_looped": "fresh-frames",
    "spoken_number": "spoken-number",
    "voice_moves_with_mouth": "mouth-and-voice",
    "impostor_face": "not-enrolled",
    "impostor_voice": "not-enrolled",
    "protected": "not-protected",
    "age_signs": "age",
    "human_face_in_pet": "no-person",
}
"""The log's name of each check; a face and a voice that are known are one question."""

_SEVERITY: Final[Mapping[Verdict, int]] = {"passed": 0, "unsure": 1, "failed": 2}
_PROBE: Final = ("callsheet-probe", "1")


def clip_readable() -> CheckVerdict:
    """The clip could be decoded within its limits."""
    return CheckVerdict(check="clip", verdict="passed", model=_PROBE[0], version=_PROBE[1])


def clip_refused(refusal: Refusal) -> CheckVerdict:
    """The clip could not be looked at; the refusal's code says why."""
    return CheckVerdict(
        check="clip", verdict="failed", model=_PROBE[0], version=_PROBE[1], code=refusal.code
    )


def verdicts_of(findings: Iterable[Finding]) -> tuple[CheckVerdict, ...]:
    """One verdict per check; where two findings answer one check, the worse one stands."""
    found: dict[CheckName, CheckVerdict] = {}
    for finding in findings:
        verdict = _verdict(finding)
        known = found.get(verdict.check)
        found[verdict.check] = verdict if known is None else _worse(known, verdict)
    return tuple(found.values())


def _verdict(finding: Finding) -> CheckVerdict:
    return CheckVerdict(
        check=CHECKS[finding.check],
        verdict=finding.verdict,
        model=finding.model,
        version=finding.version,
        score=finding.score,
        threshold=finding.threshold,
        code=None if finding.verdict == "passed" else finding.check.replace("_", "-"),
        others=tuple(each for each in finding.against if each.startswith("cam_")),
    )


def _worse(one: CheckVerdict, other: CheckVerdict) -> CheckVerdict:
    worse = max(one, other, key=lambda each: _SEVERITY[each.verdict])
    others = tuple(dict.fromkeys((*one.others, *other.others)))
    return worse.model_copy(update={"others": others})
