"""What the demo clinic's owner has in her own calendar: events that come round, and one day off."""

from __future__ import annotations

from datetime import date, timedelta

from webapp.services import feeds
from webapp.services.unit_of_work import UnitOfWork

FILE_NAME = "nora.ics"
_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Demo//EN\r\n"


def link(uow: UnitOfWork, host_id: int, zone: str) -> None:
    """Link a calendar file to the host whose series began eight weeks ago."""
    monday = (uow.now - timedelta(days=uow.now.weekday(), weeks=8)).date()
    stamp = uow.now.strftime("%Y%m%dT%H%M%SZ")

    def event(uid: str, summary: str, day: int, start: str, end: str, *more: str) -> str:
        date = (monday + timedelta(days=day)).strftime("%Y%m%d")
        lines = (
            "BEGIN:VEVENT",
            f"UID:{uid}@demo.example.org",
            f"DTSTAMP:{stamp}",
            f"DTSTART;TZID={zone}:{date}T{start}",
            f"DTEND;TZID={zone}:{date}T{end}",
            f"SUMMARY:{summary}",
            *more,
            "END:VEVENT",
        )
        return "\r\n".join(lines) + "\r\n"

    skipped = _stamp(monday + timedelta(days=7 * 9), "123000")
    text = (
        _HEAD
        + event("rounds", "Morning rounds", 0, "090000", "093000", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH")
        + event("lunch", "Lunch with the team", 1, "123000", "133000", "RRULE:FREQ=WEEKLY")
        + event(
            *("supervision", "Supervision", 0, "123000", "133000"),
            *("RRULE:FREQ=WEEKLY;INTERVAL=2", f"EXDATE;TZID={zone}:{skipped}"),
        )
        + event("training", "Fire safety training", 7 * 8 + 2, "140000", "160000")
        + "END:VCALENDAR\r\n"
    )
    laid_out = feeds.lay_out(text.encode(), zone=zone, window=feeds.window_of(uow.now))
    feeds.link_file(uow, host_id, name="Nora’s calendar", file_name=FILE_NAME, laid_out=laid_out)


def _stamp(day: date, clock: str) -> str:
    return f"{day:%Y%m%d}T{clock}"
