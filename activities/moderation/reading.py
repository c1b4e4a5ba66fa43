"""Reading a text once for all detectors: the last few readings are kept."""

from __future__ import annotations

from functools import lru_cache

from activities.moderation.normalising import Readings, readings


@lru_cache(maxsize=64)
def read(text: str) -> Readings:
    """Both readings of a text. Raises ValueError for one that is too long."""
    return readings(text)
