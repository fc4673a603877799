"""A repetition rule as written in calendars, read within limits.

Source: RFC 5545 section 3.3.10, RFC 7529 section 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from webapp.domain.errors import Invalid

MAX_TEXT = 4000
MAX_INTERVAL = 1000
MAX_COUNT = 5000
MAX_PRODUCT = 400
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")

_FIRST_YEAR, _LAST_YEAR = 1600, 9000
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z)?)?")
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,5}")
# part -> (smallest, largest, whether counting from the end is allowed)
_RANGES = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 60, False),
    "BYSETPOS": (1, 366, True),
}
_KNOWN = {*_RANGES, "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP"}


class RuleRefused(Invalid):
    """This repetition rule is not understood or goes beyond the limits."""

    code = "rule_refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as read: nothing filled in from the start of its series yet.

    ``until`` is a date, a wall-clock time (naive) or an instant (UTC), as written. ``weekdays``
    are pairs of position (0 for every) and day (0 is Monday).
    """

    text: str
    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()


def parse_rule(text: str, *, allow_hourly: bool = True) -> Rule:
    """The rule written in ``text``, the value of an RRULE property.

    Case, blanks and a trailing semicolon are forgiven; ``X-`` parts are passed over. Raises
    RuleRefused with a sentence for everything that cannot be meant or goes beyond the limits.
    """
    if len(text) > MAX_TEXT:
        raise RuleRefused("The repetition rule is too long.")
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY"):
        raise RuleRefused("Events that repeat every second or minute are not laid out.")
    if frequency not in FREQUENCIES:
        raise RuleRefused("The repetition rule does not say how often it repeats.")
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.get("SKIP", "OMIT") != "OMIT":
        raise RuleRefused("Only the Gregorian calendar is understood in repetition rules.")
    rule = Rule(
        text=text,
        frequency=frequency,
        interval=_single(parts, "INTERVAL", 1, MAX_INTERVAL) or 1,
        count=_single(parts, "COUNT", 1, MAX_COUNT),
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_week_start(parts.get("WKST", "MO")),
        weekdays=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        months=_list(parts, "BYMONTH"),
        month_days=_list(parts, "BYMONTHDAY"),
        year_days=_list(parts, "BYYEARDAY"),
        week_numbers=_list(parts, "BYWEEKNO"),
        hours=_list(parts, "BYHOUR"),
        minutes=_list(parts, "BYMINUTE"),
        seconds=tuple(sorted({min(second, 59) for second in _list(parts, "BYSECOND")})),
        positions=_list(parts, "BYSETPOS"),
    )
    _check_size(rule, allow_hourly)
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.upper().replace(" ", "").split(";"):
        if not piece:
            continue
        name, equals, value = piece.partition("=")
        if name.startswith("X-"):
            continue
        if not equals or not value or name not in _KNOWN:
            raise RuleRefused("The repetition rule has a part that is not understood.")
        if name in parts:
            raise RuleRefused(f"The repetition rule says {name} twice.")
        parts[name] = value
    return parts


def _single(parts: dict[str, str], name: str, low: int, high: int) -> int | None:
    if name not in parts:
        return None
    value = parts[name]
    if not _NUMBER.fullmatch(value) or not low <= int(value) <= high:
        raise RuleRefused(f"{name} in a repetition rule has to be {low} to {high}.")
    return int(value)


def _list(parts: dict[str, str], name: str) -> tuple[int, ...]:
    if name not in parts:
        return ()
    low, high, signed = _RANGES[name]
    found = set()
    for value in parts[name].split(","):
        number = int(value) if _NUMBER.fullmatch(value) else high + 1
        if not (low <= number <= high or (signed and low <= -number <= high)):
            raise RuleRefused(f"{name} in a repetition rule has a value outside {low} to {high}.")
        found.add(number)
    return tuple(sorted(found))


def _weekdays(value: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in value.split(","):
        match = _BYDAY.fullmatch(item)
        position = int(match[1] or 0) if match else 99
        if match is None or abs(position) > 53:
            raise RuleRefused("BYDAY in a repetition rule names a day that is not understood.")
        found.add((position, DAYS.index(match[2])))
    return tuple(sorted(found))


def _week_start(value: str) -> int:
    if value not in DAYS:
        raise RuleRefused("WKST in a repetition rule names a day that is not understood.")
    return DAYS.index(value)


def _until(value: str) -> date | datetime:
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        day = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
        if day.year > _LAST_YEAR:
            return date(_LAST_YEAR, 12, 31)
        if day.year < _FIRST_YEAR:
            raise ValueError(value)
        if match[2] is None:
            return day
        clock = match[2]
        at = time(int(clock[:2]), int(clock[2:4]), min(int(clock[4:6]), 59))
    except ValueError:
        raise RuleRefused("UNTIL in a repetition rule is not a date or time.") from None
    return datetime.combine(day, at, UTC if match[3] else None)


def _check_size(rule: Rule, allow_hourly: bool) -> None:
    product = 1
    for values in (
        rule.weekdays,
        rule.months,
        rule.month_days,
        rule.year_days,
        rule.week_numbers,
        rule.hours,
        rule.minutes,
        rule.seconds,
    ):
        product *= max(1, len(values))
    if product > MAX_PRODUCT:
        raise RuleRefused("The repetition rule lists too many days and times in one period.")
    if rule.frequency == "HOURLY":
        if not allow_hourly:
            raise RuleRefused("Events repeat daily or less often.")
        if rule.count is None and rule.until is None:
            raise RuleRefused("An event that repeats every hour has to say when it ends.")
