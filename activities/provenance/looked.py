"""What a look at a file found, before anybody compares it with what is known.

An examiner in a process of its own writes it as JSON and the caller reads it, so nothing in it is
trusted further than its shape. It holds no number and no artefact: only what each mark says, bit by
bit, and prints.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer

from activities.provenance.payload import PICTURE, SOUND
from activities.provenance.prints import BITS, Kind, Print
from activities.provenance.reading import ManifestReading
from domain.kernel.model import Value

_STRETCHES_MAX: Final = 1000
_PRINTS_MAX: Final = 400
_KEYS_MAX: Final = 32


def _print_of(given: Any) -> Print:
    if isinstance(given, Print):
        return given
    kind, at_ms, text = given
    content = bytes.fromhex(text)
    if len(content) * 8 != BITS or not isinstance(at_ms, int):
        raise ValueError("a print is a kind, a time in milliseconds and 256 bits in hex")
    return Print(Kind(kind), at_ms, content)


def _print_told(each: Print) -> list[int | str]:
    return [int(each.kind), each.at_ms, each.hash.hex()]


ToldPrint = Annotated[
    Print, BeforeValidator(_print_of), PlainSerializer(_print_told, when_used="json")
]
Loudness = Annotated[float, Field(allow_inf_nan=False)]


class Spoken(Value):
    """What a mark says in a stretch: its pilot in standard deviations, and each bit's loudness."""

    pilot: Loudness
    soft: tuple[Loudness, ...] = Field(max_length=max(PICTURE.bits, SOUND.bits))
    comparable: bool = False
    """Whether the picture's scale is near enough for prints to be expected beside the mark."""


class Stretch(Value):
    """A window of time in seconds: what the marks of each key say in it, and its prints."""

    start: Loudness
    end: Loudness
    pictures: tuple[Spoken | None, ...] = Field(max_length=_KEYS_MAX)
    sounds: tuple[Spoken | None, ...] = Field(max_length=_KEYS_MAX)
    prints: tuple[ToldPrint, ...] = Field(max_length=_PRINTS_MAX)
    sound_prints: tuple[ToldPrint, ...] = Field(max_length=_PRINTS_MAX)


class Looked(Value):
    """One file. ``fault`` says why it is no film; it may carry a manifest all the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    manifest: ManifestReading
    stretches: tuple[Stretch, ...] = Field(default=(), max_length=_STRETCHES_MAX)
    fault: str | None = Field(default=None, max_length=200)
    cut_off: bool = False
    longer_than_read: bool = False
