"""A house for tests: a log, a vault, a store, policies and detectors, and films on their way."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.consent.desk import ConsentDesk
from activities.consent.leaving import LeavingDesk
from activities.consent.office import CastingOffice
from activities.export.desk import ExportDesk
from activities.export.placing import Placing
from activities.generation import GenerationActivities
from activities.ledger import Context, Decision, Ledger
from activities.moderation.anew import SecondLook
from activities.moderation.comparing import PolicyComparer
from activities.moderation.elsewhere import Elsewhere
from activities.moderation.films_anew import FilmsAnew
from activities.moderation.hearing import HearingActivities
from activities.moderation.judging import JudgingActivities
from activities.moderation.material import Screener
from activities.moderation.orders import (
    AppealOrder,
    CaseStanding,
    ClaimOrder,
    FilmScreeningOrder,
    ReadingOrder,
    WordsScreeningOrder,
)
from activities.moderation.policies import PolicyDesk, publish
from activities.moderation.standing import standing_of
from activities.moderation.undoing import PolicyUndo
from activities.orders import FailureOrder, ReleaseOrder
from domain.catalog import EVENTS
from domain.generation.brief import Brief, Line, Shot
from domain.generation.decider import GENERATION
from domain.kernel.ids import sibling
from domain.kernel.surface import FEED
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import Reading
from domain.moderation.publishing import HOUSE, PUBLISHING, EnforcePolicy
from domain.moderation.undoing import outcome_of
from domain.provenance.proof import Proof
from domain.video.media import Rendition, content_key
from domain.video.video import VIDEO, Released, require_seen
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.film_looks import FolderFilmLooks
from infra.media.memory import Entry, MemoryObjectStore
from infra.vault import FolderVault
from tests import words
from tests.workflows.screener import ToldScreener, told_policy

TEST = Context("client/test", "test")


@dataclass
class House:
    """A log, a vault, the policies and the detectors of one test."""

    log: MemoryEventLog
    ledger: Ledger
    vault: FolderVault
    policies: PolicyDesk
    screener: ToldScreener
    judging: JudgingActivities
    hearing: HearingActivities
    codec: CatalogCodec
    store: MemoryObjectStore
    generations: GenerationActivities
    scratch: Path

    async def read(
        self, case: CaseStanding, reading: Reading, reviewer: str = "staff-desk/anne"
    ) -> CaseStanding:
        """A reviewer claims a case that waits, and says what it is."""
        who = {**a_case_errand(case, f"read/{reviewer}"), "reviewer": reviewer}
        await self.hearing.claim_case(ClaimOrder(**{**who, "command_id": f"claim/{reviewer}"}))
        return await self.hearing.read_case(
            ReadingOrder(**who, reading=reading, because="looked-at")
        )

    async def appeal(self, case: CaseStanding) -> CaseStanding:
        """The person objects."""
        return await self.hearing.lodge_appeal(
            AppealOrder(**a_case_errand(case, "appeal"), account_id=case.account_id)
        )

    async def judge(
        self,
        prompt: str,
        number: int = 1,
        account: int = 1,
        lines: Sequence[Line] = (),
        surface: str = FEED,
    ) -> CaseStanding:
        """Ask for a video of a prompt, as the account of this number."""
        brief = a_brief(prompt, lines, surface)
        order = WordsScreeningOrder(**an_errand("screen", number, account), brief=brief)
        return await self.judging.screen_words(order)

    async def film(
        self,
        prompt: str,
        number: int = 1,
        account: int = 1,
        data: bytes | None = None,
        surface: str = FEED,
    ) -> CaseStanding:
        """Let the words pass, make a film (of these bytes), and judge it."""
        await self.judge(prompt, number, account, surface=surface)
        data = _film(number) if data is None else data
        made, rendition = an_errand("made", number, account), rendition_of(data)
        film = rendition.film
        self.store.entries[film.key] = Entry(data, "video/mp4", words.NOON)
        proof = a_proof(number).model_copy(update={"film_sha256": film.sha256})
        steps = (
            words.request_video().model_copy(
                update={"generation_id": made["generation_id"], "account_id": made["account_id"]}
            ),
            words.begin_sampling(),
            words.record_take(),
            words.record_rendition().model_copy(update={"rendition": rendition}),
            words.record_proof(proof),
        )
        for each in steps:
            decision = Decision(GENERATION, made["generation_id"], each)
            await self.ledger.perform([decision], TEST)
        order = FilmScreeningOrder(
            **an_errand("screen-film", number, account),
            brief=a_brief(prompt, surface=surface),
            rendition=rendition,
        )
        return await ActivityEnvironment().run(self.judging.screen_film, order)

    async def release(self, number: int = 1, account: int = 1, surface: str = FEED) -> str:
        """Release the film; the id of its video."""
        order = ReleaseOrder(
            **an_errand("release", number, account),
            video_id=a_video_id(number),
            rendition=a_rendition(number),
            proof=a_proof(number),
            surface=surface,
        )
        return (await self.generations.release_video(order)).video_id

    async def standing(self, case_id: str) -> CaseStanding:
        """How a case stands."""
        found = await self.ledger.state(MODERATION, case_id)
        return standing_of(found.state, found.position)

    async def is_seen(self, number: int = 1) -> bool:
        """Whether anybody can see the video."""
        state = (await self.ledger.state(VIDEO, a_video_id(number))).state
        return isinstance(state, Released)

    async def fail(self, number: int = 1, account: int = 1) -> None:
        """End the generation without a video."""
        why = {"code": "content-blocked", "stage": "moderation", "explanation": "It is refused."}
        await self.generations.record_failure(
            FailureOrder(**an_errand("fail", number, account), **why)
        )

    async def enforce(self, policy: Any) -> None:
        await publish(self.ledger, policy, f"publish/{policy.revision}", words.NOON, TEST)
        command = EnforcePolicy(
            command_id=f"enforce/{policy.revision}", at=words.NOON, revision=policy.revision
        )
        await self.ledger.perform([Decision(PUBLISHING, HOUSE, command)], TEST)

    async def told(self, case_id: str) -> list[str]:
        streams = [each.stream for each in await self.log.read_all(limit=100_000)]
        return [each.rpartition(".")[2] for each in streams if each.startswith(f"notice-{case_id}")]

    async def outcomes(self) -> list[Any]:
        """How every case stands for its person."""
        events = await self.log.read_all(limit=1_000_000)
        ids = {
            each.stream.partition("-")[2]
            for each in events
            if each.stream.startswith("moderation-")
        }
        return [
            (each, outcome_of((await self.ledger.state(MODERATION, each)).state))
            for each in sorted(ids)
        ]

    async def video(self, number: int = 1) -> Released:
        """A video that can be seen."""
        return require_seen((await self.ledger.state(VIDEO, a_video_id(number))).state)

    @property
    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.ledger, self.policies)

    @property
    def exports(self) -> ExportDesk:
        return ExportDesk(self.ledger, self._leaving, self.elsewhere)

    async def place(self, surface: str, attempt: str = "1") -> CaseStanding | None:
        """Show the first video at another surface, too."""
        placing = Placing(self.ledger, self.elsewhere, self._leaving)
        account, at = words.an_id("acc", 1), words.moment(400)
        return await placing.place(a_video_id(), account, surface, at, f"place/{attempt}", TEST)

    @property
    def _leaving(self) -> LeavingDesk:
        return LeavingDesk(self.ledger, CastingOffice(self.log, self.codec))

    @property
    def undo(self) -> PolicyUndo:
        return PolicyUndo(self.log, self.codec, self.policies, self.vault)

    def undoing(self, screener: Screener) -> PolicyUndo:
        """Whoever undoes and lets detectors look again."""
        second = self.second(screener)
        return PolicyUndo(self.log, self.codec, self.policies, self.vault, second)

    def second(self, screener: Screener, seconds_max: float | None = None) -> SecondLook:
        """Who looks again with this screener; every film takes a second on its clock."""
        seconds = itertools.count()
        films = FilmsAnew(
            self.ledger,
            self.store,
            FolderFilmLooks(self.scratch / "looks", self.vault),
            self.scratch / "films",
            lambda: float(next(seconds)),
            seconds_max,
        )
        return SecondLook(screener, films)

    def comparer(
        self, screener: Screener | None = None, seconds_max: float | None = None
    ) -> PolicyComparer:
        second = self.second(screener, seconds_max) if screener else None
        return PolicyComparer(self.log, self.codec, self.vault, second)


def an_errand(name: str, number: int = 1, account: int = 1) -> dict[str, Any]:
    """What an order about the generation and the account of these numbers carries."""
    return {
        "generation_id": words.an_id("gen", number),
        "account_id": words.an_id("acc", account),
        "command_id": f"generation/{number}/{name}",
        "at": words.moment(number),
        "actor": "client/test",
    }


def a_case_errand(case: CaseStanding, name: str) -> dict[str, Any]:
    """What an order about a case carries."""
    return {
        "case_id": case.case_id,
        "command_id": f"{case.case_id}/{name}",
        "at": words.moment(100),
        "actor": "client/test",
    }


def a_brief(prompt: str, lines: Sequence[Line] = (), surface: str = FEED) -> Brief:
    shot = Shot(prompt=prompt, seconds=5, lines=tuple(lines))
    return Brief(prompt=prompt, shots=(shot,), surface=surface)


def a_video_id(number: int = 1) -> str:
    return sibling(words.an_id("gen", number), "vid")


def a_rendition(number: int = 1) -> Rendition:
    """A rendition whose film is unlike every other number's."""
    return rendition_of(_film(number))


