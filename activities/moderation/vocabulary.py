"""Words that are told apart where letters stood alone: ``a w o r d h e r e`` is three words.

``words.txt`` holds words of the development set, of the lists and of names, one a line.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

_PATH: Final = Path(__file__).with_name("words.txt")
_LETTERS_MAX: Final = 80


@cache
def vocabulary() -> frozenset[str]:
    """Every known word."""
    return frozenset(_PATH.read_text(encoding="utf-8").split())


@cache
def _longest() -> int:
    return max(len(each) for each in vocabulary())


def breaks(letters: str) -> tuple[int, ...]:
    """Before which letters a new word begins: the fewest words that make up all of the letters.

    Where they cannot be made up of known words, or are very many, nothing is broken.
    """
    if len(letters) > _LETTERS_MAX:
        return ()
    best: list[tuple[float, tuple[int, ...]] | None] = [(0.0, ())]
    for end in range(1, len(letters) + 1):
        options = []
        for begin in range(max(0, end - _longest()), end):
            before = best[begin]
            if before is not None and letters[begin:end] in vocabulary():
                cost = before[0] + 1.0 + 1.0 / (end - begin)
                options.append((cost, (*before[1], begin)))
        best.append(min(options, default=None))
    whole = best[-1]
    return () if whole is None else tuple(each for each in whole[1] if each > 0)
