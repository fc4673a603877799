"""Requests per second of the public page and its day part, as shares of an empty page's.

One web process of the production server, SQLite, two clients on kept connections, interleaved
rounds, median. Once with nothing kept and once with rendered parts kept.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

BARS = {
    "nothing kept": {"day part": 0.2, "first page": 0.1},
    "kept": {"day part": 0.5, "first page": 0.5},
}
SECONDS = 1.5
CLIENTS = 2


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, *, nothing_kept: bool) -> Iterator[int]:
    """The product on a free port with the demo organization; gives the port."""
    more = {"BENCH_NOTHING_KEPT": "1"} if nothing_kept else {}
    subprocess.run(
        [sys.executable, "-m", "webapp.app", "demo"],
        env=os.environ | {"KALENDS_DATA_DIR": str(folder)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with serving(folder, **more) as port:
        yield port


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[int]:
    """One web process on what lies in ``folder``; gives its port."""
    port = free_port()
    env = os.environ | {
        "KALENDS_DATA_DIR": str(folder),
        "PORT": str(port),
        "KALENDS_RATE_LIMITS": "off",
    } | more  # fmt: skip
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-log"),
        *("--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "1"),
        *("--workers", "1", "--backpressure", "256", "bench.served:create_app"),
    ]
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


class Client(threading.Thread):
    """One connection that asks again and again until the time is over."""

    def __init__(self, port: int, path: str, headers: str, until: float) -> None:
        super().__init__(daemon=True)
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
        self.port, self.until, self.count = port, until, 0

    def run(self) -> None:
        """Ask and count whole answers of status 200."""
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            while time.perf_counter() < self.until:
                line.sendall(self.request)
                self._answer(line)
                self.count += 1

    def _answer(self, line: socket.socket) -> None:
        data = line.recv(1 << 16)
        while b"\r\n\r\n" not in data:
            data += line.recv(1 << 16)
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head[:80].decode())
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(body)
        while missing > 0:
            missing -= len(line.recv(1 << 16))


def per_second(port: int, path: str, headers: str = "") -> float:
    """Whole answers a second with two clients."""
    started = time.perf_counter()
    clients = [Client(port, path, headers, started + SECONDS) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(client.count for client in clients) / (time.perf_counter() - started)


def _measure(port: int, rounds: int) -> dict[str, dict[str, float]]:
    page = "/harbour-clinic/intro-call"
    day = f"{page}?tz=Europe/Berlin&d={_next_weekday()}"
    asks = {
        "empty page": ("/empty", ""),
        "first page": (f"{page}?tz=Europe/Berlin", ""),
        "day part": (day, "HX-Request: true\r\n"),
    }
    found: dict[str, list[float]] = {name: [] for name in asks}
    for path, headers in asks.values():
        per_second(port, path, headers)
    for _ in range(rounds):
        for name, (path, headers) in asks.items():
            found[name].append(per_second(port, path, headers))
    empty = found.pop("empty page")
    return {
        "per second": {"empty page": round(median(empty))}
        | {name: round(median(counts)) for name, counts in found.items()},
        "share": {
            name: round(median(c / e for c, e in zip(counts, empty, strict=True)), 3)
            for name, counts in found.items()
        },
    }


def _next_weekday() -> str:
    today = time.localtime()
    day = time.mktime(today) + 86400 * (7 - today.tm_wday)
    return time.strftime("%Y-%m-%d", time.localtime(day))


def run(rounds: int = 5) -> dict[str, object]:
    """Measure both ways; ``holds`` says whether every bar does."""
    result: dict[str, object] = {}
    holds = True
    for name, nothing_kept in (("nothing kept", True), ("kept", False)):
        with (
            tempfile.TemporaryDirectory() as folder,
            server(Path(folder), nothing_kept=nothing_kept) as port,
        ):
            measured = _measure(port, rounds)
        result[name] = measured
        holds &= all(measured["share"][what] >= bar for what, bar in BARS[name].items())
    return result | {"bars": BARS, "holds": holds}


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
