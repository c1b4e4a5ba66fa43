"""What is looked at: the words of a brief, its people, and how they are to be portrayed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, NamedTuple, Protocol

from domain.generation.brief import Brief, Handle
from domain.kernel.ids import CameoId
from domain.kernel.model import Personal, Value
from domain.kernel.vault import Vault
from domain.moderation.categories import Stage
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy

_SEALED_AS: Final = "moderation-material"
Things = Annotated[tuple[str, ...], Personal()]


class Person(Value):
    """One member of the cast, with what its owner wants and refuses. ``human``: no pet or thing."""

    handle: Handle
    cameo_id: CameoId
    human: bool
    always: Things = ()
    never: Things = ()
    refused: tuple[str, ...] = ()
    """Labels of scenes and topics."""


class Material(Value):
    """Everything that detectors are given about words."""

    brief: Brief
    people: tuple[Person, ...] = ()

    @property
    def strict(self) -> bool:
        """Whether a human's cameo is cast."""
        return any(each.human for each in self.people)

    @property
    def sha256(self) -> str:
        """The hash of what is said and of whom; sizes, seeds and samplers do not matter."""
        brief = self.brief.model_dump_json(include={"prompt", "shots"})
        people = "\n".join(each.model_dump_json() for each in self.people)
        return hashlib.sha256(f"{brief}\n{people}".encode()).hexdigest()


async def seal_material(vault: Vault, account_id: str, material: Material) -> str:
    """What was looked at, sealed for its account, in base 64. Raises Erased."""
    sealed = await vault.seal(account_id, _SEALED_AS, material.model_dump_json().encode())
    return base64.b64encode(sealed).decode("ascii")


async def open_material(vault: Vault, account_id: str, sealed: str) -> Material:
    """What was looked at. Raises Erased where the account's key is gone."""
    opened = await vault.unseal(account_id, _SEALED_AS, base64.b64decode(sealed))
    return Material.model_validate_json(opened)


@dataclass(frozen=True)
class Again:
    """A film is looked at again, by ``only`` these detectors; ``before`` is what was found in it.

    Of what was found it is learned how closely the film was looked at, and nothing else.
    """

    only: frozenset[str]
    before: tuple[Findings, ...]


class Seen(NamedTuple):
    """What is found, for the policy that decides and for the one that only watches.

    Both are the same where nobody watches, or where both policies protect the same names.
    """

    findings: tuple[Findings, ...]
    watching: tuple[Findings, ...]


class Screener(Protocol):
    """All detectors together. They note and never act; who cannot look says so in its look."""

    @property
    def versions(self) -> Mapping[str, str]:
        """The running version of every detector, by its name."""
        ...

    @property
    def readers(self) -> frozenset[str]:
        """The names of those who read all words, whoever is cast."""
        ...

    def under(self, policy: Policy) -> Screener:
        """The same detectors, looking for whom this policy protects."""
        ...

    async def words(
        self, material: Material, only: frozenset[str] | None = None
    ) -> tuple[Findings, ...]:
        """What is found in the prompt, and in the plan with everybody's wishes merged.

        ``only`` names the detectors that look; without it all do.
        """
        ...

    async def film(self, path: Path, material: Material, watching: Policy | None = None) -> Seen:
        """What is found in the pictures, in what is said, and in who is seen.

        The film is watched once; what is said in it is also read for whom ``watching`` protects.
        """
        ...

    async def film_again(
        self, path: Path, material: Material, again: Again
    ) -> tuple[Findings, ...]:
        """The same by those who are asked, without stages at which none of them looks."""
        ...

    def beside(self, names: frozenset[str]) -> frozenset[str]:
        """These detectors, and those who look at what they have made of a film."""
        ...

    async def basis(self, stage: Stage, material: Material, names: frozenset[str]) -> str:
        """A hash of all on which a look of these at a film depends, but for the film itself.

        Who looks in which version; at likeness, who is cast and who is known.
        """
        ...
