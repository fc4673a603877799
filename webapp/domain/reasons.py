"""Why a start is not free: the rules of the engine, told one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from webapp.domain.opening import runs_by_clock, spans_by_edges
from webapp.domain.plan import on_clock_grid
from webapp.domain.required import Required
from webapp.domain.terms import Busy, Candidate, HostTime, Terms


class ReasonCode(StrEnum):
    """Everything that can keep a start from being free."""

    PAUSED = "paused"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    OFF_GRID = "off_grid"
    OUTSIDE_HOURS = "outside_hours"
    AWAY = "away"
    EVENT = "event"
    BOOKED = "booked"
    ON_HOLD = "on_hold"
    BUFFER = "buffer"
    LIMIT_DAY = "limit_day"
    LIMIT_WEEK = "limit_week"
    NO_HOST = "no_host"


@dataclass(frozen=True, slots=True)
class Reason:
    """One obstacle.

    ``host_id`` is None when it holds for the profile as a whole. ``until`` (UTC epoch minute) is
    the end of the busy span, or the earliest start for "not started" and "too soon".
    """

    code: ReasonCode
    host_id: int | None = None
    span_id: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Ability:
    """A candidate, and which of its hosts have nothing of their own against a start."""

    candidate: Candidate
    able: tuple[int, ...]

    @property
    def is_met(self) -> bool:
        """Whether as many hosts as the candidate needs are able."""
        return enough(len(self.able), len(self.candidate.host_ids), self.candidate.required)


def enough(able: int, asked: int, required: Required) -> bool:
    """Whether ``able`` of ``asked`` will do; of nobody, nobody ever does."""
    return able > 0 and (required is Required.ONE or able == asked)


_KINDS = {"booking": ReasonCode.BOOKED, "event": ReasonCode.EVENT, "away": ReasonCode.AWAY}


def busy_reasons(terms: Terms, host: HostTime, start: int) -> Iterator[Reason]:
    """One reason for every busy span that the padded meeting would touch."""
    end = start + terms.duration_minutes
    padded_start = start - terms.buffer_before_minutes
    padded_end = end + terms.buffer_after_minutes
    for busy in host.busy:
        if busy.start < padded_end and padded_start < busy.end:
            code = _code(busy, busy.start < end and start < busy.end)
            yield Reason(code, host.host_id, busy.span_id, busy.end)


def _code(busy: Busy, meets: bool) -> ReasonCode:
    if busy.held:
        return ReasonCode.ON_HOLD
    return _KINDS[busy.kind] if meets else ReasonCode.BUFFER


def own_hours_reasons(terms: Terms, start: int) -> Iterator[Reason]:
    """Why the profile's own hours, read by edges, do not offer the start."""
    if terms.hours is None:
        return
    spans = [s for s in spans_by_edges(terms.hours, start, start + 1) if s[0] <= start]
    holding = [s for s in spans if start + terms.duration_minutes <= s[1]]
    if not holding:
        yield Reason(ReasonCode.OUTSIDE_HOURS)
    if spans and all((start - opens) % terms.step_minutes for opens, _ in holding or spans):
        yield Reason(ReasonCode.OFF_GRID)


def grid_reasons(terms: Terms, start: int) -> Iterator[Reason]:
    """Whether the start is off the wall-clock grid of the profile's zone."""
    if not on_clock_grid(terms.zone, terms.step_minutes, start):
        yield Reason(ReasonCode.OFF_GRID)


def schedule_reasons(terms: Terms, host: HostTime, start: int) -> Iterator[Reason]:
    """Whether the meeting would leave the host's schedule."""
    end = start + terms.duration_minutes
    if (start, end) not in runs_by_clock(host.hours, start, end):
        yield Reason(ReasonCode.OUTSIDE_HOURS, host.host_id)
