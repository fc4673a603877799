"""What the screen "choose a time" shows, as plain values: month table, days side by side, soonest.

Pure: starts come in as sorted epoch minutes (UTC), the reader's zone and habits beside them, and
frozen dataclasses of ready strings go out, so that a template only loops.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from webapp.blueprints.booking.days import (
    LocalDays,
    day_of,
    instant_text,
    local_days,
    today_in,
)
from webapp.blueprints.booking.manner import (
    CLOCK24,
    Manner,
    long_day,
    near_day,
    place_of,
    short_day,
    times,
    until,
)
from webapp.domain.idiom import first_up
from webapp.domain.span import from_minute
from webapp.domain.speech import Speech
from webapp.domain.zones import DAY, offset_at, offset_text, stretches

Entry = tuple[str, str, str, str]
"""One time: the instant as posted, the label, the end's label, a note ("3 seats left")."""

SIDE_BY_SIDE = 3
LIST_DAYS = 14
LIST_TIMES = 300
_NOON, _EVENING = 12 * 60, 18 * 60


@dataclass(frozen=True, slots=True)
class Free:
    """What a profile offers on the local dates ``days``: sorted minutes; ``counts`` by date."""

    days: LocalDays
    starts: Sequence[int]
    counts: Sequence[int]
    held: Sequence[int] = ()
    seats: Mapping[int, int] | None = None

    @classmethod
    def on(
        cls,
        days: LocalDays,
        starts: Sequence[int],
        held: Sequence[int] = (),
        seats: Mapping[int, int] | None = None,
    ) -> Free:
        """Sorted ``starts`` laid onto ``days``."""
        return cls(days, starts, days.counts(starts), held, seats)

    def counted(self, since: int, days: int) -> Sequence[int]:
        """How many times each of the ``days`` dates from ``since`` on has, in their order."""
        place = since - self.days.first
        reached = self.counts[max(place, 0) : max(place + days, 0)]
        lead = min(max(-place, 0), days)
        return [0] * lead + list(reached) + [0] * (days - lead - len(reached))

    def dates(self, since: int) -> list[int]:
        """The day numbers from ``since`` on that have times."""
        first = self.days.first
        return [first + i for i, n in enumerate(self.counts) if n and first + i >= since]


class Reader(NamedTuple):
    """Whom the screen is made for, when and where: zone, habits, the minute, and the address.

    ``path`` is the screen's address; ``tail`` the rest of a query (``&tz=Europe/Paris``) that
    every link carries; ``today`` the local day number, ``last`` the last one worth asking for.
    """

    zone: ZoneInfo
    manner: Manner
    minute: int
    path: str
    tail: str
    duration_minutes: int
    today: int
    last: int

    @classmethod
    def of(cls, zone: ZoneInfo, manner: Manner, minute: int, duration_minutes: int) -> Reader:
        """Somebody who is told single times: no address, no horizon."""
        today = today_in(zone, minute)
        return cls(zone, manner, minute, "", "", duration_minutes, today, today)

    def link(self, query: str) -> str:
        """The address of this screen with ``query``."""
        return f"{self.path}?{query}{self.tail}"


Group = tuple[str, Sequence[Entry]]
"""A part of a day: "Morning" and its times; those on hold carry no value."""


class Column(NamedTuple):
    """One local date and how many times are free on it. ``told`` says which days before it have
    none, and that its clocks change."""

    day: date
    free: int
    groups: Sequence[Group]
    told: tuple[str, ...]


class ZoneLine(NamedTuple):
    """ "Times in Paris (UTC+1), now 14:05"; ``locked`` says why there is no choice."""

    name: str
    place: str
    offset: str
    clock: str
    locked: str
    chosen: bool


class Soon(NamedTuple):
    """One of the next free starts, with its day spelled out; ``to`` is read out after it."""

    value: str
    day: str
    label: str
    to: str


def columns(reader: Reader, free: Free, selected: int, most: int = SIDE_BY_SIDE) -> list[Column]:
    """The selected date and the next dates that have times, as far as ``free`` reaches."""
    numbers = free.dates(selected)
    if not numbers or numbers[0] != selected:
        numbers.insert(0, selected)
    found = []
    budget = LIST_TIMES
    for place, number in enumerate(numbers[:most]):
        column = _column(reader, free, number, numbers[place - 1] if place else None)
        found.append(column)
        budget -= column.free
        if budget <= 0:
            break
    return found


