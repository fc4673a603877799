"""What the tests of calendar files share: files of one's own, and how what they say is read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from webapp.domain.ics import CalendarReport, read_calendar
from webapp.domain.span import EPOCH, Interval

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ics"
WINDOW = Interval(datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
BERLIN = ZoneInfo("Europe/Berlin")
GOOD = "UID:good-{0}\nDTSTART:202612{0:02d}T090000Z\nDTEND:202612{0:02d}T093000Z\nSUMMARY:Good"
"""An event at 9:00 UTC on the day of December that it is formatted with."""


def read(
    data: bytes | str,
    *,
    default_zone: str = "Europe/Berlin",
    owner_emails: Collection[str] = (),
) -> CalendarReport:
    """The report of a file, for a host in Berlin."""
    content = data.encode() if isinstance(data, str) else data
    return read_calendar(
        content, default_zone=default_zone, window=WINDOW, owner_emails=owner_emails
    )


def calendar(*events: str, top: str = "") -> str:
    """A file with these events; ``top`` stands before them."""
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{top}{body}END:VCALENDAR\n".replace("\n", "\r\n")


def local(report: CalendarReport, zone: ZoneInfo = BERLIN) -> list[str]:
    """Spans as "11-24 10:00-11:30" in a zone."""
    found = []
    for span in report.spans:
        start = (EPOCH + timedelta(minutes=span.start_minute)).astimezone(zone)
        end = (EPOCH + timedelta(minutes=span.end_minute)).astimezone(zone)
        found.append(f"{start:%m-%d %H:%M}-{end:%H:%M}")
    return found


def codes(report: CalendarReport) -> list[str]:
    """The codes of its problems."""
    return [problem.code for problem in report.problems]
