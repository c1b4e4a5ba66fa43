"""Findings of recorded cases under another policy: only detectors that changed look again.

A detector has changed when it runs in another version today; whom a policy protects is a part of
the version of who looks for names. One that came later, such as a reasoning model, looks at words
that it has never read. What was looked at is kept sealed for its account, and a film in
the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from activities.moderation.films_anew import FilmsAnew, renewed
from activities.moderation.material import Screener, open_material
from domain.kernel.vault import Erased, Vault
from domain.moderation.case_situations import Known
from domain.moderation.categories import OF_FILMS
from domain.moderation.finding import Findings
from domain.moderation.policy import Policy
from domain.moderation.what_if import Unseen, stale, unasked

How = Literal["as-recorded", "words-again", "film-again", "erased"] | Unseen


@dataclass(frozen=True)
class SecondLook:
    """Who looks again: the detectors, and whoever fetches films for them."""

    screener: Screener
    films: FilmsAnew

    def swayed(self, one: Policy, other: Policy) -> frozenset[str]:
        """The detectors that look otherwise under one policy than under the other.

        They look for whom it protects, or read it.
        """
        before, now = (self.screener.under(each).versions for each in (one, other))
        return frozenset(name for name, version in now.items() if before.get(name) != version)


@dataclass(frozen=True)
class Anew:
    """The findings to judge by, and how they came about."""

    findings: tuple[Findings, ...]
    how: How


class FindingsAnew:
    """Looks again where that is needed. Without a second look, nobody does.

    With ``only``, no other detector looks again, whatever has changed, and nobody who came later.
    """

    def __init__(
        self,
        vault: Vault,
        second: SecondLook | None,
        policy: Policy,
        only: frozenset[str] | None = None,
    ) -> None:
        self._vault, self._only = vault, only
        self._films = second.films if second else None
        self._screener = second.screener.under(policy) if second else None
        self._versions = dict(self._screener.versions) if self._screener else {}
        self._readers = self._screener.readers if self._screener and only is None else frozenset()
        self._erased: dict[str, bool] = {}

    async def of(self, case: Known) -> Anew:
        """What is found in a case. Of whoever is erased, nothing is opened.

        Raises StoreUnavailable where a film is needed.
        """
        content = case.content
        if await self._is_erased(case):
            return Anew(content.findings, "erased")
        late = unasked(case, self._readers)
        names = stale(case, self._versions) | late
        if self._only is not None:
            names &= self._only
        if self._screener is None or self._films is None or not names:
            return Anew(content.findings, "as-recorded")
        if not content.sealed:
            return Anew(content.findings, "missing")
        material = await open_material(self._vault, content.account_id, content.sealed)
        findings = content.findings
        if late or _looked_at(findings, names, of_films=False):
            anew = await self._screener.words(material, only=names)
            findings = merged(findings, anew, names)
        if not _looked_at(findings, names, of_films=True):
            return Anew(findings, "words-again")
        found = await self._films.of(self._screener, case, material, names)
        if isinstance(found, str):
            return Anew(findings, found)
        return Anew(renewed(findings, found), "film-again")

    async def _is_erased(self, case: Known) -> bool:
        """Whether the key of the case's account is gone; asked once for each account."""
        account_id, sealed = case.content.account_id, case.content.sealed
        if account_id not in self._erased and sealed:
            try:
                await open_material(self._vault, account_id, sealed)
                self._erased[account_id] = False
            except Erased:
                self._erased[account_id] = True
        return self._erased.get(account_id, False)


def _looked_at(findings: tuple[Findings, ...], names: frozenset[str], *, of_films: bool) -> bool:
    """Whether one of these looked at a film, or at words; before a second surface, both count."""
    stages = (each for each in findings if (each.stage in OF_FILMS) is of_films)
    return any(look.detector.name in names for each in stages for look in each.looks)


def merged(
    before: tuple[Findings, ...], anew: tuple[Findings, ...], names: frozenset[str]
) -> tuple[Findings, ...]:
    """The findings as they were, but for the looks of these detectors; new ones come last."""
    return tuple(_merged(each, anew, names) for each in before)


def _merged(before: Findings, anew: tuple[Findings, ...], names: frozenset[str]) -> Findings:
    new = {
        look.detector.name: look
        for each in anew
        if each.stage == before.stage
        for look in each.looks
        if look.detector.name in names
    }
    looks = [new.pop(look.detector.name, look) for look in before.looks]
    return Findings(stage=before.stage, looks=(*looks, *new.values()))
