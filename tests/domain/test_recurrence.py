"""Series laid out in a window: equal to dateutil, to a search day by day, and bounded."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.odd_zones import ODD_ZONES
from tests.domain.rule_cases import BERLIN, DAY, HALF_HOUR, STARTS, rules, series, window
from webapp.domain.recurrence import (
    Override,
    Series,
    occurrences,
    to_instant,
)
from webapp.domain.rrule import parse_rule
from webapp.domain.rulewalk import Budget
from webapp.domain.span import Interval

NEW_YORK = ZoneInfo("America/New_York")


def walls(found: list, zone: ZoneInfo = BERLIN) -> list[str]:
    return [f"{o.start.astimezone(zone):%Y-%m-%dT%H:%M}" for o in found]


def first_instant_by_search(wall: datetime, zone: ZoneInfo) -> datetime:
    """Minute by minute: the first instant showing ``wall``; in a gap, by the offset before it."""
    minute = (wall - DAY).replace(tzinfo=UTC)
    offset = timedelta()
    for _ in range(3 * 1440):
        shown = minute.astimezone(zone).replace(tzinfo=None)
        if shown == wall:
            return minute
        if shown > wall:
            return (wall - offset).replace(tzinfo=UTC)
        offset = shown - minute.replace(tzinfo=None)
        minute += timedelta(minutes=1)
    raise AssertionError(wall)


@pytest.mark.parametrize("name", ODD_ZONES)
def test_a_daily_event_keeps_its_clock_time_through_every_change_of_the_year(name):
    zone = ZoneInfo(name)
    year = {"Pacific/Apia": 2011, "America/Sao_Paulo": 2018}.get(name, 2026)
    for clock in (time(0), time(1, 30), time(2, 15)):
        start = datetime.combine(date(year - 9, 3, 1), clock)
        changes = [
            day
            for day in (date(year, 1, 1) + n * DAY for n in range(365))
            if datetime.combine(day, time(), zone).utcoffset()
            != datetime.combine(day + DAY, time(), zone).utcoffset()
        ]
        daily = Series(start, HALF_HOUR, zone, parse_rule("FREQ=DAILY"))
        asked = Interval(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
        found = {o.recurrence_id.date(): o for o in occurrences(daily, asked)}
        for day in changes[:4]:
            for near in (day - DAY, day, day + DAY):
                wall = datetime.combine(near, clock)
                instant = first_instant_by_search(wall, zone)
                # Days that a zone left out share an instant with the day after: one of them stays.
                assert any(o.start == instant for o in found.values()), (name, wall)


def test_the_change_zones_of_the_year_really_change():
    """Guards the test above: without changes it would compare nothing."""
    jumps = [
        zone
        for zone in map(ZoneInfo, ("Africa/Cairo", "Europe/Dublin", "America/New_York"))
        if len({datetime(2026, m, 1, tzinfo=zone).utcoffset() for m in range(1, 13)}) == 2
    ]
    assert len(jumps) == 3


# ----------------------------------------------------------------------------- clocks and zones


def test_a_time_in_the_gap_is_read_with_the_offset_before_it():
    gap = series("2026-03-07T02:30", "FREQ=DAILY;COUNT=3", NEW_YORK)
    starts = [o.start for o in occurrences(gap, window("2026-03-01", 20))]
    assert starts[1] == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert [s.hour for s in starts] == [7, 7, 6]


def test_a_time_that_happens_twice_is_its_first_occurrence():
    twice = series("2026-10-31T01:30", "FREQ=DAILY;COUNT=3", NEW_YORK)
    starts = [o.start for o in occurrences(twice, window("2026-10-30", 9))]
    assert [s.hour for s in starts] == [5, 5, 6]


def test_hours_are_elapsed_time_and_days_are_calendar_days():
    night = Series(
        datetime(2026, 3, 28, 22), timedelta(hours=8), BERLIN, parse_rule("FREQ=DAILY;COUNT=1")
    )
    day_long = Series(datetime(2026, 3, 28, 22), timedelta(), BERLIN, days=1)
    asked = window("2026-03-28", 4)
    assert occurrences(night, asked)[0].end == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert occurrences(day_long, asked)[0].end == datetime(2026, 3, 29, 20, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Africa/Cairo", "Asia/Beirut", "America/Havana", "Europe/Berlin"])
def test_all_day_events_tile_the_days_through_clock_changes(name):
    zone = ZoneInfo(name)
    daily = series("2025-12-01", "FREQ=DAILY", zone)
    found = occurrences(daily, window("2026-01-01", 365))
    assert all(a.end == b.start for a, b in pairwise(found))
    assert {(o.end - o.start) // timedelta(hours=1) for o in found} == {23, 24, 25}


def test_a_series_from_before_1970_is_reached_by_counting():
    old = series("1902-05-05T09:00", "FREQ=WEEKLY;INTERVAL=2", UTC)
    budget = Budget()
    found = occurrences(old, window("2026-11-01", 60), budget)
    assert all((o.recurrence_id - old.start).days % 14 == 0 for o in found)
    assert len(found) in (4, 5)
    assert Budget().steps - budget.steps < 100


# --------------------------------------------------------------------------- ends and exceptions


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261110T080000Z", "2026-11-10T09:00"),
        ("20261110T075959Z", "2026-11-09T09:00"),
        ("20261110T090000", "2026-11-10T09:00"),
        ("20261110T085959", "2026-11-09T09:00"),
        ("20261110", "2026-11-10T09:00"),
    ],
)
def test_until_is_understood_in_utc_in_local_time_and_as_a_day(until, last):
    daily = series("2026-11-01T09:00", f"FREQ=DAILY;UNTIL={until}")
    assert walls(occurrences(daily, window("2026-11-01", 60)))[-1] == last


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261110", date(2026, 11, 10)),
        ("20261110T000000Z", date(2026, 11, 10)),
        ("20261109T230000Z", date(2026, 11, 10)),
        ("20261110T000000", date(2026, 11, 10)),
        ("20261109T225959Z", date(2026, 11, 9)),
    ],
)
def test_until_of_an_all_day_series_means_a_day_however_it_is_written(until, last):
    daily = series("2026-11-01", f"FREQ=DAILY;UNTIL={until}")
    assert occurrences(daily, window("2026-11-01", 60))[-1].recurrence_id == last


def test_the_first_event_happens_even_when_until_lies_before_it():
    odd = series("2026-11-10T09:00", "FREQ=DAILY;UNTIL=20261101")
    assert walls(occurrences(odd, window("2026-11-01", 60))) == ["2026-11-10T09:00"]


def test_counted_series_end_where_they_should_when_the_window_lies_in_the_middle():
    counted = series("2026-01-05T09:00", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=20")
    assert walls(occurrences(counted, window("2026-03-01", 100)))[-1] == "2026-03-12T09:00"
    assert occurrences(counted, window("2026-03-13", 100)) == []


def test_a_start_outside_its_rule_counts_as_the_first():
    stray = series("2026-11-04T09:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    assert walls(occurrences(stray, window("2026-11-01", 90))) == [
        "2026-11-04T09:00",
        "2026-11-09T09:00",
        "2026-11-16T09:00",
    ]


def test_left_out_dates_may_be_written_in_local_time_in_utc_or_as_a_day():
    gone = (datetime(2026, 11, 2, 9), datetime(2026, 11, 3, 8, tzinfo=UTC), date(2026, 11, 4))
    daily = series("2026-11-01T09:00", "FREQ=DAILY;COUNT=5", exdates=gone)
    assert walls(occurrences(daily, window("2026-11-01", 30))) == [
        "2026-11-01T09:00",
        "2026-11-05T09:00",
    ]


def test_left_out_days_of_an_all_day_series_may_be_written_as_times():
    gone = (datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, 23, tzinfo=UTC))
    daily = series("2026-11-01", "FREQ=DAILY;COUNT=4", exdates=gone)
    days = [o.recurrence_id for o in occurrences(daily, window("2026-10-30", 30))]
    assert days == [date(2026, 11, 1), date(2026, 11, 4)]


def test_extra_dates_are_added_once_and_can_be_left_out_again():
    more = series(
        "2026-11-02T09:00",
        "FREQ=WEEKLY;COUNT=2",
        rdates=(
            datetime(2026, 11, 5, 9),
            datetime(2026, 11, 9, 8, tzinfo=UTC),
            datetime(2026, 11, 6, 9),
        ),
        exdates=(datetime(2026, 11, 6, 9),),
    )
    assert walls(occurrences(more, window("2026-11-01", 30))) == [
        "2026-11-02T09:00",
        "2026-11-05T09:00",
        "2026-11-09T09:00",
    ]


# ------------------------------------------------------------------------------ changed events


def moved(original: str, to: str, **more: Any) -> Override:
    first, then = datetime.fromisoformat(original), datetime.fromisoformat(to)
    return replace(Override(first, then, HALF_HOUR, BERLIN), **more)


def test_an_occurrence_moved_into_the_window_is_found_and_one_moved_out_is_not():
    weekly = series(
        "2026-11-02T09:00",
        "FREQ=WEEKLY;COUNT=10",
        overrides=(
            moved("2026-12-28T09:00", "2026-11-10T15:00"),
            moved("2026-11-09T09:00", "2027-05-01T09:00"),
        ),
    )
    assert walls(occurrences(weekly, window("2026-11-03", 14))) == [
        "2026-11-10T15:00",
        "2026-11-16T09:00",
    ]
    assert walls(occurrences(weekly, window("2027-04-30", 3))) == ["2027-05-01T09:00"]


def test_a_removed_occurrence_is_gone_and_a_change_carries_its_key():
    daily = series(
        "2026-11-02T09:00",
        "FREQ=DAILY;COUNT=3",
        overrides=(
            moved("2026-11-03T09:00", "2026-11-03T09:00", removed=True),
            moved("2026-11-04T09:00", "2026-11-04T10:00", key=7),
        ),
    )
    found = occurrences(daily, window("2026-11-01", 30))
    assert walls(found) == ["2026-11-02T09:00", "2026-11-04T10:00"]
    assert found[1].override is not None
    assert found[1].override.key == 7
    assert found[1].recurrence_id == datetime(2026, 11, 4, 9)


def test_this_and_future_moves_all_later_ones_until_a_single_change_or_the_next():
    daily = series(
        "2026-11-02T09:00",
        "FREQ=DAILY",
        overrides=(
            moved("2026-11-04T09:00", "2026-11-04T11:00", this_and_future=True, duration=DAY / 12),
            moved("2026-11-06T09:00", "2026-11-06T20:00"),
            moved("2026-11-08T09:00", "2026-11-08T09:00", this_and_future=True, removed=True),
        ),
    )
    found = occurrences(daily, window("2026-11-01", 30))
    assert walls(found) == [
        "2026-11-02T09:00",
        "2026-11-03T09:00",
        "2026-11-04T11:00",
        "2026-11-05T11:00",
        "2026-11-06T20:00",
        "2026-11-07T11:00",
    ]
    assert found[3].end - found[3].start == timedelta(hours=2)


def test_this_and_future_reaches_a_window_its_unmoved_dates_do_not_touch():
    weekly = series(
        "2026-11-02T09:00",
        "FREQ=WEEKLY",
        overrides=(moved("2026-11-09T09:00", "2026-11-12T09:00", this_and_future=True),),
    )
    assert walls(occurrences(weekly, window("2027-11-11", 1))) == ["2027-11-11T09:00"]
    assert walls(occurrences(weekly, window("2027-11-08", 2))) == []


def changed_by_hand(
    base: list[datetime], changes: list[Override]
) -> list[tuple[datetime, datetime]]:
    """All events of a series with its changes, worked out one by one over its whole life."""
    found = []
    for wall in base:
        single = [o for o in changes if not o.this_and_future and o.recurrence_id == wall]
        onward = [o for o in changes if o.this_and_future and o.recurrence_id <= wall]
        change = single[-1] if single else max(onward, key=lambda o: o.recurrence_id, default=None)
        if change is None:
            found.append((wall, wall + HALF_HOUR))
        elif not change.removed:
            shift = wall - change.recurrence_id
            found.append((change.start + shift, change.start + shift + change.duration))
    return found


@pytest.mark.parametrize("seed", range(80))
def test_changed_events_are_where_a_list_worked_out_by_hand_has_them(seed):
    rnd = random.Random(1000 + seed)
    step = rnd.choice([1, 2, 7])
    base = [datetime(2026, 1, 5, 9) + n * step * DAY for n in range(120)]
    changes = []
    for wall in rnd.sample(base, rnd.randint(1, 8)):
        shift = timedelta(minutes=rnd.choice([-20_000, -1440, -60, 0, 45, 600, 2880, 30_000]))
        changes.append(
            Override(
                wall,
                wall + shift,
                timedelta(minutes=rnd.choice([15, 60, 3000])),
                UTC,
                this_and_future=rnd.random() < 0.4,
                removed=rnd.random() < 0.2,
            )
        )
    rule = parse_rule(f"FREQ=DAILY;INTERVAL={step};COUNT=120")
    whole = Series(base[0], HALF_HOUR, UTC, rule, overrides=tuple(changes))
    asked = window("2026-01-01", 40)
    asked = Interval(
        asked.start + rnd.randint(-20, 300) * DAY, asked.end + rnd.randint(301, 600) * DAY
    )
    asked = Interval(asked.start, min(asked.end, asked.start + 400 * DAY))
    expected = sorted(
        (s, e)
        for s, e in changed_by_hand(base, changes)
        if s < asked.end.replace(tzinfo=None) and e > asked.start.replace(tzinfo=None)
    )
    found = occurrences(whole, asked)
    assert [(o.start.replace(tzinfo=None), o.end.replace(tzinfo=None)) for o in found] == expected


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=rules(), start=STARTS, cut=st.integers(1, 199))
def test_two_windows_side_by_side_hold_what_the_whole_one_holds(text, start, cut):
    one = Series(start, timedelta(hours=5), BERLIN, parse_rule(text))
    low = datetime(2017, 2, 1, tzinfo=UTC)
    middle, high = low + cut * DAY, low + 200 * DAY
    whole = occurrences(one, Interval(low, high), Budget(100_000))
    halves = [
        *occurrences(one, Interval(low, middle), Budget(100_000)),
        *occurrences(one, Interval(middle, high), Budget(100_000)),
    ]
    assert sorted(set(halves)) == sorted(set(whole))


def test_a_wall_time_becomes_the_instant_the_zone_gives_it():
    rnd = random.Random(5)
    for name in ODD_ZONES:
        zone = ZoneInfo(name)
        for _ in range(200):
            wall = datetime(2026, 1, 1) + timedelta(minutes=rnd.randrange(525_600))
            assert to_instant(wall, zone) == wall.replace(tzinfo=zone).astimezone(UTC)
    twice = datetime(2026, 11, 1, 1, 30, fold=1)
    assert to_instant(twice, NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
