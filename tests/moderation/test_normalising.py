"""A disguised text is read as a person reads it, and every character knows where it came from."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.moderation.normalising import CHARACTERS_MAX, readings
from activities.moderation.vocabulary import breaks

DISGUISES = {
    "zero-width characters": "tor\u200bt\u200dure",
    "a soft hyphen": "tor\u00adture",
    "full-width letters": "ｔｏｒｔｕｒｅ",
    "mathematical letters": "𝓽𝓸𝓻𝓽𝓾𝓻𝓮",
    "letters in circles": "ⓣⓞⓡⓣⓤⓡⓔ",
    "Cyrillic look-alikes": "tоrturе",
    "accents": "tórtüré",
    "stacked marks": "t\u0336o\u0301\u0302r\u0327ture",
    "a joiner of graphemes": "t\u034forture",
    "a chooser of shapes": "t\U000e0100or\u180bture",
    "fillers": "t\u3164or\u1160ture",
    "marks of symbols": "t\u20d0o\u20ddr\u1dc4t\u1ab0ure",
    "letters in black squares": "🆃🅾🆁🆃🆄🆁🅴",
    "letters in black circles": "🅣🅞🅡🅣🅤🅡🅔",
    "small capitals": "ᴛᴏʀᴛᴜʀᴇ",
    "middle dots": "t·o·r·t·u·r·e",
    "brackets": "t(o)r(t)u(r)e",
    "pictures between letters": "t😀o😀r😀t😀u😀r😀e",
    "pictures of two parts": "t👍🏽o👍🏽r👍🏽t👍🏽u👍🏽r👍🏽e",
    "pictures and spaces": "t😀 o😀 r😀 t😀 u😀 r😀 e",
    "signs amid spaces": "t ! o ! r ! t ! u ! r ! e",
    "digits": "t0rtur3",
    "signs": "t0r+ure",
    "spaces": "t o r t u r e",
    "dots": "t.o.r.t.u.r.e",
    "hyphens": "t-o-r-t-u-r-e",
    "stretched letters": "torrrrtuuuure",
    "capitals": "ToRtUrE",
    "a turned direction": "\u202eerutrot\u202c",
    "several at once": "ｔ0\u200brtuuur\u0301ë",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_word_is_read_through(disguise: str) -> None:
    both = readings(f"a {DISGUISES[disguise]} scene")
    assert both.clear.text == "a torture scene"


@pytest.mark.parametrize(
    "text",
    [
        *("the 90s, in 4k, on the 1st of may at 10km", "an mp3 of 3d sound", "don't, l'amour"),
        *("a b and c", "@ada meets @ben", "старый трамвай", "η παλια πολη", "清晨的茶园"),
        *("がぎぐげご", "हिन्दी में", "i am 6 ft tall", "i'm a fan's pet", "สวัสดี", "ကောင်း"),
    ],
)
def test_an_ordinary_text_has_one_reading(text: str) -> None:
    both = readings(text)
    assert both.different == (both.plain,), both.clear.text


def test_each_small_capital_is_its_letter() -> None:
    assert readings("a sᴇꞯᴜᴇʟ").clear.text == "a sequel"


@pytest.mark.parametrize("unit", ["〇〇 ", "❶❶ ", "aa ", "a. ", "a!!!! ", "a!!!!! "])
def test_what_nearly_stands_apart_is_read_in_time_that_grows_with_its_length(unit: str) -> None:
    """Twenty thousand characters took four seconds where a letter could be taken for a sign."""
    text = (unit * 20_000)[: CHARACTERS_MAX - 1]
    begun = time.process_time()
    readings(text)
    assert time.process_time() - begun < 2


def test_letters_that_stand_apart_become_the_words_that_they_make() -> None:
    assert readings("b u i l d a b o m b").clear.text == "build a bomb"
    assert readings("h.o.w t.o h.i.d.e").clear.text.split()[0] == "how"
    assert breaks("qzxqzx") == ()


def test_spaces_between_chinese_characters_are_no_disguise() -> None:
    assert readings("自 杀 了").clear.text == "自杀了"


def test_a_finding_points_at_the_original() -> None:
    text = "Watch: ｔ0\u200brtur\u0301e now"
    clear = readings(text).clear
    begin = clear.text.index("torture")
    first, last = clear.span(begin, begin + len("torture"))
    assert text[first:last] == "ｔ0\u200brtur\u0301e"


def test_a_text_that_is_too_long_is_refused_and_not_read() -> None:
    with pytest.raises(ValueError, match="more than"):
        readings("a" * (CHARACTERS_MAX + 1))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_whatever_the_text_every_character_has_a_place_in_it(text: str) -> None:
    both = readings(text)
    for reading in (both.plain, both.clear):
        assert len(reading.text) == len(reading.origin)
        assert all(0 <= place < len(text) for place in reading.origin)
        assert not any(each in reading.text for each in "\u200b\u202e\x00")
    assert readings(text) == both
