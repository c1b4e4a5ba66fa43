"""The bench of moderation, on a log in memory and a few hundred cases: what it measures, holds."""

from __future__ import annotations

from pathlib import Path

from activities.moderation.policies import PolicyDesk
from activities.moderation.undoing import PolicyUndo
from domain.catalog import EVENTS
from infra.cli.bench_moderation import EAGER, compared, enforced, filled, outcomes, undone
from infra.cli.moderation_crowd import BEGINNING, SPACING, Crowd, policy
from infra.eventlog.codec import CatalogCodec
from infra.eventlog.memory import MemoryEventLog
from infra.vault import FolderVault

CALM = policy(1, 600, 850)


async def test_an_undone_policy_leaves_every_case_as_if_it_had_never_been(tmp_path: Path) -> None:
    log, vault = MemoryEventLog(), FolderVault(tmp_path)
    crowd = Crowd(vault)
    policies = PolicyDesk(log, CatalogCodec(EVENTS), CALM)
    await policies.in_force(BEGINNING)
    await enforced(log, EAGER)
    await filled(log, crowd, 0, 150, EAGER, sealed=False)
    since, until = BEGINNING, BEGINNING + SPACING * 150
    before = await outcomes(log, since, until)
    undo = PolicyUndo(log, CatalogCodec(EVENTS), policies, vault)
    found = await undone(log, undo, crowd, 0, 150, until)
    assert found.before == before
    assert found.over_blocked > 30
    assert found.differing == 0
    await undo.reverse(found.done.batch_id, until)
    assert await outcomes(log, since, until) == before


async def test_what_if_leaves_erased_people_out_and_repeats_itself(tmp_path: Path) -> None:
    log, vault = MemoryEventLog(), FolderVault(tmp_path)
    crowd = Crowd(vault)
    await filled(log, crowd, 0, 60, CALM)
    await vault.destroy(crowd.accounts[7])
    _, told = await compared(log, vault, BEGINNING)
    _, again = await compared(log, vault, BEGINNING)
    assert told == again
    assert (told.cases, told.erased) == (59, 1)
