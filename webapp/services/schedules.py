"""Schedules and time away: when a host can be met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.domain.span import Interval
from webapp.domain.workhours import WorkHours
from webapp.models import BookingProfile, Membership, ProfileHost, Schedule, TimeAway, User
from webapp.services import orphans
from webapp.services.steps import away_rows, hosts, reach
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_SCHEDULES = 20
LONGEST_NAME, LONGEST_LABEL = 80, 60


@dataclass(frozen=True, slots=True)
class HostLine:
    """Somebody whose hours can be chosen; rooms are hosts that cannot sign in."""

    id: int
    uuid: UUID
    name: str
    zone: str
    is_room: bool


@dataclass(frozen=True, slots=True)
class ServedProfile:
    """A profile that a schedule counts for; with ``own_hours`` it only would."""

    uuid: UUID
    slug: str
    name: str
    own_hours: bool


@dataclass(frozen=True, slots=True)
class ScheduleCard:
    """A schedule as its host sees it; ``changed_at`` is UTC."""

    id: int
    uuid: UUID
    name: str
    hours: WorkHours
    labels: Mapping[str, str]
    is_default: bool
    version: int
    host: HostLine
    profiles: tuple[ServedProfile, ...]
    chosen_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """What somebody decides about a schedule; ``labels`` by the dates of its overrides."""

    name: str
    hours: WorkHours
    labels: Mapping[date, str] = field(default_factory=dict)


@use_case(Permission.SCHEDULE_CHANGE)
def hosts_of(uow: UnitOfWork) -> list[HostLine]:
    """Whose hours the caller may change: everybody's by name, rooms last, or only their own."""
    query = (
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(User.deactivated_at.is_(None))
        .order_by(User.is_room, User.name, User.id)
    )
    if not reach.may_change_others(uow):
        query = query.where(User.id == uow.caller.user_id)
    return [_line(host) for host in uow.session.scalars(query)]


@use_case(Permission.SCHEDULE_CHANGE)
def host_of(uow: UnitOfWork, uuid: UUID | None) -> HostLine:
    """The host with that uuid, by default the caller; ``NotFound``, or ``Forbidden``."""
    if uuid is not None:
        return _line(reach.host_by_uuid(uow, uuid))
    if uow.caller.user_id is None:
        raise NotFound("there is no such person here")
    return _line(reach.host(uow, uow.caller.user_id))


def _line(host: User) -> HostLine:
    return HostLine(host.id, host.uuid, host.name, host.zone, host.is_room)


@use_case(Permission.SCHEDULE_CHANGE)
def of_host(uow: UnitOfWork, host_id: int) -> Sequence[Schedule]:
    """The host's schedules, the default one first."""
    reach.host(uow, host_id)
    return uow.session.scalars(
        sa.select(Schedule)
        .where(Schedule.host_id == host_id)
        .order_by(Schedule.is_default.desc(), Schedule.id)
    ).all()


@use_case(Permission.SCHEDULE_CHANGE)
def cards(uow: UnitOfWork, host_id: int) -> list[ScheduleCard]:
    """The host's schedules with the profiles that each counts for, the default one first."""
    host = _line(reach.host(uow, host_id))
    served = _served(uow, host_id)
    return [_card(schedule, host, served) for schedule in of_host(uow, host_id)]


@use_case(Permission.SCHEDULE_CHANGE)
def card(uow: UnitOfWork, uuid: UUID) -> ScheduleCard:
    """One schedule; raises ``NotFound``, ``Forbidden`` for a colleague's."""
    schedule = by_uuid(uow, uuid)
    host = _line(reach.host(uow, schedule.host_id))
    return _card(schedule, host, _served(uow, host.id))


@use_case(Permission.SCHEDULE_CHANGE)
def by_uuid(uow: UnitOfWork, uuid: UUID) -> Schedule:
    """The schedule with that uuid; raises ``NotFound``, ``Forbidden`` for a colleague's."""
    found = uow.session.scalars(sa.select(Schedule).where(Schedule.uuid == uuid)).one_or_none()
    return _reached(uow, found)


