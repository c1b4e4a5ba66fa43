"""A policy as a person writes it, in TOML or JSON, and what is wrong with it, with its place."""

from __future__ import annotations

import json
import tomllib
from typing import Any, Final, Literal

from pydantic import ValidationError

from domain.kernel.errors import Refusal
from domain.moderation.policy import Policy

CHARACTERS_MAX: Final = 2_000_000
_COMPLAINTS_MAX: Final = 5
Form = Literal["TOML", "JSON"]


class PolicyUnusable(Refusal):
    """The policy cannot be used as it is; the one in force stays in force."""

    code = "policy-unusable"
    stage = "publication"
    next_step = "Correct the file at the places named, and give it again."


def parse_policy(text: str, *, revision: int | None = None, form: Form = "TOML") -> Policy:
    """The policy that a file holds. Raises PolicyUnusable, which names every place at fault.

    ``revision`` replaces the file's own: whoever publishes counts.
    """
    if len(text) > CHARACTERS_MAX:
        raise PolicyUnusable(f"It is longer than {CHARACTERS_MAX:,} characters.")
    try:
        given = tomllib.loads(text) if form == "TOML" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyUnusable(f"It is no {form}: {str(error)[:200]}.") from None
    if not isinstance(given, dict):
        raise PolicyUnusable("It is no table of fields.")
    if revision is not None:
        given["revision"] = revision
    try:
        return Policy.model_validate(_as_fields(given))
    except ValidationError as error:
        raise PolicyUnusable(_complaints(error, given)) from None


def _as_fields(given: dict[str, Any]) -> dict[str, Any]:
    """Tables that read well in a file, as the lists that the model has."""
    required = given.get("required", {})
    if isinstance(required, dict):
        pairs = [
            (stage, name)
            for stage, names in required.items()
            for name in (names if isinstance(names, list) else [names])
        ]
        given = given | {"required": pairs}
    rules = given.get("rules")
    if isinstance(rules, list):
        given = given | {"rules": [_rule(each) for each in rules]}
    return given


def _rule(given: Any) -> Any:
    if not isinstance(given, dict) or not isinstance(given.get("surfaces"), dict):
        return given
    surfaces = [
        {"surface": surface, "threshold": threshold}
        for surface, threshold in given["surfaces"].items()
    ]
    return given | {"surfaces": surfaces}


def _complaints(error: ValidationError, given: dict[str, Any]) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [f"{_place(each['loc'], given)}: {_plain(each['msg'])}." for each in found]
    more = len(said) - _COMPLAINTS_MAX
    return " ".join([*said[:_COMPLAINTS_MAX], *([f"And {more} more."] if more > 0 else [])])


def _place(location: tuple[int | str, ...], given: dict[str, Any]) -> str:
    """Where in the file; a rule by its clause where it has one."""
    rules = given.get("rules")
    match location:
        case ("rules", int(number), *rest) if isinstance(rules, list) and number < len(rules):
            rule = rules[number]
            clause = rule.get("clause") if isinstance(rule, dict) else None
            name = f"rule {clause}" if isinstance(clause, str) else f"rule {number + 1}"
            return ", ".join([name, *map(str, rest)])[:200]
        case ():
            return "The policy"
    return ", ".join(map(str, location))[:200]


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")[:300]
