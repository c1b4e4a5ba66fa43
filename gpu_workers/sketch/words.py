"""What the sketch model has words for, and how a caption says it.

Each attribute has a few values and each value a few phrases. Captions are written from them for
training and for evaluation, and the words in them are the words that the model knows.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Phrases = dict[str, tuple[str, ...]]

COLOURS: Final[Phrases] = {
    "red": ("red", "crimson", "scarlet"),
    "green": ("green", "emerald"),
    "blue": ("blue", "azure"),
    "yellow": ("yellow", "golden"),
    "purple": ("purple", "violet"),
    "white": ("white", "ivory"),
    "orange": ("orange", "amber"),
    "pink": ("pink", "rosy"),
}
SUBJECTS: Final[Phrases] = {
    "ball": ("ball", "sphere"),
    "box": ("box", "cube", "parcel"),
    "star": ("star",),
    "car": ("car", "taxi", "automobile"),
    "boat": ("boat", "ship", "sailboat"),
    "fish": ("fish",),
    "bird": ("bird", "parrot", "seagull"),
    "cat": ("cat", "kitten"),
    "dog": ("dog", "puppy"),
    "robot": ("robot", "android"),
    "rocket": ("rocket", "spaceship"),
    "balloon": ("balloon",),
}
MOTIONS: Final[Phrases] = {
    "right": (
        "walks to the right",
        "moves from left to right",
        "heads right",
        "runs to the right",
        "sails to the right",
    ),
    "left": (
        "walks to the left",
        "moves from right to left",
        "heads left",
        "runs to the left",
        "sails to the left",
    ),
    "jump": ("jumps up and down", "bounces in place", "hops", "jumps"),
    "circle": ("flies in a circle", "circles around", "goes round and round"),
    "still": ("stands still", "stays in place", "waits", "rests"),
    "spin": ("spins around", "turns on the spot", "spins", "twirls"),
    "rise": ("floats up", "rises into the air", "climbs", "takes off"),
}
ACROSS: Final = ("walks", "runs", "moves", "sails", "drives", "goes", "drifts", "walks across")
"""Motion to one side, the caption does not say which."""
SCENES: Final[Phrases] = {
    "beach": ("on a beach", "by the shore", "on the sand"),
    "forest": ("in a forest", "among the trees", "in the woods"),
    "city": ("in the city", "on a street", "in town"),
    "desert": ("in the desert", "on the dunes"),
    "snow": ("in the snow", "in winter", "on a snowy mountain"),
    "sea": ("at sea", "on the ocean", "on the water"),
    "space": ("in space", "among the planets", "on the moon"),
    "meadow": ("in a meadow", "on a green hill", "in the grass"),
    "underwater": ("underwater", "under the sea", "in a coral reef"),
    "room": ("in a room", "at home", "in the kitchen"),
}
LIGHTS: Final[Phrases] = {
    "day": ("by day", "at noon", "in the sunshine"),
    "sunset": ("at sunset", "at dawn", "in the evening", "at dusk"),
    "night": ("at night", "under the stars", "in the dark"),
}
WEATHERS: Final[Phrases] = {
    "clear": ("under a clear sky",),
    "snowing": ("while snow falls", "while it snows"),
    "sparks": ("among fireflies", "among bubbles", "among glowing lights"),
}
SOUNDS: Final[Phrases] = {
    "beep": ("beeping", "with a beep"),
    "bark": ("barking", "with a bark"),
    "bell": ("ringing a bell", "with a bell"),
    "drum": ("drumming", "to a drum"),
    "chirp": ("chirping", "singing like a bird"),
    "horn": ("honking", "with a horn"),
    "silent": ("in silence", "silently", "quietly"),
}
FILLERS: Final = (
    "small", "big", "little", "lovely", "happy", "very", "slowly", "gently", "old", "beautiful",
    "video", "of", "scene", "there", "is", "shows", "bright", "cute", "funny", "tiny", "while",
)  # fmt: skip

NAMES: Final = ("@one", "@two")
"""What the model calls the first and the second of the cast."""
WORDS_MAX: Final = 24
GRAMS: Final = 8
VOCABULARY: Final = 2048
_WORD: Final = re.compile(r"[@a-z0-9']+")


def split(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall(text.lower())


def numbers(text: str) -> NDArray[np.int64]:
    """Hashed n-grams, int64 [WORDS_MAX, GRAMS]: each word itself and its trigrams; 0 is nothing.

    No table of words is needed, and a word never met still shares trigrams with its kin
    (Bojanowski et al., Enriching Word Vectors with Subword Information, 2017).
    """
    out = np.zeros((WORDS_MAX, GRAMS), np.int64)
    for i, word in enumerate(split(text)[:WORDS_MAX]):
        padded = f"<{word}>"
        trigrams = [padded[j : j + 3] for j in range(len(padded) - 2)]
        for j, gram in enumerate([word, *trigrams][:GRAMS]):
            out[i, j] = 1 + zlib.crc32(gram.encode()) % (VOCABULARY - 1)
    return out


def _all_phrases() -> Iterable[str]:
    for table in (COLOURS, SUBJECTS, MOTIONS, SCENES, LIGHTS, WEATHERS, SOUNDS):
        for phrases in table.values():
            yield from phrases
    yield from ACROSS


_LITTLE: Final = frozenset(
    "a an the to in on of at by up and with from into it is there while under like".split()  # noqa: SIM905
)


def known() -> tuple[str, ...]:
    """The words that mean something to the model, in the order of the alphabet."""
    return tuple(sorted({word for text in _all_phrases() for word in split(text)} - _LITTLE))


_KNOWN: Final = frozenset(known())


def recognised(text: str) -> tuple[str, ...]:
    """The words of ``text`` that the model knows; plurals count as their singulars."""
    return tuple(w for w in split(text) if w in _KNOWN or (w.endswith("s") and w[:-1] in _KNOWN))


def understood(prompt: str, cast: Sequence[str]) -> bool:
    """Whether the model knows a word of ``prompt`` besides the names of those who are in it.

    A cast of whom nothing is said asks for nothing that is not known.
    """
    text = prompt.lower()
    for handle in cast:
        text = _spoken(handle).sub(" ", text)
    said = set(split(text)) - _LITTLE - set(FILLERS)
    return bool(recognised(text)) or bool(cast and not said)


def asked(prompt: str, cast: Sequence[str]) -> str:
    """The caster's own words: without the wishes of the cast, which are put after them."""
    text = prompt
    for handle in cast:
        text = re.sub(re.escape(handle) + r' with "[^"]*"(?:, "[^"]*")*\.', "", text)
    return text


def _spoken(handle: str) -> re.Pattern[str]:
    return re.compile(re.escape(handle.lower()) + r"(?![a-z0-9_])")


def called_by_number(prompt: str, cast: Sequence[str]) -> str:
    """The prompt with the handles of the cast as the names that the model knows.

    Somebody of the cast whom the prompt does not mention is put before it.
    """
    text = prompt.lower()
    missing = []
    for name, handle in zip(NAMES, cast, strict=False):
        spoken = _spoken(handle)
        if not spoken.search(text):
            missing.append(name)
        text = spoken.sub(name, text)
    return " ".join([" and ".join(missing), text]).strip()


def readable(prompt: str, cast: Sequence[str]) -> str:
    """The prompt as the model reads it: where it is long, without the words it does not know.

    A caster's own words are never so many (the sampler refuses them); wishes may make them so.
    """
    text = called_by_number(prompt, cast)
    if len(split(text)) <= WORDS_MAX:
        return text
    known_ones = set(recognised(text)) | set(NAMES) | _LITTLE - {"the", "a", "an", "of", "is"}
    return " ".join(word for word in split(text) if word in known_ones)
