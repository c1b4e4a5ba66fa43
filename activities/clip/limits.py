"""Limits: how much a clip that somebody sent may cost before the studio refuses it."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from domain.kernel.model import Value

MEBIBYTE: Final = 1 << 20


class Limits(Value):
    """What a clip may be, and what it may cost to find that out. A limit itself is allowed.

    ``side`` and ``pixels`` are of one picture, ``decoded_pixels`` of all of them together, so that
    a large clip may be short and a long one small. Rates are in hertz.
    """

    size_bytes: int = Field(default=256 * MEBIBYTE, gt=0)
    seconds: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    side: int = Field(default=3840, gt=0)
    pixels: int = Field(default=3840 * 2160, gt=0)
    decoded_pixels: int = Field(default=1920 * 1088 * 60 * 61, gt=0)
    pictures: int = Field(default=60 * 61, gt=0)
    streams: int = Field(default=8, gt=0)
    sample_rate_min: int = Field(default=8_000, gt=0)
    sample_rate_max: int = Field(default=96_000, gt=0)
    channels: int = Field(default=8, gt=0)
    memory_bytes: int = Field(default=1536 * MEBIBYTE, gt=0)
    cpu_seconds: int = Field(default=60, gt=0)
    wall_seconds: float = Field(default=90.0, gt=0, allow_inf_nan=False)


DEFAULT_LIMITS: Final = Limits()
