"""The play: a video with both people of the cameo demo, its receipts, and who is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

from domain.consent.receipt import Receipt, SignedReceipt
from domain.generation.brief import Brief
from infra.cli.caller import Json, ProblemAnswer
from infra.cli.cameo_caller import CameoCaller
from infra.cli.demonstration.cameos import Enrolled, Scene
from infra.cli.figures import at_least, equals
from infra.receipts import verify

DEFAULT_SAMPLER: Final = str(Brief.model_fields["sampler"].default)
SECONDS_MAX: Final = 240.0
_LOOK_SECONDS: Final = 0.3
_SETTLED: Final = frozenset({"completed", "failed", "cancelled"})
_SHOT_SECONDS: Final = 2.0


class Play:
    """What comes after the casting. Each act is one method."""

    def __init__(self, scene: Scene, sampler: str) -> None:
        self._scene, self._sampler = scene, sampler
        self._generation: Json = {}

    async def name_them(self, *people: Enrolled) -> None:
        """Give each cameo the handle that prompts call it by."""
        for each in people:
            await each.owner.ask("PUT", f"{each.here}/handle", {"handle": each.name})
            self._scene.say(f"{each.name}: is called @{each.name}")

    async def make(self, caster: CameoCaller, cast: list[Enrolled]) -> None:
        """A video with all of them; it is fetched when it is released."""
        view = await self._settled(caster, self._brief(cast))
        self._generation = view
        self._scene.played.append(("the video", f"generation/{view['generation_id']}"))
        failure = view.get("failure") or {}
        self._scene.say(f"the video: {view['status']} {failure.get('explanation', '')}".rstrip())
        made = view["status"] == "completed"
        if made:
            film = await caster.content(view["video_id"])
            path = self._scene.out / "cast.mp4"
            await asyncio.to_thread(path.write_bytes, film)
            self._scene.say(f"the video: {path}")
        self._scene.figures.measured("video_with_both", made, "", goal=equals(True))
        self._scene.figures.add(
            generation=view["generation_id"], sampler=self._sampler, failure=failure.get("code")
        )

    async def refuse(self, stranger: CameoCaller, cast: list[Enrolled]) -> None:
        """Somebody whom nobody approved asks for the same video, and gets the reasons."""
        try:
            await stranger.ask("POST", "/v1/generations", self._brief(cast))
            refused, said = False, "accepted"
        except ProblemAnswer as answer:
            refused, said = answer.code == "cast-not-permitted", str(answer)
        self._scene.say(f"a third person asks for the same: {said}")
        self._scene.figures.measured("third_refused", refused, "", goal=equals(True))

    async def read_receipts(self, caster: CameoCaller, cast: list[Enrolled]) -> None:
        """One for each person, verified with the public keys alone, read by caster and owner."""
        if self._generation.get("status") != "completed":
            self._scene.figures.failed("receipts_verified", "There is no video to have receipts.")
            return
        path = f"/v1/generations/{self._generation['generation_id']}/receipts"
        keys = (await caster.ask("GET", "/v1/receipt-keys"))["keys"]
        items = (await caster.ask("GET", path))["items"]
        good = sum(verify(_signed(each), keys) for each in items)
        for each in items:
            told = each["receipt"]
            self._scene.say(
                f"receipt {each['receipt_id'][:16]}: {told['cameo_id']} version {told['version']}, "
                f"{told['rule']}, revision {told['revision']}, position {told['position']}, "
                f"preferences {told['preferences_version']}, signed with {each['key_id']}"
            )
        for person in cast:
            if not (await person.owner.ask("GET", path))["items"]:
                good = 0  # an owner has to find the receipt about them as well
        self._scene.figures.measured("receipts_verified", good, "receipts", goal=equals(len(cast)))
        kept = Path(self._scene.out / "receipts.json")
        await asyncio.to_thread(kept.write_text, json.dumps(items, indent=2))

    async def show_owners(self, cameo: Enrolled) -> None:
        """An owner looks at who cast the cameo: the video, and the attempt that was blocked."""
        seen: list[Json] = []
        for _ in range(20):
            seen = (await cameo.owner.ask("GET", f"{cameo.here}/appearances"))["items"]
            if len(seen) >= 2:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        for each in seen:
            reasons = f" ({', '.join(each['reasons'])})" if each["reasons"] else ""
            self._scene.say(f"{cameo.name} sees: {each['turn']} by {each['caster_id']}{reasons}")
        turns = {each["turn"] for each in seen}
        self._scene.figures.measured("owner_sees", len(turns), "kinds of news", goal=at_least(2))

    async def _settled(self, caster: CameoCaller, brief: Json) -> Json:
        try:
            accepted = await caster.ask("POST", "/v1/generations", brief)
        except ProblemAnswer as refused:
            self._scene.say(f"the video: {refused}")
            raise
        self._scene.say(f"the video: {accepted['generation_id']}, with {self._sampler}")
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                view = await caster.generation(accepted["generation_id"])
                if view["status"] in _SETTLED:
                    return view
                await asyncio.sleep(_LOOK_SECONDS)

    def _brief(self, cast: list[Enrolled]) -> Json:
        names = " and ".join(f"@{each.name}" for each in cast)
        prompt = f"{names} dance on the beach at sunset"
        shots = [{"prompt": prompt, "seconds": _SHOT_SECONDS}]
        return {"prompt": prompt, "shots": shots, "sampler": self._sampler, "seed": 7}


def _signed(item: Json) -> SignedReceipt:
    """A receipt as it was read, to be verified."""
    return SignedReceipt(
        receipt=Receipt.model_validate_json(json.dumps(item["receipt"])),
        algorithm=item["algorithm"],
        key_id=item["key_id"],
        signature=item["signature"],
    )
