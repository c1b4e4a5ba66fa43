"""Figures: what a demo, a bench or an eval measured, against which goal, on which machine.

One object for all of them: ``ok``, ``checks`` (name to ok, value, unit, goal, peer), and beside
them the spread of repeated measurements, the machine and the versions. ``ok`` is true only when
every planned check ran and holds.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal

import psutil
from rich.table import Table

Value = float | int | str | bool
Peer = Value | Mapping[str, Value]

_CPU_INFO: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a value should be, as a comparison that reads well: ``>= 25``."""

    comparison: str
    bound: Value

    def __str__(self) -> str:
        return f"{self.comparison} {self.bound}"

    def holds(self, value: Value) -> bool:
        """Whether the value reaches the goal. A value of another kind never does."""
        if self.comparison == "==":
            return value == self.bound
        if isinstance(value, str) or isinstance(self.bound, str):
            return False
        return value >= self.bound if self.comparison == ">=" else value <= self.bound


def at_least(bound: float) -> Goal:
    """The value reaches the bound."""
    return Goal(">=", bound)


def at_most(bound: float) -> Goal:
    """The value stays within the bound."""
    return Goal("<=", bound)


def equals(bound: Value) -> Goal:
    """The value is this one."""
    return Goal("==", bound)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was measured, or the reason why it was not."""

    ok: bool
    value: Value | None = None
    unit: str = ""
    goal: str | None = None
    peer: Peer | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The five fields of every check, and the reason where one is given."""
        fields = {
            "ok": self.ok,
            "value": self.value,
            "unit": self.unit,
            "goal": self.goal,
            "peer": self.peer,
        }
        return fields | ({"reason": self.reason} if self.reason else {})


class Figures:
    """Collects the checks that were planned; one that nobody reports counts as failed."""

    def __init__(self, title: str, planned: Sequence[str]) -> None:
        self.title = title
        self._checks = {name: Check(ok=False, reason="It did not run.") for name in planned}
        self._spread: dict[str, dict[str, float]] = {}
        self._versions = {"python": platform.python_version()}
        self._more: dict[str, Any] = {}

    @property
    def ok(self) -> bool:
        """Whether every planned check ran and holds."""
        return bool(self._checks) and all(check.ok for check in self._checks.values())

    @property
    def checks(self) -> Mapping[str, Check]:
        return self._checks

    def measured(
        self,
        name: str,
        value: Value,
        unit: str,
        *,
        goal: Goal | None = None,
        peer: Peer | None = None,
        rounds: Sequence[float] = (),
    ) -> None:
        """Report a value. Without a goal, having been measured is enough.

        ``rounds`` are the repeated measurements behind it, kept as their spread.
        """
        held = goal is None or goal.holds(value)
        self._checks[name] = Check(held, value, unit, None if goal is None else str(goal), peer)
        if rounds:
            self.spread(name, rounds)

    def failed(self, name: str, reason: str) -> None:
        """Report that a check could not run, and why."""
        self._checks[name] = Check(ok=False, reason=reason)

    def spread(self, name: str, rounds: Sequence[float]) -> None:
        """Keep the spread of repeated measurements, of a check or of a peer."""
        self._spread[name] = {
            "rounds": len(rounds),
            "min": min(rounds),
            "median": median(rounds),
            "max": max(rounds),
        }

    def versions(self, *packages: str, **others: str) -> None:
        """Name what was measured with: installed packages, and servers with their versions."""
        self._versions |= {name: version(name) for name in packages} | others

    def add(self, **more: Any) -> None:
        """Put further facts beside the checks: ids, paths, timings. They do not affect ``ok``."""
        self._more |= more

    def as_json(self) -> dict[str, Any]:
        """The whole object."""
        return {
            **self._more,
            "title": self.title,
            "ok": self.ok,
            "checks": {name: check.as_json() for name, check in self._checks.items()},
            "spread": self._spread,
            "machine": machine(),
            "versions": self._versions,
        }

    def write(self, path: Path | None) -> None:
        """Write the object to a file, when one is asked for."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.as_json(), indent=2, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")

    def table(self) -> Table:
        """The checks for a reader at a terminal."""
        table = Table(title=self.title, title_justify="left")
        headings = ["", "check", "value", "unit", "goal", "peer"]
        if self._spread:
            headings.append("median (least to most)")
        for heading in headings:
            justify: Literal["right", "left"] = "right" if heading == "value" else "left"
            table.add_column(heading, justify=justify, overflow="fold")
        for name, check in self._checks.items():
            cells = (
                "[green]ok[/]" if check.ok else "[red]no[/]",
                name,
                check.reason or _readable(check.value),
                check.unit,
                check.goal or "",
                _readable(check.peer),
            )
            table.add_row(*cells, *([self._spread_of(name)] if self._spread else []))
        return table

    def _spread_of(self, name: str) -> str:
        """The spread of a check's rounds, where it had any."""
        known = self._spread.get(name)
        if known is None:
            return ""
        middle, least, most = (_readable(float(known[each])) for each in ("median", "min", "max"))
        return f"{middle} ({least} to {most})"


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, memory in bytes, system, load of the others."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "load_average_1m": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _readable(value: Peer | None) -> str:
    match value:
        case None:
            return ""
        case Mapping():
            return ", ".join(f"{name} {_readable(each)}" for name, each in value.items())
        case float():
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return value
