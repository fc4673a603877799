"""Changing a booking's time or its host: what can be had, what it would be, doing it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console import bookings_times
from webapp.blueprints.console.bookings import as_it_is, done, lasting
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.domain.errors import Conflict, Invalid, Refusal, SlotTaken
from webapp.models import Actor, Booking
from webapp.services import bookings, offers, reassigning, receipts
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look


@console.get("/bookings/<uuid:uuid>/move")
def move_page(uuid: UUID) -> Response:
    """Choose a new time, and look at old and new before anything changes."""
    with look(caller()) as uow:
        booking = bookings.by_uuid(uow, uuid)
        clock = Clock(me().user_zone, uow.now)
        try:
            start = bookings_times.asked_start(request.args, clock)
            if start is not None:
                return _move_to(uow, booking, clock, start)
        except Invalid as refusal:
            return _choose(uow, booking, clock, refusal=refusal)
        return _choose(uow, booking, clock)


def _move_to(uow: UnitOfWork, booking: Booking, clock: Clock, start: datetime) -> Response:
    card = _profile(uow, booking)
    if start == booking.start_at:
        raise Invalid("That is the time it has.", field="start")
    if not bookings_times.is_offered(uow, card, start, without=booking):
        refusal = SlotTaken(f"{clock.moment(start)} is not offered or not free.")
        return _choose(uow, booking, clock, refusal=refusal, wanted=start)
    return _confirm(uow, booking, clock, start)


def _confirm(
    uow: UnitOfWork,
    booking: Booking,
    clock: Clock,
    start: datetime,
    *,
    reason: str = "",
    error: str = "",
) -> Response:
    length = booking.end_at - booking.start_at
    return page(
        "move_confirm",
        "bookings",
        part="console/_booking_move_confirm.html",
        status=422 if error else 200,
        **_about(uow, booking, clock),
        new=f"{clock.full(start)}, {clock.time(start)}–{clock.time(start + length)}",
        start=start.strftime("%Y-%m-%dT%H:%MZ"),
        reason=reason,
        error=error,
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )


def _choose(
    uow: UnitOfWork,
    booking: Booking,
    clock: Clock,
    *,
    refusal: Refusal | None = None,
    wanted: datetime | None = None,
) -> Response:
    """A week of free times; ``refusal`` is about the time that was asked for."""
    card = _profile(uow, booking)

    def to(**query: Any) -> str:
        return url_for("console.move_page", uuid=booking.uuid, **query)

    soon = wanted and bookings_times.alternatives(uow, card, wanted, clock, to, without=booking)
    field = refusal.field if refusal and refusal.field in ("on", "at") else ""
    return page(
        "move",
        "bookings",
        part="console/_booking_move.html",
        status=200 if refusal is None else 422 if isinstance(refusal, Invalid) else 409,
        **_about(uow, booking, clock),
        week=bookings_times.week_of(uow, card, request.values, clock, to, without=booking),
        action=to(),
        kept=[],
        refusal=refusal.message if refusal and not field else "",
        errors={field: refusal.message} if refusal and field else {},
        typed=request.args,
        soon=soon or (),
        can_move=receipts.card(uow, booking).can_change,
    )


def _about(uow: UnitOfWork, booking: Booking, clock: Clock) -> dict[str, Any]:
    card = receipts.card(uow, booking)
    when = f"{clock.full(card.start_at)}, {clock.time(card.start_at)}–{clock.time(card.end_at)}"
    return {
        "card": card,
        "when": when,
        "zone": clock.place,
        "length": lasting(card.duration_minutes),
    }


def _profile(uow: UnitOfWork, booking: Booking) -> offers.ProfileCard:
    minutes = int((booking.end_at - booking.start_at).total_seconds() // 60)
    card = offers.profile_by_id(uow, booking.profile_id, duration_minutes=minutes)
    # A length that the profile has dropped since stays the booking's own.
    return replace(card, duration_minutes=minutes)


@console.post("/bookings/<uuid:uuid>/move")
def move(uuid: UUID) -> Response:
    """Change the time; 409 with other times when somebody was faster."""
    reason = request.form.get("reason", "")
    start = None
    try:
        start = bookings_times.instant(request.form.get("start", ""))
        with begin(caller()) as uow:
            bookings.move(
                uow, uuid, start, by=Actor.HOST, reason=reason, key=request.form.get("key")
            )
    except (SlotTaken, Invalid) as refusal:
        with look(caller()) as uow:
            booking, clock = bookings.by_uuid(uow, uuid), Clock(me().user_zone, uow.now)
            if refusal.field == "reason" and start is not None:
                error = refusal.message
                return _confirm(uow, booking, clock, start, reason=reason, error=error)
            return _choose(uow, booking, clock, refusal=refusal, wanted=start)
    except Conflict as refusal:
        return as_it_is(uuid, refusal)
    return done(uuid, "moved")


@console.get("/bookings/<uuid:uuid>/host")
def reassign_page(uuid: UUID) -> Response:
    """Who else could have this booking."""
    with look(caller()) as uow:
        return _reassign_page(uow, uuid)


def _reassign_page(uow: UnitOfWork, uuid: UUID, *, error: str = "", status: int = 200) -> Response:
    booking = bookings.by_uuid(uow, uuid)
    clock = Clock(me().user_zone, uow.now)
    return page(
        "reassign",
        "bookings",
        part="console/_booking_reassign.html",
        status=status,
        **_about(uow, booking, clock),
        choices=reassigning.choices(uow, booking),
        chosen=request.form.get("hosts", ""),
        error=error,
        key=secrets.token_urlsafe(16),
    )


@console.post("/bookings/<uuid:uuid>/host")
def reassign(uuid: UUID) -> Response:
    """Hand the booking over to whom was chosen."""
    try:
        host_ids = _host_ids(request.form.get("hosts", ""))
        with begin(caller()) as uow:
            reassigning.reassign(uow, uuid, host_ids, key=request.form.get("key"))
    except (SlotTaken, Invalid) as refusal:
        status = 422 if isinstance(refusal, Invalid) else 409
        with look(caller()) as uow:
            return _reassign_page(uow, uuid, error=refusal.message, status=status)
    except Conflict as refusal:
        return as_it_is(uuid, refusal)
    return done(uuid, "reassigned")


def _host_ids(text: str) -> list[int]:
    parts = text.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise Invalid("Choose who takes the booking.", field="hosts")
    return [int(part) for part in parts]
