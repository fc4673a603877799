"""Insights: what the database counts is what a slow count in Python finds, on every clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.domain.cases import NIGHTS
from tests.past_bookings import write_booking
from tests.world import Desk, World, build_world
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.proportions import wilson
from webapp.models import BookingStatus
from webapp.services import insights
from webapp.services.insights import LEAD_MINUTES, Asked, Insights

STATUSES = (
    *(BookingStatus.CONFIRMED,) * 4,
    BookingStatus.CANCELLED,
    BookingStatus.DECLINED,
    BookingStatus.PENDING,
    BookingStatus.HELD,
    BookingStatus.LAPSED,
)


def fill(world: World, chance: Random, middle: datetime, count: int) -> list[dict[str, object]]:
    """Bookings at any minute around ``middle``; what there is to know of each."""
    profiles = [world.profile(slug=f"p-{n}", name=f"Profile {n}") for n in range(2)]
    known: list[dict[str, object]] = []
    with world.desk.begin(world.owner) as uow:
        for number in range(count):
            start = middle + timedelta(minutes=chance.randrange(-6000, 6000))
            minutes = chance.choice((15, 30, 60))
            hosts = chance.sample(sorted(world.hosts.values()), chance.choice((1, 1, 2)))
            made = start - timedelta(minutes=chance.choice((5, 60, 239, 1439, 1440, 9000, 90_000)))
            one: dict[str, Any] = {
                "profile": chance.choice(profiles),
                "status": chance.choice(STATUSES),
                "start": start,
                "end": start + timedelta(minutes=minutes),
                "hosts": hosts,
                "made": made,
                "missed": chance.random() < 0.2,
            }
            known.append(one)
            write_booking(uow.session, number, **one)
    return known


def slow(known: list[dict[str, object]], asked: Asked, now: datetime) -> dict[str, object]:
    """The same counts, booking by booking, with Python's own clocks."""
    days: Counter[tuple[date, bool]] = Counter()
    hours: Counter[tuple[int, int]] = Counter()
    leads: Counter[int] = Counter()
    loads: Counter[int] = Counter()
    minutes: Counter[int] = Counter()
    judged = missed = 0
    for one in known:
        start, end, made = one["start"], one["end"], one["made"]
        assert isinstance(start, datetime)
        assert isinstance(end, datetime)
        assert isinstance(made, datetime)
        local = start.astimezone(asked.zone)
        if not asked.first <= local.date() <= asked.last:
            continue
        if asked.profile_id not in (None, one["profile"]):
            continue
        hosts = one["hosts"]
        assert isinstance(hosts, list)
        if asked.host_id is not None and asked.host_id not in hosts:
            continue
        if one["status"] in (BookingStatus.CANCELLED, BookingStatus.DECLINED):
            days[local.date(), False] += 1
        if one["status"] is not BookingStatus.CONFIRMED:
            continue
        days[local.date(), True] += 1
        hours[local.weekday(), local.hour] += 1
        ahead = (start - made) // timedelta(minutes=1)
        leads[sum(ahead >= edge for edge in LEAD_MINUTES)] += 1
        for host in hosts:
            loads[host] += 1
            minutes[host] += (end - start) // timedelta(minutes=1)
        if end <= now:
            judged += 1
            missed += bool(one["missed"])
    return {
        "days": {key: count for key, count in days.items() if count},
        "hours": dict(hours),
        "leads": tuple(leads[n] for n in range(len(LEAD_MINUTES) + 1)),
        "loads": sorted((loads[host], minutes[host]) for host in loads),
        "no_shows": (judged, missed),
    }


def quick(found: Insights) -> dict[str, object]:
    days = {
        (day.first, stood): count
        for day in found.days
        for stood, count in ((True, day.booked), (False, day.cancelled))
        if count
    }
    hours = {
        (weekday, hour): count
        for weekday, row in enumerate(found.hours)
        for hour, count in enumerate(row)
        if count
    }
    return {
        "days": days,
        "hours": hours,
        "leads": found.leads,
        "loads": sorted((load.bookings, load.minutes) for load in found.hosts),
        "no_shows": (found.no_shows.judged, found.no_shows.missed),
    }


