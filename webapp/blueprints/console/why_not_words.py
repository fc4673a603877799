"""What keeps a time from being booked, in a sentence each, with the link to what is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from flask import url_for

from webapp.blueprints.booking.manner import length
from webapp.blueprints.console.shell import Clock
from webapp.blueprints.doors import caller, me
from webapp.domain import zones
from webapp.domain.availability import ReasonCode
from webapp.domain.hours_words import said_hours
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.domain.span import to_minute
from webapp.services.offers import ProfileCard
from webapp.services.why_not import CandidateCard, Obstacle, Verdict
from webapp.work import house

_MINUTE = timedelta(minutes=1)
_TAKEN = {ReasonCode.BOOKED: "Booked", ReasonCode.AWAY: "Away"}
_Say = Callable[[ProfileCard, Obstacle, Clock], str]


@dataclass(frozen=True, slots=True)
class Told:
    """One obstacle in words; ``url`` and ``link`` are empty where nothing can be opened."""

    sentence: str
    url: str = ""
    link: str = ""
    code: str = ""


def told(each: Obstacle, verdict: Verdict, card: ProfileCard, clock: Clock) -> Told:
    """The obstacle as its reader may see it, times on the reader's clock."""
    code = each.code.value
    say = _OF_PROFILE.get(each.code)
    if say is not None:
        return Told(say(card, each, clock), profile_url(card), "Open the profile", code)
    if each.code is ReasonCode.PAST:
        return Told("This time has passed.", code=code)
    if each.code is ReasonCode.OUTSIDE_HOURS:
        return _told_hours(each, verdict, card)
    return _told_taken(each, verdict, clock)


def profile_url(card: ProfileCard) -> str:
    """Where the profile's rules are changed; its public page for who may not."""
    if caller().may(Permission.PROFILE_CHANGE):
        return url_for("console.profile_editor", uuid=card.uuid)
    return f"{house().settings.base_url}/{me().organization_slug}/{card.slug}"


def _until(each: Obstacle, clock: Clock) -> str:
    return clock.moment(each.until) if each.until else ""


def _off_grid(card: ProfileCard, *_: object) -> str:
    every = length(card.offering.step_minutes)
    return f"Meetings begin every {every}, and this is not one of those times."


def _too_soon(card: ProfileCard, each: Obstacle, clock: Clock) -> str:
    return (
        f"Too soon: the profile asks for {length(card.notice_minutes)} of notice. The first time"
        f" is {_until(each, clock)} or later."
    )


def _limit(card: ProfileCard, day: bool) -> str:
    most = card.offering.limit_per_day if day else card.offering.limit_per_week
    return f"The limit is reached: {most} of these meetings a {'day' if day else 'week'}."


def _no_host(_: ProfileCard, each: Obstacle, __: Clock) -> str:
    gone = each.host_id is not None
    return "This host takes no bookings any more." if gone else "Nobody serves this profile."


_OF_PROFILE: MappingProxyType[ReasonCode, _Say] = MappingProxyType(
    {
        ReasonCode.PAUSED: lambda *_: "The profile is paused.",
        ReasonCode.NOT_STARTED: lambda _, each, clock: (
            f"The profile can be booked for times from {_until(each, clock)} on."
        ),
        ReasonCode.ENDED: lambda *_: "The profile's active period is over before that.",
        ReasonCode.TOO_SOON: _too_soon,
        ReasonCode.TOO_FAR: lambda card, *_: (
            f"Too far ahead: the profile offers {card.horizon_days} days."
        ),
        ReasonCode.OFF_GRID: _off_grid,
        ReasonCode.LIMIT_DAY: lambda card, *_: _limit(card, True),
        ReasonCode.LIMIT_WEEK: lambda card, *_: _limit(card, False),
        ReasonCode.NO_HOST: _no_host,
    }
)


