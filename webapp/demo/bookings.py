"""Eight weeks of bookings around today for the demo clinic, as if they had been made."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.demo.people import CLINIC_SLUG
from webapp.domain.errors import Refusal
from webapp.domain.permissions import Caller, Role
from webapp.domain.span import Interval, from_minute
from webapp.models import (
    Actor,
    Attempt,
    Booking,
    BookingStatus,
    Job,
    Message,
    MessageState,
    Organization,
    Outcome,
)
from webapp.services import attendance, bookings, holds, offers
from webapp.services.holds import Details
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import SYSTEM, House

UnitAt = Callable[[Caller, datetime, House], Any]

SEED = 20261121
PAST_WEEKS, COMING_WEEKS = 5, 3
GUESTS = (
    *("Ines Faro", "Otto Brandt", "Lucía Ortega", "Hana Novák", "Ben Whitlock", "Amara Diallo"),
    *("Jonas Keller", "Sofia Marino", "Ravi Menon", "Clara Dubois", "Leo Fischer", "Yuki Mori"),
    *("Freya Olsen", "Marek Zielinski", "Dana Cohen", "Pavel Horak", "Ruth Adeyemi", "Nils Holm"),
)
PLAN = (("intro-call", 9), ("consultation", 6), ("assessment", 2), ("morning-class", 6))
"""Profile and how many bookings of it a week tries for."""


def build(here: House, unit_at: UnitAt) -> None:
    """Book, move and cancel through the services, each at its own moment of the past."""
    chance = random.Random(SEED)  # noqa: S311 - the same demo every time
    now = here.clock()
    with unit_at(SYSTEM, now, here) as uow:
        slug = sa.select(Organization.id).where(Organization.slug == CLINIC_SLUG)
        organization_id = uow.session.scalars(slug).one()
    guest = Caller(organization_id, Role.GUEST)
    for week in range(-PAST_WEEKS, COMING_WEEKS):
        for profile_slug, wanted in PLAN:
            for _ in range(wanted):
                _one(here, unit_at, guest, chance, now + timedelta(weeks=week), profile_slug)
    _request(here, unit_at, guest, now)
    with unit_at(Caller(organization_id, Role.SYSTEM), now, here) as uow:
        _no_shows(uow)
    with unit_at(Caller(organization_id, Role.SYSTEM), now, here) as uow:
        _settle_mails(uow)


def _one(
    here: House,
    unit_at: UnitAt,
    guest: Caller,
    chance: random.Random,
    week: datetime,
    profile_slug: str,
) -> None:
    """One booking somewhere in the week from ``week`` on, made some days before it."""
    made_at = min(week - timedelta(hours=chance.randint(30, 150)), here.clock())
    with unit_at(guest, made_at, here) as uow:
        profile = offers.profile_page(uow, profile_slug)
        window = Interval(week, week + timedelta(days=7))
        free = offers.offered(uow, profile, window).starts
    if not free:
        return
    start = from_minute(chance.choice(free))
    name = chance.choice(GUESTS)
    mail = name.split()[0].lower().translate(str.maketrans("úéáí", "ueai"))
    details = Details(name, f"{mail}@example.com", second_ok=True)
    try:
        with unit_at(guest, made_at, here) as uow:
            draft = holds.hold(
                uow,
                profile.id,
                start,
                duration_minutes=profile.duration_minutes,
                zone_name=chance.choice(("Europe/Berlin", "Europe/Paris", "America/New_York")),
            ).public_id
        with unit_at(guest, made_at + timedelta(minutes=2), here) as uow:
            booking = holds.confirm(uow, draft, details).uuid
        if chance.random() < 0.12:
            with unit_at(guest, made_at + timedelta(hours=4), here) as uow:
                bookings.cancel(uow, booking, by=Actor.INVITEE, reason="Something came up")
    except Refusal:
        return  # somebody of the demo was faster, or it would be too late by then


def _request(here: House, unit_at: UnitAt, guest: Caller, now: datetime) -> None:
    """Somebody asked for a home visit an hour ago, and waits for an answer."""
    asked_at = now - timedelta(hours=1)
    with unit_at(guest, asked_at, here) as uow:
        profile = offers.profile_page(uow, "home-visit")
        window = Interval(now + timedelta(days=3), now + timedelta(days=17))
        free = offers.offered(uow, profile, window).starts
        draft = holds.hold(
            uow,
            profile.id,
            from_minute(free[0]),
            duration_minutes=profile.duration_minutes,
            zone_name="Europe/Berlin",
        ).public_id
    with unit_at(guest, asked_at + timedelta(minutes=3), here) as uow:
        details = Details("Ruth Adeyemi", "ruth@example.com", phone="+49 40 2345678", answers=_HOME)
        holds.confirm(uow, draft, details)


_HOME = {"street": "Kehrwieder 2", "town": "20457 Hamburg", "notes": "Second floor, no lift."}


def _no_shows(uow: UnitOfWork) -> None:
    """Every fifteenth of those who should have come did not."""
    past = sa.select(Booking.uuid).where(
        Booking.status == BookingStatus.CONFIRMED, Booking.end_at < uow.now
    )
    for uuid in uow.session.scalars(past.order_by(Booking.start_at, Booking.id)).all()[7::15]:
        attendance.mark_no_show(uow, uuid)


def _settle_mails(uow: UnitOfWork) -> None:
    """The demo's past mails count as sent: nobody wants them today."""
    messages = uow.session.scalars(sa.select(Message)).all()
    for message in messages:
        message.state, message.sent_at = MessageState.SENT, message.created_at
        uow.session.add(
            Attempt(
                message_id=message.id,
                number=1,
                fence=1,
                started_at=message.created_at,
                ended_at=message.created_at,
                outcome=Outcome.SENT,
                answer="demo",
            )
        )
    uow.session.execute(sa.delete(Job).where(Job.kind == "send-message"))
