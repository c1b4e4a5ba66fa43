"""Where commands find the servers: those of the variables, else those of a running ``up``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile

_ROLE: Final = "callsheet"
_TITLE: Final = "PostgreSQL"


def postgres_dsn(settings: Settings) -> str:
    """The address of PostgreSQL with its password.

    Raises:
        UserError: when no address is set and nothing runs in the home.
    """
    if settings.postgres_url is not None:
        return settings.postgres_dsn
    known = RunFile.read(settings.home)
    if known is None or _TITLE not in known.addresses:
        raise UserError(
            f"No PostgreSQL is known: nothing runs in {settings.home}. Start it with "
            "./callsheet up, or set CALLSHEET_POSTGRES_URL."
        )
    scheme, _, rest = known.addresses[_TITLE].partition("://")
    return f"{scheme}://{_ROLE}:{_password(settings.home)}@{rest}"


def _password(home: Path) -> str:
    return (home / "postgres.password").read_text(encoding="utf-8").strip()
