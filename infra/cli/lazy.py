"""A command group that imports a command when it is used, so that ``--help`` is quick."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Entry:
    """Where a command lives (``module:attribute``) and the line that the list shows."""

    target: str
    help: str
    hidden: bool = False


def load(target: str, name: str) -> Any:
    """The command behind ``module:attribute``: a function with typed options or a Typer app."""
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command(name)(found)
        found = app
    return typer.main.get_command(found)


class Unloaded(TyperCommand):
    """Stands in the list for a command that is imported once it is called."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(
            name, callback=None, help=entry.help, short_help=entry.help, hidden=entry.hidden
        )
        self._target = entry.target

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:
        """The context of the real command."""
        assert self.name is not None
        real = load(self._target, self.name)
        return real.make_context(info_name, args, *rest, **more)


class LazyGroup(TyperGroup):
    """The commands of ``entries``, in their order."""

    entries: ClassVar[dict[str, Entry]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, hidden ones too."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The stand-in for a name; None when there is no such command."""
        entry = self.entries.get(cmd_name)
        return Unloaded(cmd_name, entry) if entry is not None else None
