"""The console's list of bookings, far down: the page after row 999,900 of 1,000,000 and the first.

One SQLite file with a million coming bookings of one organization, put in by plain inserts; both
pages are asked for through the service the console calls, turn about in one process, median. Also
printed: paging backwards from there, and the list narrowed to one profile or one host.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from bench.booking import NOW, House
from webapp.domain.permissions import Caller, Role
from webapp.services import agenda
from webapp.services.agenda import Wanted, Which

ROWS = 1_000_000
DEEP = 999_900
BAR = 1.5
ROUNDS = 40
_STEP = timedelta(minutes=1)
_COLUMNS = (
    *("id", "uuid", "public_id", "reference", "profile_id", "meeting_id", "status"),
    *("start_at", "end_at", "name", "email", "phone", "zone", "answers", "guests"),
    *("extended", "sequence", "token_version", "cancel_reason", "created_at", "updated_at"),
    *("cancelled_at", "organization_id"),
)


def written(instant: datetime) -> str:
    """An instant as SQLAlchemy writes it on SQLite."""
    return instant.replace(tzinfo=None).isoformat(" ", "microseconds")


def rows(count: int, profile_id: int, organization_id: int) -> Iterator[tuple[Any, ...]]:
    """Confirmed bookings a minute apart from now on."""
    chance = random.Random(7)
    now = written(NOW)
    for number in range(1, count + 1):
        start = NOW + _STEP * number
        yield (
            *(number, UUID(int=number).hex, f"p{number}", 1000 + number, profile_id, number),
            *("confirmed", written(start), written(start + timedelta(minutes=30))),
            *(f"Guest {chance.randrange(10**6)}", f"guest{number}@example.org", "", "UTC"),
            *('{"topic": "A first talk about the garden"}', "[]", 0, 0, 0, "", now, now),
            *(None, organization_id),
        )


def fill(path: Path, profile_id: int, organization_id: int, count: int) -> None:
    """Put in the bookings and their meetings; nothing is checked, that is the services' work."""
    line = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
        line.execute(f"PRAGMA {pragma}")
    marks, columns = ", ".join("?" * len(_COLUMNS)), ", ".join(_COLUMNS)
    line.execute("BEGIN")
    line.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO meeting (id, uuid, profile_id, subject, start_at, end_at, seats, taken, "
        "host_ids, created_at, organization_id) SELECT i, printf('%032x', i), ?, 'Bench', ?, ?, "
        "1, 1, '[1]', ?, ? FROM n",
        (count, profile_id, written(NOW), written(NOW), written(NOW), organization_id),
    )
    line.executemany(
        f"INSERT INTO booking ({columns}) VALUES ({marks})",
        rows(count, profile_id, organization_id),
    )
    line.execute("COMMIT")
    line.close()


class Reader:
    """Asks for pages as the console does."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.caller = Caller(house.guest.organization_id, Role.OWNER, 1)

    def page(self, wanted: Wanted = agenda.EVERYTHING, **where: str) -> int:
        """One page in a unit of its own; how many lines it has."""
        with self.house.desk.look(self.caller) as uow:
            return len(agenda.listed(uow, Which.UPCOMING, wanted, **where).entries)


def turn_about(ways: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Milliseconds of each way, median of ``rounds`` interleaved rounds after some warm ones."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 3):
        for name, ask in ways.items():
            began = time.perf_counter()
            ask()
            if turn >= 3:
                taken[name].append((time.perf_counter() - began) * 1000)
    return {name: round(median(each), 3) for name, each in taken.items()}


def run(count: int = ROWS, deep: int = DEEP) -> dict[str, Any]:
    """Build the rows, ask for both pages, and say whether the bar holds."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        organization_id = house.guest.organization_id or 0
        began = time.perf_counter()
        fill(Path(folder) / "kalends.sqlite3", house.profile_id, organization_id, count)
        built = time.perf_counter() - began
        reader = Reader(house)
        mark = agenda.mark_of(NOW + _STEP * deep, deep)
        of_profile = Wanted(profile_id=house.profile_id)
        ways: dict[str, Callable[[], int]] = {
            "first": reader.page,
            "deep": lambda: reader.page(after=mark),
            "deep backwards": lambda: reader.page(before=mark),
            "deep of one profile": lambda: reader.page(of_profile, after=mark),
            "deep of one host": lambda: reader.page(Wanted(host_id=1), after=mark),
        }
        sizes = {name: ask() for name, ask in ways.items()}
        found = turn_about(ways, ROUNDS)
        house.engine.dispose()
    ratio = round(found["deep"] / found["first"], 3)
    return {
        "rows": count,
        "built_seconds": round(built, 1),
        "lines": sizes,
        "milliseconds": found,
        "ratio": ratio,
        "bar": BAR,
        "holds": ratio <= BAR,
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
