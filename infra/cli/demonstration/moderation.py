"""The acts of the moderation demo: a pass, a refusal and its appeal, an owner's wish, an undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.moderation.policy import Policy
from infra.cli.caller import Json
from infra.cli.cameo_caller import CameoCaller
from infra.cli.demonstration.cameos import Scene
from infra.cli.figures import Figures, at_least, equals
from infra.cli.policy import opened
from infra.clock import system_clock
from infra.settings import Settings

PLANNED: Final = (
    "harmless_passed",
    "over_blocked",
    "reasons_stated",
    "queue_is_pseudonymous",
    "reinstated",
    "passes_when_asked_again",
    "owner_refuses_line_at_second",
    "what_if_newly_allowed",
    "what_if_hashes_equal",
    "rolled_back",
    "undone",
    "undone_is_seen",
)
SECONDS_MAX: Final = 240.0
_LOOK_SECONDS: Final = 0.3
_SETTLED: Final = frozenset({"completed", "failed", "cancelled"})
_SIZE: Final = {"width": 256, "height": 144, "fps": 12, "seed": 11}
_HARMLESS: Final = "A red boat sails to the right at sea at dawn."
_OVER_BLOCKED: Final = (
    "A red boat with a captain sails to the right at sea at dawn.",
    "An orange dog and its captain run to the right in the snow.",
    "A captain and a yellow bird fly in a circle by the shore.",
)
_LINE_AT: Final = 2.5

Say = Callable[[str], None]


@dataclass
class Moderating:
    """One run of the demo. Each act is one method; later ones build on earlier ones."""

    settings: Settings
    caller: CameoCaller
    staff: CameoCaller
    say: Say
    figures: Figures
    began: datetime
    refused: list[Json] = field(default_factory=list)

    async def pass_harmless(self) -> None:
        """A harmless prompt passes both gates."""
        view = await self._made(_brief(_HARMLESS))
        verdicts = await self._verdicts(view["generation_id"])
        told = ", ".join(f"{each['gate']}: {each['status']}" for each in verdicts)
        self.say(f"a harmless prompt: {view['status']} ({told})")
        passed = view["status"] == "completed" and len(verdicts) == 2
        self.figures.measured("harmless_passed", passed, "", goal=equals(True))

    async def publish_eager(self) -> None:
        """Somebody publishes a policy that protects every captain, and lets it decide."""
        policy = await self.staff.ask("GET", "/v1/moderation/policies/1")
        protected = {"name": "Captain", "kind": "character", "aliases": []}
        policy |= {"revision": 2, "title": "Too eager", "rollout": {}}
        policy["protected"] = [*policy["protected"], protected]
        await self.staff.ask("POST", "/v1/moderation/policies", policy)
        await self.staff.ask("POST", "/v1/moderation/policies/2/enforce")
        self.say("policy 2 protects a character called Captain, and decides from now on")

    async def refuse_too_much(self) -> None:
        """Three harmless prompts are refused; each refusal has its reasons."""
        for prompt in _OVER_BLOCKED:
            view = await self._made(_brief(prompt))
            [verdict] = await self._verdicts(view["generation_id"])
            if verdict["status"] == "blocked":
                self.refused.append(verdict)
            failure = view.get("failure") or {}
            self.say(f"over-blocked: {failure.get('code')}: {failure.get('explanation')}")
        self.figures.measured(
            "over_blocked", len(self.refused), "prompts", goal=equals(len(_OVER_BLOCKED))
        )
        reasons = await self.caller.ask("GET", f"{_case(self.refused[0])}/reasons")
        self.say(
            f"statement of reasons: {reasons['restriction_says']} {reasons['clause']}, "
            f"{reasons['ground']}; {reasons['facts']} {reasons['automation_says']}"
        )
        stated = len(reasons["redress"]) == 3 and reasons["automated_decision"]
        self.figures.measured("reasons_stated", stated, "", goal=equals(True))

    async def appeal(self) -> None:
        """The person objects; a human who decided nothing so far lets it pass, for good."""
        case_id = self.refused[0]["case_id"]
        words = {"words": "Every ship has a captain. It is nobody's character."}
        lodged = await self.caller.ask("POST", f"{_case(self.refused[0])}/appeal", words)
        self.say(f"appealed: {lodged['status']}")
        queue = await self.staff.ask("GET", "/v1/moderation/holds")
        [item] = [each for each in queue["items"] if each["case_id"] == case_id]
        self.say(
            f"in the queue: {item['person']}, priority {item['priority']}, rule {item['rule']}, "
            f"blurred {item['presentation']['blurred']}, muted {item['presentation']['muted']}"
        )
        hidden = str(self.caller.account_id) not in str(queue)
        self.figures.measured("queue_is_pseudonymous", hidden, "", goal=equals(True))
        here = f"/v1/moderation/holds/{case_id}"
        await self.staff.ask("POST", f"{here}/claim", {"reviewer": "anne"})
        decision = {"reviewer": "anne", "decision": "allow", "reason": "not-a-character"}
        decided = await self.staff.ask("POST", f"{here}/decision", decision)
        self.say(f"decided by a human: {decided['status']}")
        seen = await self.caller.ask("GET", _case(self.refused[0]))
        reinstated = decided["status"] == seen["status"] == "allowed"
        self.figures.measured("reinstated", reinstated, "", goal=equals(True))
        again = await self._made(_brief(_OVER_BLOCKED[0]))
        self.say(f"asked for again under the same policy: {again['status']}")
        passed = again["status"] == "completed"
        self.figures.measured("passes_when_asked_again", passed, "", goal=equals(True))

    async def refuse_line(self, out: Path) -> None:
        """Who owns a cameo never wants whisky, and a line of dialogue has it."""
        scene = Scene(out, self.say, self.figures, self.staff)
        dog = await scene.enrol_pet(self.caller, "dog")
        await scene.set_consent(dog, "only-me", [{"kind": "never", "thing": "whisky"}])
        await self.caller.ask("PUT", f"{dog.here}/handle", {"handle": "dog"})
        line = {"speaker": "@dog", "text": "Pour me some whisky", "at": _LINE_AT}
        prompt = "@dog sits by the shore at dawn."
        shot = {"prompt": prompt, "seconds": 4.0, "cast": ["@dog"], "lines": [line]}
        view = await self._made({"prompt": prompt, "shots": [shot], **_SIZE})
        [verdict] = await self._verdicts(view["generation_id"])
        segment: Any = verdict["segment"] or {}
        self.say(
            f"an owner's wish: {verdict['rule']} at {segment.get('place')}, "
            f"seconds {segment.get('seconds')}: {verdict['words']}"
        )
        second = (segment.get("seconds") or [-1.0])[0]
        at_it = second if verdict["category"] == "owner-restriction" else -1.0
        self.figures.measured("owner_refuses_line_at_second", at_it, "s", goal=equals(_LINE_AT))

    async def ask_what_if(self) -> None:
        """What the first policy would have done since the demo began; asked twice."""
        first = Policy.model_validate(await self.staff.ask("GET", "/v1/moderation/policies/1"))
        async with opened(self.settings) as desk, desk.looking() as second:
            comparer = desk.comparer(second)
            told, again = [await comparer.compare(first, self.began) for _ in range(2)]
        self.say(
            f"what if policy 1 decided: of {told.cases} cases {told.newly_allowed} newly allowed, "
            f"{told.newly_blocked} newly blocked, {told.appeals_spared} appeal(s) spared; "
            f"hash {told.sha256[:16]}"
        )
        goal = at_least(len(_OVER_BLOCKED))
        self.figures.measured("what_if_newly_allowed", told.newly_allowed, "cases", goal=goal)
        self.figures.measured("what_if_hashes_equal", told == again, "", goal=equals(True))

    async def undo(self) -> None:
        """One command takes the policy back, another all that it did."""
        path = "/v1/moderation/policies/2/rollback"
        listed = await self.staff.ask("POST", path, {"reason": "over-blocks"})
        reach = {each["revision"]: each["reach"] for each in listed["items"]}
        rolled_back = reach == {1: "in-force", 2: "past"}
        self.figures.measured("rolled_back", rolled_back, "", goal=equals(True))
        until = system_clock() + timedelta(seconds=1)
        async with opened(self.settings) as desk, desk.looking() as second:
            batch = desk.undo(second)
            done = await batch.undo(2, self.began, until, system_clock())
            await desk.finished(done)
        self.say(
            f"undone: batch {done.batch_id[:12]}, {done.cases} cases of policy 2, "
            f"{done.changed} changed"
        )
        still = len(self.refused) - 1
        self.figures.measured("undone", done.changed, "cases", goal=equals(still))
        cases = [await self.caller.ask("GET", _case(each)) for each in self.refused]
        kinds = [each["kind"] for each in await self.caller.notices()]
        allowed = sum(each["status"] == "allowed" for each in cases)
        self.say(f"seen by the person: {allowed} allowed; told: {kinds[0]}")
        self.figures.measured("undone_is_seen", allowed, "cases", goal=equals(len(cases)))

    async def _made(self, brief: Json) -> Json:
        accepted = await self.caller.ask("POST", "/v1/generations", brief)
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                view = await self.caller.generation(accepted["generation_id"])
                if view["status"] in _SETTLED:
                    return view
                await asyncio.sleep(_LOOK_SECONDS)

    async def _verdicts(self, generation_id: str) -> list[Json]:
        path = f"/v1/generations/{generation_id}/verdicts"
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                items: list[Json] = (await self.caller.ask("GET", path))["items"]
                if items:
                    return items
                await asyncio.sleep(_LOOK_SECONDS)


def _brief(prompt: str) -> Json:
    return {"prompt": prompt, "shots": [{"prompt": prompt, "seconds": 1.0}], **_SIZE}


def _case(verdict: Json) -> str:
    return f"/v1/moderation/cases/{verdict['case_id']}"
