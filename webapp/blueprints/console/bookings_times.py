"""Choosing a time in the console: a week of what the public page would offer, or one typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.blueprints.console.shell import Clock
from webapp.domain.errors import Invalid
from webapp.domain.span import FIRST, LAST, Interval, from_minute, to_minute
from webapp.domain.zones import DAY, day_number, first_instant
from webapp.models import Booking
from webapp.services import offers
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork

DAYS = 7
_LOOKS_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Time:
    """One free start: its instant as addresses carry it, its label, and where it leads."""

    value: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days with what is free on them. ``earlier``, ``later`` and ``next_free`` are
    addresses, empty where they would lead nowhere; ``note`` says why nothing is offered at all."""

    days: tuple[tuple[str, tuple[Time, ...]], ...]
    first: str
    earlier: str
    later: str
    next_free: str
    next_words: str
    note: str


_STATES = {
    "paused": "This profile is paused: it takes no bookings at the moment.",
    "not_started": "This profile does not take bookings yet.",
    "ended": "This profile takes no bookings any more.",
}


def week_of(
    uow: UnitOfWork,
    card: ProfileCard,
    query: Mapping[str, str],
    clock: Clock,
    to: Callable[..., str],
    *,
    without: Booking | None = None,
) -> Week:
    """The week that begins at ``d`` of the address, never before today.

    ``to(d=...)`` and ``to(start=...)`` make addresses; ``without`` is a booking whose own time
    counts as free.
    """
    first = max(_day(query.get("d", "")) or clock.today, clock.today)
    days = [first + timedelta(days=each) for each in range(DAYS)]
    window = Interval(clock.day_around(days[0]).start, clock.day_around(days[-1]).end)
    minutes = card.duration_minutes
    starts = offers.offered(uow, card, window, duration_minutes=minutes, without=without).starts
    by_day: dict[date, list[Time]] = {day: [] for day in days}
    for start in map(from_minute, starts):
        by_day[clock.local(start).date()].append(_time(start, clock, to))
    following = None
    if not starts and card.state == "active":
        ahead = Interval(window.end, window.end + _LOOKS_AHEAD)
        after = offers.offered(uow, card, ahead, duration_minutes=minutes, without=without).starts
        following = from_minute(after[0]) if after else None
    return Week(
        days=tuple((_words(day), tuple(times)) for day, times in by_day.items()),
        first=first.isoformat(),
        earlier=to(d=(first - timedelta(days=DAYS)).isoformat()) if first > clock.today else "",
        later=to(d=(first + timedelta(days=DAYS)).isoformat()),
        next_free=to(d=clock.local(following).date().isoformat()) if following else "",
        next_words=clock.moment(following) if following else "",
        note=_STATES.get(card.state, ""),
    )


def alternatives(
    uow: UnitOfWork,
    card: ProfileCard,
    start: datetime,
    clock: Clock,
    to: Callable[..., str],
    *,
    without: Booking | None = None,
) -> tuple[Time, ...]:
    """The free starts nearest to a lost one, labelled with their day."""
    if card.state != "active":
        return ()
    found = offers.alternatives(
        uow, card, start, duration_minutes=card.duration_minutes, without=without
    )
    own = without.start_at if without is not None else None
    return tuple(
        Time(_iso(each), clock.moment(each), to(start=_iso(each))) for each in found if each != own
    )


def is_offered(
    uow: UnitOfWork, card: ProfileCard, start: datetime, *, without: Booking | None = None
) -> bool:
    """Whether the engine offers ``start``; what is booked in the end is judged under the locks."""
    if start.second or start.microsecond:
        return False
    window = Interval(start, start + timedelta(minutes=1))
    found = offers.offered(
        uow, card, window, duration_minutes=card.duration_minutes, without=without
    )
    return to_minute(start) in found.starts


def asked_start(query: Mapping[str, str], clock: Clock) -> datetime | None:
    """The instant that an address asks for: ``start`` (with an offset), or ``on`` and ``at`` on the
    reader's clock. None when it asks for none; raises ``Invalid`` for what is no time."""
    if query.get("start"):
        return instant(query["start"])
    if not query.get("on") and not query.get("at"):
        return None
    day, minute = _day(query.get("on", "")), _minute(query.get("at", ""))
    if day is None:
        raise Invalid("Enter a date, like 2026-11-24.", field="on")
    if minute is None:
        raise Invalid("Enter a time, like 14:30.", field="at")
    found = from_minute(first_instant(clock.zone, day_number(day) * DAY + minute))
    local = clock.local(found)
    if local.hour * 60 + local.minute != minute:
        raise Invalid("Clocks skip that time on that day.", field="at")
    return found


def instant(text: str) -> datetime:
    """The UTC instant of an address; raises ``Invalid`` for anything else."""
    try:
        found = datetime.fromisoformat(text[:40])
        if found.tzinfo is not None and FIRST <= found < LAST:
            return from_minute(to_minute(found))
    except (ValueError, OverflowError):
        pass
    raise Invalid("Choose a time.", field="start")


def _iso(start: datetime) -> str:
    return start.strftime("%Y-%m-%dT%H:%MZ")


def _time(start: datetime, clock: Clock, to: Callable[..., str]) -> Time:
    return Time(_iso(start), clock.time(start), to(start=_iso(start)))


def _words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found is not None and 1971 <= found.year <= 2098 else None


def _minute(text: str) -> int | None:
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and text.isascii() and hours.isdigit() and minutes.isdigit() and len(text) <= 5):
        return None
    found = int(hours) * 60 + int(minutes)
    return found if int(minutes) < 60 and found < 1440 else None
