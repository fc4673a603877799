"""Series laid out in a window: equal to dateutil, to a search day by day, and bounded."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

import random
from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.errors import Invalid
from webapp.domain.recurrence import (
    Override,
    Series,
    SeriesRefused,
    WindowRefused,
    occurrences,
    to_instant,
)
from webapp.domain.rrule import DAYS, RuleRefused, parse_rule
from webapp.domain.rulewalk import Budget, BudgetSpent
from webapp.domain.span import Interval

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
# Zones whose clock changes are odd: half hours, midnight, negative summer time, skipped days.
ODD_ZONES = (
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Africa/Cairo",
    "Asia/Beirut",
    "Africa/Casablanca",
    "America/Nuuk",
    "Asia/Gaza",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "America/New_York",
)


def window(first: str, days: int) -> Interval:
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return Interval(start, start + timedelta(days=days))


def series(start: str, rule: str | None, zone: ZoneInfo = BERLIN, **more: object) -> Series:
    parsed = parse_rule(rule) if rule else None
    wall = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    length: dict[str, object] = {"duration": HALF_HOUR}
    if "T" not in start:
        length = {"duration": timedelta(), "days": 1}
    return Series(wall, zone=zone, rule=parsed, **{**length, **more})  # type: ignore[arg-type]


def walls(found: list, zone: ZoneInfo = BERLIN) -> list[str]:
    return [f"{o.start.astimezone(zone):%Y-%m-%dT%H:%M}" for o in found]


# ------------------------------------------------------------------ against other ways to count


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that dateutil and the RFC read alike and that name a moment now and then."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    plain = ",".join(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=5, unique=True)))
    place = draw(st.integers(1, 4)) * draw(st.sampled_from([1, -1]))
    nth = f"{place}{draw(st.sampled_from(DAYS))}"
    month_days = "BYMONTHDAY=" + ",".join(
        str(n) for n in draw(st.sets(st.sampled_from([1, 2, 13, 28, -1, -7, -28]), min_size=1))
    )
    months = "BYMONTH=" + ",".join(str(m) for m in draw(st.sets(st.integers(1, 12), min_size=1)))
    setpos = f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1']))}"
    choices: dict[str, list[list[str]]] = {
        "YEARLY": [
            [],
            [months],
            [month_days],
            [months, month_days],
            [f"BYDAY={nth}"],
            [months, f"BYDAY={nth}"],
            [months, f"BYDAY={plain}"],
            [f"BYDAY={plain}", setpos],
            ["BYYEARDAY=1,100,-1,-100"],
            ["BYWEEKNO=1,20,52,-1", f"BYDAY={plain}", f"WKST={draw(st.sampled_from(DAYS))}"],
        ],
        "MONTHLY": [
            [],
            [month_days],
            [f"BYDAY={plain}"],
            [f"BYDAY={nth}"],
            [f"BYDAY={plain}", setpos],
            [f"BYDAY={plain}", "BYSETPOS=2,-2"],
            [f"BYDAY={plain}", months],
        ],
        "WEEKLY": [
            [],
            [f"BYDAY={plain}"],
            [f"BYDAY={plain}", f"WKST={draw(st.sampled_from(DAYS))}"],
        ],
        "DAILY": [[], [f"BYDAY={plain}"], [month_days], [months], ["BYHOUR=8,20", "BYMINUTE=0,15"]],
        "HOURLY": [[], ["BYHOUR=9,10,11,12,13,14,15,16"], [f"BYDAY={plain}"], ["BYMINUTE=5,35"]],
    }
    parts += draw(st.sampled_from(choices[frequency]))
    end = draw(
        st.sampled_from(["COUNT", "UNTIL"] if frequency == "HOURLY" else ["", "COUNT", "UNTIL"])
    )
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 600))}")
    if end == "UNTIL":
        parts.append(f"UNTIL={date(2015, 1, 1) + draw(st.integers(0, 5000)) * DAY:%Y%m%d}T120000")
    return ";".join(parts)


STARTS = st.datetimes(datetime(2012, 1, 1), datetime(2016, 1, 1)).map(
    lambda at: at.replace(second=0, microsecond=0)
)


def by_dateutil(text: str, start: datetime, high: datetime) -> set[datetime]:
    """Every start up to ``high``, walked from the first; the start always counts as the first."""
    rule = rrulestr(text, dtstart=start)
    first = next(iter(rule), None)
    if first != start and "COUNT=" in text:
        head, _, count = text.rpartition("COUNT=")
        if count == "1":
            return {start}
        rule = rrulestr(f"{head}COUNT={int(count) - 1}", dtstart=start)
    return {start, *takewhile(lambda moment: moment < high, rule)}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=rules(), start=STARTS, offset=st.integers(-400, 5000), days=st.integers(1, 400))
def test_a_window_holds_what_dateutil_finds_from_the_first_day_on(text, start, offset, days):
    low = datetime(start.year, start.month, start.day) + offset * DAY
    high = low + days * DAY
    expected = {m for m in by_dateutil(text, start, high) if low <= m < high}
    asked = Interval(low.replace(tzinfo=UTC), high.replace(tzinfo=UTC))
    budget = Budget(occurrences=100_000)
    found = occurrences(Series(start, timedelta(), UTC, parse_rule(text)), asked, budget)
    assert [o.start.replace(tzinfo=None) for o in found] == sorted(expected)


def brute_force(parts: dict[str, str], start: date, high: date) -> list[date]:
    """Every day of an all-day rule before ``high``, asked one after the other (RFC 5545)."""
    numbers = {k: [int(n) for n in v.split(",")] for k, v in parts.items() if k in NUMERIC}
    days = parts["BYDAY"].split(",") if "BYDAY" in parts else []
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    if not days and not {"BYMONTHDAY", "BYYEARDAY"} & set(parts):
        if frequency == "WEEKLY" or "BYWEEKNO" in parts:
            days = [DAYS[start.weekday()]]
        elif frequency != "DAILY":
            numbers["BYMONTHDAY"] = [start.day]
            if frequency == "YEARLY" and "BYMONTH" not in parts:
                numbers["BYMONTH"] = [start.month]

    def period(day: date) -> int:
        week_start = DAYS.index(parts.get("WKST", "MO"))
        return {
            "YEARLY": day.year,
            "MONTHLY": day.year * 12 + day.month,
            "WEEKLY": (day.toordinal() - 1 - week_start) // 7,
            "DAILY": day.toordinal(),
        }[frequency]

    def week(day: date) -> tuple[int, int]:
        for number_of_year in (day.year + 1, day.year, day.year - 1):
            fourth = date(number_of_year, 1, 4)
            shift = (fourth.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7
            first = fourth - shift * DAY
            if day >= first:
                return number_of_year, (day - first).days // 7 + 1
        raise AssertionError(day)

    def weeks(number_of_year: int) -> int:
        return week(date(number_of_year, 12, 28))[1]

    def fits(day: date) -> bool:
        month, year = monthrange(day.year, day.month)[1], 366 if isleap(day.year) else 365
        yearday = (day - date(day.year, 1, 1)).days + 1
        places = {
            "BYMONTH": {day.month},
            "BYMONTHDAY": {day.day, day.day - month - 1},
            "BYYEARDAY": {yearday, yearday - year - 1},
            "BYWEEKNO": {week(day)[1], week(day)[1] - weeks(week(day)[0]) - 1},
        }
        if any(name in numbers and not seen & set(numbers[name]) for name, seen in places.items()):
            return False
        if not days:
            return True
        names = {DAYS[day.weekday()]}
        in_month = frequency == "MONTHLY" or "BYMONTH" in numbers
        place, size = (day.day, month) if in_month else (yearday, year)
        names |= {f"{(place - 1) // 7 + 1}{DAYS[day.weekday()]}"}
        names |= {f"-{(size - place) // 7 + 1}{DAYS[day.weekday()]}"}
        return bool(names & set(days))

    groups: dict[int, list[date]] = {}
    day = date(start.year, 1, 1) - 7 * DAY
    while day < high:
        if (period(day) - period(start)) % interval == 0 and fits(day):
            groups.setdefault(period(day), []).append(day)
        day += DAY
    # A period that ends after ``high`` would choose its positions from half a set.
    positions = numbers.get("BYSETPOS")
    found = []
    for members in groups.values():
        places = {p - 1 if p > 0 else len(members) + p for p in positions or ()}
        found += [d for i, d in enumerate(members) if positions is None or i in places]
    found = sorted({start, *(d for d in found if d >= start)})
    return found[: int(parts["COUNT"])] if "COUNT" in parts else found


NUMERIC = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")


def random_parts(rnd: random.Random) -> dict[str, str]:
    frequency = rnd.choice(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"])
    parts = {"FREQ": frequency, "INTERVAL": str(rnd.choice([1, 1, 1, 2, 3, 5, 7]))}
    pools: dict[str, list[str]] = {
        "BYMONTH": [str(n) for n in range(1, 13)],
        "BYMONTHDAY": ["1", "15", "29", "30", "31", "-1", "-2", "-30", "-31"],
        "BYYEARDAY": ["1", "60", "366", "-1", "-60", "-366"],
        "BYWEEKNO": ["1", "2", "10", "52", "53", "-1"],
        "BYDAY": [*DAYS, *DAYS],
        "BYSETPOS": ["1", "2", "3", "-1", "-2"],
    }
    allowed = ["BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"]
    if frequency in ("YEARLY", "MONTHLY"):
        pools["BYDAY"] += ["1MO", "2TU", "5WE", "-1FR", "-5SU"]
    if frequency == "YEARLY":
        allowed.append(rnd.choice(["BYYEARDAY", "BYWEEKNO"]))
    for name in rnd.sample(allowed, rnd.randint(0, 3)):
        parts[name] = ",".join(sorted(set(rnd.choices(pools[name], k=rnd.randint(1, 4)))))
    if "BYWEEKNO" in parts:  # numbered days have no meaning beside numbered weeks
        parts.pop("BYDAY", None)
    if rnd.random() < 0.4:
        parts["WKST"] = rnd.choice(DAYS)
    if rnd.random() < 0.4:
        parts["COUNT"] = str(rnd.randint(1, 40))
    return parts


@pytest.mark.parametrize("seed", range(60))
def test_a_window_holds_the_days_found_by_asking_every_single_one(seed):
    rnd = random.Random(seed)
    for _ in range(5):
        parts = random_parts(rnd)
        start = date(rnd.randint(2014, 2019), rnd.randint(1, 12), rnd.choice([1, 15, 28]))
        low = start + rnd.randint(-30, 2000) * DAY
        high = low + rnd.randint(1, 400) * DAY
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        expected = [
            d for d in brute_force(parts, start, date(high.year + 1, 2, 1)) if low <= d < high
        ]
        asked = Interval(datetime.combine(low, time(), UTC), datetime.combine(high, time(), UTC))
        budget = Budget(occurrences=100_000)
        found = occurrences(Series(start, timedelta(), UTC, parse_rule(text), 1), asked, budget)
        assert [o.start.date() for o in found] == expected, (text, start, low, high)


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


def moved(original: str, to: str, **more: object) -> Override:
    return Override(
        datetime.fromisoformat(original),
        datetime.fromisoformat(to),
        **{"duration": HALF_HOUR, "zone": BERLIN, **more},  # type: ignore[arg-type]
    )


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


# ---------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "FREQ=",
        "FREQ=FORTNIGHTLY",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=1001",
        "FREQ=DAILY;INTERVAL=" + "9" * 5000,
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=5001",
        "FREQ=DAILY;COUNT=1e3",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;UNTIL=20261350",
        "FREQ=DAILY;UNTIL=20260101T990000Z",
        "FREQ=DAILY;UNTIL=00010101T000000Z",
        "FREQ=DAILY;COUNT=3;COUNT=4",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYMONTH=-1",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;WKST=1",
        "FREQ=MONTHLY;BYDAY=99MO",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYHOUR=٣",
        "FREQ=YEARLY;BYEASTER=0",
        "RSCALE=CHINESE;FREQ=YEARLY",
        "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=31",
        "FREQ=DAILY;BYHOUR="
        + ",".join(map(str, range(24)))
        + ";BYMINUTE="
        + ",".join(map(str, range(20))),
    ],
)
def test_a_rule_beyond_the_limits_is_refused_with_a_sentence(text):
    with pytest.raises(RuleRefused) as refused:
        parse_rule(text)
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 120


def test_every_hour_is_for_imported_events_that_end():
    assert parse_rule("FREQ=HOURLY;COUNT=3").frequency == "HOURLY"
    with pytest.raises(RuleRefused):
        parse_rule("FREQ=HOURLY;COUNT=3", allow_hourly=False)
    with pytest.raises(RuleRefused):
        occurrences(series("2026-11-01", "FREQ=HOURLY;COUNT=3"), window("2026-11-01", 3))


def test_untidy_rules_of_other_programs_are_understood():
    rule = parse_rule("freq=weekly; byday=mo,we ;X-NOTE=1;WKST=SU;")
    assert (rule.frequency, rule.weekdays, rule.week_start) == ("WEEKLY", ((0, 0), (0, 2)), 6)
    assert parse_rule("FREQ=DAILY;UNTIL=99991231T235959Z").until == date(9000, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=SU",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=99",
        "FREQ=HOURLY;UNTIL=20991231;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;COUNT=5000;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=5000;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_rule_that_never_happens_is_answered_after_a_short_look(text):
    never = series("2020-01-06T09:00", text)
    budget = Budget(steps=20_000)
    assert occurrences(never, window("2026-01-01", 400), budget) == []


def test_counting_from_centuries_ago_is_refused_instead_of_walked():
    ancient = series("1700-01-01T09:00", "FREQ=DAILY;COUNT=5000;BYMONTH=2;BYMONTHDAY=30")
    with pytest.raises(RuleRefused):
        occurrences(ancient, window("2026-01-01", 60))


@pytest.mark.parametrize(
    "text", ["FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=2TU"]
)
@pytest.mark.parametrize("count", ["", ";COUNT=5000"])
def test_an_old_series_takes_no_more_steps_than_a_young_one(text, count):
    if count and "MONTHLY" in text:
        count = ""
    used = []
    for start in ("2026-11-02T09:00", "2016-11-02T09:00"):
        budget = Budget()
        occurrences(series(start, text + count), window("2026-11-02", 60), budget)
        used.append(Budget().steps - budget.steps)
    assert used[1] <= 1.5 * used[0]


def test_the_budget_is_shared_and_ends():
    daily = series("2026-01-01T09:00", "FREQ=DAILY")
    budget = Budget(occurrences=150)
    occurrences(daily, window("2026-01-01", 100), budget)
    with pytest.raises(BudgetSpent):
        occurrences(daily, window("2026-01-01", 100), budget)


def test_windows_and_lists_beyond_the_limits_are_refused():
    with pytest.raises(WindowRefused):
        occurrences(series("2026-01-01T09:00", "FREQ=DAILY"), window("2026-01-01", 401))
    with pytest.raises(SeriesRefused):
        series("2026-01-01T09:00", "FREQ=DAILY", exdates=(date(2026, 1, 1),) * 2001)
    with pytest.raises(SeriesRefused):
        series("2026-01-01T09:00", "FREQ=DAILY", duration=timedelta(days=40))
    with pytest.raises(SeriesRefused):
        series("0001-01-01T09:00", "FREQ=DAILY")


PIECES = [
    *(f"FREQ={name}" for name in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")),
    *("INTERVAL=1000", "COUNT=5000", "UNTIL=99991231", "UNTIL=16000101T000000Z", "WKST=SU"),
    *("BYDAY=5MO", "BYSETPOS=-366", "BYWEEKNO=53", "BYYEARDAY=-366", "BYMONTH=2"),
    *("BYMONTHDAY=29,30", "BYHOUR=0,23", "BYSECOND=60", ";", "=", "X"),
]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    text=st.lists(
        st.sampled_from(PIECES),
        max_size=7,
    ).map(";".join),
    start=st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Niue"]),
)
def test_whatever_is_written_is_laid_out_or_refused(text, start, zone):
    try:
        one = Series(start, HALF_HOUR, ZoneInfo(zone), parse_rule(text))
        found = occurrences(one, window("2026-01-01", 400))
    except Invalid:
        return
    assert all(o.end - o.start == HALF_HOUR for o in found)


def test_a_wall_time_becomes_the_instant_the_zone_gives_it():
    rnd = random.Random(5)
    for name in ODD_ZONES:
        zone = ZoneInfo(name)
        for _ in range(200):
            wall = datetime(2026, 1, 1) + timedelta(minutes=rnd.randrange(525_600))
            assert to_instant(wall, zone) == wall.replace(tzinfo=zone).astimezone(UTC)
