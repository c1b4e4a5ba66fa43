"""Where commands find the servers: those of the variables, else those of a running ``up``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.embedded.s3 import S3Keys
from infra.errors import UserError
from infra.settings import Settings
from infra.supervision.home import RunFile

_ROLE: Final = "callsheet"
_TITLE: Final = "PostgreSQL"
_S3: Final = "S3"


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


def with_servers(settings: Settings) -> Settings:
    """These settings with the addresses and keys of PostgreSQL and of S3.

    Raises:
        UserError: when one of them is not set and nothing runs in the home.
    """
    found: dict[str, object] = {"postgres_url": postgres_dsn(settings)}
    if settings.s3_endpoint is None:
        known = RunFile.read(settings.home)
        if known is None or _S3 not in known.addresses:
            raise UserError(
                f"No S3 is known: nothing runs in {settings.home}. Start it with ./callsheet up, "
                "or set CALLSHEET_S3_ENDPOINT, CALLSHEET_S3_ACCESS_KEY and "
                "CALLSHEET_S3_SECRET_KEY."
            )
        keys = S3Keys.kept(settings.home / "s3" / "keys.json")
        found |= {
            "s3_endpoint": known.addresses[_S3],
            "s3_access_key": keys.access,
            "s3_secret_key": keys.secret,
        }
    return settings.filled(**found)


def _password(home: Path) -> str:
    return (home / "postgres.password").read_text(encoding="utf-8").strip()
