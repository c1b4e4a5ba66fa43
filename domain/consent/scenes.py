"""Scenes and topics in a text: which of the labels that owners refuse it speaks of.

A label is found by its own words, next to each other and in their order, and some well-known ones
by the words that usually tell of them. Who describes a scene in other words is not found here: the
pictures themselves are screened elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final

from domain.consent.terms import LABELS_MAX, Labels

_WORD: Final = re.compile(r"[a-z0-9]+")

TELLING: Final[Mapping[str, tuple[str, ...]]] = {
    "violence": (
        *("violent", "fight", "fights", "fighting", "punch", "punches", "kick", "kill", "kills"),
        *("killing", "murder", "stab", "stabs", "shoot", "shoots", "shooting", "blood", "bloody"),
        *("gore", "beats up", "attack", "attacks", "war", "battle"),
    ),
    "weapons": (
        *("weapon", "gun", "guns", "rifle", "pistol", "knife", "knives", "sword", "swords"),
        *("bomb", "bombs", "grenade"),
    ),
    "nudity": ("nude", "naked", "undressed", "topless", "without clothes"),
    "sex": ("sexy", "sexual", "erotic", "seductive", "lingerie", "porn"),
    "alcohol": ("beer", "wine", "vodka", "whisky", "whiskey", "cocktail", "drunk", "champagne"),
    "drugs": ("drug", "cocaine", "heroin", "cannabis", "weed", "joint"),
    "smoking": ("smoke", "smokes", "cigarette", "cigarettes", "cigar", "vape", "vaping"),
    "gambling": ("casino", "poker", "roulette", "betting", "slot machine"),
    "politics": (
        *("political", "politician", "president", "election", "campaign", "protest", "parliament"),
        *("senator", "vote", "votes"),
    ),
    "religion": ("religious", "church", "mosque", "temple", "synagogue", "prayer", "prays"),
    "swimwear": ("bikini", "swimsuit", "swimming trunks"),
}
"""Words that tell of a label, besides its own."""


def spoken_of(text: str, labels: Collection[str]) -> Labels:
    """Those of the labels that the text speaks of, in the order of the alphabet."""
    flat = f" {' '.join(_plain(text))} "
    found = sorted(each for each in labels if _speaks_of(flat, each))
    return tuple(found[:LABELS_MAX])


def _speaks_of(flat: str, label: str) -> bool:
    own = label.replace("-", " ")
    tellings = (own, f"{own}s", own.removesuffix("s"), *TELLING.get(label, ()))
    return any(f" {each} " in flat for each in tellings if each)


def _plain(text: str) -> list[str]:
    """Its words in small letters without marks."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return _WORD.findall(bare)
