"""Likenesses that are seen in a film without being cast: whose they are is told, and what follows.

A detector names cameos, never people. Whoever is behind one hears of it in the append that judges
the film, whatever the policy makes of it, and sees in the list of the cameo's appearances whether
the film was released. A likeness that is still being enrolled is nobody's yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from activities.ledger import Decision, Ledger
from activities.orders import Errand
from domain.account.notice import NOTICE, Kind, PostNotice, notice_id
from domain.cameo.cameo import Castable
from domain.cameo.keeping import CAMEO
from domain.consent.appearance import APPEARANCE, NoteAppearance, Turn, appearance_id
from domain.moderation.case import MODERATION
from domain.moderation.case_situations import Known
from domain.moderation.finding import Findings, seen_uncast
from domain.moderation.gates import case_id

_KIND: Final[Kind] = "likeness-uncast"


async def told_of_uncast(
    ledger: Ledger, errand: Errand, findings: Iterable[Findings]
) -> list[Decision]:
    """What tells everybody who is seen and not cast; who made the film hears of its hold already.

    An appearance for each cameo, and a notice about it for its owner.
    """
    decisions = await _notes(ledger, errand, findings, "uncast")
    for each in list(decisions):
        noted = each.command
        assert isinstance(noted, NoteAppearance)
        if noted.owner_id == noted.caster_id:
            continue
        notice = PostNotice(
            command_id=errand.command_id,
            at=errand.at,
            account_id=noted.owner_id,
            about=noted.appearance_id,
            kind=_KIND,
        )
        decisions.append(Decision(NOTICE, notice_id(noted.appearance_id, _KIND), notice))
    return decisions


async def what_became_of_uncast(
    ledger: Ledger, errand: Errand, turn: Turn, video_id: str | None = None
) -> list[Decision]:
    """What says of everybody who was seen and not cast that there is a video, or will be none."""
    case = (await ledger.state(MODERATION, case_id(errand.generation_id, "release"))).state
    if not isinstance(case, Known):
        return []
    return await _notes(ledger, errand, case.content.findings, turn, video_id)


async def _notes(
    ledger: Ledger,
    errand: Errand,
    findings: Iterable[Findings],
    turn: Turn,
    video_id: str | None = None,
) -> list[Decision]:
    decisions = []
    for cameo_id in seen_uncast(findings):
        cameo = (await ledger.state(CAMEO, cameo_id)).state
        if not isinstance(cameo, Castable):
            continue
        identifier = appearance_id(errand.generation_id, cameo_id)
        note = NoteAppearance(
            command_id=errand.command_id,
            at=errand.at,
            appearance_id=identifier,
            cameo_id=cameo_id,
            version=cameo.newest,
            generation_id=errand.generation_id,
            owner_id=cameo.account_id,
            caster_id=errand.account_id,
            turn=turn,
            act="publish",
            video_id=video_id,
        )
        decisions.append(Decision(APPEARANCE, identifier, note))
    return decisions
