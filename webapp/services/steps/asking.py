"""Loading what the slot engine asks for: hours, taken time, limits and open meetings.

These statements are on the path of every page view, so they go below the ORM and name their
organization themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.domain import grouping
from webapp.domain.availability import Busy, HostTime, Joinable, Question
from webapp.domain.span import Interval, to_minute
from webapp.domain.workhours import WorkHours
from webapp.models import (
    Booking,
    BookingProfile,
    BookingStatus,
    BusySpan,
    Meeting,
    Organization,
    ProfileHost,
    User,
    table_of,
)
from webapp.models.direct import Direct, epoch_minute
from webapp.services.steps import unsaved
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_WHY = "the statement names its organization"
_PROFILE = table_of(BookingProfile)
_SPAN = table_of(BusySpan)
_MEETING = table_of(Meeting)
_BOOKING = table_of(Booking)
_HOST = table_of(ProfileHost)
_USER = table_of(User)
_ORGANIZATION = table_of(Organization)

_SPANS = Direct(
    sa.select(
        _SPAN.c.host_id,
        epoch_minute(_SPAN.c.start_at),
        epoch_minute(_SPAN.c.end_at, sa.literal_column("59")),
        _SPAN.c.kind,
        _SPAN.c.expires_at.is_not(None),
        _SPAN.c.id,
        _SPAN.c.meeting_id,
    )
    .select_from(_HOST)
    .join(_SPAN, _SPAN.c.host_id == _HOST.c.host_id)
    .where(
        _HOST.c.profile_id == sa.bindparam("profile"),
        # "+ 0": found by the profile, not by the organization's index, which reads everybody's.
        _HOST.c.organization_id + 0 == sa.bindparam("organization"),
        _SPAN.c.end_at > sa.bindparam("start"),
        _SPAN.c.start_at < sa.bindparam("end"),
        _SPAN.c.expires_at.is_(None) | (_SPAN.c.expires_at > sa.bindparam("now")),
    ),
    "spans belong to hosts; the hosts are the organization's own",
)

_COUNTED = below_the_guard(
    sa.select(_SPAN.c.host_id, _MEETING.c.start_at, _MEETING.c.id)
    .select_from(_MEETING)
    .join(_SPAN, _SPAN.c.meeting_id == _MEETING.c.id)
    .where(
        _MEETING.c.organization_id == sa.bindparam("organization"),
        _MEETING.c.profile_id == sa.bindparam("profile"),
        _MEETING.c.start_at > sa.bindparam("start"),
        _MEETING.c.start_at < sa.bindparam("end"),
        _SPAN.c.expires_at.is_(None) | (_SPAN.c.expires_at > sa.bindparam("now")),
    ),
    _WHY,
)

LIVE_BOOKING = _BOOKING.c.status.in_((BookingStatus.PENDING, BookingStatus.CONFIRMED)) | (
    (_BOOKING.c.status == BookingStatus.HELD) & (_BOOKING.c.expires_at > sa.bindparam("now"))
)
"""A booking that takes its place at ``:now``."""

_OPEN = below_the_guard(
    sa.select(
        _MEETING.c.id,
        _MEETING.c.start_at,
        _MEETING.c.end_at,
        _MEETING.c.host_ids,
        _MEETING.c.seats,
        sa.select(sa.func.count())
        .select_from(_BOOKING)
        .where(_BOOKING.c.meeting_id == _MEETING.c.id, LIVE_BOOKING)
        .scalar_subquery()
        .label("taken"),
    ).where(
        _MEETING.c.organization_id == sa.bindparam("organization"),
        _MEETING.c.profile_id == sa.bindparam("profile"),
        _MEETING.c.start_at >= sa.bindparam("start"),
        _MEETING.c.start_at < sa.bindparam("end"),
        _MEETING.c.taken > 0,
    ),
    _WHY,
)


def _busy(
    uow: UnitOfWork, profile: Offering, window: Interval, leave_out: int | None
) -> dict[int, list[Busy]]:
    """Taken time of the hosts near ``window``; ``leave_out`` is a meeting that counts as free."""
    taken: dict[int, list[Busy]] = defaultdict(list)
    rows: list[Any] = (
        unsaved.span_rows(uow, profile, window)
        if profile.unsaved or profile.partial
        else _SPANS.rows(
            uow.session,
            profile=profile.id,
            organization=uow.organization_id,
            start=window.start,
            end=window.end,
            now=uow.now,
        )
    )
    for host_id, start, end, kind, held, span_id, meeting_id in rows:
        if meeting_id is None or meeting_id != leave_out:
            taken[host_id].append(Busy(start, end, kind, bool(held), span_id))
    return taken


def _counted(
    uow: UnitOfWork, profile: Offering, window: Interval, leave_out: int | None
) -> dict[int, list[int]]:
    """Starts of the profile's live meetings by host, a week around the window: for the limits."""
    starts: dict[int, list[int]] = defaultdict(list)
    if profile.limit_per_day is None and profile.limit_per_week is None:
        return starts
    rows = uow.session.execute(
        _COUNTED,
        {
            "organization": uow.organization_id,
            "profile": profile.id,
            "start": window.start - timedelta(days=9),
            "end": window.end + timedelta(days=9),
            "now": uow.now,
        },
    )
    for host_id, start, meeting_id in rows:
        if meeting_id != leave_out:
            starts[host_id].append(to_minute(start))
    return starts


