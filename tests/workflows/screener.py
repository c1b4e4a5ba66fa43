"""A screener for tests that finds what it is told: ``[violence 600]`` in a prompt or a line.

``[film hate 900]`` is found in the pictures, and ``[film uncast-likeness 900 cam_…]`` among those
who are seen. It is asked like the real ones, notes and never acts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from activities.moderation.material import Again, Material, Seen
from domain.kernel.surface import EXPORT
from domain.moderation.categories import Stage
from domain.moderation.finding import (
    UNCAST,
    Detector,
    Finding,
    Findings,
    Look,
    Segment,
    about_cameo,
)
from domain.moderation.policy import AtSurface, Policy, Rule, Threshold

_TOLD = re.compile(r"\[(film )?([a-z-]+) (\d+)(?: (cam_\w+))?\]")
NAME = "told"


class ToldScreener:
    """Counts how often it was asked, and about films.

    ``broken`` makes every look fail, ``blind`` those at films; ``deaf`` finds nothing in words.
    """

    def __init__(self, version: str = "1") -> None:
        self.version, self.counts = version, {"words": 0, "films": 0}
        self.broken = self.blind = self.deaf = False

    @property
    def asked(self) -> int:
        return sum(self.counts.values())

    @property
    def films(self) -> int:
        return self.counts["films"]

    @property
    def versions(self) -> Mapping[str, str]:
        return {NAME: self.version}

    @property
    def readers(self) -> frozenset[str]:
        return frozenset(self.versions)

    def under(self, policy: Policy) -> ToldScreener:
        return self

    async def words(
        self, material: Material, only: frozenset[str] | None = None
    ) -> tuple[Findings, ...]:
        self.counts["words"] += 1
        texts: list[tuple[str, str, tuple[int, int] | None]] = [
            ("prompt", material.brief.prompt, None)
        ]
        for number, shot in enumerate(material.brief.shots, 1):
            for index, line in enumerate(shot.lines, 1):
                begins = round((line.at or 0) * 1000)
                span = (begins, begins + round(line.seconds_min * 1000))
                texts.append((f"line-{number}.{index}", line.text, span))
        found = [
            self._finding(category, score, place, span)
            for place, text, span in texts
            for film, category, score, _ in _TOLD.findall(text)
            if not film and not self.deaf
        ]
        return (self._look("prompt", found[:1]), self._look("plan", found))

    def beside(self, names: frozenset[str]) -> frozenset[str]:
        return names

    async def basis(self, stage: Stage, material: Material, names: frozenset[str]) -> str:
        return f"{stage} {sorted(names)} {self.version}"

    async def film(self, path: Path, material: Material, watching: Policy | None = None) -> Seen:
        noted = self._watch(path, material)
        return Seen(noted, noted)

    async def film_again(
        self, path: Path, material: Material, again: Again
    ) -> tuple[Findings, ...]:
        return self._watch(path, material)

    def _watch(self, path: Path, material: Material) -> tuple[Findings, ...]:
        self.counts["films"] += 1
        assert path.stat().st_size > 0
        found = [
            self._finding(category, score, "film", (0, 500), cameo_id)
            for film, category, score, cameo_id in _TOLD.findall(material.brief.prompt)
            if film
        ]
        return (
            self._look("frames", [each for each in found if each.category != UNCAST], self.blind),
            self._look("sound", [], self.blind),
            self._look("likeness", [each for each in found if each.category == UNCAST], self.blind),
        )

    def _finding(
        self,
        category: str,
        score: str,
        place: str,
        span: tuple[int, int] | None,
        cameo_id: str = "",
    ) -> Finding:
        return Finding(
            detector=self._detector,
            category=category,
            score=int(score),
            segment=Segment(place=place, milliseconds=span),
            subject=about_cameo(cameo_id) if cameo_id else None,
        )

    def _look(self, stage: Stage, found: list[Finding], blind: bool = False) -> Findings:
        if self.broken or blind:
            return Findings(
                stage=stage,
                looks=(Look(detector=self._detector, state="failed", failure="broke"),),
            )
        return Findings(stage=stage, looks=(Look(detector=self._detector, findings=tuple(found)),))

    @property
    def _detector(self) -> Detector:
        return Detector(name=NAME, version=self.version)


def told_policy(revision: int = 1, block: int = 800, **more: object) -> Policy:
    """Holds from 500 on and blocks from ``block`` on, whatever it is told of.

    What is to leave as a copy is held from 450 on.
    """
    outside = AtSurface(surface=EXPORT, threshold=Threshold(hold=min(450, block), block=block))
    rules = [
        Rule(
            clause=f"{category.upper()}-1",
            categories=(category,),
            says=f"What is said about {category} in the terms.",
            tells=f"This cannot be made because of the rule about {category}.",
            default=Threshold(hold=min(500, block), block=block),
            surfaces=(outside,),
        )
        for category in ("violence", "hate", "minors")
    ]
    uncast = Rule(
        clause="WHO-1",
        categories=(UNCAST,),
        says="Whoever is seen without being cast waits for a human, and is told.",
        tells="Somebody may be seen here who is not in the cast.",
        default=Threshold(hold=1),
    )
    unexamined = Rule(
        clause="SEEN-1",
        categories=("unexamined",),
        says="What nobody could look at waits for a human.",
        tells="This could not be looked at; a human has to.",
        default=Threshold(hold=1),
    )
    return Policy.model_validate(
        {"revision": revision, "title": "Told", "rules": (*rules, uncast, unexamined), **more}
    )
