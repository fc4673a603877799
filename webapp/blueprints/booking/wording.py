"""A profile, a time and a booking in words: what the summary cards, receipts and notices say."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from webapp.domain.idiom import first_up
from webapp.domain.speech import Speech, speech_of
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


def about(card: ProfileCard, manner: Manner) -> About:
    """The facts of a profile."""
    say = manner.say
    people = say("Up to %(number)s people at a time", number=card.capacity)
    return About(
        name=card.name,
        hosts=with_whom(card, say),
        initials=tuple(initials(name) for name in card.host_names[:3]),
        length=lengths(card.durations, manner),
        where=place(card.location_kind, card.offering.location, say),
        where_kind=card.location_kind,
        seats=people if card.capacity > 1 else "",
        approval=say("Requests are confirmed by hand") if card.needs_approval else "",
        paragraphs=tuple(line.strip() for line in card.description.splitlines() if line.strip()),
    )


def place(kind: str, location: str, say: Speech) -> str:
    """Where it takes place, before anything is booked: a conference link is not told yet."""
    if kind == "phone":
        return say("Phone call: you call %(number)s", number=location)
    if kind == "invitee_phone":
        return say("Phone call: we call you")
    if kind == "link":
        return say("Video call; the link comes with your confirmation")
    return location


def with_whom(card: ProfileCard, say: Speech) -> str:
    """ "with Ada Berg", "with any of 3 people", "with Ada Berg and Bela Cruz or Chris Dahl"."""
    if not card.host_names:
        return ""
    if _any_of_them(card):
        return say("with any of %(number)s people", number=len(card.host_names))
    return say("with %(names)s", names=_everybody(card, say))


def _any_of_them(card: ProfileCard) -> bool:
    return len(card.host_names) > 1 and card.required == "one"


def _everybody(card: ProfileCard, say: Speech) -> str:
    """Who comes; of a group that sends one, who could."""
    parts = [
        listed(names, "or", say)
        if len(names) < 3
        else say("any of %(number)s people", number=len(names))
        for names in card.company
    ]
    return listed(parts, say=say)


def listed(words: Sequence[str], kind: str = "and", say: Speech | None = None) -> str:
    """ "a", "a and b", "a, b and c"."""
    return (say or speech_of(None)).idiom.listed(words, kind)


def whom(card: ProfileCard, say: Speech) -> str:
    """ "Ada Berg", "any of 3 people", "Ada Berg and Bela Cruz or Chris Dahl"."""
    if _any_of_them(card):
        return say("any of %(number)s people", number=len(card.host_names))
    return _everybody(card, say)


def initials(name: str) -> str:
    """ "AB" of Ada Berg."""
    parts = name.split()
    return "".join(part[0] for part in (parts[0], *parts[1:][-1:])).upper() if parts else ""


def lengths(durations: tuple[int, ...], manner: Manner) -> str:
    """ "30 minutes", or "15, 30 or 60 minutes"."""
    if len(durations) == 1:
        return length(durations[0], manner)
    choices = listed([str(each) for each in durations], "or", manner.say)
    return manner.say("%(choices)s minutes", choices=choices)


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
    say, local, until = manner.say, start.astimezone(here), end.astimezone(here)
    link = _LINK.fullmatch(where.strip())
    return When(
        date=first_up(full_day(local.date(), manner)),
        start=clock(local, manner),
        end=clock(until, manner),
        end_date=short_day(until.date(), manner) if until.date() != local.date() else "",
        length=length(int((end - start) // timedelta(minutes=1)), manner),
        zone=place_of(zone_name, manner),
        offset=offset_text(here, start),
        host=listed([name for name, _ in hosts], say=say) if hosts else people,
        host_note=_host_note(start, local, hosts, manner),
        where=where,
        where_url=link.group() if link else "",
    )


def clock(local: datetime, manner: Manner) -> str:
    """The label of a local time."""
    return manner.clock[local.hour * 60 + local.minute]


def _host_note(
    start: datetime, local: datetime, hosts: tuple[tuple[str, str], ...], manner: Manner
) -> str:
    for name, zone_name in hosts:
        there = start.astimezone(ZoneInfo(zone_name)).date()
        if there != local.date():
            day, first = weekday(there, manner), name.split()[0]
            return manner.say("(%(weekday)s for %(name)s)", weekday=day, name=first)
    return ""


def moment(instant: datetime, zone_name: str, manner: Manner) -> str:
    """ "Wednesday 25 November 2026, 14:00"."""
    local = instant.astimezone(zone(zone_name))
    return f"{full_day(local.date(), manner)}, {clock(local, manner)}"


def hidden_address(email: str) -> str:
    """ "g•••@example.org": enough to recognise one's own, too little to write to."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}•••{at}{domain}"
