"""The acts of the cameo demo: enrol two people and a pet, set consent, ask an owner, be refused."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infra.cli.caller import Json, ProblemAnswer
from infra.cli.cameo_caller import CameoCaller
from infra.cli.demonstration import stories
from infra.cli.demonstration.actors import Actor, film_dog
from infra.cli.figures import Figures, at_least, at_most, equals

PLANNED: Final = (
    "enrolled",
    "enrolled_without_a_human",
    "checks_passed",
    "enrolment_seconds",
    "stranger_refused",
    "owner_asked_and_approved",
    "cast_permitted",
    "preferences_unseen",
    "video_with_both",
    "third_refused",
    "receipts_verified",
    "owner_sees",
    "dry_run_milliseconds",
    stories.CHECK,
)
ENROLLED: Final = 3
"""Two people and a dog."""
CHALLENGES_MAX: Final = 3
RETAKES_MAX: Final = 1
DOUBTED_MAX: Final = 1
"""So many may need a human before the demo shows checks that decide nothing."""
_DRY_RUNS: Final = 30
_REVIEW_SECONDS: Final = 30

Say = Callable[[str], None]


@dataclass
class Enrolled:
    """One cameo of the demo, from its owner's side."""

    name: str
    kind: str
    owner: CameoCaller
    enrolment: Json = field(default_factory=dict)
    view: Json = field(default_factory=dict)
    seconds: float = 0.0
    doubts: tuple[str, ...] = ()
    """What the checks were unsure of, so that a human decided."""

    @property
    def cameo_id(self) -> str:
        return str(self.enrolment["cameo_id"])

    @property
    def here(self) -> str:
        return f"/v1/cameos/{self.cameo_id}"

    def passed(self) -> int:
        """How many checks passed, or were decided by a human who was asked about just these."""
        return sum(
            each["verdict"] == "passed" or each["check"] in self.doubts
            for each in self.view.get("checks", ())
        )

    def facts(self) -> Json:
        """Ids, verdicts and timings for the figures; no word of anybody."""
        return {
            "name": self.name,
            "kind": self.kind,
            "cameo_id": self.cameo_id,
            "enrolment_id": self.enrolment["enrolment_id"],
            "workflow_id": f"enrolment/{self.enrolment['enrolment_id']}",
            "status": self.view.get("status"),
            "seconds": round(self.seconds, 2),
            "checks": self.view.get("checks", []),
            "shortcomings": self.view.get("shortcomings", []),
            "decided_by_a_human": bool(self.doubts),
            "doubts": list(self.doubts),
        }


