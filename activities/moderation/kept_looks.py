"""Looks that are kept for a while, so that the same content is looked at once in a process.

A look depends on the content, and on who looks in which version, of which whom a policy protects is
a part. What a reasoning model says depends on the whole policy as well, and on whether a human is
cast. A failure to look is not kept: next time somebody may. Of a content its hash is kept alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.moderation.finding import Detector, Look

KEPT_MAX: Final = 4096
"""About a kilobyte each, at the most some hundred findings."""


@dataclass(frozen=True)
class LookKey:
    """What a look depends on; the content by its hash."""

    content_sha256: str
    detector: Detector
    policy_sha256: str = ""
    strict: bool = False


class KeptLooks:
    """The newest looks, for all threads of a process."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._looks: OrderedDict[LookKey, Look] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: LookKey) -> Look | None:
        """The look that is kept, which is then among the newest."""
        with self._lock:
            look = self._looks.get(key)
            if look is not None:
                self._looks.move_to_end(key)
            return look

    def keep(self, key: LookKey, look: Look) -> Look:
        """Keep a look, unless nobody looked; who has not been asked for longest goes first."""
        if look.state == "looked":
            with self._lock:
                self._looks[key] = look
                self._looks.move_to_end(key)
                while len(self._looks) > self._kept_max:
                    self._looks.popitem(last=False)
        return look

    def once(self, key: LookKey, look: Callable[[], Look]) -> Look:
        """The look that is kept, or a new one. Two threads at once may both look, and see alike."""
        return self.find(key) or self.keep(key, look())
