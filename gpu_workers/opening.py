"""The opening of a shot that continues: the last picture of the take before it, as a reference."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

from activities.orders import SamplingOrder
from activities.scratch import file_sha256, scratch_folder
from activities.threads import in_thread
from domain.generation.reference import ReferenceFile
from domain.kernel.ports import ObjectStore
from gpu_workers.mezzanine import MezzanineUnreadable


async def opened(order: SamplingOrder, store: ObjectStore, scratch: Path) -> SamplingOrder:
    """The order with its opening among its references, where it goes on from another take.

    The picture's hash is then part of the plan: another picture makes another plan. Its file lies
    with the generation's unfinished work. Raises HashMismatch, ObjectMissing, StoreUnavailable,
    MezzanineUnreadable.
    """
    previous = order.previous
    if previous is None:
        return order
    with scratch_folder(scratch, "opening-") as folder:
        take, picture = folder / "take.mkv", folder / "picture.png"
        await store.get_file(previous.key, take, previous.sha256)
        await in_thread(lambda _: write_last_picture(take, picture))
        sha256 = file_sha256(picture, lambda: None)
        key = f"takes/{order.generation_id}/openings/{sha256}.png"
        await store.put_file(key, picture, "image/png")
    opening = ReferenceFile(kind="picture", use="first-frame", key=key, sha256=sha256)
    return order.model_copy(update={"references": (*order.references, opening)})


def write_last_picture(take: Path, picture: Path) -> None:
    """Write the last picture of a take as PNG. Raises MezzanineUnreadable.

    Each picture of a take stands by itself, so only the last one is decoded.
    """
    try:
        with av.open(str(take), format="matroska") as container:
            last = None
            for packet in container.demux(video=0):
                last = packet if packet.size else last
            frame = last.decode()[-1] if last is not None else None
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MezzanineUnreadable(f"{take.name} cannot be read as a mezzanine: {error}") from error
    if not isinstance(frame, av.VideoFrame):
        raise MezzanineUnreadable(f"{take.name} has no pictures; sample its plan again")
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise MezzanineUnreadable(f"the last picture of {take.name} cannot be written as PNG")
    picture.write_bytes(encoded.tobytes())
