"""Which date and month to show when the visitor asked for one, for none, or for one without times.

The first view always shows times when there are any, even months ahead, and says so. Availability
is asked for in windows of 42 days; most screens need one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from webapp.blueprints.booking import screens
from webapp.blueprints.booking.days import (
    LocalDays,
    day_of,
    local_days,
    month_days,
    next_month,
    number_of,
)
from webapp.blueprints.booking.manner import long_day, short_day
from webapp.blueprints.booking.month import Month, month_table
from webapp.blueprints.booking.screens import Column, Free, Reader, Soon, ZoneLine

WINDOW_DAYS = 42

SOONEST = 3

Offer = Callable[[LocalDays], Free]
"""Free times on a row of local dates."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the address asks for: a date, a month (its first day), a flat list; or nothing."""

    day: date | None = None
    month: date | None = None
    as_list: bool = False


class TimesView(NamedTuple):
    """Everything the part with the times shows.

    ``none_at_all`` is true when nothing can be booked up to the horizon. ``onward`` is the next
    date with times as (address, words); ``later`` continues the list; ``address`` is the one that
    gives this same view again.
    """

    as_list: bool
    zone: ZoneLine
    soonest: tuple[Soon, ...]
    month: Month | None
    columns: tuple[Column, ...]
    sentences: tuple[str, ...]
    empty: str
    onward: tuple[str, str] | None
    later: str
    say: str
    address: str
    selected: str
    first_date: str
    last_date: str
    none_at_all: bool


class _Windows:
    """Free times by window, each asked for once."""

    def __init__(self, reader: Reader, offer: Offer, near_days: int) -> None:
        self.reader, self._offer, self._near_days = reader, offer, near_days
        self.near = self.at(reader.today, near_days)
        if len(self.near.starts) < SOONEST and near_days < WINDOW_DAYS:
            self._near_days = WINDOW_DAYS
            self.near = self.at(reader.today)

    def at(self, number: int, days: int = WINDOW_DAYS) -> Free:
        """The window of ``days`` local dates that begins with the day ``number``."""
        return self._offer(local_days(self.reader.zone, number, days))

    def holding(self, first: int, days: int) -> Free:
        """A window that covers the ``days`` dates from ``first`` on, as far as they lie ahead."""
        first_open = max(first, self.reader.today)
        if first + days <= self.reader.today + self._near_days:
            return self.near
        return self.at(first_open)

    def next_date(self, since: int) -> tuple[int, Free] | None:
        """The first date from ``since`` on that has times, with a window that begins there."""
        number = max(since, self.reader.today)
        if number == self.reader.today and self.near.starts:
            return self.near.dates(number)[0], self.near
        while number <= self.reader.last:
            free = self.at(number)
            if free.starts:
                return free.dates(number)[0], free
            number += WINDOW_DAYS
        return None


def times_view(
    wish: Wish, reader: Reader, offer: Offer, *, zone: ZoneLine, notice_minutes: int
) -> TimesView:
    """The times to show for ``wish``; the reader's path and tail go into every address."""
    windows = _Windows(reader, offer, _near_days(wish, reader))
    sentences: list[str] = []
    selected = number_of(wish.day) if wish.day else None
    month_first = wish.month if wish.day is None else None
    if selected is None and month_first is None:
        found = windows.next_date(reader.today)
        if found is None:
            return _nothing(wish, reader, windows, zone)
        selected = found[0]
        sentences += _jumped(reader, selected)
    if selected is not None:
        month_first = day_of(selected).replace(day=1)
    assert month_first is not None
    free = _month_window(windows, month_first, selected)
    if selected is None:
        selected = _first_in_month(free, month_first)
    return _view(
        wish, reader, windows, zone, free, month_first, selected, sentences, notice_minutes
    )


def _near_days(wish: Wish, reader: Reader) -> int:
    """How far from today the first window has to reach: for a date or month that was asked for,
    to the end of the month and a week beyond, for the dates side by side."""
    asked = wish.day or wish.month
    if asked is None or wish.as_list:
        return WINDOW_DAYS
    end = number_of(next_month(asked.replace(day=1))) + 7
    return min(WINDOW_DAYS, max(14, end - reader.today))


