"""One way to reach Temporal: our converter, our codec, and an identity that says who is calling."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import RPCError, TLSConfig

from infra.errors import UserError
from infra.settings import ENV_PREFIX, Settings
from infra.telemetry.traces import temporal_plugins
from infra.temporal import payload_keys
from infra.temporal.codec import EncryptingCodec
from infra.temporal.failures import DiscreetFailureConverter, SealedFailureConverter
from infra.temporal.payload_keys import PayloadKeys
from infra.temporal.payloads import DiscreetPayloadConverter

CONNECT_SECONDS_MAX: Final = 30.0
_ATTEMPT: Final = timedelta(seconds=5)
_PAUSE_SECONDS: Final = 0.25


class TemporalUnreachable(UserError):
    """No Temporal server answered at the address that was given."""


class TemporalAccess(BaseSettings):
    """What a server away from this machine asks for, Temporal Cloud for instance."""

    model_config = SettingsConfigDict(env_prefix=f"{ENV_PREFIX}TEMPORAL_", frozen=True)

    api_key: SecretStr | None = None
    tls: bool = False
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    tls_server_name: str | None = None

    def tls_config(self) -> TLSConfig | bool:
        """How the connection is secured. An API key is never sent in clear."""
        files = (self.tls_ca_file, self.tls_cert_file, self.tls_key_file)
        if not any(files) and not self.tls_server_name:
            return self.tls or self.api_key is not None
        authority, certificate, key = (file.read_bytes() if file else None for file in files)
        return TLSConfig(
            server_root_ca_cert=authority,
            client_cert=certificate,
            client_private_key=key,
            domain=self.tls_server_name,
        )


def data_converter(keys: PayloadKeys | None) -> DataConverter:
    """Models as JSON, refusals that quote nothing and, with keys, everything encrypted."""
    return DataConverter(
        payload_converter_class=DiscreetPayloadConverter,
        payload_codec=EncryptingCodec(keys) if keys else None,
        failure_converter_class=SealedFailureConverter if keys else DiscreetFailureConverter,
    )


def identity(role: str) -> str:
    """Who the server sees: the role, the host and the process."""
    return f"callsheet/{role}@{socket.gethostname()}/{os.getpid()}"


async def connect(
    settings: Settings,
    *,
    role: str,
    lazy: bool = False,
    seconds_max: float = CONNECT_SECONDS_MAX,
) -> Client:
    """A client for this role, which keeps trying for some seconds; ``lazy`` ones connect later.

    Payloads are encrypted when the home holds payload keys. Raises ``TemporalUnreachable``.
    """
    address = settings.temporal_address
    if address is None:
        raise TemporalUnreachable(
            "No Temporal server is known. Start one with ./callsheet up or set "
            "CALLSHEET_TEMPORAL_ADDRESS."
        )
    deadline = asyncio.get_running_loop().time() + seconds_max
    while True:
        try:
            return await _connected(settings, address, role, lazy)
        except (RPCError, RuntimeError) as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise TemporalUnreachable(
                    f"Temporal did not answer at {address} for {seconds_max:g} seconds "
                    f"({type(error).__name__}). Check that it runs and that the address is right."
                ) from error
        await asyncio.sleep(_PAUSE_SECONDS)


async def _connected(settings: Settings, address: str, role: str, lazy: bool) -> Client:
    access = TemporalAccess()
    return await Client.connect(
        address,
        namespace=settings.temporal_namespace,
        api_key=access.api_key.get_secret_value() if access.api_key else None,
        tls=access.tls_config(),
        data_converter=data_converter(payload_keys.find(settings.home)),
        plugins=temporal_plugins(settings),
        identity=identity(role),
        connect_timeout=_ATTEMPT,
        lazy=lazy,
    )
