"""The rows behind kept matrices: revisions, live holds, people, and what limits count.

These statements go below the ORM; each names its organization or says why it needs none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from webapp.domain.masks import PIECE_MINUTES, mask_of
from webapp.domain.required import Required
from webapp.domain.span import from_minute
from webapp.domain.terms import Candidate, Terms
from webapp.domain.workhours import WorkHours
from webapp.domain.zones import DAY
from webapp.models import (
    BookingProfile,
    BusySpan,
    Meeting,
    ProfileHost,
    Schedule,
    User,
    table_of,
)
from webapp.models.direct import Direct, epoch_minute
from webapp.services.unit_of_work import UnitOfWork

_WHY = "the statement names its organization"
_KNOWN = "the profile was found in the organization"
_NOBODYS = "taken time belongs to hosts, not to organizations"
_PROFILE, _HOST, _USER = table_of(BookingProfile), table_of(ProfileHost), table_of(User)
_SPAN, _MEETING, _SCHEDULE = table_of(BusySpan), table_of(Meeting), table_of(Schedule)

_ORGANIZATION: sa.BindParameter[int] = sa.bindparam("organization")
_OF_PROFILE: sa.BindParameter[int] = sa.bindparam("profile")
_START = epoch_minute(_SPAN.c.start_at)
_END = epoch_minute(_SPAN.c.end_at, sa.literal_column("59"))
_AROUND = timedelta(days=9)
"""Limits count whole weeks, and a day more for offsets."""


class Hold(NamedTuple):
    """Time that is only held; ``counts`` is the meeting's start if limits of the profile count it.

    Minutes are UTC epoch minutes.
    """

    host_id: int
    start: int
    end: int
    meeting_id: int | None
    counts: int | None
    expires_at: datetime


class State(NamedTuple):
    """What tells whether a kept matrix still stands, and the holds to lay over it.

    Holds that have lapsed may be among them: who reads must look at the time.
    """

    revision: int
    total: int
    hosts: int
    seats: int
    holds: tuple[Hold, ...]


class Person(NamedTuple):
    """A host's zone, and the work hours that count for the profile."""

    zone: str
    hours: WorkHours


@lru_cache(maxsize=256)
def _closed(zone: str) -> WorkHours:
    return WorkHours(zone, ((),) * 7)


@lru_cache(maxsize=256)
def _hours(document: str) -> WorkHours | None:
    kept = json.loads(document)
    return None if kept is None else WorkHours.from_document(kept)


_STATE = Direct(
    sa.select(
        _PROFILE.c.revision,
        _PROFILE.c.seats,
        sa.func.coalesce(sa.func.sum(_USER.c.revision), 0),
        sa.func.count(_HOST.c.id),
    )
    .select_from(_PROFILE)
    .outerjoin(_HOST, _HOST.c.profile_id == _PROFILE.c.id)
    .outerjoin(_USER, _USER.c.id == _HOST.c.host_id)
    .where(_PROFILE.c.id == _OF_PROFILE, _PROFILE.c.organization_id == _ORGANIZATION)
    .group_by(_PROFILE.c.id),
    _WHY,
)
_HOLDS = Direct(
    sa.select(
        _SPAN.c.host_id,
        _START.label("start"),
        _END.label("end"),
        _SPAN.c.meeting_id,
        sa.case((_MEETING.c.profile_id == _OF_PROFILE, epoch_minute(_MEETING.c.start_at))).label(
            "counts"
        ),
        _SPAN.c.expires_at,
    )
    .select_from(_HOST)
    .join(_SPAN, _SPAN.c.host_id == _HOST.c.host_id)
    .outerjoin(_MEETING, _MEETING.c.id == _SPAN.c.meeting_id)
    .where(
        _HOST.c.profile_id == _OF_PROFILE,
        _SPAN.c.expires_at.is_not(None),
        _SPAN.c.expires_at > sa.bindparam("now"),
    ),
    _KNOWN,
)
_REVISIONS = Direct(
    sa.select(_HOST.c.host_id, _USER.c.revision)
    .select_from(_HOST)
    .join(_USER, _USER.c.id == _HOST.c.host_id)
    .where(_HOST.c.profile_id == _OF_PROFILE),
    _KNOWN,
)
_TERMS = Direct(
    sa.select(
        *(
            _PROFILE.c[name]
            for name in (
                *("step_minutes", "buffer_before_minutes", "buffer_after_minutes", "revision"),
                *("notice_minutes", "horizon_days", "active_from", "active_until", "zone"),
                *("limit_per_day", "limit_per_week", "paused", "required", "candidates"),
            )
        ),
        sa.cast(_PROFILE.c.hours, sa.Text).label("hours"),
    ).where(_PROFILE.c.id == _OF_PROFILE, _PROFILE.c.organization_id == _ORGANIZATION),
    _WHY,
)
# Adding nothing to the organization keeps SQLite from reading all its schedules for each host.
_PEOPLE = (
    sa.select(_HOST.c.host_id, _USER.c.zone, sa.cast(_SCHEDULE.c.hours, sa.Text))
    .select_from(_HOST)
    .join(_USER, _USER.c.id == _HOST.c.host_id)
    .outerjoin(
        _SCHEDULE,
        (_SCHEDULE.c.host_id == _HOST.c.host_id)
        & (_SCHEDULE.c.organization_id + 0 == _HOST.c.organization_id)
        & (
            (_SCHEDULE.c.id == _HOST.c.schedule_id)
            | (_HOST.c.schedule_id.is_(None) & _SCHEDULE.c.is_default)
        ),
    )
    .where(_HOST.c.profile_id == _OF_PROFILE, _USER.c.deactivated_at.is_(None))
)
_EVERYBODY = Direct(_PEOPLE, _KNOWN)
_PERSON = Direct(_PEOPLE.where(_HOST.c.host_id == sa.bindparam("host")), _KNOWN)
_COUNTED = Direct(
    sa.select(_SPAN.c.host_id, epoch_minute(_MEETING.c.start_at), _MEETING.c.id)
    .select_from(_MEETING)
    .join(_SPAN, _SPAN.c.meeting_id == _MEETING.c.id)
    .where(
        _MEETING.c.organization_id == _ORGANIZATION,
        _MEETING.c.profile_id == _OF_PROFILE,
        _MEETING.c.start_at > sa.bindparam("start"),
        _MEETING.c.start_at < sa.bindparam("end"),
        _SPAN.c.expires_at.is_(None),
    ),
    _WHY,
)
_BESIDE = Direct(
    sa.select(_SPAN.c.host_id, _START, _END, _SPAN.c.meeting_id).where(
        _SPAN.c.host_id.in_(
            sa.select(_SPAN.c.host_id).where(_SPAN.c.meeting_id == sa.bindparam("meeting"))
        ),
        _SPAN.c.end_at > sa.bindparam("start"),
        _SPAN.c.start_at < sa.bindparam("end"),
        _SPAN.c.expires_at.is_(None),
    ),
    _NOBODYS,
)