def judge(desk: Desk, number: int) -> None:
    chance = Random(f"insights {number}")
    zone, night = NIGHTS[number % len(NIGHTS)]
    day = date.fromisoformat(night)
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    world = build_world(desk, f"count-{number}", zone)
    known = fill(world, chance, middle, 120)
    other = build_world(desk, f"other-{number}", zone)
    fill_other(other, middle)
    desk.clock.now = middle + timedelta(minutes=chance.randrange(-3000, 3000))
    profile = known[0]["profile"]
    assert isinstance(profile, int)
    for reader, narrowed in (
        (zone, {}),
        (chance.choice(NIGHTS)[0], {"profile_id": profile}),
        ("Asia/Kathmandu", {"host_id": world.hosts["bela"]}),
    ):
        first = day - timedelta(days=chance.randrange(5))
        last = day + timedelta(days=chance.randrange(5))
        asked = Asked(ZoneInfo(reader), first, last, **narrowed)
        with desk.look(world.owner) as uow:
            found = insights.count(uow, asked)
        assert quick(found) == slow(known, asked, desk.clock()), (zone, night, reader)
        assert found.booked == sum(found.leads) == sum(map(sum, found.hours))
        assert sum(rate.judged for rate in found.by_profile) == found.no_shows.judged
        weekly = insights.weeks(found.days)
        assert sum(week.booked for week in weekly) == found.booked
        assert weekly[0].first == first
        assert weekly[-1].last == last


def fill_other(other: World, middle: datetime) -> None:
    """Somebody else's bookings, which nobody counts."""
    profile = other.profile()
    with other.desk.begin(other.owner) as uow:
        write_booking(
            uow.session,
            9999 + other.organization_id,
            profile=profile,
            start=middle,
            hosts=[other.hosts["ada"]],
            made=middle - timedelta(days=1),
        )


@pytest.mark.parametrize("number", range(5))
def test_the_database_counts_as_a_slow_count_does_on_every_clock(desk: Desk, number: int) -> None:
    judge(desk, number)


def test_it_does_so_on_every_database(every_desk: Desk) -> None:
    judge(every_desk, 3)


def test_everything_is_counted_in_two_statements(world: World) -> None:
    fill(world, Random(1), world.desk.clock(), 30)
    today = world.desk.clock().date()
    asked = Asked(ZoneInfo("Europe/Berlin"), today - timedelta(days=365), today)
    said: list[str] = []
    with world.desk.look(world.owner) as uow:
        sa.event.listen(
            world.desk.engine, "before_cursor_execute", lambda *a: said.append(str(a[2]))
        )
        insights.count(uow, asked)
    assert sum("FROM booking " in text or "FROM booking\n" in text for text in said) == 2


def test_a_year_from_a_day_of_the_past_to_one_before_it_is_no_period(world: World) -> None:
    zone, day = ZoneInfo("UTC"), date(2026, 11, 23)
    with world.desk.look(world.owner) as uow:
        for first, last in ((day, day - timedelta(days=1)), (day, day + timedelta(days=731))):
            with pytest.raises(Invalid):
                insights.count(uow, Asked(zone, first, last))
        assert insights.count(uow, Asked(zone, day, day + timedelta(days=730))).is_empty


def test_a_guest_counts_nothing(world: World) -> None:
    day = date(2026, 11, 23)
    with world.desk.look(world.guest) as uow, pytest.raises(Forbidden):
        insights.count(uow, Asked(ZoneInfo("UTC"), day, day))


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17: method 3 of table I.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_the_interval_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    for total in range(1, 60):
        for hits in range(total + 1):
            low, high = wilson(hits, total)
            assert 0 <= low <= hits / total <= high <= 1
