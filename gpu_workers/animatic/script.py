"""The shooting script: what the words leave open is decided here, once, by the seed.

A shot that names no place, hour or weather stays where the shot before it was, so that a story
told in several prompts keeps its set and its cast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from domain.generation.brief import Camera, Line
from gpu_workers.animatic.beasts import NATURAL
from gpu_workers.animatic.carried import Carried, Setting
from gpu_workers.animatic.chance import chance
from gpu_workers.animatic.lexicon import Mention, Reading, read
from gpu_workers.animatic.motion import GAITS, Track
from gpu_workers.animatic.palette import Colour, Palette, palette_for
from gpu_workers.sampler import Plan, Shot, Story

ABSTRACT: Final = "abstract"
CAMEO: Final = "cameo"
"""Somebody of the cast, shown with the pixels of their own picture."""

_HOME: Final = {
    "car": "street",
    "boat": "sea",
    "train": "field",
    "rocket": "space",
    "fish": "sea",
    "robot": "city",
    "balloon": "field",
    "toy balloon": "field",
    "tree": "field",
    "bear": "forest",
    "fox": "forest",
    "rabbit": "field",
    "horse": "field",
    "cat": "room",
    "dog": "field",
    "bird": "field",
    "ball": "field",
    "person": "street",
}
_WEATHER_HOME: Final = {"snowfall": "snow", "rain": "street", "fog": "forest"}
_OWN_GAIT: Final = {
    "bird": "fly",
    "fish": "sail",
    "car": "drive",
    "boat": "sail",
    "train": "drive",
    "balloon": "drift",
    "rocket": "fly",
    "tree": "idle",
    "ball": "bounce",
    "toy balloon": "drift",
}
_ON_FOOT: Final = {"fly": "jump", "drive": "run", "sail": "walk"}
_GROUND: Final = {"sea": 0.2, "space": 0.33, "room": 0.36, "street": 0.37, "city": 0.37}
_ALOFT: Final = {"bird": -0.26, "balloon": -0.12, "toy balloon": -0.2, "rocket": -0.12}
_AFLOAT: Final = frozenset({"boat", "fish", *_ALOFT})
_CAMERAS: Final = ("pan-left", "pan-right", "push", "pull", "crane", "still")
_TOLD: Final[dict[Camera, str]] = {
    "still": "still",
    "pan-left": "pan-left",
    "pan-right": "pan-right",
    "zoom-in": "push",
    "zoom-out": "pull",
}


@dataclass(frozen=True)
class Actor:
    """One thing that moves: what it is, its colour, its size, and its way."""

    kind: str
    colour: Colour
    size: float
    track: Track
    look: int
    aboard: bool


@dataclass(frozen=True)
class Scene:
    """A shot, fully decided."""

    index: int
    frames: int
    fps: int
    place: str
    time: str
    weather: str | None
    palette: Palette
    actors: tuple[Actor, ...]
    action: str
    camera: str
    prompt: str
    lines: tuple[Line, ...]
    seed: int

    @property
    def seconds(self) -> float:
        """How long the shot lasts."""
        return self.frames / self.fps

    @property
    def travel(self) -> float:
        """World units per second at which the camera goes along with the actors."""
        moving = [actor.track for actor in self.actors if actor.track.speed]
        return moving[0].speed * moving[0].facing * 0.8 if moving else 0.0


def write_script(plan: Plan) -> tuple[Scene, ...]:
    """Decide every shot of a plan, in order."""
    scenes: list[Scene] = []
    carried = Carried.of(plan) or Carried(plan.seed, 1)
    before, mentions = carried.setting, carried.mentions
    for index, (shot, frames) in enumerate(
        zip(plan.shots, plan.shot_frames, strict=True), carried.number - 1
    ):
        reading = _read_after(shot.prompt, mentions)
        before = _setting(reading, before, carried.seed)
        mentions = reading.subjects or mentions
        scenes.append(_scene(plan, index, frames, shot, reading, before))
    return tuple(scenes)


def carry_over(story: Story) -> Carried:
    """What the shots before one leave to it."""
    setting: Setting | None = None
    mentions: tuple[Mention, ...] = ()
    for shot in story.before:
        reading = _read_after(shot.prompt, mentions)
        setting = _setting(reading, setting if reading.refers_back else None, story.seed)
        mentions = reading.subjects or mentions
    return Carried(story.seed, story.number, setting, mentions)


def story_seed(plan: Plan) -> int:
    """The seed of the whole story, which its shots share: looks, light and music follow from it."""
    carried = Carried.of(plan)
    return carried.seed if carried else plan.seed


def _read_after(prompt: str, mentions: tuple[Mention, ...]) -> Reading:
    reading = read(prompt)
    if not reading.refers_back:
        return reading
    return replace(reading, subjects=_together(mentions, reading.subjects))


def _setting(reading: Reading, before: Setting | None, seed: int) -> Setting:
    place = _place(reading, before)
    time = reading.time or (before.time if before and before.time else _hour(seed, place))
    weather = reading.weather or (before.weather if before else None)
    if place == "snow" and weather is None:
        weather = "snowfall"
    if place in {"room", "space", ABSTRACT}:
        weather = None
    return Setting(place, time, weather)


def _scene(
    plan: Plan, index: int, frames: int, shot: Shot, reading: Reading, setting: Setting
) -> Scene:
    draw = chance(plan.seed, "shot", index, shot.prompt)
    camera = reading.camera or _CAMERAS[int(draw.integers(len(_CAMERAS)))]
    if shot.camera is not None:
        camera = _TOLD[shot.camera]
    facing = 1 if draw.random() < 0.7 else -1
    aspect, seed = plan.width / plan.height, story_seed(plan)
    return Scene(
        index=index,
        frames=frames,
        fps=plan.fps,
        place=setting.place,
        time=setting.time,
        weather=setting.weather,
        palette=_light(setting.place, setting.time, setting.weather, seed, reading),
        actors=_cast(
            seed, reading, setting.place, facing, aspect, frames / plan.fps, len(shot.cast)
        ),
        action=reading.action or "idle",
        camera=camera,
        prompt=shot.prompt,
        lines=shot.lines,
        seed=int(draw.integers(2**31)),
    )


def _together(before: tuple[Mention, ...], now: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Those whom a pronoun means, and those who are new: at most three kinds."""
    named = {mention.kind for mention in now}
    return (*(mention for mention in before if mention.kind not in named), *now)[:3]


