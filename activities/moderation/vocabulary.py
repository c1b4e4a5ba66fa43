"""Words that are told apart where letters stood alone: ``a w o r d h e r e`` is three words.

``words.txt`` holds the words of the development set and of the English list, one a line.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

_PATH: Final = Path(__file__).with_name("words.txt")
_LETTERS_MAX: Final = 80
_UNKNOWN_COST: Final = 3.0


@cache
def vocabulary() -> frozenset[str]:
    """Every known word."""
    return frozenset(_PATH.read_text(encoding="utf-8").split())


@cache
def _longest() -> int:
    return max(len(each) for each in vocabulary())


def breaks(letters: str) -> tuple[int, ...]:
    """Before which letters a new word begins: the fewest words, unknown letters cost most.

    Where nothing is known, nothing is broken; only the first letters of a long run are looked at.
    """
    letters = letters[:_LETTERS_MAX]
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for end in range(1, len(letters) + 1):
        options = [(best[end - 1][0] + _UNKNOWN_COST, best[end - 1][1])]
        for begin in range(max(0, end - _longest()), end):
            if letters[begin:end] in vocabulary():
                cost, before = best[begin]
                length_bonus = 1.0 + 1.0 / (end - begin)
                options.append((cost + length_bonus, (*before, begin, end)))
        best.append(min(options))
    return tuple(sorted({each for each in best[-1][1] if 0 < each < len(letters)}))
