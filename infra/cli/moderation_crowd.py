"""Moderation cases as the log would hold them, made from a seed: material for the bench.

Every event comes from the decider and is encoded by the log's own codec, and what was looked at is
really sealed for its account. People live on in the meantime: some delete, some appeal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from activities.ledger import Context, envelopes
from activities.moderation.material import Material, seal_material
from domain.catalog import EVENTS
from domain.generation.brief import Brief
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import mint
from domain.kernel.ports import Expected, StreamAppend
from domain.kernel.vault import Vault
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import (
    CaseCommand,
    ClaimCase,
    JudgeContent,
    LodgeAppeal,
    ReadCase,
    WithdrawContent,
)
from domain.moderation.case_situations import Blocked, Case
from domain.moderation.finding import Detector, Finding, Findings, Look, Segment
from domain.moderation.gates import case_id, judged
from domain.moderation.policy import Policy, Rule, Threshold
from domain.moderation.verdict import Context as Judged
from infra.eventlog.codec import CatalogCodec

BEGINNING: Final = datetime(2026, 11, 1, tzinfo=UTC)
SPACING: Final = timedelta(seconds=5)
ACCOUNTS: Final = 1000
CATEGORIES: Final = ("violence", "hate", "sexual", "weapons", "self-harm")
_DETECTOR: Final = Detector(name="bench", version="1")
_CODEC: Final = CatalogCodec(EVENTS)
_BECAUSE: Final = "looked-at"


def policy(revision: int, hold: int, block: int) -> Policy:
    """Five rules with the same thresholds."""
    rules = [
        Rule(
            clause=f"{category.upper()}-1",
            categories=(category,),
            says=f"What is said about {category} in the terms.",
            tells=f"This is stopped by the rule about {category}.",
            default=Threshold(hold=hold, block=block),
        )
        for category in CATEGORIES
    ]
    unexamined = Rule(
        clause="SEEN-1",
        categories=("unexamined",),
        says="What nobody could look at waits for a human.",
        tells="This could not be looked at; a human has to.",
        default=Threshold(hold=1),
    )
    return Policy(revision=revision, title="Of the bench", rules=(*rules, unexamined))


@dataclass(frozen=True)
class Told:
    """One case: its appends, and where it stands in the end."""

    append: StreamAppend
    identifier: str
    state: Case


class Crowd:
    """The same people asking the same things, whatever policy is in force."""

    def __init__(self, vault: Vault, seed: int = 7) -> None:
        self._vault, self._seed = vault, seed
        chance = np.random.default_rng(seed)
        self.accounts = [mint("acc", BEGINNING, chance.bytes(10)) for _ in range(ACCOUNTS)]

    async def cases(
        self, first: int, count: int, under: Policy, sealed: bool = True
    ) -> AsyncIterator[Told]:
        """Cases by their numbers, judged by this policy. The same numbers, the same content."""
        for number in range(first, first + count):
            yield self._told(number, under, await self._sealed(number) if sealed else "")

    def lives(self, first: int, count: int, under: Policy) -> Iterator[tuple[str, Case]]:
        """The same, without a log: where each case stands after all that happened to it."""
        for number in range(first, first + count):
            told = self._told(number, under, "")
            yield told.identifier, told.state

    async def _sealed(self, number: int) -> str:
        material = Material(brief=Brief(prompt=f"scene number {number} of the bench"))
        return await seal_material(self._vault, self.accounts[number % ACCOUNTS], material)

    def _told(self, number: int, under: Policy, sealed: str) -> Told:
        judge = self._judge(number, under, sealed)
        stream = MODERATION.stream(judge.case_id)
        state: Case = MODERATION.initial
        written: list[NewEvent] = []
        for command in self._commands(number, judge):
            if isinstance(command, LodgeAppeal) and not isinstance(state, Blocked):
                break  # who is not refused does not appeal, and nobody is asked
            events = MODERATION.decide(command, state)
            for event in events:
                state = MODERATION.evolve(state, event)
            context = Context("client/bench", f"moderation/{judge.case_id}")
            written += envelopes(_CODEC, events, stream, command, context)
        append = StreamAppend(stream, int(Expected.NO_STREAM), tuple(written))
        return Told(append, judge.case_id, state)

    def _judge(self, number: int, under: Policy, sealed: str) -> JudgeContent:
        chance = np.random.default_rng((self._seed, number))
        generation_id = mint("gen", BEGINNING, chance.bytes(10))
        findings = (
            Findings(stage="prompt", looks=(self._look(chance, "prompt"),)),
            Findings(stage="plan", looks=(Look(detector=_DETECTOR),)),
        )
        context = Judged(content_sha256=f"{number:064x}")
        return JudgeContent(
            command_id=f"generation/{generation_id}/screen-words",
            at=BEGINNING + number * SPACING,
            case_id=case_id(generation_id, "admission"),
            generation_id=generation_id,
            account_id=self.accounts[number % ACCOUNTS],
            gate="admission",
            context=context,
            findings=findings,
            verdict=judged(findings, under, context),
            sealed=sealed,
        )

    def _look(self, chance: np.random.Generator, place: str) -> Look:
        """One score for each category; most of what people ask for is harmless."""
        found = [
            Finding(
                detector=_DETECTOR,
                category=category,
                score=int(1000 * chance.beta(0.5, 4)),
                segment=Segment(place=place, words=(0, 5)),
            )
            for category in CATEGORIES
        ]
        return Look(detector=_DETECTOR, findings=tuple(found))

    def _commands(self, number: int, judge: JudgeContent) -> Iterator[CaseCommand]:
        """What happens to a case: every eleventh is deleted, every third refusal is appealed."""
        yield judge
        at, name = judge.at + timedelta(seconds=3), judge.command_id
        if number % 11 == 0:
            yield WithdrawContent(command_id=f"{name}/delete", at=at, because="deleted")
            return
        if number % 3:
            return
        who = "staff-bench/one"
        yield LodgeAppeal(command_id=f"{name}/appeal", at=at, account_id=judge.account_id)
        if number % 2:
            return
        yield ClaimCase(command_id=f"{name}/claim", at=at, reviewer=who)
        yield ReadCase(
            command_id=f"{name}/read",
            at=at,
            reviewer=who,
            reading="allow" if number % 4 else "block",
            because=_BECAUSE,
        )
