"""Periods as programs write them: ``P3M``, ``P4W``, ``P1M15D``, also without the ``P``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from webapp.domain.errors import Invalid

LONGEST_DAYS = 365
DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}
"""What a unit counts: horizons are whole days, so a month is 30 of them and a year 365."""

_PERIOD = re.compile(r"P?" + "".join(rf"(?:([0-9]{{1,4}}){unit})?" for unit in DAYS))


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days and its canonical ISO 8601 text."""

    text: str
    days: int


def period(text: str) -> Period:
    """Read an ISO 8601 period of whole days in any case; ``30D`` is ``P30D``.

    Raises ``Invalid`` for anything else, for times of day, and outside of 1 to 365 days.
    """
    return _period(text.strip().upper()[:20])


@lru_cache(maxsize=128)
def _period(text: str) -> Period:
    found = _PERIOD.fullmatch(text)
    counts = (
        dict(zip(DAYS, (int(each or 0) for each in found.groups()), strict=True)) if found else {}
    )
    days = sum(counts[unit] * DAYS[unit] for unit in counts)
    if not any(counts.values()):
        raise Invalid("Write a period like P30D, P4W or P3M")
    if days > LONGEST_DAYS:
        raise Invalid(f"A period has at most {LONGEST_DAYS} days")
    return Period("P" + "".join(f"{n}{unit}" for unit, n in counts.items() if n), days)


def in_days(days: int) -> Period:
    """A period of so many days."""
    return Period(f"P{days}D", days)


def covered(days: int, text: str | None) -> str:
    """A horizon of so many days as it was written, unless it was changed since."""
    if text is not None and period(text).days == days:
        return text
    return in_days(days).text
