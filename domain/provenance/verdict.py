"""What was found in a file, and what follows from it: which artefact of ours it is, or that it is
not ours, for each stretch of time.

Findings are noted by those who read marks, prints and manifests; here they are weighed once, all
together. Nothing here names a person: artefacts are random ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from domain.kernel.model import Value

FALSE_MATCH_MAX: Final = 1e-6
"""A stretch is called ours only when chance would say so more rarely than this."""


class Layer(StrEnum):
    """What can carry where a film comes from."""

    PICTURE_MARK = "picture mark"
    SOUND_MARK = "sound mark"
    PICTURE_PRINT = "picture fingerprint"
    SOUND_PRINT = "sound fingerprint"


class ManifestState(StrEnum):
    """What a file's manifest is worth."""

    TRUSTED = "trusted"
    FOREIGN = "signed by somebody else"
    BROKEN = "broken"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class Conclusion(StrEnum):
    """The whole answer in a word."""

    GENUINE = "genuine"
    SIGNED = "signed"
    OURS = "ours"
    PARTLY_OURS = "partly-ours"
    MARK_PASTED = "mark-pasted"
    NOT_OURS = "not-ours"


class Sign(Value):
    """One layer says that an artefact is here; ``false_match`` is the chance that it errs."""

    layer: Layer
    artefact_id: str
    false_match: float


class Window(Value):
    """A stretch of time in seconds and the signs found in it.

    ``unlike`` are artefacts whose prints are known and were not found though their mark was.
    """

    start: float
    end: float
    signs: tuple[Sign, ...] = ()
    unlike: frozenset[str] = frozenset()


class Segment(Value):
    """What a stretch of time is. ``false_match`` is the chance that the artefact named is wrong."""

    start: float
    end: float
    artefact_id: str | None = None
    layers: tuple[Layer, ...] = ()
    false_match: float = 1.0
    pasted: bool = False


class Manifest(Value):
    """The manifest as far as it can be believed: the artefact only where it is trusted."""

    state: ManifestState
    issuer: str = ""
    artefact_id: str | None = None
    faults: tuple[str, ...] = ()


class Verdict(Value):
    """The answer about one file, with what it rests on."""

    conclusion: Conclusion
    says: str
    manifest: Manifest
    segments: tuple[Segment, ...]
    exact_copy_of: str | None = None
    cut_off: bool = False
    examined_seconds: float = 0.0
    longer_than_examined: bool = False

    @property
    def artefact_ids(self) -> tuple[str, ...]:
        """Every artefact that this file is, or has parts of, in order of appearance."""
        named = [self.exact_copy_of, self.manifest.artefact_id]
        named += [each.artefact_id for each in self.segments if not each.pasted]
        return tuple(dict.fromkeys(each for each in named if each is not None))


def judge(window: Window) -> Segment:
    """What one stretch of time is: the artefact for which chance is the poorest explanation."""
    chances: dict[str, float] = {}
    layers: dict[str, list[Layer]] = {}
    for sign in window.signs:
        chances[sign.artefact_id] = chances.get(sign.artefact_id, 1.0) * sign.false_match
        layers.setdefault(sign.artefact_id, []).append(sign.layer)
    if not chances:
        return Segment(start=window.start, end=window.end)
    best = min(chances, key=lambda artefact: (chances[artefact], artefact))
    if chances[best] > FALSE_MATCH_MAX:
        return Segment(start=window.start, end=window.end)
    return Segment(
        start=window.start,
        end=window.end,
        artefact_id=best,
        layers=tuple(layers[best]),
        false_match=chances[best],
        pasted=best in window.unlike,
    )


def joined(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Neighbours that say the same become one, as sure as the surest of them."""
    whole: list[Segment] = []
    for segment in segments:
        last = whole[-1] if whole else None
        if last is None or (last.artefact_id, last.pasted) != (segment.artefact_id, segment.pasted):
            whole.append(segment)
            continue
        whole[-1] = last.model_copy(
            update={
                "end": segment.end,
                "layers": tuple(dict.fromkeys((*last.layers, *segment.layers))),
                "false_match": min(last.false_match, segment.false_match),
            }
        )
    return tuple(whole)


def conclude(
    manifest: Manifest,
    windows: Sequence[Window],
    exact_copy_of: str | None = None,
    cut_off: bool = False,
    longer: bool = False,
) -> Verdict:
    """Weigh everything that was found about one file."""
    segments = joined([judge(window) for window in windows])
    ours = [each for each in segments if each.artefact_id is not None and not each.pasted]
    pasted = [each for each in segments if each.pasted]
    if exact_copy_of is not None:
        conclusion = Conclusion.GENUINE
    elif manifest.artefact_id is not None and not pasted:
        conclusion = Conclusion.SIGNED  # a manifest leaves some bytes out; the hash leaves none
    elif ours:
        whole = len(ours) == len(segments)
        conclusion = Conclusion.OURS if whole else Conclusion.PARTLY_OURS
    else:
        conclusion = Conclusion.MARK_PASTED if pasted else Conclusion.NOT_OURS
    return Verdict(
        conclusion=conclusion,
        says=_sentence(conclusion, manifest),
        manifest=manifest,
        segments=segments,
        exact_copy_of=exact_copy_of,
        cut_off=cut_off,
        examined_seconds=windows[-1].end if windows else 0.0,
        longer_than_examined=longer,
    )


_MANIFEST_WORDS: Final = {
    ManifestState.TRUSTED: "its manifest holds",
    ManifestState.FOREIGN: "its manifest is signed by somebody else",
    ManifestState.BROKEN: "its manifest does not fit its bytes",
    ManifestState.MISSING: "its manifest is missing",
    ManifestState.UNREADABLE: "its manifest cannot be read",
}


def _sentence(conclusion: Conclusion, manifest: Manifest) -> str:
    about = _MANIFEST_WORDS[manifest.state]
    match conclusion:
        case Conclusion.GENUINE:
            return f"These are exactly the bytes that we serve; {about}."
        case Conclusion.SIGNED:
            return f"Signed by us; {about}. Its bytes are not those on record as served."
        case Conclusion.OURS:
            return f"Made here: our marks or fingerprints are present; {about}."
        case Conclusion.PARTLY_OURS:
            return f"Parts of it were made here; {about}."
        case Conclusion.MARK_PASTED:
            return f"Our mark is present, on pictures that are not ours; {about}."
        case Conclusion.NOT_OURS:
            return f"Not ours, as far as can be seen; {about}."