def _served(uow: UnitOfWork, host_id: int) -> list[tuple[int | None, ServedProfile]]:
    """The host's profiles, each with the schedule that was chosen for it."""
    rows = uow.session.execute(
        sa.select(
            ProfileHost.schedule_id,
            BookingProfile.uuid,
            BookingProfile.slug,
            BookingProfile.name,
            BookingProfile.hours.is_not(None).label("own_hours"),
        )
        .join(BookingProfile, BookingProfile.id == ProfileHost.profile_id)
        .where(ProfileHost.host_id == host_id, BookingProfile.deleted_at.is_(None))
        .order_by(BookingProfile.position, BookingProfile.id)
    )
    return [
        (number, ServedProfile(uuid, slug, name, own)) for number, uuid, slug, name, own in rows
    ]


def _card(
    schedule: Schedule, host: HostLine, served: list[tuple[int | None, ServedProfile]]
) -> ScheduleCard:
    default = schedule.is_default
    return ScheduleCard(
        id=schedule.id,
        uuid=schedule.uuid,
        name=schedule.name,
        hours=WorkHours.from_document(schedule.hours),
        labels=schedule.labels,
        is_default=default,
        version=schedule.version,
        host=host,
        profiles=tuple(
            profile
            for number, profile in served
            if number == schedule.id or (default and number is None)
        ),
        chosen_by=tuple(profile.name for number, profile in served if number == schedule.id),
    )


@use_case(Permission.SCHEDULE_CHANGE)
def create(uow: UnitOfWork, host_id: int, name: str, hours: WorkHours) -> Schedule:
    """Add a schedule; a host's first one is the default."""
    reach.host(uow, host_id)
    hosts.lock(uow, [host_id])
    there = of_host(uow, host_id)
    if len(there) >= MOST_SCHEDULES:
        raise Invalid(f"A host has at most {MOST_SCHEDULES} schedules.", field="name")
    schedule = Schedule(
        uuid=uuid4(),
        host_id=host_id,
        name=_name(name),
        hours=hours.to_document(),
        labels={},
        is_default=not there,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )
    uow.session.add(schedule)
    uow.session.flush()
    uow.record("schedule.created", f"schedule:{schedule.id}")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def duplicate(uow: UnitOfWork, uuid: UUID) -> Schedule:
    """A copy under a name of its own, which counts for no profile yet."""
    model = by_uuid(uow, uuid)
    copied = create(
        uow,
        model.host_id,
        f"{model.name[: LONGEST_NAME - 7]} (copy)",
        WorkHours.from_document(model.hours),
    )
    copied.labels = dict(model.labels)
    return copied


def _name(text: str) -> str:
    return clean_line(text, field="name", what="a name", most=LONGEST_NAME)


def _found(uow: UnitOfWork, schedule_id: int) -> Schedule:
    return _reached(uow, uow.session.get(Schedule, schedule_id))


def _reached(uow: UnitOfWork, schedule: Schedule | None) -> Schedule:
    if schedule is None:
        raise NotFound("there is no such schedule")
    reach.host(uow, schedule.host_id)
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def change(
    uow: UnitOfWork, schedule_id: int, hours: WorkHours, *, version: int | None = None
) -> Schedule:
    """Replace a schedule's hours whole; ``Conflict`` when ``version`` is not the newest."""
    schedule = _found(uow, schedule_id)
    _lock(uow, schedule, version)
    return _write(uow, schedule, hours)


@use_case(Permission.SCHEDULE_CHANGE)
def revise(
    uow: UnitOfWork, uuid: UUID, draft: ScheduleDraft, *, version: int, accepted: str = ""
) -> Schedule:
    """Save a draft whole.

    Raises ``Conflict`` when ``version`` is not the newest, ``Invalid`` naming the field, and
    ``orphans.WouldOrphan`` when bookings fall outside that were not ``accepted`` by their mark.
    """
    schedule = by_uuid(uow, uuid)
    _lock(uow, schedule, version)
    orphans.confirm(orphans.of_hours(uow, schedule, draft.hours), accepted)
    schedule.name = _name(draft.name)
    dates = {day for day, _ in draft.hours.overrides}
    schedule.labels = {
        day.isoformat(): label
        for day, text in sorted(draft.labels.items())
        if day in dates and (label := _label(text))
    }
    return _write(uow, schedule, draft.hours)


