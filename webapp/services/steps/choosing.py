"""Choosing who takes a start when a profile has several hosts: fairly, and never twice.

The pool is locked first, so that choosers of one profile come one by one. Who could serve is read
without locks; the one whose turn it is is locked alone and asked again; if somebody else was faster
the lock is given back and the next is asked (``design/decisions.md`` 4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.domain import grouping
from webapp.domain.availability import Availability, Candidate, availability
from webapp.domain.errors import SlotTaken
from webapp.domain.fairness import Board, Choice
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute
from webapp.models import Account, Calendar, Meeting
from webapp.models.direct import savepoint
from webapp.services.steps import asking, hosts, lapsing, turns
from webapp.services.steps.offering import Offering
from webapp.services.steps.refusing import BOOKED_MEANWHILE, refusal
from webapp.services.unit_of_work import UnitOfWork

MOST_TRIES = 3
"""How often everybody needed is chosen again when one of them was taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a caller asks for; nobody else is taken instead.

    ``keys``: candidates of the profile in the caller's order, none for all. ``required`` None: as
    the profile says. ``unreadable``: hosts never taken as free.
    """

    keys: tuple[str, ...] = ()
    required: Required | None = None
    unreadable: frozenset[int] = frozenset()


EVERYBODY = Wanted()


@dataclass(frozen=True, slots=True)
class Instead:
    """A meeting that is given up for another time: it counts as free, and its hosts are locked."""

    meeting_id: int | None = None
    host_ids: tuple[int, ...] = ()


NOTHING = Instead()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who serves, the organizer first; where their Events go if not where they usually do."""

    host_ids: tuple[int, ...]
    choice: Choice | None
    calendar_ids: dict[str, int]


def has_choice(profile: Offering) -> bool:
    """Whether a start can be taken by more than one set of the profile's hosts."""
    return len(profile.hosts) > 1 and (
        profile.required is Required.ONE
        or any(c.required is Required.ONE and len(c.host_ids) > 1 for c in profile.candidates)
    )


def narrowed(profile: Offering, wanted: Wanted) -> Offering:
    """The profile with nobody but those wanted; raises ``NotFound`` for who is not attached."""
    required = wanted.required or profile.required
    if wanted.unreadable:
        profile = _only(profile, set(profile.host_ids) - wanted.unreadable)
    if not wanted.keys:
        return profile if required is profile.required else replace(profile, required=required)
    order = {key: place for place, key in enumerate(dict.fromkeys(wanted.keys))}
    found = sorted(
        grouping.named(profile.candidates, wanted.keys), key=lambda each: order[each.key]
    )
    return replace(_only(profile, _members(found)), candidates=tuple(found), required=required)


def _members(candidates: Iterable[Candidate]) -> dict[int, None]:
    return dict.fromkeys(host for each in candidates for host in each.host_ids)


def _only(profile: Offering, host_ids: Collection[int]) -> Offering:
    here = tuple(host for host in profile.hosts if host.id in host_ids)
    return replace(profile, hosts=here, partial=len(here) < len(profile.hosts) or profile.partial)


def free_at(
    uow: UnitOfWork, profile: Offering, start: datetime, minutes: int, leave_out: int | None
) -> Availability:
    """The slot engine's answer around one instant."""
    window = Interval(start - timedelta(days=1), start + timedelta(days=1))
    asked = asking.question(uow, profile, window, minutes, leave_out=leave_out)
    return availability(asked, window, uow.now)


def choose(
    uow: UnitOfWork,
    asked: Offering,
    wanted: Wanted,
    start: datetime,
    minutes: int,
    instead: Instead = NOTHING,
) -> Chosen:
    """Lock and choose who takes ``start``; ``asked`` is the profile narrowed to those ``wanted``.

    ``instead``: a meeting that is given up for it, whose hosts are locked along.
    Raises ``SlotTaken`` or ``NotOffered`` when nobody can.
    """
    turns.lock(uow, asked.id)
    minute, lost = to_minute(start), set[tuple[int, ...]]()
    tries = MOST_TRIES if asked.required is Required.ALL else len(asked.hosts) + 1
    for _ in range(tries):
        answer = free_at(uow, asked, start, minutes, instead.meeting_id)
        if not answer.is_free(minute):
            raise refusal(answer, minute)
        choice = _next(asked, answer, minute, turns.board(uow, asked.id), lost)
        if choice is None:
            break
        if _takes(uow, asked, choice.host_ids, start, minutes, instead):
            return _settled(uow, asked, wanted, choice)
        lost.add(choice.host_ids)
    raise SlotTaken(BOOKED_MEANWHILE)


class _Lost(Exception):
    """Somebody was faster; the savepoint goes back, and the locks with it."""


