"""Films of recorded cases, looked at again by the detectors that changed.

A film is fetched, watched in its confined process, and removed: one at a time, so that no more than
one lies on the disk. What was found is kept, so that a run that is repeated goes on where another
one stopped and looks at nothing twice. Nothing else is written. What is gone stays gone: of a film
that was deleted or taken down nothing is looked at, though its bytes may be there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from activities.ledger import Ledger
from activities.moderation.material import Again, Material, Screener
from domain.generation.decider import GENERATION
from domain.generation.events import RenditionStored
from domain.kernel.ids import sibling
from domain.kernel.ports import HashMismatch, ObjectMissing, ObjectStore, ObjectTooLarge
from domain.moderation.case_situations import Known, Withdrawn
from domain.moderation.categories import OF_FILMS, Stage
from domain.moderation.finding import Findings
from domain.moderation.what_if import Unseen
from domain.video.media import MediaFile
from domain.video.video import VIDEO, TakenDown

Names = frozenset[str]


@dataclass(frozen=True)
class FilmLook:
    """What new findings in a film depend on: its bytes, the stage, and who looks in which version.

    ``basis`` is the hash of the latter, with all that they compare with; the findings are kept for
    the account, and go with it.
    """

    account_id: str
    content_sha256: str
    stage: Stage
    basis: str


class FilmLooks(Protocol):
    """New findings in films, kept from one run to the next."""

    async def find(self, look: FilmLook) -> Findings | None:
        """What is kept; None where nothing is, or where it cannot be read any more."""
        ...

    async def keep(self, look: FilmLook, findings: Findings) -> None:
        """Keep it; again changes nothing."""
        ...


class FilmsAnew:
    """Looks at films again, ``seconds_max`` in all; safe to repeat.

    ``clock`` counts seconds. ``looked`` is how many films were watched, ``found`` of how many all
    was kept from before.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: ObjectStore,
        looks: FilmLooks,
        scratch: Path,
        clock: Callable[[], float],
        seconds_max: float | None = None,
    ) -> None:
        self._ledger, self._store, self._looks = ledger, store, looks
        self._scratch, self._clock, self._seconds_max = scratch, clock, seconds_max
        self._seconds = 0.0
        self.looked = self.found = 0

    async def of(
        self, screener: Screener, case: Known, material: Material, names: Names
    ) -> dict[Stage, NewLooks] | Unseen:
        """What these detectors find in a film now, by stage, or why nobody looked.

        Raises StoreUnavailable.
        """
        if isinstance(case, Withdrawn) or await self._is_taken_down(case):
            return "deleted"
        film = await self._film(case)
        if film is None:
            return "missing"
        wanted = await self._wanted(screener, case, material, names)
        anew = await self._kept(wanted)
        if anew is None:
            if self._seconds_max is not None and self._seconds >= self._seconds_max:
                return "later"
            seen = await self._watched(screener, case, material, wanted, film)
            if isinstance(seen, str):
                return seen
            anew = seen
        return anew

    async def _is_taken_down(self, case: Known) -> bool:
        video_id = sibling(case.content.generation_id, "vid")
        return isinstance((await self._ledger.state(VIDEO, video_id)).state, TakenDown)

    async def _film(self, case: Known) -> MediaFile | None:
        """The film that was looked at, while the store has it."""
        sha256 = case.content.context.content_sha256
        for event in await self._ledger.events(GENERATION, case.content.generation_id):
            if isinstance(event, RenditionStored) and event.rendition.film.sha256 == sha256:
                film = event.rendition.film
                async for key, _ in self._store.list(film.key):
                    if key == film.key:
                        return film
        return None

    async def _wanted(
        self, screener: Screener, case: Known, material: Material, names: Names
    ) -> dict[FilmLook, Names]:
        """Which looks are needed, at which stage, and by whom."""
        content, wanted = case.content, {}
        for each in content.findings:
            if each.stage not in OF_FILMS:
                continue
            asked = names & {look.detector.name for look in each.looks}
            if asked:
                asked = screener.beside(asked)
                basis = await screener.basis(each.stage, material, asked)
                look = FilmLook(
                    content.account_id, content.context.content_sha256, each.stage, basis
                )
                wanted[look] = asked
        return wanted

    async def _kept(self, wanted: dict[FilmLook, Names]) -> dict[Stage, NewLooks] | None:
        """All that is needed, where all of it is kept."""
        anew: dict[Stage, NewLooks] = {}
        for look, asked in wanted.items():
            found = await self._looks.find(look)
            if found is None:
                return None
            anew[look.stage] = NewLooks(asked, found)
        self.found += 1
        return anew

    async def _watched(
        self,
        screener: Screener,
        case: Known,
        material: Material,
        wanted: dict[FilmLook, Names],
        film: MediaFile,
    ) -> dict[Stage, NewLooks] | Unseen:
        """What is found now. What nobody could look at is not kept: another time somebody may."""
        again = Again(frozenset().union(*wanted.values()), case.content.findings)
        began = self._clock()
        try:
            found = await self._fetched(screener, material, film, again)
        except (ObjectMissing, HashMismatch, ObjectTooLarge):
            return "missing"
        finally:
            self._seconds += self._clock() - began
        if any(each.failed for each in found):
            return "failed"
        self.looked += 1
        by_stage = {each.stage: each for each in found}
        anew: dict[Stage, NewLooks] = {}
        for look, asked in wanted.items():
            seen = by_stage.get(look.stage, Findings(stage=look.stage))
            await self._looks.keep(look, seen)
            anew[look.stage] = NewLooks(asked, seen)
        return anew

    async def _fetched(
        self, screener: Screener, material: Material, film: MediaFile, again: Again
    ) -> tuple[Findings, ...]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="looking-again-") as folder:
            path = Path(folder) / Path(film.key).name
            await self._store.get_file(film.key, path, film.sha256, film.size)
            return await screener.film_again(path, material, again)


@dataclass(frozen=True)
class NewLooks:
    """What these detectors find now at one stage."""

    asked: Names
    findings: Findings


def renewed(before: tuple[Findings, ...], anew: dict[Stage, NewLooks]) -> tuple[Findings, ...]:
    """The findings as they were, but for the looks of whoever looked again.

    Who reads what is said and has nothing to read any more, or has now, is left out or comes in.
    """
    return tuple(
        _replaced(each, anew[each.stage]) if each.stage in anew else each for each in before
    )


def _replaced(before: Findings, now: NewLooks) -> Findings:
    others = (each for each in before.looks if each.detector.name not in now.asked)
    return Findings(stage=before.stage, looks=(*others, *now.findings.looks))
