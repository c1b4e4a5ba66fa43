"""What is said in a film's sound, as texts with their times; the panel then looks at the texts.

The recogniser (pocketsphinx with its English words) is small: it hears a good part of clearly
spoken English and nothing of other languages. What a film's lines say is known from its brief and
looked at there; this is for what was spoken without being asked for.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness.evidence import SAMPLE_RATE
from activities.likeness.listening import speaking
from activities.moderation.content import PARTS_MAX, Content, Part
from domain.moderation.finding import Detector

_HOPS_PER_SECOND: Final = 100
_PIECE_SECONDS: Final = 8.0
_MARGIN_SECONDS: Final = 0.2
"""Of quiet on both sides: without it the first and the last word are misheard."""
_QUIET: Final = 1e-3
_LISTENING: Final = Lock()


@cache
def recogniser() -> Detector:
    """Who listens, and in which version."""
    try:
        package = f"pocketsphinx {version('pocketsphinx')}"
    except PackageNotFoundError:
        package = "pocketsphinx absent"
    return Detector(name="hearing", version=f"en-us, {package}")


def transcript(sound: NDArray[np.float32]) -> Content:
    """What was heard, a part for each stretch of speech; no part where nobody speaks.

    ``sound`` is mono at 16 kHz. Blocks for about as long as somebody speaks.
    """
    parts = []
    for begin, end in _spoken(sound):
        text = _heard(sound[begin:end])
        if text:
            span = (begin * 1000 // SAMPLE_RATE, end * 1000 // SAMPLE_RATE)
            parts.append(Part(place="film", text=text, milliseconds=span))
    return Content(stage="sound", parts=tuple(parts[:PARTS_MAX]))


def _spoken(sound: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Stretches of samples in which somebody speaks, none longer than a few seconds."""
    if len(sound) == 0 or float(np.abs(sound).max()) < _QUIET:
        return []
    active = np.concatenate([[False], speaking(sound), [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(active))
    step = SAMPLE_RATE // _HOPS_PER_SECOND
    longest, margin = int(_PIECE_SECONDS * SAMPLE_RATE), int(_MARGIN_SECONDS * SAMPLE_RATE)
    found: list[tuple[int, int]] = []
    for first, last in zip(edges[::2] * step, edges[1::2] * step, strict=True):
        begin, end = max(0, int(first) - margin), min(len(sound), int(last) + margin)
        found += [(each, min(end, each + longest)) for each in range(begin, end, longest)]
    return found


def _heard(sound: NDArray[np.float32]) -> str:
    level = float(np.abs(sound).max())
    pcm = (sound * (0.7 / max(level, 1e-6)) * 32767).astype(np.int16).tobytes()
    with _LISTENING:  # a decoder listens to one voice at a time
        decoder = _decoder()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        heard = decoder.hyp()
    return heard.hypstr if heard is not None else ""


@cache
def _decoder() -> Any:
    from pocketsphinx import Decoder

    return Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", cmn="batch")
