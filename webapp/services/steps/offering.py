"""Loading what a profile offers: its terms, its hosts' hours and the time already taken.

These statements are on the path of every page view, so they go below the ORM and name their
organization themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.availability import Candidate, Terms
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.domain.workhours import WorkHours
from webapp.models import (
    Booking,
    BookingProfile,
    BusySpan,
    LocationKind,
    Meeting,
    Organization,
    ProfileHost,
    Schedule,
    User,
    table_of,
)
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork

_WHY = "the statement names its organization"
_PROFILE = table_of(BookingProfile)
_SPAN = table_of(BusySpan)
_MEETING = table_of(Meeting)
_BOOKING = table_of(Booking)
_HOST = table_of(ProfileHost)
_USER = table_of(User)
_SCHEDULE = table_of(Schedule)
_ORGANIZATION = table_of(Organization)


@dataclass(frozen=True, slots=True)
class Offering:
    """A booking profile as the engine and the pages read it; ``hosts`` are in order."""

    id: int
    uuid: UUID
    slug: str
    name: str
    description: str
    questions: Sequence[dict[str, Any]]
    subject: str
    durations: tuple[int, ...]
    step_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_minutes: int
    horizon_days: int
    active_from: datetime | None
    active_until: datetime | None
    limit_per_day: int | None
    limit_per_week: int | None
    seats: int
    hold_minutes: int
    zone: str
    hours: WorkHours | None
    location_kind: LocationKind
    location: str
    required: Required
    candidates: tuple[Candidate, ...]
    asks_phone: bool
    needs_approval: bool
    secret: bool
    paused: bool
    empty_text: str
    open_meeting_url: str
    primary_color: str | None
    secondary_color: str | None
    revision: int
    deleted_at: datetime | None
    hosts: tuple[HostSeat, ...] = field(default=())
    unsaved: bool = False
    """An editor's draft: no row of the database names its hosts."""
    partial: bool = False
    """Only some of the profile's hosts: those whom somebody asks for."""

    @property
    def host_ids(self) -> tuple[int, ...]:
        """Everybody whose time the profile may take, ascending."""
        return tuple(sorted(host.id for host in self.hosts))

    def terms(self, duration_minutes: int) -> Terms:
        """What the profile asks of a start for a meeting of that length."""
        return Terms(
            duration_minutes=duration_minutes,
            step_minutes=self.step_minutes,
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            notice_minutes=self.notice_minutes,
            horizon_days=self.horizon_days,
            active_from=self.active_from,
            active_until=self.active_until,
            limit_per_day=self.limit_per_day,
            limit_per_week=self.limit_per_week,
            zone=self.zone,
            hours=self.hours,
            paused=self.paused,
        )

    def padded(self, start: datetime, duration_minutes: int) -> Interval:
        """The time a meeting takes of its hosts, buffers included."""
        return Interval(
            start - timedelta(minutes=self.buffer_before_minutes),
            start + timedelta(minutes=duration_minutes + self.buffer_after_minutes),
        )


@dataclass(frozen=True, slots=True)
class HostSeat:
    """A host of a profile, the schedule that counts for it, where its events go, and how it is
    written to."""

    id: int
    name: str
    email: str | None
    zone: str
    calendar_id: int
    hours: WorkHours | None
    locale: str = "en"
    time_notation: str = "24"


@lru_cache(maxsize=1024)
def _work_hours(document: str) -> WorkHours | None:
    """Parsing a schedule is dearer than reading it: keep by its text."""
    kept = json.loads(document)
    return None if kept is None else WorkHours.from_document(kept)


_COLUMNS = [
    _PROFILE.c[name]
    for name in (
        *("id", "uuid", "slug", "name", "description", "questions", "subject", "durations"),
        *("step_minutes", "buffer_before_minutes", "buffer_after_minutes", "notice_minutes"),
        *("horizon_days", "active_from", "active_until", "limit_per_day", "limit_per_week"),
        *("seats", "hold_minutes", "zone"),
    )
]
_SELECT = sa.select(
    *_COLUMNS,
    sa.cast(_PROFILE.c.hours, sa.Text).label("hours"),
    *(
        _PROFILE.c[name]
        for name in (
            *("location_kind", "location", "required", "candidates", "asks_phone"),
            *(
                "needs_approval",
                "secret",
                "paused",
                "empty_text",
                "open_meeting_url",
                "primary_color",
            ),
            *("secondary_color", "revision", "deleted_at"),
        )
    ),
).where(_PROFILE.c.organization_id == sa.bindparam("organization"))
_BY_SLUG = Direct(_SELECT.where(_PROFILE.c.slug_key == sa.bindparam("slug")), _WHY)
_BY_ID = Direct(_SELECT.where(_PROFILE.c.id == sa.bindparam("id")), _WHY)

_HOSTS = Direct(
    sa.select(
        _USER.c.id,
        _USER.c.name,
        _USER.c.email,
        _USER.c.zone,
        _HOST.c.calendar_id,
        sa.cast(_SCHEDULE.c.hours, sa.Text),
        _USER.c.locale,
        _USER.c.time_notation,
    )
    .select_from(_HOST)
    .join(_USER, _USER.c.id == _HOST.c.host_id)
    .outerjoin(
        _SCHEDULE,
        (_SCHEDULE.c.host_id == _HOST.c.host_id)
        # "+ 0": found by its host, not by the organization's index, which reads everybody's.
        & (_SCHEDULE.c.organization_id + 0 == _HOST.c.organization_id)
        & (
            (_SCHEDULE.c.id == _HOST.c.schedule_id)
            | (_HOST.c.schedule_id.is_(None) & _SCHEDULE.c.is_default)
        ),
    )
    .where(
        _HOST.c.profile_id == sa.bindparam("profile"),
        # "+ 0": found by the profile, not by the organization's index, which reads everybody's.
        _HOST.c.organization_id + 0 == sa.bindparam("organization"),
        _USER.c.deactivated_at.is_(None),
    )
    .order_by(_HOST.c.id),
    _WHY,
)


def load(
    uow: UnitOfWork, *, slug: str | None = None, profile_id: int | None = None
) -> Offering | None:
    """The profile at ``slug`` (without regard to case) or with that id, deleted ones too."""
    organization = uow.organization_id
    if slug is not None:
        found = _BY_SLUG.named(uow.session, organization=organization, slug=slug.lower())
    else:
        found = _BY_ID.named(uow.session, organization=organization, id=profile_id)
    if not found:
        return None
    values = found[0]
    values["durations"] = tuple(values["durations"])
    values["hours"] = _work_hours(values["hours"]) if values["hours"] else None
    values["candidates"] = tuple(
        Candidate(key=c["key"], host_ids=tuple(c["hosts"]), required=Required(c["required"]))
        for c in values["candidates"]
    )
    rows = _HOSTS.rows(uow.session, profile=values["id"], organization=organization)
    seats = tuple(
        HostSeat(id, name, email, zone, calendar_id, _work_hours(hours) if hours else None, *told)
        for id, name, email, zone, calendar_id, hours, *told in rows
    )
    return Offering(**values, hosts=seats)
