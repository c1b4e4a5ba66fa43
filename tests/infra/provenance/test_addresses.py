"""Addresses that strangers give: only the public web is asked, within a size and a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from infra.provenance.addresses import (
    AddressRefused,
    AddressUnanswered,
    Fetcher,
    FileTooLarge,
    is_public,
)

FILM = b"the bytes of a film" * 100

INSIDE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:0a00:0001::1"),
    *("2001:0:4136:e378:8000:63bf:f5ff:fffe", "2001:db8::1"),
]
OUTSIDE = ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_lies_on_the_web_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("file:///etc/passwd", "ftp://example.org/film", "gopher://example.org/", "//example.org"),
        *("http://", "http://user:secret@example.org/film", "http://[", "http://\n", "data:,x"),
    ],
)
async def test_what_is_no_address_of_the_web_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        await Fetcher(1000, 5).fetch(address, tmp_path / "film")


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1/", "http://localhost:5432/", "http://[::1]/", "http://2130706433/"),
        *("http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://0/"),
        *("http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/"),
        *("http://[fe80::1%25lo]/", "http://127.0.0.1.:80/"),
    ],
)
async def test_however_it_is_spelled_this_machine_is_not_asked(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises((AddressRefused, AddressUnanswered)) as refused:
        await Fetcher(1000, 5).fetch(address, tmp_path / "film")
    assert "Nobody answers" not in str(refused.value), "it was connected to"
    assert not (tmp_path / "film").exists()


async def test_a_name_with_one_private_address_among_public_ones_is_refused(
    tmp_path: Path,
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14", "10.0.0.7"]

    with pytest.raises(AddressRefused, match="private or special network"):
        await Fetcher(1000, 5, resolve).fetch("http://films.example/", tmp_path / "film")


Answering = Callable[[str], bytes]


@asynccontextmanager
async def web(answering: Answering) -> AsyncIterator[int]:
    """A server that answers each path with these bytes; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(answering(request.split()[1].decode()))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def fetcher(bytes_max: int = 10_000, seconds_max: float = 5.0) -> Fetcher:
    """A fetcher for which ``films.example`` is this machine, and public."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if host == "films.example" else ["10.1.2.3"]

    return Fetcher(bytes_max, seconds_max, resolve, lambda address: address == "127.0.0.1")


Fetch = Callable[[Answering, Fetcher], Awaitable[bytes]]


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    async def fetched(answering: Answering, by: Fetcher) -> bytes:
        async with web(answering) as port:
            await by.fetch(f"http://films.example:{port}/film", tmp_path / "film")
        return (tmp_path / "film").read_bytes()

    return fetched


async def test_the_connection_goes_to_the_address_that_was_looked_at(fetch: Fetch) -> None:
    """The system knows no films.example, so nobody resolved the name a second time."""
    assert await fetch(lambda _: ok(FILM), fetcher()) == FILM


async def test_a_redirection_is_followed_by_the_same_rule(fetch: Fetch) -> None:
    there = {"/film": moved("/elsewhere"), "/elsewhere": ok(FILM)}
    assert await fetch(lambda path: there[path], fetcher()) == FILM
    with pytest.raises(AddressRefused, match="private or special network"):
        await fetch(lambda _: moved("http://inside.example/"), fetcher())
    with pytest.raises(AddressRefused, match="neither http nor https"):
        await fetch(lambda _: moved("file:///etc/passwd"), fetcher())
    with pytest.raises(AddressUnanswered, match="leads on more than 3 times"):
        await fetch(lambda _: moved("/film"), fetcher())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 10_001,
    ],
    ids=["declared", "sent"],
)
async def test_ten_gigabytes_are_not_fetched(fetch: Fetch, answer: bytes) -> None:
    with pytest.raises(FileTooLarge, match="10000 bytes"):
        await fetch(lambda _: answer, fetcher())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx", "status 206"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "connection ended"),
        (b"", "connection ended"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort", "connection ended"),
    ],
)
async def test_what_does_not_answer_with_a_file_is_told(
    fetch: Fetch, answer: bytes, said: str
) -> None:
    with pytest.raises(AddressUnanswered, match=said):
        await fetch(lambda _: answer, fetcher())


async def test_one_that_never_ends_its_answer_is_left(tmp_path: Path) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_pauses = b"HTTP/1.1 200 OK\r\nX-" + b"a" * 10_000
        for each in with_pauses:
            writer.write(bytes([each]))
            await asyncio.sleep(0.01)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AddressUnanswered, match=r"longer than 0\.3 s"):
            await fetcher(seconds_max=0.3).fetch(f"http://films.example:{port}/", tmp_path / "film")
