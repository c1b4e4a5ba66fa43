"""Still pictures that somebody sent: examined in a process of their own, or refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from activities.clip.apart import ExaminerDied, TookTooLong, report_of
from domain.kernel.errors import Refusal
from domain.kernel.model import Value
from gpu_workers.decode.still_examiner import (
    BYTES_MAX,
    FORMATS,
    MEMORY_BYTES,
    PIXELS_MAX,
    SIDE_MIN,
    WALL_SECONDS,
)

_EXAMINER: Final = "gpu_workers.decode.still_examiner"
_SIZE: Final = re.compile(r"[0-9]{1,10}x[0-9]{1,10}")


class PictureRefused(Refusal):
    """This picture cannot be used."""

    code = "picture-refused"
    stage = "preparing"
    next_step = "Send another picture: a JPEG, PNG or WebP."


class PictureSize(PictureRefused):
    """This picture is too large or too small."""

    code = "picture-size"
    next_step = "Scale the picture and send it again."


class StillFacts(Value):
    """A picture that the studio accepts: its size as stored, and whether it has an opacity."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    alpha: bool


def probe_still(path: Path) -> StillFacts:
    """Decode a picture in a process of its own. Raises PictureRefused, which names the limit."""
    if path.stat().st_size > BYTES_MAX:
        raise PictureSize(f"It has {path.stat().st_size} bytes; the limit is {BYTES_MAX}.")
    try:
        said = json.loads(report_of(_EXAMINER, [str(path.resolve())], WALL_SECONDS))
        if "objection" in said:
            raise _refusal(str(said["objection"]), str(said["found"]))
        return StillFacts.model_validate(said)
    except TookTooLong:
        raise PictureRefused(f"The limit is {WALL_SECONDS:g} s of examining it.") from None
    except (ExaminerDied, ValueError, TypeError, KeyError, RecursionError, ValidationError):
        raise PictureRefused("It cannot be decoded.") from None


def _refusal(name: str, found: str) -> PictureRefused:
    if name == "size":
        size = found if _SIZE.fullmatch(found) else "of no known size"
        return PictureSize(
            f"It is {size}; the limits are a side of {SIDE_MIN} and {PIXELS_MAX} pixels."
        )
    if name == "moving":
        return PictureRefused("It moves; send a clip as a clip.")
    if name == "memory":
        return PictureRefused(f"The limit is {MEMORY_BYTES >> 20} MiB of memory.")
    return PictureRefused(f"It is none of {', '.join(FORMATS)}.")
