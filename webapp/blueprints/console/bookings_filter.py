"""What the address of a list of bookings asks for, judged, and the addresses that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import url_for

from webapp.blueprints.console.shell import Clock
from webapp.domain.errors import NotFound
from webapp.services import offers, people, profiles
from webapp.services.agenda import LONGEST_TEXT, Wanted, Which
from webapp.services.unit_of_work import UnitOfWork

SIZES = (25, 50, 100)
SIZE = 50
KEYS = ("list", "q", "profile", "host", "from", "to", "size", "after", "before")
"""Everything that the address of a list may carry."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A judged address. ``kept`` is what of it is worth keeping, as the address writes it;
    ``chips`` are words and the name of what they stand for; ``errors`` sentences by field."""

    which: Which
    wanted: Wanted
    size: int
    after: str
    before: str
    kept: dict[str, str]
    typed: dict[str, str]
    chips: tuple[tuple[str, str], ...]
    errors: dict[str, str]
    profiles: tuple[tuple[int, str], ...]
    hosts: tuple[tuple[int, str], ...]

    def address(self, **changes: str) -> str:
        """The list with something else: ``after="..."``, ``list="past"``; empty takes it away.

        Where the list begins is not carried on by itself.
        """
        return list_address(self.kept | changes)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the list itself was asked for."""
        return bool(self.chips)

    @property
    def words(self) -> str:
        """The list and its filters in one line."""
        return "; ".join([self.which.value, *(said for said, _ in self.chips)])


def list_address(kept: Mapping[str, str]) -> str:
    """The list's address with those of ``kept`` that mean anything, in one order."""
    plain = {"list": Which.UPCOMING.value, "size": str(SIZE)}
    said = {key: kept[key] for key in KEYS if kept.get(key) and kept[key] != plain.get(key)}
    return address_of("console.booking_list", said)


def address_of(endpoint: str, query: Mapping[str, str]) -> str:
    """The endpoint's address with a query of any words."""
    values: dict[str, Any] = dict(query)
    return url_for(endpoint, **values)


def back_address(query: str) -> str:
    """The list that somebody came from, out of a form's field: nothing but the list's own words."""
    return list_address(kept_words(query))


def kept_words(query: str) -> dict[str, str]:
    """What such a field names."""
    return dict(parse_qsl(query[:2000]))


def read(uow: UnitOfWork, query: Mapping[str, str], clock: Clock) -> Asked:
    """Judge an address. Raises ``NotFound`` for a profile or host that is not the organization's;
    a date that is none becomes a sentence."""
    listed = query.get("list", "")
    which = Which(listed) if listed in set(Which) else Which.UPCOMING
    typed = {key: query.get(key, "")[:LONGEST_TEXT].strip() for key in KEYS[1:6]}
    errors: dict[str, str] = {}
    since, until = _dates(typed, errors)
    profile_names, host_names = _profiles(uow, typed["profile"]), _hosts(uow, typed["host"])
    profile_id, host_id = _number(typed["profile"]), _number(typed["host"])
    wanted = Wanted(
        text=typed["q"],
        profile_id=profile_id,
        host_id=host_id,
        since=clock.day_around(since).start if since else None,
        until=clock.day_around(until).end if until else None,
    )
    chips = [(f"“{typed['q']}”", "q")] if typed["q"] else []
    chips += [(profile_names[profile_id], "profile")] if profile_id else []
    chips += [(f"with {host_names[host_id]}", "host")] if host_id else []
    chips += [(f"from {_day(since)}", "from")] if since else []
    chips += [(f"to {_day(until)}", "to")] if until else []
    size = next((each for each in SIZES if query.get("size") == str(each)), SIZE)
    kept = {key: value for key, value in typed.items() if value and key not in errors}
    return Asked(
        which=which,
        wanted=wanted,
        size=size,
        after=query.get("after", ""),
        before=query.get("before", ""),
        kept={"list": which.value, "size": "" if size == SIZE else str(size), **kept},
        typed=typed,
        chips=tuple(chips),
        errors=errors,
        profiles=tuple(profile_names.items()),
        hosts=tuple(host_names.items()),
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound("There is no such list of bookings.")
    return int(text)


def _dates(typed: dict[str, str], errors: dict[str, str]) -> tuple[date | None, date | None]:
    since, until = (_date(typed[key], key, errors) for key in ("from", "to"))
    if since and until and until < since:
        errors["to"] = "The last day is before the first."
        return since, None
    return since, until


def _date(text: str, field: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        found = None
    if found is None or not 1971 <= found.year <= 2098:
        errors[field] = "Enter a date, like 2026-11-24."
        return None
    return found


def _profiles(uow: UnitOfWork, chosen: str) -> dict[int, str]:
    found = {profile.id: profile.name for profile in profiles.all_profiles(uow)}
    number = _number(chosen)
    if number is not None and number not in found:
        found[number] = offers.profile_by_id(uow, number).name  # deleted: its bookings live on
    return found


def _hosts(uow: UnitOfWork, chosen: str) -> dict[int, str]:
    found = {person.id: person.name for person in people.people(uow)}
    number = _number(chosen)
    if number is not None and number not in found:
        raise NotFound("There is no such list of bookings.")
    return found
