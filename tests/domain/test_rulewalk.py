"""Rules give what dateutil and a search day by day give, and end early when they give nothing."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

import random
from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.rule_cases import DAY, HALF_HOUR, STARTS, rules, series, window
from webapp.domain.errors import Invalid
from webapp.domain.recurrence import (
    Series,
    SeriesRefused,
    WindowRefused,
    occurrences,
)
from webapp.domain.rrule import DAYS, RuleRefused, parse_rule
from webapp.domain.rulewalk import Budget, BudgetSpent
from webapp.domain.span import Interval


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


# Near the start as often as far away: counted rules end there.
OFFSETS = st.one_of(st.integers(-50, 400), st.integers(-400, 5000))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=rules(), start=STARTS, offset=OFFSETS, days=st.integers(1, 400))
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


@pytest.mark.parametrize("place", [-5, -4, -1, 1, 2, 4, 5])
@pytest.mark.parametrize("scope", ["MONTHLY", "YEARLY;BYMONTH=2,6", "YEARLY"])
def test_numbered_weekdays_are_counted_from_either_end(place, scope):
    start = datetime(2019, 12, 31, 9)
    for day in DAYS:
        text = f"FREQ={scope};BYDAY={place}{day}"
        low, high = datetime(2023, 12, 1), datetime(2024, 12, 31)  # with a leap day
        expected = rrulestr(text, dtstart=start).between(low, high)
        asked = Interval(low.replace(tzinfo=UTC), high.replace(tzinfo=UTC))
        found = occurrences(Series(start, timedelta(), UTC, parse_rule(text)), asked)
        assert [o.start.replace(tzinfo=None) for o in found] == expected, text


@pytest.mark.parametrize("text", ["FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,TH,SU;INTERVAL=2"])
def test_a_counted_series_ends_at_the_same_moment_whatever_the_window(text):
    start = datetime(2019, 12, 31, 9)
    for count in range(1, 40, 3):
        rule = f"{text};COUNT={count}"
        last = max(by_dateutil(rule, start, datetime(2022, 1, 1)))
        for before in (0, 1, 6, 7, 8, 20):
            low = (last - before * DAY).replace(tzinfo=UTC)
            asked = Interval(low, low + 60 * DAY)
            found = occurrences(Series(start, timedelta(), UTC, parse_rule(rule)), asked)
            assert found[-1].start.replace(tzinfo=None) == last, (rule, before)


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
