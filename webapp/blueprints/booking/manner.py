"""How dates and times are written for one reader: language, notation of the hour, first weekday.

Labels of the 1,440 minutes of a day and the names of a month's days are made once per language,
because a page with three full days writes some 400 of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from webapp.domain.idiom import first_up
from webapp.domain.language import Choice, negotiated
from webapp.domain.speech import Speech, speech_of
from webapp.domain.spoken_time import in_words

CLOCK24 = tuple(f"{m // 60:02d}:{m % 60:02d}" for m in range(1440))
"""The labels that addresses and forms use, in every language."""

# Regions that write 2:30 pm, and those whose calendars begin on Sunday, where they speak the
# language: the CLDR's time formats and weeks, which a test holds these against.
_TWELVE = {
    "en": "AE AG AS AU BB BM BS CA CY DM ER FJ FM GD GH GM GU GY HK IN JM KI KN KY LC LR LS MH MO"
    " MP MW MY NA NZ PG PH PK PR PW SB SD SG SL SS SZ TC TO TT UM US VC VG VI VU WS ZM",
    "fr": "DJ DZ MR SY TD TN VU",
    "es": "AR BO CL CO CR CU DO EC GT HN MX NI PA PE PH PR PY SV US UY VE",
}
_SUNDAY = {
    "en": "AG AS BS BW BZ CA DM GU HK ID IL IN JM KE MH MO MT PH PK PR PT SG TT UM US VI WS ZA ZW",
    "fr": "CA",
    "es": "BR BZ CO DO GT HN MX NI PA PE PH PR PY SV US VE",
}


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """A reader's habits. ``week_start`` 0 is Monday, 6 is Sunday; ``clock`` has 1,440 labels;
    ``say`` says a message in the reader's language."""

    notation: int
    week_start: int
    clock: tuple[str, ...]
    say: Speech


def manner_of(
    accept_language: str,
    notation: str | None = None,
    *,
    language: str | None = None,
    fallback: str | None = None,
) -> Manner:
    """The habits behind an Accept-Language header. ``language`` and ``notation`` ("12", "24")
    were chosen and win; ``fallback`` is the language when the header names none that we have."""
    choice = negotiated(language, accept_language, fallback)
    return _manner(choice, notation if notation in ("12", "24") else None)


@lru_cache(maxsize=256)
def _manner(choice: Choice, notation: str | None) -> Manner:
    hours = 12 if _is_among(choice, _TWELVE) else 24
    start = 6 if _is_among(choice, _SUNDAY) else 0
    return _habits(choice.code, int(notation) if notation else hours, start)


def _is_among(choice: Choice, regions: dict[str, str]) -> bool:
    return bool(choice.region) and choice.region in regions.get(choice.code, "").split()


@lru_cache(maxsize=64)
def _habits(code: str, hours: int, week_start: int) -> Manner:
    say = speech_of(code)
    return Manner(hours, week_start, say.idiom.clock(hours), say)


def english() -> Manner:
    """British habits: what the console writes in."""
    return _habits("en", 24, 0)


def weekday(day: date, manner: Manner | None = None) -> str:
    """ "Thursday"."""
    return (manner or english()).say.idiom.days[day.weekday()]


def day_month(day: date, manner: Manner | None = None) -> str:
    """ "12 November"."""
    return (manner or english()).say.idiom.day_month(day)


def long_day(day: date, manner: Manner | None = None) -> str:
    """ "Thursday 12 November"."""
    return (manner or english()).say.idiom.long_day(day)


def full_day(day: date, manner: Manner | None = None) -> str:
    """ "Thursday 12 November 2026"."""
    return (manner or english()).say.idiom.full_day(day)


def short_day(day: date, manner: Manner | None = None) -> str:
    """ "Thu 12 Nov"."""
    return (manner or english()).say.idiom.short_day(day)


def near_day(day: date, today: date, manner: Manner | None = None) -> str:
    """ "Today, Thu 12 Nov", "Tomorrow, ...", else the short day alone."""
    manner = manner or english()
    said = manner.say.idiom.short_day(day)
    if day == today:
        return manner.say("Today, %(day)s", day=said)
    if day == today + timedelta(days=1):
        return manner.say("Tomorrow, %(day)s", day=said)
    return first_up(said)


def month_year(day: date, manner: Manner | None = None) -> str:
    """ "November 2026", as a heading."""
    return first_up((manner or english()).say.idiom.month_year(day))


def length(minutes: int, manner: Manner | None = None) -> str:
    """ "30 minutes", "1 hour", "1 hour 30 minutes"."""
    return in_words(minutes, (manner or english()).say)


def times(count: int, manner: Manner) -> str:
    """ "no times", "1 time", "7 times"."""
    return _times(count, manner.say)


@lru_cache(maxsize=1024)
def _times(count: int, say: Speech) -> str:
    if not count:
        return say("no times")
    return say.many("%(number)s time", "%(number)s times", count)


@lru_cache(maxsize=256)
def until(say: Speech) -> tuple[str, str]:
    """What stands before and after the end of a time that is read out: " to ", ""."""
    before, _, after = say("to %(time)s", time="\0").partition("\0")
    return f" {before}", after


def place_of(zone: str, manner: Manner | None = None) -> str:
    """What people call a zone: "New York" of America/New_York, "UTC" of Etc/UTC."""
    return (manner or english()).say.idiom.city(zone)
