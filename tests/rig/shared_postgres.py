"""One PostgreSQL for a whole test run: started for the first who asks, gone with the run.

The test run starts a keeper, a process that waits on a socket. Whoever needs the server asks there,
from any process; the first question starts the cluster. The keeper holds the other end of a pipe of
the run: when the run ends, in whatever way, the pipe closes, and the keeper stops the cluster.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.rig.postgres import PostgresServer, PostgresUnavailable, cluster

VARIABLE = "KALENDS_TEST_POSTGRES_KEEPER"


class Keeper:
    """The keeper of one test run, seen from the process that started it."""

    def __init__(self) -> None:
        """Start it; no cluster runs yet."""
        self.address = str(Path(tempfile.mkdtemp(prefix="kal-run-")) / "ask")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.rig.shared_postgres", str(listener.fileno())],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C is for the tests, which still need the server
            )

    def stop(self) -> None:
        """Stop the cluster, if one was started, and the keeper; returns when both are gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait(timeout=40)


def shared_server(address: str | None = None) -> PostgresServer:
    """Ask the keeper for the server of this test run.

    Raises:
        PostgresUnavailable: the keeper could not start it, or there is no test run.
    """
    address = address or os.environ.get(VARIABLE)
    if not address:
        raise PostgresUnavailable(f"{VARIABLE} is not set: no test run keeps a PostgreSQL")
    with socket.socket(socket.AF_UNIX) as question:
        question.settimeout(120)
        question.connect(address)
        with question.makefile("rb") as said:
            answer = json.loads(said.read() or b'{"error": "the keeper ended"}')
    if "error" in answer:
        raise PostgresUnavailable(answer["error"])
    return PostgresServer(answer["socket_folder"])


def _keep(listener: socket.socket) -> None:
    """Answer questions until the test run closes its end of the pipe on standard input."""
    answer: dict[str, str] = {}
    with ExitStack() as running:
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            with connection:
                if not answer:
                    try:
                        server = running.enter_context(cluster())
                        answer = {"socket_folder": server.socket_folder}
                    except (PostgresUnavailable, OSError) as unavailable:
                        answer = {"error": str(unavailable)}
                connection.sendall(json.dumps(answer).encode())


def _main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        folder = Path(listener.getsockname()).parent
        try:
            _keep(listener)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main()
