"""The voice comes from the mouth that is seen: it opens when the voice is loud.

Score: the correlation of the mouth's opening with the loudness while somebody speaks, at the best
delay of up to 0.15 s, less what delays of 0.7 to 3 s give by chance. Both are taken against their
own mean of 0.7 s, since any two people who count keep the same slow beat, and only while the head
does not turn. A voice that fits best more than 0.07 s before or after the mouth may be dubbed, or
late in a camera: a human decides.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Finding, Verdict
from activities.likeness.evidence import Evidence
from activities.likeness.listening import loudness, speaking
from activities.likeness.moves import UP_DEGREES, YAW_DEGREES
from activities.likeness.pose import mouth_of, track_of

MARGIN_MIN: Final = 0.50
MARGIN_UNSURE: Final = 0.40
_RATE: Final = 30
"""Both signals are compared at this many samples a second."""
_NEAR_SECONDS: Final = 0.15
_DELAY_SECONDS_MAX: Final = 0.07
_FAR_SECONDS: Final = (0.7, 3.0)
_TREND_SECONDS: Final = 0.7
_RESTING: Final = 0.6
_SPEECH_SECONDS_MIN: Final = 1.0
_ADVICE: Final = (
    "The voice does not move with the mouth. Speak yourself, face the camera in good light, and "
    "open your mouth clearly."
)

Floats = NDArray[np.float64]


def voice_moves_with_mouth(evidence: Evidence) -> Finding:
    """Whether this mouth said what is heard."""
    score, delay = sync(evidence)
    verdict: Verdict = "failed"
    if score >= MARGIN_UNSURE:
        sure = score >= MARGIN_MIN and abs(delay) <= _DELAY_SECONDS_MAX
        verdict = "passed" if sure else "unsure"
    model = models.facemesh()
    return found("voice_moves_with_mouth", model, verdict, score, MARGIN_MIN, _ADVICE)


def sync(evidence: Evidence) -> tuple[float, float]:
    """The margin by which the best delay fits better than distant ones, and that delay in seconds.

    Both are 0 where nothing is heard.
    """
    alone = evidence.alone
    voiced = np.flatnonzero(speaking(evidence.sound)) / 100
    if len(voiced) < 100 * _SPEECH_SECONDS_MIN or alone.sum() < _RATE:
        return 0.0, 0.0
    begin, end = float(voiced[0]) - 0.4, float(voiced[-1]) + 0.4
    clock = np.arange(max(0.0, begin), min(end, float(evidence.seen_at[-1])), 1 / _RATE)
    mouth = np.interp(clock, evidence.seen_at[alone], mouth_of(evidence.points[alone]))
    power = 10 ** (loudness(evidence.sound) / 20)
    heard = np.convolve(power, np.ones(7) / 7, "same")
    loud = np.interp(clock, np.arange(len(heard)) / 100 + 0.015, heard)
    if len(clock) < 2 * _RATE:
        return 0.0, 0.0
    resting = np.interp(clock, evidence.seen_at[alone], _at_rest(evidence)) > 0.5
    if resting.sum() < _RATE:
        return 0.0, 0.0
    mouth, loud = _detrended(mouth), _detrended(loud)
    near, best = max(
        (_correlation(mouth, loud, resting, lag), lag) for lag in _lags(0.0, _NEAR_SECONDS)
    )
    far = [_correlation(mouth, loud, resting, lag) for lag in _lags(*_FAR_SECONDS)]
    return near - max(0.0, float(np.percentile(far, 75))), best / _RATE


def _at_rest(evidence: Evidence) -> Floats:
    """[j]: 1 where the head does not turn, so that the lips can be measured."""
    _, poses = track_of(evidence)
    reach = (np.abs(poses) / np.array([YAW_DEGREES, UP_DEGREES])).max(1)
    return np.asarray(reach < _RESTING, np.float64)


def _lags(least: float, most: float) -> list[int]:
    sizes = range(round(least * _RATE), round(most * _RATE) + 1)
    return [sign * size for size in sizes for sign in (-1, 1)]


def _correlation(mouth: Floats, loud: Floats, resting: NDArray[np.bool_], lag: int) -> float:
    """Over the pictures at rest; ``loud`` is moved by ``lag`` against them."""
    if lag >= 0:
        a, b, kept = mouth[lag:], loud[: len(loud) - lag], resting[lag:]
    else:
        a, b, kept = mouth[:lag], loud[-lag:], resting[:lag]
    a, b = a[kept], b[kept]
    spread = float(a.std() * b.std()) if len(a) >= _RATE // 2 else 0.0
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 1e-9 else 0.0


def _detrended(signal: Floats) -> Floats:
    width = round(_TREND_SECONDS * _RATE) | 1
    padded = np.pad(signal, width // 2, mode="edge")
    return np.asarray(signal - np.convolve(padded, np.ones(width) / width, "valid"))
