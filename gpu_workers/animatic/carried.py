"""What a shot that is drawn by itself carries over from the shots before it, as a plan keeps it.

Only a prompt that speaks of those before, as in *it dances*, takes after them, and only in what it
does not name itself. All others stand alone, so that a change of another shot leaves their plan as
it was, and their take is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpu_workers.animatic.lexicon import Mention, Reading
from gpu_workers.sampler import Plan

_PREFIX: Final = "story."


@dataclass(frozen=True)
class Setting:
    """Where and when a shot plays, and in which weather; None where the air is calm."""

    place: str
    time: str
    weather: str | None


@dataclass(frozen=True)
class Carried:
    """A story's seed, the shot's number in it from 1, and what it takes from those before."""

    seed: int
    number: int
    setting: Setting | None = None
    mentions: tuple[Mention, ...] = ()

    def settings(self, reading: Reading) -> tuple[tuple[str, str], ...]:
        """What matters to a shot that reads so, for its plan."""
        kept = {"number": str(self.number)}
        if self.number > 1:
            kept["seed"] = str(self.seed)
        if reading.refers_back:
            kept |= self._taken_over(reading)
        return tuple((_PREFIX + name, kept[name]) for name in sorted(kept))

    def _taken_over(self, reading: Reading) -> dict[str, str]:
        kept = {}
        if self.setting is not None and not reading.place:
            kept["place"] = self.setting.place
        if self.setting is not None and not reading.time:
            kept["time"] = self.setting.time
        if self.setting is not None and self.setting.weather and not reading.weather:
            kept["weather"] = self.setting.weather
        if self.mentions:
            kept["cast"] = ";".join(_written(each) for each in self.mentions)
        return kept

    @staticmethod
    def of(plan: Plan) -> Carried | None:
        """What a plan keeps; None where all shots of the story are drawn in one clip."""
        kept = {
            name.removeprefix(_PREFIX): value
            for name, value in plan.settings
            if name.startswith(_PREFIX)
        }
        if not kept:
            return None
        known = "place" in kept or "time" in kept or "weather" in kept
        setting = Setting(kept.get("place", ""), kept.get("time", ""), kept.get("weather"))
        cast = tuple(_read(each) for each in kept.get("cast", "").split(";") if each)
        seed = int(kept.get("seed", plan.seed))
        return Carried(seed, int(kept["number"]), setting if known else None, cast)


def _written(mention: Mention) -> str:
    colour = ",".join(str(part) for part in mention.colour or ())
    return f"{mention.kind}:{mention.count}:{colour}"


def _read(written: str) -> Mention:
    kind, count, colour = written.split(":")
    parts = [int(part) for part in colour.split(",") if part]
    return Mention(kind, int(count), (parts[0], parts[1], parts[2]) if parts else None)
