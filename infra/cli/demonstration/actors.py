"""Who stands before the camera in the demo: people and a dog that the project synthesises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.cli.caller import Json

if TYPE_CHECKING:
    import numpy as np

    from tests.media.people import Person

_SIDE: Final = 400
_FPS: Final = 15


@dataclass(frozen=True)
class Actor:
    """One synthetic person, by the name of their picture."""

    name: str

    async def warm_up(self) -> None:
        """Make the head and find the voice beforehand: a challenge gives a minute only."""
        await asyncio.to_thread(self._warm_up)

    async def answer(self, challenge: Json, path: Path) -> Path:
        """A clip in which the person says the number and moves as told; with its suffix."""
        return await asyncio.to_thread(self._answer, challenge, path)

    def _warm_up(self) -> None:
        from tests.media.voices import say

        person = _person(self.name)
        person.head.draw(0.0, 0.0, 0.0)
        say("01", person.voice)

    def _answer(self, challenge: Json, path: Path) -> Path:
        from tests.media.clips import film, views
        from tests.media.performance import perform

        person, rng = _person(self.name), _dice(self.name)
        performance = perform(challenge["digits"], challenge["moves"], person.voice, rng)

        def drawn(times: Any) -> Any:
            return views(person, performance, times, rng)

        return film(path, drawn, performance, _camera(), rng)


async def film_dog(path: Path) -> Path:
    """Three seconds of a dog; with its suffix."""

    def make() -> Path:
        from tests.media.pets import film_pet

        return film_pet(path, _dice("dog"), _camera(), pet="dog")

    return await asyncio.to_thread(make)


def _person(name: str) -> Person:
    from tests.media.people import BY_NAME

    return BY_NAME[name]


def _dice(name: str) -> np.random.Generator:
    from tests.media.clips import chance

    return chance("demo", name)


def _camera() -> Any:
    from tests.media.camera import Camera

    return Camera(width=_SIDE, height=_SIDE, fps=_FPS)
