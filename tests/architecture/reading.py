"""The repository as the architecture tests read it: modules, what they import, what they define."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from temporalio import activity, workflow

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("domain", "activities", "workflows", "gpu_workers", "projections", "infra")


def sources(*rooms: str) -> Iterator[Path]:
    """Every Python file of these rooms."""
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import; ``from a import b`` is ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def modules(room: str) -> Iterator[ModuleType]:
    """Every module of a room, imported."""
    package = importlib.import_module(room)
    for found in pkgutil.walk_packages(package.__path__, f"{room}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def stories() -> dict[str, type]:
    """Every workflow by its name in Temporal."""
    found: dict[str, type] = {}
    for module in modules("workflows"):
        for each in vars(module).values():
            definition = workflow._Definition.from_class(each) if inspect.isclass(each) else None
            if definition is not None and definition.name:
                found[definition.name] = each
    return found


def bodies() -> dict[str, list[Callable[..., Any]]]:
    """Every activity's bodies by its name in Temporal; fronts are none."""
    found: dict[str, list[Callable[..., Any]]] = {}
    for room in ("activities", "gpu_workers"):
        for module in modules(room):
            if is_front(module.__name__):
                continue
            for name, each in _activities_of(module):
                found.setdefault(name, []).append(each)
    return found


def fronts() -> dict[str, Callable[..., Any]]:
    """Every front by its name in Temporal."""
    return {
        name: front
        for module in modules("activities")
        if is_front(module.__name__)
        for name, front in _activities_of(module)
    }


def is_front(module: str) -> bool:
    """Whether a module holds empty twins: ``fronts`` itself, or the ``fronts`` of a shelf."""
    return module.startswith("activities.") and module.endswith(".fronts")


def _activities_of(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    own = [each for each in vars(module).values() if _is_of(each, module)]
    methods = [
        each
        for owner in own
        if inspect.isclass(owner)
        for each in vars(owner).values()
        if inspect.isfunction(each)
    ]
    for each in (*own, *methods):
        definition = activity._Definition.from_callable(each) if callable(each) else None
        if definition is not None and definition.name:
            yield definition.name, each


def _is_of(thing: object, module: ModuleType) -> bool:
    return getattr(thing, "__module__", None) == module.__name__
