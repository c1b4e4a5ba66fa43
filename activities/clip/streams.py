"""Which streams of a clip hold moving pictures; imports little, as the examiner starts with it."""

from __future__ import annotations

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """All streams of moving pictures; a cover picture is none."""
    return [
        each for each in container.streams.video if not each.disposition & Disposition.attached_pic
    ]
