"""The last seven days on home: bookings, cancellations and no-shows, each as a small line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask import url_for
from markupsafe import Markup

from webapp.blueprints.booking.manner import short_day
from webapp.blueprints.console import plots
from webapp.blueprints.console.shell import Clock
from webapp.services import insights
from webapp.services.insights import Asked, Daily
from webapp.services.unit_of_work import UnitOfWork

DAYS = 7


@dataclass(frozen=True, slots=True)
class Trend:
    """One count over the week: its total, how it stands to the week before, and its line."""

    words: str
    total: int
    change: str
    plot: Markup


@dataclass(frozen=True, slots=True)
class Week:
    """The trends, the numbers behind them day by day, and where there are more."""

    trends: tuple[Trend, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, int, int, int], ...]
    url: str


def week(uow: UnitOfWork, clock: Clock, host: int | None) -> Week | None:
    """Today and the six days before, of one host or of everybody (None); None when nothing was
    booked in them or in the week before."""
    last = clock.today
    asked = Asked(clock.zone, last - timedelta(days=2 * DAYS - 1), last, host_id=host)
    days = insights.day_by_day(uow, asked)
    if not any(day.booked or day.cancelled for day in days):
        return None
    now = days[DAYS:]
    period = {"from": now[0].day.isoformat(), "to": last.isoformat()}
    period |= {"host": str(host)} if host is not None else {}
    return Week(
        trends=(
            _trend("bookings", "Bookings", [day.booked for day in days], now),
            _trend("cancelled", "Cancelled", [day.cancelled for day in days], now),
            _trend("missed", "No-shows", [day.missed for day in days], now),
        ),
        head=("Day", "Bookings", "Cancelled", "No-shows"),
        rows=tuple(
            (short_day(day.day), day.booked, day.cancelled, day.missed) for day in reversed(now)
        ),
        url=f"{url_for('console.insights')}?{urlencode(period)}",
    )


def _trend(name: str, words: str, counts: Sequence[int], now: Sequence[Daily]) -> Trend:
    before, here = counts[:DAYS], counts[DAYS:]
    total = sum(here)
    told = ", ".join(f"{day.day:%a} {count}" for day, count in zip(now, here, strict=True))
    plot = plots.spark(f"week-{name}", f"{words} in the last {DAYS} days", told, here)
    return Trend(words, total, _change(total, sum(before)), plot)


def _change(now: int, before: int) -> str:
    if now == before:
        return "As many as the week before" if now else "None the week before either"
    return f"{abs(now - before):,} {'more' if now > before else 'fewer'} than the week before"
