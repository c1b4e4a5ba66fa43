"""Observing: probe a clip within narrow limits, then have it measured in a confined process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from activities.clip.apart import ExaminerDied, TookTooLong, run
from activities.clip.facts import ClipFacts
from activities.clip.limits import Limits
from activities.clip.probe import probe
from activities.clip.refusals import ClipDamaged, ClipTooCostly
from activities.likeness.contract import CLIP_BYTES_MAX, CLIP_SECONDS_MAX
from activities.likeness.evidence import PICTURES_MAX, Evidence, EvidenceUnreadable, load
from activities.likeness.refusals import ClipSilent, ClipTooBrief, PicturesTooFast, PicturesTooSlow

LIMITS: Final = Limits(
    size_bytes=CLIP_BYTES_MAX,
    seconds=CLIP_SECONDS_MAX,
    side=1920,
    pixels=1920 * 1088,
    decoded_pixels=1920 * 1088 * 61 * CLIP_SECONDS_MAX,
    pictures=61 * CLIP_SECONDS_MAX,
)
"""What an enrolment's clip may be: half a minute in full HD from any phone."""
SECONDS_MIN: Final = 2.0
FPS_MIN, FPS_MAX = 9.0, 61.0
"""In pictures a second: at fewer, the mouth cannot be compared with the voice."""
WALL_SECONDS: Final = 120.0
_OBSERVER: Final = "activities.likeness.observer"
TURNED: Final = "turned"
"""Asks the observer to look for faces that are not upright."""
_PORTRAIT_BYTES_MAX: Final = 8 << 20


@dataclass(frozen=True)
class Observation:
    """A clip's facts, what was measured, and the pictures made of it where a face was seen."""

    facts: ClipFacts
    evidence: Evidence
    face_png: bytes | None
    head_mp4: bytes | None


def look_at(clip: Path, folder: Path, *, with_sound: bool, turned: bool = False) -> Observation:
    """Measure a clip; ``folder`` is an empty place that the caller removes. With ``turned``, faces
    that lie on their side are looked for as well.

    Raises ClipRefused, whose kinds name the reason; OSError where there is no file.
    """
    facts = probe(clip, LIMITS)
    require(facts, with_sound=with_sound)
    (folder / "facts.json").write_text(facts.model_dump_json(), encoding="utf-8")
    _observe(clip, folder, turned=turned)
    return observation(facts, folder)


def observation(facts: ClipFacts, folder: Path) -> Observation:
    """What the observer left in the folder. Raises ClipDamaged where that is not evidence."""
    try:
        evidence = load(folder / "evidence.npz")
    except EvidenceUnreadable:
        raise ClipDamaged("Its examination has no readable result.") from None
    return Observation(
        facts,
        evidence,
        _picture(folder / "face.png", b"\x89PNG"),
        _picture(folder / "head.mp4", b""),
    )


def require(facts: ClipFacts, *, with_sound: bool) -> None:
    """Raise ClipRefused for what an enrolment's clip may not be, though a studio's may."""
    if with_sound and facts.sound is None:
        raise ClipSilent
    if facts.seconds < SECONDS_MIN:
        raise ClipTooBrief(f"It lasts {facts.seconds:.1f} s; the least is {SECONDS_MIN:g} s.")
    if len(facts.times) > PICTURES_MAX:
        raise PicturesTooFast(f"It has {len(facts.times)}.")
    fps = len(facts.times) / facts.seconds
    if fps < FPS_MIN:
        raise PicturesTooSlow(f"It has {fps:.1f} a second; the least is {FPS_MIN:g}.")
    if fps > FPS_MAX:
        raise PicturesTooFast(f"It has {fps:.0f} a second; the most is {FPS_MAX:g}.")


def _observe(clip: Path, folder: Path, *, turned: bool) -> None:
    """Run the observer. Raises ClipTooCostly, ClipDamaged where it did not live to write."""
    arguments = [str(each.resolve()) for each in (clip, folder / "facts.json", folder)]
    try:
        run(_OBSERVER, [*arguments, *([TURNED] if turned else [])], WALL_SECONDS)
    except TookTooLong as error:
        if error.waited:
            raise ClipTooCostly(f"The limit is {WALL_SECONDS:g} s of waiting.") from None
        raise ClipTooCostly("The limit of computing is reached.") from None
    except ExaminerDied:
        raise ClipDamaged("Its bytes end the decoder.") from None


def _picture(path: Path, magic: bytes) -> bytes | None:
    """What the observer drew, where it drew something of a plausible size and kind."""
    if not path.is_file() or not 0 < path.stat().st_size <= _PORTRAIT_BYTES_MAX:
        return None
    content = path.read_bytes()
    return content if content.startswith(magic) else None
