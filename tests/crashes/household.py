"""A whole installation that may die: web and worker processes, started again as after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType

import sqlalchemy as sa

from tests.races.web import (
    Answer,
    Browser,
    Port,
    Process,
    Site,
    start_web,
    start_worker,
    wait_until_ready,
)
from webapp.models import Job, table_of

DRAINED_WITHIN_SECONDS = 60.0
_LONG_AGO = datetime.now(UTC) - timedelta(days=1)
_JOB = table_of(Job)


class Household:
    """One web process and one worker on one database; ``kills`` counts those that died."""

    def __init__(self, site: Site, port: Port) -> None:
        """Nothing runs yet."""
        self.site, self.port = site, port
        self.kills = 0
        self._web: Process | None = None
        self._worker: Process | None = None
        self._fates: Iterator[str] = iter(())

    def start(self, *, web_dies_at: Sequence[str] = (), worker_dies_at: str = "") -> None:
        """Start both; a failpoint is a name of ``failpoints.NAMES`` or ``<name>:<nth>``.

        The first web process dies at the first of its failpoints, the one that takes its place
        at the second, and so on; then they are healthy.
        """
        self._fates = iter(web_dies_at)
        self._worker = start_worker(self.site, KALENDS_FAILPOINT=worker_dies_at)
        self._start_web()

    def _start_web(self) -> None:
        fate = next(self._fates, "")
        self._web = start_web(self.site, self.port, KALENDS_FAILPOINT=fate)
        wait_until_ready(self._web, self.port)

    def web_fell(self) -> None:
        """The web process died: sweep up what is left of it and start it again."""
        assert self._web is not None
        self._web.kill()
        self.kills += 1
        self._start_web()

    def kill_worker(self) -> None:
        """Kill the worker as the kernel would, and start it again."""
        assert self._worker is not None
        self._worker.kill()
        self.worker_fell()

    def worker_fell(self) -> None:
        """The worker died: its leases run out, and another starts."""
        assert self._worker is not None
        self.kills += 1
        self._end_leases_of(self._worker.pid)
        self._worker = start_worker(self.site)

    def _end_leases_of(self, pid: int) -> None:
        """Let the time pass that the dead worker's leases still have, a minute at most."""
        theirs = _JOB.c.leased_by.like(f"%:{pid}:%")
        engine = sa.create_engine(self.site.database_url)
        with engine.begin() as connection:
            connection.execute(sa.update(_JOB).where(theirs).values(leased_until=_LONG_AGO))
        engine.dispose()

    def mend(self) -> None:
        """Start again what has died by itself."""
        if self._worker is not None and self._worker.died():
            self.worker_fell()

    def drain(self) -> None:
        """Return when every mail has gone out; a worker that dies meanwhile is started again."""
        waiting = sa.select(sa.func.count()).where(_JOB.c.kind == "send-message")
        engine = sa.create_engine(self.site.database_url)
        deadline = time.monotonic() + DRAINED_WITHIN_SECONDS
        while True:
            self.mend()
            with engine.connect() as connection:
                left = connection.scalar(waiting)
            if not left:
                break
            assert time.monotonic() < deadline, f"{left} mails are still waiting"
            time.sleep(0.05)
        engine.dispose()

    def stop(self) -> None:
        """End everything that runs."""
        for process in (self._web, self._worker):
            if process is not None:
                process.kill()


@contextmanager
def household(site: Site) -> Iterator[Household]:
    """An installation that is gone when the block ends."""
    with ExitStack() as stack:
        made = Household(site, stack.enter_context(Port.kept()))
        stack.callback(made.stop)
        yield made


class Visitor:
    """Somebody who presses the button again when no answer came; the form keeps its key."""

    def __init__(self, port: Port, when_broken: Callable[[], None]) -> None:
        """``when_broken`` is called before each new try."""
        self._port, self._when_broken = port, when_broken
        self._browser = Browser(port)

    def post(self, path: str, **form: str) -> Answer:
        """Send a form until it is answered."""
        while True:
            try:
                return self._browser.post(path, **form)
            except OSError:
                self._when_broken()

    def get(self, path: str) -> Answer:
        """Look at a page, until it is shown."""
        while True:
            try:
                return self._browser.get(path)
            except OSError:
                self._when_broken()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._browser.__exit__(kind, error, trace)
