"""Real web and worker processes of Kalends on a database, for tests that race and kill them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from webapp.supervise import web_command, worker_command

ROOT = Path(__file__).parents[2]
START_WITHIN_SECONDS = 60.0
ANSWER_WITHIN_SECONDS = 30.0
IDLE_SECONDS = 10.0
"""After so long a pause a connection is not used again."""


@dataclass(frozen=True)
class Site:
    """Where an installation lives: its database, its data folder, and what else is set."""

    database_url: str
    data_dir: Path
    more: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process of this installation, without the caller's own settings."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("KALENDS_")}
        own = {
            "HOST": "127.0.0.1",
            "KALENDS_DATABASE_URL": self.database_url,
            "KALENDS_DATA_DIR": str(self.data_dir),
            "KALENDS_RATE_LIMITS": "off",
            "KALENDS_LOG_LEVEL": "WARNING",
        }
        return kept | own | dict(self.more) | more


class Process:
    """A process with everything that it starts, in a group of its own; what it says is kept."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        """Start it."""
        with open(log, "ab") as out:
            self._popen = subprocess.Popen(
                command,
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.pid = self._popen.pid
        self.log = log

    def died(self) -> bool:
        """Whether it has ended."""
        return self._popen.poll() is not None

    def kill(self) -> None:
        """``kill -9`` for the whole group; returns when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def wait(self, seconds: float) -> bool:
        """Whether it ended within ``seconds``."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@dataclass(frozen=True)
class Port:
    """A port that stays ours while servers on it come and go: bound here, listened on by them."""

    number: int

    @classmethod
    @contextmanager
    def kept(cls) -> Iterator[Port]:
        """Reserve a free one for as long as the block lasts."""
        with socket.socket() as reserved:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.bind(("127.0.0.1", 0))
            yield cls(reserved.getsockname()[1])


def start_web(site: Site, port: Port, **more: str) -> Process:
    """The production server with one web process, as ``kalends run`` starts it; not yet ready."""
    return Process(
        web_command("127.0.0.1", port.number, 1),
        site.environment(PORT=str(port.number), **more),
        site.data_dir / f"web-{port.number}.log",
    )


def start_worker(site: Site, **more: str) -> Process:
    """The worker, as ``kalends run`` starts it."""
    return Process(worker_command(), site.environment(**more), site.data_dir / "worker.log")


def wait_until_ready(process: Process, port: Port) -> None:
    """Return when the server answers; raises ``RuntimeError`` with its log when it does not."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline and not process.died():
        try:
            with Browser(port) as browser:
                if browser.get("/healthz").status == 200:
                    return
        except OSError:
            time.sleep(0.03)
    said = process.log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the web process does not answer:\n{said}")


@contextmanager
def web_processes(site: Site, count: int, **more: str) -> Iterator[list[Port]]:
    """``count`` web processes on one database, each on its own port; ready, gone at the end."""
    with ExitStack() as stack:
        ports = [stack.enter_context(Port.kept()) for _ in range(count)]
        running = [start_web(site, port, **more) for port in ports]
        for process in running:
            stack.callback(process.kill)
        for process, port in zip(running, ports, strict=True):
            wait_until_ready(process, port)
        yield ports


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes


class Browser:
    """One keep-alive connection that sends what a browser without script would send."""

    def __init__(self, port: Port, timeout: float = ANSWER_WITHIN_SECONDS) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port.number, timeout=timeout)
        self._used = time.monotonic()

    def get(self, path: str) -> Answer:
        """Look at a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Accept": "text/html"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._line.close()  # the server may be hanging up just now; the next request dials
        try:
            self._line.request(method, path, body, headers)
            came = self._line.getresponse()
            content = came.read()
        except (OSError, http.client.HTTPException) as broken:
            self._line.close()
            if isinstance(broken, http.client.HTTPException):
                raise ConnectionError(repr(broken)) from broken
            raise
        self._used = time.monotonic()
        return Answer(came.status, came.headers.get("Location", ""), content)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
