"""The results of ``bench eventlog``: who was how fast, on which disk, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table


@dataclass
class Results:
    """Appends per second by disk, contestant and number of writers, one value a round."""

    rounds: dict[tuple[str, str, int], list[float]] = field(default_factory=dict)

    def add(self, disk: str, name: str, writers: int, rate: float) -> None:
        """Keep one race."""
        self.rounds.setdefault((disk, name, writers), []).append(rate)

    def median(self, disk: str, name: str, writers: int) -> float:
        """The middle of a contestant's rounds."""
        return median(self.rounds[disk, name, writers])

    def times(self, name: str, peer: str, disk: str, writers: int) -> list[float]:
        """How many times as fast as a peer a contestant was, round by round."""
        ours, theirs = (self.rounds[disk, each, writers] for each in (name, peer))
        return [our / their for our, their in zip(ours, theirs, strict=True)]

    def table(self, widths: Sequence[int]) -> Table:
        """All of it, a row for each contestant on each disk."""
        table = Table(title="appends per second, median (least-most)", title_justify="left")
        table.add_column("disk", overflow="fold")
        table.add_column("who", overflow="fold")
        for writers in widths:
            table.add_column(f"{writers} at once", justify="right")
        for disk, name in dict.fromkeys((disk, name) for disk, name, _ in self.rounds):
            cells = [_cell(self.rounds.get((disk, name, writers), ())) for writers in widths]
            table.add_row(disk, name, *cells)
        return table


def _cell(rounds: Sequence[float]) -> str:
    if not rounds:
        return ""
    return f"{median(rounds):,.0f} ({min(rounds):,.0f}-{max(rounds):,.0f})"
