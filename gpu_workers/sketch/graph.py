"""A step of the sketch model recorded as one graph: one call that holds no lock.

A step is some two thousand small tensor calls. Made one by one from Python, each takes the
interpreter's lock again, and waits for it whenever another job of the process decodes or uploads;
a recorded graph runs them all with the lock given up, and without Python's own share of the work.
It computes what the network computes, to the bit. ``torch.compile`` would need a C++ compiler on
every machine that samples.
"""

from __future__ import annotations

import threading
import warnings
from typing import Final

import torch

from gpu_workers.sketch.model import Sketch
from gpu_workers.sketch.sampling import Stepper

_WORDS: Final = 3
"""Which input says by its length whether there is guidance."""


class SteppingGraph:
    """Does what a ``Stepper`` does; with and without guidance are recorded when first met.

    Safe to call from several threads.
    """

    def __init__(self, network: Sketch) -> None:
        self._stepper = Stepper(network).eval()
        self._graphs: dict[int, torch.jit.ScriptModule] = {}
        self._recording = threading.Lock()

    @torch.inference_mode()
    def __call__(self, *given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """As ``Stepper.forward``."""
        moved: tuple[torch.Tensor, ...] = self._graph(given)(*given)
        return moved

    def _graph(self, given: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
        sides = len(given[_WORDS])
        with self._recording:
            if sides not in self._graphs:
                self._graphs[sides] = _recorded(self._stepper, given)
        return self._graphs[sides]


def _recorded(stepper: Stepper, given: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated; and that sizes are kept, which never change
        traced: torch.jit.ScriptModule = torch.jit.trace(  # type: ignore[no-untyped-call]
            stepper, given, check_trace=False
        )
        frozen: torch.jit.ScriptModule = torch.jit.freeze(traced)
    return frozen
