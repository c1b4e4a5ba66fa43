"""The turnstile before a free door: so often for one address, and so many at once for all.

Addresses are remembered in this process alone, for as long as they count, and nowhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from infra.api.problems import Trouble

INSIDE_OF_ONE_MAX: Final = 2
"""So that nobody fills the room alone by sending slowly."""
_ADDRESSES_MAX: Final = 20_000
_NEIGHBOURHOOD_BITS: Final = 64
"""One caller commonly holds all IPv6 addresses that begin with the same so many bits."""


@dataclass
class _Bucket:
    left: float
    at: float


class Turnstile:
    """Lets callers of one address through at a rate (a token bucket), and few of all at once."""

    def __init__(
        self,
        burst: int,
        a_minute: float,
        inside_max: int,
        working_max: int,
        now: Callable[[], float],
    ) -> None:
        self._burst, self._a_second = burst, a_minute / 60
        self._inside_max = inside_max
        self._inside: Counter[str] = Counter()
        self._working = asyncio.Semaphore(working_max)
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    @asynccontextmanager
    async def inside(self, address: str) -> AsyncIterator[None]:
        """Be one of those inside. Raises Trouble: 429 to this address, 503 when it is full."""
        name = neighbourhood(address)
        if self._inside[name] >= INSIDE_OF_ONE_MAX:
            raise _too_many(f"{INSIDE_OF_ONE_MAX} of its files are being looked at.", 5)
        if wait := self._wait(name):
            seconds = math.ceil(wait)
            a_minute = f"{self._a_second * 60:g} times a minute"
            raise _too_many(f"This door opens {a_minute}; again in {seconds} s.", seconds)
        if self._inside.total() >= self._inside_max:
            raise Trouble("verifier-busy")
        self._inside[name] += 1
        try:
            yield
        finally:
            self._inside[name] -= 1
            if not self._inside[name]:
                del self._inside[name]

    @asynccontextmanager
    async def at_work(self, waiting_seconds_max: float) -> AsyncIterator[None]:
        """Have one's turn at what costs time. Raises Trouble 503 when it does not come."""
        try:
            async with asyncio.timeout(waiting_seconds_max):
                await self._working.acquire()
        except TimeoutError:
            raise Trouble("verifier-busy") from None
        try:
            yield
        finally:
            self._working.release()

    def _wait(self, name: str) -> float:
        """Take one token of an address; the seconds until there is one, if there is none."""
        now = self._now()
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > _ADDRESSES_MAX:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._a_second)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0.0
        return (1 - bucket.left) / self._a_second


def _too_many(detail: str, seconds: int) -> Trouble:
    return Trouble("too-many-requests", detail, headers={"Retry-After": str(seconds)})


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv4 address, or the first half of an IPv6 address."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _NEIGHBOURHOOD_BITS), strict=False))
