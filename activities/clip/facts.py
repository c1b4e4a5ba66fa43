"""What a clip was found to hold, after all of it was decoded once."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Final

from pydantic import Field, model_validator

from domain.kernel.model import Value

PICTURES_MAX: Final = 1_000_000
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
Ratio = tuple[Annotated[int, Field(gt=0, lt=2**31)], Annotated[int, Field(gt=0, lt=2**31)]]
Ticks = Annotated[int, Field(gt=-(2**62), lt=2**62)]


class SoundFacts(Value):
    """A clip's sound: its rate in hertz, its length in seconds."""

    codec: Name
    sample_rate: int = Field(gt=0)
    channels: int = Field(gt=0)
    seconds: float = Field(ge=0, allow_inf_nan=False)


class ClipFacts(Value):
    """A clip that the studio accepts.

    ``width`` and ``height`` are pixels as stored, before ``rotation`` (degrees anticlockwise, one
    of 0, 90, 180, 270) and the shape of a pixel (``pixel_aspect``, width to height). ``times`` are
    the moments at which its pictures are shown, rising, in ticks of ``time_base`` seconds;
    ``last_ticks`` is how long the last one stands; ``repeated_times`` counts the pictures that came
    without a moment of their own and are not shown.
    """

    container: Name
    codec: Name
    pixel_format: Name
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    rotation: int = Field(ge=0, lt=360, multiple_of=90)
    pixel_aspect: Ratio
    bt709: bool
    full_range: bool
    time_base: Ratio
    times: tuple[Ticks, ...] = Field(min_length=1, max_length=PICTURES_MAX, repr=False)
    last_ticks: int = Field(ge=0, lt=2**62)
    repeated_times: int = Field(ge=0)
    sound: SoundFacts | None = None

    @model_validator(mode="after")
    def _rises(self) -> ClipFacts:
        if any(later <= earlier for earlier, later in pairwise(self.times)):
            raise ValueError("the times of a clip's pictures rise; these do not")
        return self

    @property
    def tick(self) -> Fraction:
        """The length of a tick in seconds."""
        return Fraction(*self.time_base)

    @property
    def starts(self) -> float:
        """When the first picture is shown, in seconds of the container's clock."""
        return float(self.times[0] * self.tick)

    @property
    def seconds(self) -> float:
        """From the first picture until the last one has been shown."""
        return float((self.times[-1] + self.last_ticks - self.times[0]) * self.tick)
