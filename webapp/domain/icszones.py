"""Which zone a calendar file means: by IANA name, Windows name, suffix, offset or VTIMEZONE.

Source: RFC 5545 sections 3.2.19 and 3.6.5; Windows names after Unicode CLDR windowsZones.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from webapp.domain import zones
from webapp.domain.contentlines import Component, Problems
from webapp.domain.errors import Invalid
from webapp.domain.rrule import parse_rule
from webapp.domain.rulewalk import Budget, Walk
from webapp.domain.span import EPOCH, Interval
from webapp.domain.windows_zones import WINDOWS

MAX_FILE_ZONES = 50
MAX_OBSERVANCES = 100
MAX_ONSETS = 1000

_OFFSET_NAME = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?")
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")
_ONSET = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)


class FileZone(tzinfo):
    """A zone that only the file itself describes.

    ``changes`` are (instant UTC, offset before, offset after), ascending, at least one.
    """

    def __init__(self, name: str, changes: list[tuple[datetime, timedelta, timedelta]]) -> None:
        self._name = name
        naive = [(at.replace(tzinfo=None), before, after) for at, before, after in changes]
        self._offsets = [naive[0][1], *(after for _, _, after in naive)]
        self._instants = [at for at, _, _ in naive]
        # A wall time in a gap or in the first of two passes still has the offset before.
        self._first = [at + max(before, after) for at, before, after in naive]
        self._second = [at + min(before, after) for at, before, after in naive]

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset at a wall-clock time of this zone."""
        if moment is None:
            return None
        walls = self._second if moment.fold else self._first
        return self._offsets[bisect_right(walls, moment.replace(tzinfo=None))]

    def dst(self, moment: datetime | None) -> timedelta | None:  # noqa: ARG002 - tzinfo's shape
        """Not told apart."""
        return None

    def tzname(self, moment: datetime | None) -> str:  # noqa: ARG002 - tzinfo's shape
        """The file's own name for it."""
        return self._name

    def fromutc(self, moment: datetime) -> datetime:
        """A UTC time labelled with this zone, as its wall-clock time."""
        plain = moment.replace(tzinfo=None)
        place = bisect_right(self._instants, plain)
        wall = plain + self._offsets[place]
        second = place > 0 and wall < self._first[place - 1]
        return wall.replace(tzinfo=self, fold=int(second))


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A zone and the name to show for it."""

    zone: tzinfo
    name: str


class FileZones:
    """The zones of one file; ``default`` stands in for floating times and unknown zones."""

    def __init__(
        self, default: NamedZone, calendars: list[Component], window: Interval, problems: Problems
    ) -> None:
        self.default = default
        self._window = window
        self._problems = problems
        self._found: dict[str, NamedZone] = {"UTC": NamedZone(UTC, "UTC")}
        self._described: dict[str, Component] = {}
        for calendar in calendars:
            for part in calendar.parts:
                line = part.first("TZID") if part.name == "VTIMEZONE" else None
                if line is not None and len(self._described) < 10 * MAX_FILE_ZONES:
                    self._described.setdefault(line.value.strip('"'), part)

    def find(self, tzid: str, line: int | None = None) -> NamedZone:
        """The zone meant by a TZID; the default, with a Problem, when nobody knows it."""
        found = self._found.get(tzid)
        if found is None:
            found = self._look(tzid, line)
            if len(self._found) < MAX_OBSERVANCES * MAX_FILE_ZONES:
                self._found[tzid] = found
        return found

    def _look(self, tzid: str, line: int | None) -> NamedZone:
        named = named_zone(tzid)
        part = self._described.get(tzid)
        if named is None and part is not None:
            location = part.first("X-LIC-LOCATION")
            named = named_zone(location.value) if location is not None else None
            named = named or self._from_file(tzid, part)
        if named is not None:
            return named
        sentence = f"The time zone “{tzid[:80]}” is not known; {self.default.name} was used."
        self._problems.once("unknown_zone", sentence, line, tzid)
        return self.default

    def _from_file(self, tzid: str, part: Component) -> NamedZone | None:
        built = sum(isinstance(named.zone, FileZone) for named in self._found.values())
        if built >= MAX_FILE_ZONES:
            return None
        try:
            return NamedZone(described_zone(tzid, part, self._window), tzid[:80])
        except (Invalid, ValueError, OverflowError):
            sentence = f"The file's own description of the zone “{tzid[:80]}” makes no sense."
            self._problems.once("bad_zone", sentence, part.number, tzid)
            return None


def named_zone(name: str) -> NamedZone | None:
    """The zone behind an IANA name, a Windows name, a path that ends in one, or an offset."""
    name = name.strip().strip('"')
    segments = name.strip("/").split("/")
    for size in (len(segments), 3, 2, 1):
        tail = "/".join(segments[-size:])
        tail = WINDOWS.get(tail, tail)
        if tail in zones.names():
            return NamedZone(zones.zone(tail), tail)
    match = _OFFSET_NAME.fullmatch(name)
    if match is None:
        return None
    minutes = 60 * int(match[2]) + int(match[3] or 0)
    if minutes > 14 * 60:
        return None
    return NamedZone(timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes)), name)


def described_zone(tzid: str, part: Component, window: Interval) -> FileZone:
    """The zone a VTIMEZONE describes, right in and around ``window``.

    Raises Invalid or ValueError when the description cannot be followed.
    """
    changes: dict[datetime, tuple[datetime, timedelta, timedelta]] = {}
    observances = [p for p in part.parts if p.name in ("STANDARD", "DAYLIGHT")]
    if not 0 < len(observances) <= MAX_OBSERVANCES:
        raise ValueError("no observances")
    for observance in observances:
        before = _offset(observance, "TZOFFSETFROM")
        after = _offset(observance, "TZOFFSETTO")
        for wall in _onsets(observance, before, window):
            instant = EPOCH + (wall - _NAIVE_EPOCH - before)
            changes[instant] = (instant, before, after)
    return FileZone(tzid, [changes[instant] for instant in sorted(changes)])


def _offset(observance: Component, name: str) -> timedelta:
    line = observance.first(name)
    match = _OFFSET.fullmatch(line.value) if line is not None else None
    if match is None:
        raise ValueError("no offset")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if size > timedelta(hours=18):
        raise ValueError("no such offset")
    return size if match[1] == "+" else -size


def _onsets(observance: Component, before: timedelta, window: Interval) -> list[datetime]:
    """When this observance begins, on the clock that holds until then (naive)."""
    line = observance.first("DTSTART")
    first = _wall(line.value, before) if line is not None else None
    if first is None:
        raise ValueError("no start")
    found = [first]
    for extra in observance.lines:
        if extra.name == "RDATE":
            walls = [_wall(value, before) for value in extra.value.split(",")[:MAX_ONSETS]]
            found += [wall for wall in walls if wall is not None]
    written = observance.first("RRULE")
    if written is not None:
        rule = parse_rule(written.value)
        low = window.start.replace(tzinfo=None) - timedelta(days=800)
        high = window.end.replace(tzinfo=None) + timedelta(days=800)
        until = rule.until
        if isinstance(until, datetime):
            ends = until if until.tzinfo is None else until.replace(tzinfo=None) + before
            low, high = min(low, ends - timedelta(days=800)), min(high, ends)
        found += Walk(rule, first).between(low, high, Budget(steps=100_000))
    return found[:MAX_ONSETS]


def _wall(value: str, before: timedelta) -> datetime | None:
    if not _ONSET.fullmatch(value):
        return None
    at = datetime.strptime(value[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall-clock time
    return at + before if value.endswith("Z") else at
