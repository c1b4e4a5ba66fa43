"""The opening of a shot that continues: the end of the take before it, as a reference.

A model that can extend a clip is given the last moments, so that what moves goes on moving; any
other one is given the last picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np

from activities.film.formats import H264
from activities.film.mux import limited_picture, picture_stream
from activities.film.shape import Timing
from activities.orders import SamplingOrder
from activities.scratch import file_sha256, scratch_folder
from activities.threads import in_thread
from domain.generation.reference import ReferenceFile
from domain.kernel.ports import ObjectStore
from gpu_workers.cards import registry as cards
from gpu_workers.mezzanine import MezzanineUnreadable

_SECONDS: Final = 0.5
_PICTURES_MIN: Final = 9
"""How much of a take is handed over: no less than a model's lead, which LTX-2 has the longest."""
_NEARLY_LOSSLESS: Final = replace(
    H264, picture_options={"preset": "veryfast", "crf": "4", "bf": "0"}
)
_BITEXACT: Final = {"fflags": "+bitexact"}


async def opened(order: SamplingOrder, store: ObjectStore, scratch: Path) -> SamplingOrder:
    """The order with its opening among its references, where it goes on from another take.

    The opening's hash is then part of the plan: another end makes another plan, and the same end
    makes the same bytes. Its file lies with the generation's unfinished work. Raises HashMismatch,
    ObjectMissing, StoreUnavailable, MezzanineUnreadable.
    """
    previous = order.previous
    if previous is None:
        return order
    extends = _extends(order)
    with scratch_folder(scratch, "opening-") as folder:
        take, opening = folder / "take.mkv", folder / "opening"
        await store.get_file(previous.key, take, previous.sha256)
        if extends:
            await in_thread(lambda _: write_last_moments(take, opening))
        else:
            await in_thread(lambda _: write_last_picture(take, opening))
        sha256 = file_sha256(opening, lambda: None)
        suffix, content_type = ("mp4", "video/mp4") if extends else ("png", "image/png")
        key = f"takes/{order.generation_id}/openings/{sha256}.{suffix}"
        await store.put_file(key, opening, content_type)
    reference = ReferenceFile(
        kind="clip" if extends else "picture",
        use="extend" if extends else "first-frame",
        key=key,
        sha256=sha256,
    )
    return order.model_copy(update={"references": (*order.references, reference)})


def _extends(order: SamplingOrder) -> bool:
    """Whether the model's card says that it can, and it has room for the clip."""
    name = order.brief.sampler
    if name not in cards.names():
        return False
    card = cards.card(name)
    clips = sum(each.kind == "clip" for each in order.references)
    return "extend" in card.can and clips < card.takes.clips


def write_last_picture(take: Path, picture: Path) -> None:
    """Write the last picture of a take as PNG. Raises MezzanineUnreadable.

    Each picture of a take stands by itself, so only the last one is decoded.
    """
    _, [frame] = _last_frames(take, lambda _: 1)
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise MezzanineUnreadable(f"the last picture of {take.name} cannot be written as PNG")
    picture.write_bytes(encoded.tobytes())


def write_last_moments(take: Path, clip: Path) -> None:
    """Write the last half second of a take as H.264 without sound, or all where it is shorter.

    The same take gives the same bytes. It goes through a codec that every studio reads from
    strangers, on a CPU and on a GPU, at a quality that is seen as no loss. Raises
    MezzanineUnreadable.
    """
    fps, frames = _last_frames(take, lambda fps: max(_PICTURES_MIN, round(_SECONDS * fps)))
    timing = Timing(len(frames), fps)
    width, height = (side - side % 2 for side in (frames[0].width, frames[0].height))
    with av.open(str(clip), "w", format="mp4", options=_BITEXACT) as container:
        stream = picture_stream(container, width, height, timing, _NEARLY_LOSSLESS)
        for index, frame in enumerate(frames):
            container.mux(stream.encode(limited_picture(frame, index, timing)))
        container.mux(stream.encode(None))


def _last_frames(take: Path, count: Callable[[int], int]) -> tuple[int, list[av.VideoFrame]]:
    """A take's rate, and its last pictures, as many as are asked for at that rate."""
    try:
        with av.open(str(take), format="matroska") as container:
            fps = round(container.streams.video[0].average_rate or Fraction(0))
            packets = deque(
                (each for each in container.demux(video=0) if each.size), maxlen=count(fps)
            )
            frames = [frame for packet in packets for frame in packet.decode()]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MezzanineUnreadable(f"{take.name} cannot be read as a mezzanine: {error}") from error
    shown = [each for each in frames if isinstance(each, av.VideoFrame)]
    if not shown or fps < 1:
        raise MezzanineUnreadable(f"{take.name} has no pictures; sample its plan again")
    return fps, shown
