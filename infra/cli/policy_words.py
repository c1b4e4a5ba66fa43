"""How policies are told of at a terminal: which one decides, and what another would have done."""

from __future__ import annotations

from rich.table import Table

from activities.moderation.comparing import Progress
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


def still_decides(policies: Policies, revision: int) -> str | None:
    """What to do where a revision that was undone goes on deciding; None where it does not."""
    in_force = bool(policies.enforced) and policies.enforced[-1] == revision
    if not in_force and (policies.candidate != revision or policies.share is None):
        return None
    if policies.candidate in (None, revision):
        how = "./callsheet policy rollback"
    else:
        how = f"./callsheet policy rollback, twice: it takes candidate {policies.candidate} first"
    return (
        f"Revision {revision} still decides about what comes now. End that with {how}. "
        "Then undo what it decides between the end of this period and that."
    )


def progress_line(progress: Progress) -> str:
    """How far a comparison is."""
    return (
        f"{progress.cases:,} cases; {progress.films:,} films looked at again, "
        f"{progress.kept:,} as an earlier run had seen them"
    )


def unseen_line(told: WhatIf) -> str:
    """Where changed detectors did not look again, why not, and what to do."""
    reasons = (
        (told.deleted, "deleted or taken down"),
        (told.missing, "no longer kept"),
        (told.failed, "could not be looked at"),
        (told.later, "left for another run"),
    )
    named = ", ".join(f"{count:,} {why}" for count, why in reasons if count)
    line = f"{told.not_rerun:,} cases are judged by what was recorded of them: {named}."
    if told.later:
        line += " Ask the same again: it goes on there, and until then its hash stands for less."
    return line


def comparison_table(told: WhatIf) -> Table:
    """The comparison for a reader at a terminal."""
    title = (
        f"{told.cases:,} cases: {told.newly_blocked:,} newly blocked, {told.newly_held:,} newly "
        f"held, {told.newly_allowed:,} newly allowed; {told.rerun:,} looked at again, "
        f"{told.films_rerun:,} of them films; {told.erased:,} of erased people left out; "
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
