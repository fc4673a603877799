"""The moments of a repetition rule inside a stretch of wall-clock time.

``dateutil.rrule`` finds a first moment by walking from the start of the series and cannot be
stopped while it finds none, so a rule that names no date at all costs seconds. This walk visits
only the periods that touch the stretch asked for. The tests hold it equal to dateutil.
Source: RFC 5545 section 3.3.10.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from webapp.domain.errors import Invalid
from webapp.domain.rrule import Rule, RuleRefused

MAX_COUNTED_PERIODS = 50_000


class BudgetSpent(Invalid):
    """Working out these repetitions would take more room or work than one calendar may use."""

    code = "budget_spent"


class Budget:
    """What one calendar may cost: occurrences kept and steps walked, shared by all its series."""

    def __init__(self, occurrences: int = 10_000, steps: int = 2_000_000) -> None:
        self.occurrences = occurrences
        self.steps = steps

    def step(self, number: int) -> None:
        """Pay for looking at ``number`` days or moments; raises BudgetSpent."""
        self.steps -= number
        if self.steps < 0:
            raise BudgetSpent("The repeating events here take too much work to lay out.")

    def keep(self, number: int) -> None:
        """Pay for ``number`` occurrences that are handed back; raises BudgetSpent."""
        self.occurrences -= number
        if self.occurrences < 0:
            raise BudgetSpent("The repeating events here happen too many times.")


class Walk:
    """The moments of a rule whose series starts at ``start`` (wall-clock time, naive).

    With ``all_day`` only days count and the hours of the rule are passed over.
    """

    def __init__(self, rule: Rule, start: datetime, *, all_day: bool = False) -> None:
        if all_day and rule.frequency == "HOURLY":
            raise RuleRefused("An all-day event cannot repeat every hour.")
        if not 1 < start.year < 9999:
            raise RuleRefused("The first of these events lies outside the calendar.")
        self.rule = rule
        self.start = start
        self._fill_from_start()
        by_month = rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and rule.months)
        by_year = rule.frequency == "YEARLY" and not rule.months and not rule.week_numbers
        counted = bool(by_month or by_year)
        self._nth = (
            frozenset(pair for pair in self._weekdays if pair[0]) if counted else frozenset()
        )
        self._nth_in_month = bool(by_month)
        self._plain = frozenset(day for n, day in self._weekdays if not n or not counted)
        self._candidates = self._plain | {day for _, day in self._nth} or frozenset(range(7))
        self._week_base = start.toordinal() - (start.weekday() - rule.week_start) % 7
        self._week_offsets = sorted((day - rule.week_start) % 7 for day in self._plain or range(7))
        self._times = [time()] if all_day else self._clock_times(rule.hours or (start.hour,))
        self._narrow = bool(
            self._months or self._month_days or rule.year_days or rule.week_numbers or self._nth
        )

    def _fill_from_start(self) -> None:
        """What the rule leaves open is taken from the start (RFC 5545 3.3.10)."""
        rule, start = self.rule, self.start
        self._months, self._month_days = rule.months, rule.month_days
        self._weekdays = rule.weekdays
        if rule.weekdays or rule.month_days or rule.year_days:
            return
        if rule.frequency == "WEEKLY" or rule.week_numbers:
            self._weekdays = ((0, start.weekday()),)
        elif rule.frequency in ("YEARLY", "MONTHLY"):
            self._month_days = (start.day,)
            if rule.frequency == "YEARLY" and not rule.months:
                self._months = (start.month,)

    def _clock_times(self, hours: tuple[int, ...]) -> list[time]:
        minutes = self.rule.minutes or (self.start.minute,)
        seconds = self.rule.seconds or (self.start.second,)
        return [time(h, m, s) for h in hours for m in minutes for s in seconds]

    def between(self, low: datetime, high: datetime, budget: Budget) -> Iterator[datetime]:
        """The moments from ``low`` to ``high`` (naive, both included), ascending, none twice.

        The start itself always belongs to the series and counts as its first moment, even where
        the rule does not name it (RFC 5545 3.8.5.3). Raises BudgetSpent, RuleRefused.
        """
        first_period = self._period(0)
        budget.step(len(first_period) + 1)
        stray = self.start not in first_period
        if stray and low <= self.start <= high:
            yield self.start
        last = self._index(high)
        left, index = self.rule.count, max(0, self._index(low))
        if left is not None:
            left, index = self._left_at(index, left - stray, budget)
        while index <= last and (left is None or left > 0):
            moments = [m for m in self._period(index) if m >= self.start]
            budget.step(len(moments) + self._cost)
            if left is not None:
                moments = moments[:left]
                left -= len(moments)
            yield from (m for m in moments if low <= m <= high)
            index += 1

    @property
    def _cost(self) -> int:
        return {"YEARLY": 366, "MONTHLY": 31}.get(self.rule.frequency, 1) if self._broad else 1

    @property
    def _broad(self) -> bool:
        """Whether a period has to be searched day by day."""
        return not (self._month_days or self.rule.year_days)

    def _left_at(self, index: int, left: int, budget: Budget) -> tuple[int, int]:
        """How many moments a counted rule has left when period ``index`` begins."""
        if index == 0:
            return left, 0
        if self._even:
            whole = len(self._period(1))
            begun = sum(1 for moment in self._period(0) if moment >= self.start)
            return left - begun - whole * (index - 1), index
        for earlier in range(min(index, MAX_COUNTED_PERIODS)):
            if left <= 0:
                return 0, index
            found = sum(1 for moment in self._period(earlier) if moment >= self.start)
            budget.step(found + self._cost)
            left -= found
        if index > MAX_COUNTED_PERIODS:
            raise RuleRefused("This event began too long ago to count its repetitions.")
        return left, index

    @property
    def _even(self) -> bool:
        """Whether every period after the first holds the same number of moments."""
        daily = self.rule.frequency == "DAILY" and not self._plain
        return not self._narrow and (daily or self.rule.frequency == "WEEKLY")

    def _index(self, moment: datetime) -> int:
        """The number of the last period that begins at or before ``moment``; 0 holds the start."""
        rule, start = self.rule, self.start
        if rule.frequency == "YEARLY":
            return (moment.year - start.year) // rule.interval
        if rule.frequency == "MONTHLY":
            return (12 * (moment.year - start.year) + moment.month - start.month) // rule.interval
        if rule.frequency == "WEEKLY":
            return (moment.toordinal() - self._week_base) // (7 * rule.interval)
        step = rule.interval if rule.frequency == "DAILY" else 1
        return (moment.toordinal() - start.toordinal()) // step

    def _period(self, index: int) -> list[datetime]:
        """All moments of one period, ascending, also those before the start."""
        if self.rule.frequency == "HOURLY":
            return self._hours_of_day(index)
        days = self._days(index)
        moments = [datetime.combine(day, at) for day in days for at in self._times]
        return self._chosen(moments)

    def _chosen(self, moments: list[datetime]) -> list[datetime]:
        positions = self.rule.positions
        if not positions:
            return moments
        size = len(moments)
        places = {p - 1 if p > 0 else size + p for p in positions if abs(p) <= size}
        return [moments[place] for place in sorted(places)]

    def _hours_of_day(self, index: int) -> list[datetime]:
        """An hourly rule walked by days: the hours of that day which the interval hits."""
        ordinal = self.start.toordinal() + index
        day = date.fromordinal(ordinal)
        if not self._fits(day):
            return []
        found: list[datetime] = []
        behind = 24 * index - self.start.hour
        for hour in range(24):
            if (behind + hour) % self.rule.interval or hour not in (self.rule.hours or (hour,)):
                continue
            found += self._chosen([datetime.combine(day, t) for t in self._clock_times((hour,))])
        return found

    def _days(self, index: int) -> list[date]:
        rule, start = self.rule, self.start
        if rule.frequency == "WEEKLY":
            base = self._week_base + 7 * rule.interval * index
            week = [date.fromordinal(base + offset) for offset in self._week_offsets]
            return [day for day in week if self._fits(day)] if self._narrow else week
        if rule.frequency == "DAILY":
            day = date.fromordinal(start.toordinal() + rule.interval * index)
            return [day] if self._fits(day) else []
        if rule.frequency == "MONTHLY":
            month = start.year * 12 + start.month - 1 + rule.interval * index
            return [d for d in self._of_month(month // 12, month % 12 + 1) if self._fits(d)]
        return self._of_year(start.year + rule.interval * index)

    def _of_year(self, year: int) -> list[date]:
        if self.rule.year_days:
            length = 366 if isleap(year) else 365
            first = date(year, 1, 1).toordinal()
            numbers = {n if n > 0 else length + 1 + n for n in self.rule.year_days}
            days = [date.fromordinal(first + n - 1) for n in sorted(numbers) if 1 <= n <= length]
        else:
            months = self._months or range(1, 13)
            days = [day for month in months for day in self._of_month(year, month)]
        return [day for day in days if self._fits(day)]

    def _of_month(self, year: int, month: int) -> list[date]:
        """The days of a month worth asking about, ascending."""
        weekday, length = monthrange(year, month)
        if not self._month_days:
            wanted = self._candidates
            days = (day for day in range(1, length + 1) if (weekday + day - 1) % 7 in wanted)
            return [date(year, month, day) for day in days]
        numbers = {n if n > 0 else length + 1 + n for n in self._month_days}
        return [date(year, month, n) for n in sorted(numbers) if 1 <= n <= length]

    def _fits(self, day: date) -> bool:
        """Whether every part of the rule that names days allows this one."""
        rule = self.rule
        if self._months and day.month not in self._months:
            return False
        if self._month_days:
            length = monthrange(day.year, day.month)[1]
            if day.day not in self._month_days and day.day - length - 1 not in self._month_days:
                return False
        if rule.year_days:
            length = 366 if isleap(day.year) else 365
            number = day.timetuple().tm_yday
            if number not in rule.year_days and number - length - 1 not in rule.year_days:
                return False
        if rule.week_numbers and not self._in_weeks(day):
            return False
        if not self._plain and not self._nth:
            return True
        return day.weekday() in self._plain or self._is_nth(day)

    def _is_nth(self, day: date) -> bool:
        if not self._nth:
            return False
        if self._nth_in_month:
            place, size = day.day, monthrange(day.year, day.month)[1]
        else:
            place, size = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
        weekday = day.weekday()
        ahead, behind = (place - 1) // 7 + 1, -((size - place) // 7 + 1)
        return (ahead, weekday) in self._nth or (behind, weekday) in self._nth

    def _in_weeks(self, day: date) -> bool:
        """Weeks are numbered as in ISO 8601, from the rule's own first day of the week."""
        number, year = _week_number(day, self.rule.week_start)
        weeks = _week_number(date(year, 12, 28), self.rule.week_start)[0]
        wanted = self.rule.week_numbers
        return number in wanted or number - weeks - 1 in wanted


def _week_number(day: date, week_start: int) -> tuple[int, int]:
    """The number of the week that holds ``day`` and the year it counts for."""
    middle = day - timedelta(days=(day.weekday() - week_start) % 7 - 3)
    return (middle.timetuple().tm_yday - 1) // 7 + 1, middle.year
