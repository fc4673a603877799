"""The slot engine: which starts are free, whether one instant is, and why it is not.

One computation answers all three. A plan (kept) lists the possible starts. Each host has one byte
per minute of the window, zeroed where busy time or limits forbid a start; the bytes at the possible
starts are picked out as one integer per host, and the integers of several hosts are joined with
"and" and "or". Everything is exact to the minute.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import compress

from webapp.domain.gate import LONGEST_HORIZON_DAYS, Gate
from webapp.domain.limits import full_ranges, limit_reasons
from webapp.domain.plan import forget, plan_for
from webapp.domain.reasons import (
    Ability,
    Reason,
    ReasonCode,
    busy_reasons,
    enough,
    grid_reasons,
    own_hours_reasons,
    schedule_reasons,
)
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute_up
from webapp.domain.terms import (
    Busy,
    Candidate,
    HostTime,
    Joinable,
    Question,
    Terms,
)

__all__ = [
    "LONGEST_HORIZON_DAYS",
    "Ability",
    "Availability",
    "Busy",
    "Candidate",
    "HostTime",
    "Joinable",
    "Question",
    "Reason",
    "ReasonCode",
    "Required",
    "Terms",
    "availability",
    "forget",
    "nearest",
]


# Busy spans have few different lengths, and a kept run of zeros is copied twice as fast as made.
_zeros = lru_cache(maxsize=256)(bytearray)


def availability(question: Question, window: Interval, now: datetime) -> Availability:
    """What is free among the starts in ``window``, asked at ``now`` (aware, seconds count).

    The answer for a start does not depend on the window. To ask about one instant, ask for the
    minute that begins there.
    """
    return Availability(question, window, now)


class Availability:
    """The answer; every start is a UTC epoch minute inside the window.

    Asking about a start outside the window raises ValueError: its busy time was never given.
    """

    def __init__(self, question: Question, window: Interval, now: datetime) -> None:
        self._question = question
        self._first, self._last = to_minute_up(window.start), to_minute_up(window.end)
        self._gate = Gate(question.terms, now)
        # Only what the gate lets through is planned, so a window may be as long as it likes.
        self._open = self._gate.open_ranges(self._first, self._last)
        self._joinable = {
            joinable.start: joinable
            for joinable in question.joinable
            if joinable.seats_left > 0
            and any(low <= joinable.start < high for low, high in self._open)
        }
        asked = (i for candidate in question.candidates for i in candidate.host_ids)
        self._hosts = {i: question.hosts[i] for i in asked if i in question.hosts}
        free: list[int] = []
        if self._open:
            self._plan = plan_for(question, self._open[0][0], self._open[-1][1])
            self._free = {
                i: self._free_bytes(host, held_blocks=True) for i, host in self._hosts.items()
            }
            free = self._picked(self._combined(self._free))
        if self._joinable:
            free = sorted({*free, *self._joinable})
        self.starts: list[int] = free
        """Free starts, sorted, each once; those of meetings that can be joined included."""

    # ------------------------------------------------------------------------------- answers

    @cached_property
    def held(self) -> list[int]:
        """Starts that nothing but holds keeps from being free, sorted."""
        holding = [i for i, host in self._hosts.items() if any(busy.held for busy in host.busy)]
        if not self._open or not holding:
            return []
        without = dict(self._free)
        for host_id in holding:
            without[host_id] = self._free_bytes(self._hosts[host_id], held_blocks=False)
        free = set(self.starts)
        return [s for s in self._picked(self._combined(without)) if s not in free]

    def is_free(self, start: int) -> bool:
        """Whether ``start`` is among ``starts``."""
        self._inside(start)
        at = bisect_left(self.starts, start)
        return at < len(self.starts) and self.starts[at] == start

    def candidates_at(self, start: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Who could take ``start``: pairs of a candidate's key and the hosts who would serve.

        Of a group that needs one, every free member; of a group that needs all, all. When the
        question needs every candidate, all of them or none. Empty for a start that is only
        joinable.
        """
        if not self.is_free(start):
            return ()
        found = []
        for candidate in self._question.candidates:
            serving = tuple(i for i in candidate.host_ids if self._host_free(i, start))
            if enough(len(serving), len(candidate.host_ids), candidate.required):
                found.append((candidate.key, serving))
        asked = len(self._question.candidates)
        return tuple(found) if enough(len(found), asked, self._question.required) else ()

    def joinable_at(self, start: int) -> Joinable | None:
        """The open meeting at ``start`` that has a seat left, or None."""
        self._inside(start)
        return self._joinable.get(start)

    def why_not(self, start: int) -> tuple[Reason, ...]:
        """Every obstacle to ``start``; empty exactly when it is free.

        Obstacles of a host are told only where its being free would help.
        """
        if self.is_free(start):
            return ()
        reasons = (*self._gate.reasons(start), *self._hosts_reasons(start))
        assert reasons, f"{start} is neither free nor refused"
        return reasons

    def abilities(self, start: int) -> tuple[Ability, ...]:
        """Each candidate, and who of it has nothing of their own against ``start``.

        Those who share an open meeting there are told as the meeting leaves them: taken.
        """
        self._inside(start)
        able = {
            host_id: not any(self._host_reasons(host_id, start))
            for candidate in self._question.candidates
            for host_id in candidate.host_ids
        }
        return tuple(
            Ability(candidate, tuple(i for i in candidate.host_ids if able[i]))
            for candidate in self._question.candidates
        )

    # ------------------------------------------------------------------------------- per host

    def _free_bytes(self, host: HostTime, *, held_blocks: bool) -> bytes:
        """One byte per start of the plan: 1 where this host could begin a meeting."""
        terms, plan = self._question.terms, self._plan
        size = plan.size
        # Where a start would touch a span: from its end back over the whole padded meeting.
        after = plan.base + terms.duration_minutes + terms.buffer_after_minutes - 1
        before = terms.buffer_before_minutes - plan.base
        minutes = bytearray(b"\1") * size
        for start, end, _, held, _ in host.busy:
            low = start - after
            high = end + before
            if high > 0 and low < size and (held_blocks or not held):
                if low < 0:
                    low = 0
                minutes[low:high] = _zeros(high - low)
        for since, until in full_ranges(terms, host, self._open[0][0], self._open[-1][1]):
            minutes[since - plan.base : until - plan.base] = _zeros(until - since)
        free = plan.pick(minutes)
        fits = plan.fits[terms.hours or host.hours]
        if fits is None:
            return free
        return (int.from_bytes(free, "little") & fits).to_bytes(len(free), "little")

    def _host_free(self, host_id: int, start: int) -> bool:
        at = bisect_left(self._plan.starts, start)
        listed = at < len(self._plan.starts) and self._plan.starts[at] == start
        return listed and host_id in self._free and self._free[host_id][at] == 1

    # ------------------------------------------------------------------------------- together

    def _combined(self, free: dict[int, bytes]) -> bytes:
        """The hosts' bytes joined as the candidates and the question require."""
        question = self._question
        if len(free) == 1 == len(question.candidates) == len(question.candidates[0].host_ids):
            return next(iter(free.values()))
        rows = {host_id: int.from_bytes(row, "little") for host_id, row in free.items()}
        total = _joined((_row(c, rows) for c in question.candidates), question.required)
        return total.to_bytes(len(self._plan.starts), "little")

    def _picked(self, row: bytes) -> list[int]:
        starts = self._plan.starts
        found: list[int] = []
        for since, until in self._open:
            low, high = bisect_left(starts, since), bisect_left(starts, until)
            if high - low == len(starts):
                return list(compress(starts, row))
            found += compress(starts[low:high], row[low:high])
        return found

    def _inside(self, start: int) -> None:
        if not self._first <= start < self._last:
            raise ValueError(f"minute {start} lies outside the window that was asked about")

    # -------------------------------------------------------------------------------- reasons

    def _hosts_reasons(self, start: int) -> Iterator[Reason]:
        question, terms = self._question, self._question.terms
        yield from own_hours_reasons(terms, start)
        if terms.hours is None:
            yield from grid_reasons(terms, start)
        abilities = self.abilities(start)
        blocked = [each.candidate for each in abilities if not each.is_met]
        if enough(len(abilities) - len(blocked), len(abilities), question.required):
            return
        if not abilities or not all(candidate.host_ids for candidate in blocked):
            yield Reason(ReasonCode.NO_HOST)
        for host_id in dict.fromkeys(i for c in blocked for i in c.host_ids):
            yield from self._host_reasons(host_id, start)

    def _host_reasons(self, host_id: int, start: int) -> Iterator[Reason]:
        terms, host = self._question.terms, self._hosts.get(host_id)
        if host is None:
            yield Reason(ReasonCode.NO_HOST, host_id)
            return
        if terms.hours is None:
            yield from schedule_reasons(terms, host, start)
        yield from busy_reasons(terms, host, start)
        yield from limit_reasons(terms, host, start)


def _row(candidate: Candidate, rows: dict[int, int]) -> int:
    return _joined((rows.get(i, 0) for i in candidate.host_ids), candidate.required)


def _joined(rows: Iterator[int], required: Required) -> int:
    """OR for one, AND for all; nothing at all is never enough."""
    total = next(rows, 0)
    for row in rows:
        total = total | row if required is Required.ONE else total & row
    return total


def nearest(starts: Sequence[int], wanted: int, count: int = 3) -> list[int]:
    """Up to ``count`` of the sorted ``starts`` closest to ``wanted``, closest first.

    Of two equally far the earlier comes first; ``wanted`` itself is left out.
    """
    at = bisect_left(starts, wanted)
    close = [s for s in starts[max(0, at - count) : at + count + 1] if s != wanted]
    return sorted(close, key=lambda start: (abs(start - wanted), start))[:count]
