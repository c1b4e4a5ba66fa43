"""The rooms stay what they are: pure words inside, the world outside, tensors in the studio."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture import reading

PURE = {"pydantic", "pydantic_core", "ulid"}
WORLDLY = {
    *("asyncio", "http", "os", "socket", "sqlite3", "subprocess", "threading", "urllib"),
    *("random", "secrets", "time"),
}
STORIES_MAY_NAME = {"fronts", "orders"}
WITHOUT_TENSORS = (
    "infra.api.app",
    "infra.cli.__main__",
    "infra.processes.api",
    "infra.processes.media",
    "infra.processes.orchestration",
    "infra.processes.projector",
)


def top(module: str) -> str:
    return module.partition(".")[0]


def test_the_domain_imports_itself_pydantic_ulid_and_the_quiet_standard_library() -> None:
    allowed = (PURE | {"domain"} | sys.stdlib_module_names) - WORLDLY
    for path in reading.sources("domain"):
        foreign = {each for each in reading.imports(path) if top(each) not in allowed}
        assert foreign == set(), path


def test_shelves_of_the_domain_do_not_import_each_others_deciders() -> None:
    deciding = {
        reading.module_name(path)
        for path in reading.sources("domain")
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "decide"
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )
    }
    assert deciding
    for path in reading.sources("domain"):
        name = reading.module_name(path)
        if name.count(".") < 2:
            continue  # above the shelves
        others = {each for each in deciding if each.split(".")[1] != name.split(".")[1]}
        assert not others & reading.imports(path), path


def test_stories_name_fronts_and_orders_and_no_body() -> None:
    for path in reading.sources("workflows"):
        for each in reading.imports(path):
            if top(each) == "activities" and each != "activities":
                parts = each.split(".")
                of_a_front = STORIES_MAY_NAME & set(parts[1:3])
                is_a_shelf = (reading.ROOT / Path(*parts)).is_dir()
                assert of_a_front or is_a_shelf, f"{path} imports {each}"


def test_packages_open_with_nothing() -> None:
    for path in reading.sources(*reading.ROOMS, "tests"):
        if path.name == "__init__.py":
            assert path.read_bytes() == b"", path


def test_no_installed_distribution_brings_a_package_of_our_name() -> None:
    installed = packages_distributions()
    clashes = {room: installed[room] for room in (*reading.ROOMS, "tests") if room in installed}
    assert clashes == {}


def test_our_packages_are_the_ones_that_are_imported() -> None:
    for room in reading.ROOMS:
        module = __import__(room)
        assert Path(module.__path__[0]).resolve() == reading.ROOT / room


def test_clock_and_dice_are_banned() -> None:
    config = tomllib.loads((reading.ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    banned = set(config["flake8-tidy-imports"]["banned-api"])
    assert {"datetime.datetime.now", "datetime.datetime.utcnow", "random", "uuid.uuid4"} <= banned
    assert "TID" in config["select"]
    assert not any("TID" in each for each in config["ignore"])
    assert not any(
        rule.startswith("TID")
        for place, rules in config["per-file-ignores"].items()
        if not place.startswith("tests")
        for rule in rules
    )


def test_no_story_and_no_rule_asks_for_an_exception_from_the_ban() -> None:
    for path in reading.sources("domain", "workflows"):
        text = path.read_text(encoding="utf-8")
        assert "TID251" not in text, path
        assert not {"time", "secrets", "random"} & reading.imports(path), path


def test_every_sql_file_is_read_by_a_module_beside_it() -> None:
    for room in reading.ROOMS:
        for path in sorted((reading.ROOT / room).rglob("*.sql")):
            beside = "".join(p.read_text(encoding="utf-8") for p in path.parent.glob("*.py"))
            read_by_name = path.name in beside
            read_by_twin = path.with_suffix(".py").exists() and ".sql" in beside
            assert read_by_name or read_by_twin, path


@pytest.mark.parametrize("module", WITHOUT_TENSORS)
def test_what_is_no_studio_starts_without_torch(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "heavy = {'torch', 'nvidia.dali', 'hibari', 'safetensors'} & set(sys.modules)\n"
        "sys.exit(f'it imports {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=reading.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
