"""What telemetry must not say: the words, names and faces of people.

Personal content is refused twice: by the name of the field that carries it, and by never repeating
the message of an error that nobody has vouched for. An error says its type and where it happened.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from temporalio.service import RPCError

from domain.kernel.errors import Refusal
from domain.kernel.ports import LogUnavailable, StoreUnavailable, WrongRevision
from infra.errors import UserError

PERSONAL_FIELDS: Final = frozenset(
    [
        "args",
        "body",
        "avoid",
        "brief",
        "caption",
        "captions",
        "clip_mp4",
        "cast",
        "description",
        "display_name",
        "email",
        "face",
        "face_png",
        "full_name",
        "handle",
        "input",
        "line",
        "lines",
        "message",
        "message_text",
        "narration",
        "payload",
        "payloads",
        "person",
        "phone",
        "preferences",
        "prompt",
        "prompts",
        "result",
        "session",
        "shots",
        "speaker",
        "signature",
        "speech",
        "subtitle",
        "templates",
        "text",
        "thing",
        "title",
        "transcript",
        "voice",
        "voice_wav",
        "wishes",
        "words",
    ]
)
WITHHELD: Final = "[personal]"
VOUCHED: Final = (
    Refusal,
    UserError,
    LogUnavailable,
    StoreUnavailable,
    WrongRevision,
    RPCError,
    OSError,
    TimeoutError,
)
"""Errors whose messages are ours, or speak of machines only."""

CHARACTERS_MAX: Final = 500
_DEPTH_MAX: Final = 4
_FRAMES_MAX: Final = 12


def is_personal(field: str) -> bool:
    """Whether a field of this name would carry what people said or how they look."""
    return field.lower() in PERSONAL_FIELDS


def discreet(value: Any, depth: int = 0) -> Any:
    """A value that may be written down: models by their kind only, long text cut, depth bounded."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return shortened(value)
        case Mapping() if depth < _DEPTH_MAX:
            return {
                str(key): WITHHELD if is_personal(str(key)) else discreet(each, depth + 1)
                for key, each in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < _DEPTH_MAX:
            return [discreet(each, depth + 1) for each in value]
        case BaseModel():
            return f"[{type(value).__name__}]"
        case BaseException():
            return spoken(value)
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case _:
            return shortened(str(value))


def shortened(text: str, characters_max: int = CHARACTERS_MAX) -> str:
    """Text no longer than it needs to be in a log."""
    return text if len(text) <= characters_max else f"{text[:characters_max]}…"


def spoken(error: BaseException) -> str:
    """An error in a few words: its type, and its message when that is known to be harmless."""
    kind = type(error).__name__
    return f"{kind}: {shortened(str(error))}" if isinstance(error, VOUCHED) else kind


def account_of(error: BaseException) -> dict[str, Any]:
    """What a log keeps of an error: what it is, what caused it, and where. Never its words."""
    account: dict[str, Any] = {"error": spoken(error), "where": _places(error)}
    if causes := [spoken(cause) for cause in _causes(error)]:
        account["caused_by"] = causes
    return account


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in causes and len(causes) < _DEPTH_MAX:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes
