"""The page of moderation's figures, and the file from which cards read them.

Both are written by ``eval moderation --page`` and by nobody else. A part of an evaluation brings
its own figures and leaves those of the other parts as they were, and the page shows the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from activities.moderation.cards import (
    NAMES,
    PATH,
    Card,
    Counted,
    Figures,
    Measured,
    cards,
    figures,
)
from domain.moderation.finding import Detector
from domain.moderation.policy import Policy
from infra.cli import moderation_scores as scores
from infra.cli.moderation_scores import Count, Judged, Table
from infra.cli.moderation_trials import Trial

PAGE: Final = Path(__file__).parents[2] / "docs" / "moderation.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"
_NOTHING: Final = Counted(hits=0, misses=0, false=0, right_silence=0)
_SHOWN: Final = ("all", "by_detector", "by_rule", "by_category", "by_language", "by_kind")
_STRICT: Final = "strict"
_GRAVE: Final = ("minors", "sexual")


def of_trials(trials: Sequence[Trial], policy: Policy) -> Figures:
    """The figures of detectors that do not read prompts, and of the rules they speak for."""
    detectors, rules = {}, {}
    for trial in trials:
        name, version = trial.detector.name, trial.detector.version
        detectors[name] = Measured(
            version=version,
            of=trial.of,
            inputs={kind: each.counted() for kind, each in trial.by_kind().items()},
            note=trial.note,
            **trial.count.counted().model_dump(),
        )
        for clause, count in trial.by_rule().items() if trial.rules else ():
            rules[clause] = _measured(count, policy.sha256[:12], f"`{name}`: {trial.of}")
    return Figures(detectors=detectors, rules=rules)


def of_prompts(
    sets: Mapping[str, Sequence[Judged]], tables: Mapping[str, Mapping[str, Table]], policy: Policy
) -> Figures:
    """The figures of who reads prompts: of the first set, with every set's tables beside it."""
    name, judged = next(iter(sets.items()))
    of = f"{len(judged)} prompts of {name}.jsonl"
    versions = _versions(judged)
    rules = tables[name]["by_rule"].counts
    return Figures(
        detectors={
            each: _measured(count, versions[each], of)
            for each, count in tables[name]["by_detector"].counts.items()
        },
        rules={
            clause: _measured(count, policy.sha256[:12], of)
            for clause, count in rules.items()
            if count.hits + count.misses
        },
        tables={
            "all": {"all": {each: scores.overall(sets[each]).counted() for each in sets}},
            **{title: _beside(title, tables) for title in _SHOWN[1:]},
            _STRICT: {
                each: {
                    name: scores.strict_recall(sets[name], frozenset({each})).counted()
                    for name in sets
                }
                for each in _GRAVE
            },
        },
    )


def write(news: Figures, page: Path = PAGE, file: Path = PATH) -> Figures:
    """Put news into the file of the cards, and all that it holds into the page; all of it."""
    told = figures(file).with_news(news)
    file.write_text(told.model_dump_json(indent=1) + "\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}{shown(told)}{END}{after}", encoding="utf-8")
    return told


def shown(told: Figures) -> str:
    """Every table of the page, as Markdown."""
    parts = [_detectors(told), _inputs(told), _rules(told), *_strict(told)]
    return "\n".join([*parts, *(_table(title, told) for title in _SHOWN if title in told.tables)])


def _beside(title: str, tables: Mapping[str, Mapping[str, Table]]) -> dict[str, dict[str, Counted]]:
    """By row and set."""
    rows = sorted({row for each in tables.values() for row in each[title].counts})
    return {
        row: {
            name: each[title].counts[row].counted()
            for name, each in tables.items()
            if row in each[title].counts
        }
        for row in rows
    }


def _versions(judged: Iterable[Judged]) -> dict[str, str]:
    looks = (look for each in judged for look in each.findings.looks)
    return {look.detector.name: look.detector.version for look in looks}


def _measured(count: Count, version: str, of: str) -> Measured:
    return Measured(version=version, of=of, **count.counted().model_dump())


def _detectors(told: Figures) -> str:
    """A card a row; who was not measured stands there as well."""
    headings = ("detector", "version", "licence", "precision", "recall", *_COUNTS, "of")
    lines = _head(headings)
    for name in NAMES:
        found = told.detectors.get(name)
        version = found.version if found else "not measured"
        [card] = cards([Detector(name=name, version=version)], told)
        lines.append(_card(card))
    return "\n".join(lines) + "\n"


def _card(card: Card) -> str:
    if card.measured is None:
        return f"| `{card.name}` | | {card.licence} | not measured | not measured | | | | | |"
    return (
        f"| `{card.name}` | {card.version} | {card.licence} | {_shares(card.measured)} | "
        f"{_counts(card.measured)} | {card.measured.of} |"
    )


def _inputs(told: Figures) -> str:
    """By kind of input, of who does not read prompts."""
    lines = _head(("detector", "inputs", "to be found", "found", "to be let be", "false"))
    notes = []
    for name in NAMES:
        found = told.detectors.get(name)
        for kind, each in found.inputs.items() if found else ():
            there, clear = each.hits + each.misses, each.false + each.right_silence
            lines.append(f"| `{name}` | {kind} | {there} | {each.hits} | {clear} | {each.false} |")
        if found and found.note:
            notes.append(f"`{name}`: {found.note}.")
    return "\n".join([*lines, "", *notes]) + "\n"


def _rules(told: Figures) -> str:
    lines = _head(("rule", "precision", "recall", *_COUNTS, "of"))
    for clause, found in told.rules.items():
        lines.append(f"| {clause} | {_shares(found)} | {_counts(found)} | {found.of} |")
    return "\n".join(lines) + "\n"


def _table(title: str, told: Figures) -> str:
    """One table of the labelled sets beside each other."""
    rows = told.tables[title]
    names = list(told.tables["all"]["all"])
    heading = title.removeprefix("by_") if title != "all" else "blocked or held"
    columns = (f"{name}: {what}" for name in names for what in ("precision", "recall", *_COUNTS))
    lines = _head((heading, *columns))
    for row, sets in rows.items():
        found = (sets.get(name, _NOTHING) for name in names)
        cells = " | ".join(f"{_shares(each)} | {_counts(each)}" for each in found)
        lines.append(f"| {row} | {cells} |")
    return "\n".join(lines) + "\n"


def _strict(told: Figures) -> list[str]:
    """The gravest labels as if a human were cast; nothing else is judged so, hence no precision."""
    rows = told.tables.get(_STRICT, {})
    lines = _head(("as if a human were cast", "set", "recall", "right", "missed"))
    for label, sets in rows.items():
        for name, each in sets.items():
            recall = _shares(each).partition(" | ")[2]
            lines.append(f"| {label} | {name} | {recall} | {each.hits} | {each.misses} |")
    return ["\n".join(lines) + "\n"] if rows else []


_COUNTS: Final = ("right", "missed", "false", "rightly silent")


def _head(headings: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(headings)} |", "|" + " --- |" * len(headings)]


def _counts(found: Counted) -> str:
    return f"{found.hits} | {found.misses} | {found.false} | {found.right_silence}"


def _shares(found: Counted) -> str:
    shares = (found.precision, found.recall)
    return " | ".join("none" if each is None else f"{each:.3f}" for each in shares)
