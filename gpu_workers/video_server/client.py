"""The routes of ``/v1/videos``, one call each; who waits and tries again is decided elsewhere.

The server's own words are never repeated: its errors may hold prompts. Nothing but the configured
server is spoken to: no redirect is followed, and no proxy is taken from the environment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import httpx

from gpu_workers.video_server.answers import Job, Status, read_job
from gpu_workers.video_server.form import Order, form
from gpu_workers.video_server.refusals import (
    SubmissionUncertain,
    VideoAnswerUnreadable,
    VideoFilmTruncated,
    VideoFilmUnsuitable,
    VideoJobLost,
    VideoRequestRejected,
    VideoServerKeyRefused,
    VideoServerUnavailable,
)
from gpu_workers.video_server.settings import VideoServerSettings

_ROUTE: Final = "/v1/videos"
_ANSWER_BYTES_MAX: Final = 4 << 20
_PAGE: Final = 100
_PAGES_MAX: Final = 20
_TOLD_TO_WAIT_SECONDS_MAX: Final = 60.0
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class VideoServerBusy(VideoServerUnavailable):
    """The video server asked to be left alone for ``seconds``; it did nothing."""

    def __init__(self, seconds: float) -> None:
        super().__init__("The video server is busy.")
        self.seconds = seconds


class VideoServerClient:
    """One conversation with one server."""

    def __init__(self, settings: VideoServerSettings) -> None:
        key = settings.api_key
        self._settings = settings
        self._http = httpx.Client(
            base_url=settings.base_url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(settings.request_seconds_max),
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def submit(self, order: Order) -> Job:
        """Ask for a video.

        Raises VideoServerBusy and VideoServerUnavailable when surely nothing was begun,
        SubmissionUncertain when that is not known, VideoRequestRejected, VideoServerKeyRefused.
        """
        files: dict[str, Any] = {
            name: (None, value) for name, value in form(order, self._settings).items()
        }
        if order.picture is not None:
            files["input_reference"] = ("first.png", order.picture, "image/png")
        try:
            with self._http.stream("POST", _ROUTE, files=files) as answer:
                if answer.status_code in _BUSY:
                    raise _busy(answer)
                if answer.is_server_error:
                    raise SubmissionUncertain(_status_of(answer))
                if not answer.is_success:
                    raise _refused(answer)
                return self._job(_json_of(answer))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise VideoServerUnavailable(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise SubmissionUncertain(type(error).__name__) from None

    def look(self, job_id: str) -> Job | None:
        """The job as it stands; None when the server does not know it."""
        with self._answer("GET", f"{_ROUTE}/{job_id}") as answer:
            if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return None
            job = self._job(_json_of(_expected(answer)))
        if job.id != job_id:
            raise VideoAnswerUnreadable("The server answered with another job.")
        return None if job.status is Status.GONE else job

    def find(self, mark: str) -> Job | None:
        """The newest job with our mark that has not failed; None where none is kept."""
        if self._settings.engine.marker is None:
            return None
        for said in self._listed():
            job = self._job(said)
            if job.mark == mark and job.status not in (Status.FAILED, Status.GONE):
                return job
        return None

    def alike(self, order: Order) -> list[Job]:
        """The jobs whose records name this order's prompt, size and length, the newest first."""
        told = form(order, self._settings)
        return [
            self._job(said)
            for said in self._listed()
            if all(str(said.get(name)) == told[name] for name in ("prompt", "size", "seconds"))
        ]

    def delete(self, job_id: str) -> bool:
        """Remove a job; False when the server says that it could not."""
        with self._answer("DELETE", f"{_ROUTE}/{job_id}") as answer:
            if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return True
            if answer.status_code == HTTPStatus.CONFLICT:
                return False
            _expected(answer)
            return True

    def fetch(self, job_id: str, path: Path, on_wait: Callable[[], None]) -> None:
        """Write the finished film to ``path``, all of it; ``on_wait`` is called as it comes.

        Raises VideoJobLost where there is none, VideoFilmTruncated where it breaks off,
        VideoFilmUnsuitable where it is too large, VideoServerUnavailable where it takes too long.
        """
        began = time.monotonic()
        with self._answer("GET", f"{_ROUTE}/{job_id}/content") as answer:
            if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                raise VideoJobLost("It is completed, and its film is missing.")
            promised = _promised_bytes(_expected(answer))
            self._require_small(promised or 0)
            written = 0
            with path.open("wb") as file:
                for chunk in _pieces(answer):
                    written += file.write(chunk)
                    self._require_small(written)
                    if time.monotonic() - began > self._settings.fetch_seconds_max:
                        raise VideoServerUnavailable("The film came too slowly.")
                    on_wait()
        if written == 0 or promised not in (None, written):
            raise VideoFilmTruncated(f"{written} of {promised} bytes came.")

    def _listed(self) -> Iterator[dict[str, Any]]:
        after: str | None = None
        for _ in range(_PAGES_MAX):
            query: dict[str, str | int] = {"limit": _PAGE, "order": "desc"}
            if after is not None:
                query["after"] = after
            with self._answer("GET", _ROUTE, params=query) as answer:
                said = _json_of(_expected(answer))
            page = said.get("data") if isinstance(said, dict) else None
            if not isinstance(page, list):
                raise VideoAnswerUnreadable("The list of jobs is not a list.")
            jobs = [self._job(each) for each in page]  # of the agreed shape, all of them
            yield from page
            if len(jobs) < _PAGE:
                return
            after = jobs[-1].id

    def _job(self, said: Any) -> Job:
        return read_job(said, self._settings.engine.marker)

    def _require_small(self, size: int) -> None:
        limit = self._settings.film_bytes_max
        if size > limit:
            raise VideoFilmUnsuitable(f"It has more than {limit >> 20} MiB.")

    @contextmanager
    def _answer(
        self, method: str, path: str, params: dict[str, str | int] | None = None
    ) -> Iterator[httpx.Response]:
        try:
            with self._http.stream(method, path, params=params) as answer:
                yield answer
        except httpx.HTTPError as error:
            raise VideoServerUnavailable(type(error).__name__) from error


