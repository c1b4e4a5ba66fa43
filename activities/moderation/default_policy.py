"""The policy that comes with the project, and is in force until another is published."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from domain.moderation.policy import Policy
from domain.moderation.policy_text import parse_policy

PATH: Final = Path(__file__).with_name("policy.toml")


@cache
def default_policy() -> Policy:
    """The policy of ``policy.toml``. Raises PolicyUnusable where somebody broke it."""
    return parse_policy(PATH.read_text(encoding="utf-8"))
