"""``bench NAME``: measure one thing against its goal, beside its peers or its floor."""

from __future__ import annotations

from typing import Final

import typer

from infra.cli.lazy import Entry, LazyGroup

BENCHES: Final = {
    "eventlog": Entry(
        "infra.cli.bench_eventlog:command", "Appends per second beside two other logs."
    ),
    "tax": Entry("infra.cli.bench_tax:bench", "What durability adds to a generation."),
    "sampler": Entry(
        "infra.cli.bench_sampler:bench", "The studio's throughput, idle device and deaths."
    ),
    "decode": Entry("infra.cli.bench_decode:bench", "Decode and prepare, beside four others."),
    "provenance": Entry(
        "infra.cli.bench_provenance:bench", "Marks, manifests and traces after hard treatment."
    ),
    "consent": Entry(
        "infra.cli.bench_consent:bench", "The same answer at every door; budgets under races."
    ),
    "moderation": Entry(
        "infra.cli.bench_moderation:bench", "What-if over recorded cases, and undoing a policy."
    ),
    "rebuild": Entry("infra.cli.bench_rebuild:bench", "Events per second of a rebuild, equality."),
}


class _Benches(LazyGroup):
    entries = BENCHES


bench = typer.Typer(cls=_Benches, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@bench.callback()
def _bench() -> None:
    """Measure one thing. Each prints its figures and takes --json FILE."""
