"""The month table beside the times: a link for each date that has some, with its full name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from webapp.blueprints.booking.days import (
    day_of,
    local_days,
    month_days,
    next_month,
    number_of,
    previous_month,
)
from webapp.blueprints.booking.manner import month_year, times
from webapp.blueprints.booking.screens import Free, Reader
from webapp.domain.idiom import Idiom, first_up

Cell = tuple[int, str, str, bool]
"""One day of the month: number (0 is a blank), kind, full name, whether selected."""

_BLANK: Cell = (0, "", "", False)


class Month(NamedTuple):
    """The month table; ``whole`` when it was asked for by name, so that no week is folded away.

    The address of a day is ``before``, its two digits, ``after``.
    """

    title: str
    before: str
    after: str
    none: str
    rows: Sequence[tuple[bool, Sequence[Cell]]]
    earlier: tuple[str, str] | None
    later: tuple[str, str] | None
    whole: bool


def month_table(
    reader: Reader, first: date, free: Free, selected: int | None, *, whole: bool
) -> Month:
    """The month of ``first`` (its first day) with a count of times on each day."""
    start, count = number_of(first), month_days(first)
    cells = [_BLANK] * ((first.weekday() - reader.manner.week_start) % 7)
    cells += _cells(reader, free, first, selected)
    cells += [_BLANK] * (-len(cells) % 7)
    weeks = [cells[place : place + 7] for place in range(0, len(cells), 7)]
    chosen = selected is not None and start <= selected < start + count
    before, after = previous_month(first), next_month(first)
    this_month = day_of(reader.today).replace(day=1)
    return Month(
        title=month_year(first, reader.manner),
        before=f"{reader.path}?d={first.isoformat()[:8]}",
        after=reader.tail,
        none=reader.manner.say("no times"),
        rows=[(chosen and any(cell[3] for cell in week), week) for week in weeks],
        earlier=_month_link(reader, before) if before >= this_month else None,
        later=_month_link(reader, after) if number_of(after) <= reader.last else None,
        whole=whole,
    )


def _cells(reader: Reader, free: Free, first: date, selected: int | None) -> list[Cell]:
    """The days of the month: what each has, as far as anything is said of it."""
    manner, start, count = reader.manner, number_of(first), month_days(first)
    held = free.held and local_days(reader.zone, start, count).counts(free.held)
    say, today = manner.say, reader.today - start
    cells: list[Cell] = []
    names = _names(say.idiom, first)
    for place, (name, number) in enumerate(zip(names, free.counted(start, count), strict=True)):
        current = start + place == selected
        if number:
            what, said = "free", times(number, manner)
        elif held and held[place]:
            what, said = "held", say("times on hold")
        else:
            what, said = "none", say("no times") if current or place == today else ""
        if place == today:
            now = say("today")
            what, said = f"{what} today", f"{said}, {now}"
        cells.append((place + 1, what, f"{name}, {said}", current))
    return cells


@lru_cache(maxsize=64)
def _names(idiom: Idiom, first: date) -> tuple[str, ...]:
    """The full names of a month's days, as they are read out."""
    days = (first + timedelta(days=place) for place in range(month_days(first)))
    return tuple(first_up(idiom.full_day(day)) for day in days)


def _month_link(reader: Reader, first: date) -> tuple[str, str]:
    return reader.link(f"m={first.isoformat()[:7]}"), month_year(first, reader.manner)