def _label(text: str) -> str:
    return clean_line(text, field="label", what="a label", most=LONGEST_LABEL, required=False)


def _lock(uow: UnitOfWork, schedule: Schedule, version: int | None) -> None:
    hosts.lock(uow, [schedule.host_id])
    uow.session.refresh(schedule)
    if version is not None and schedule.version != version:
        raise Conflict("Somebody else changed this schedule meanwhile")


def _write(uow: UnitOfWork, schedule: Schedule, hours: WorkHours) -> Schedule:
    schedule.hours = hours.to_document()
    schedule.version += 1
    schedule.updated_at = uow.now
    uow.record("schedule.changed", f"schedule:{schedule.id}")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def make_default(uow: UnitOfWork, schedule_id: int, *, accepted: str | None = None) -> Schedule:
    """Let profiles that name no schedule use this one.

    With ``accepted`` (the mark of what was shown, or an empty text) it raises
    ``orphans.WouldOrphan`` when other bookings than those fall outside.
    """
    schedule = _found(uow, schedule_id)
    hosts.lock(uow, [schedule.host_id])
    if accepted is not None:
        orphans.confirm(orphans.of_default(uow, schedule), accepted)
    for other in of_host(uow, schedule.host_id):
        other.is_default = other.id == schedule.id
    uow.record("schedule.default", f"schedule:{schedule.id}")
    return schedule


@use_case(Permission.SCHEDULE_CHANGE)
def delete(uow: UnitOfWork, schedule_id: int) -> None:
    """Remove a schedule. Raises ``Conflict`` for the default one and for one that is used."""
    schedule = _found(uow, schedule_id)
    hosts.lock(uow, [schedule.host_id])
    uow.session.refresh(schedule)
    why = kept_because(uow, schedule)
    if why:
        raise Conflict(why)
    uow.session.delete(schedule)
    uow.record("schedule.deleted", f"schedule:{schedule_id}")


@use_case(Permission.SCHEDULE_CHANGE)
def kept_because(uow: UnitOfWork, schedule: Schedule) -> str:
    """Why the schedule cannot be deleted, in a sentence; empty when it can."""
    if schedule.is_default:
        return "The default schedule cannot be deleted. Make another one the default first."
    used = [p.name for number, p in _served(uow, schedule.host_id) if number == schedule.id]
    if not used:
        return ""
    named = f"“{used[0]}”" + (f" and {len(used) - 1} more" if len(used) > 1 else "")
    return f"The schedule is in use: {named}. Choose another schedule there first."


@use_case(Permission.SCHEDULE_CHANGE)
def go_away(uow: UnitOfWork, host_id: int, away: Interval, label: str = "") -> TimeAway:
    """Take no new bookings during ``away`` (UTC); it beats schedules and overrides.

    Bookings that stand in it stay. Raises ``Invalid`` for more than a year at once.
    """
    reach.host(uow, host_id)
    away_rows.check(away)
    said = clean_line(label, field="label", what="a label", most=120, required=False)
    hosts.lock(uow, [host_id])
    row = away_rows.write(uow, host_id, away, said)
    uow.record("away.added", f"away:{row.id}")
    return row


@use_case(Permission.SCHEDULE_CHANGE)
def come_back(uow: UnitOfWork, away_id: int) -> None:
    """Remove a time away."""
    row = uow.session.get(TimeAway, away_id)
    if row is None:
        raise NotFound("there is no such time away")
    reach.host(uow, row.host_id)
    hosts.lock(uow, [row.host_id])
    away_rows.remove(uow, row)
    uow.record("away.removed", f"away:{away_id}")
