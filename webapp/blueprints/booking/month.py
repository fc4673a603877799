"""The month table beside the times: a link for each date that has some, with its full name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from webapp.blueprints.booking.days import (
    day_of,
    local_days,
    month_days,
    next_month,
    number_of,
    previous_month,
)
from webapp.blueprints.booking.manner import MONTHS, WEEKDAYS, Manner, month_year, times
from webapp.blueprints.booking.screens import Free, Reader

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
    lead = (first.weekday() - reader.manner.week_start) % 7
    name = f" {MONTHS[first.month - 1]} {first.year}, "
    today = reader.today - start
    cells: list[Cell] = [(0, "", "", "", False)] * lead
    for i in range(count):
        what, said = "free", times(counts[i])
        if not counts[i]:
            what, said = ("held", "times on hold") if held and held[i] else ("none", said)
        full = f"{WEEKDAYS[(first.weekday() + i) % 7]} {i + 1}{name}{said}"
        if i == today:
            what, full = what + " today", full + ", today"
        cells.append((i + 1, what, f"{i + 1:02d}", full, start + i == selected))
    cells += [(0, "", "", "", False)] * (-len(cells) % 7)
    rows = tuple(tuple(cells[i : i + 7]) for i in range(0, len(cells), 7))
    before, after = previous_month(first), next_month(first)
    this_month = day_of(reader.today).replace(day=1)
    return Month(
        title=month_year(first),
        before=f"{reader.path}?d={first.isoformat()[:8]}",
        after=reader.tail,
        heads=tuple((w[:2], w) for w in _week(reader.manner)),
        rows=tuple((any(cell[4] for cell in row), row) for row in rows),
        earlier=_month_link(reader, before) if before >= this_month else None,
        later=_month_link(reader, after) if number_of(after) <= reader.last else None,
        whole=whole,
    )


def _week(manner: Manner) -> tuple[str, ...]:
    return WEEKDAYS[manner.week_start :] + WEEKDAYS[: manner.week_start]


def _month_link(reader: Reader, first: date) -> tuple[str, str]:
    return reader.link(f"m={first.isoformat()[:7]}"), month_year(first)
