"""Time zones: which names are accepted, what offset holds when, and where clocks change.

Whole minutes since 1970-01-01T00:00Z stand for instants; a *wall minute* counts the same way on a
local clock (UTC minute plus offset). Everything exact is built on ``stretches``: spans of UTC in
which one offset holds, so that arithmetic inside a stretch needs no zone at all.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from webapp.domain.errors import Invalid
from webapp.domain.span import EPOCH
from webapp.domain.speech import Sentence
from webapp.domain.zone_names import ALIASES

DAY = 1440
"""Minutes of a day without a clock change."""

_MINUTE = timedelta(minutes=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LONGEST_NAME = 64
_BLOCK = 30 * DAY
_PROBE = 3 * DAY
# Names that mean "whatever this server is set to" or nothing at all.
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_REGIONS = frozenset({
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
})  # fmt: skip


# ------------------------------------------------------------------------------------- names


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every accepted IANA name, old link names included."""
    return frozenset(available_timezones() - _NOT_ZONES)


def zone(name: str) -> ZoneInfo:
    """The zone called ``name``: an IANA name, or a common city, country or old name.

    Found by membership, so text from outside never reaches the file system. A valid IANA name is
    kept as it is, old or new; raises ``Invalid(field="zone")`` with a suggestion for anything else.
    """
    if name in names():
        return _opened(name)
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(Sentence("That is not the name of a time zone."), field="zone")
    known = _aliases().get(_plain(name))
    if known is not None:
        return _opened(known)
    close = _closest(name)
    told = Sentence("There is no time zone called “%(name)s”.", name=name)
    if close is not None:
        told = Sentence(
            "There is no time zone called “%(name)s”. Did you mean %(close)s?",
            name=name,
            close=close,
        )
    raise Invalid(told, field="zone")


