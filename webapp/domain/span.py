"""Spans of time: aware UTC intervals, and the whole minutes the slot engine counts in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = EPOCH
LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""Instants outside 1970 to 2100 are refused wherever they come in."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A half-open span ``[start, end)``; both ends are aware datetimes."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.end <= self.start:
            raise ValueError(f"not an interval: {self.start} .. {self.end}")

    @property
    def minutes(self) -> int:
        """Length in whole minutes, rounded down."""
        return int((self.end - self.start) // timedelta(minutes=1))

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share any instant."""
        return self.start < other.end and other.start < self.end


def to_minute(instant: datetime) -> int:
    """Whole minutes since 1970-01-01T00:00Z, rounded down."""
    return int((instant - EPOCH) // timedelta(minutes=1))


def to_minute_up(instant: datetime) -> int:
    """Whole minutes since 1970-01-01T00:00Z, rounded up: for the end of a busy span."""
    return -int((EPOCH - instant) // timedelta(minutes=1))


def from_minute(minute: int) -> datetime:
    """The aware UTC datetime of an epoch minute."""
    return EPOCH + timedelta(minutes=minute)
