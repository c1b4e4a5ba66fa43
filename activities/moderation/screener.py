"""The built-in detectors as one screener: texts by the panel, films by whoever looks at films."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from activities.likeness.contract import Template
from activities.moderation.content import Content, Restriction, of_brief, of_plan
from activities.moderation.endpoint import NAME, Endpoint
from activities.moderation.films import Films
from activities.moderation.kept_looks import LookKey
from activities.moderation.material import Material, Person, Seen
from activities.moderation.panel import Panel
from domain.consent.preferences import Preference, Preferences
from domain.consent.wording import Portrayed
from domain.moderation.finding import Findings, Look
from domain.moderation.policy import Policy

NOBODY: Final = ""
"""No account's id: everybody else is everybody."""
MEANING: Final = "meaning"
"""The detector that reads what whole sentences mean."""


class Known(Protocol):
    """Everybody whose face and voice are known."""

    async def others(self, account_id: str) -> Sequence[Template]:
        """Everybody's but this account's; the key of an enrolled one is its cameo's id."""
        ...


@dataclass(frozen=True)
class BuiltInScreener:
    """Runs the detectors in threads, so that nobody waits for them who need not."""

    panel: Panel
    films: Films
    known: Known
    policy: Policy
    """The policy that decides: whom it protects is looked for, and a reasoning model reads it."""
    reasoner: Endpoint | None = None

    @property
    def versions(self) -> Mapping[str, str]:
        """The running version of every detector, by its name."""
        whole = [each.detector for each in self.panel.detectors]
        whole += [self.panel.owners, *self.films.detectors]
        if self.reasoner is not None:
            whole.append(self.reasoner.detector(self.policy))
        return {each.name: each.version for each in whole}

    def under(self, policy: Policy) -> BuiltInScreener:
        """The same detectors, looking for whom this policy protects."""
        panel = self.panel.under(policy)
        films = replace(self.films, panel=of_speech(panel))
        return replace(self, panel=panel, films=films, policy=policy)

    async def words(
        self, material: Material, only: frozenset[str] | None = None
    ) -> tuple[Findings, ...]:
        """What is found in the prompt, and in the plan with everybody's wishes merged."""
        panel = self.panel if only is None else self.panel.only(only)
        contents = (of_brief(material.brief), plan_of(material))
        noted = await asyncio.to_thread(lambda: tuple(panel.look(each) for each in contents))
        if self.reasoner is None or (only is not None and NAME not in only):
            return noted
        looks = await asyncio.gather(
            *(self._reasoned(self.reasoner, each, material.strict) for each in contents)
        )
        return tuple(
            Findings(stage=each.stage, looks=(*each.looks, look))
            for each, look in zip(noted, looks, strict=True)
        )

    async def _reasoned(self, reasoner: Endpoint, content: Content, strict: bool) -> Look:
        """What the model says, or has said about this content under this policy."""
        kept, policy = self.panel.kept, self.policy
        if kept is None:
            return await reasoner.look(content, policy, strict=strict)
        key = LookKey(content.sha256, reasoner.detector(policy), policy.sha256, strict)
        return kept.find(key) or kept.keep(key, await reasoner.look(content, policy, strict=strict))

    async def film(self, path: Path, material: Material, watching: Policy | None = None) -> Seen:
        """What is found in the pictures, in what is said, and in who is seen."""
        cast = {each.cameo_id for each in material.people}
        templates = await self.known.others(NOBODY)
        panel = self.films.panel
        panels = (panel, panel if watching is None else panel.under(watching))
        return Seen(*await asyncio.to_thread(self.films.look_for, path, cast, templates, panels))


def of_speech(panel: Panel) -> Panel:
    """The panel for what a recogniser hears: by words and names, not by meaning.

    A small recogniser makes sentences of a dog's barking, and a sentence that nobody said may mean
    anything: films without a word were held so.
    """
    kept = tuple(each for each in panel.detectors if each.detector.name != MEANING)
    return replace(panel, detectors=kept)


def plan_of(material: Material) -> Content:
    """What samplers are going to be given, with everybody's wishes and refusals."""
    by_handle = {each.handle: each for each in material.people}
    shots = {
        number: tuple(_portrayed(by_handle[each]) for each in handles if each in by_handle)
        for number, handles in enumerate(material.brief.called, 1)
    }
    restrictions = tuple(
        Restriction(cameo_id=each.cameo_id, never=each.never, refused=each.refused)
        for each in material.people
        if each.never or each.refused
    )
    return of_plan(material.brief, shots, restrictions)


def _portrayed(person: Person) -> Portrayed:
    wishes = (
        *(Preference(kind="always", thing=each) for each in person.always),
        *(Preference(kind="never", thing=each) for each in person.never),
    )
    return person.handle, Preferences(wishes=wishes)
