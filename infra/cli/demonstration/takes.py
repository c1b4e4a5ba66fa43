"""The three videos of the demo: what is asked for, how it is followed, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from infra.cli.caller import Caller, Json, ServerSentEvent
from infra.cli.demonstration.screen import Row, Screen
from infra.errors import UserError

HALF: Final = 0.5
SECONDS_MAX: Final = 300.0

BRIEFS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (
        "sea",
        {
            "prompt": "A red boat sails at sea at dawn, and a yellow bird circles by the shore.",
            "shots": [
                {"prompt": "A red boat sails to the right at sea at dawn.", "seconds": 2.0},
                {
                    "prompt": "A yellow bird flies in a circle by the shore, chirping.",
                    "seconds": 2.0,
                },
            ],
            "seed": 11,
        },
    ),
    (
        "city",
        {
            "prompt": "A green robot jumps up and down in the city at night, drumming.",
            "shots": [
                {
                    "prompt": "A green robot jumps up and down in the city at night, drumming.",
                    "seconds": 5.0,
                },
            ],
            "seed": 5,
        },
    ),
    (
        "snow",
        {
            "prompt": "An orange dog runs to the right in the snow, barking.",
            "shots": [
                {
                    "prompt": "An orange dog runs to the right in the snow, barking.",
                    "seconds": 3.0,
                }
            ],
            "seed": 11,
        },
    ),
)
CANCELLED: Final = "city"
_SUFFIXES: Final = {"video/mp4": ".mp4", "video/webm": ".webm"}


@dataclass
class Production:
    """One generation of the demo, from the caller's side."""

    name: str
    brief: dict[str, Any]
    generation_id: str = ""
    status: str = "requested"
    fraction_at_cancel: float | None = None
    news: list[Json] = field(default_factory=list)
    video: Json = field(default_factory=dict)
    film: Path | None = None
    poster: Path | None = None
    sheet: Path | None = None
    film_sha256: str = ""
    seconds: float = 0.0

    async def follow(self, caller: Caller, row: Row) -> None:
        """Show the news until the end; the one that is to be cancelled is cancelled half-way."""
        async for event in caller.events(self.generation_id):
            self._hear(event, row)
            fraction = event.data["progress"]["fraction"]
            if self.name == CANCELLED and self.fraction_at_cancel is None and fraction >= HALF:
                self.fraction_at_cancel = fraction
                await caller.cancel(self.generation_id)

    def _hear(self, event: ServerSentEvent, row: Row) -> None:
        self.news.append({"event": event.name, **event.data})
        self.status = event.data["status"]
        eta = event.data["eta_at"]
        row.show(
            stage=event.data["stage"],
            progress=event.data["progress"],
            eta=datetime.fromisoformat(eta) if eta else None,
            queue_position=event.data["queue_position"],
        )

    async def fetch(self, caller: Caller, out: Path) -> None:
        """Download the film, the poster and the contact sheet of a completed generation."""
        standing = await caller.generation(self.generation_id)
        self.status = standing["status"]
        if self.status != "completed":
            return
        self.video = await caller.video(standing["video_id"])
        film = await caller.content(standing["video_id"])
        self.film_sha256 = hashlib.sha256(film).hexdigest()
        self.film = out / f"{self.name}{_SUFFIXES[self.video['film_type']]}"
        self.poster = out / f"{self.name}-poster.jpg"
        self.sheet = out / f"{self.name}-contact-sheet.jpg"
        self.film.write_bytes(film)
        self.poster.write_bytes(await caller.content(standing["video_id"], "poster"))
        self.sheet.write_bytes(await caller.content(standing["video_id"], "contact-sheet"))

    def facts(self) -> Json:
        """Ids, paths and timings for the figures."""
        return {
            "name": self.name,
            "generation_id": self.generation_id,
            "workflow_id": f"generation/{self.generation_id}",
            "video_id": self.video.get("video_id"),
            "status": self.status,
            "film": str(self.film) if self.film else None,
            "poster": str(self.poster) if self.poster else None,
            "contact_sheet": str(self.sheet) if self.sheet else None,
            "film_sha256": self.film_sha256 or None,
            "seconds": round(self.seconds, 2),
            "news": len(self.news),
            "fraction_at_cancel": self.fraction_at_cancel,
        }


async def produce(caller: Caller, asked: Json, screen: Screen) -> list[Production]:
    """Ask for all at once and follow them to their ends; ``asked`` goes into each brief.

    Raises UserError, naming what did not end in time.
    """
    productions = [Production(name, {**brief, **asked}) for name, brief in BRIEFS]
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ids = await asyncio.gather(*(caller.request(each.brief) for each in productions))
    for production, generation_id in zip(productions, ids, strict=True):
        production.generation_id = generation_id

    async def follow(production: Production) -> None:
        await production.follow(caller, screen.row(production.name, production.brief["prompt"]))
        production.seconds = loop.time() - begun

    with screen.live():
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await asyncio.gather(*(follow(each) for each in productions))
        except TimeoutError:
            late = ", ".join(each.name for each in productions if not each.seconds)
            raise UserError(
                f"After {SECONDS_MAX:g} s these had not ended: {late}. This machine is slow or "
                "busy: see the logs, and try `--sampler animatic`, which needs least."
            ) from None
    return productions