def _month_window(windows: _Windows, first: date, selected: int | None) -> Free:
    """Free times of the whole month, and of the dates after ``selected``."""
    start = number_of(first)
    free = windows.holding(start, month_days(first))
    if selected is None or len(free.dates(selected)) > 2:
        return free
    # Late in the window the dates side by side may lie beyond it.
    more = windows.at(max(selected, windows.reader.today))
    begin = min(free.days.first, more.days.first)
    end = max(each.days.first + len(each.counts) for each in (free, more))
    return Free.on(
        local_days(windows.reader.zone, begin, end - begin),
        sorted({*free.starts, *more.starts}),
        sorted({*free.held, *more.held}),
        {**(free.seats or {}), **(more.seats or {})},
    )


def _first_in_month(free: Free, first: date) -> int | None:
    dates = free.dates(number_of(first))
    return dates[0] if dates and dates[0] < number_of(next_month(first)) else None


def _jumped(reader: Reader, selected: int) -> list[str]:
    """ "No times left in October. Showing November 2026."."""
    here, there = day_of(reader.today), day_of(selected)
    if (here.year, here.month) == (there.year, there.month):
        return []
    idiom = reader.manner.say.idiom
    return [
        reader.manner.say(
            "No times left in %(month)s. Showing %(other)s.",
            month=idiom.months[here.month - 1],
            other=idiom.month_year(there),
        )
    ]


def _view(
    wish: Wish,
    reader: Reader,
    windows: _Windows,
    zone: ZoneLine,
    free: Free,
    month_first: date,
    selected: int | None,
    sentences: list[str],
    notice_minutes: int,
) -> TimesView:
    most = screens.LIST_DAYS if wish.as_list else screens.SIDE_BY_SIDE
    shown = screens.columns(reader, free, selected, most) if selected is not None else []
    empty, onward = "", None
    if selected is None:
        month = reader.manner.say.idiom.month_year(month_first)
        empty = reader.manner.say("No times in %(month)s.", month=month)
        onward = _onward(reader, windows, number_of(next_month(month_first)))
        say = empty
    else:
        say = screens.day_sentence(reader, shown[0])
        if not shown[0].free and not shown[0].groups:
            empty = say = screens.without_times(reader, selected, notice_minutes)
            onward = _onward(reader, windows, selected + 1) if len(shown) < 2 else None
    chosen = day_of(selected).isoformat() if selected is not None else ""
    mode = "v=list&" if wish.as_list else ""
    query = f"{mode}d={chosen}" if chosen else f"{mode}m={month_first.isoformat()[:7]}"
    return TimesView(
        as_list=wish.as_list,
        zone=zone,
        soonest=tuple(screens.soonest(reader, windows.near, SOONEST)),
        month=None
        if wish.as_list
        else month_table(
            reader, month_first, free, selected, whole=wish.month is not None and wish.day is None
        ),
        columns=tuple(shown),
        sentences=tuple(sentences),
        empty=empty,
        onward=onward,
        later=_later(reader, shown) if wish.as_list and len(shown) > 1 else "",
        say=say,
        address=reader.link(query),
        selected=chosen,
        first_date=day_of(reader.today).isoformat(),
        last_date=day_of(reader.last).isoformat(),
        none_at_all=False,
    )


def _onward(reader: Reader, windows: _Windows, since: int) -> tuple[str, str] | None:
    """The next date with times, or the first of all when none comes after ``since``."""
    found = windows.next_date(since)
    is_later = found is not None
    if found is None and windows.near.starts:
        found = windows.next_date(reader.today)
    if found is None:
        return None
    say, day = reader.manner.say, day_of(found[0])
    short = short_day(day, reader.manner)
    words = (
        say("The next is %(day)s", day=short)
        if is_later
        else say("There are times on %(day)s", day=short)
    )
    return reader.link(f"d={day.isoformat()}"), words


def _later(reader: Reader, shown: list[Column]) -> str:
    number = number_of(shown[-1].day) + 1
    return reader.link(f"v=list&d={day_of(number).isoformat()}") if number <= reader.last else ""


def _nothing(wish: Wish, reader: Reader, windows: _Windows, zone: ZoneLine) -> TimesView:
    until = long_day(day_of(reader.last), reader.manner)
    none = reader.manner.say("There are no times until %(day)s.", day=until)
    return TimesView(
        as_list=wish.as_list,
        zone=zone,
        soonest=(),
        month=None,
        columns=(),
        sentences=(),
        empty=none,
        onward=None,
        later="",
        say=none,
        address=reader.link("v=list" if wish.as_list else "").replace("?&", "?"),
        selected="",
        first_date=day_of(reader.today).isoformat(),
        last_date=day_of(reader.last).isoformat(),
        none_at_all=not windows.near.held,
    )
