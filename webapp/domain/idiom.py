"""What the CLDR knows of a language: names of days and months, patterns of dates, lists.

Read once through Babel and laid out as plain tables, because a page with three full days writes
some 400 times and 70 dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

_FIELD = re.compile(r"'([^']*)'|(E+|d+|M+|L+|y+|H+|h+|m+|a+)")
_PLACES = {
    **{"EEEE": "{0}", "E": "{1}", "EEE": "{1}", "d": "{2}", "MMMM": "{3}", "LLLL": "{4}"},
    **{"MMM": "{5}", "LLL": "{5}", "y": "{6}"},
    **{"HH": "{0:02d}", "H": "{0}", "h": "{1}", "mm": "{2:02d}", "a": "{3}"},
}
_YEAR = re.compile(r"(?:\s*'[^']*')?\s*y$")


@dataclass(frozen=True, slots=True, eq=False)
class Idiom:
    """The tables of one language. Weekdays begin with Monday, months with January; ``heads`` are
    the shortest names of weekdays, ``days`` those that stand alone."""

    weekdays: tuple[str, ...]
    days: tuple[str, ...]
    heads: tuple[str, ...]
    months: tuple[str, ...]
    _short_weekdays: tuple[str, ...]
    _lone_months: tuple[str, ...]
    _short_months: tuple[str, ...]
    _patterns: dict[str, str]
    _lists: dict[str, dict[str, str]]
    _clocks: dict[int, tuple[str, tuple[str, str]]]
    _cities: dict[str, str]

    def day_month(self, day: date) -> str:
        """ "12 November", "12. November", "12 de noviembre"."""
        return _said(self, "day_month", day.toordinal())

    def long_day(self, day: date) -> str:
        """ "Thursday 12 November"."""
        return _said(self, "long", day.toordinal())

    def full_day(self, day: date) -> str:
        """ "Thursday 12 November 2026"."""
        return _said(self, "full", day.toordinal())

    def short_day(self, day: date) -> str:
        """ "Thu 12 Nov"."""
        return _said(self, "short", day.toordinal())

    def month_year(self, day: date) -> str:
        """ "November 2026"."""
        return _said(self, "month_year", day.toordinal())

    def clock(self, notation: int) -> tuple[str, ...]:
        """The labels of the 1,440 minutes of a day, by 12 or 24 hours."""
        return _clock(self, notation)

    def listed(self, words: Sequence[str], kind: str = "and") -> str:
        """ "a", "a and b", "a, b and c"; ``kind`` "or" for a choice."""
        if len(words) < 2:
            return "".join(words)
        forms = self._lists[kind]
        if len(words) == 2:
            return forms["2"].format(*words)
        said = forms["end"].format(words[-2], words[-1])
        for word in reversed(words[1:-2]):
            said = forms["middle"].format(word, said)
        return forms["start"].format(words[0], said)

    def city(self, zone: str) -> str:
        """What people call a zone: "New York" of America/New_York, "Wien" of Europe/Vienna."""
        return self._cities.get(zone) or zone.rpartition("/")[2].replace("_", " ")


def first_up(text: str) -> str:
    """``text`` as a heading or a sentence begins: some languages write days in small letters."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=8192)
def _said(idiom: Idiom, pattern: str, ordinal: int) -> str:
    # Kept by the number of the date: instants of two dates can be equal.
    day = date.fromordinal(ordinal)
    weekday, month = day.weekday(), day.month - 1
    return idiom._patterns[pattern].format(
        idiom.weekdays[weekday],
        idiom._short_weekdays[weekday],
        day.day,
        idiom.months[month],
        idiom._lone_months[month],
        idiom._short_months[month],
        day.year,
    )


@lru_cache(maxsize=32)
def _clock(idiom: Idiom, notation: int) -> tuple[str, ...]:
    pattern, halves = idiom._clocks[notation]
    # The CLDR's narrow spaces would be a tenth of what a page with many times weighs.
    pattern = pattern.replace("\u202f", " ")
    halves = (halves[0].replace("\u202f", ""), halves[1].replace("\u202f", ""))
    return tuple(
        pattern.format(m // 60, (m // 60) % 12 or 12, m % 60, halves[m >= 720]) for m in range(1440)
    )


@lru_cache(maxsize=32)
def idiom_of(cldr: str) -> Idiom:
    """The tables of the CLDR's locale ``cldr`` ("en_GB"), read when first asked for."""
    from babel import Locale

    locale: Any = Locale.parse(cldr)
    days, months = locale.days, locale.months
    skeletons = locale.datetime_skeletons
    full = str(locale.date_formats["full"].pattern)
    long = str(skeletons["MMMMEEEEd"].pattern) if "MMMMEEEEd" in skeletons else ""
    patterns = {
        "long": long or _YEAR.sub("", full),
        "full": f"{long} y" if long else full,
        "short": skeletons["MMMEd"].pattern,
        "day_month": skeletons["MMMMd"].pattern,
        "month_year": skeletons["yMMMM"].pattern,
    }
    halves = locale.day_periods["format"]["abbreviated"]
    return Idiom(
        weekdays=_row(days["format"]["wide"], 0, 7),
        days=tuple(first_up(name) for name in _row(days["stand-alone"]["wide"], 0, 7)),
        heads=tuple(
            first_up(name.rstrip(".").lower()[:2] if name.isascii() else name)
            for name in _row(days["format"]["short"], 0, 7)
        ),
        months=_row(months["format"]["wide"], 1, 12),
        _short_weekdays=_row(days["format"]["abbreviated"], 0, 7),
        _lone_months=_row(months["stand-alone"]["wide"], 1, 12),
        _short_months=_row(months["format"]["abbreviated"], 1, 12),
        _patterns={name: _template(str(pattern)) for name, pattern in patterns.items()},
        _lists={
            kind: dict(locale.list_patterns[name].items())
            for kind, name in (("and", "standard"), ("or", "or"))
        },
        _clocks={
            24: (_template(str(skeletons["Hm"].pattern)), ("", "")),
            12: (_template(str(skeletons["hm"].pattern)), (halves["am"], halves["pm"])),
        },
        _cities=_cities(locale),
    )


def _row(names: Any, first: int, count: int) -> tuple[str, ...]:
    return tuple(str(names[first + place]) for place in range(count))


def _template(pattern: str) -> str:
    """A date pattern of the CLDR as a format string."""
    return _FIELD.sub(lambda m: m[1] if m[2] is None else _PLACES[m[2]], pattern)


def _cities(locale: Any) -> dict[str, str]:
    """Names of zones that differ from the tail of their IANA names; English needs none."""
    if locale.language == "en":
        return {}
    return {zone: str(told["city"]) for zone, told in locale.time_zones.items() if "city" in told}
