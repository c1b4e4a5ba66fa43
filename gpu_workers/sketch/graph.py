"""The sketch model recorded as one graph, so that a step is one call that holds no lock.

A step is some two thousand small tensor calls. Made one by one from Python, each takes the
interpreter's lock again, and waits for it whenever another job of the process decodes or uploads;
a recorded graph runs them all with the lock given up, and without Python's own share of the work.
It computes what the network computes, to the bit. ``torch.compile`` would need a C++ compiler on
every machine that samples.
"""

from __future__ import annotations

import threading
import warnings

import torch
from torch import nn

from gpu_workers.sketch.model import Prompted, Sketch
from gpu_workers.sketch.tokens import SHAPES, Parts


class _Flat(nn.Module):
    """The network with inputs and outputs that a graph can have: tensors, in a fixed order."""

    def __init__(self, network: Sketch) -> None:
        super().__init__()
        self.network = network

    def forward(self, levels: torch.Tensor, *given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        count = len(SHAPES)
        noisy = dict(zip(SHAPES, given[:count], strict=True))
        clean, sounds = self.network(noisy, levels, Prompted(*given[count:]))
        return (*(clean[name] for name in SHAPES), sounds)


class SketchGraph:
    """Does what a ``Sketch`` does; each batch size is recorded when it is first met.

    Safe to call from several threads.
    """

    def __init__(self, network: Sketch) -> None:
        self._flat = _Flat(network).eval()
        self._graphs: dict[int, torch.jit.ScriptModule] = {}
        self._recording = threading.Lock()

    @torch.inference_mode()
    def __call__(
        self, noisy: Parts, levels: torch.Tensor, asked: Prompted
    ) -> tuple[Parts, torch.Tensor]:
        """As ``Sketch.forward``."""
        told = (asked.words, asked.references, asked.is_cameo, asked.given)
        given = (levels, *(noisy[name] for name in SHAPES), *told)
        *clean, sounds = self._graph(given)(*given)
        return dict(zip(SHAPES, clean, strict=True)), sounds

    def _graph(self, given: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
        count = len(given[0])
        with self._recording:
            if count not in self._graphs:
                self._graphs[count] = _recorded(self._flat, given)
        return self._graphs[count]


def _recorded(flat: _Flat, given: tuple[torch.Tensor, ...]) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated; and that sizes are kept, which never change
        traced: torch.jit.ScriptModule = torch.jit.trace(  # type: ignore[no-untyped-call]
            flat, given, check_trace=False
        )
        frozen: torch.jit.ScriptModule = torch.jit.freeze(traced)
    return frozen
