"""Random questions for the slot engine, mostly about nights on which clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

from webapp.domain.availability import Busy, Candidate, HostTime, Joinable, Question, Terms
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.workhours import WorkHours

NIGHTS: tuple[tuple[str, str], ...] = (
    ("Australia/Lord_Howe", "2026-04-05"),  # half an hour
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Antarctica/Troll", "2026-03-29"),  # two hours
    ("Antarctica/Troll", "2026-10-25"),
    ("Pacific/Chatham", "2026-04-05"),  # at a quarter to
    ("Pacific/Chatham", "2026-09-27"),
    ("Africa/Cairo", "2026-04-24"),  # no midnight
    ("Africa/Cairo", "2026-10-29"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Beirut", "2026-10-24"),
    ("Asia/Beirut", "2023-03-30"),  # the change that moved
    ("Africa/Casablanca", "2026-02-15"),  # Ramadan
    ("Africa/Casablanca", "2026-03-22"),
    ("America/Nuuk", "2026-03-28"),
    ("America/Nuuk", "2026-10-24"),
    ("Asia/Gaza", "2026-03-28"),
    ("Asia/Gaza", "2026-10-24"),
    ("Europe/Dublin", "2026-03-29"),  # winter is the exception
    ("Europe/Dublin", "2026-10-25"),
    ("Asia/Kathmandu", "2026-05-05"),
    ("Pacific/Apia", "2011-12-30"),  # a date that never was
    ("America/Sao_Paulo", "2018-11-04"),  # no midnight
    ("America/Sao_Paulo", "2018-02-17"),
    ("America/St_Johns", "2010-11-07"),  # one minute of Sunday, then Saturday again
    ("America/New_York", "2027-03-14"),
    ("America/New_York", "2027-11-07"),
    ("Pacific/Kiritimati", "2026-06-01"),
    ("Pacific/Niue", "2026-06-01"),
)
"""Zones and local dates on or beside which their clocks do something."""

FACES = (0, 60, 90, 120, 150, 165, 180, 200, 240, 300, 360, 540, 720, 733, 1020, 1380, 1410, 1440)
STEPS = (5, 7, 10, 15, 15, 20, 25, 30, 30, 50, 60, 90)
DURATIONS = (5, 7, 15, 20, 25, 30, 30, 45, 60, 90, 120, 300)


@dataclass(frozen=True)
class Case:
    """One question with its window and its moment."""

    question: Question
    window: Interval
    now: datetime


def random_case(number: int) -> Case:
    """Case ``number``: the same on every machine and in every order."""
    rnd = Random(f"availability {number}")
    zone, night = rnd.choice(NIGHTS)
    day = date.fromisoformat(night)
    middle = to_minute(datetime(day.year, day.month, day.day, tzinfo=UTC))
    first = middle + rnd.randrange(-1800, 1500)
    last = first + rnd.choice((240, 600, 1440, 2000, 3000))
    now = from_minute(first) + timedelta(
        minutes=rnd.choice((-20000, -5000, -5000, -1500, -700, -60, 0, 400)),
        seconds=rnd.choice((0, 0, 1, 30, 59)),
        microseconds=rnd.choice((0, 0, 1)),
    )
    terms = _terms(rnd, zone, day, first)
    ids = list(range(1, rnd.choice((1, 1, 2, 3, 4)) + 1))
    hosts = {i: _host(rnd, i, zone, day, first, last) for i in ids}
    question = Question(
        terms=terms,
        hosts=hosts,
        candidates=_candidates(rnd, ids),
        required=rnd.choice(tuple(Required)),
        joinable=_joinable(rnd, first, last),
    )
    return Case(question, Interval(from_minute(first), from_minute(last)), now)


def random_hours(rnd: Random, zone: str, day: date) -> WorkHours:
    """Weekly hours that like the night, with overrides on and beside ``day``."""

    def intervals() -> tuple[tuple[int, int], ...]:
        kind = rnd.randrange(7)
        if kind == 0:
            return ((0, 1440),)
        if kind == 1:
            return ()
        edges = sorted(rnd.sample(FACES, rnd.choice((2, 2, 4, 6))))
        pairs = list(zip(edges[::2], edges[1::2], strict=True))
        if kind == 2:  # touching intervals
            pairs = list(pairwise(edges))
        return tuple(pairs)

    daily = [intervals() for _ in range(3)]
    weekly = tuple(rnd.choice(daily) for _ in range(7))
    dates = sorted({day + timedelta(days=rnd.randrange(-2, 3)) for _ in range(rnd.randrange(3))})
    return WorkHours(zone, weekly, tuple((d, intervals()) for d in dates))


def _terms(rnd: Random, zone: str, day: date, first: int) -> Terms:
    at = from_minute(first)
    edge = timedelta(minutes=rnd.randrange(0, 1500), seconds=rnd.choice((0, 30)))
    own = rnd.random() < 0.5
    away = rnd.choice(NIGHTS)[0]
    own_zone = zone if rnd.random() < 0.8 else away
    return Terms(
        duration_minutes=rnd.choice(DURATIONS),
        step_minutes=rnd.choice(STEPS),
        buffer_before_minutes=rnd.choice((0, 0, 0, 5, 7, 15, 60)),
        buffer_after_minutes=rnd.choice((0, 0, 0, 5, 10, 13, 60)),
        notice_minutes=rnd.choice((0, 0, 0, 30, 120, 1440)),
        horizon_days=rnd.choice((None, None, None, 0, 1, 2, 14, 900)),
        active_from=at + edge if rnd.random() < 0.15 else None,
        active_until=at + edge * 2 if rnd.random() < 0.15 else None,
        limit_per_day=rnd.choice((None, None, None, None, 1, 2, 0 if rnd.random() < 0.2 else 3)),
        limit_per_week=rnd.choice((None, None, None, 1, 3)),
        zone=zone if rnd.random() < 0.7 else away,
        hours=random_hours(rnd, own_zone, day) if own else None,
        paused=rnd.random() < 0.02,
    )


def _host(rnd: Random, host_id: int, zone: str, day: date, first: int, last: int) -> HostTime:
    place = zone if rnd.random() < 0.8 else rnd.choice(NIGHTS)[0]
    busy = []
    for number in range(rnd.randrange(7)):
        start = rnd.randrange(first - 400, last + 400)
        kind = rnd.choice(("booking", "booking", "event", "away"))
        length = rnd.randrange(600, 2000) if kind == "away" else rnd.randrange(1, 200)
        held = kind == "booking" and rnd.random() < 0.6
        busy.append(Busy(start, start + length, kind, held, number if rnd.random() < 0.8 else None))
    reach = rnd.choice((1440, 10000))
    taken = [rnd.randrange(first - reach, last + reach) for _ in range(rnd.randrange(6))]
    return HostTime(host_id, place, random_hours(rnd, place, day), tuple(busy), tuple(taken))


def _candidates(rnd: Random, ids: list[int]) -> tuple[Candidate, ...]:
    kind = rnd.random()
    if kind < 0.02:
        return ()
    if kind < 0.45:
        return tuple(Candidate(f"host {i}", (i,)) for i in ids)
    found = []
    for number in range(rnd.choice((1, 2, 3))):
        members = tuple(sorted(rnd.sample(ids, rnd.randrange(1, len(ids) + 1))))
        if rnd.random() < 0.03:
            members = rnd.choice(((), (*members, 99)))
        found.append(Candidate(f"group {number}", members, rnd.choice(tuple(Required))))
    return tuple(found)


def _joinable(rnd: Random, first: int, last: int) -> tuple[Joinable, ...]:
    if rnd.random() < 0.7:
        return ()
    starts = rnd.sample(range(first - 30, last + 30), 3)
    return tuple(Joinable(s, 500 + n, (1,), rnd.randrange(3)) for n, s in enumerate(starts))
