"""Public holidays of countries and their regions, out of the library ``holidays``.

The library and the country names of Babel are some megabytes that most requests never need, so
both are imported where they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from webapp.domain.errors import Invalid

_LANGUAGE = "en_US"
_BETWEEN = "; "


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A date and what it is called there; several holidays on one date are one name each."""

    day: date
    name: str


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Every country there are holidays of: (ISO 3166-1 code, English name), by name."""
    import holidays
    from babel import Locale

    names = Locale("en").territories
    found = [
        (code, names[code])
        for code in holidays.list_supported_countries(include_aliases=False)
        if code in names
    ]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def country_name(code: str) -> str:
    """The English name of a country; raises ``Invalid(field="country")`` for one we lack."""
    for known, name in countries():
        if known == code:
            return name
    raise Invalid("Choose a country from the list.", field="country")


def regions(country: str) -> tuple[tuple[str, str], ...]:
    """The country's regions with holidays of their own: (code, name), by name; often none."""
    kind = _kind(country)
    named: dict[str, str] = {}
    for name, code in getattr(kind, "subdivisions_aliases", {}).items():
        named.setdefault(code, name)
    found = [(code, named.get(code, code)) for code in kind.subdivisions]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def region_name(country: str, region: str) -> str:
    """The name of a region, empty for the whole country; raises ``Invalid(field="region")``."""
    if not region:
        return ""
    for known, name in regions(country):
        if known == region:
            return name
    raise Invalid("Choose a region of that country, or the whole country.", field="region")


def coming(country: str, region: str, first: date, last: date) -> list[Holiday]:
    """The public holidays on dates in ``[first, last]``, earliest first, named in English.

    Raises ``Invalid`` for an unknown country or region.
    """
    region_name(country, region)
    made = _kind(country)(
        subdiv=region or None,
        years=range(first.year, last.year + 1),
        language=_LANGUAGE,
    )
    return sorted(
        Holiday(day, name)
        for day, names in made.items()
        if first <= day <= last
        for name in dict.fromkeys(names.split(_BETWEEN))
    )


def _kind(country: str) -> Any:
    """The library's class of a country."""
    country_name(country)
    import holidays

    return getattr(holidays, country)
