"""A database with many hosts whose calendars are full, and profiles over some or all of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.booking import NOW, House
from bench.bookings_list import written
from bench.workload import Spans, Workload
from webapp.domain import zones
from webapp.domain.permissions import Caller, Role
from webapp.domain.span import from_minute
from webapp.domain.workhours import WorkHours
from webapp.models import Account
from webapp.services import people, profiles
from webapp.services.profiles import ProfileDraft
from webapp.services.steps import masks
from webapp.services.unit_of_work import UnitOfWork

AMERICAS = (
    *("America/New_York", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo"),
)
_SPAN = "INSERT INTO busy_span (host_id, start_at, end_at, kind, exclusive) VALUES (?, ?, ?, ?, ?)"


def _rows(host_id: int, spans: Spans) -> Iterator[tuple[int, str, str, str, int]]:
    for start, end in spans:
        yield host_id, written(from_minute(start)), written(from_minute(end)), "event", 0


class Crowd(House):
    """One organization whose hosts have the busy spans of ``work``, person by person."""

    def __init__(self, folder: Path, work: Workload) -> None:
        super().__init__(folder)
        self.work = work
        self.path = Path(self.settings.database_url.partition("///")[2])
        self.owner = Caller(self.guest.organization_id, Role.OWNER, 1)
        with self.begin(self.owner) as uow:
            made = [people.create_person(uow, f"Host {n}", f"h{n}@example.org", zone=work.zone).id
                    for n in range(work.people)]  # fmt: skip
            of = dict(uow.session.execute(sa.select(Account.host_id, Account.id)).tuples().all())
        self.hosts, self.accounts = made, [of[host_id] for host_id in made]
        line = self._line()
        line.executemany(
            _SPAN,
            (
                row
                for host_id, spans in zip(made, work.busy, strict=True)
                for row in _rows(host_id, spans)
            ),
        )
        self._done(line)

    def profile(self, people_count: int, slug: str, *, own_hours: bool = True) -> int:
        """A profile that any of the first hosts serves; by its own hours or by their schedules."""
        work = self.work
        weekly = tuple((work.hours,) if day in work.weekdays else () for day in range(1, 8))
        with self.begin(self.owner) as uow:
            draft = ProfileDraft(
                slug, slug, (work.duration,), work.step, work.zone, horizon_days=365,
                hours=WorkHours(work.zone, weekly) if own_hours else None,
                accounts=tuple(self.accounts[:people_count]),
            )  # fmt: skip
            return profiles.create(uow, draft).id

    def in_zones(self) -> None:
        """Give the hosts schedules of the same hours in six zones by turns, and move what keeps
        them busy to where they are: everybody is as busy in their own hours as before."""
        work = self.work
        weekly = tuple((work.hours,) if day in work.weekdays else () for day in range(1, 8))
        first = work.window[0]
        home = zones.offset_at(work.tz, first)
        line = self._line()
        for number, host_id in enumerate(self.hosts):
            name = AMERICAS[number % len(AMERICAS)]
            document = json.dumps(WorkHours(name, weekly).to_document())
            line.execute("UPDATE schedule SET hours = ? WHERE host_id = ?", (document, host_id))
            later = home - zones.offset_at(zones.zone(name), first)
            line.execute("DELETE FROM busy_span WHERE host_id = ?", (host_id,))
            spans = [(start + later, end + later) for start, end in work.busy[number]]
            line.executemany(_SPAN, _rows(host_id, spans))
        self._done(line)

    def past(self, count: int) -> None:
        """Add ``count`` bookings of the two years before now, spread over the hosts."""
        line = self._line()
        begun, many = NOW - timedelta(days=730), len(self.hosts)
        step = timedelta(days=720) / max(1, count // many)
        line.executemany(
            _SPAN,
            (
                (host_id, written(start), written(start + timedelta(minutes=30)), "booking", 1)
                for turn in range(count // many)
                for start in [(begun + step * turn).replace(microsecond=0)]
                for host_id in self.hosts
            ),
        )
        self._done(line)

    def fill_masks(self) -> None:
        """Make every mask, as the worker does in its own time."""
        filled = 1
        while filled:
            with self.begin(Caller(None, Role.SYSTEM)) as uow:
                filled = masks.fill(uow)

    def look(self) -> AbstractContextManager[UnitOfWork]:
        """A reading unit, as each request has one."""
        return self.desk.look(self.guest)

    def _line(self) -> sqlite3.Connection:
        line = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-100000"):
            line.execute(f"PRAGMA {pragma}")
        line.execute("BEGIN")
        return line

    def _done(self, line: sqlite3.Connection) -> None:
        line.execute(
            'UPDATE "user" SET revision = revision + 1 WHERE id IN (SELECT host_id FROM account)'
        )
        line.execute("COMMIT")
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        line.close()
