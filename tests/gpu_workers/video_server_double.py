"""A server of videos over real HTTP, with a GPU of its own and the faults that the real ones show.

Time passes when somebody asks: each look at any job moves every job that runs one place along
``percents``. Its films are made by the prompt and the seed, so that a test can tell them apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

import av
import cv2
import numpy as np

from gpu_workers.video_server.engines import SGLANG, Deletion, Engine, Marker

MODEL = "tiny/video"
# the slower presets of x264 do not give tiny pictures the same bytes each time
_ENCODER: Final = {"crf": "20", "preset": "ultrafast"}
_RATE = 48_000
_PIECE_BYTES = 4096


@dataclass
class Faults:
    """What is wrong with the server; counts go down as they strike."""

    busy: int = 0
    busy_status: Literal[429, 503] = 429
    retry_after: str = "0"
    deaf_to_posts: int = 0
    """A job is begun, and the connection ends without an answer."""
    content: Literal["whole", "missing", "cut-off", "truncated", "text"] = "whole"
    late_films: int = 0
    """So many times a completed film is not there yet."""
    slow_seconds: float = 0.0
    """Between two pieces of a film."""
    fails_with: object = None
    abort_fails: bool = False
    body: bytes | None = None
    """Said instead of every answer in JSON."""
    silent: bool = False
    small: bool = False
    short: bool = False


@dataclass
class Work:
    """What the GPU does, whatever the records say."""

    fields: dict[str, str]
    percents: list[int]
    looks: int = 0
    state: Literal["waiting", "running", "done", "stopped"] = "waiting"

    @property
    def percent(self) -> int:
        """How far it is."""
        return self.percents[min(self.looks, len(self.percents) - 1)]

    def move(self) -> None:
        """A moment passes."""
        if self.state in ("waiting", "running"):
            self.looks += 1
            self.state = "done" if self.percent >= 100 else "running"


@dataclass
class VideoServerDouble:
    """The server's memory: ``gpu`` is the work, ``records`` is what it still knows of it."""

    folder: Path
    engine: Engine = SGLANG
    percents: list[int] = field(default_factory=lambda: [0, 10, 30, 55, 80, 100])
    key: str | None = None
    faults: Faults = field(default_factory=Faults)
    gpu: dict[str, Work] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    @contextlib.contextmanager
    def serving(self) -> Iterator[VideoServerDouble]:
        """Listen on a free port of this machine during the block."""
        handler = type("Handler", (_Handler,), {"double": self})
        server = _Server(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def restart(self) -> None:
        """Come back with an empty memory and an idle GPU."""
        with self.lock:
            self.records.clear()
            for work in self.gpu.values():
                work.state = "stopped" if work.state != "done" else "done"

    def states(self) -> list[str]:
        """What the GPU did with each job, in the order in which they were begun."""
        return [work.state for work in self.gpu.values()]

    def submit(self, fields: dict[str, str], picture: bytes | None) -> dict[str, Any]:
        """Begin a job."""
        job_id = f"video_gen_{len(self.gpu):04d}"
        self.gpu[job_id] = Work(fields, self.percents)
        if picture is not None:
            self.pictures[job_id] = picture
        record = {"id": job_id, "object": "video", "created_at": len(self.gpu)}
        record |= {name: fields[name] for name in ("size", "seconds", "model")}
        if self.engine.tells_prompt:
            record["prompt"] = fields["prompt"]
        if self.engine.marker in (Marker.USER, Marker.METADATA):
            name = self.engine.marker.value
            record[name] = fields["user"] if name == "user" else json.loads(fields["metadata"])
        self.records[job_id] = record
        return self.told(job_id)

    def told(self, job_id: str) -> dict[str, Any]:
        """The record as the server gives it out."""
        work = self.gpu[job_id]
        said = self.records[job_id] | {"progress": work.percent, "status": "in_progress"}
        if work.state == "waiting":
            said["status"] = "queued"
        elif self.faults.fails_with is not None:
            error = {"message": f"failed on {work.fields['prompt']}"}
            said |= {"status": "failed", "error": error | {"code": self.faults.fails_with}}
        elif work.state == "done":
            said["status"] = "completed"
        return said

    def delete(self, job_id: str) -> int:
        """Do what DELETE does with this engine, and say its status."""
        work = self.gpu[job_id]
        deletion, runs = self.engine.deletion, work.state == "running"
        if deletion is Deletion.ABORTS and runs and self.faults.abort_fails:
            return 409
        stops = deletion is Deletion.ABORTS or (deletion is Deletion.DROPS_WAITING and not runs)
        if stops and work.state != "done":
            work.state = "stopped"
        del self.records[job_id]
        if self.engine.deletion_removes_film:
            self._film_path(job_id).unlink(missing_ok=True)
        return 200

    def film(self, job_id: str) -> bytes:
        """The file of a job that is done; made once."""
        path, work = self._film_path(job_id), self.gpu[job_id]
        if not path.exists():
            write_film(path, work.fields, self.faults)
        raw = path.read_bytes()
        return raw[: len(raw) * 2 // 3] if self.faults.content == "truncated" else raw

    def films(self) -> list[str]:
        """The files on the server's disk."""
        return sorted(path.name for path in self.folder.glob("*.mp4"))

    def _film_path(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.mp4"


def write_film(path: Path, fields: dict[str, str], faults: Faults) -> None:
    """A moving gradient in a colour of the prompt and seed, with a tone of the seed."""
    width, height = (int(side) for side in fields["size"].split("x"))
    if faults.small:
        width, height = width, height // 2
    fps = int(fields.get("fps", 16))
    frames = int(fields.get("num_frames", int(fields["seconds"]) * fps))
    frames = frames // 2 if faults.short else frames
    seed = int(fields.get("seed", 0))
    ink = hashlib.sha256(f"{fields['prompt']}/{seed}".encode()).digest()[:3]
    ramp = np.linspace(0.2, 1.0, width)[None, :, None] * np.frombuffer(ink, np.uint8)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=fps, options=_ENCODER)
        video.thread_count = 1
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = None if faults.silent else container.add_stream("aac", rate=_RATE, layout="stereo")
        for index in range(frames):
            picture = np.broadcast_to(np.roll(ramp, 3 * index, 1), (height, width, 3))
            planes = cv2.cvtColor(picture.astype(np.uint8), cv2.COLOR_RGB2YUV_I420)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            moments = np.arange(frames * _RATE // fps) / _RATE
            tone = 0.3 * np.sin(2 * np.pi * (200 + seed % 97 * 5) * moments)
            for start in range(0, len(tone), 1024):
                block = np.stack([tone[start : start + 1024]] * 2).astype(np.float32)
                heard = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                heard.sample_rate, heard.pts = _RATE, start
                container.mux(sound.encode(heard))
            container.mux(sound.encode(None))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news; what else goes wrong is seen in its answer."""


class _Handler(BaseHTTPRequestHandler):
    """The routes."""

    double: VideoServerDouble
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def do_POST(self) -> None:
        """Begin a job."""
        fields, picture = self._form()
        with self.double.lock:
            if self._turned_away("POST"):
                return None
            if self.double.engine.marker is not Marker.MODEL and fields["model"] != MODEL:
                return self._say(400, {"detail": f"no such model for {fields['prompt']}"})
            said = self.double.submit(fields, picture)
            if self.double.faults.deaf_to_posts > 0:
                self.double.faults.deaf_to_posts -= 1
                self.close_connection = True
                return None
        return self._say(200, said)

    def do_GET(self) -> None:
        """One job, all jobs, or a film."""
        parts = urlsplit(self.path)
        names = parts.path.strip("/").split("/")[2:]
        with self.double.lock:
            if self._turned_away("LIST" if not names else "CONTENT" if names[1:] else "GET"):
                return None
            if not names:
                return self._say(200, self._page(parse_qs(parts.query)))
            if names[0] not in self.double.records:
                return self._say(404, {"detail": "Video not found"})
            if names[1:] == ["content"]:
                said, film = 200, self._content(names[0])
            else:
                for work in self.double.gpu.values():
                    work.move()
                return self._say(200, self.double.told(names[0]))
        if film is None:
            return self._say(404, {"detail": "Generation is still in-progress"})
        return self._send_film(said, film)

    def do_DELETE(self) -> None:
        """Forget a job, and perhaps stop it."""
        job_id = self.path.rpartition("/")[2]
        with self.double.lock:
            if self._turned_away("DELETE"):
                return None
            if job_id not in self.double.records:
                return self._say(404, {"detail": "Video not found"})
            status = self.double.delete(job_id)
        return self._say(status, {"id": job_id, "deleted": status == 200})

    def _turned_away(self, asked: str) -> bool:
        double = self.double
        double.asked[asked] += 1
        double.log.append(f"{asked} {urlsplit(self.path).path.removeprefix('/v1/videos')}".strip())
        if double.key and self.headers.get("Authorization") != f"Bearer {double.key}":
            self._say(401, {"detail": "who are you?"})
            return True
        if double.faults.busy > 0:
            double.faults.busy -= 1
            self._say(double.faults.busy_status, {}, {"Retry-After": double.faults.retry_after})
            return True
        return False

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        ids = sorted(self.double.records, reverse=query.get("order", ["desc"]) == ["desc"])
        if "after" in query:
            ids = ids[ids.index(query["after"][0]) + 1 :]
        page = ids[: int(query.get("limit", ["20"])[0])]
        return {"object": "list", "data": [self.double.told(each) for each in page]}

    def _content(self, job_id: str) -> bytes | None:
        faults = self.double.faults
        if self.double.gpu[job_id].state != "done" or faults.content == "missing":
            return None
        if faults.late_films > 0:
            faults.late_films -= 1
            return None
        return b"not a film" if faults.content == "text" else self.double.film(job_id)

    def _send_film(self, status: int, film: bytes) -> None:
        faults = self.double.faults
        self.send_response(status)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(film)))
        self.end_headers()
        if faults.content == "cut-off":
            film = film[: len(film) // 2]
            self.close_connection = True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for start in range(0, len(film), _PIECE_BYTES):
                self.wfile.write(film[start : start + _PIECE_BYTES])
                time.sleep(faults.slow_seconds)

    def _say(self, status: int, said: object, headers: dict[str, str] | None = None) -> None:
        raw = self.double.faults.body or json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(raw)

    def _form(self) -> tuple[dict[str, str], bytes | None]:
        """The parts of a multipart body (RFC 7578): texts by name, and the file."""
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields: dict[str, str] = {}
        picture: bytes | None = None
        for part in message_from_bytes(head + raw).get_payload():
            assert isinstance(part, Message)
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            name = part.get_param("name", header="content-disposition")
            if name == "input_reference":
                picture = content
            else:
                fields[str(name)] = content.decode()
        return fields, picture
