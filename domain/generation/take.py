"""A take: what the studio sampled, kept without loss until it has been assembled."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.kernel.model import Value
from domain.video.media import Sha256


class Take(Value):
    """A lossless file of pictures and sound, and the plan that gives the same bytes again."""

    key: str
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    plan_key: str
    frames: Annotated[int, Field(ge=1)]
    fps: Annotated[int, Field(ge=1)]
    sample_rate: Annotated[int, Field(ge=1)]
