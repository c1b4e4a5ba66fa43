"""From takes on disk to the files that people watch, each checked before anybody gets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av

from activities.film.changed import Mark, encode_marked
from activities.film.formats import H264, FilmFormat
from activities.film.mux import encode_film
from activities.film.probe import FilmFacts, probe
from activities.film.refusals import FilmFaulty
from activities.film.shape import SAMPLE_RATE, Reel, Timing, joined
from activities.film.stills import Moments

_FPS_SLACK: Final = 0.01
"""WebM says how long a picture stands in whole nanoseconds."""

OnProgress = Callable[[int, int], None]
"""Called with pictures done and pictures to do in all; what it raises stops the work there."""


@dataclass(frozen=True)
class MadeFiles:
    """The files of a rendition in a folder, and what the film was found to hold."""

    film: Path
    poster: Path
    contact_sheet: Path
    facts: FilmFacts


def make_files(
    takes: Sequence[Reel],
    folder: Path,
    on_progress: OnProgress,
    form: FilmFormat = H264,
    mark: Mark | None = None,
) -> MadeFiles:
    """Join the takes and encode the film, choose its stills, and decode what was written.

    With a ``mark``, film and stills are made of the marked pictures and sound. Each picture
    counts twice: it is encoded, then decoded again. Raises TakeUnusable, FilmFaulty,
    OSError when the disk is full, and whatever ``on_progress`` raises.
    """
    film = folder / f"film{form.suffix}"
    poster, sheet = folder / "poster.jpg", folder / "contact-sheet.jpg"
    timing = joined([each.timing for each in takes])
    moments, work = Moments(timing), 2 * timing.frames

    def on_encoded(index: int, frame: av.VideoFrame) -> None:
        on_progress(index, work)
        moments.see(index, frame)

    if mark is None:
        encode_film(takes, film, on_encoded, form)
    else:
        encode_marked(takes, film, mark, on_encoded, form)
    moments.write_poster(poster)
    moments.write_contact_sheet(sheet)
    facts = probe(film, lambda index: on_progress(timing.frames + index, work), form)
    require_faithful(facts, timing, form)
    return MadeFiles(film, poster, sheet, facts)


def require_faithful(facts: FilmFacts, timing: Timing, form: FilmFormat = H264) -> None:
    """Raise FilmFaulty unless the film holds every picture, and sound for exactly as long.

    Two durations agree when they are at most one picture apart.
    """
    _require(facts.frames == timing.frames, f"It has {facts.frames} of {timing.frames} pictures.")
    _require(facts.declared_frames == facts.frames, "Its index counts other pictures than it has.")
    _require(
        abs(facts.fps - timing.fps) < _FPS_SLACK, f"It runs at {facts.fps:g} pictures per second."
    )
    _require(
        facts.picture_codec in form.picture_codecs
        and facts.sound_codec in form.sound_codecs
        and facts.pixel_format == "yuv420p",
        f"It holds {facts.picture_codec} and {facts.sound_codec} in {facts.pixel_format}.",
    )
    _require(
        (facts.sample_rate, facts.channels) == (SAMPLE_RATE, 2),
        f"Its sound has {facts.channels} channels at {facts.sample_rate} Hz.",
    )
    for seconds in (
        facts.picture_seconds,
        facts.sound_seconds,
        facts.declared_picture_seconds,
        facts.declared_sound_seconds,
    ):
        _require(
            abs(seconds - timing.seconds) <= timing.frame_seconds,
            f"Something in it lasts {seconds:.3f} s; its take lasts {timing.seconds:.3f} s.",
        )
    _require(
        abs(facts.picture_seconds - facts.sound_seconds) <= timing.frame_seconds,
        f"Its pictures last {facts.picture_seconds:.3f} s, its sound {facts.sound_seconds:.3f} s.",
    )
    _require(facts.fast_start, "Its index stands behind its media.")


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise FilmFaulty(otherwise)
