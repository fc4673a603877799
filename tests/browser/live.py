"""The product on real HTTP: threads on loopback, a database of its own, a clock that stands."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.world import Clock, World, build_world, open_desk
from webapp.app import create_app
from webapp.extensions import db
from webapp.jobs import runner
from webapp.settings import Settings

LOOPBACK = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """The application logs its requests itself."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@dataclass
class Live:
    """A running product: ``url`` is its origin, ``world`` what is in its database."""

    app: Flask
    url: str
    world: World

    @property
    def clock(self) -> Clock:
        return self.world.desk.clock

    def drain(self) -> int:
        """Do all that is due of the worker's work; how many jobs that were."""
        return runner.drain(self.app)

    def mails(self) -> int:
        """How many mails lie in the outbox folder."""
        return len(list(self.world.desk.settings.outbox_dir.rglob("*.eml")))


@contextmanager
def served(app: Flask, listener: socket.socket) -> Iterator[None]:
    """Answer HTTP on ``listener`` for as long as the block lasts, each request in its thread."""
    server = make_server(
        LOOPBACK,
        listener.getsockname()[1],
        app,
        threaded=True,
        request_handler=_Quiet,
        fd=listener.fileno(),
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def live_house(
    database_url: str,
    folder: Path,
    clock: Clock,
    *,
    demo: bool = False,
    host: str = LOOPBACK,
    **more: Any,
) -> Iterator[Live]:
    """The product on the migrated database, with the small world in it; ``host`` is its name.

    ``more`` are settings of its own.
    Loopback is a trusted proxy here, so that a test may come from any address it likes.
    """
    with socket.create_server((LOOPBACK, 0)) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        settings = Settings(
            data_dir=folder / "data",
            database_url=database_url,
            base_url=url,
            trusted_proxies=(ip_network(f"{LOOPBACK}/32"),),
            log_level="ERROR",
            demo=demo,
            **more,
        )
        app = create_app(settings, clock)
        with open_desk(settings, clock) as desk, served(app, listener):
            try:
                yield Live(app, url, build_world(desk))
            finally:
                with app.app_context():
                    db.engine.dispose()
