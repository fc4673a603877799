"""Taken time as bits: one bit for five minutes of UTC, in pieces of thirty days.

A bit is set when any of its five minutes is taken. That is exact for meetings that begin, last and
keep their buffers by multiples of five minutes in UTC; ``exact`` says whether a question is such.
"""

from __future__ import annotations

from collections.abc import Iterable

from webapp.domain.plan import Plan
from webapp.domain.terms import Terms
from webapp.domain.zones import DAY

UNIT = 5
"""Minutes of a bit."""

PIECE_DAYS = 30
PIECE_MINUTES = PIECE_DAYS * DAY
PIECE_UNITS = PIECE_MINUTES // UNIT
PIECE_BYTES = PIECE_UNITS // 8
"""Bytes of a piece: 1,080. Bit 0 of byte 0 is its first five minutes."""

EMPTY = bytes(PIECE_BYTES)


def pieces(first: int, last: int) -> range:
    """The numbers of the pieces that touch ``[first, last)``, UTC epoch minutes."""
    return range(first // PIECE_MINUTES, (last - 1) // PIECE_MINUTES + 1)


def mask_of(spans: Iterable[tuple[int, int]], numbers: range) -> bytes:
    """The pieces ``numbers``, joined, of a host with these spans ``[start, end)`` taken.

    Spans are UTC epoch minutes in any order; they may overlap each other and reach out of the
    pieces.
    """
    base, size = numbers.start * PIECE_UNITS, len(numbers) * PIECE_UNITS
    bits = 0
    for start, end in spans:
        low = max(0, start // UNIT - base)
        high = min(size, -(-end // UNIT) - base)
        if low < high:
            bits |= ((1 << (high - low)) - 1) << low
    return bits.to_bytes(size // 8, "little")


def exact(terms: Terms, plan: Plan) -> bool:
    """Whether masks answer for every start of ``plan`` exactly as spans do."""
    lengths = (terms.duration_minutes, terms.buffer_before_minutes, terms.buffer_after_minutes)
    return not any(length % UNIT for length in lengths) and not any(
        (row.start + plan.base) % UNIT or (row.step % UNIT and row.start + row.step < row.stop)
        for row in plan.rows
    )