class Scene:
    """The demo's story. Each act is one method, so that another can be put between them."""

    def __init__(self, out: Path, say: Say, figures: Figures, reviewer: CameoCaller) -> None:
        self._out, self._say, self._figures = out, say, figures
        self._reviewer = reviewer
        self.enrolled: list[Enrolled] = []
        self.played: list[tuple[str, str]] = []

    @property
    def say(self) -> Say:
        return self._say

    @property
    def figures(self) -> Figures:
        return self._figures

    @property
    def out(self) -> Path:
        return self._out

    def workflows(self) -> list[tuple[str, str]]:
        """What can be looked at in the Temporal UI: a name and the workflow's id."""
        enrolments = [(each.name, str(each.facts()["workflow_id"])) for each in self.enrolled]
        return [*enrolments, *self.played]

    async def enrol_person(self, owner: CameoCaller, name: str) -> Enrolled:
        """A person answers a challenge, and after a refusal another one, as people do."""
        actor = Actor(name)
        await actor.warm_up()
        found = await self._attempt(owner, name, actor)
        for _ in range(RETAKES_MAX):
            if found.view["status"] != "refused":
                break
            self._say(f"{name}: tries again")
            found = await self._attempt(owner, name, actor)
        self.enrolled.append(found)
        return found

    async def _attempt(self, owner: CameoCaller, name: str, actor: Actor) -> Enrolled:
        """One attempt; after a minute that was too short, another challenge."""
        found = Enrolled(name, "person", owner)
        found.enrolment = await owner.enrol("person", name)
        self._say(f"{name}: signed a release, enrolment {found.enrolment['enrolment_id']}")
        here = found.enrolment["links"]["self"]
        session = {"session": f"the demo's session of {name}"}
        for number in range(1, CHALLENGES_MAX + 1):
            challenge = await owner.ask("POST", f"{here}/challenge", session)
            moves = ", ".join(challenge["moves"])
            self._say(f"{name}: say {' '.join(challenge['digits'])}; turn {moves}")
            try:
                clip = await actor.answer(challenge, self._out / f"{name}-{number}")
                await owner.upload(found.enrolment, clip)
                began = time.monotonic()
                await owner.ask("POST", f"{here}/clip", session)
                break
            except ProblemAnswer as late:
                if late.code != "challenge-expired" or number == CHALLENGES_MAX:
                    raise
                self._say(f"{name}: the minute was over; another challenge")
        await self._decided(found, began)
        return found

    async def enrol_pet(self, owner: CameoCaller, name: str) -> Enrolled:
        """A pet answers nothing; no person may be in its clip."""
        found = Enrolled(name, "pet", owner)
        self.enrolled.append(found)
        found.enrolment = await owner.enrol("pet", "owner")
        clip = await film_dog(self._out / name)
        await owner.upload(found.enrolment, clip)
        began = time.monotonic()
        session = {"session": f"the demo's session of {name}"}
        await owner.ask("POST", f"{found.enrolment['links']['self']}/clip", session)
        await self._decided(found, began)
        return found

    async def set_consent(self, enrolled: Enrolled, tier: str, wishes: list[Json]) -> None:
        """Who may cast, and how I am portrayed."""
        await enrolled.owner.ask("PUT", f"{enrolled.here}/consent/tier", {"tier": tier})
        if wishes:
            body = {"wishes": wishes}
            await enrolled.owner.ask("PUT", f"{enrolled.here}/consent/preferences", body)
        self._say(f"{enrolled.name}: may be cast by: {tier}; {len(wishes)} preference(s)")

    async def refuse_stranger(self, stranger: CameoCaller, cast: list[Enrolled]) -> None:
        """Somebody whom nobody approved hears every reason."""
        told = await stranger.permitted(*(each.cameo_id for each in cast))
        reasons = [verdict["reasons"] for verdict in told["verdicts"]]
        self._say(f"stranger: refused, {reasons}")
        refused = not told["permitted"] and all(reasons)
        self._figures.measured("stranger_refused", refused, "", goal=equals(True))

    async def ask_owner(self, caster: CameoCaller, cameo: Enrolled) -> None:
        """The caster asks, the owner says yes, and from then on the cast is permitted."""
        body = {"cameo_id": cameo.cameo_id, "message": "May I cast you?"}
        asked = await caster.ask("POST", "/v1/consent-requests", body)
        self._say(f"asked the owner of {cameo.name}: {asked['ask_id']}")
        answer = f"/v1/consent-requests/{asked['ask_id']}/approve"
        answered = await cameo.owner.ask("POST", answer)
        self._say(f"{cameo.name}: {answered['status']}")
        approved = answered["status"] == "approved"
        self._figures.measured("owner_asked_and_approved", approved, "", goal=equals(True))
        self._figures.add(ask=f"consent-request/{asked['ask_id']}")
        self.played.append(("the request", f"consent-request/{asked['ask_id']}"))

    async def check_cast(self, caster: CameoCaller, cast: list[Enrolled]) -> Json:
        """The dry run says what admission would; it is timed over HTTP."""
        took, told = [], {}
        for _ in range(_DRY_RUNS):
            began = time.perf_counter()
            told = await caster.permitted(*(each.cameo_id for each in cast))
            took.append((time.perf_counter() - began) * 1000)
        for verdict in told["verdicts"]:
            self._say(f"{verdict['cameo_id']}: {verdict['rule'] or verdict['reasons']}")
        self._figures.measured("cast_permitted", told["permitted"], "", goal=equals(True))
        middle = round(statistics.median(took), 1)
        self._figures.measured("dry_run_milliseconds", middle, "ms", goal=at_most(20), rounds=took)
        return told

    async def check_preferences(self, caster: CameoCaller, cameo: Enrolled, word: str) -> None:
        """What an owner wishes is shown to nobody else."""
        told = await caster.permitted(cameo.cameo_id)
        hidden = word not in str(told)
        try:
            await caster.ask("GET", f"{cameo.here}/consent")
            hidden = False
        except ProblemAnswer as refused:
            hidden = hidden and refused.code == "consent-unknown"
        self._figures.measured("preferences_unseen", hidden, "", goal=equals(True))

    def conclude(self) -> None:
        """The figures of all enrolments together."""
        approved = [each for each in self.enrolled if each.view.get("status") == "approved"]
        self._figures.measured("enrolled", len(approved), "cameos", goal=equals(ENROLLED))
        alone = [each for each in approved if not each.doubts]
        self._say(f"{len(approved)} of {ENROLLED} enrolled, {len(alone)} of them without a human")
        goal = at_least(ENROLLED - DOUBTED_MAX)
        self._figures.measured("enrolled_without_a_human", len(alone), "cameos", goal=goal)
        passed = [each.passed() for each in self.enrolled if each.kind == "person"]
        self._figures.measured(
            "checks_passed", min(passed, default=0), "a person", goal=at_least(11)
        )
        slowest = max(each.seconds for each in self.enrolled)
        self._figures.measured("enrolment_seconds", round(slowest, 1), "s", goal=at_most(60))
        self._figures.add(enrolments=[each.facts() for each in self.enrolled])

    async def _decided(self, found: Enrolled, began: float) -> None:
        known: set[str] = set()

        def tell(view: Json) -> None:
            for check in view["checks"]:
                if check["check"] not in known:
                    known.add(check["check"])
                    self._say(f"{found.name}: {line_of(check)}")

        found.view = await found.owner.settled(found.enrolment, tell)
        found.seconds = time.monotonic() - began
        if found.view["status"] == "in-review":
            await self._review(found)
        advice = [each["advice"] for each in found.view.get("shortcomings", ())]
        self._say(f"{found.name}: [bold]{found.view['status']}[/] {' '.join(advice)}".rstrip())

    async def _review(self, found: Enrolled) -> None:
        """Decide what the checks are unsure of, as a human would who knows whom the demo filmed."""
        found.doubts = tuple(
            each["check"] for each in found.view["checks"] if each["verdict"] != "passed"
        )
        doubted = ", ".join(found.doubts)
        self._say(f"{found.name}: in review for {doubted}; the demo decides in a human's place")
        body = {"reviewer": "demo", "decision": "approve", "reason": "seen-in-person"}
        await self._reviewer.ask("POST", f"/v1/reviews/{found.enrolment['enrolment_id']}", body)
        async with asyncio.timeout(_REVIEW_SECONDS):
            while found.view["status"] == "in-review":
                await asyncio.sleep(0.1)
                found.view = await found.owner.ask("GET", found.enrolment["links"]["self"])


def line_of(check: dict[str, Any]) -> str:
    """One check, for a terminal."""
    score = "" if check["score"] is None else f" {check['score']:.3g} of {check['threshold']:.3g}"
    return f"{check['verdict']:>6}  {check['check']}{score}  ({check['model']})"
