"""How policies are told of at a terminal: which one decides, and what another would have done."""

from __future__ import annotations

from rich.table import Table

from domain.moderation.publishing import Policies
from domain.moderation.what_if import WhatIf


def told_of(policies: Policies) -> str:
    """Which revision decides, and how far the one that is being tried reaches."""
    deciding = f"Revision {policies.enforced[-1]} decides" if policies.enforced else "None decides"
    if policies.candidate is None:
        return f"{deciding} for all of the content."
    if policies.share is None:
        return f"{deciding}; revision {policies.candidate} watches: share or enforce it when seen."
    return f"{deciding}; revision {policies.candidate} does for {policies.share / 10:g} % of it."


def comparison_table(told: WhatIf) -> Table:
    """The comparison for a reader at a terminal."""
    title = (
        f"{told.cases:,} cases: {told.newly_blocked:,} newly blocked, {told.newly_held:,} newly "
        f"held, {told.newly_allowed:,} newly allowed; {told.erased:,} of erased people left out; "
        f"hash {told.sha256[:16]}"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("rule", "blocked", "held", "allowed", "appeals spared", "against humans"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    table.add_column("for example", overflow="fold")
    for each in told.rules:
        counts = (
            *(each.newly_blocked, each.newly_held, each.newly_allowed),
            *(each.appeals_spared, each.against_humans),
        )
        sample = each.samples[0] if each.samples else None
        example = f"{sample.case_id}, {sample.place}, {sample.score}" if sample else ""
        table.add_row(each.clause, *(f"{count:,}" for count in counts), example)
    return table
