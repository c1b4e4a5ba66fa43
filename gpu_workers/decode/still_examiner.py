"""The examiner of still pictures: a process of its own that decodes a stranger's picture once.

``python -m gpu_workers.decode.still_examiner FILE`` writes one JSON object: width, height and
whether something can be seen through, or what stands against the picture. It imports little.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from typing import Any, Final

# named so that they are there before this process is confined
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

FORMATS: Final = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
    )
)
PIXELS_MAX: Final = 4096 * 4096
SIDE_MIN: Final = 16
BYTES_MAX: Final = 32 << 20
MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 20
WALL_SECONDS: Final = 30.0


def examine(path: str) -> dict[str, Any]:
    """What the picture is, or what stands against it."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if min(width, height) < SIDE_MIN or width * height > PIXELS_MAX:
                return {"objection": "size", "found": f"{int(width)}x{int(height)}"}
            if getattr(picture, "n_frames", 1) > 1:
                return {"objection": "moving", "found": None}
            picture.load()
            return {"width": width, "height": height, "alpha": "A" in picture.getbands()}
    except MemoryError:
        return {"objection": "memory", "found": None}
    except Exception:  # noqa: BLE001 - whatever the bytes do to a decoder, they are no picture
        return {"objection": "picture", "found": None}


def main() -> None:
    """Examine one picture, and leave without tidying up."""
    for kind, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 1 << 16),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # some systems know fewer of these limits
            resource.setrlimit(kind, (bound, bound))
    Image.MAX_IMAGE_PIXELS = None  # ours is smaller, and is said
    sys.dont_write_bytecode = True
    sys.stdout.write(json.dumps(examine(sys.argv[1])))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
