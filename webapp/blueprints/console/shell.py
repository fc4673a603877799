"""The console's blueprint, what each page shows, and how times are written for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for

from webapp.blueprints import forgery
from webapp.blueprints.booking.manner import CLOCK24, full_day, near_day, place_of, short_day
from webapp.blueprints.doors import me, session_door, signed_in
from webapp.blueprints.pages import show
from webapp.blueprints.refusals import private_errors
from webapp.domain import zones
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.models import BookingStatus
from webapp.services.agenda import Entry

console = Blueprint("console", __name__, url_prefix="/console")
session_door(console, uploads=("link_file", "replace_file"))
private_errors(console)

NAVIGATION = (
    ("home", "Home", "console.home"),
    ("bookings", "Bookings", "console.booking_list"),
    ("profiles", "Profiles", "console.profile_list"),
    ("availability", "Availability", "console.availability"),
    ("calendars", "Calendars", "console.calendar_list"),
    ("team", "Team", "console.team_page"),
    ("insights", "Insights", "console.insights"),
    ("connect", "Connect", "console.connect"),
    ("settings", "Settings", "console.settings"),
)
"""The entry's key (also its icon's name), its words, its endpoint; in the order of the screen."""
NEEDS = {"settings": Permission.ORGANIZATION_CHANGE}
"""Entries that only those see who may use the page."""
STATUS_WORDS = {
    BookingStatus.CONFIRMED: ("Confirmed", "ok"),
    BookingStatus.PENDING: ("Waiting for you", "warn"),
    BookingStatus.CANCELLED: ("Cancelled", "bad"),
    BookingStatus.DECLINED: ("Declined", "bad"),
}
DONE = {
    "cancelled": "The booking is cancelled. Invitee and hosts get a mail.",
    "approved": "The booking is confirmed. The invitee gets a mail.",
    "declined": "The request is declined. The invitee gets a mail.",
    "linked": "The calendar is linked. It is being read; this takes a moment.",
    "read": "The calendar is linked, and its events now block your times.",
    "asked": "The calendar is being read again.",
    "removed": "The calendar is removed. Its events no longer block your times.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One booking as a list shows it, in the reader's zone."""

    uuid: str
    url: str
    day: str
    start: str
    end: str
    machine: str
    invitee: str
    profile: str
    hosts: str
    status: str
    tone: str
    reference: str
    email: str
    is_absent: bool
    is_over: bool
    is_now: bool


class Clock:
    """Instants written for one reader: local dates and times in ``zone``."""

    def __init__(self, zone_name: str, now: datetime) -> None:
        self.zone: ZoneInfo = zones.zone(zone_name)
        self.name = zone_name
        self.now = now

    @property
    def today(self) -> date:
        """The reader's local date."""
        return self.local(self.now).date()

    def local(self, instant: datetime) -> datetime:
        """``instant`` on the reader's clock."""
        return instant.astimezone(self.zone)

    def time(self, instant: datetime) -> str:
        """ "14:30"."""
        local = self.local(instant)
        return CLOCK24[local.hour * 60 + local.minute]

    def day(self, instant: datetime) -> str:
        """ "Today, Thu 12 Nov", with the year when it is another one."""
        day = self.local(instant).date()
        text = near_day(day, self.today)
        return text if day.year == self.today.year else f"{text} {day.year}"

    def moment(self, instant: datetime) -> str:
        """ "Thu 12 Nov 2026, 14:30"."""
        local = self.local(instant)
        return f"{short_day(local.date())} {local.year}, {self.time(instant)}"

    def full(self, instant: datetime) -> str:
        """ "Thursday 12 November 2026"."""
        return full_day(self.local(instant).date())

    def day_around(self, day: date) -> Interval:
        """The local date as an interval of UTC; 23 or 25 hours when clocks change."""
        start, end = zones.local_day_bounds(self.zone, day)
        return Interval(from_minute(start), from_minute(end))

    @property
    def place(self) -> str:
        """ "Paris (UTC+1)"."""
        return f"{place_of(self.name)} ({zones.offset_text(self.zone, self.now)})"

    def minutes_from_now(self, instant: datetime) -> int:
        """Whole minutes until ``instant``, negative when it is past."""
        return to_minute(instant) - to_minute(self.now)


def line(entry: Entry, clock: Clock) -> Line:
    """A booking as one line of a list."""
    words, tone = STATUS_WORDS.get(entry.status, (entry.status.value.capitalize(), "info"))
    return Line(
        uuid=str(entry.uuid),
        url=url_for("console.booking_page", uuid=entry.uuid),
        day=clock.day(entry.start_at),
        start=clock.time(entry.start_at),
        end=clock.time(entry.end_at),
        machine=entry.start_at.isoformat(),
        invitee=entry.invitee or "No name",
        profile=entry.profile_name,
        hosts=", ".join(entry.host_names),
        status=words,
        tone=tone,
        reference=str(entry.reference or ""),
        email=entry.email,
        is_absent=entry.no_show_at is not None,
        is_over=entry.end_at <= clock.now,
        is_now=entry.start_at <= clock.now < entry.end_at,
    )


def by_day(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    """Lines in their order, gathered under their day."""
    days: list[tuple[str, list[Line]]] = []
    for each in lines:
        if not days or days[-1][0] != each.day:
            days.append((each.day, []))
        days[-1][1].append(each)
    return days


def page(
    name: str,
    place: str,
    *,
    part: str | None = None,
    status: int = 200,
    done_words: Mapping[str, str] = MappingProxyType({}),
    **context: Any,
) -> Response:
    """A page of the console; ``place`` is the entry of the navigation that it belongs to.

    ``done_words`` are the page's own sentences for ``?done=`` in its address: what has just been
    done there.
    """
    found = me()
    words = request.args.get("done", "")
    return show(
        f"console/{name}.html",
        part,
        status=status,
        me=found,
        csrf=forgery.token_of(found.csrf_key),
        place=place,
        done=done_words.get(words) or DONE.get(words, ""),
        **context,
    )


@console.context_processor
def _navigation() -> dict[str, Any]:
    """Every page of the console has it, error pages too."""
    found = signed_in()
    shown = [
        (key, words, url_for(target))
        for key, words, target in NAVIGATION
        if key not in NEEDS or (found is not None and found.caller.may(NEEDS[key]))
    ]
    return {"navigation": shown}


def ago(instant: datetime, now: datetime) -> str:
    """ "just now", "12 minutes ago", "3 hours ago", "2 days ago"."""
    passed = now - instant
    if passed < timedelta(minutes=1):
        return "just now"
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        count = int(passed.total_seconds() // 60) // size
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


@console.get("/<path:rest>")
def nowhere(rest: str) -> Response:  # noqa: ARG001 - the router names it
    """Every other address under /console: a page of the console says that there is none."""
    raise NotFound("The address may be mistyped, or the page is gone.")
