"""From takes to the files that people watch: made, put in their places, read back, tidied up.

Takes lie under ``kept/{account}/``, unfinished work under ``takes/{generation}/`` and
``staging/{generation}/``, and what people watch under the hash of its bytes, where it is never
changed and never swept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from temporalio import activity

from activities.cameo.places import CLIPS, UPLOADS
from activities.film.changed import Mark
from activities.film.formats import H264, FilmFormat
from activities.film.make import MadeFiles, make_files
from activities.film.shape import Reel, Timing
from activities.generation import context_of
from activities.heartbeats import beating
from activities.kept import DAYS_KEPT, KEPT, SECONDS_PER_DAY, sampled_by
from activities.ledger import Decision, Ledger
from activities.orders import (
    Assembled,
    AssemblyOrder,
    ClearanceOrder,
    Cleared,
    StagedFile,
    StorageOrder,
    Stored,
    SweepOrder,
    Swept,
)
from activities.provenance.changes import Invisible
from activities.provenance.kit import ProvenanceKit
from activities.scratch import scratch_folder
from activities.staging import STAGING, settled, staged
from activities.threads import StopSign, in_thread
from domain.cameo import enrolment_situations as situations
from domain.cameo.enrolment import ENROLMENT
from domain.generation.commands import RecordRendition
from domain.generation.decider import GENERATION
from domain.generation.situations import Requested, Settled
from domain.kernel.model import Value
from domain.kernel.ports import ObjectStore
from domain.video.media import Rendition

TAKES: Final = "takes"

_SECONDS_PER_HOUR: Final = 3600


class AssemblyProgress(Value):
    """The details of the heartbeat while a film is made: pictures done of pictures planned.

    A picture counts once when it is encoded and once when it is decoded again.
    """

    picture: int
    pictures: int


class MediaActivities:
    """Makes and keeps films; every method is safe to repeat. Unfinished files lie in ``scratch``.

    ``StoreUnavailable`` and ``DiskFull`` pass through: the step is to be tried again later.
    """

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        now: Callable[[], datetime],
        scratch: Path,
        kept_days: float = DAYS_KEPT,
        form: FilmFormat = H264,
        kit: ProvenanceKit | None = None,
    ) -> None:
        self._kept_days, self._format, self._kit = kept_days, form, kit
        self._store, self._ledger, self._now, self._scratch = store, ledger, now, scratch

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.assemble_rendition,
            self.store_rendition,
            self.clear_staging,
            self.sweep_staging,
        ]

    @activity.defn
    async def assemble_rendition(self, order: AssemblyOrder) -> Assembled:
        """Join the takes into a film with its poster and contact sheet, and stage all three.

        As an artefact, it is marked invisibly in picture and sound while it is encoded.
        Raises TakeUnusable, FilmFaulty, and HashMismatch or ObjectMissing for a damaged take.
        """
        marks = await self._marks(order.artefact_id) if order.artefact_id else None
        work = _Work(order, self._format, marks)
        with scratch_folder(self._scratch, "assembly-") as folder:
            async with beating(lambda: work.progress):
                paths = [folder / f"take-{n:03d}.mkv" for n in range(len(order.takes))]
                for take, path in zip(order.takes, paths, strict=True):
                    await self._store.get_file(take.key, path, take.sha256)
                made = await in_thread(lambda sign: work.do(paths, folder, sign))
                return await self._stage(order.generation_id, made)

    @activity.defn
    async def store_rendition(self, order: StorageOrder) -> Stored:
        """Move the files to their content addresses, read them back, record it, and tidy up.

        Raises ObjectMissing when a file is neither staged nor stored, HashMismatch when the bytes
        read back are not those that were made.
        """
        made = order.assembled
        async with beating():
            rendition = Rendition(
                film=await settled(self._store, made.film),
                poster=await settled(self._store, made.poster),
                contact_sheet=await settled(self._store, made.contact_sheet),
                width=made.width,
                height=made.height,
                fps=made.fps,
                frames=made.frames,
                picture_seconds=made.picture_seconds,
                sound_seconds=made.sound_seconds,
                sample_rate=made.sample_rate,
            )
            command = RecordRendition(
                command_id=order.command_id, at=self._now(), rendition=rendition
            )
            await self._ledger.perform(
                [Decision(GENERATION, order.generation_id, command)], context_of(order)
            )
            await self._clear(order.generation_id)
        return Stored(rendition=rendition)

    @activity.defn
    async def clear_staging(self, order: ClearanceOrder) -> Cleared:
        """Remove what a generation left unfinished; takes that are kept stay for their days."""
        return Cleared(objects=await self._clear(order.generation_id))

    async def _clear(self, generation_id: str) -> int:
        removed = 0
        for room in (STAGING, TAKES):
            async for key, _ in self._store.list(f"{room}/{generation_id}/"):
                await self._store.delete(key)
                removed += 1
        return removed

    @activity.defn
    async def sweep_staging(self, order: SweepOrder) -> Swept:
        """Remove staged objects that nobody came back for, and takes that were kept long enough.

        A generation or an enrolment that has not ended may have waited for a long outage: what it
        left stays.
        """
        now = order.now.timestamp()
        written_before = now - order.older_than_hours * _SECONDS_PER_HOUR
        kept_before = now - self._kept_days * SECONDS_PER_DAY
        awaited: dict[str, bool] = {}
        removed = 0
        async with beating():
            for room, before in (
                (STAGING, written_before),
                (TAKES, written_before),
                (UPLOADS, written_before),
                (CLIPS, written_before),
                (KEPT, kept_before),
            ):
                async for key, written_at in self._store.list(f"{room}/"):
                    if written_at >= before:
                        continue
                    story = sampled_by(key) if room == KEPT else key.split("/")[1]
                    if story not in awaited:
                        awaited[story] = await self._is_awaited(story)
                    if not awaited[story]:
                        await self._store.delete(key)
                        removed += 1
        return Swept(objects=removed)

    async def _marks(self, artefact_id: str) -> Mark:
        if self._kit is None:
            raise RuntimeError("Who assembles films marks them: give the activities their kit.")
        return Invisible(self._kit.marking, await self._kit.register.issue(artefact_id))

    async def _stage(self, generation_id: str, made: MadeFiles) -> Assembled:
        async def stage(path: Path, content_type: str) -> StagedFile:
            return await staged(self._store, generation_id, path, content_type)

        facts = made.facts
        return Assembled(
            film=await stage(made.film, self._format.content_type),
            poster=await stage(made.poster, "image/jpeg"),
            contact_sheet=await stage(made.contact_sheet, "image/jpeg"),
            width=facts.width,
            height=facts.height,
            fps=round(facts.fps),
            frames=facts.frames,
            picture_seconds=facts.picture_seconds,
            sound_seconds=facts.sound_seconds,
            sample_rate=facts.sample_rate,
        )

    async def _is_awaited(self, story: str) -> bool:
        if story.startswith("enr_"):
            attempt = (await self._ledger.state(ENROLMENT, story)).state
            return isinstance(attempt, situations.Started) and not isinstance(
                attempt, situations.Settled
            )
        standing = await self._ledger.state(GENERATION, story)
        return isinstance(standing.state, Requested) and not isinstance(standing.state, Settled)


class _Work:
    """One assembly in a thread: what it is to do, and how far it has come."""

    def __init__(self, order: AssemblyOrder, form: FilmFormat, marks: Mark | None) -> None:
        self._format, self._marks = form, marks
        self._timings = [Timing(take.frames, take.fps) for take in order.takes]
        pictures = sum(each.frames for each in self._timings)
        self.progress = AssemblyProgress(picture=0, pictures=2 * pictures)

    def do(self, paths: Sequence[Path], folder: Path, sign: StopSign) -> MadeFiles:
        """Make the files, looking at the sign before each picture. Raises ``Stopped``."""

        def on_progress(picture: int, pictures: int) -> None:
            sign.heed()
            done = max(picture, self.progress.picture)  # a second attempt begins at the beginning
            self.progress = AssemblyProgress(picture=done, pictures=pictures)

        takes = [Reel(*each) for each in zip(paths, self._timings, strict=True)]
        return make_files(takes, folder, on_progress, self._format, self._marks)
