"""The examiner: a process of its own that looks at a stranger's file once.

``python -m activities.provenance.examiner`` reads one JSON object from its standard input, which
names the file, the trusted roots, the keys of the marks and the limits, and writes one: what it
found. It is confined before the first byte of the file is looked at.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

import av
import cv2

from activities.clip.container import REPORT_BYTES_MAX
from activities.provenance.looking import OUT_OF_MEMORY, look
from activities.provenance.reading import ManifestReader

_OPEN_FILES_MAX: Final = 64


def _confine(asked: dict[str, Any]) -> None:
    """From here on this process cannot grow, run long, or write much."""
    sys.dont_write_bytecode = True  # half a module's is what the limits would leave of it
    for kind, bound in (
        (resource.RLIMIT_AS, asked["memory_bytes"]),
        (resource.RLIMIT_CPU, asked["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, REPORT_BYTES_MAX),
        (resource.RLIMIT_NOFILE, _OPEN_FILES_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # some systems know fewer of these limits
            resource.setrlimit(kind, (bound, bound))


def main() -> None:
    """Look at one file, and leave without tidying up, since a decoder may be in any state."""
    asked = json.load(sys.stdin)
    av.logging.set_level(None)
    cv2.setNumThreads(1)
    _confine(asked)
    try:
        looked = look(
            Path(asked["path"]),
            ManifestReader(asked["roots"].encode()),
            [base64.b64decode(each) for each in asked["mark_keys"]],
            asked["seconds_max"],
        )
        report = looked.model_dump_json().encode()
    except (MemoryError, cv2.error):
        report = OUT_OF_MEMORY
    sys.stdout.buffer.write(report)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
