"""Pictures in the place of words wait for a human; words in any script, with any emoji, do not."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from activities.moderation import lists
from activities.moderation.content import of_text
from activities.moderation.default_policy import default_policy
from activities.moderation.drawn import CELLS_MAX, is_drawn
from activities.moderation.panel import Panel
from activities.moderation.words import Words
from domain.moderation.deciding import DRAWN_WORDS, decide
from domain.moderation.verdict import Context, Verdict

HERE = Path(__file__).parent
POLICY = default_policy().model_copy(update={"required": ()})
PANEL = Panel((Words(lists.built_in()),))
CALM = "A boat drifts past the old harbour wall while gulls circle above it. "
HOUSE = r"""
       ___________
      /\          \
     /  \   /\  /\ \
    /    \_/__\/__\_\
    |  _  |  _   _  |
    | | | | |_| |_| |
    | |_| |         |
    |_____|_________|
"""
LETTERS = """
 _  _  ___  _     _     ___
| || || __|| |   | |   / _ \\
| __ || _| | |__ | |__| (_) |
|_||_||___||____||____|\\___/
"""
BYTES = b"".join(hashlib.sha256(bytes([each])).digest() for each in range(12))
IN_BASE_64 = base64.b64encode(BYTES).decode()

PICTURES = {
    "a house of signs": HOUSE,
    "a word of signs": LETTERS,
    "a picture amid many words": f"{CALM * 20}{LETTERS}{CALM * 20}",
    "a word of blocks": "█  █ █▀▀ █  █\n█▀▀█ █▀▀ █  █\n▀  ▀ ▀▀▀ ▀▀ ▀▀",
    "a word of lines": "╦ ╦╔═╗╦  ╦  ╔═╗\n╠═╣║╣ ║  ║  ║ ║\n╩ ╩╚═╝╩═╝╩═╝╚═╝",
    "braille": f"{CALM}⠓⠑⠇⠇⠕",
    "a picture of braille": "⣿⣿⣿⠟⠋⠉\n⣿⡟⠁⠀⠀⠀\n⣿⠁⠀⠀⣠⣾",
    "a picture of one letter": "X   X XXXXX X\n" * 8,
    "a picture of noughts and ones": "0110010\n1001101\n" * 6,
    "a picture of emoji": ("⬛⬜" * 5 + "\n") * 8,
    "data of a picture": f"{CALM}data:image/png;base64,iVBORw0KGgo=",
    "data of a picture, apart": f"{CALM}DATA: image/svg+xml , %3Csvg%3E",
    "data without a name": f"{CALM}{IN_BASE_64}",
    "data in lines": "\n".join(IN_BASE_64[each : each + 64] for each in range(0, 512, 64)),
    "a drawing's source": f'{CALM}<svg viewBox="0 0 9 9"><path d="M0 0L9 9"/></svg>',
    "a row of stars": "*" * 10_000,
    "nothing but digits": "0123456789" * 1000,
    "nothing but emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 200,
    "signs of private use": "\ue000\ue001" * 40,
}
WORDS = {
    "a few emoji": "🐶🏖️🌅 A dog runs along the beach 🌊🌊🌊 and jumps!!! 🎉🎉🎉🎉🎉",
    "emoji alone": "🐶🏃🌊🏖️🌅",
    "a line of dashes": f"{CALM}\n{'-' * 80}\n{CALM}\n{'═' * 60}\n{CALM}",
    "a row of stars": "★★★★★★★★★★ five of five: a chef shows her cake",
    "a bar that fills": f"{CALM}A screen shows ▓▓▓▓▓▓░░░░ and then it is done.",
    "measures": "35mm, f/1.8, ISO 400, 1920x1080 @ 24fps: 0:00-0:02 a dog; 0:02-0:04 a cat runs",
    "a countdown": "10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0! The rocket lifts off.",
    "a list": "- [x] a red house\n- [ ] a blue house\n* * *\n1. a dog\n2. a cat",
    "a face": "She shrugs ¯\\_(ツ)_/¯ and laughs (╯°□°)╯︵ ┻━┻",
    "a song": "La la la la la la la la\n" * 8,
    "circled letters": "Ⓐ ⓓⓞⓖ ⓡⓤⓝⓢ ⓐⓛⓞⓝⓖ ⓣⓗⓔ ⓑⓔⓐⓒⓗ ⓐⓝⓓ ⓙⓤⓜⓟⓢ ⓘⓝⓣⓞ ⓣⓗⓔ ⓦⓐⓥⓔⓢ ⓐⓛⓛ ⓓⓐⓨ ⓛⓞⓝⓖ ⓐⓖⓐⓘⓝ",
    "an address": f"As in https://example.org/{'a-long-way-to-a-page/' * 9}",
    "a long word": "Donaudampfschifffahrtsgesellschaftskapitän" * 4,
    "a scream": "A" * 300 + "!" * 50,
    "Arabic": "قارب يبحر بهدوء قرب الميناء القديم عند الغروب، والنوارس تدور فوقه." * 3,
    "Chinese": "一条小船在日落时分缓缓驶过古老的港口，海鸥在上空盘旋。" * 4,
    "Japanese": "夕暮れに小舟が古い港をゆっくり通り過ぎ、カモメが空を舞う。「きれいだね」" * 4,
    "Korean": "해 질 녘 작은 배가 오래된 항구를 천천히 지나간다." * 4,
    "Thai": "เรือลำเล็กแล่นผ่านท่าเรือเก่าในยามพระอาทิตย์ตก" * 4,
    "Hindi": "सूर्यास्त के समय एक छोटी नाव पुराने बंदरगाह से गुज़रती है।" * 4,
    "Amharic": "ፀሐይ ስትጠልቅ ትንሽ ጀልባ በአሮጌው ወደብ ታልፋለች።" * 4,
    "Georgian": "მზის ჩასვლისას პატარა ნავი ძველ ნავსადგურს ჩაუვლის." * 4,
    "Hebrew": "סירה קטנה חולפת על פני הנמל הישן בשקיעה." * 4,
    "Greek": "Μια μικρή βάρκα περνά από το παλιό λιμάνι στο ηλιοβασίλεμα." * 4,
    "Vietnamese": "Một chiếc thuyền nhỏ lướt qua bến cảng cũ lúc hoàng hôn." * 4,
    "a tower of marks": "z" + "\u0301" * 5000,
}


def verdict(text: str) -> Verdict:
    content = of_text(text)
    return decide(PANEL.look(content), POLICY, Context(content_sha256=content.sha256))


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_in_the_place_of_words_is_held_and_the_person_told_to_write_words(
    kind: str,
) -> None:
    held = verdict(PICTURES[kind])
    assert (held.outcome, held.clause, held.category) == ("hold", "NET-1", "unexamined")
    assert held.words.endswith(DRAWN_WORDS)


@pytest.mark.parametrize("kind", WORDS)
def test_words_of_any_script_with_signs_among_them_are_no_picture(kind: str) -> None:
    assert not is_drawn(WORDS[kind])
    assert verdict(WORDS[kind]).outcome == "allow"


def test_no_line_of_the_labelled_sets_is_taken_for_a_picture() -> None:
    for name in ("development", "test", "hard"):
        for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            assert not is_drawn(told["text"]), told["id"]


def test_what_is_written_beside_a_picture_is_still_refused_for_what_it_says() -> None:
    refused = verdict(f"Les migrants sont des rats\n{LETTERS}")
    assert (refused.outcome, refused.category) == ("block", "hate")
    assert DRAWN_WORDS not in refused.words


def test_a_few_cells_of_braille_are_let_be_and_one_more_is_not() -> None:
    assert not is_drawn(f"A sign says {'⠓⠑⠇⠇⠕'[:CELLS_MAX]} by the door")
    assert is_drawn(f"A sign says {'⠓⠑⠇⠇⠕'[: CELLS_MAX + 1]} by the door")
