"""Dates as people type them: "24 Dec, 31.12., 2027-01-02", "24 Dec to 2 Jan"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from webapp.domain.errors import Invalid

MOST_AT_ONCE = 370
FURTHEST_YEARS = 5
LONGEST_TEXT = 2000

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")
_NUMBERS = re.compile(r"(?P<d>\d{1,2})\s?[./]\s?(?P<m>\d{1,2})\s?(?:[./]\s?(?P<y>\d{4})?)?")
_WORDS = re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?\s*(?P<m>[a-z]{3,9})\.?\s*(?P<y>\d{4})?")
_MONTH_FIRST = re.compile(r"(?P<m>[a-z]{3,9})\.?\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?")
_RANGE = re.compile(r"\s+(?:to|until|till)\s+|\s*[–—]\s*|\s+-\s+")


def full_date(day: date) -> str:
    """ "24 December 2026"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def read_dates(text: str, today: date) -> tuple[date, ...]:
    """The dates in ``text``, sorted, each once; separated by commas, semicolons or lines.

    A date without a year is the next one from ``today`` on; "24.12." and "24/12" put the day
    first. Raises ``Invalid`` for what is no date, has passed, or is more than five years away
    (bookings are never offered more than a year ahead, so the year is a slip).
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid("These are too many dates at once.")
    found: set[date] = set()
    plain = unicodedata.normalize("NFKC", text).casefold()
    for piece in re.split(r"[,;\n]|\band\b", plain):
        if piece.strip():
            found.update(_dates(piece.strip(), today))
        if len(found) > MOST_AT_ONCE:
            raise Invalid(f"At most {MOST_AT_ONCE} dates at once.")
    for day in sorted(found):
        check_near(day, today)
    return tuple(sorted(found))


def check_near(day: date, today: date) -> None:
    """Raise ``Invalid`` for a date that has passed or is more than five years away."""
    if day < today:
        raise Invalid(f"{full_date(day)} has passed.")
    if day.year > today.year + FURTHEST_YEARS:
        raise Invalid(
            f"{full_date(day)} is more than {FURTHEST_YEARS} years away. Times are offered at most"
            " a year ahead; is the year right?"
        )


def _dates(piece: str, today: date) -> list[date]:
    ends = _RANGE.split(piece, maxsplit=1)
    first = _date(ends[0], today)
    if len(ends) == 1:
        return [first]
    last = _date(ends[1], first)
    if last < first:
        raise Invalid(f"“{_shown(piece)}” ends before it starts.")
    if (last - first).days > MOST_AT_ONCE:
        raise Invalid("A range of dates is at most a year long.")
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _date(text: str, since: date) -> date:
    for pattern in (_ISO, _NUMBERS, _WORDS, _MONTH_FIRST):
        match = pattern.fullmatch(text.strip())
        if match is None:
            continue
        parts = match.groupdict()
        month = int(parts["m"]) if parts["m"].isdigit() else _month(parts["m"])
        day = _made(int(parts["y"]) if parts.get("y") else None, month, int(parts["d"]), since)
        if day is not None:
            return day
    raise Invalid(f"“{_shown(text)}” is not a date like 24 Dec or 2026-12-24.")


def _month(word: str) -> int:
    """1 to 12 of a name or its first letters, 0 for another word."""
    for number, name in enumerate(MONTHS, 1):
        if name.casefold().startswith(word) or word == "sept" == name[:4].casefold():
            return number
    return 0


def _made(year: int | None, month: int, number: int, since: date) -> date | None:
    """The date, or its next one from ``since`` on where no year was said; None if none is."""
    years = [year] if year is not None else range(since.year, since.year + 9)
    for each in years:
        try:
            day = date(each, month, number)
        except ValueError:
            continue
        if year is not None or day >= since:
            return day
    return None


def _shown(text: str) -> str:
    kept = "".join(c if c.isprintable() else " " for c in text).strip()
    return kept if len(kept) <= 30 else kept[:30] + "…"