@lru_cache(maxsize=1024)
def _opened(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _plain(text: str) -> str:
    """Lower case without accents, underscores or double spaces: what people type."""
    bare = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(kept.replace("_", " ").casefold().split())


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    """Plain names of cities and countries, and IANA names in any case, to IANA names."""
    known = names()
    found: dict[str, str] = {}
    for name in sorted(known, key=lambda n: (len(n), n)):
        if name.split("/")[0] in _REGIONS:
            found[_plain(name.rsplit("/", 1)[-1])] = name
    found.update((plain, name) for plain, name in ALIASES.items() if name in known)
    found.update((_plain(name), name) for name in known)
    return found


def _closest(name: str) -> str | None:
    plain = _plain(name)
    by_tail = _aliases().get(plain.rsplit("/", 1)[-1])
    if by_tail is not None:
        return by_tail
    close = get_close_matches(plain, _aliases(), n=1, cutoff=0.72)
    return _aliases()[close[0]] if close else None


def search(text: str, now: datetime, limit: int = 10) -> list[tuple[str, str]]:
    """Type-ahead: up to ``limit`` pairs of IANA name and label, best match first.

    The label carries the offset at ``now`` and, when it matched, the everyday name:
    "Asia/Kolkata (Bombay), UTC+5:30".
    """
    wanted = _plain(text[:_LONGEST_NAME])
    if not wanted:
        return []
    ranked: dict[str, tuple[int, int, str, str]] = {}
    for plain, name in _aliases().items():
        rank = _rank(wanted, plain)
        if rank is None:
            continue
        region = name.split("/")[0] in _REGIONS
        shown = "" if plain in _plain(name) else f" ({plain.title()})"
        entry = (rank if region else rank + 4, len(plain), name, shown)
        ranked[name] = min(entry, ranked.get(name, entry))
    best = sorted(ranked.values())[:limit]
    return [(name, f"{name}{shown}, {offset_text(_opened(name), now)}") for *_, name, shown in best]


def _rank(wanted: str, plain: str) -> int | None:
    if plain == wanted:
        return 0
    if plain.rsplit("/", 1)[-1].startswith(wanted):
        return 1
    if plain.startswith(wanted):
        return 2
    return 3 if wanted in plain else None


# ----------------------------------------------------------------------------------- offsets


def offset_minutes(zone: ZoneInfo, instant: datetime) -> int:
    """Minutes that the zone's clocks are ahead of UTC at an aware instant, rounded down."""
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else offset // _MINUTE


def offset_at(zone: ZoneInfo, minute: int) -> int:
    """The same at an epoch minute."""
    return offset_minutes(zone, EPOCH + timedelta(minutes=minute))


def offset_text(zone: ZoneInfo, instant: datetime) -> str:
    """The offset for people: "UTC+1", "UTC+5:45", "UTC-3:30", "UTC+0"."""
    minutes = offset_minutes(zone, instant)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@lru_cache(maxsize=2048)
def _block(zone: ZoneInfo, number: int) -> tuple[tuple[int, int], ...]:
    """Offsets over one block of 30 days: (first minute, offset), the block's own start first.

    Probed every three days and halved down to the minute. No zone has ever changed its clocks
    and changed back within three days, and a test watches that this stays so.
    """
    at = number * _BLOCK
    offset = offset_at(zone, at)
    found = [(at, offset)]
    for probe in range(at + _PROBE, at + _BLOCK + 1, _PROBE):
        while offset_at(zone, probe) != offset:
            low, high = at, probe
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(zone, middle) == offset:
                    low = middle
                else:
                    high = middle
            at, offset = high, offset_at(zone, high)
            found.append((at, offset))
        at = probe
    return tuple(entry for entry in found if entry[0] < (number + 1) * _BLOCK)


def stretches(zone: ZoneInfo, start: int, end: int) -> list[tuple[int, int, int]]:
    """``[start, end)`` in UTC minutes as spans of one offset: (start, end, offset minutes)."""
    changes: list[tuple[int, int]] = []
    for number in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
        for change in _block(zone, number):
            if not changes or changes[-1][1] != change[1]:
                changes.append(change)
    found = []
    for index, (since, offset) in enumerate(changes):
        until = changes[index + 1][0] if index + 1 < len(changes) else end
        if until > start and since < end:
            found.append((max(since, start), min(until, end), offset))
    return found


def forget() -> None:
    """Drop what is kept about clock changes, as a process that has just started."""
    _block.cache_clear()
    _first_of.cache_clear()


# -------------------------------------------------------------------------------- local dates


def day_number(day: date) -> int:
    """Days since 1970-01-01 of a calendar date."""
    return day.toordinal() - _EPOCH_DAY


def date_of(number: int) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(number + _EPOCH_DAY)


def local_day(zone: ZoneInfo, minute: int) -> int:
    """The day number that the zone's calendar shows at an epoch minute."""
    return (minute + offset_at(zone, minute)) // DAY


def _around(zone: ZoneInfo, number: int) -> list[tuple[int, int, int]]:
    """Stretches that surely hold a whole local date: two days each side cover every offset."""
    return stretches(zone, (number - 2) * DAY, (number + 3) * DAY)


def local_day_bounds(zone: ZoneInfo, day: date) -> tuple[int, int]:
    """UTC epoch minutes ``[start, end)`` of a local date.

    A date begins at the first instant whose local date is that date or a later one, and ends where
    the next begins: midnights that do not exist need no special case, consecutive dates leave no
    hole, and a date that does not exist (Apia, 2011-12-30) is empty.
    """
    number = day_number(day)
    return _first_of(zone, number), _first_of(zone, number + 1)


@lru_cache(maxsize=4096)
def _first_of(zone: ZoneInfo, number: int) -> int:
    for start, end, offset in _around(zone, number):
        if end + offset > number * DAY:
            return max(start, number * DAY - offset)
    raise ValueError(f"no instant at or after local day {number}")


def first_instant(zone: ZoneInfo, wall: int) -> int:
    """The UTC minute of a wall minute, read as RFC 5545 section 3.3.5 says.

    A wall time that does not exist is read with the offset before the gap; one that happens twice
    is the first of the two.
    """
    before = 0
    for start, end, offset in _around(zone, wall // DAY):
        if wall < start + offset:
            return wall - before
        if wall < end + offset:
            return wall - offset
        before = offset
    raise ValueError(f"no instant at wall minute {wall}")


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change of a zone's clocks.

    ``instant``: UTC epoch minute of the change. ``wall_minute``: what the clocks show just before
    it, in minutes after midnight of the date asked about (1440: at its end). ``by_minutes``: how
    far they go forward, negative when back.
    """

    instant: int
    wall_minute: int
    by_minutes: int

    @property
    def wall(self) -> str:
        """The clock face just before the change: "02:00", or "24:00" at the end of the date."""
        return f"{self.wall_minute // 60:02d}:{self.wall_minute % 60:02d}"


def transition_in(zone: ZoneInfo, day: date) -> ClockChange | None:
    """The first clock change on a local date, or None.

    A change belongs to the date on which the missing or the repeated wall times begin.
    """
    number = day_number(day)
    around = _around(zone, number)
    for (_, instant, before), (_, _, after) in pairwise(around):
        if (instant + min(before, after)) // DAY == number:
            return ClockChange(instant, instant + before - number * DAY, after - before)
    return None


def is_repeated(zone: ZoneInfo, instant: datetime) -> bool:
    """Whether the wall time of an aware instant happens twice, so that it needs its offset."""
    local = instant.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