def soonest(reader: Reader, free: Free, most: int) -> list[Soon]:
    """The next free starts of all, each with its day."""
    found: list[Soon] = []
    today = day_of(reader.today)
    for number in free.dates(free.days.first):
        starts = _starts_on(free, number)[: most - len(found)]
        day = near_day(day_of(number), today, reader.manner)
        found += [
            Soon(value, day, label, _until(reader, to))
            for value, label, to, _ in _entries(reader, number, starts, free.seats)
        ]
        if len(found) >= most:
            break
    return found


def spelled(reader: Reader, starts: Iterable[int]) -> tuple[Soon, ...]:
    """Single starts in the order given, each with its day: the alternatives to a lost time."""
    today = day_of(reader.today)
    found = []
    for start in starts:
        value, label, to, _ = _entry(reader, start)
        day = day_of(today_in(reader.zone, start))
        spelled_day = near_day(day, today, reader.manner)
        found.append(Soon(value, spelled_day, label, _until(reader, to)))
    return tuple(found)


def _until(reader: Reader, label: str) -> str:
    before, after = until(reader.manner.say)
    return f"{before}{label}{after}"


def zone_line(reader: Reader, *, locked: str, chosen: bool) -> ZoneLine:
    """Which zone the times are in, with its offset and clock at this minute."""
    now = reader.minute + offset_at(reader.zone, reader.minute)
    return ZoneLine(
        name=reader.zone.key,
        place=place_of(reader.zone.key, reader.manner),
        offset=offset_text(reader.zone, from_minute(reader.minute)),
        clock=reader.manner.clock[now % DAY],
        locked=locked,
        chosen=chosen,
    )


def _column(reader: Reader, free: Free, number: int, before: int | None) -> Column:
    day = day_of(number)
    starts = _starts_on(free, number)
    held = _held_on(reader, free, number) if free.held else ()
    told = (_gap(reader, before, number), _clock_change(reader, number))
    return Column(
        day=day,
        free=len(starts),
        groups=_groups(reader, number, starts, held, free.seats),
        told=tuple(filter(None, told)),
    )


def _starts_on(free: Free, number: int) -> Sequence[int]:
    place = number - free.days.first
    return free.days.cut(free.starts, place) if 0 <= place < len(free.counts) else ()


def _held_on(reader: Reader, free: Free, number: int) -> Sequence[int]:
    """Starts of the date that nothing but somebody's hold keeps from being free."""
    taken = set(free.starts)
    laid = local_days(reader.zone, number, 1)
    return [start for start in laid.cut(free.held, 0) if start not in taken]


def _groups(
    reader: Reader,
    number: int,
    starts: Sequence[int],
    held: Sequence[int],
    seats: Mapping[int, int] | None,
) -> list[Group]:
    """Morning, afternoon, evening, by where the hands stand; a repeated hour keeps its order."""
    if held:
        starts = sorted([*starts, *held])
    noon, evening = _reached(reader, number)
    middle = bisect_left(starts, noon)
    late = bisect_left(starts, evening, middle)
    parts = (starts[:middle], starts[middle:late], starts[late:])
    return [
        (name, _entries(reader, number, part, seats, held))
        for name, part in zip(_parts_of_day(reader.manner.say), parts, strict=True)
        if part
    ]


@lru_cache(maxsize=64)
def _parts_of_day(say: Speech) -> tuple[str, str, str]:
    return say("Morning"), say("Afternoon"), say("Evening")


def _reached(reader: Reader, number: int) -> tuple[int, int]:
    """The minutes at which noon and evening are reached on the date; clocks change at night."""
    laid = local_days(reader.zone, number, 1)
    offset = laid.offsets[0]
    if offset is None:
        offset = offset_at(reader.zone, laid.edges[1] - 1)
    return number * DAY + _NOON - offset, number * DAY + _EVENING - offset


