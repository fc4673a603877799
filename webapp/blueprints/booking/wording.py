"""A profile, a time and a booking in words: what the summary cards, receipts and notices say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.blueprints.booking.manner import (
    Manner,
    full_day,
    length,
    place_of,
    short_day,
    weekday,
)
from webapp.domain.zones import offset_text, zone
from webapp.services.offers import ProfileCard

_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class About:
    """The facts beside the times: who, how long, where."""

    name: str
    hosts: str
    initials: tuple[str, ...]
    length: str
    where: str
    where_kind: str
    seats: str
    approval: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class When:
    """One time, spelled out in one zone; ``host_note`` when the host's date is another."""

    date: str
    start: str
    end: str
    end_date: str
    length: str
    zone: str
    offset: str
    host: str
    host_note: str
    where: str
    where_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that says one thing: what happened, and where to go from here."""

    title: str
    lines: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    reference: str = ""


def about(card: ProfileCard) -> About:
    """The facts of a profile."""
    return About(
        name=card.name,
        hosts=with_whom(card.host_names, card.required),
        initials=tuple(initials(name) for name in card.host_names[:3]),
        length=lengths(card.durations),
        where=card.location_text,
        where_kind=card.location_kind,
        seats=f"Up to {card.capacity} people at a time" if card.capacity > 1 else "",
        approval="Requests are confirmed by hand" if card.needs_approval else "",
        paragraphs=tuple(line.strip() for line in card.description.splitlines() if line.strip()),
    )


def with_whom(names: tuple[str, ...], required: str) -> str:
    """ "with Ada Berg", "with any of 3 people", "with Ada Berg and Bela Cruz"."""
    if not names:
        return ""
    if len(names) > 1 and required == "one":
        return f"with any of {len(names)} people"
    return f"with {listed(names)}"


def listed(words: tuple[str, ...], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def initials(name: str) -> str:
    """ "AB" of Ada Berg."""
    parts = name.split()
    return "".join(part[0] for part in (parts[0], *parts[1:][-1:])).upper() if parts else ""


def lengths(durations: tuple[int, ...]) -> str:
    """ "30 minutes", or "15, 30 or 60 minutes"."""
    if len(durations) == 1:
        return length(durations[0])
    return f"{listed(tuple(str(each) for each in durations), 'or')} minutes"


def when(
    start: datetime,
    end: datetime,
    zone_name: str,
    manner: Manner,
    *,
    hosts: tuple[tuple[str, str], ...] = (),
    people: str = "",
    where: str = "",
) -> When:
    """``start`` to ``end`` (UTC) on the clocks of ``zone_name``.

    ``hosts`` are pairs of name and zone; ``people`` is said where it is not settled who comes.
    """
    here = zone(zone_name)
    local, until = start.astimezone(here), end.astimezone(here)
    link = _LINK.fullmatch(where.strip())
    return When(
        date=full_day(local.date()),
        start=clock(local, manner),
        end=clock(until, manner),
        end_date=short_day(until.date()) if until.date() != local.date() else "",
        length=length(int((end - start) // timedelta(minutes=1))),
        zone=place_of(zone_name),
        offset=offset_text(here, start),
        host=listed(tuple(name for name, _ in hosts)) if hosts else people,
        host_note=_host_note(start, local, hosts),
        where=where,
        where_url=link.group() if link else "",
    )


def clock(local: datetime, manner: Manner) -> str:
    """The label of a local time."""
    return manner.clock[local.hour * 60 + local.minute]


def _host_note(start: datetime, local: datetime, hosts: tuple[tuple[str, str], ...]) -> str:
    for name, zone_name in hosts:
        there = start.astimezone(ZoneInfo(zone_name)).date()
        if there != local.date():
            return f"({weekday(there)} for {name.split()[0]})"
    return ""


def moment(instant: datetime, zone_name: str, manner: Manner) -> str:
    """ "Wednesday 25 November 2026, 14:00"."""
    local = instant.astimezone(zone(zone_name))
    return f"{full_day(local.date())}, {clock(local, manner)}"


def hidden_address(email: str) -> str:
    """ "g•••@example.org": enough to recognise one's own, too little to write to."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}•••{at}{domain}"