def _told_hours(each: Obstacle, verdict: Verdict, card: ProfileCard) -> Told:
    code = each.code.value
    if each.host_id is None:
        sentence = "Outside of the profile's own hours."
        return Told(sentence, profile_url(card), "Open the profile", code)
    seat = next((one for one in card.offering.hosts if one.id == each.host_id), None)
    sentence = "There is no schedule."
    if seat is not None and seat.hours is not None:
        zone = seat.hours.zone
        day = zones.local_day(zones.zone(zone), to_minute(verdict.start_at))
        place = zone.rpartition("/")[2].replace("_", " ")
        said = said_hours(seat.hours.of_day(day))
        sentence = f"Outside of the working hours. That day in {place}: {said}."
    url = url_for("console.schedule_page", uuid=each.schedule) if each.schedule else ""
    return Told(sentence, url, "Open the schedule", code)


def _told_taken(each: Obstacle, verdict: Verdict, clock: Clock) -> Told:
    """Time that something takes: what it is as far as the reader may know, and when."""
    code = each.code.value
    url, link = _behind(each)
    if each.code is ReasonCode.ON_HOLD:
        sentence = "Somebody is booking this time right now. It is kept for a few minutes."
        return Told(sentence, url, link, code)
    when = f", {_when(each.start_at, each.end_at, clock)}" if each.start_at and each.end_at else ""
    close = _is_only_close(each, verdict)
    begin = "In the calendar"
    if close:
        begin = "Too close, with the time kept free around meetings"
    elif each.code in _TAKEN:
        begin = _TAKEN[each.code]
    if each.what == begin or (each.what == "Busy" and not close):
        # A time away without a label, or somebody else's: nothing more to say.
        return Told(f"{each.what}{when}.", url, link, code)
    return Told(f"{begin}: “{each.what}”{when}.", url, link, code)


def _is_only_close(each: Obstacle, verdict: Verdict) -> bool:
    """Whether the two would not meet but for the time that is kept free around them."""
    if each.start_at is None or each.end_at is None:
        return each.code is ReasonCode.BUFFER
    return not (each.start_at < verdict.end_at and verdict.start_at < each.end_at)


def _when(start: datetime, end: datetime, clock: Clock) -> str:
    """From and until; whole dates of the reader's clock without their midnights."""
    first, last = clock.local(start), clock.local(end - _MINUTE)
    if clock.time(start) == clock.time(end) == "00:00":
        day = clock.full(start)
        return day if first.date() == last.date() else f"{day} – {clock.full(end - _MINUTE)}"
    same = first.date() == clock.local(end).date()
    return f"{clock.moment(start)} – {clock.time(end) if same else clock.moment(end)}"


def _behind(each: Obstacle) -> tuple[str, str]:
    """The address of what takes the time, and what the link says."""
    if each.booking is not None:
        return url_for("console.booking_page", uuid=each.booking), "Open the booking"
    if each.calendar is not None:
        return url_for("console.calendar_list"), "Open calendars"
    if each.host_uuid is not None:
        host = None if each.is_own else each.host_uuid
        return url_for("console.availability", host=host, _anchor="away"), "Open time away"
    return "", ""


_MOST_NAMES = 4
"""How many people of a group are told by name."""


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A host or a group as it is told: ``members`` says whom a group is made of."""

    name: str
    members: str
    sentence: str
    is_met: bool


def candidate_line(card: CandidateCard) -> CandidateLine:
    """Whether a host or a group could be there, and who of the group."""
    if not card.is_group:
        return CandidateLine(card.name or "Somebody", "", "", card.is_met)
    together = card.required is Required.ALL
    members = f"{'all' if together else 'one'} of {_names(card.members) or 'nobody'}"
    return CandidateLine(card.name or "A group", members, _who_could(card, together), card.is_met)


def _who_could(card: CandidateCard, together: bool) -> str:
    if not card.able and not card.unable:
        return "Nobody is in it any more." if card.has_left else "Nobody is in it."
    if together and not card.is_met:
        return f"{_names(card.unable)} could not." if card.unable else "Somebody in it has left."
    return f"{_names(card.able)} could." if card.able else "Nobody could."


def _names(names: Sequence[str]) -> str:
    """Up to four names, and how many more there are."""
    if not names:
        return ""
    told_names = list(names[:_MOST_NAMES])
    more = len(names) - len(told_names)
    if more:
        return f"{', '.join(told_names)} and {more} more"
    *first, last = told_names
    return f"{', '.join(first)} and {last}" if first else last
