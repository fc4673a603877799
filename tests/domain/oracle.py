"""The slot engine once more, slowly: one minute at a time, each converted to local time by itself.

Nothing here is shared with the engine but the question's data. A rule that this file states in
three plain lines is what the engine must agree with.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from webapp.domain.availability import Candidate, HostTime, Question
from webapp.domain.workhours import WorkHours

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=200_000)
def wall(zone: str, minute: int) -> datetime:
    """The naive wall time that clocks in ``zone`` show at an epoch minute."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=20_000)
def date_exists(zone: str, day: date) -> bool:
    """Whether any quarter of an hour carries that date."""
    noon = int((datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - EPOCH).total_seconds())
    return any(wall(zone, noon // 60 + q * 15).date() == day for q in range(-160, 161))


def instant(zone: str, day: date, minute_of_day: int) -> int:
    """A wall time as PEP 495 reads it with fold=0, which is RFC 5545's reading too."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute_of_day)  # noqa: DTZ001
    aware = naive.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    return int((aware - EPOCH).total_seconds()) // 60


def hours_of(hours: WorkHours, day: date) -> tuple[tuple[int, int], ...]:
    for overridden, intervals in hours.overrides:
        if overridden == day:
            return intervals
    return hours.weekly[day.weekday()]


def is_open(hours: WorkHours, minute: int) -> bool:
    at = wall(hours.zone, minute)
    face = at.hour * 60 + at.minute
    return any(opens <= face < closes for opens, closes in hours_of(hours, at.date()))


class Minutes(Protocol):
    """Minutes of which one can ask whether they are all among them."""

    def issuperset(self, minutes: range, /) -> bool: ...


class Oracle:
    """Answers for starts in ``[first, last)``; ``now`` may carry seconds."""

    def __init__(self, question: Question, first: int, last: int, now: datetime) -> None:
        self.question, self.terms = question, question.terms
        self.first, self.last, self.now = first, last, now
        self.spans = [] if self.terms.hours is None else self._spans(self.terms.hours)
        reach = range(first, last + self.terms.duration_minutes)
        self.open: Mapping[int, Minutes] = {
            i: {minute for minute in reach if is_open(host.hours, minute)}
            for i, host in question.hosts.items()
            if self.terms.hours is None
        }
        self.taken = {i: self._minutes(h, True) for i, h in question.hosts.items()}
        self.kept = {i: self._minutes(h, False) for i, h in question.hosts.items()}

    def _spans(self, hours: WorkHours) -> list[tuple[int, int]]:
        found = []
        day = (EPOCH + timedelta(minutes=self.first)).date() - timedelta(days=4)
        while day <= (EPOCH + timedelta(minutes=self.last)).date() + timedelta(days=4):
            if date_exists(hours.zone, day):
                for opens, closes in hours_of(hours, day):
                    low, high = instant(hours.zone, day, opens), instant(hours.zone, day, closes)
                    found += [(low, high)] if low < high else []
            day += timedelta(days=1)
        return found

    @staticmethod
    def _minutes(host: HostTime, with_held: bool) -> set[int]:
        spans = [b for b in host.busy if with_held or not b.held]
        return {minute for b in spans for minute in range(b.start, b.end)}

    # ------------------------------------------------------------------------------- the rules

    def gate(self, start: int) -> set[str]:
        terms, found = self.terms, set()
        at = EPOCH + timedelta(minutes=start)
        end = at + timedelta(minutes=terms.duration_minutes)
        if terms.paused:
            found.add("paused")
        if terms.active_from is not None and at < terms.active_from:
            found.add("not_started")
        if terms.active_until is not None and end > terms.active_until:
            found.add("ended")
        if at < self.now:
            found.add("past")
        elif at < self.now + timedelta(minutes=terms.notice_minutes):
            found.add("too_soon")
        today = self.now.astimezone(ZoneInfo(terms.zone)).date()
        horizon = 365 if terms.horizon_days is None else min(365, terms.horizon_days)
        if (wall(terms.zone, start).date() - today).days > horizon:
            found.add("too_far")
        return found

    def grid(self, start: int) -> set[str]:
        terms = self.terms
        if terms.hours is None:
            at = wall(terms.zone, start)
            return {"off_grid"} if (at.hour * 60 + at.minute) % terms.step_minutes else set()
        around = [(low, high) for low, high in self.spans if low <= start < high]
        fitting = [span for span in around if start + terms.duration_minutes <= span[1]]
        found = set() if fitting else {"outside_hours"}
        if around and all((start - low) % terms.step_minutes for low, _ in fitting or around):
            found.add("off_grid")
        return found

    def host(self, host_id: int, start: int, *, with_held: bool = True) -> set[tuple[str, int]]:
        terms, host = self.terms, self.question.hosts.get(host_id)
        if host is None:
            return {("no_host", host_id)}
        found = set()
        end = start + terms.duration_minutes
        if terms.hours is None and not self.open[host_id].issuperset(range(start, end)):
            found.add("outside_hours")
        padded = range(start - terms.buffer_before_minutes, end + terms.buffer_after_minutes)
        busy = self.taken if with_held else self.kept
        if not busy[host_id].isdisjoint(padded):
            found |= self._touched(host, range(start, end), padded, with_held)
        day = wall(host.zone, start).date()
        days = [wall(host.zone, taken).date() for taken in host.taken]
        if terms.limit_per_day is not None and days.count(day) >= terms.limit_per_day:
            found.add("limit_day")
        week = [d for d in days if d.isocalendar()[:2] == day.isocalendar()[:2]]
        if terms.limit_per_week is not None and len(week) >= terms.limit_per_week:
            found.add("limit_week")
        return {(code, host_id) for code in found}

    def _touched(self, host: HostTime, meeting: range, padded: range, held: bool) -> set[str]:
        names = {"booking": "booked", "event": "event", "away": "away"}
        found = set()
        for busy in host.busy:
            minutes = set(range(busy.start, busy.end))
            if minutes.isdisjoint(padded) or (busy.held and not held):
                continue
            if busy.held:
                found.add("on_hold")
            else:
                found.add("buffer" if minutes.isdisjoint(meeting) else names[busy.kind])
        return found

    # ----------------------------------------------------------------------------- the answers

    def serving(self, candidate: Candidate, start: int, *, with_held: bool = True) -> list[int]:
        """The hosts of a candidate who would serve; empty when the candidate cannot."""
        able = [
            host_id
            for host_id in candidate.host_ids
            if not self.host(host_id, start, with_held=with_held)
        ]
        return [] if candidate.required == "all" and able != list(candidate.host_ids) else able

    def hosts_free(self, start: int, *, with_held: bool = True) -> bool:
        candidates = self.question.candidates
        able = [bool(self.serving(c, start, with_held=with_held)) for c in candidates]
        return bool(able) and (all(able) if self.question.required == "all" else any(able))

    def bookable(self, start: int, *, with_held: bool = True) -> bool:
        if self.grid(start) or self.gate(start):
            return False
        return self.hosts_free(start, with_held=with_held)

    def joinable(self, start: int) -> bool:
        meetings = [j for j in self.question.joinable if j.start == start and j.seats_left > 0]
        return bool(meetings) and not self.gate(start)

    @cached_property
    def starts(self) -> list[int]:
        minutes = range(self.first, self.last)
        return [m for m in minutes if self.bookable(m) or self.joinable(m)]

    @cached_property
    def held(self) -> list[int]:
        free = set(self.starts)
        minutes = range(self.first, self.last)
        return [m for m in minutes if m not in free and self.bookable(m, with_held=False)]

    def candidates_at(self, start: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        if not self.bookable(start):
            return ()
        served = [(c.key, tuple(self.serving(c, start))) for c in self.question.candidates]
        return tuple((key, hosts) for key, hosts in served if hosts)

    def why_not(self, start: int) -> set[tuple[str, int | None]]:
        if self.bookable(start) or self.joinable(start):
            return set()
        found: set[tuple[str, int | None]] = {(c, None) for c in self.gate(start)}
        found |= {(c, None) for c in self.grid(start)}
        if not self.hosts_free(start):
            blocked = [c for c in self.question.candidates if not self.serving(c, start)]
            if not self.question.candidates or any(not c.host_ids for c in blocked):
                found.add(("no_host", None))
            for candidate in blocked:
                for host_id in candidate.host_ids:
                    found |= self.host(host_id, start)
        return found
