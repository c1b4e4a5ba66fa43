"""The command line: ``./callsheet COMMAND``, or ``python -m infra.cli COMMAND`` from the root."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final

import typer

from infra.cli.lazy import Entry, LazyGroup
from infra.errors import UserError

COMMANDS: Final = {
    "demo": Entry(
        "infra.cli.demo:app",
        "Three videos from text, to MP4s; or cameos; or a film traced back.",
    ),
    "up": Entry("infra.cli.up:up", "Start everything, print the addresses, and stay."),
    "status": Entry("infra.cli.status:status", "What runs here, and where it answers."),
    "cameo": Entry("infra.cli.cameo:app", "Enrol yourself, a pet or an object."),
    "cameos": Entry("infra.cli.cameos:app", "Look at every stored enrolment again."),
    "test": Entry("infra.cli.test:test", "Run the tests with servers of their own."),
    "check": Entry("infra.cli.check:check", "Lint, types, import contracts, fast tests."),
    "verify": Entry("infra.cli.verify:verify", "Say which of our films a file is, if it is one."),
    "provenance": Entry("infra.cli.provenance:app", "Keys of marks and signatures; open cases."),
    "bench": Entry("infra.cli.bench:bench", "Measure one thing against its goal and its peers."),
    "policy": Entry("infra.cli.policy:app", "Publish a policy, see what it would do, undo it."),
    "eval": Entry("infra.cli.eval:evals", "Judge what models and rules decide."),
    "projections": Entry("infra.cli.projections:app", "Look at the read models, rebuild one."),
    "temporal": Entry("infra.cli.temporal:app", "Compare a server with temporal.yaml, apply it."),
    "run": Entry("infra.cli.processes:run", "Run one process.", hidden=True),
}

_INTERRUPTED: Final = 130
_USAGE: Final = 2


class _Commands(LazyGroup):
    entries = COMMANDS


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _callsheet() -> None:
    """Durable, consent-first production of AI video with real people's likeness.

    Every command has --help. --debug, anywhere, shows the trace behind an error.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code. Errors are one sentence unless debugging."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"] or ["--help"]
    command = typer.main.get_command(app)
    return _guarded(lambda: command(given, prog_name="callsheet", standalone_mode=False), debug)


def _guarded(run: Callable[[], object], debug_asked: bool) -> int:
    try:
        result = run()
    except KeyboardInterrupt:
        return _say("stopped by Ctrl-C.", _INTERRUPTED)
    except UserError as error:
        if debug_asked or _debug_is_set():
            raise
        return _say(str(error), error.exit_code)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:
        if debug_asked or _debug_is_set():
            raise
        usage = getattr(error, "format_message", None)
        if usage is not None:
            return _say(f"{usage()} See --help.", int(getattr(error, "exit_code", _USAGE)))
        return _say(_unexpected(error), 1)
    # with standalone_mode off, typer.Exit arrives as a return value
    return result if isinstance(result, int) else 0


def _debug_is_set() -> bool:
    # imported here: the settings take longer to load than --help takes to show
    from infra.settings import Settings

    try:
        return Settings.read().debug
    except UserError:
        return False


def _unexpected(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.startswith("infra."):
        return f"this installation has no {error.name}. Check out the repository again."
    first_line = str(error).partition("\n")[0][:300]
    return f"unexpected {type(error).__name__}: {first_line} Run it again with --debug for more."


def _say(sentence: str, code: int) -> int:
    print(f"callsheet: {sentence}", file=sys.stderr)  # noqa: T201 # this is the command line
    return code


def leave(code: int) -> None:
    """End the process. Temporal's native threads may abort an ordinary exit after a short run."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio" in sys.modules:
        import logging

        logging.shutdown()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
