"""Surfaces: the places where a video is shown. Consent has limits for each, a policy thresholds."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StringConstraints

SURFACE_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
SURFACE_CHARACTERS_MAX: Final = 40

Surface = Annotated[
    str, StringConstraints(pattern=SURFACE_PATTERN, max_length=SURFACE_CHARACTERS_MAX)
]
"""Where content is to be shown, such as ``feed``, ``kids`` or ``export``."""
FEED: Final = "feed"
"""Where everybody looks; what says no surface is meant for it."""
EXPORT: Final = "export"
"""Outside: a copy that leaves."""