def _expected(answer: httpx.Response) -> httpx.Response:
    if answer.status_code in _BUSY:
        raise _busy(answer)
    if answer.is_server_error:
        raise VideoServerUnavailable(_status_of(answer))
    if not answer.is_success:
        raise _refused(answer)
    return answer


def _busy(answer: httpx.Response) -> VideoServerBusy:
    told = answer.headers.get("retry-after", "")
    seconds = float(told) if told.isascii() and told.isdigit() else 0.0
    return VideoServerBusy(min(seconds, _TOLD_TO_WAIT_SECONDS_MAX))


def _refused(answer: httpx.Response) -> Exception:
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return VideoServerKeyRefused(_status_of(answer))
    return VideoRequestRejected(_status_of(answer))


def _status_of(answer: httpx.Response) -> str:
    return f"It answered with status {answer.status_code}."


def _promised_bytes(answer: httpx.Response) -> int | None:
    told = answer.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _pieces(answer: httpx.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_raw()  # as they come: a slow film must not make us deaf
    except httpx.RemoteProtocolError:
        raise VideoFilmTruncated("The connection ended before the film did.") from None


def _json_of(answer: httpx.Response) -> Any:
    """The answer's JSON, not read further than any honest one would be long."""
    raw = bytearray()
    for chunk in answer.iter_bytes():
        raw += chunk
        if len(raw) > _ANSWER_BYTES_MAX:
            raise VideoAnswerUnreadable(f"It is longer than {_ANSWER_BYTES_MAX} bytes.")
    try:
        return json.loads(raw)
    except ValueError:
        raise VideoAnswerUnreadable("It is not JSON.") from None
