"""The door to all detectors: texts and films go in, findings come out; nothing is decided here.

findings = await screening.texts(of_brief(brief), policy, strict=True)
verdict = decide(findings, policy, Context(content_sha256=content.sha256, strict=True))
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.likeness.contract import Template
from activities.moderation.content import Content
from activities.moderation.endpoint import Endpoint
from activities.moderation.frames import look_at_film
from activities.moderation.panel import Panel
from activities.moderation.transcribing import recogniser, transcript
from activities.moderation.watched import Watched
from domain.moderation.finding import Detector, Findings, Look
from domain.moderation.policy import Policy


@dataclass(frozen=True)
class Screening:
    """The built-in detectors, and a reasoning model where one is configured."""

    panel: Panel
    endpoint: Endpoint | None = None

    async def texts(self, content: Content, policy: Policy, *, strict: bool) -> Findings:
        """Everybody's notes about texts: about 40 ms a sentence, or as long as the model takes."""
        panel = self.panel.under(policy)
        if self.endpoint is None:
            return await asyncio.to_thread(panel.look, content)
        findings, asked = await asyncio.gather(
            asyncio.to_thread(panel.look, content),
            self.endpoint.look(content, policy, strict=strict),
        )
        return Findings(stage=content.stage, looks=(*findings.looks, asked))

    async def film(
        self,
        film: Path,
        policy: Policy,
        cast: Sequence[Template],
        others: Sequence[Template],
        *,
        strict: bool,
    ) -> tuple[Findings, Findings, Findings]:
        """Notes at the stages ``frames``, ``likeness`` and ``sound``.

        ``cast`` are templates of those cast, ``others`` of everybody else who is enrolled or
        protected. Takes about a second for each ten seconds of a calm film.
        """
        seen, known, watched = await asyncio.to_thread(look_at_film, film, cast, others)
        return seen, known, await self._sound(watched, policy, strict=strict)

    async def _sound(self, watched: Watched | None, policy: Policy, *, strict: bool) -> Findings:
        if watched is None:
            return _unheard("film-unwatched")
        try:
            content = await asyncio.to_thread(transcript, watched.sound)
        except Exception:  # noqa: BLE001 # whatever broke, nobody listened
            return _unheard("broke")
        if not content.parts:
            return Findings(stage="sound", looks=(Look(detector=_recogniser()),))
        said = await self.texts(content, policy, strict=strict)
        return Findings(stage="sound", looks=(Look(detector=_recogniser()), *said.looks))


def _recogniser() -> Detector:
    return Detector(name="hearing", version=recogniser())


def _unheard(word: str) -> Findings:
    look = Look(detector=Detector(name="hearing", version="unknown"), state="failed", failure=word)
    return Findings(stage="sound", looks=(look,))
