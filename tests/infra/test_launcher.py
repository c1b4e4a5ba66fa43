"""The launcher makes its environment once, again when the locks change, and never by halves."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.supervisor import ROOT

_COMMAND_LINE = """
import json, os, sys, tiny
print(json.dumps({"tiny": tiny.VERSION, "argv": sys.argv[1:], "cwd": os.getcwd()}))
print(tiny.__cached__ if os.path.exists(tiny.__cached__) else "compiled and forgotten")
"""


def _wheel(folder: Path, version: str) -> str:
    """A pure wheel of one module; returns its hash."""
    info = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Clone:
    """A copy of the launcher with a tiny program and a tiny lock."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.wheels = folder / "wheels"
        self.elsewhere = folder / "elsewhere"
        for path in (self.root / "infra" / "cli", self.root / "requirements"):
            path.mkdir(parents=True)
        self.wheels.mkdir()
        self.elsewhere.mkdir()
        self.launcher = self.root / "callsheet"
        shutil.copy(ROOT / "callsheet", self.launcher)
        (self.root / "infra" / "__init__.py").touch()
        (self.root / "infra" / "cli" / "__init__.py").touch()
        (self.root / "infra" / "cli" / "__main__.py").write_text(_COMMAND_LINE)
        self.lock("1.0")

    def lock(self, version: str) -> None:
        """Pin this version, and its hash."""
        digest = _wheel(self.wheels, version)
        pinned = f"tiny=={version} \\\n    --hash=sha256:{digest}\n"
        (self.root / "requirements" / "callsheet.lock").write_text(pinned)

    def begin(
        self, *arguments: str, through: Path | None = None, **more: str
    ) -> subprocess.Popen[str]:
        """Call the launcher from another folder."""
        environment = {
            **os.environ,
            "CALLSHEET_PIP_ARGS": f"--no-index --find-links {self.wheels}",
        }
        for name in ("PYTHONPATH", "PYTHONPYCACHEPREFIX", "CALLSHEET_KEEP_VENV"):
            environment.pop(name, None)
        return subprocess.Popen(
            [sys.executable, str(through or self.launcher), *arguments],
            cwd=self.elsewhere,
            env=environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(
        self, *arguments: str, through: Path | None = None, **more: str
    ) -> tuple[int, str, str]:
        """Exit code, output, and what was said to the person who waits."""
        process = self.begin(*arguments, through=through, **more)
        out, said = process.communicate(timeout=90)
        return process.returncode, out, said


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """One clone for all; each test puts it into the state that it speaks about."""
    return Clone(tmp_path_factory.mktemp("launcher"))


def _ready(clone: Clone) -> None:
    code, _, said = clone.call()
    assert code == 0, said


def test_two_first_calls_at_once_set_up_one_time(clone: Clone) -> None:
    shutil.rmtree(clone.root / ".venv", ignore_errors=True)
    calls = [clone.begin("status"), clone.begin("status")]
    outcomes = [call.communicate(timeout=90) for call in calls]
    assert [call.returncode for call in calls] == [0, 0]
    assert all('"argv": ["status"]' in out for out, _ in outcomes)
    assert "".join(said for _, said in outcomes).count("setting up .venv") == 1


def test_a_complete_environment_is_used_as_it_is(clone: Clone) -> None:
    _ready(clone)
    code, out, said = clone.call("demo", "--json", "demo.json")
    assert code == 0
    assert said == ""
    assert '["demo", "--json", "demo.json"]' in out


def test_paths_mean_what_they_mean_to_the_caller_also_through_a_link(clone: Clone) -> None:
    _ready(clone)
    link = clone.elsewhere / "callsheet"
    link.symlink_to(clone.launcher)
    code, out, _ = clone.call("status", through=link)
    assert code == 0
    assert f'"cwd": "{clone.elsewhere}"' in out


def test_bytecode_is_kept_also_where_none_may_lie_beside_the_sources(clone: Clone) -> None:
    _ready(clone)
    _, out, _ = clone.call("status", PYTHONDONTWRITEBYTECODE="1")
    assert str(clone.root / ".bytecode") in out


def test_the_environment_is_made_anew_when_the_lock_changes(clone: Clone) -> None:
    _ready(clone)
    clone.lock("2.0")
    code, out, said = clone.call()
    assert code == 0
    assert '"tiny": "2.0"' in out
    assert "making it anew" in said


def test_an_interrupted_set_up_begins_again(clone: Clone) -> None:
    _ready(clone)
    (clone.root / ".venv" / "callsheet.stamp").unlink()
    code, _, said = clone.call()
    assert code == 0
    assert "making it anew" in said


def test_an_environment_that_somebody_else_made_is_left_alone(clone: Clone) -> None:
    _ready(clone)
    (clone.root / ".venv" / "callsheet.stamp").unlink()
    mark = clone.root / ".venv" / "callsheet.made"
    text = mark.read_text()
    mark.unlink()
    code, _, said = clone.call()
    assert code == 1
    assert "leaves it alone" in said
    assert (clone.root / ".venv" / "bin" / "python").exists()
    mark.write_text(text)


def test_a_package_with_another_hash_is_refused_with_pips_last_words(clone: Clone) -> None:
    lock = clone.root / "requirements" / "callsheet.lock"
    good = lock.read_text()
    lock.write_text(good.partition("sha256:")[0] + "sha256:" + "0" * 64 + "\n")
    code, _, said = clone.call()
    lock.write_text(good)
    assert code == 1
    assert "pip could not install callsheet.lock" in said
    assert "DO NOT MATCH" in said


def test_another_python_is_refused_in_one_sentence(clone: Clone) -> None:
    future = clone.root / "callsheet-future"
    future.write_text(clone.launcher.read_text().replace("WANTED = (3, 11)", "WANTED = (3, 99)"))
    code, _, said = clone.call(through=future)
    assert code == 1
    assert said.startswith("callsheet: python3.99 is needed and this is Python 3.11.")


def _command_line(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_list_of_commands_needs_no_heavy_import() -> None:
    seen = (
        "import sys; from infra.cli.__main__ import main; main(['--help']);"
        "heavy = {'pydantic', 'temporalio', 'torch', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.rstrip().endswith("[]")
    assert "demo" in answer.stdout
    assert " run " not in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere",), "No such command 'nowhere'"),
        (("status", "--nowhere"), "No such option: --nowhere"),
        (("run", "nobody"), "There is no role nobody."),
    ],
)
def test_a_wrong_call_gets_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    answer = _command_line(*arguments)
    assert answer.returncode != 0
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_trace_is_shown_when_asked_for() -> None:
    assert "Traceback" in _command_line("run", "nobody", "--debug").stderr
    assert "Traceback" in _command_line("run", "nobody", CALLSHEET_DEBUG="1").stderr


def test_status_of_an_empty_home_says_how_to_start(tmp_path: Path) -> None:
    answer = _command_line("status", CALLSHEET_HOME=str(tmp_path))
    assert answer.returncode == 1
    assert "Start it with ./callsheet up." in answer.stderr
