"""What went wrong for a person at the keyboard, in one sentence they can act on."""

from __future__ import annotations


class UserError(Exception):
    """An error whose message names the thing, its state and the next step; shown without a trace.

    ``exit_code`` is what the command line leaves with.
    """

    exit_code = 1


class ServerFailed(UserError):
    """A server of the laptop ended or did not answer in time; the end of its log is in the text."""


class AlreadyRunning(UserError):
    """Another ``callsheet up`` holds this home."""


class PortTaken(UserError):
    """A port that was asked for by number is in use."""
