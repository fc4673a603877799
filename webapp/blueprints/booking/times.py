"""The times on screen A and on "change time": whom they are made for, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import g

from webapp.blueprints.booking import asking, entrance, finding, screens
from webapp.blueprints.booking.asking import Asked
from webapp.blueprints.booking.days import LocalDays, day_of, today_in
from webapp.blueprints.booking.finding import TimesView
from webapp.blueprints.booking.manner import length
from webapp.blueprints.booking.screens import Free, Reader, Soon
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.speech import Sentence
from webapp.domain.zones import zone
from webapp.models import Booking
from webapp.services import offers
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork

KEY_MARK = "0" * 22
"""Stands in kept text where each look gets its own idempotency key."""

_CARRIED = ("tz", "d", "v", "h", "lang")
"""What a link to another length carries on."""
_LOCKED = Sentence("They are local to the place where the meeting is.")


class TimesForm(NamedTuple):
    """Where the part's buttons and links lead. ``hidden`` goes with a chosen time, ``kept`` with a
    new zone or date, ``shown`` with a new zone alone; ``lengths`` are (words, address, chosen),
    ``other_hours`` (address, words) shows the times by 12 hours instead of 24 or the other way."""

    method: str
    action: str
    path: str
    hidden: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    shown: tuple[tuple[str, str], ...]
    lengths: tuple[tuple[str, str, bool], ...]
    sentences: tuple[str, ...]
    other_mode: str
    other_hours: tuple[str, str]
    when_none: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that could not be had, with the nearest others."""

    title: str
    line: str
    times: tuple[Soon, ...] = ()


def reader_of(
    uow: UnitOfWork,
    card: ProfileCard,
    query: Mapping[str, str],
    *,
    path: str,
    zone_name: str,
    duration_minutes: int,
    carry_duration: bool,
    locked: bool,
) -> tuple[Asked, Reader]:
    """The judged query and the reader behind it, for choosing and for moving alike."""
    minute = to_minute(uow.now)
    until = uow.now + timedelta(days=card.horizon_days)
    if card.active_until is not None:
        until = min(until, card.active_until)
    own = zone(zone_name)
    today, last = today_in(own, minute), today_in(own, to_minute(until))
    asked = asking.read(
        query,
        zone_name=zone_name,
        locked=locked,
        manner=entrance.reader_manner(),
        duration_minutes=duration_minutes if carry_duration else None,
        today=day_of(today),
        last=day_of(max(today, last)),
    )
    if asked.zone is not own:
        today = today_in(asked.zone, minute)
        last = max(last, today_in(asked.zone, to_minute(until)))
    reader = Reader(
        zone=asked.zone,
        manner=asked.manner,
        minute=minute,
        path=path,
        tail=asked.tail,
        duration_minutes=duration_minutes,
        today=today,
        last=max(today, last),
    )
    return asked, reader


def times_of(
    uow: UnitOfWork,
    card: ProfileCard,
    asked: Asked,
    reader: Reader,
    *,
    without: Booking | None,
    draft: Booking | None = None,
) -> TimesView:
    """The times that ``asked`` wants to see; ``without`` is a booking that is being moved,
    ``draft`` the visitor's own hold: its time is free for them."""
    own = to_minute(without.start_at) if without is not None else 0

    def offer(days: LocalDays) -> Free:
        window = Interval(from_minute(days.edges[0]), from_minute(days.edges[-1]))
        found = offers.offered(
            uow, card, window, duration_minutes=reader.duration_minutes, without=without or draft
        )
        starts = [each for each in found.starts if each != own] if own else found.starts
        return Free.on(days, starts, found.held, found.seats)

    line = screens.zone_line(
        reader,
        locked=reader.manner.say(_LOCKED) if card.zone_locked else "",
        chosen=asked.zone_chosen or without is not None,
    )
    view = finding.times_view(
        asked.wish, reader, offer, zone=line, notice_minutes=card.notice_minutes
    )
    g.times_address = view.address
    return view


def times_form(
    card: ProfileCard,
    asked: Asked,
    reader: Reader,
    view: TimesView,
    *,
    method: str,
    action: str,
    lengths: bool,
) -> TimesForm:
    """Where this screen's buttons and links lead."""
    tail = _pairs(asked.tail)
    hidden = [("tz", asked.zone.key)]
    if method == "post":
        hidden += [("l", str(reader.duration_minutes)), ("key", KEY_MARK)]
        hidden += [("b", asked.draft)] if asked.draft else []
    elif not asked.zone_chosen:
        hidden = []
    hidden += [pair for pair in tail if pair[0] in ("h", "lang")]
    kept_on = tuple(pair for pair in tail if pair[0] != "tz")
    shown = [("d", view.selected)] if view.selected else []
    shown += [("v", "list")] if view.as_list else []
    mode = f"d={view.selected}" if view.selected else ""
    return TimesForm(
        method=method,
        action=action,
        path=reader.path,
        hidden=tuple(hidden),
        kept=kept_on,
        shown=tuple(shown),
        lengths=_lengths(card, reader, (*tail, *shown)) if lengths else (),
        sentences=asked.sentences,
        other_hours=_other_hours(reader, view),
        other_mode=reader.link(mode if view.as_list else f"v=list&{mode}").replace("?&", "?"),
        when_none=card.message_when_none,
    )


def _lengths(
    card: ProfileCard, reader: Reader, carried: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str, bool], ...]:
    """A link for each length of the meeting, where there is a choice."""
    if len(card.durations) < 2:
        return ()
    tail = urlencode([pair for pair in carried if pair[0] in _CARRIED])
    return tuple(
        (
            length(each, reader.manner),
            f"{reader.path}?l={each}&{tail}",
            each == reader.duration_minutes,
        )
        for each in card.durations
    )


def _other_hours(reader: Reader, view: TimesView) -> tuple[str, str]:
    """The same times by the other notation of hours."""
    here = re.sub("&h=(12|24)", "", view.address)
    say, by_24 = reader.manner.say, reader.manner.notation == 24
    words = say("12-hour clock") if by_24 else say("24-hour clock")
    return f"{here}&h={12 if by_24 else 24}".replace("?&", "?"), words


def _pairs(tail: str) -> list[tuple[str, str]]:
    return parse_qsl(tail.lstrip("&"))