def _joinable(
    uow: UnitOfWork, profile: Offering, window: Interval, duration: int, leave_out: int | None
) -> list[Joinable]:
    """The profile's open meetings of that length with seats left, led by those asked about."""
    if profile.seats == 1:
        return []
    here = set(profile.host_ids)
    rows = uow.session.execute(
        _OPEN,
        {
            "organization": uow.organization_id,
            "profile": profile.id,
            "start": window.start,
            "end": window.end,
            "now": uow.now,
        },
    )
    return [
        Joinable(to_minute(start), meeting_id, tuple(host_ids), seats - taken)
        for meeting_id, start, end, host_ids, seats, taken in rows
        if (end - start) == timedelta(minutes=duration)
        and 0 < taken < seats
        and meeting_id != leave_out
        and here.issuperset(host_ids)
        # Who asks for some of the hosts joins no meeting that one of them is missing from.
        and (
            not profile.partial or grouping.suffices(profile.candidates, profile.required, host_ids)
        )
    ]


def question(
    uow: UnitOfWork,
    profile: Offering,
    window: Interval,
    duration_minutes: int,
    *,
    leave_out: int | None = None,
) -> Question:
    """Everything the slot engine needs to answer for ``window``.

    ``leave_out`` is the id of a meeting whose time counts as free: the one that is being moved,
    or the visitor's own hold.
    """
    reach = timedelta(minutes=duration_minutes + 24 * 60)
    around = Interval(window.start - reach, window.end + reach)
    taken = _busy(uow, profile, around, leave_out)
    counted = _counted(uow, profile, window, leave_out)
    hosts = {
        host.id: HostTime(
            host_id=host.id,
            zone=host.zone,
            hours=host.hours or WorkHours(host.zone, ((),) * 7, ()),
            busy=tuple(taken.get(host.id, ())),
            taken=tuple(counted.get(host.id, ())),
        )
        for host in profile.hosts
    }
    return Question(
        terms=profile.terms(duration_minutes),
        hosts=hosts,
        candidates=profile.candidates,
        required=profile.required,
        joinable=tuple(_joinable(uow, profile, window, duration_minutes, leave_out)),
    )


_REVISION = Direct(
    sa.select(
        sa.select(_ORGANIZATION.c.revision)
        .where(_ORGANIZATION.c.id == sa.bindparam("organization"))
        .scalar_subquery(),
        sa.select(_PROFILE.c.revision)
        .where(_PROFILE.c.id == sa.bindparam("profile"))
        .scalar_subquery(),
        sa.select(sa.func.sum(_USER.c.revision))
        .select_from(_HOST)
        .join(_USER, _USER.c.id == _HOST.c.host_id)
        .where(_HOST.c.profile_id == sa.bindparam("profile"))
        .scalar_subquery(),
        sa.select(sa.func.count())
        .select_from(_HOST)
        .join(_SPAN, _SPAN.c.host_id == _HOST.c.host_id)
        .where(
            _HOST.c.profile_id == sa.bindparam("profile"),
            _SPAN.c.expires_at.is_not(None),
            _SPAN.c.expires_at > sa.bindparam("now"),
        )
        .scalar_subquery(),
    ),
    _WHY,
)


def revision(uow: UnitOfWork, profile_id: int) -> str:
    """Changes whenever what the profile offers could have: rows, brand, and holds that lapse."""
    row = _REVISION.rows(
        uow.session, organization=uow.organization_id, profile=profile_id, now=uow.now
    )[0]
    return _written(row)


def revision_aside(engine: sa.Engine, organization_id: int, profile_id: int, now: datetime) -> str:
    """The same outside any unit: what a kept page is checked against."""
    row = _REVISION.aside(engine, organization=organization_id, profile=profile_id, now=now)[0]
    return _written(row)


def _written(row: Sequence[int | None]) -> str:
    return ".".join(str(part or 0) for part in row)
