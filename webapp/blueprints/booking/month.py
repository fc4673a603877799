"""The month table beside the times: a link for each date that has some, with its full name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from webapp.blueprints.booking.days import (
    day_of,
    local_days,
    month_days,
    next_month,
    number_of,
    previous_month,
)
from webapp.blueprints.booking.manner import Manner, month_year, times
from webapp.blueprints.booking.screens import Free, Reader
from webapp.domain.idiom import Idiom, first_up

Cell = tuple[int, str, str, str, bool]
"""One day of the month: number (0 is a blank), kind, two digits, full name, whether selected."""


@dataclass(frozen=True, slots=True)
class Month:
    """The month table; ``whole`` when it was asked for by name, so that no week is folded away.

    The address of a day is ``before``, its two digits, ``after``.
    """

    title: str
    before: str
    after: str
    heads: tuple[tuple[str, str], ...]
    none: str
    rows: tuple[tuple[bool, tuple[Cell, ...]], ...]
    earlier: tuple[str, str] | None
    later: tuple[str, str] | None
    whole: bool


def month_table(
    reader: Reader, first: date, free: Free, selected: int | None, *, whole: bool
) -> Month:
    """The month of ``first`` (its first day) with a count of times on each day."""
    start = number_of(first)
    count = month_days(first)
    counts = [free.count(start + i) for i in range(count)]
    held = free.held and local_days(reader.zone, start, count).counts(free.held)
    manner = reader.manner
    lead = (first.weekday() - manner.week_start) % 7
    names = _names(manner.say.idiom, first)
    say = manner.say
    none, on_hold, now = say("no times"), say("times on hold"), say("today")
    today = reader.today - start
    cells: list[Cell] = [(0, "", "", "", False)] * lead
    for i in range(count):
        if counts[i]:
            what, said = "free", times(counts[i], manner)
        else:
            what, said = ("held", on_hold) if held and held[i] else ("none", none)
        full = f"{names[i]}, {said}"
        if i == today:
            what, full = what + " today", f"{full}, {now}"
        cells.append((i + 1, what, f"{i + 1:02d}", full, start + i == selected))
    cells += [(0, "", "", "", False)] * (-len(cells) % 7)
    rows = tuple(tuple(cells[i : i + 7]) for i in range(0, len(cells), 7))
    before, after = previous_month(first), next_month(first)
    this_month = day_of(reader.today).replace(day=1)
    return Month(
        title=month_year(first, manner),
        before=f"{reader.path}?d={first.isoformat()[:8]}",
        after=reader.tail,
        heads=_week(manner),
        none=none,
        rows=tuple((any(cell[4] for cell in row), row) for row in rows),
        earlier=_month_link(reader, before) if before >= this_month else None,
        later=_month_link(reader, after) if number_of(after) <= reader.last else None,
        whole=whole,
    )


@lru_cache(maxsize=64)
def _names(idiom: Idiom, first: date) -> tuple[str, ...]:
    """The full names of a month's days, as they are read out."""
    days = (first + timedelta(days=place) for place in range(month_days(first)))
    return tuple(first_up(idiom.full_day(day)) for day in days)


def _week(manner: Manner) -> tuple[tuple[str, str], ...]:
    """The heads of the columns: short and full."""
    idiom = manner.say.idiom
    week = tuple(zip(idiom.heads, idiom.days, strict=True))
    return week[manner.week_start :] + week[: manner.week_start]


def _month_link(reader: Reader, first: date) -> tuple[str, str]:
    return reader.link(f"m={first.isoformat()[:7]}"), month_year(first, reader.manner)