def together(profile: Offering, host_ids: Sequence[int]) -> tuple[int, ...]:
    """Hosts of a meeting who move as they are, because they are none of the profile's own ways: a
    program asked for all of them where any one would do, or for some where all are needed.

    Who has left the profile since is not waited for; of one who is left where any one will do,
    anybody can take over.
    """
    still = tuple(host_id for host_id in host_ids if host_id in profile.host_ids)
    if profile.required is Required.ALL:
        own_way = grouping.suffices(profile.candidates, Required.ALL, still)
    else:
        ways = (each.host_ids for each in profile.candidates if each.required is Required.ALL)
        own_way = len(still) < 2 or set(still) in map(set, ways)
    return () if own_way else still


def movable(profile: Offering, host_ids: Sequence[int]) -> Offering:
    """The profile as what a meeting of these hosts can be moved within (see ``together``)."""
    hosts_together = together(profile, host_ids)
    return _serving(profile, hosts_together) if hosts_together else profile


def keeps(
    uow: UnitOfWork,
    profile: Offering,
    host_ids: tuple[int, ...],
    meeting: Meeting,
    start: datetime,
    minutes: int,
) -> bool:
    """Whether these hosts of a meeting can be there at ``start`` instead, and are who it takes.

    Then all of the meeting's hosts are locked.
    """
    instead = Instead(meeting.id, tuple(meeting.host_ids))
    enough = grouping.suffices(profile.candidates, profile.required, host_ids)
    return enough and _takes(uow, profile, host_ids, start, minutes, instead)


def _takes(
    uow: UnitOfWork,
    asked: Offering,
    host_ids: tuple[int, ...],
    start: datetime,
    minutes: int,
    instead: Instead,
) -> bool:
    """Lock these hosts and look again; who is not free any more is locked no longer."""
    try:
        with savepoint(uow.session):
            hosts.lock(uow, {*host_ids, *instead.host_ids})
            lapsing.lapse(uow, host_ids, asked.padded(start, minutes))
            serving = _serving(asked, host_ids)
            answer = free_at(uow, serving, start, minutes, instead.meeting_id)
            if not answer.is_free(to_minute(start)):
                raise _Lost
    except _Lost:
        return False
    return True


def among_locked(
    uow: UnitOfWork,
    asked: Offering,
    wanted: Wanted,
    answer: Availability,
    minute: int,
    prefer: Collection[int],
) -> Chosen:
    """Choose when all hosts are locked and ``answer`` says that ``minute`` is free."""
    if not has_choice(asked):
        here = set(asked.host_ids)
        serving = tuple(host_id for host_id in _members(asked.candidates) if host_id in here)
        return Chosen(serving, None, _calendars(uow, asked, serving) if wanted.keys else {})
    choice = _next(asked, answer, minute, turns.board(uow, asked.id, prefer), ())
    if choice is None:
        raise SlotTaken(BOOKED_MEANWHILE)
    return _settled(uow, asked, wanted, choice)


def _next(
    asked: Offering,
    answer: Availability,
    minute: int,
    board: Board,
    lost: Collection[tuple[int, ...]],
) -> Choice | None:
    """Whose turn it is among those free at ``minute`` and not ``lost`` to somebody else."""
    found = answer.candidates_at(minute)
    if asked.required is Required.ALL:
        needed = grouping.needs(asked.candidates, found)
        return board.choose_all(needed) if needed else None
    ways = [way for way in grouping.options(asked.candidates, found) if way.host_ids not in lost]
    return board.choose(ways) if ways else None


def _serving(profile: Offering, host_ids: tuple[int, ...]) -> Offering:
    """The profile as if it were served by all of ``host_ids`` and nobody else."""
    together = Candidate("serving", host_ids, Required.ALL)
    return replace(_only(profile, host_ids), candidates=(together,), required=Required.ALL)


def _settled(uow: UnitOfWork, asked: Offering, wanted: Wanted, choice: Choice) -> Chosen:
    """The hosts in the order of the candidates, and the calendars of the accounts named."""
    order = tuple(host for host in _members(asked.candidates) if host in choice.host_ids)
    return Chosen(order, choice, _calendars(uow, asked, order) if wanted.keys else {})


def _calendars(uow: UnitOfWork, asked: Offering, serving: Collection[int]) -> dict[str, int]:
    """Where Events go for hosts of whom an account was named that is not their usual one."""
    named: dict[int, int] = {}
    for candidate in asked.candidates:
        if not grouping.is_group(candidate) and candidate.host_ids[0] in serving:
            named.setdefault(candidate.host_ids[0], int(candidate.key.partition(":")[2]))
    rows = uow.session.execute(
        sa.select(Account.host_id, Calendar.id)
        .join(Account, Account.id == Calendar.account_id)
        .where(Calendar.account_id.in_(sorted(named.values())))
        .order_by(Calendar.primary, Calendar.id.desc())
    )
    usual = {host.id: host.calendar_id for host in asked.hosts}
    primary = {row[0]: row[1] for row in rows}  # the primary one comes last
    return {str(host): primary[host] for host in primary if usual[host] != primary[host]}
