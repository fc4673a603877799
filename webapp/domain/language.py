"""Which languages Kalends speaks, and which of them somebody is answered in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST_HEADER = 200
_MOST_TAGS = 20
_TAG = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q=(\d(?:\.\d{0,3})?))?")


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its tag (BCP 47), its name in itself, where its names of days and months stand
    in the CLDR, and the direction it is written in."""

    code: str
    name: str
    cldr: str
    direction: str = "ltr"


LANGUAGES: dict[str, Language] = {
    found.code: found
    for found in (
        Language("en", "English", "en_GB"),
        Language("de", "Deutsch", "de"),
        Language("fr", "Français", "fr"),
        Language("es", "Español", "es"),
    )
}
"""Every language with a complete catalogue, in the order in which they are offered."""

SOURCE = "en"
"""The language that messages are written in, and what is spoken when nothing else is known."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody is answered in: a language we have, and the region they named with it."""

    code: str
    region: str = ""


def language_of(code: str | None) -> Language:
    """The language called ``code``; English for any other text, and for None."""
    return LANGUAGES.get(code or SOURCE, LANGUAGES[SOURCE])


def negotiated(named: str | None, accept_language: str, fallback: str | None) -> Choice:
    """The language to answer in: ``named`` (of the address, or kept with a booking) when we have
    it, else the first of an Accept-Language header (RFC 9110 12.5.4) that we have, else
    ``fallback``, else English. A region counts only with its own language."""
    # By how many languages there are, too: what is kept must not outlive one that is added.
    return _negotiated(
        named if named in LANGUAGES else None,
        accept_language[:_LONGEST_HEADER],
        fallback if fallback in LANGUAGES else SOURCE,
        len(LANGUAGES),
    )


@lru_cache(maxsize=512)
def _negotiated(named: str | None, header: str, fallback: str, _: int) -> Choice:
    wanted = _tags(header)
    if named is None:
        named = next((language for language, _ in wanted if language in LANGUAGES), fallback)
    region = next((region for language, region in wanted if language == named), "")
    return Choice(named, region)


def _tags(header: str) -> list[tuple[str, str]]:
    """Pairs of language and region that the header accepts, the most wanted first."""
    found = []
    for place, part in enumerate(header.split(",")[:_MOST_TAGS]):
        tag = _TAG.fullmatch(part.strip())
        if tag is None:
            continue
        weight = float(tag[3] or 1)
        if 0 < weight <= 1:
            region = next((s.upper() for s in tag[2].split("-") if len(s) == 2), "")
            found.append((-weight, place, tag[1].lower(), region))
    return [(language, region) for _, _, language, region in sorted(found)]
