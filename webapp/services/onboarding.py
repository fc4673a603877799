"""A newcomer's first day: what is left to do, told from what has really happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Permission
from webapp.models import (
    Account,
    AuditEntry,
    Booking,
    BookingProfile,
    Calendar,
    CalendarFeed,
    OnboardingStep,
    Schedule,
)
from webapp.services.unit_of_work import UnitOfWork, use_case

_FIRST = 200
"""How many of the oldest bookings are asked whether a visitor made them."""


class Step(StrEnum):
    """What there is to do, in order."""

    ZONE = "zone"
    HOURS = "hours"
    CALENDAR = "calendar"
    PROFILE = "profile"
    BOOKING = "booking"


OWNERS = (Step.PROFILE, Step.BOOKING)
"""Steps for those who may change profiles."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step and how it stands: done, skipped, or neither."""

    step: Step
    is_done: bool
    is_skipped: bool


@use_case(Permission.ACCOUNT)
def checklist(uow: UnitOfWork) -> list[Item]:
    """The caller's steps in order; empty when there is nothing left to do."""
    kept = {row.step: row.skipped for row in _kept(uow)}
    shown = [step for step in Step if step not in OWNERS or _may_offer(uow)]
    items = []
    for step in shown:
        is_done = kept.get(step.value) is False or _HAPPENED[step](uow)
        items.append(Item(step, is_done, not is_done and kept.get(step.value, False)))
    return [] if all(item.is_done or item.is_skipped for item in items) else items


@use_case(Permission.ACCOUNT)
def confirm_zone(uow: UnitOfWork) -> None:
    """The caller says that their time zone is right."""
    _note(uow, Step.ZONE, skipped=False)


@use_case(Permission.ACCOUNT)
def skip(uow: UnitOfWork, step: Step) -> None:
    """Leave a step out. Raises ``Conflict`` when it is done."""
    row = _row(uow, step)
    if row is not None and not row.skipped:
        raise Conflict("That is done already")
    _note(uow, step, skipped=True)


@use_case(Permission.ACCOUNT)
def take_up(uow: UnitOfWork, step: Step) -> None:
    """Turn to a step that was left out."""
    row = _row(uow, step)
    if row is not None and row.skipped:
        uow.session.delete(row)
        uow.record("onboarding.taken_up", _subject(uow), step=step.value)


def _note(uow: UnitOfWork, step: Step, *, skipped: bool) -> None:
    row = _row(uow, step)
    if row is None:
        row = OnboardingStep(user_id=uow.caller.user_id, step=step.value, at=uow.now)
        uow.session.add(row)
    row.skipped, row.at = skipped, uow.now
    done = "onboarding.skipped" if skipped else "onboarding.confirmed"
    uow.record(done, _subject(uow), step=step.value)


def _subject(uow: UnitOfWork) -> str:
    return f"user:{uow.caller.user_id}"


def _kept(uow: UnitOfWork) -> list[OnboardingStep]:
    own = sa.select(OnboardingStep).where(OnboardingStep.user_id == uow.caller.user_id)
    return list(uow.session.scalars(own))


def _row(uow: UnitOfWork, step: Step) -> OnboardingStep | None:
    return next((row for row in _kept(uow) if row.step == step.value), None)


def _may_offer(uow: UnitOfWork) -> bool:
    return uow.caller.may(Permission.PROFILE_CHANGE)


def _zone(_: UnitOfWork) -> bool:
    return False  # nothing but the person's own word makes a zone right


def _hours(uow: UnitOfWork) -> bool:
    """Whether the caller ever saved a schedule of their own."""
    own = uow.session.scalars(
        sa.select(Schedule.id).where(Schedule.host_id == uow.caller.user_id)
    ).all()
    saved = sa.select(AuditEntry.id).where(
        AuditEntry.subject.in_([f"schedule:{id}" for id in own]),
        AuditEntry.actor == f"user:{uow.caller.user_id}",
    )
    return uow.session.scalars(saved.limit(1)).first() is not None


def _calendar(uow: UnitOfWork) -> bool:
    linked = (
        sa.select(CalendarFeed.id)
        .join(Calendar, Calendar.id == CalendarFeed.calendar_id)
        .join(Account, Account.id == Calendar.account_id)
        .where(Account.host_id == uow.caller.user_id)
    )
    return uow.session.scalars(linked.limit(1)).first() is not None


def _profile(uow: UnitOfWork) -> bool:
    offered = sa.select(BookingProfile.id).where(BookingProfile.deleted_at.is_(None))
    return uow.session.scalars(offered.limit(1)).first() is not None


def _booking(uow: UnitOfWork) -> bool:
    """Whether anybody ever booked on the organization's own page (not through the console)."""
    oldest = uow.session.scalars(
        sa.select(Booking.id)
        .where(Booking.reference.is_not(None))
        .order_by(Booking.id)
        .limit(_FIRST)
    ).all()
    by_visitor = sa.select(AuditEntry.id).where(
        AuditEntry.subject.in_([f"booking:{id}" for id in oldest]),
        AuditEntry.actor == "guest",
        AuditEntry.action.in_(("booking.confirmed", "booking.requested")),
    )
    return uow.session.scalars(by_visitor.limit(1)).first() is not None


_HAPPENED: dict[Step, Callable[[UnitOfWork], bool]] = {
    Step.ZONE: _zone,
    Step.HOURS: _hours,
    Step.CALENDAR: _calendar,
    Step.PROFILE: _profile,
    Step.BOOKING: _booking,
}
