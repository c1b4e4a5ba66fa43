"""Probe: learn in a confined process what a clip holds, or refuse it and name the limit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from activities.clip.apart import ExaminerDied, TookTooLong, report_of
from activities.clip.container import sniff
from activities.clip.facts import ClipFacts
from activities.clip.limits import DEFAULT_LIMITS, MEBIBYTE, Limits
from activities.clip.refusals import (
    ClipDamaged,
    ClipEmpty,
    ClipRefused,
    ClipTooCostly,
    ClipTooHeavy,
    ClipTooLong,
    ClipTruncated,
    CodecUnknown,
    ContainerUnknown,
    HeadersUntrue,
    PicturesTooLarge,
    SoundUnusual,
    StreamsUnusual,
    TooManyPictures,
)

_FOUND_CHARACTERS_MAX: Final = 100
_UNPRINTED: Final = re.compile(r"[^A-Za-z0-9 .]")


def probe(path: Path, limits: Limits = DEFAULT_LIMITS) -> ClipFacts:
    """Decode a whole clip in a process of its own and say what it holds.

    Takes about 0.2 s and the time of decoding on one core. Raises ClipRefused, whose kinds name the
    limit; OSError where there is no file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not a file")
    size = path.stat().st_size
    if size == 0:
        raise ClipEmpty("It has no bytes.")
    if size > limits.size_bytes:
        raise ClipTooHeavy(f"It has {size}; the limit is {limits.size_bytes}.")
    name = sniff(path)
    if name is None:
        raise ContainerUnknown
    return facts_in(_report(path, name, limits), limits)


def _report(path: Path, name: str, limits: Limits) -> bytes:
    """What the examiner wrote. Raises ClipTooCostly, ClipDamaged where it did not live to write."""
    arguments = [str(path.resolve()), name, limits.model_dump_json()]
    try:
        return report_of("activities.clip.examiner", arguments, limits.wall_seconds)
    except TookTooLong as late:
        if late.waited:
            raise ClipTooCostly(f"The limit is {limits.wall_seconds:g} s of waiting.") from None
        raise ClipTooCostly(f"The limit is {limits.cpu_seconds} s of computing.") from None
    except ExaminerDied:
        raise ClipDamaged("Its bytes end the decoder.") from None


def facts_in(report: bytes, limits: Limits) -> ClipFacts:
    """The facts of a report, or the ClipRefused that it names.

    It is not trusted, for the clip's bytes had that process in hand.
    """
    try:
        said = json.loads(report)
        if "objection" in said:
            found = _UNPRINTED.sub("", str(said["found"]))[:_FOUND_CHARACTERS_MAX]
            raise _refusal(said["objection"], found, limits)
        return ClipFacts.model_validate(said["facts"])
    except (ValueError, TypeError, KeyError, RecursionError, ValidationError):
        raise ClipDamaged("Its examination has no readable result.") from None


def _refusal(name: str, found: str, limits: Limits) -> ClipRefused:
    """What an objection is called, and the limit it names."""
    refusals: dict[str, ClipRefused] = {
        "codec": CodecUnknown(),
        "size": PicturesTooLarge(
            f"They are {found}; the limits are a side of 16 to {limits.side} and "
            f"{limits.pixels} pixels."
        ),
        "long": ClipTooLong(f"It lasts {found} s; the limit is {limits.seconds:g} s."),
        "pictures": TooManyPictures(f"It has {found}; the limit is {limits.pictures}."),
        "decoded": TooManyPictures(
            f"It has {found} pixels in all of them; the limit is {limits.decoded_pixels}."
        ),
        "many_streams": StreamsUnusual(f"This one has {found}; the limit is {limits.streams}."),
        "streams": StreamsUnusual(f"This one has {found}."),
        "sound": SoundUnusual(
            f"It has {found}; the limits are {limits.channels} channels and "
            f"{limits.sample_rate_min} to {limits.sample_rate_max} Hz."
        ),
        "empty": ClipEmpty(),
        "truncated": ClipTruncated(f"It has {found}."),
        "untrue": HeadersUntrue(f"It has {found}."),
        "damaged": ClipDamaged(),
        "memory": ClipTooCostly(f"The limit is {limits.memory_bytes // MEBIBYTE} MiB of memory."),
    }
    return refusals[name]
