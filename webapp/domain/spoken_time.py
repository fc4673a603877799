"""How an instant is said to a reader: the date, the time, the zone's name and its offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.idiom import first_up
from webapp.domain.speech import Speech, speech_of
from webapp.domain.zones import is_repeated, offset_text


@dataclass(frozen=True, slots=True)
class Spoken:
    """A span of time in one zone's words.

    ``short``: "Thu 12 Nov 09:00". ``day``: "Thursday 12 November 2026". ``clock``:
    "09:00 – 09:30", with the second date or offset where it differs. ``zone``: "Europe/Berlin".
    ``offset``: "UTC+1", at the start.
    """

    short: str
    day: str
    clock: str
    zone: str
    offset: str

    @property
    def line(self) -> str:
        """All of it: "Thursday 12 November 2026, 09:00 – 09:30 (Europe/Berlin, UTC+1)"."""
        return f"{self.day}, {self.clock} ({self.zone}, {self.offset})"


def spoken(
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    say: Speech | None = None,
    *,
    notation: int = 24,
) -> Spoken:
    """Say ``[start, end)``, aware instants, on the clocks of ``zone``: in the language of ``say``
    (by default English), by 12 or 24 hours."""
    say = say or speech_of(None)
    idiom, clock = say.idiom, say.idiom.clock(notation)
    first, last = start.astimezone(zone), end.astimezone(zone)
    offset, last_offset = offset_text(zone, start), offset_text(zone, end)
    until = clock[last.hour * 60 + last.minute]
    if last.date() != first.date():
        if (last - timedelta(microseconds=1)).date() != first.date():
            until = say("%(time)s on %(day)s", time=until, day=idiom.short_day(last))
        elif notation == 24:
            until = "24:00"
    if offset != last_offset:
        until += f" ({last_offset})"
    since = clock[first.hour * 60 + first.minute]
    doubtful = offset != last_offset or is_repeated(zone, start)
    return Spoken(
        short=f"{first_up(idiom.short_day(first))} {since}",
        day=first_up(idiom.full_day(first)),
        clock=f"{since} ({offset}) – {until}" if doubtful else f"{since} – {until}",
        zone=zone.key,
        offset=offset,
    )


def in_words(minutes: int, say: Speech | None = None) -> str:
    """A length for people: "45 minutes", "1 hour", "1 hour 30 minutes"."""
    say = say or speech_of(None)
    hours, rest = divmod(minutes, 60)
    said = []
    if hours:
        said.append(say.many("%(number)s hour", "%(number)s hours", hours))
    if rest or not hours:
        said.append(say.many("%(number)s minute", "%(number)s minutes", rest))
    return " ".join(said)
