"""The acts of the provenance demo: make a film, export it, mangle the export, trace each copy."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from activities.provenance.reading import ManifestReader
from infra.cli import provenance_clips as clips
from infra.cli.caller import Caller, Json
from infra.cli.demonstration.mangling import Mangled, contact_sheet, mangled
from infra.cli.figures import Figures, at_least, equals
from infra.cli.verify import branches
from infra.errors import UserError
from infra.provenance.keys import ProvenanceKeys

PLANNED: Final = (
    *("generated", "exported", "layers_on_export", "export_is_genuine"),
    *(
        "traced",
        "called_ours",
        "wrong_answers",
        "traced_without_manifest",
        "foreign_film_is_not_ours",
    ),
)
WAYS_MIN: Final = 5
BRIEF: Final[Json] = {
    "prompt": "A red boat sails at sea at dawn, and a yellow bird circles by the shore.",
    "shots": [
        {"prompt": "A red boat sails to the right at sea at dawn.", "seconds": 3.0},
        {"prompt": "A yellow bird flies in a circle by the shore, chirping.", "seconds": 3.0},
    ],
    "width": 640,
    "height": 368,
    "seed": 11,
}
SECONDS_MAX: Final = 240.0
_GLANCE_SECONDS: Final = 0.5

Say = Callable[[str], None]


class Scene:
    """The demo's story, one method for each act."""

    def __init__(self, out: Path, say: Say, figures: Figures, console: Console) -> None:
        self._out, self._say, self._figures, self._console = out, say, figures, console
        self._video_id = self._export_id = ""

    async def generate(self, caller: Caller, sampler: str) -> None:
        """Ask for a film and wait until it is released, marked and signed."""
        generation_id = await caller.request(BRIEF | {"sampler": sampler})
        stage = ""
        async with asyncio.timeout(SECONDS_MAX):
            async for event in caller.events(generation_id):
                if event.data["stage"] != stage:
                    stage = event.data["stage"]
                    self._say(f"{generation_id}: {stage}")
        standing = await caller.generation(generation_id)
        ended = f"{generation_id} ended as {standing['status']}"
        self._figures.measured("generated", standing["status"], "", goal=equals("completed"))
        if standing["status"] != "completed":
            raise UserError(f"{ended}: {standing.get('explanation') or 'see the log of the story'}")
        self._video_id = standing["video_id"]
        self._say(f"{ended}, as {self._video_id}")

    async def export(self, caller: Caller) -> Path:
        """Ask for a copy for outside; its address comes when every layer was read back."""
        asked = await caller.request_export(self._video_id)
        self._export_id = asked["export_id"]
        view = await self._finished(caller)
        self._figures.measured("exported", view["status"], "", goal=equals("completed"))
        if view["status"] != "completed":
            raise UserError(f"{self._export_id} is {view['status']}: {view['explanation']}")
        layers = view["layers"]
        self._figures.measured("layers_on_export", len(layers), "layers", goal=at_least(5))
        content = await caller.export_content(self._video_id, self._export_id)
        if hashlib.sha256(content).hexdigest() != view["film_sha256"]:
            raise UserError(f"{self._export_id} was served with other bytes than were verified.")
        path = self._out / "export.mp4"
        path.write_bytes(content)
        self._say(f"{self._export_id}: {len(content):,} bytes with {', '.join(layers)}")
        return path

    async def _finished(self, caller: Caller) -> Json:
        """How the export ended, or how it stands when it takes too long."""
        view = await caller.export(self._video_id, self._export_id)
        for _ in range(round(SECONDS_MAX / _GLANCE_SECONDS)):
            if view["status"] != "requested":
                break
            await asyncio.sleep(_GLANCE_SECONDS)
            view = await caller.export(self._video_id, self._export_id)
        return view

    def show_manifest(self, export: Path, home: Path) -> None:
        """The manifest's graph, as any reader with our root on its trust list sees it."""
        reading = ManifestReader(ProvenanceKeys.read(home).roots).read(export)
        title = f"manifest: {reading.state}"
        if reading.tree is not None:
            self._console.print(branches(reading.tree, Tree(title)))
        for name, value in reading.claims.items():
            self._console.print(f"  {name}: {value}", highlight=False)
        self._figures.add(manifest={"state": reading.state, "claims": reading.claims})

    async def trace(self, url: str, export: Path) -> None:
        """Mangle the export and ask about each copy, as anybody would: without a key."""
        copies = await asyncio.to_thread(mangled, export, self._out)
        await asyncio.to_thread(contact_sheet, copies, self._out / "before-and-after.jpg")
        async with httpx.AsyncClient(base_url=url, timeout=SECONDS_MAX) as anybody:
            genuine = await _asked(anybody, export)
            self._figures.measured(
                "export_is_genuine",
                genuine["conclusion"] == "genuine" and genuine["exact_copy_of"] == self._export_id,
                "",
                goal=equals(True),
            )
            answers = [(each, await _asked(anybody, each.path)) for each in copies]
            foreign = await asyncio.to_thread(_foreign, self._out / "foreign.mp4")
            stranger = await _asked(anybody, foreign)
        self._figures.measured(
            "foreign_film_is_not_ours",
            stranger["conclusion"],
            "",
            goal=equals("not-ours"),
        )
        self._report(answers)

    def _report(self, answers: list[tuple[Mangled, Json]]) -> None:
        ours = {self._video_id, self._export_id}
        right = [self._video_id in said["artefact_ids"] for _, said in answers]
        wrong = sum(bool(set(said["artefact_ids"]) - ours) for _, said in answers)
        bare = sum(said["manifest"]["state"] == "missing" for _, said in answers)
        goal = equals(len(answers)) if len(answers) >= WAYS_MIN else at_least(WAYS_MIN)
        self._figures.measured("traced", sum(right), "copies", goal=goal)
        called = sum(said["conclusion"] in ("ours", "signed", "genuine") for _, said in answers)
        self._figures.measured("called_ours", called, "copies", goal=goal)
        self._figures.measured("wrong_answers", wrong, "copies", goal=equals(0))
        self._figures.measured("traced_without_manifest", bare, "copies", goal=at_least(WAYS_MIN))
        table = Table(title="What verify says of each copy", title_justify="left")
        for heading in ("copy", "verdict", "found", "wrong once in", "consent"):
            table.add_column(heading, overflow="fold")
        for copy, said in answers:
            layers = {layer for segment in said["segments"] for layer in segment["found"]}
            sure = min((each["wrong_once_in"] or 1.0 for each in said["segments"]), default=1.0)
            consents = ", ".join(sorted(set(said["consents"].values())))
            table.add_row(
                copy.name, said["conclusion"], ", ".join(sorted(layers)), f"{sure:.0e}", consents
            )
        self._console.print(table)
        self._figures.add(
            video_id=self._video_id,
            export_id=self._export_id,
            copies=[{"name": copy.name, **_facts(said)} for copy, said in answers],
            pictures=str(self._out / "before-and-after.jpg"),
        )


def _facts(said: Json) -> dict[str, Any]:
    kept = ("conclusion", "says", "artefact_ids", "consents", "segments")
    return {name: said[name] for name in kept}


async def _asked(anybody: httpx.AsyncClient, film: Path) -> Json:
    """What the verify door says of a file."""
    content = await asyncio.to_thread(film.read_bytes)
    answer = await anybody.post(
        "/v1/verify", content=content, headers={"Content-Type": "video/mp4"}
    )
    if answer.is_error:
        raise Caller.problem(answer)
    found: Json = answer.json()
    return found


def _foreign(path: Path) -> Path:
    """A film that nobody here made."""
    film = clips.texture(2)
    return clips.write(path, film.pictures, film.sound, 23)
