"""Ports of 127.0.0.1 that stay the same from one start to the next."""

from __future__ import annotations

import json
import secrets
import socket
import time
from pathlib import Path
from typing import Final

from infra.embedded.private_files import write_private
from infra.errors import PortTaken, UserError

LOOPBACK: Final = "127.0.0.1"

# below the range that Linux and macOS hand to outgoing connections, so that nobody takes a
# remembered port by accident while its server is down
_FIRST: Final = 20_000
_LAST: Final = 32_000
_LETTING_GO_SECONDS_MAX: Final = 1.5


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def becomes_free(port: int) -> bool:
    """Whether the port is free now or within a moment: a killed server lets go a little late."""
    give_up_at = time.monotonic() + _LETTING_GO_SECONDS_MAX
    while not is_free(port):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.05)
    return True


class PortBook:
    """Which port each server of a home has, remembered in ``ports.json``. May block a moment."""

    def __init__(self, home: Path) -> None:
        self._path = home / "ports.json"
        self._known = _read(self._path)
        self._given: set[int] = set()

    def port(self, name: str, asked: int | None = None) -> int:
        """The port asked for, else the one remembered while it is free, else a new free one.

        Raises:
            PortTaken: when the port asked for is in use or was given to another name.
        """
        if asked:
            if asked in self._given or not becomes_free(asked):
                raise PortTaken(
                    f"Port {asked} for {name} is in use. Stop its owner or choose another "
                    f"with CALLSHEET_{name.upper()}_PORT."
                )
            return self._give(name, asked)
        remembered = self._known.get(name)
        if remembered and remembered not in self._given and becomes_free(remembered):
            return self._give(name, remembered)
        return self._give(name, self._new())

    def _new(self) -> int:
        taken = self._given | set(self._known.values())
        for _ in range(1000):
            port = _FIRST + secrets.randbelow(_LAST - _FIRST)
            if port not in taken and is_free(port):
                return port
        raise UserError(f"No port between {_FIRST} and {_LAST} is free. Stop some servers.")

    def _give(self, name: str, port: int) -> int:
        self._given.add(port)
        if self._known.get(name) != port:
            self._known[name] = port
            write_private(self._path, json.dumps(self._known, indent=2, sort_keys=True))
        return port


def _read(path: Path) -> dict[str, int]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): int(port) for name, port in known.items()}
