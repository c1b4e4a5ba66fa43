"""Everything that may differ between two machines, read once from ``CALLSHEET_*`` variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.film.formats import FormatName
from infra.errors import UserError

ENV_PREFIX = "CALLSHEET_"

# 0 and "not said" both mean: take a free port and remember it in the home
Port = Annotated[int | None, Field(ge=0, le=65535), AfterValidator(lambda port: port or None)]
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """Addresses, ports, keys and patience. An address that is given is used, not started."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    home: AbsolutePath = Field(default=Path(".callsheet"), validate_default=True)

    temporal_address: str | None = None
    temporal_namespace: str = "callsheet"
    temporal_ui_url: str | None = None
    temporal_port: Port = None
    temporal_http_port: Port = None
    temporal_ui_port: Port = None
    temporal_metrics_port: Port = None

    postgres_url: SecretStr | None = None
    postgres_port: Port = None

    s3_endpoint: str | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_bucket: str = "callsheet"
    s3_region: str = "us-east-1"
    s3_secure: bool = False
    s3_public_endpoint: str | None = None
    """Host and port under which readers reach S3, where it differs from ours."""
    s3_port: Port = None

    api_host: str = "127.0.0.1"
    api_port: Port = None
    api_keys_file: AbsolutePath | None = None

    takes_kept_days: float = Field(default=7.0, ge=0, le=3650)
    """How long a shot's take is kept, to be found instead of sampled when its plan comes again."""

    otlp_endpoint: str | None = None
    metrics_ports: dict[str, int] = Field(default_factory=dict)
    """Ports of each process's metrics by role, as JSON; a free one where none is named."""
    log_format: Literal["auto", "json", "pretty"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    debug: bool = False

    film_format: FormatName = "h264"
    """In which codecs films are kept."""
    visible_mark: str = Field(default="AI MADE", pattern=r"^[ -~]{1,24}$")
    """The word that wanders over every export."""
    preview_seconds: float = Field(default=0.0, ge=0)
    """How often the studio takes a look at what it samples; 0: never."""

    moderation_url: str | None = None
    """An endpoint with OpenAI's chat completions whose model reads the policy; none is asked."""
    moderation_model: str = "gpt-oss-safeguard-20b"
    moderation_key: SecretStr | None = None
    moderation_seconds_max: float = Field(default=20.0, gt=0)

    servers_start_seconds_max: float = Field(default=60.0, gt=0)
    processes_start_seconds_max: float = Field(default=60.0, gt=0)
    drain_seconds_max: float = Field(default=20.0, gt=0)
    restart_delay_seconds_first: float = Field(default=0.5, gt=0)
    restart_delay_seconds_max: float = Field(default=15.0, gt=0)
    restart_calm_seconds: float = Field(default=30.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _split_the_s3_scheme(cls, given: object) -> object:
        """``http://host:port`` and ``https://host`` say whether the connection is secure."""
        if isinstance(given, dict) and isinstance(given.get("s3_endpoint"), str):
            scheme, separator, rest = given["s3_endpoint"].partition("://")
            if separator:
                secure = scheme.lower() == "https"
                return {**given, "s3_endpoint": rest.rstrip("/"), "s3_secure": secure}
        return given

    @classmethod
    def read(cls) -> Self:
        """The settings of this process; a wrong variable is named in one sentence.

        Raises:
            UserError: when a ``CALLSHEET_*`` variable has a value of the wrong kind.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ENV_PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            raise UserError(f"{name} is not usable: {first['msg']}. Correct or unset it.") from None

    def filled(self, **values: object) -> Self:
        """A copy with these values, validated like the rest."""
        return type(self).model_validate({**self.model_dump(), **values})

    def as_environment(self) -> dict[str, str]:
        """These settings as variables, secrets in clear: a child reads the same settings."""
        environment = {}
        for name, value in self:
            if value is None:
                continue
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            text = json.dumps(value) if isinstance(value, bool | dict) else str(value)
            environment[ENV_PREFIX + name.upper()] = text
        return environment

    @property
    def api_url(self) -> str:
        """Where the API answers; empty until a port is chosen."""
        return f"http://{self.api_host}:{self.api_port}" if self.api_port else ""

    @property
    def s3_url(self) -> str:
        """Where S3 answers, with its scheme; empty until it is known."""
        scheme = "https" if self.s3_secure else "http"
        return f"{scheme}://{self.s3_endpoint}" if self.s3_endpoint else ""

    @property
    def postgres_dsn(self) -> str:
        """The PostgreSQL address with its password.

        Raises:
            UserError: when no server was started and none was given.
        """
        if self.postgres_url is None:
            raise UserError(
                "No PostgreSQL is known. Start one with ./callsheet up, "
                "or set CALLSHEET_POSTGRES_URL."
            )
        return self.postgres_url.get_secret_value()

    @property
    def keys_file(self) -> Path:
        """The file with the API keys of client applications."""
        return self.api_keys_file or self.home / "api-keys.json"
