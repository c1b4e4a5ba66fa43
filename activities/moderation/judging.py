"""Judging: the detectors look, the policy in force decides once, and the log has it all.

The verdict, what it rests on, and the notices to the person and to everybody who is seen without
being cast are one append. What was looked at is kept sealed for its account, so that it can be
looked at again and is unreadable once the account's key is destroyed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from temporalio import activity

from activities.consent.desk import ConsentDesk
from activities.generation import context_of
from activities.heartbeats import beating
from activities.ledger import Decision, Ledger
from activities.moderation.beside import words_seen
from activities.moderation.likenesses import told_of_uncast
from activities.moderation.material import Material, Person, Screener, Seen, seal_material
from activities.moderation.orders import CaseStanding, FilmScreeningOrder, WordsScreeningOrder
from activities.moderation.policies import PolicyDesk
from activities.moderation.standing import standing_of
from activities.orders import Errand
from domain.account.notice import NOTICE, Kind, PostNotice, notice_id
from domain.cameo.cameo import Castable
from domain.consent.roles import AdmittedCast
from domain.consent.situations import Held
from domain.generation.brief import Brief
from domain.kernel.ports import ObjectStore
from domain.kernel.vault import Vault
from domain.moderation.case import MODERATION
from domain.moderation.case_commands import JudgeContent, Watched
from domain.moderation.clearance import CLEARANCE, Cleared
from domain.moderation.finding import Findings
from domain.moderation.gates import Gate, case_id, clearance_id, judged
from domain.moderation.policy import Policy
from domain.moderation.verdict import Context

_TOLD: Final[dict[str, Kind]] = {"hold": "content-held", "block": "content-blocked"}


@dataclass(frozen=True)
class _Ruling:
    """The policy that decides about a content, and the one that only watches."""

    content_sha256: str
    policy: Policy
    watching: Policy | None


class JudgingActivities:
    """One for each process that screens; safe to repeat."""

    def __init__(
        self,
        ledger: Ledger,
        desk: ConsentDesk,
        policies: PolicyDesk,
        vault: Vault,
        store: ObjectStore,
        screener: Screener,
        scratch: Path,
    ) -> None:
        self._ledger, self._desk, self._policies = ledger, desk, policies
        self._vault, self._store = vault, store
        self._screener, self._scratch = screener, scratch

    @property
    def bodies(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [self.screen_words, self.screen_film]

    @activity.defn
    async def screen_words(self, order: WordsScreeningOrder) -> CaseStanding:
        """Look at the prompt, and at the plan with everybody's wishes merged."""
        material = await self._material(order, order.brief, order.cast)
        ruling = await self._ruling(order, material.sha256)
        seen = await words_seen(self._screener, ruling.policy, ruling.watching, material)
        return await self._judge(order, "admission", material, ruling, seen)

    @activity.defn
    async def screen_film(self, order: FilmScreeningOrder) -> CaseStanding:
        """Look at the pictures, the sound and the people of the stored film."""
        material = await self._material(order, order.brief, order.cast)
        film = order.rendition.film
        ruling = await self._ruling(order, film.sha256)
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="screening-") as folder:
            path = Path(folder) / Path(film.key).name
            async with beating():
                await self._store.get_file(film.key, path, film.sha256)
                screener = self._screener.under(ruling.policy)
                seen = await screener.film(path, material, ruling.watching)
        return await self._judge(order, "release", material, ruling, seen)

    async def _ruling(self, order: Errand, content_sha256: str) -> _Ruling:
        policies = await self._policies.in_force(order.at)
        policy, watching = policies.deciding(content_sha256)
        return _Ruling(content_sha256, policy, watching)

    async def _material(self, errand: Errand, brief: Brief, cast: AdmittedCast | None) -> Material:
        if cast is None:
            return Material(brief=brief)
        world = await self._desk.world(cast.cameo_ids, errand.account_id)
        people = []
        for role in cast.roles:
            consent, cameo = world.consent(role.cameo_id), world.cameo(role.cameo_id)
            held = consent if isinstance(consent, Held) else None
            wishes = held.preferences.wishes if held else ()
            refused = (*held.limits.refused_scenes, *held.limits.refused_topics) if held else ()
            people.append(
                Person(
                    handle=role.handle,
                    cameo_id=role.cameo_id,
                    # who is gone meanwhile is taken for a human, which is the stricter
                    human=not isinstance(cameo, Castable) or cameo.kind == "person",
                    always=tuple(each.thing for each in wishes if each.kind == "always"),
                    never=tuple(each.thing for each in wishes if each.kind == "never"),
                    refused=tuple(dict.fromkeys(refused)),
                )
            )
        return Material(brief=brief, people=tuple(people))

    async def _judge(
        self,
        order: Errand,
        gate: Gate,
        material: Material,
        ruling: _Ruling,
        seen: Seen,
    ) -> CaseStanding:
        findings = seen.findings
        context = Context(
            content_sha256=ruling.content_sha256,
            surface=material.brief.surface,
            strict=material.strict,
        )
        sealed = await seal_material(self._vault, order.account_id, material)
        command = JudgeContent(
            command_id=order.command_id,
            at=order.at,
            case_id=case_id(order.generation_id, gate),
            generation_id=order.generation_id,
            account_id=order.account_id,
            gate=gate,
            context=context,
            findings=findings,
            verdict=judged(findings, ruling.policy, context),
            watched=watched_by(ruling.watching, seen.watching, context),
            sealed=sealed,
            cleared_by=await cleared_by(self._ledger, order.account_id, context),
        )
        decisions = [
            Decision(MODERATION, command.case_id, command),
            *told_of_verdict(command),
            *await told_of_uncast(self._ledger, order, findings),
        ]
        performed = await self._ledger.perform(decisions, context_of(order))
        return standing_of(performed.states[0], performed.position)


async def cleared_by(ledger: Ledger, account_id: str, context: Context) -> str | None:
    """The case in which humans let this content of an account pass at its surface."""
    identifier = clearance_id(account_id, context)
    state = (await ledger.state(CLEARANCE, identifier)).state
    return state.case_id if isinstance(state, Cleared) else None


def told_of_verdict(command: JudgeContent) -> list[Decision]:
    """What tells the person of a restriction, in the append that restricts them."""
    kind = _TOLD.get(command.verdict.outcome)
    if kind is None or command.cleared_by is not None:
        return []
    notice = PostNotice(
        command_id=command.command_id,
        at=command.at,
        account_id=command.account_id,
        about=command.case_id,
        kind=kind,
    )
    return [Decision(NOTICE, notice_id(command.case_id, kind), notice)]


def watched_by(
    watching: Policy | None, findings: tuple[Findings, ...], context: Context
) -> Watched | None:
    """What a policy that only watches would have decided."""
    if watching is None:
        return None
    verdict = judged(findings, watching, context)
    return Watched(revision=verdict.policy_revision, outcome=verdict.outcome, clause=verdict.clause)
