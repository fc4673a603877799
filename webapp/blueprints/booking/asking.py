"""What the address of "choose a time" asks for; nonsense becomes a sentence, never an error.

``d`` a date, ``m`` a month, ``v=list`` the flat list, ``tz`` a zone or what people call one, ``l``
a length in minutes, ``h`` 12 or 24, ``lang`` a language; ``b`` the draft that is turned away from;
``was`` the zone shown before, ``auto`` set by the script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from webapp.blueprints.booking.finding import Wish
from webapp.blueprints.booking.manner import Manner, place_of
from webapp.domain.errors import Invalid
from webapp.domain.language import LANGUAGES
from webapp.domain.speech import Sentence
from webapp.domain.zones import zone

_LONGEST = 64
_DRAFT = re.compile(r"[0-9A-Za-z]{1,27}")
_NO_DATE = Sentence("That date cannot be shown. Here are the first times instead.")
_NO_MONTH = Sentence("That month cannot be shown. Here are the first times instead.")


class Asked(NamedTuple):
    """The judged query. ``tail`` is what every link of the screen carries on."""

    wish: Wish
    zone: ZoneInfo
    zone_chosen: bool
    was: ZoneInfo | None
    by_script: bool
    manner: Manner
    sentences: tuple[str, ...]
    tail: str
    draft: str


def read(
    query: Mapping[str, str],
    *,
    zone_name: str,
    locked: bool,
    manner: Manner,
    duration_minutes: int | None,
    today: date,
    last: date,
) -> Asked:
    """Judge ``query``. ``zone_name`` is the zone of a visitor who names none; ``duration_minutes``
    is carried on when given; dates outside ``today``'s month to ``last`` are set aside."""
    sentences: list[str] = []
    own = zone(zone_name)
    here, chosen = own, False
    wanted = query.get("tz", "")[: _LONGEST + 1]
    if wanted and not locked:
        try:
            here, chosen = zone(wanted.strip()), True
        except Invalid as refusal:
            told = manner.say(refusal.message)
            place = place_of(own.key, manner)
            sentences.append(manner.say("%(told)s Showing %(place)s time.", told=told, place=place))
    notation = query.get("h") if query.get("h") in ("12", "24") else None
    tail = f"&tz={quote(here.key, safe='/')}" if chosen else ""
    tail += f"&l={duration_minutes}" if duration_minutes else ""
    tail += f"&h={notation}" if notation else ""
    tail += f"&lang={query['lang']}" if query.get("lang") in LANGUAGES else ""
    draft = query.get("b", "")
    draft = draft if _DRAFT.fullmatch(draft) else ""
    tail += f"&b={draft}" if draft else ""
    return Asked(
        wish=_wish(query, today, last, sentences, manner),
        zone=here,
        zone_chosen=chosen,
        was=_was(query.get("was", "")),
        by_script=query.get("auto") == "1",
        manner=manner,
        sentences=tuple(sentences),
        tail=tail,
        draft=draft,
    )


def _wish(
    query: Mapping[str, str], today: date, last: date, sentences: list[str], manner: Manner
) -> Wish:
    as_list = query.get("v") == "list"
    day, month = query.get("d", ""), query.get("m", "")
    if day:
        found = _date(day)
        if found is not None and abs((found - today).days) <= 400:
            return Wish(day=found, as_list=as_list)
        sentences.append(manner.say(_NO_DATE))
    elif month:
        found = _date(f"{month}-01")
        if found is not None and today.replace(day=1) <= found <= last:
            return Wish(month=found, as_list=as_list)
        sentences.append(manner.say(_NO_MONTH))
    return Wish(as_list=as_list)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found is not None and 1970 < found.year < 2099 else None


def _was(text: str) -> ZoneInfo | None:
    try:
        return zone(text) if 0 < len(text) <= _LONGEST else None
    except Invalid:
        return None
