"""Letters: what is written on the panel, in the one face that ships with Pillow."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gpu_workers.animatic.palette import Colour
from gpu_workers.animatic.stage import Canvas

_MISSING: Final = "\U0010fffd"
_WORD_CHARACTERS_MAX: Final = 48


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError(
            "Pillow was built without FreeType, so nothing can be lettered; "
            "install Pillow from its wheel"
        )
    return font


@lru_cache(maxsize=4096)
def _drawable(character: str) -> bool:
    """Whether the face has this character, and not only its box for missing ones."""
    if character == " ":
        return True
    if unicodedata.category(character)[0] in "CZ":
        return False
    font = _font(24)
    return bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))


def legible(text: str) -> str:
    """The part of a text that the face can draw, on one line; empty for other scripts.

    A letter whose accent the face lacks is written without it.
    """
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode())
    spaced = "".join(letter if not letter.isspace() else " " for letter in plain)
    return " ".join("".join(_closest(letter) for letter in spaced).split())


def _closest(character: str) -> str:
    """The character, or its base letter, or nothing."""
    if _drawable(character):
        return character
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base != character and _drawable(base) else ""


def measure(text: str, size: int) -> int:
    """How wide a line is, in pixels."""
    return round(_font(size).getlength(text))


def wrap(text: str, size: int, width: int, lines: int) -> tuple[str, ...]:
    """Break a text into at most ``lines`` lines of ``width`` pixels; a cut ends in an ellipsis."""
    rows: list[str] = []
    row = ""
    for word in (part[:_WORD_CHARACTERS_MAX] for part in text.split(" ")):
        longer = f"{row} {word}".strip()
        if measure(longer, size) <= width:
            row = longer
            continue
        if row:
            rows.append(row)
        row = word
        if len(rows) == lines:
            break
    else:
        rows.append(row)
        row = ""
    if row or len(rows) > lines:
        rows = [*rows[: lines - 1], _shortened(rows[lines - 1], size, width)]
    return tuple(_fitted(line, size, width) for line in rows if line)


def _shortened(line: str, size: int, width: int) -> str:
    while line and measure(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip(" ,.;:") + "…"


def _fitted(line: str, size: int, width: int) -> str:
    return line if measure(line, size) <= width else _shortened(line, size, width)


def write(canvas: Canvas, text: str, x: int, y: int, size: int, colour: Colour) -> None:
    """Write one line onto the canvas; ``x`` and ``y`` are its upper left corner, in pixels."""
    height, width = canvas.shape[:2]
    wide, high = min(measure(text, size) + 4, width - x), min(round(size * 1.4), height - y)
    if wide <= 0 or high <= 0 or x < 0 or y < 0:
        return
    mask = Image.new("L", (wide, high), 0)
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=_font(size))
    cover = np.asarray(mask, dtype=np.uint16)[..., None]
    window = canvas[y : y + high, x : x + wide]
    ink = np.array(colour, dtype=np.uint16)
    mixed = (window.astype(np.uint16) * (255 - cover) + ink * cover + 127) // 255
    cv2.copyTo(mixed.astype(np.uint8), None, window)
