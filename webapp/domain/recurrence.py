"""Series of events laid out in a bounded window, by wall-clock time in the event's own zone.

A local time that does not exist is read with the offset before the gap, a repeated one is its
first occurrence (RFC 5545 3.3.5). Changed and moved occurrences follow RFC 5545 3.8.4.4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from webapp.domain.errors import Invalid
from webapp.domain.rrule import Rule
from webapp.domain.rulewalk import Budget, Walk
from webapp.domain.span import EPOCH, FIRST, LAST, Interval

MAX_WINDOW = timedelta(days=400)
MAX_DATES = 2000
MAX_DURATION = timedelta(days=31)
MAX_ALL_DAY = timedelta(days=366)
_DAY = timedelta(days=1)
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)

When = date | datetime
"""A day, a wall-clock time in the series' zone (naive) or an instant (aware)."""


class WindowRefused(Invalid):
    """Series are laid out for at most 400 days at once, between 1970 and 2100."""

    code = "window_refused"


class SeriesRefused(Invalid):
    """This series cannot be laid out as it stands."""

    code = "series_refused"


@dataclass(frozen=True, slots=True)
class Override:
    """One changed occurrence (RECURRENCE-ID), or with ``this_and_future`` all from there on.

    ``start`` is a day or a wall-clock time in ``zone``. ``duration`` is elapsed time, ``days``
    are calendar days that come before it (all of an all-day event's length). ``removed`` takes
    the occurrence out; ``key`` is handed through to the Occurrence for the caller's own use.
    """

    recurrence_id: When
    start: When
    duration: timedelta
    zone: tzinfo
    days: int = 0
    this_and_future: bool = False
    removed: bool = False
    key: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """An event that may repeat.

    ``start`` is a day (all-day) or a wall-clock time in ``zone`` (naive). Every occurrence lasts
    ``days`` calendar days and then ``duration`` of elapsed time. ``rdates`` are further starts,
    ``exdates`` starts left out (a plain day leaves out all that start on it). Raises
    SeriesRefused when the lists or the length go beyond the limits.
    """

    start: When
    duration: timedelta
    zone: tzinfo
    rule: Rule | None = None
    days: int = 0
    rdates: tuple[When, ...] = ()
    exdates: tuple[When, ...] = ()
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.start, datetime) and self.start.tzinfo is not None:
            raise ValueError("a series starts at a wall-clock time in its zone")
        if max(len(self.rdates), len(self.exdates), len(self.overrides)) > MAX_DATES:
            raise SeriesRefused(f"A series lists at most {MAX_DATES:,} single dates.")
        changes = [when for o in self.overrides for when in (o.recurrence_id, o.start)]
        if any(
            not 1600 <= w.year <= 9000 for w in (self.start, *self.rdates, *self.exdates, *changes)
        ):
            raise SeriesRefused("A date of this series lies outside the calendar.")
        most = MAX_DURATION if isinstance(self.start, datetime) else MAX_ALL_DAY
        if self.shortest < timedelta() or self.longest > most + _DAY:
            raise SeriesRefused(f"A repeated event lasts at most {most.days} days.")

    @property
    def longest(self) -> timedelta:
        """How long its longest occurrence lasts."""
        return max(self._lengths())

    @property
    def shortest(self) -> timedelta:
        """How long its shortest occurrence lasts."""
        return min(self._lengths())

    def _lengths(self) -> list[timedelta]:
        changed = [o.duration + o.days * _DAY for o in self.overrides]
        return [self.duration + self.days * _DAY, *changed]

    @property
    def all_day(self) -> bool:
        """Whether the series is made of whole days."""
        return not isinstance(self.start, datetime)


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One event of a series: UTC instants, half-open; ``start == end`` is possible.

    ``recurrence_id`` is its day or wall-clock start before any change; ``override`` the change
    that made it what it is.
    """

    start: datetime
    end: datetime
    recurrence_id: When
    override: Override | None = None


def to_instant(wall: When, zone: tzinfo) -> datetime:
    """The UTC instant of a day's first moment or of a wall-clock time; aware times as they are.

    A wall-clock time is one of ``zone``.
    """
    if not isinstance(wall, datetime):
        wall = datetime.combine(wall, time())
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    if wall.fold:
        wall = wall.replace(fold=0)
    # Twice as fast as attaching the zone and converting; a zone reads naive times as its own.
    return EPOCH + (wall - _NAIVE_EPOCH - (zone.utcoffset(wall) or timedelta()))


def end_of(start: When, days: int, duration: timedelta, zone: tzinfo) -> datetime:
    """The UTC end of what starts at ``start``: calendar days first, then elapsed time.

    RFC 5545 3.3.6 and 3.8.5.3: days are nominal, hours exact.
    """
    return to_instant(start + days * _DAY if days else start, zone) + duration


def occurrences(series: Series, window: Interval, budget: Budget | None = None) -> list[Occurrence]:
    """All occurrences that touch ``window``, ascending by start.

    ``budget`` is shared by all series of one calendar. Raises WindowRefused, RuleRefused,
    SeriesRefused and BudgetSpent (all Invalid).
    """
    if window.end - window.start > MAX_WINDOW or not FIRST <= window.start < window.end <= LAST:
        raise WindowRefused(f"At most {MAX_WINDOW.days} days are laid out at once.")
    budget = Budget() if budget is None else budget
    budget.step(len(series.rdates) + len(series.exdates) + len(series.overrides))
    kept = _Layout(series, window).all(budget)
    budget.keep(len(kept))
    return kept


class _Layout:
    """One series over one window; lives for one call."""

    def __init__(self, series: Series, window: Interval) -> None:
        self.series = series
        self.window = window
        self.single = [o for o in series.overrides if not o.this_and_future]
        self.onward = sorted(
            (
                (self._instant(self._as_start(o.recurrence_id)), o)
                for o in series.overrides
                if o.this_and_future
            ),
            key=lambda pair: pair[0],
        )

    def all(self, budget: Budget) -> list[Occurrence]:
        starts = self._starts(budget)
        found = []
        for override in self.single:
            starts.pop(self._identity(self._as_start(override.recurrence_id)), None)
            if not override.removed:
                found.append(self._changed(override.recurrence_id, override))
        days, duration, zone = self.series.days, self.series.duration, self.series.zone
        for identity, wall in starts.items():
            change = self._in_force(wall) if self.onward else None
            if change is None:
                start = identity if isinstance(identity, datetime) else to_instant(identity, zone)
                end = end_of(wall, days, duration, zone) if days else start + duration
                found.append(Occurrence(start, end, wall))
            elif not change.removed:
                found.append(self._changed(wall, change))
        inside = [occurrence for occurrence in found if self._touches(occurrence)]
        return sorted(inside, key=lambda occurrence: (occurrence.start, occurrence.end))

    def _starts(self, budget: Budget) -> dict[datetime | date, When]:
        """The starts of the series that may matter here, by what tells them apart."""
        low, high = self._reach()
        zone = self.series.zone
        starts: dict[datetime | date, When] = {}
        for wall in self._by_rule(low, high, budget):
            starts[self._identity(wall)] = wall
        for _, override in self.onward:
            wall = self._as_start(override.recurrence_id)
            starts.setdefault(self._identity(wall), wall)
        for extra in self.series.rdates:
            wall = self._as_start(extra)
            starts.setdefault(self._identity(wall), wall)
        left_out_days = set()
        for gone in self.series.exdates:
            starts.pop(self._identity(gone), None)
            if not isinstance(gone, datetime):
                left_out_days.add(gone)
        if left_out_days and not self.series.all_day:
            starts = {k: w for k, w in starts.items() if _local_day(w, zone) not in left_out_days}
        return starts

    def _by_rule(self, low: datetime, high: datetime, budget: Budget) -> Iterator[When]:
        series = self.series
        start = series.start
        first = start if isinstance(start, datetime) else datetime.combine(start, time())
        if series.rule is None:
            if low <= first <= high:
                yield start
            return
        until = _Until(series)
        walk = Walk(series.rule, first, all_day=series.all_day)
        if until.latest is not None:
            high = max(min(high, until.latest), first)
        all_day = series.all_day
        for moment in walk.between(low, high, budget):
            wall = moment.date() if all_day else moment
            # The start counts even where UNTIL lies before it.
            if moment == first or until.until is None or until.allows(wall):
                yield wall

    def _reach(self) -> tuple[datetime, datetime]:
        """The wall-clock stretch whose starts can touch the window, with a day to spare."""
        shifts = [timedelta()]
        for identity, override in self.onward:
            shifts.append(to_instant(override.start, override.zone) - identity)
        if max(abs(shift) for shift in shifts) > MAX_ALL_DAY:
            raise SeriesRefused("A change moves all later events by more than a year.")
        spare = self.series.longest + 2 * _DAY
        low, high = self.window.start - spare - max(shifts), self.window.end + spare - min(shifts)
        zone = self.series.zone
        return (
            low.astimezone(zone).replace(tzinfo=None),
            high.astimezone(zone).replace(tzinfo=None),
        )

    def _in_force(self, wall: When) -> Override | None:
        """The latest change to "this and future" that reaches this start."""
        place = bisect_right(self.onward, self._instant(wall), key=lambda pair: pair[0])
        return self.onward[place - 1][1] if place else None

    def _changed(self, wall: When, override: Override) -> Occurrence:
        """The occurrence that began at ``wall`` as the change has it."""
        start = override.start
        if override.this_and_future:
            start += _naive(wall, self.series.zone) - _naive(
                override.recurrence_id, self.series.zone
            )
        end = end_of(start, override.days, override.duration, override.zone)
        identity = self._as_start(wall)
        return Occurrence(to_instant(start, override.zone), end, identity, override)

    def _as_start(self, when: When) -> When:
        """``when`` written the way this series writes its starts."""
        naive = _naive(when, self.series.zone)
        if self.series.all_day:
            return _day_meant(when, self.series.zone)
        if not isinstance(when, datetime) and isinstance(self.series.start, datetime):
            return datetime.combine(naive, self.series.start.time())
        return naive

    def _identity(self, when: When) -> datetime | date:
        """Days tell all-day events apart, instants the others."""
        if self.series.all_day:
            return _day_meant(when, self.series.zone)
        return self._instant(when)

    def _instant(self, when: When) -> datetime:
        return to_instant(when, self.series.zone)

    def _touches(self, occurrence: Occurrence) -> bool:
        window = self.window
        if occurrence.start == occurrence.end:
            return window.start <= occurrence.start < window.end
        return occurrence.start < window.end and window.start < occurrence.end


class _Until:
    """The end of a rule, read as its series' kind asks for.

    Other programs write UNTIL in every way: as a day, a local time or UTC, whatever the start is.
    """

    def __init__(self, series: Series) -> None:
        self.zone = series.zone
        self.until = series.rule.until if series.rule is not None else None
        if series.all_day and self.until is not None:
            self.until = _day_meant(self.until, series.zone)
        # An instant is up to a day further on in wall-clock time.
        self.latest = None if self.until is None else _naive(self.until, UTC) + 2 * _DAY

    def allows(self, wall: When) -> bool:
        until = self.until
        if until is None:
            return True
        if not isinstance(until, datetime):
            return (wall.date() if isinstance(wall, datetime) else wall) <= until
        if until.tzinfo is not None:
            return to_instant(wall, self.zone) <= until
        return not isinstance(wall, datetime) or wall <= until


def _naive(when: When, zone: tzinfo) -> datetime:
    """As wall-clock time in ``zone``; a day is its midnight."""
    if not isinstance(when, datetime):
        return datetime.combine(when, time())
    return when if when.tzinfo is None else when.astimezone(zone).replace(tzinfo=None)


def _local_day(when: When, zone: tzinfo) -> date:
    return _naive(when, zone).date()


def _day_meant(when: When, zone: tzinfo) -> date:
    """The day somebody meant who wrote a time into an all-day series.

    Midnight in UTC stands for the date as written, any other instant for its local day.
    """
    if not isinstance(when, datetime):
        return when
    if when.tzinfo is not None and when.astimezone(UTC).time() == time():
        return when.astimezone(UTC).date()
    return _local_day(when, zone)