def state(uow: UnitOfWork, profile_id: int) -> State | None:
    """The profile's state; None when the organization has no such profile."""
    rows = _STATE.rows(uow.session, profile=profile_id, organization=uow.organization_id)
    if not rows:
        return None
    revision, seats, total, hosts = rows[0]
    holds = _HOLDS.named(uow.session, profile=profile_id, now=uow.now)
    return State(
        int(revision), int(total), int(hosts), int(seats), tuple(Hold(**row) for row in holds)
    )


def revisions(uow: UnitOfWork, profile_id: int) -> dict[int, int]:
    """The revision of each of the profile's hosts."""
    return dict(_REVISIONS.rows(uow.session, profile=profile_id))


_REQUIRED = {each.value: each for each in Required}


class Wanted(NamedTuple):
    """What a profile asks of a start, who may serve, and the revision that says so."""

    terms: Terms
    candidates: tuple[Candidate, ...]
    required: Required
    revision: int


def wanted(uow: UnitOfWork, profile_id: int, duration_minutes: int) -> Wanted | None:
    """The profile as the engine reads it, for meetings of that length; None if there is none."""
    rows = _TERMS.named(uow.session, profile=profile_id, organization=uow.organization_id)
    if not rows:
        return None
    values = rows[0]
    document = values.pop("hours")
    candidates = tuple(
        Candidate(each["key"], tuple(each["hosts"]), _REQUIRED[each["required"]])
        for each in values.pop("candidates")
    )
    required, revision = values.pop("required"), values.pop("revision")
    hours = _hours(document) if document else None
    terms = Terms(duration_minutes=duration_minutes, hours=hours, **values)
    return Wanted(terms, candidates, required, revision)


def everybody(uow: UnitOfWork, profile_id: int) -> dict[int, Person]:
    """The profile's hosts, without those who were deactivated."""
    rows = _EVERYBODY.rows(uow.session, profile=profile_id)
    return {host_id: _person(zone, document) for host_id, zone, document in rows}


def person(uow: UnitOfWork, profile_id: int, host_id: int) -> Person | None:
    """One of them; None for one who was deactivated."""
    rows = _PERSON.rows(uow.session, profile=profile_id, host=host_id)
    return _person(*rows[0][1:]) if rows else None


@lru_cache(maxsize=4096)
def _person(zone: str, document: str | None) -> Person:
    """Parsing a schedule is dearer than reading it, so people with the same are made once."""
    kept = json.loads(document) if document else None
    return Person(zone, WorkHours.from_document(kept) if kept else _closed(zone))


def counted(
    uow: UnitOfWork, profile_id: int, terms: Terms, days: tuple[int, int]
) -> Mapping[int, Sequence[tuple[int, int]]]:
    """(start, meeting) of the profile's meetings that stay, by host, if there are limits."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if terms.limit_per_day is None and terms.limit_per_week is None:
        return found
    rows = _COUNTED.rows(
        uow.session,
        profile=profile_id,
        organization=uow.organization_id,
        start=from_minute(days[0] * DAY) - _AROUND,
        end=from_minute(days[1] * DAY) + _AROUND,
    )
    for host_id, start, meeting_id in rows:
        found[host_id].append((start, meeting_id))
    return found


def busy_without(uow: UnitOfWork, meeting_id: int, numbers: range) -> dict[int, bytes]:
    """The masks of a meeting's hosts, its own time left out."""
    rows = _BESIDE.rows(
        uow.session,
        meeting=meeting_id,
        start=from_minute(numbers.start * PIECE_MINUTES),
        end=from_minute(numbers.stop * PIECE_MINUTES),
    )
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for host_id, start, end, of in rows:
        own = spans[host_id]
        if of != meeting_id:
            own.append((start, end))
    return {host_id: mask_of(own, numbers) for host_id, own in spans.items()}
