"""Few colours that go together, and the light of an hour that falls on all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gpu_workers.animatic.chance import chance

Colour = tuple[int, int, int]

CREAM: Final[Colour] = (246, 236, 214)
INK: Final[Colour] = (40, 38, 52)

COLOURS: Final[dict[str, Colour]] = {
    "red": (206, 66, 54),
    "crimson": (176, 42, 58),
    "orange": (232, 128, 54),
    "yellow": (238, 186, 66),
    "gold": (222, 168, 58),
    "green": (92, 146, 84),
    "teal": (44, 134, 134),
    "turquoise": (70, 172, 168),
    "blue": (62, 112, 176),
    "navy": (40, 62, 112),
    "purple": (124, 82, 152),
    "violet": (138, 98, 176),
    "pink": (234, 140, 158),
    "brown": (134, 88, 58),
    "black": (52, 48, 58),
    "white": (242, 238, 228),
    "grey": (146, 146, 150),
    "gray": (146, 146, 150),
    "silver": (190, 194, 200),
}

ACCENTS: Final[tuple[Colour, ...]] = (
    (226, 92, 70),
    (230, 168, 60),
    (46, 128, 130),
    (240, 142, 128),
    (122, 138, 70),
    (78, 104, 160),
)


@dataclass(frozen=True)
class Palette:
    """The light of one shot: the sky, the sun or moon, and what it does to every colour."""

    time: str
    sky_top: Colour
    sky_low: Colour
    sun: Colour
    tint: tuple[float, float, float]
    accents: tuple[Colour, ...]

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """``colour`` in this light; at ``distance`` 1 it has faded into the horizon."""
        shaded = tuple(value * tint for value, tint in zip(colour, self.tint, strict=True))
        return blend(rounded(shaded), self.sky_low, distance)

    def accent(self, index: int) -> Colour:
        """One of the shot's accent colours, in its light."""
        return self.lit(self.accents[index % len(self.accents)])

    def on_actors(self) -> Palette:
        """The same light, a little brighter, so that actors stand out at night."""
        red, green, blue = (tint + max(0.0, 0.82 - tint) * 0.6 for tint in self.tint)
        return replace(self, tint=(red, green, blue))

    @property
    def dark(self) -> bool:
        """Whether lamps and windows are lit."""
        return self.time == "night"


_DAY: Final = (
    ((86, 164, 176), (226, 234, 208), (255, 240, 196)),
    ((112, 176, 208), (246, 240, 214), (255, 246, 214)),
    ((72, 144, 172), (206, 226, 216), (252, 224, 150)),
    ((150, 196, 190), (250, 232, 196), (255, 250, 230)),
)
_DAWN: Final = (
    ((122, 150, 184), (250, 208, 180), (255, 232, 196)),
    ((150, 142, 184), (252, 196, 176), (255, 240, 214)),
    ((104, 156, 170), (248, 222, 178), (255, 244, 206)),
)
_SUNSET: Final = (
    ((88, 70, 122), (250, 152, 92), (255, 214, 130)),
    ((34, 86, 112), (252, 180, 100), (255, 226, 150)),
    ((140, 66, 96), (252, 166, 96), (255, 220, 140)),
)
_NIGHT: Final = (
    ((14, 26, 54), (56, 82, 118), (240, 236, 210)),
    ((26, 22, 58), (84, 66, 122), (246, 226, 190)),
    ((10, 40, 56), (44, 98, 110), (232, 240, 220)),
)
SKIES: Final = {"day": _DAY, "dawn": _DAWN, "sunset": _SUNSET, "night": _NIGHT}
TINTS: Final = {
    "day": (1.0, 1.0, 0.98),
    "dawn": (0.98, 0.92, 0.92),
    "sunset": (0.94, 0.78, 0.76),
    "night": (0.46, 0.52, 0.70),
}


def palette_for(time: str, weather: str | None, seed: int, colours: tuple[Colour, ...]) -> Palette:
    """Choose the light by the seed; colours that the prompt names lead the accents."""
    draw = chance(seed, "palette", time)
    top, low, sun = SKIES[time][int(draw.integers(len(SKIES[time])))]
    tint = TINTS[time]
    if weather is not None:
        grey = (58, 66, 84) if time == "night" else (160, 172, 180)
        top, low = blend(top, grey, 0.55), blend(low, grey, 0.4)
        tint = (tint[0] * 0.9, tint[1] * 0.93, tint[2] * 0.97)
    order = [ACCENTS[int(i)] for i in draw.permutation(len(ACCENTS))]
    return Palette(time, top, low, sun, tint, (*colours, *order))


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the second colour in the first, from 0 to 1."""
    return rounded(tuple(a + (b - a) * share for a, b in zip(first, second, strict=True)))


def shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above."""
    return rounded(tuple(value * factor for value in colour))


def rounded(values: tuple[float, ...]) -> Colour:
    """Three numbers as a colour that exists."""
    red, green, blue = (int(np.clip(round(value), 0, 255)) for value in values)
    return (red, green, blue)
