"""What the slot engine is asked: a profile's terms, its hosts' time, and who would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours


@dataclass(frozen=True, slots=True)
class Terms:
    """What a profile asks of a start.

    ``zone`` is the IANA name of the profile's zone: the horizon's days are counted there, and so
    are the wall-clock starts when ``hours`` is None. ``horizon_days``: the local date of the start
    is at most that many days after today's (None, and anything longer, means 365). A meeting
    starts at ``active_from`` or later and ends at ``active_until`` or earlier. Limits count the
    live meetings of the profile per host by the local date of their start in the host's zone,
    weeks from Monday. ``hours``, when given, replaces the hosts' own schedules.
    """

    duration_minutes: int
    step_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    notice_minutes: int = 0
    horizon_days: int | None = None
    active_from: datetime | None = None
    active_until: datetime | None = None
    limit_per_day: int | None = None
    limit_per_week: int | None = None
    zone: str = "UTC"
    hours: WorkHours | None = None
    paused: bool = False

    def __post_init__(self) -> None:
        least = min(self.buffer_before_minutes, self.buffer_after_minutes, self.notice_minutes)
        if self.duration_minutes < 1 or self.step_minutes < 1 or least < 0:
            raise ValueError("a duration and a step are at least a minute, the rest not negative")


class Busy(NamedTuple):
    """Time of one host that is taken: ``[start, end)`` in UTC epoch minutes, buffers included.

    ``kind`` is "booking", "event" or "away". ``held`` says that it may still lapse by itself.
    A tuple, because thousands are made for one answer.
    """

    start: int
    end: int
    kind: str = "booking"
    held: bool = False
    span_id: int | None = None


@dataclass(frozen=True, slots=True)
class HostTime:
    """One host as the engine sees them.

    ``zone`` (IANA) decides on which date a meeting counts. ``busy`` holds, in any order, all that
    overlaps the window widened by the duration and both buffers; more does no harm. ``taken``
    holds the starts (UTC epoch minutes) of the profile's live meetings with this host, at least
    for every week that the window touches.
    """

    host_id: int
    zone: str
    hours: WorkHours
    busy: Sequence[Busy] = ()
    taken: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to meet, under the caller's own ``key``: one host, or a group of which one or all
    are needed."""

    key: str
    host_ids: tuple[int, ...]
    required: Required = Required.ONE


@dataclass(frozen=True, slots=True)
class Joinable:
    """An open meeting of the profile, of the length asked about, that has seats left."""

    start: int
    meeting_id: int
    host_ids: tuple[int, ...]
    seats_left: int


@dataclass(frozen=True, slots=True)
class Question:
    """Which starts are free? ``required`` says whether one candidate is enough."""

    terms: Terms
    hosts: Mapping[int, HostTime]
    candidates: Sequence[Candidate]
    required: Required = Required.ONE
    joinable: Sequence[Joinable] = ()
