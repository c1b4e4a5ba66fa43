"""Refusals: what is the case, said so that a person and a program can both act on it."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """The request cannot be granted as things stand.

    A subclass states the situation in its docstring, which is its message, and names its
    machine-readable ``code``, the ``stage`` at which it is met and the ``next_step``.
    """

    code: ClassVar[str] = "refused"
    stage: ClassVar[str] = "admission"
    next_step: ClassVar[str] = "Change the request and send it again."

    def __init__(self, detail: str = "") -> None:
        message = (type(self).__doc__ or "").strip().split("\n", 1)[0]
        super().__init__(f"{message} {detail}".strip())


class Mishap(Exception):
    """Something went wrong that may go right when it is tried again, a few times at most.

    Like a refusal, a subclass states the situation in its docstring, which is its message, and its
    words quote nobody.
    """

    code: ClassVar[str] = "mishap"
    stage: ClassVar[str] = "work"
    next_step: ClassVar[str] = "Give the operator this id; the worker's log names the place."

    def __init__(self, detail: str = "") -> None:
        message = (type(self).__doc__ or "").strip().split("\n", 1)[0]
        super().__init__(f"{message} {detail}".strip())
