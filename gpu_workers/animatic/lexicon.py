"""The words that the animatic knows, and what it reads out of a prompt.

One table per question: where, when, in what weather, who, doing what, in which colour, seen how.
A word stands in one table only. Plurals are understood, unknown words are passed over, and a
prompt without a known word is drawn as an abstract scene.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from gpu_workers.animatic.palette import COLOURS, Colour


def _table(rows: dict[str, str]) -> dict[str, str]:
    """Turn ``meaning: words`` into ``word: meaning``."""
    return {word: meaning for meaning, words in rows.items() for word in words.split()}


PLACES: Final = _table(
    {
        "beach": "beach waves coast shore seaside island sand lagoon palm tropical bay",
        "sea": "sea ocean lake harbour harbor river water underwater marina",
        "city": "city town skyline downtown rooftop skyscraper metropolis urban tokyo york paris",
        "street": "street road avenue alley market cafe shop sidewalk pavement bakery village",
        "forest": "forest wood woods jungle woodland grove rainforest",
        "mountain": "mountain hill peak summit valley alps cliff canyon volcano",
        "desert": "desert dune sahara mesa cactus oasis outback",
        "space": "space moon planet galaxy orbit cosmos mars star asteroid spaceship",
        "room": "room kitchen bedroom office house studio library classroom stage bar "
        "restaurant theatre theater museum workshop lab indoors interior hall",
        "field": "field meadow farm park garden countryside grass prairie orchard vineyard lawn",
        "snow": "snow snowy arctic ice winter glacier ski antarctica frozen",
    }
)

TIMES: Final = _table(
    {
        "dawn": "dawn sunrise morning daybreak early",
        "day": "day noon midday afternoon sunny daylight bright summer",
        "sunset": "sunset dusk evening sundown golden twilight autumn",
        "night": "night midnight moonlight moonlit stars starry dark neon",
    }
)

WEATHERS: Final = _table(
    {
        "rain": "rain rainy raining storm stormy drizzle thunder umbrella downpour",
        "snowfall": "snowing snowfall blizzard snowflake flurry",
        "fog": "fog foggy mist misty haze hazy smoke",
    }
)

SUBJECTS: Final = _table(
    {
        "person": "person man woman boy girl child kid figure guy lady dancer runner someone "
        "skater chef wizard king queen friend dad mom mother father grandma hero detective "
        "astronaut singer teacher sailor surfer student host presenter people couple family",
        "dog": "dog puppy wolf corgi terrier retriever hound",
        "cat": "cat kitten tiger lion panther",
        "fox": "fox",
        "horse": "horse pony unicorn donkey deer cow",
        "rabbit": "rabbit bunny hare",
        "bear": "bear panda",
        "bird": "bird seagull gull eagle owl parrot crow duck flamingo hawk swan",
        "fish": "fish whale dolphin shark",
        "car": "car taxi truck van bus cab automobile convertible",
        "boat": "boat ship yacht sailboat canoe ferry raft",
        "train": "train locomotive tram subway railway",
        "robot": "robot android machine cyborg droid",
        "balloon": "balloon airship zeppelin",
        "rocket": "rocket shuttle missile",
        "tree": "tree oak pine willow",
        "ball": "ball football basketball marble",
    }
)

ACTIONS: Final = _table(
    {
        "walk": "walk stroll wander march hike step tiptoe",
        "run": "run sprint race chase dash jog gallop rush skate",
        "jump": "jump leap hop bounce skip trampoline",
        "fly": "fly soar float glide hover flutter drift",
        "dance": "dance groove waltz twirl celebrate party sing",
        "spin": "spin rotate turn roll whirl",
        "drive": "drive ride cruise speed travel",
        "sail": "sail row surf swim paddle",
        "idle": "stand sit wait look watch sleep read talk speak wave smile think rest",
    }
)

CAMERAS: Final = _table(
    {
        "pan-left": "left",
        "pan-right": "right pan sideways",
        "push": "closeup close zoom push dolly intimate portrait",
        "pull": "wide reveal pull back distance",
        "crane": "crane aerial above overhead rise drone tilt high",
        "still": "still static locked tripod",
    }
)

PERSONS: Final = frozenset({"he", "she", "they", "it", "him", "her", "them"})
NUMBERS: Final = {"two": 2, "pair": 2, "couple": 2, "both": 2, "three": 3, "family": 3} | {
    "several": 3,
    "many": 3,
    "group": 3,
    "crowd": 3,
    "people": 2,
}

_WORD: Final = re.compile(r"[a-z]+")
_READ_CHARACTERS_MAX: Final = 4000


@dataclass(frozen=True)
class Mention:
    """A subject that the prompt names, how many of it, and the colour said of it."""

    kind: str
    count: int
    colour: Colour | None


@dataclass(frozen=True)
class Reading:
    """What was understood; None and empty where the prompt says nothing."""

    place: str | None
    time: str | None
    weather: str | None
    subjects: tuple[Mention, ...]
    action: str | None
    camera: str | None
    colours: tuple[Colour, ...]
    refers_back: bool

    @property
    def understood(self) -> bool:
        """Whether at least one word of the prompt was known."""
        return bool(
            self.place
            or self.time
            or self.weather
            or self.subjects
            or self.action
            or self.camera
            or self.colours
        )


def read(prompt: str) -> Reading:
    """Read a prompt by its words; their order matters only for colours and numbers."""
    words = _WORD.findall(prompt[:_READ_CHARACTERS_MAX].lower())
    return Reading(
        place=_first(words, PLACES),
        time=_first(words, TIMES),
        weather=_first(words, WEATHERS),
        subjects=_subjects(words),
        action=_first(words, ACTIONS),
        camera=_first(words, CAMERAS),
        colours=tuple(COLOURS[word] for word in words if word in COLOURS)[:3],
        refers_back=not PERSONS.isdisjoint(words),
    )


def _stems(word: str) -> tuple[str, ...]:
    """The word as it stands, and what it may be a plural or another tense of."""
    stems = [word]
    for ending, instead in (("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stems.append(word[: -len(ending)] + instead)
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) > 2:
            stems += [base, base + "e"]
            if base[-1] == base[-2]:
                stems.append(base[:-1])
    return tuple(stems)


def _meaning(word: str, table: dict[str, str]) -> str | None:
    return next((table[stem] for stem in _stems(word) if stem in table), None)


def _first(words: list[str], table: dict[str, str]) -> str | None:
    return next((found for word in words if (found := _meaning(word, table))), None)


def _subjects(words: list[str]) -> tuple[Mention, ...]:
    """At most three different subjects, each with a colour and a number said just before it."""
    mentions: dict[str, Mention] = {}
    for index, word in enumerate(words):
        kind = _meaning(word, SUBJECTS)
        if kind is None or kind in mentions:
            continue
        before = words[max(0, index - 3) : index]
        colour = next((COLOURS[near] for near in reversed(before) if near in COLOURS), None)
        plural = 2 if word.endswith("s") and word not in SUBJECTS else 1
        count = max([plural, NUMBERS.get(word, 1), *(NUMBERS.get(near, 1) for near in before)])
        mentions[kind] = Mention(kind, min(count, 3), colour)
    return tuple(_in_hand(mention, mentions, words) for mention in mentions.values())[:3]


def _in_hand(mention: Mention, mentions: dict[str, Mention], words: list[str]) -> Mention:
    """Somebody's balloon is a toy, unless hot air is spoken of."""
    carried = mention.kind == "balloon" and len(mentions) > 1 and "hot" not in words
    return replace(mention, kind="toy balloon") if carried else mention
