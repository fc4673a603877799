"""Work hours: weekly rules and dated overrides on a local clock, as data and as a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.span import FIRST, LAST

Hours = tuple[tuple[int, int], ...]
"""Open intervals of one date: ``(start, end)`` in minutes after local midnight, at most 1440."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_INTERVALS = 24
MOST_OVERRIDES = 1000
MOST_OVERNIGHT_MINUTES = 720
"""A weekly interval that ends before it starts is overnight up to this length, else a slip."""

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class WorkHours:
    """When somebody can be met, on the clocks of ``zone`` (an IANA name).

    ``weekly``: seven ``Hours``, Monday first. ``overrides``: (date, ``Hours``) sorted by date; an
    override replaces the weekly rule of its date, and an empty one closes it. Hashable, and the
    hash is taken once, because plans are kept by it.
    """

    zone: str
    weekly: tuple[Hours, ...]
    overrides: tuple[tuple[date, Hours], ...] = ()
    _by_day: dict[int, Hours] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = [day for day, _ in self.overrides]
        if len(self.weekly) != len(WEEKDAYS) or days != sorted(set(days)):
            raise ValueError("work hours need seven days and overrides sorted by date")
        for hours in (*self.weekly, *(hours for _, hours in self.overrides)):
            if not _in_order(hours):
                raise ValueError(f"not intervals of a day in order: {hours}")
        by_day = {zones.day_number(day): hours for day, hours in self.overrides}
        object.__setattr__(self, "_by_day", by_day)
        object.__setattr__(self, "_hash", hash((self.zone, self.weekly, self.overrides)))

    def __hash__(self) -> int:
        return self._hash

    def of_day(self, number: int) -> Hours:
        """The hours of a local date, given as days since 1970-01-01."""
        override = self._by_day.get(number)
        # 1970-01-01 was a Thursday.
        return self.weekly[(number + 3) % 7] if override is None else override

    @classmethod
    def from_document(cls, document: object) -> WorkHours:
        """Read ``{"zone": ..., "weekly": {"mon": [["09:00", "17:00"]]}, "overrides": {date: []}}``.

        A weekday left out is closed. A weekly interval past midnight ("22:00" to "02:00", at most
        12 hours) is split over the two days. Raises ``Invalid`` whose ``field`` names the place
        ("zone", "weekly.mon", "overrides.2026-12-24") for everything unknown, reversed, empty,
        overlapping or out of bounds.
        """
        top = _mapping(document, "hours", {"zone", "weekly", "overrides"})
        name = top.get("zone")
        if not isinstance(name, str):
            raise Invalid("Work hours need the time zone that they are meant in.", field="zone")
        zone = zones.zone(name)
        weekly = _weekly(_mapping(top.get("weekly", {}), "weekly", set(WEEKDAYS)))
        overrides = _overrides(_mapping(top.get("overrides", {}), "overrides", None))
        return cls(zone.key, weekly, overrides)

    def to_document(self) -> dict[str, Any]:
        """The document that ``from_document`` reads back to the same hours."""
        return {
            "zone": self.zone,
            "weekly": {
                name: _texts(hours)
                for name, hours in zip(WEEKDAYS, self.weekly, strict=True)
                if hours
            },
            "overrides": {day.isoformat(): _texts(hours) for day, hours in self.overrides},
        }


def _in_order(hours: Hours) -> bool:
    edges = [0, *(edge for pair in hours for edge in pair), zones.DAY]
    return edges == sorted(edges) and all(start < end for start, end in hours)


def _texts(hours: Hours) -> list[list[str]]:
    return [[f"{edge // 60:02d}:{edge % 60:02d}" for edge in pair] for pair in hours]


# --------------------------------------------------------------------- reading a document


