"""The possible starts of a question about many hosts, as arrays, and who is open at each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.domain.masks import PIECE_BYTES, PIECE_MINUTES, UNIT, exact, pieces
from webapp.domain.plan import plan_for
from webapp.domain.span import EPOCH
from webapp.domain.terms import Candidate, HostTime, Question, Terms
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import DAY

Starts = NDArray[np.int64]
Bits = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Octets = NDArray[np.uint8]

_BLOCK = 2048
"""Starts judged at once, so that a hundred days of a thousand hosts take few megabytes."""


class Inexact(ValueError):
    """Masks cannot answer this question: its times are not multiples of five minutes."""


class Frame:
    """Every start from ``first_day`` to ``last_day`` (UTC days since 1970, the last excluded).

    The same starts that the slot engine's plan has, made per work hours and then joined, so that
    one host's new schedule costs one schedule's arithmetic. Raises ``Inexact``.
    """

    def __init__(
        self, terms: Terms, hours: Iterable[WorkHours], first_day: int, last_day: int
    ) -> None:
        self.terms, self.first_day, self.last_day = terms, first_day, last_day
        self.hours = frozenset(hours) if terms.hours is None else frozenset({terms.hours})
        timing = _timing(terms)
        each = {own: _starts_of(timing, own, first_day, last_day) for own in self.hours}
        alone = len(each) == 1
        self.starts: Starts = (
            next(iter(each.values())) if alone else np.unique(np.concatenate([*each.values(), _NO]))
        )
        self.fits: dict[WorkHours, Flags | None] = {
            own: None if alone else np.isin(self.starts, starts, assume_unique=True)
            for own, starts in each.items()
        }
        before = terms.buffer_before_minutes
        length = before + terms.duration_minutes + terms.buffer_after_minutes
        self.pieces = pieces(first_day * DAY - before, last_day * DAY + length)
        self._units = length // UNIT
        self._offsets = (self.starts - before - self.pieces.start * PIECE_MINUTES) // UNIT

    @property
    def size(self) -> int:
        """How many starts there are."""
        return len(self.starts)

    def fitting(self, hours: WorkHours) -> Flags | None:
        """At which starts these hours are open for the whole meeting; None where at all."""
        return self.fits[self.terms.hours or hours]

    def covers(self, first: int, last: int) -> bool:
        """Whether every start in ``[first, last)`` (UTC epoch minutes) is among them."""
        return self.first_day * DAY <= first and last <= self.last_day * DAY

    def row(self, minute: int) -> int:
        """Where the first start not before ``minute`` stands."""
        return int(self.starts.searchsorted(minute))

    @cached_property
    def heads(self) -> Octets:
        """The beginning of each start's JSON object, one row of bytes a start, all as long."""
        ends = self.starts + self.terms.duration_minutes
        parts = [_constant(b'{"start":"'), _written(self.starts), _constant(b'Z","end":"'),
                 _written(ends), _constant(b'Z",')]  # fmt: skip
        wide = [np.broadcast_to(part, (self.size, part.shape[1])) for part in parts]
        return np.concatenate(wide, axis=1)

    # ------------------------------------------------------------------------------ judging

    @cached_property
    def _touched(self) -> tuple[Starts, list[tuple[Starts, Octets]]]:
        """Which bytes of a mask matter; for the n-th byte of each start where it stands among
        them, and which of its bits lie in the padded meeting."""
        at, shift = self._offsets >> 3, self._offsets & 7
        many = (self._units + 14) // 8
        window = (1 << self._units) - 1
        table = np.array(
            [[(window << s >> 8 * n) & 255 for n in range(many)] for s in range(8)], np.uint8
        )
        last = len(self.pieces) * PIECE_BYTES - 1
        reach = [np.minimum(at + n, last) for n in range(many)]
        used = np.unique(np.concatenate(reach))
        return used, [
            (np.searchsorted(used, where), table[shift, n]) for n, where in enumerate(reach)
        ]

    def busy(self, masks: Octets) -> Iterator[tuple[slice, Flags]]:
        """Whether each start touches taken time, for ``masks`` of shape [hosts, bytes].

        In blocks: a slice of the starts, and flags of shape [starts, hosts].
        """
        used, parts = self._touched
        rows = np.ascontiguousarray(masks.T[used])
        for low in range(0, self.size, _BLOCK):
            block = slice(low, min(low + _BLOCK, self.size))
            taken = np.zeros((block.stop - low, masks.shape[0]), np.uint8)
            for where, bits in parts:
                if bits[block].any():
                    touched = rows[where[block]]
                    touched &= bits[block, None]
                    taken |= touched
            yield block, taken != 0


_NO: Starts = np.empty(0, np.int64)
_ANYBODY = (Candidate("anybody", (0,)),)


def _timing(terms: Terms) -> Terms:
    """The part of the terms that starts depend on, so that they are kept across notice and so on.

    Buffers stay: they decide whether masks are exact.
    """
    return Terms(
        duration_minutes=terms.duration_minutes,
        step_minutes=terms.step_minutes,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
        zone=terms.zone,
        hours=terms.hours,
    )


@lru_cache(maxsize=4096)
def _starts_of(terms: Terms, hours: WorkHours, first_day: int, last_day: int) -> Starts:
    anybody = HostTime(0, hours.zone, hours)
    plan = plan_for(Question(terms, {0: anybody}, _ANYBODY), first_day * DAY, last_day * DAY)
    if not exact(terms, plan):
        raise Inexact
    return np.array(plan.starts, np.int64)


def forget() -> None:
    """Drop the kept starts, as a process that has just started."""
    _starts_of.cache_clear()


def _written(minutes: Starts) -> Octets:
    """Instants as ``2027-03-01T14:00:00``, one row of bytes each.

    Python writes each date once; the clock within a day is written by arithmetic.
    """
    days, clock = np.divmod(minutes, DAY)
    kinds, at = np.unique(days, return_inverse=True)
    dates = b"".join(_date(int(day)) for day in kinds)
    rows = np.empty((len(minutes), 19), np.uint8)
    rows[:, :11] = np.frombuffer(dates, np.uint8).reshape(-1, 11)[at]
    rows[:, 11:] = np.frombuffer(b"00:00:00", np.uint8)
    hour, minute = np.divmod(clock, 60)
    for column, digit in ((11, hour // 10), (12, hour % 10), (14, minute // 10), (15, minute % 10)):
        rows[:, column] += digit.astype(np.uint8)
    return rows


def _constant(text: bytes) -> Octets:
    return np.frombuffer(text, np.uint8)[None, :]


def _date(day: int) -> bytes:
    return (EPOCH + timedelta(days=day)).strftime("%Y-%m-%dT").encode()


def starts_near(frame: Frame, ranges: Sequence[tuple[int, int]]) -> list[slice]:
    """The rows whose starts lie in each of ``ranges``, empty ones left out."""
    found = [slice(frame.row(since), frame.row(until)) for since, until in ranges]
    return [each for each in found if each.start < each.stop]


def day_of(instant: datetime) -> int:
    """The UTC day, since 1970, of an aware instant."""
    return (instant.astimezone(UTC) - EPOCH).days
