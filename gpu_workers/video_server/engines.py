"""What each video server really does behind the same routes, read in its source.

All of them answer ``/v1/videos``; they differ in what DELETE stops, in what a record keeps of the
request, and in the fields they take. None of them tells progress before the end: it is 0, then 100.
Sources, autumn 2026: vLLM-Omni ``vllm_omni/entrypoints/openai`` with its pull request 6759, SGLang
``python/sglang/multimodal_gen/runtime/entrypoints/openai/video_api.py``, FastVideo
``fastvideo/entrypoints/openai/video_api.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Deletion(StrEnum):
    """What DELETE does to a job that has not ended."""

    ABORTS = "aborts"
    """It is stopped, waiting or running."""
    DROPS_WAITING = "drops-waiting"
    """A waiting job never starts; a running one goes on unseen."""
    FORGETS = "forgets"
    """Only the record goes; the GPU does all of the work."""


class Marker(StrEnum):
    """The field of a record in which a server gives back a word of ours."""

    MODEL = "model"
    USER = "user"
    METADATA = "metadata"


@dataclass(frozen=True)
class Engine:
    """One row of the table.

    ``tells_prompt`` says that the record of a job names its prompt, size and length: where no mark
    is kept, a job that nobody knows of is found by them. ``marker`` is where a job can carry our
    mark, so that one whose id we never learnt is found again; None means that the server keeps
    nothing of ours. ``deletion_removes_film`` says whether DELETE takes the finished file from the
    server's disk too. ``takes_frames`` stands for the fields ``num_frames`` and ``fps``,
    ``takes_sound`` for ``generate_sound``.
    """

    name: str
    deletion: Deletion
    deletion_removes_film: bool
    marker: Marker | None
    tells_prompt: bool = False
    takes_seed: bool = True
    takes_frames: bool = True
    takes_sound: bool = False
    takes_picture: bool = True


VLLM_OMNI: Final = Engine(
    name="vllm-omni",
    deletion=Deletion.ABORTS,  # before pull request 6759 it forgot a running job
    deletion_removes_film=True,
    marker=None,  # it takes ``user`` and does not give it back, and it checks ``model``
    tells_prompt=True,
    takes_sound=True,
)
SGLANG: Final = Engine(
    name="sglang",
    deletion=Deletion.FORGETS,
    deletion_removes_film=False,
    marker=Marker.MODEL,  # it serves one model and writes down whatever name was asked for
    takes_sound=True,
)
FASTVIDEO: Final = Engine(
    name="fastvideo",
    deletion=Deletion.DROPS_WAITING,
    deletion_removes_film=True,
    marker=None,  # it checks ``model``; its records name size and length and no prompt
)
PLAIN: Final = Engine(
    name="plain",
    deletion=Deletion.FORGETS,
    deletion_removes_film=False,
    marker=None,
    takes_seed=False,
    takes_frames=False,
)
"""The bare shape, for a server that nobody has read: nothing is hoped for."""

ENGINES: Final = {each.name: each for each in (VLLM_OMNI, SGLANG, FASTVIDEO, PLAIN)}