def _shown(value: object) -> str:
    """What somebody sent, short and without control characters, for a message."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in text[: _LONGEST_SHOWN + 1])
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _mapping(value: object, place: str, allowed: set[str] | None) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Invalid(f"“{place}” must be an object with named entries.", field=place)
    for key in value:
        if not isinstance(key, str) or (allowed is not None and key not in allowed):
            raise Invalid(f"“{place}” has an entry “{_shown(key)}” that means nothing here.",
                          field=place)  # fmt: skip
    return value


def _weekly(entries: Mapping[str, object]) -> tuple[Hours, ...]:
    days: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for index, weekday in enumerate(WEEKDAYS):
        place, name = f"weekly.{weekday}", _NAMES[index]
        for start, end in _pairs(entries.get(weekday, []), place, name):
            if start < end:
                days[index].append((start, end))
            elif end + zones.DAY - start <= MOST_OVERNIGHT_MINUTES:
                days[index].append((start, zones.DAY))
                if end:
                    days[(index + 1) % 7].append((0, end))
            else:
                raise _reversed(start, end, place, name)
    return tuple(
        _settled(hours, f"weekly.{WEEKDAYS[index]}", _NAMES[index])
        for index, hours in enumerate(days)
    )


def _overrides(entries: Mapping[str, object]) -> tuple[tuple[date, Hours], ...]:
    if len(entries) > MOST_OVERRIDES:
        raise Invalid(f"At most {MOST_OVERRIDES} dates can have hours of their own.",
                      field="overrides")  # fmt: skip
    found = []
    for text, value in entries.items():
        day, place = _date(text), f"overrides.{text}"
        hours = []
        for start, end in _pairs(value, place, text):
            if end == 0 < start:
                end = zones.DAY
            if end < start:
                raise _reversed(start, end, place, text)
            hours.append((start, end))
        found.append((day, _settled(hours, place, text)))
    return tuple(sorted(found))


def _reversed(start: int, end: int, place: str, name: str) -> Invalid:
    (texts,) = _texts(((start, end),))
    return Invalid(
        f"{name}: {texts[0]} to {texts[1]} ends before it starts. Hours that go on after midnight"
        " belong to the next day.",
        field=place,
    )


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST.date() <= day < LAST.date():
        raise Invalid(f"“{_shown(text)}” is not a date like 2026-12-24.", field="overrides")
    return day


def _pairs(value: object, place: str, name: str) -> list[tuple[int, int]]:
    if not isinstance(value, list | tuple):
        raise Invalid(f"{name}: hours are a list of start and end times.", field=place)
    if len(value) > MOST_INTERVALS:
        raise Invalid(f"{name}: at most {MOST_INTERVALS} intervals.", field=place)
    pairs = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Invalid(f"{name}: every interval needs a start and an end.", field=place)
        start, end = (_minute(text, place, name) for text in pair)
        if start == end:
            raise Invalid(f"{name}: {pair[0]} to {pair[1]} has no length.", field=place)
        if start == zones.DAY:
            raise Invalid(f"{name}: 24:00 can only be an end.", field=place)
        pairs.append((start, end))
    return pairs


def _minute(text: object, place: str, name: str) -> int:
    if isinstance(text, str):
        if text[-1:] in "Zz" and _TIME.fullmatch(text[:-1]):
            raise Invalid(
                f"{name}: work hours are local wall times; write {text[:-1]} without the Z.",
                field=place,
            )
        match = _TIME.fullmatch(text)
        if match is not None and (minute := int(match[1]) * 60 + int(match[2])) <= zones.DAY:
            return minute
    raise Invalid(f"{name}: “{_shown(text)}” is not a time like 09:00.", field=place)


def _settled(hours: list[tuple[int, int]], place: str, name: str) -> Hours:
    """Sorted; refused when two overlap. Touching intervals stay two, each with its own starts."""
    hours.sort()
    for (_, end), (start, _) in pairwise(hours):
        if start < end:
            raise Invalid(
                f"{name}: two intervals overlap at {start // 60:02d}:{start % 60:02d}.",
                field=place,
            )
    return tuple(hours)
