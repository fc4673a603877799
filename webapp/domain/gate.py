"""When a profile may be booked at all: paused, active period, notice and horizon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from webapp.domain import zones
from webapp.domain.reasons import Reason, ReasonCode
from webapp.domain.span import to_minute, to_minute_up
from webapp.domain.terms import Terms
from webapp.domain.zones import DAY

LONGEST_HORIZON_DAYS = 365
"""Nothing is offered further ahead: calendars are known for 400 days."""


class Gate:
    """The rules that look at nothing but the start (UTC epoch minutes; seconds of now count)."""

    def __init__(self, terms: Terms, now: datetime) -> None:
        self._terms = terms
        self._minute = to_minute(now)
        # The first start that is not past, and the first that is not too soon.
        self._now = self._minute + (now.second > 0 or now.microsecond > 0)
        self._noticed = self._now + terms.notice_minutes
        self._active_from = None if terms.active_from is None else to_minute_up(terms.active_from)
        self._latest = None
        if terms.active_until is not None:
            self._latest = to_minute(terms.active_until) - terms.duration_minutes
        self._horizon = LONGEST_HORIZON_DAYS
        if terms.horizon_days is not None:
            self._horizon = min(self._horizon, terms.horizon_days)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return zones.zone(self._terms.zone)

    @cached_property
    def _last_day(self) -> int:
        return zones.local_day(self._zone, self._minute) + self._horizon

    def open_ranges(self, first: int, last: int) -> list[tuple[int, int]]:
        """The parts of ``[first, last)`` in which starts are let through."""
        low, high = max(first, self._noticed), last
        if self._active_from is not None:
            low = max(low, self._active_from)
        if self._latest is not None:
            high = min(high, self._latest + 1)
        if self._terms.paused or low >= high:
            return []
        # Local dates differ from UTC's by a day at most, so near times need no zone.
        if high <= (self._minute // DAY + self._horizon - 1) * DAY:
            return [(low, high)]
        ranges = [
            (since, min(until, (self._last_day + 1) * DAY - offset))
            for since, until, offset in zones.stretches(self._zone, low, high)
        ]
        return [(since, until) for since, until in ranges if since < until]

    def reasons(self, start: int) -> Iterator[Reason]:
        """Every rule here that ``start`` breaks."""
        if self._terms.paused:
            yield Reason(ReasonCode.PAUSED)
        if self._active_from is not None and start < self._active_from:
            yield Reason(ReasonCode.NOT_STARTED, until=self._active_from)
        if self._latest is not None and start > self._latest:
            yield Reason(ReasonCode.ENDED)
        if start < self._now:
            yield Reason(ReasonCode.PAST)
        elif start < self._noticed:
            yield Reason(ReasonCode.TOO_SOON, until=self._noticed)
        if zones.local_day(self._zone, start) > self._last_day:
            yield Reason(ReasonCode.TOO_FAR)
