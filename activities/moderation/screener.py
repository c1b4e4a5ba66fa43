"""The built-in detectors as one screener: texts by the panel, films by whoever looks at films."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from activities.likeness.contract import Template
from activities.moderation.content import Content, Restriction, of_brief, of_plan
from activities.moderation.endpoint import NAME, Endpoint
from activities.moderation.films import HEARING, Films
from activities.moderation.kept_looks import LookKey
from activities.moderation.material import Again, Material, Person, Seen
from activities.moderation.panel import Panel
from domain.consent.preferences import Preference, Preferences
from domain.consent.wording import Portrayed
from domain.moderation.categories import Stage
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

    @property
    def readers(self) -> frozenset[str]:
        """Those of the panel, and the reasoning model where there is one."""
        names = {each.detector.name for each in self.panel.detectors}
        return frozenset(names if self.reasoner is None else {*names, NAME})

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
        templates = await self.known.others(NOBODY)
        panel = self.films.panel
        panels = (panel, panel if watching is None else panel.under(watching))
        look = self.films.look_for
        return Seen(*await asyncio.to_thread(look, path, _cast(material), templates, panels))

    async def film_again(
        self, path: Path, material: Material, again: Again
    ) -> tuple[Findings, ...]:
        """The same by those who are asked, without stages at which none of them looks."""
        templates = await self.known.others(NOBODY)
        look = self.films.look_again
        return await asyncio.to_thread(look, path, _cast(material), templates, again)

    def beside(self, names: frozenset[str]) -> frozenset[str]:
        """These detectors, and those who look at what they have made of a film."""
        return self.films.beside(names)

    async def basis(self, stage: Stage, material: Material, names: frozenset[str]) -> str:
        """A hash of all on which a look of these at a film depends, but for the film itself.

        Who looks in which version, and who listens for them; at likeness, who is cast, and the
        faces of all who are known.
        """
        versions = self.versions
        asked = names & versions.keys()
        looking = asked | {HEARING} if stage == "sound" else asked
        digest = hashlib.sha256(stage.encode())
        for each in sorted(looking):
            part = "looks" if each in asked else "is needed"
            digest.update(f"\n{each} {versions[each]} {part}".encode())
        if stage == "likeness":
            digest.update(_company(_cast(material), await self.known.others(NOBODY)))
        return digest.hexdigest()


@dataclass
class KnownOnce:
    """Whom another one knew when it was first asked: for work that compares all with the same."""

    known: Known
    _found: Sequence[Template] | None = None

    async def others(self, account_id: str) -> Sequence[Template]:
        """Everybody's who was known then. Raises ValueError where somebody is to be left out."""
        if account_id != NOBODY:
            raise ValueError("it leaves nobody out")
        if self._found is None:
            self._found = await self.known.others(NOBODY)
        return self._found


def _cast(material: Material) -> frozenset[str]:
    return frozenset(each.cameo_id for each in material.people)


def _company(cast: Collection[str], known: Sequence[Template]) -> bytes:
    """A hash of who is cast and of everybody's face."""
    faces = sorted((each.key, each.kind, each.face or b"") for each in known)
    digest = hashlib.sha256("\n".join(sorted(cast)).encode())
    for key, kind, face in faces:
        digest.update(f"\n{key} {kind} {len(face)} ".encode() + face)
    return digest.digest()


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
