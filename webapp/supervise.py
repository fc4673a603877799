"""Keeping the web and the worker process running: ``kalends run`` becomes this.

Standard library only and imported without the product, so that the process which merely waits
weighs next to nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

STOP_WITHIN_SECONDS = 4.0
RESTART_AFTER_SECONDS = 0.5


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = field(default=0.0)

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches it through us."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, start_new_session=True)  # noqa: S603 - ours

    def died(self) -> bool:
        """Whether the process has ended."""
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        """Send a signal to the process and what it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def web_command(host: str, port: int, processes: int) -> list[str]:
    """The production server's command line: granian, or waitress where that does not run."""
    if sys.platform == "win32":
        serve = [f"--host={host}", f"--port={port}", "--call", "webapp.app:create_app"]
        return [sys.executable, "-m", "waitress", *serve]
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"),
        *("--host", host, "--port", str(port), "--workers", str(processes)),
        *("--blocking-threads", "1", "--backpressure", "256", "--no-log"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "3"),
        "webapp.app:create_app",
    ]


def worker_command() -> list[str]:
    """The worker's command line."""
    return [sys.executable, "-m", "webapp.app", "worker"]


def supervise(children: list[Child]) -> int:
    """Run ``children`` until SIGTERM or SIGINT; one that dies is started again."""
    stopping: list[int] = []

    def stop(number: int, _: object) -> None:
        stopping.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for child in children:
        child.start()
    while not stopping:
        time.sleep(0.2)
        for child in children:
            if child.died() and time.monotonic() - child.started > RESTART_AFTER_SECONDS:
                print(f"{child.name} ended; starting it again", file=sys.stderr)  # noqa: T201
                child.start()
    return _stop(children)


def _stop(children: list[Child]) -> int:
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    while time.monotonic() < deadline and not all(child.died() for child in children):
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
    return 0


def main(arguments: list[str]) -> int:
    """``python -m webapp.supervise HOST PORT PROCESSES``."""
    host, port, processes = arguments
    web = Child("web", web_command(host, int(port), int(processes)))
    return supervise([web, Child("worker", worker_command())])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
