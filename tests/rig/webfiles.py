"""A web server on loopback that serves what a test puts there, well or badly."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

CALENDAR = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Reply:
    """What a behaviour has to answer with; the connection closes after it."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler = handler
        self._stopping = stopping

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        self._handler.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def body(self, part: bytes) -> None:
        """Send a part of the body, now."""
        if self._handler.command != "HEAD":
            self._handler.wfile.write(part)
            self._handler.wfile.flush()

    def pause(self, seconds: float) -> bool:
        """Wait; False when the server is being stopped and the answer should end."""
        return not self._stopping.wait(seconds)

    def whole(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send a complete answer with its length."""
        self.head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.body(body)


Behaviour = Callable[[Request, Reply], None]


@dataclass
class WebFiles:
    """A running server; put behaviours at paths, read what was asked. Unknown paths answer 404."""

    base_url: str
    requests: list[Request] = field(default_factory=list)
    _behaviours: dict[str, Behaviour] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """Answer the whole address of a path."""
        return self.base_url + path

    def behave(self, path: str, behaviour: Behaviour) -> str:
        """Let a function answer a path, in place of what answered it before; answers the URL."""
        self._behaviours[path] = behaviour
        return self.url(path)

    def serve(
        self,
        path: str,
        body: bytes | str,
        content_type: str = CALENDAR,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve a file as a good server does: with an ETag, and 304 to who has it already."""
        content = body.encode() if isinstance(body, str) else body
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        known = {"Content-Type": content_type, "ETag": etag, **(headers or {})}

        def answer(request: Request, reply: Reply) -> None:
            if request.headers.get("if-none-match") == etag:
                reply.head(304, {"ETag": etag})
            else:
                reply.whole(200, content, known)

        return self.behave(path, answer)

    def status(
        self, path: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> str:
        """Answer with a status such as 401, 404, 429 or 500."""
        return self.behave(path, lambda _, reply: reply.whole(status, body, headers))

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Send the visitor on; to itself makes a circle."""
        return self.status(path, status, {"Location": to})

    def drip(self, path: str, body: bytes, pause_seconds: float, step: int = 1) -> str:
        """Serve `step` bytes at a time with a pause after each."""

        def answer(_: Request, reply: Reply) -> None:
            reply.head(200, {"Content-Type": CALENDAR, "Content-Length": str(len(body))})
            for start in range(0, len(body), step):
                reply.body(body[start : start + step])
                if not reply.pause(pause_seconds):
                    return

        return self.behave(path, answer)

    def silent(self, path: str) -> str:
        """Take the request and say nothing until the server stops."""

        def answer(_: Request, reply: Reply) -> None:
            while reply.pause(60):
                continue

        return self.behave(path, answer)

    def endless(self, path: str, chunk: bytes = b"X-NOTHING:more\r\n" * 4096) -> str:
        """Serve a body without length that never ends."""

        def answer(_: Request, reply: Reply) -> None:
            reply.head(200, {"Content-Type": CALENDAR})
            while reply.pause(0):
                reply.body(chunk)

        return self.behave(path, answer)

    def truncated(self, path: str, body: bytes, promised: int) -> str:
        """Promise more bytes than come."""

        def answer(_: Request, reply: Reply) -> None:
            reply.head(200, {"Content-Type": CALENDAR, "Content-Length": str(promised)})
            reply.body(body)

        return self.behave(path, answer)

    def gzip_bomb(self, path: str, size: int, filler: bytes = b" ") -> str:
        """Serve `size` bytes packed into about a thousandth of that."""
        packed = gzip.compress(filler * (size // len(filler)), compresslevel=9)
        headers = {"Content-Type": CALENDAR, "Content-Encoding": "gzip"}
        return self.behave(path, lambda _, reply: reply.whole(200, packed, headers))


@contextmanager
def web_files() -> Iterator[WebFiles]:
    """Run a web server on a free loopback port for as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    files = server.files = WebFiles(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield files
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """The server with what its handlers need."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.stopping = threading.Event()
        self.files = WebFiles("")
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Be silent: a client that goes away in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """One request: note it, find the behaviour of its path, let it answer."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        server = cast("_Server", self.server)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        server.files.requests.append(request)
        reply = Reply(self, server.stopping)
        behaviour = server.files._behaviours.get(self.path.partition("?")[0])
        self.close_connection = True
        if behaviour is None:
            reply.whole(404, b"")
        else:
            behaviour(request, reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""