def _entries(
    reader: Reader,
    number: int,
    starts: Sequence[int],
    seats: Mapping[int, int] | None,
    held: Sequence[int] = (),
) -> list[Entry]:
    """The times of one date, in their order."""
    laid = local_days(reader.zone, number, 2)
    offset, length = laid.offsets[0], reader.duration_minutes
    if offset is None or offset != laid.offsets[1] or seats or held:
        return [_noted(reader, start, seats or {}, held) for start in starts]
    clock, midnight = reader.manner.clock, number * DAY - offset
    found: list[Entry] = []
    since, day = -DAY, ""
    for start in starts:
        minute = start - since
        if not 0 <= minute < DAY:
            since = start - start % DAY
            day, minute = instant_text(since)[:11], start - since
        local = start - midnight
        found.append((f"{day}{CLOCK24[minute]}Z", clock[local], clock[(local + length) % DAY], ""))
    return found


def _noted(reader: Reader, start: int, seats: Mapping[int, int], held: Sequence[int]) -> Entry:
    """One time with whatever has to be said of it; one on hold cannot be chosen."""
    value, label, to, _ = _entry(reader, start)
    say = reader.manner.say
    if start in held:
        return "", label, to, say("on hold")
    left = seats.get(start)
    if left is None:
        return value, label, to, ""
    return value, label, to, say.many("%(number)s seat left", "%(number)s seats left", left)


def _entry(reader: Reader, start: int) -> Entry:
    zone, clock = reader.zone, reader.manner.clock
    offset = offset_at(zone, start)
    end = start + reader.duration_minutes
    label = clock[(start + offset) % DAY]
    if _happens_twice(zone, start, offset):
        label += f" ({offset_text(zone, from_minute(start))})"
    return instant_text(start), label, clock[(end + offset_at(zone, end)) % DAY], ""


def _happens_twice(zone: ZoneInfo, start: int, offset: int) -> bool:
    spans = stretches(zone, start - DAY, start + DAY)
    return any(
        other != offset and since <= start + offset - other < until for since, until, other in spans
    )


def _gap(reader: Reader, before: int | None, number: int) -> str:
    if before is None or number - before < 2:
        return ""
    say = reader.manner.say
    first, last = (short_day(day_of(each), reader.manner) for each in (before + 1, number - 1))
    if first == last:
        return say("No times %(day)s", day=first)
    return say("No times %(first)s to %(last)s", first=first, last=last)


def _clock_change(reader: Reader, number: int) -> str:
    """ "Clocks go back at 03:00"."""
    laid = local_days(reader.zone, number, 1)
    if laid.offsets[0] is not None:
        return ""
    spans = stretches(reader.zone, laid.edges[0], laid.edges[1])
    if len(spans) < 2:
        return ""
    (_, end, before), (_, _, after) = spans[0], spans[1]
    say, at = reader.manner.say, reader.manner.clock[(end + before) % DAY]
    if after > before:
        return say("Clocks go forward at %(time)s", time=at)
    return say("Clocks go back at %(time)s", time=at)


def day_sentence(reader: Reader, column: Column) -> str:
    """ "Thursday 12 November: 7 times." """
    say = reader.manner.say
    long = first_up(long_day(column.day, reader.manner))
    return say("%(day)s: %(times)s.", day=long, times=times(column.free, reader.manner))


def without_times(reader: Reader, number: int, notice_minutes: int) -> str:
    """Why a chosen date shows nothing, as far as the calendar alone can tell."""
    say, day = reader.manner.say, long_day(day_of(number), reader.manner)
    if number < reader.today:
        return first_up(say("%(day)s has passed.", day=day))
    if number > reader.last:
        last = long_day(day_of(reader.last), reader.manner)
        return say("Bookings are open until %(day)s.", day=last)
    end = local_days(reader.zone, number, 1).edges[1]
    if notice_minutes and end <= reader.minute + notice_minutes:
        earliest = reader.minute + notice_minutes
        local = (earliest + offset_at(reader.zone, earliest)) % DAY
        when = short_day(day_of(today_in(reader.zone, earliest)), reader.manner)
        said = say(
            "%(day)s is too soon: bookings are open from %(date)s, %(time)s.",
            day=day,
            date=when,
            time=reader.manner.clock[local],
        )
        return first_up(said)
    return say("No times on %(day)s.", day=day)