def _place(reading: Reading, before: Setting | None) -> str:
    if reading.place:
        return reading.place
    if reading.action == "sail":
        return "sea"
    if before is not None and before.place not in {"", ABSTRACT}:
        return before.place
    if reading.subjects:
        return _HOME[reading.subjects[0].kind]
    if reading.weather:
        return _WEATHER_HOME[reading.weather]
    if reading.time or reading.action:
        return "field"
    return ABSTRACT


def _light(place: str, time: str, weather: str | None, seed: int, reading: Reading) -> Palette:
    """The light of a shot; lamps keep a room warm at night, and in space the sun is hard."""
    light = palette_for(time, weather, seed, reading.colours)
    if place == "room" and time == "night":
        return replace(light, tint=(0.88, 0.8, 0.74))
    if place == "space":
        return replace(light, tint=(0.86, 0.87, 0.95))
    return light


def _hour(seed: int, place: str) -> str:
    if place == "space":
        return "night"
    return ("day", "sunset", "dawn", "day")[int(chance(seed, "hour").integers(4))]


def _cast(
    seed: int,
    reading: Reading,
    place: str,
    facing: int,
    aspect: float,
    seconds: float,
    cameos: int,
) -> tuple[Actor, ...]:
    """The actors, side by side; an actor looks the same in every shot of one seed.

    The ``cameos`` stand first; the look of each is its place in the cast.
    """
    named = [Mention(CAMEO, 1, None)] * cameos
    named += [mention for mention in reading.subjects for _ in range(mention.count)][:5]
    if not named and reading.action and place != ABSTRACT:
        named = [Mention("person", 1, None)]
    size = min(1.0, 0.45 + 0.4 * aspect)
    actors = []
    for index, mention in enumerate(named):
        looks = chance(seed, "actor", mention.kind, index)
        colours = palette_for("day", None, seed, ()).accents
        natural = NATURAL.get(mention.kind, colours)
        colour = mention.colour or natural[int(looks.integers(len(natural)))]
        spread = (index - (len(named) - 1) / 2) * 0.34 * size
        track = _track(mention.kind, reading.action, place, facing, seconds, float(looks.random()))
        depth_step = 0.02 * (index % 2)
        track = replace(track, start_x=track.start_x + spread, ground_y=track.ground_y - depth_step)
        aboard = place == "sea" and mention.kind not in _AFLOAT
        look = index if mention.kind == CAMEO else int(looks.integers(1 << 16))
        actors.append(Actor(mention.kind, colour, size, track, look, aboard))
    return _in_step(actors)


def _in_step(actors: list[Actor]) -> tuple[Actor, ...]:
    """Those who move keep up with the first who does, so that nobody leaves the picture."""
    leading = next((actor.track for actor in actors if actor.track.speed), None)
    if leading is None:
        return tuple(actors)
    return tuple(
        replace(actor, track=replace(actor.track, speed=leading.speed))
        if actor.track.speed
        else actor
        for actor in actors
    )


def _track(
    kind: str, action: str | None, place: str, facing: int, seconds: float, chance_of_phase: float
) -> Track:
    gait = _gait(kind, action)
    if place == "sea" and kind not in _AFLOAT and gait not in {"idle", "dance"}:
        gait = "sail"
    ground = _GROUND.get(place, 0.34) + _ALOFT.get(kind, 0.0)
    # The camera follows at four fifths of the speed; the rest carries the actor across the panel.
    drift = GAITS[gait].speed * 0.2 * seconds
    start = -facing * min(0.35, drift / 2)
    return Track(gait, start, ground, facing, chance_of_phase * 2.0, GAITS[gait].speed)


def _gait(kind: str, action: str | None) -> str:
    if kind in _OWN_GAIT:
        own = _OWN_GAIT[kind]
        if kind in {"car", "ball"} and action == "idle":
            return "idle"
        return "fly" if kind == "balloon" and action == "fly" else own
    if action is None:
        return "idle" if kind in {"person", "cat", "robot", CAMEO} else "walk"
    return _ON_FOOT.get(action, action)
