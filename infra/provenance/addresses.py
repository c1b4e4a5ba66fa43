"""Fetching a file from an address that a stranger gave, and never from inside our own network.

A name is resolved once, every address that it has must be public, and the connection goes to the
address that was looked at, so that the name cannot mean something else a moment later. Redirections
are followed by the same rule, a few of them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpcore
import httpx

from domain.kernel.errors import Refusal

Resolve = Callable[[str, int], Awaitable[list[str]]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_SECONDS_MAX: Final = 5.0
SILENCE_SECONDS_MAX: Final = 10.0
HOPS_MAX: Final = 3

_HOST: Final = re.compile(rb"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?")
_SCHEMES: Final = frozenset({"http", "https"})
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_SPECIAL: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "5f00::/16"),
        "168.63.129.16/32",  # public by its number, and a cloud's own inside it
    )
)
"""Beside what the standard library knows of (IANA's registries of special addresses)."""


class AddressRefused(Refusal):
    """This address is not one that a file can be fetched from."""

    code = "address-refused"
    stage = "provenance"
    next_step = "Give a public http or https address without a name or password in it."


class AddressUnanswered(Refusal):
    """No file can be fetched from this address."""

    code = "address-unanswered"
    stage = "provenance"
    next_step = "Check that the address can be opened without signing in, or upload the file."


class FileTooLarge(Refusal):
    """The file is larger than this door takes."""

    code = "file-too-large"
    stage = "provenance"
    next_step = "Send a shorter part of it, or the same at a smaller size."


def is_public(text: str) -> bool:
    """Whether an IP address lies outside every private, local and special network."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_link_local
        and not any(address in network for network in _SPECIAL)
    )


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that this one leads to by translation or a tunnel."""
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


async def resolved(host: str, port: int) -> list[str]:
    """Every IP address of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that it has looked at, and to no others."""

    def __init__(self, resolve: Resolve, permitted: Callable[[str], bool]) -> None:
        self._resolve, self._permitted = resolve, permitted
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to a public address of the host. Raises AddressRefused."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise AddressUnanswered("Its name is not known.") from None
        if not addresses or not all(self._permitted(each) for each in addresses):
            raise AddressRefused("It leads to a private or special network.")
        for address in addresses:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._inner.connect_tcp(address, port, timeout, local_address)
        raise AddressUnanswered("Nobody answers there.")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise AddressRefused

    async def sleep(self, seconds: float) -> None:
        """As the library wants it."""
        await asyncio.sleep(seconds)


class Fetcher:
    """Fetches files within a size and a time."""

    def __init__(
        self,
        bytes_max: int,
        seconds_max: float,
        resolve: Resolve = resolved,
        permitted: Callable[[str], bool] = is_public,
    ) -> None:
        self._bytes_max, self._seconds_max = bytes_max, seconds_max
        self._network = _Guarded(resolve, permitted)

    async def fetch(self, address: str, target: Path) -> None:
        """Write what an address holds. Raises AddressRefused, AddressUnanswered, FileTooLarge."""
        try:
            async with asyncio.timeout(self._seconds_max):
                await self._follow(address, target)
        except TimeoutError:
            raise AddressUnanswered(f"It took longer than {self._seconds_max:g} s.") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise AddressUnanswered(f"The connection ended with {type(error).__name__}.") from None

    async def _follow(self, address: str, target: Path) -> None:
        url = _parsed(address)
        async with httpcore.AsyncConnectionPool(network_backend=self._network) as pool:
            for _ in range(HOPS_MAX + 1):
                moved = await self._get(pool, url, target)
                if moved is None:
                    return
                url = _parsed(str(url.join(moved)))
        raise AddressUnanswered(f"It leads on more than {HOPS_MAX} times.")

    async def _get(
        self, pool: httpcore.AsyncConnectionPool, url: httpx.URL, target: Path
    ) -> str | None:
        """Write what is there, or say where it has moved to."""
        where = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [("Accept", "video/*, */*"), ("Accept-Encoding", "identity")]
        patience = {"connect": CONNECT_SECONDS_MAX, "read": SILENCE_SECONDS_MAX}
        async with pool.stream(
            "GET", where, headers=headers, extensions={"timeout": patience}
        ) as answer:
            said = {name.lower(): value for name, value in answer.headers}
            if answer.status in _MOVED and b"location" in said:
                return said[b"location"].decode("latin-1")
            if answer.status != 200:
                raise AddressUnanswered(f"It answers with status {answer.status}.")
            declared = said.get(b"content-length", b"").decode("latin-1")
            if declared.isdecimal() and len(declared) < 20 and int(declared) > self._bytes_max:
                raise self._too_large()
            await self._write(answer, target)
        return None

    async def _write(self, answer: httpcore.Response, target: Path) -> None:
        size = 0
        with await asyncio.to_thread(target.open, "wb") as file:
            async for piece in answer.aiter_stream():
                size += len(piece)
                if size > self._bytes_max:
                    raise self._too_large()
                await asyncio.to_thread(file.write, piece)

    def _too_large(self) -> FileTooLarge:
        return FileTooLarge(f"The limit is {self._bytes_max} bytes.")


def _parsed(address: str) -> httpx.URL:
    """An address that names a host on the web, and nobody's password. Raises AddressRefused."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise AddressRefused("It cannot be read.") from None
    if url.scheme not in _SCHEMES:
        raise AddressRefused("Its scheme is neither http nor https.")
    if not _HOST.fullmatch(url.raw_host) or url.userinfo:
        raise AddressRefused("It names no host, or carries a password.")
    return url
