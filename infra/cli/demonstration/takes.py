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

HALF: Final = 0.5
SECONDS_MAX: Final = 180.0

BRIEFS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (
        "sea",
        {
            "prompt": "A red sailing boat crosses the calm sea at dawn, gulls above it.",
            "shots": [
                {"prompt": "A red boat sails across the calm sea at dawn.", "seconds": 2.5},
                {"prompt": "Birds fly over the waves as the sun comes up.", "seconds": 2.0},
            ],
            "seed": 11,
        },
    ),
    (
        "city",
        {
            "prompt": "A robot dances in the rain in a city at night.",
            "shots": [
                {"prompt": "A robot dances in the rain in a city at night.", "seconds": 5.0},
            ],
            "seed": 5,
        },
    ),
    (
        "snow",
        {
            "prompt": "A dog runs through the snow in the mountains under a yellow balloon.",
            "shots": [
                {
                    "prompt": "A dog runs through the snow in the mountains under a balloon.",
                    "seconds": 3.0,
                }
            ],
            "seed": 23,
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


async def produce(caller: Caller, sampler: str, screen: Screen) -> list[Production]:
    """Ask for all at once and follow them to their ends."""
    productions = [Production(name, {**brief, "sampler": sampler}) for name, brief in BRIEFS]
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ids = await asyncio.gather(*(caller.request(each.brief) for each in productions))
    for production, generation_id in zip(productions, ids, strict=True):
        production.generation_id = generation_id

    async def follow(production: Production) -> None:
        await production.follow(caller, screen.row(production.name, production.brief["prompt"]))
        production.seconds = loop.time() - begun

    with screen.live():
        async with asyncio.timeout(SECONDS_MAX):
            await asyncio.gather(*(follow(each) for each in productions))
    return productions
