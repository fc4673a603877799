"""Events as text for one large calendar file, written one by one.

Source: RFC 5545. Whatever people typed stays text. Times are UTC, so no zone is described.
"""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Event

from webapp.domain.itip import (
    LONGEST_PLACE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    PRODUCT,
    one_line,
    plain_text,
)

HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\n"
TAIL = "END:VCALENDAR\r\n"


def vevent_text(
    *,
    uid: str,
    sequence: int,
    summary: str,
    start: datetime,
    end: datetime,
    status: str,
    created: datetime,
    changed: datetime,
    description: str = "",
    location: str = "",
) -> str:
    """One VEVENT, lines ended by CRLF and folded at 75 octets; times are aware."""
    event = Event()
    event.add("uid", one_line(uid, LONGEST_TITLE))
    event.add("sequence", sequence)
    event.add("summary", one_line(summary, LONGEST_TITLE))
    event.add("dtstart", _second(start))
    event.add("dtend", _second(end))
    event.add("dtstamp", _second(changed))
    event.add("created", _second(created))
    event.add("last-modified", _second(changed))
    event.add("status", status)
    if description:
        event.add("description", plain_text(description, LONGEST_TEXT))
    if location:
        event.add("location", plain_text(location, LONGEST_PLACE))
    written: bytes = event.to_ical()
    return written.decode()


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
