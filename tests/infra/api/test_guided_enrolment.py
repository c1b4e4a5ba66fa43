"""``cameo enroll``: what it shows and asks at a keyboard, and what it says when it fails."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from infra.cli.__main__ import main
from infra.cli.caller import ProblemAnswer
from infra.cli.cameo import _enroll
from infra.embedded.ports import PortBook
from infra.errors import UserError
from infra.settings import Settings
from tests.infra.api.conftest import Stage
from tests.workflows.examiner import a_clip

SIGNED = ("y", "Anna Example")


@dataclass
class Keyboard:
    """Somebody who types these lines, one for each question."""

    monkeypatch: pytest.MonkeyPatch
    home: Path

    async def enrols(self, settings: Settings, *lines: str, kind: str = "person") -> str:
        """How it ended; ``shown`` then holds all that stood on the screen."""
        self.monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in lines)))
        self.screen = io.StringIO()
        return await _enroll(settings, None, kind, Console(file=self.screen, width=200))

    @property
    def shown(self) -> str:
        return self.screen.getvalue()

    def has_recorded(self, clip: bytes) -> str:
        path = self.home / "my clip.mp4"
        path.write_bytes(clip)
        return f"'{path}'"


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Keyboard:
    return Keyboard(monkeypatch, tmp_path)


def at_home(stage: Stage, home: Path) -> Settings:
    """A laptop of its own, whose API is the stage's."""
    (home / "api-key").write_text(stage.key)
    return Settings(home=home, api_port=int(stage.url.rpartition(":")[2]))


@pytest.mark.servers
async def test_the_guide_leads_from_a_release_to_a_cameo_and_asks_the_age_once(
    stage: Stage, keyboard: Keyboard
) -> None:
    settings = at_home(stage, keyboard.home)
    clip = keyboard.has_recorded(a_clip("somebody at a keyboard"))
    status = await keyboard.enrols(settings, "y", "", "Anna Example", "adult", "", clip)
    assert status == "approved"
    told = keyboard.shown
    for each in (
        "365 days at most",
        "Do you agree?",
        "A release is signed with a name",
        "How old are you",
        "press Enter for the challenge",
        "Say, digit by digit:",
        "Then turn your head",
        "has to be handed in until",
        "passed  spoken-number 0.9 of 0.5  (told)",
        "approved",
        "only you may cast it",
    ):
        assert each in told, each
    clip = keyboard.has_recorded(a_clip("somebody at a keyboard", parallax="failed"))
    assert await keyboard.enrols(settings, *SIGNED, "", clip) == "refused"
    assert "How old are you" not in keyboard.shown, "the laptop's account is known by now"
    assert "failed  parallax" in keyboard.shown
    assert "parallax (parallax): Stand before the camera yourself" in keyboard.shown


@pytest.mark.servers
async def test_the_guide_says_why_a_child_a_missing_and_an_empty_clip_are_refused(
    stage: Stage, keyboard: Keyboard
) -> None:
    settings = at_home(stage, keyboard.home)
    with pytest.raises(ProblemAnswer, match="under 13 cannot enrol"):
        await keyboard.enrols(settings, *SIGNED, "under_13")
    (keyboard.home / "laptop-account").unlink()
    with pytest.raises(UserError, match=r"not a file\. Begin again"):
        await keyboard.enrols(settings, *SIGNED, "adult", "", "no-such-clip.mp4")
    with pytest.raises(UserError, match=r"has 0 bytes; the limit is 67108864"):
        await keyboard.enrols(settings, *SIGNED, "", keyboard.has_recorded(b""))


@pytest.mark.servers
async def test_whoever_does_not_sign_begins_nothing(stage: Stage, keyboard: Keyboard) -> None:
    with pytest.raises(UserError, match="Nothing was recorded"):
        await keyboard.enrols(at_home(stage, keyboard.home), "n")
    account = (keyboard.home / "laptop-account").read_text().strip()
    async with stage.caller(account) as http:
        assert (await http.get("/v1/enrolments")).json()["items"] == []


async def test_a_server_that_does_not_answer_is_named_with_what_to_do(keyboard: Keyboard) -> None:
    port = PortBook(keyboard.home).port("nobody")
    (keyboard.home / "api-key").write_text("a key")
    settings = Settings(home=keyboard.home, api_port=port)
    with pytest.raises(UserError, match=rf"127.0.0.1:{port} does not answer") as away:
        await keyboard.enrols(settings, *SIGNED)
    assert "./callsheet up" in str(away.value)


def test_where_nothing_was_started_and_what_cannot_be_enrolled_is_said_in_a_sentence(
    keyboard: Keyboard, capsys: pytest.CaptureFixture[str]
) -> None:
    keyboard.monkeypatch.setenv("CALLSHEET_HOME", str(keyboard.home))
    assert main(["cameo", "enroll"]) == 1
    assert "Nothing runs in" in capsys.readouterr().err
    assert main(["cameo", "enroll", "--kind", "robot"]) == 1
    assert "robot cannot be enrolled; name person, pet or object" in capsys.readouterr().err
