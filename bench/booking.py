"""Booking through the service, as a share of writing the same rows by plain sqlite3.

Hold and confirm are two transactions with their checks, mails and audit entry; the plain writer
puts the same rows in within one BEGIN IMMEDIATE. The bare check and insert of one span is printed
beside it. SQLite, WAL, synchronous=FULL, one process, interleaved rounds, median.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from tests.world import Clock, Desk, found_organization
from webapp import migrations
from webapp.domain.permissions import Caller, Role
from webapp.extensions import prepare_engine
from webapp.models import Account
from webapp.services import holds, profiles
from webapp.services.holds import Details
from webapp.services.profiles import ProfileDraft
from webapp.services.unit_of_work import UnitOfWork
from webapp.settings import Keys, Settings

BAR = 0.08
BOOKINGS = 60
NOW = datetime(2027, 1, 4, 6, 0, tzinfo=UTC)
TABLES = ("meeting", "busy_span", "booking", "placement", "event", "message", "job", "audit_entry")


class House:
    """A database with one host and one profile, and units of work on it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder)
        self.keys = Keys.of(folder)
        migrations.migrate(self.settings.database_url)
        self.engine = sa.create_engine(self.settings.database_url)
        prepare_engine(self.engine)
        self.desk = Desk(self.engine, self.settings, self.keys, Clock(NOW))
        organization_id, host_id = found_organization(self.desk, "bench", "Ada", "ada@example.org")
        with self.begin(Caller(organization_id, Role.OWNER)) as uow:
            account = uow.session.scalars(
                sa.select(Account.id).where(Account.host_id == host_id)
            ).one()
            draft = ProfileDraft(
                "bench", "Bench", (30,), 30, "UTC", horizon_days=365, accounts=(account,)
            )
            self.profile_id = profiles.create(uow, draft).id
        self.guest = Caller(organization_id, Role.GUEST)

    def begin(self, caller: Caller) -> AbstractContextManager[UnitOfWork]:
        """A writing unit."""
        return self.desk.begin(caller)

    def book(self, start: datetime) -> None:
        """Hold and confirm, as a visitor does."""
        with self.begin(self.guest) as uow:
            draft = holds.hold(
                uow, self.profile_id, start, duration_minutes=30, zone_name="UTC"
            ).public_id
        with self.begin(self.guest) as uow:
            holds.confirm(uow, draft, Details("Grace", "grace@example.org", second_ok=True))


def starts() -> list[datetime]:
    """Free starts one after another: weekdays, 9 to 17."""
    days = [NOW.replace(hour=0) + timedelta(days=n) for n in range(1, 300)]
    return [
        day + timedelta(hours=9, minutes=30 * half)
        for day in days
        if day.weekday() < 5
        for half in range(16)
    ]


def one_booking(path: Path) -> list[tuple[str, tuple[object, ...]]]:
    """The rows that one booking comes to, as (statement, values), read from the database."""
    connection = sqlite3.connect(path)
    found = []
    for table in TABLES:
        cursor = connection.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        marks = ", ".join("?" * len(names))
        columns = ", ".join(f'"{name}"' for name in names)
        insert = f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'
        found += [(insert, row) for row in cursor.fetchall()]
    connection.close()
    return found


class Plain:
    """Writes the same rows again and again, deleting what the last round left outside the clock."""

    def __init__(self, path: Path, rows: list[tuple[str, tuple[object, ...]]]) -> None:
        self.line = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
            self.line.execute(f"PRAGMA {pragma}")
        self.rows = rows
        guards = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
        for (name,) in self.line.execute(guards).fetchall():  # the log is only added to
            self.line.execute(f'DROP TRIGGER "{name}"')

    def clear(self) -> None:
        """Empty the tables."""
        for table in TABLES:
            self.line.execute(f'DELETE FROM "{table}"')

    def write(self) -> None:
        """One booking's rows in one transaction."""
        self.line.execute("BEGIN IMMEDIATE")
        for statement, values in self.rows:
            self.line.execute(statement, values)
        self.line.execute("COMMIT")

    def check_and_insert(self, number: int) -> None:
        """The bare minimum: is the time free, then take it."""
        self.line.execute("BEGIN IMMEDIATE")
        start, end = f"2030-01-01 {number:08}", f"2030-01-01 {number:08}x"
        self.line.execute(
            "SELECT 1 FROM busy_span WHERE host_id = 1 AND end_at > ? AND start_at < ?",
            (start, end),
        ).fetchone()
        self.line.execute(
            "INSERT INTO busy_span (host_id, start_at, end_at, kind, exclusive) "
            "VALUES (1, ?, ?, 'booking', 0)",
            (start, end),
        )
        self.line.execute("COMMIT")


def _timed(action: Callable[[Any], object], values: list[Any]) -> float:
    started = time.perf_counter()
    for value in values:
        action(value)
    return (time.perf_counter() - started) / len(values)


def run(rounds: int = 5) -> dict[str, object]:
    """Milliseconds of each and the ratio; ``holds`` says whether the bar does."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        free = starts()
        house.book(free.pop(0))
        original = Path(folder) / "kalends.sqlite3"
        rows = one_booking(original)
        copy = Path(folder) / "plain.sqlite3"
        with sqlite3.connect(original) as line:
            line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(original, copy)
        plain = Plain(copy, rows)
        times: dict[str, list[float]] = {"service": [], "plain rows": [], "bare": []}
        for number in range(rounds + 1):
            batch = [free.pop(0) for _ in range(BOOKINGS)]
            service = _timed(house.book, list(batch))
            written = []
            for _ in range(BOOKINGS):
                plain.clear()
                written.append(_timed(lambda _: plain.write(), [0]))
            bare = _timed(plain.check_and_insert, list(range(number * 1000, number * 1000 + 60)))
            if number:  # the first round warms everything up
                times["service"].append(service)
                times["plain rows"].append(median(written))
                times["bare"].append(bare)
        house.engine.dispose()
        plain.line.close()
    pairs = zip(times["plain rows"], times["service"], strict=True)
    ratio = median(rows_time / service_time for rows_time, service_time in pairs)
    return {
        "milliseconds": {name: round(median(found) * 1000, 3) for name, found in times.items()},
        "rows": len(rows),
        "plain rows / service": round(ratio, 3),
        "bar": BAR,
        "holds": ratio >= BAR,
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
