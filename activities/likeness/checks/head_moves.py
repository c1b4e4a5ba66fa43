"""The head made the moves of the challenge, all of them, in their order and in time.

Score: how far the smallest of the moves went, as a multiple of what counts as a turn; 0 where the
sequence is another one. The track is read a little more and a little less generously as well, since
six moves in their order are not read by chance. Where only a far more or less generous reading
gives the right sequence, a human decides.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.likeness import models
from activities.likeness.checks.finding import found
from activities.likeness.contract import Challenge, Finding, Verdict
from activities.likeness.evidence import Evidence
from activities.likeness.listening import speaking
from activities.likeness.moves import DOWN_DEGREES, Turn, turns_of
from activities.likeness.pose import track_of

Floats = NDArray[np.float32]

REACH_MIN: Final = 1.0
_AS_GOOD: Final = (REACH_MIN, 0.9, 1.12)
_LENIENT, _STRICT = 0.8, 1.25
_JAW: Final = 1.7
"""So many times as much counts as down while somebody speaks: landmarks take a jaw that opens for
a head that looks down, by up to 1.35 times what counts."""
_JAW_MOMENT: Final = 20
"""In hundredths of a second: a jaw moves before and after it is heard."""
TURN_SECONDS: Final = (0.15, 4.0)
PAUSE_SECONDS_MAX: Final = 6.0
_ADVICE: Final = (
    "The moves were not the ones asked for, in their order. Turn clearly, return to the middle "
    "after each, and follow the list."
)


def head_moves(evidence: Evidence, challenge: Challenge) -> Finding:
    """Whether the moves that were seen are those that were told."""
    times, poses = track_of(evidence)
    down = np.where(_talking(evidence, times), _JAW * DOWN_DEGREES, DOWN_DEGREES)
    for scale in _AS_GOOD:
        turns = turns_of(times, poses, scale, down)
        if _answers(turns, challenge):
            reach = min(turn.reach for turn in turns) / scale
            verdict: Verdict = "passed" if _in_time(turns) else "failed"
            return found("head_moves", models.facemesh(), verdict, reach, REACH_MIN, _ADVICE)
    others = [turns_of(times, poses, scale, down) for scale in (_LENIENT, _STRICT)]
    nearly = any(_answers(turns, challenge) and _in_time(turns) for turns in others)
    score = _LENIENT if nearly else 0.0
    verdict = "unsure" if nearly else "failed"
    return found("head_moves", models.facemesh(), verdict, score, REACH_MIN, _ADVICE)


def _talking(evidence: Evidence, times: Floats) -> NDArray[np.bool_]:
    """[j]: whether somebody speaks, or has done so or will within a moment."""
    heard = speaking(evidence.sound)
    if len(heard) == 0:
        return np.zeros(len(times), bool)
    near = np.convolve(heard, np.ones(2 * _JAW_MOMENT + 1), "same") > 0.5
    at = np.clip(np.round(times * 100).astype(int), 0, len(near) - 1)
    return np.asarray(near[at])


def _answers(turns: list[Turn], challenge: Challenge) -> bool:
    return tuple(turn.move for turn in turns) == challenge.moves


def _in_time(turns: list[Turn]) -> bool:
    """Each turn lasts as long as a turn does, and the next one follows soon."""
    shortest, longest = TURN_SECONDS
    lasting = all(shortest <= turn.until - turn.since <= longest for turn in turns)
    pauses = [later.since - earlier.until for earlier, later in pairwise(turns)]
    return lasting and all(pause <= PAUSE_SECONDS_MAX for pause in pauses)