def _film(number: int) -> bytes:
    return f"film {number}".encode()


def rendition_of(data: bytes) -> Rendition:
    """A rendition whose film has these bytes."""
    sha256 = hashlib.sha256(data).hexdigest()
    film = words.RENDITION.film.model_copy(
        update={
            "sha256": sha256,
            "key": content_key(sha256, "video/mp4"),
            "size": len(data),
        }
    )
    return words.RENDITION.model_copy(update={"film": film})


def a_proof(number: int = 1) -> Proof:
    return words.PROOF.model_copy(
        update={
            "artefact_id": a_video_id(number),
            "film_sha256": a_rendition(number).film.sha256,
        }
    )


def a_house(folder: Path, films: Screener | None = None) -> House:
    """A house in an empty folder; ``films`` screens in the place of who is told."""
    log, codec, screener = MemoryEventLog(), CatalogCodec(EVENTS), ToldScreener()
    ledger, vault = Ledger(log, codec), FolderVault(folder / "keys")
    policies, store = PolicyDesk(log, codec, told_policy()), MemoryObjectStore()
    judging = JudgingActivities(
        ledger,
        ConsentDesk(log, codec),
        policies,
        vault,
        store,
        films or screener,
        folder / "scratch",
    )
    hearing = HearingActivities(ledger)
    generations = GenerationActivities(ledger, CastingOffice(log, codec))
    return House(
        log,
        ledger,
        vault,
        policies,
        screener,
        judging,
        hearing,
        codec,
        store,
        generations,
        folder / "scratch",
    )
