"""Invitations as calendar programs read them, and links that add a meeting to a web calendar.

Source: RFC 5545, RFC 5546 section 3.2, RFC 7986. Whatever people typed stays text: a line break
or ``BEGIN:VEVENT`` in a field is escaped, folded and read back as it was.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vUri,
)

from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.span import from_minute, to_minute

PRODUCT = "-//Kalends//Kalends 0.1//EN"
LONGEST_TITLE = 255
LONGEST_PLACE = 1000
LONGEST_TEXT = 8000
LONGEST_LINK_TEXT = 500

Status = Literal["CONFIRMED", "TENTATIVE"]
PARTSTATS = frozenset({"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
ROLES = frozenset({"CHAIR", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"})

_OUTLOOK = "https://outlook.{}.com/calendar/0/deeplink/compose"
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ADDRESS = re.compile(
    r"[^\x00-\x20\x7f-\x9f<>\"\u2028\u2029]+@[^\x00-\x20\x7f-\x9f<>\"@\u2028\u2029]+"
)
_URL = re.compile(r"[\x21-\x7e]{1,2000}")


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who invites: name and mail address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who is invited, with the address they typed: mail programs compare it."""

    name: str
    email: str
    partstat: str = "ACCEPTED"
    role: str = "REQ-PARTICIPANT"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One meeting as one mail tells it.

    ``start`` and ``end`` are aware; ``zone`` is the IANA name whose clock they are written in.
    ``sequence`` rises with every change under one ``uid``. ``written_at`` is now, ``created_at``
    when the meeting was made. ``url`` is left out unless it is http or https.
    """

    uid: str
    sequence: int
    summary: str
    start: datetime
    end: datetime
    zone: str
    organizer: Organizer
    attendees: tuple[Attendee, ...]
    created_at: datetime
    written_at: datetime
    description: str = ""
    location: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class AddLink:
    """A link that opens a web calendar with the meeting filled in; ``name`` is for people."""

    name: str
    url: str


def request_text(invitation: Invitation, status: Status = "CONFIRMED") -> str:
    """The iTIP REQUEST that books or changes a meeting; TENTATIVE while it awaits approval.

    Lines end with CRLF and are folded at 75 octets. Raises Invalid for times and addresses that
    no calendar could hold.
    """
    return _text(invitation, "REQUEST", status)


def cancel_text(invitation: Invitation) -> str:
    """The iTIP CANCEL for a meeting; ``sequence`` is one more than in the last request."""
    return _text(invitation, "CANCEL", "CANCELLED")


def publish_text(invitation: Invitation, status: Status = "CONFIRMED") -> str:
    """The file to download: no answer is asked for and no guest is named (RFC 5546 3.2.1)."""
    return _text(invitation, "PUBLISH", status)


def _text(invitation: Invitation, method: str, status: str) -> str:
    if invitation.end <= invitation.start:
        raise Invalid("A meeting ends after it starts.")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    zone = zones.zone(invitation.zone)
    start, end = invitation.start.astimezone(zone), invitation.end.astimezone(zone)
    if start.fold or end.fold or zone.utcoffset(start) is None or zone.key in ("UTC", "Etc/UTC"):
        # A repeated hour cannot be told from the first one in local time.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    else:
        calendar.add_component(_timezone(zone, start, end))
    calendar.add_component(_event(invitation, method, status, start, end))
    written: bytes = calendar.to_ical()
    return written.decode("utf-8")


def _event(
    invitation: Invitation, method: str, status: str, start: datetime, end: datetime
) -> Event:
    event = Event()
    event.add("uid", one_line(invitation.uid, LONGEST_TITLE))
    event.add("sequence", invitation.sequence)
    event.add("summary", one_line(invitation.summary, LONGEST_TITLE))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("dtstamp", _second(invitation.written_at))
    event.add("created", _second(invitation.created_at))
    event.add("last-modified", _second(invitation.written_at))
    event.add("status", status)
    event.add("transp", "OPAQUE")
    for name, value, longest in (
        ("description", invitation.description, LONGEST_TEXT),
        ("location", invitation.location, LONGEST_PLACE),
    ):
        if clean := plain_text(value, longest):
            event.add(name, clean)
    if is_web_address(invitation.url):
        event["url"] = vUri(invitation.url)
    event["organizer"] = _address(invitation.organizer.name, invitation.organizer.email)
    for attendee in invitation.attendees if method != "PUBLISH" else ():
        event.add("attendee", _attendee(attendee), encode=False)
    return event


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _attendee(attendee: Attendee) -> vCalAddress:
    if attendee.partstat not in PARTSTATS or attendee.role not in ROLES:
        raise Invalid("There is no such way to take part.")
    address = _address(attendee.name, attendee.email)
    address.params["ROLE"] = attendee.role
    address.params["PARTSTAT"] = attendee.partstat
    address.params["RSVP"] = "FALSE"
    return address


def _address(name: str, email: str) -> vCalAddress:
    if not _ADDRESS.fullmatch(email) or len(email) > 254:
        raise Invalid("That is not a mail address.", field="email")
    address = vCalAddress(f"mailto:{email}")
    if shown := display_name(name):
        address.params["CN"] = shown
    return address


def plain_text(value: str, longest: int) -> str:
    """What people typed as a calendar may hold it: every line break is a newline, no controls.

    Marks that turn the writing direction and halves of characters are left out; at most
    ``longest`` characters stay.
    """
    text = _BREAKS.sub("\n", value).replace("\t", " ")
    kept = (c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs")))
    return "".join(c for c in kept if c not in _BIDI).strip()[:longest].strip()


def one_line(value: str, longest: int) -> str:
    """The same on one line."""
    return " ".join(plain_text(value, longest).split("\n"))


def display_name(value: str) -> str:
    """A name for a CN parameter: one line, without the characters that programs escape unalike."""
    return one_line(re.sub(r'["^\\]', "", value), LONGEST_TITLE)


def is_web_address(url: str) -> bool:
    """Whether ``url`` may stand in an invitation: http or https, plain ASCII, no blanks."""
    return bool(_URL.fullmatch(url)) and url.startswith(("https://", "http://"))


# --------------------------------------------------------------------------------- VTIMEZONE


def _timezone(zone: ZoneInfo, start: datetime, end: datetime) -> Timezone:
    """The zone's clock from the year before the event to the year after, change by change.

    The library's own writer is not used: it dates changes by the clock after them, RFC 5545
    3.6.5 by the clock before.
    """
    part = Timezone()
    part.add("tzid", zone.key)
    low = to_minute(datetime(start.year - 1, 1, 1, tzinfo=UTC))
    high = to_minute(datetime(end.year + 2, 1, 1, tzinfo=UTC))
    before: int | None = None
    for since, _, offset in zones.stretches(zone, low, high):
        part.add_component(_observance(zone, since, offset if before is None else before, offset))
        before = offset
    return part


def _observance(
    zone: ZoneInfo, since: int, before: int, after: int
) -> TimezoneStandard | TimezoneDaylight:
    """The clock that holds from minute ``since`` on; offsets in minutes."""
    local = from_minute(since).astimezone(zone)
    earlier = from_minute(since - 1).astimezone(zone)
    # Some zones call winter the exception: forward, in a zone with seasons, is daylight time.
    none = timedelta()
    seasonal = bool(local.dst()) or bool(earlier.dst())
    begun_in_summer = after == before and (local.dst() or none) > none
    daylight = begun_in_summer or (seasonal and after > before)
    part = TimezoneDaylight() if daylight else TimezoneStandard()
    part.add("dtstart", from_minute(since + before).replace(tzinfo=None))
    part.add("tzoffsetfrom", timedelta(minutes=before))
    part.add("tzoffsetto", timedelta(minutes=after))
    part.add("tzname", local.tzname() or zone.key)
    return part


# --------------------------------------------------------------------------- links to add it


def add_links(invitation: Invitation) -> tuple[AddLink, ...]:
    """Links for Google, Outlook.com, Office 365 and Yahoo, plain and without a script."""
    start, end = invitation.start.astimezone(UTC), invitation.end.astimezone(UTC)
    title = one_line(invitation.summary, LONGEST_TITLE)
    details = plain_text(invitation.description, LONGEST_LINK_TEXT)
    place = one_line(invitation.location, LONGEST_TITLE)
    compact, dashed = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{start:{compact}}/{end:{compact}}",
        "ctz": zones.zone(invitation.zone).key,
        "details": details,
        "location": place,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{start:{dashed}}",
        "enddt": f"{end:{dashed}}",
        "body": details,
        "location": place,
    }
    yahoo = {
        "v": "60",
        "title": title,
        "st": f"{start:{compact}}",
        "et": f"{end:{compact}}",
        "desc": details,
        "in_loc": place,
    }
    return (
        AddLink("Google", _link("https://calendar.google.com/calendar/render", google)),
        AddLink("Outlook.com", _link(_OUTLOOK.format("live"), outlook)),
        AddLink("Office 365", _link(_OUTLOOK.format("office"), outlook)),
        AddLink("Yahoo", _link("https://calendar.yahoo.com/", yahoo)),
    )


def _link(address: str, values: dict[str, str]) -> str:
    return f"{address}?{urlencode({k: v for k, v in values.items() if v}, quote_via=quote)}"
