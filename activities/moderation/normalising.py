"""Readings of a text for detectors: ``domain.kernel.normalising`` with the words that they know."""

from __future__ import annotations

from typing import Final

from activities.moderation.vocabulary import breaks
from domain.kernel import normalising
from domain.kernel.normalising import Reading, Readings, normalised

__all__ = ["CHARACTERS_MAX", "Reading", "Readings", "normalised", "readings"]

CHARACTERS_MAX: Final = normalising.CHARACTERS_MAX


def readings(text: str) -> Readings:
    """Both readings of a text of at most CHARACTERS_MAX characters. Raises ValueError."""
    return normalising.readings(text, breaks)
