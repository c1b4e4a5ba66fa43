"""What sets are built of: ridges, trees, clouds and houses, as flat shapes prepared once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gpu_workers.animatic.palette import Colour, Palette, blend, shade
from gpu_workers.animatic.stage import Points, Shape, Stage

Alive = Callable[[Stage, float], None]
BOTTOM = 0.95


def nothing(stage: Stage, time: float) -> None:
    """For sets where nothing stirs."""


@dataclass(frozen=True)
class Backdrop:
    """A finished set, from back to front; the actors stand between ``near`` and ``veil``."""

    far: Alive
    shapes: tuple[Shape, ...]
    near: Alive = nothing
    veil: Alive = nothing
    foreground: tuple[Shape, ...] = ()


@dataclass
class Builder:
    """Collects the shapes of one set between ``low`` and ``high``, in world units."""

    light: Palette
    draw: np.random.Generator
    low: float
    high: float
    half: float
    fair: bool
    shapes: list[Shape] = field(default_factory=list)

    def poly(
        self,
        points: list[tuple[float, float]] | Points,
        colour: Colour,
        depth: float = 1.0,
        opacity: float = 1.0,
    ) -> None:
        """Any polygon."""
        self.shapes.append(Shape(np.asarray(points, dtype=np.float64), colour, depth, opacity))

    def rect(
        self, x: float, y: float, wide: float, high: float, colour: Colour, depth: float = 1.0
    ) -> None:
        """A rectangle from its upper left corner."""
        corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
        self.poly(corners, colour, depth)

    def oval(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        colour: Colour,
        depth: float = 1.0,
        opacity: float = 1.0,
    ) -> None:
        """An ellipse with half-axes ``wide`` and ``high``."""
        angles = np.linspace(0, 2 * math.pi, 26, endpoint=False)
        ring = np.stack([x + wide * np.cos(angles), y + high * np.sin(angles)], axis=1)
        self.poly(ring, colour, depth, opacity)

    def ground(self, y: float, colour: Colour, depth: float = 1.0) -> None:
        """Flat ground from ``y`` down, as wide as the camera goes."""
        self.rect(self.low, y, self.high - self.low, BOTTOM - y, colour, depth)

    def ridge(
        self, y: float, height: float, colour: Colour, depth: float, *, sharp: bool = False
    ) -> Callable[[float], float]:
        """Hills, or peaks where ``sharp``; returns the height of the line at any x."""
        waves = [
            (height / (1 + n), 1.3 * (1.7**n) * self._some(0.8, 1.25), self._some(0, 6.3))
            for n in range(3)
        ]

        def line(x: float) -> float:
            total = sum(size * _wave(rate * x * 1.6 + shift, sharp) for size, rate, shift in waves)
            return y - total * 0.5

        across = np.arange(self.low, self.high + 0.05, 0.025 if sharp else 0.05)
        top = [(float(x), line(float(x))) for x in across]
        self.poly([*top, (self.high, BOTTOM), (self.low, BOTTOM)], colour, depth)
        return line

    def speckle(self, y: float, deep: float, colour: Colour, depth: float, per_unit: int) -> None:
        """Small brush marks that give a flat ground its grain."""
        for _ in range(int((self.high - self.low) * per_unit)):
            x, down = self._some(self.low, self.high), self._some(0, 1) ** 1.5
            size = self._some(0.003, 0.012) * (0.5 + down)
            mark = [
                (x - size * 2.2, y + deep * down),
                (x, y + deep * down - size * 0.5),
                (x + size * 2.2, y + deep * down),
                (x, y + deep * down + size * 0.4),
            ]
            self.poly(mark, colour, depth)

    def along(self, every: float, jitter: float = 0.4) -> list[float]:
        """Places for things in a row, roughly ``every`` so many units."""
        count = max(1, int((self.high - self.low) / every))
        return [
            self.low + (index + 0.5 + self._some(-jitter, jitter)) * every for index in range(count)
        ]

    def pine(self, x: float, y: float, tall: float, colour: Colour, depth: float) -> None:
        """A fir in three tiers, darker on one side."""
        self.rect(
            x - tall * 0.03, y - tall * 0.14, tall * 0.06, tall * 0.15, shade(colour, 0.5), depth
        )
        for tier in range(3):
            low, wide = y - tall * (0.12 + tier * 0.24), tall * (0.27 - tier * 0.06)
            tip = low - tall * 0.42
            self.poly([(x - wide, low), (x, tip), (x + wide, low)], colour, depth)
            self.poly(
                [(x - wide, low), (x, tip), (x - wide * 0.15, low)], shade(colour, 0.86), depth
            )

    def round_tree(self, x: float, y: float, tall: float, colour: Colour, depth: float) -> None:
        """A flat round crown with its branches drawn on it."""
        wood = shade(blend(colour, (96, 66, 52), 0.75), 0.8)
        crown = y - tall * 0.68
        wide = tall * self._some(0.24, 0.36)
        self.oval(x, crown, wide, tall * 0.34, colour, depth)
        self.oval(
            x - wide * 0.28,
            crown + tall * 0.04,
            wide * 0.62,
            tall * 0.24,
            shade(colour, 0.9),
            depth,
        )
        self.poly([(x - tall * 0.025, y), (x, y - tall * 0.88), (x + tall * 0.025, y)], wood, depth)
        for side, level in ((-1, 0.5), (1, 0.6), (-1, 0.7)):
            start = y - tall * level
            reach = wide * 0.62
            self.poly(
                [(x, start), (x + side * reach, start - tall * 0.14), (x, start - tall * 0.03)],
                wood,
                depth,
            )

    def house(
        self, x: float, y: float, wide: float, tall: float, colour: Colour, depth: float
    ) -> None:
        """A gabled house with a door and a window."""
        roof = shade(blend(colour, self.light.accent(3), 0.6), 0.72)
        lamp = (255, 220, 140) if self.light.dark else shade(colour, 0.5)
        self.rect(x, y - tall * 0.62, wide, tall * 0.62, colour, depth)
        self.poly(
            [
                (x - wide * 0.1, y - tall * 0.6),
                (x + wide / 2, y - tall),
                (x + wide * 1.1, y - tall * 0.6),
            ],
            roof,
            depth,
        )
        self.rect(
            x + wide * 0.16, y - tall * 0.36, wide * 0.2, tall * 0.36, shade(colour, 0.62), depth
        )
        self.rect(x + wide * 0.58, y - tall * 0.44, wide * 0.24, tall * 0.2, lamp, depth)

    def palm(self, x: float, y: float, tall: float, depth: float) -> None:
        """A leaning palm."""
        trunk, leaf = self.light.lit((132, 96, 66), 0.1), self.light.lit((70, 128, 88), 0.1)
        lean = self._some(-0.25, 0.25) * tall
        path = [(x + lean * s * s, y - tall * s) for s in np.linspace(0, 1, 8)]
        left = [(a - 0.022 * tall * (1.5 - i / 8), b) for i, (a, b) in enumerate(path)]
        right = [(a + 0.022 * tall * (1.5 - i / 8), b) for i, (a, b) in enumerate(path)]
        self.poly(left + right[::-1], trunk, depth)
        top_x, top_y = path[-1]
        for index, angle in enumerate((-2.9, -2.3, -1.7, -1.1, -0.5, 0.1)):
            reach = tall * 0.42
            tip = (
                top_x + reach * math.cos(angle),
                top_y + reach * 0.75 * math.sin(angle) + reach * 0.34,
            )
            bow = (
                top_x + reach * 0.6 * math.cos(angle),
                top_y + reach * 0.75 * math.sin(angle) - reach * 0.02,
            )
            under = (bow[0], bow[1] + reach * 0.17)
            self.poly([(top_x, top_y), bow, tip, under], shade(leaf, 0.85 + 0.06 * index), depth)

    def take(self) -> tuple[Shape, ...]:
        """Hand over what was built, and begin again."""
        built, self.shapes = tuple(self.shapes), []
        return built

    def _some(self, low: float, high: float) -> float:
        return float(self.draw.uniform(low, high))


def _wave(angle: float, sharp: bool) -> float:
    if not sharp:
        return math.sin(angle)
    return 2 * abs(2 * ((angle / (2 * math.pi)) % 1.0) - 1) - 1


def clouds(light: Palette, draw: np.random.Generator, half: float, count: int) -> Alive:
    """Drifting clouds made of stacked bars, as a painter would stencil them."""
    tone = blend(light.sky_low, (255, 252, 244), 0.5 if not light.dark else 0.06)
    bars = []
    for _ in range(count):
        x, y = float(draw.uniform(-half, half)), float(draw.uniform(-0.42, -0.14))
        wide = float(draw.uniform(0.1, 0.24))
        rows = [
            (float(draw.uniform(-0.3, 0.3)) * wide, row * 0.032, wide * (1 - 0.24 * row))
            for row in range(int(draw.integers(2, 4)))
        ]
        bars.append((x, y, float(draw.uniform(0.006, 0.02)), rows))
    room = 2 * half + 0.8

    def drift(stage: Stage, time: float) -> None:
        for x, y, speed, rows in bars:
            at = (x + speed * time + half + 0.4) % room - half - 0.4
            for shift, rise, wide in rows:
                line = np.array([[at + shift - wide, y - rise], [at + shift + wide, y - rise]])
                stage.line(line, 0.034, tone, 0.12)

    return drift


def together(*parts: Alive) -> Alive:
    """Several stirring things as one."""

    def all_of_them(stage: Stage, time: float) -> None:
        for part in parts:
            part(stage, time)

    return all_of_them
