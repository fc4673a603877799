"""Bookings: the lists, one booking with all that happened to it, and deciding about it."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.booking.manner import length
from webapp.blueprints.console.shell import (
    STATUS_WORDS,
    Clock,
    by_day,
    console,
    line,
    page,
)
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, Refusal
from webapp.models import Actor, BookingStatus
from webapp.services import agenda, bookings, receipts
from webapp.services.agenda import Which
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

_TABS = (
    (Which.UPCOMING, "Upcoming", "No bookings yet. Share your page to get the first."),
    (Which.WAITING, "Waiting", "No requests wait for a decision."),
    (Which.PAST, "Past", "Nothing has taken place yet."),
    (Which.CANCELLED, "Cancelled", "Nothing was cancelled."),
)


@console.get("/bookings")
def booking_list() -> Response:
    """One of the lists, 50 at a time; the address says which and from where."""
    text = request.args.get("list", Which.UPCOMING.value)
    which = Which(text) if text in set(Which) else Which.UPCOMING
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        found = agenda.listed(uow, which, after=request.args.get("after"))
        lines = [line(entry, clock) for entry in found.entries]
        later = (
            url_for("console.booking_list", list=which.value, after=found.after)
            if found.after
            else ""
        )
        return page(
            "bookings",
            "bookings",
            part="console/_bookings.html",
            title=next(words for key, words, _ in _TABS if key is which),
            empty=next(words for key, _, words in _TABS if key is which),
            tabs=[
                (words, url_for("console.booking_list", list=key.value), key is which)
                for key, words, _ in _TABS
            ],
            days=by_day(lines),
            more=later,
            first=url_for("console.booking_list", list=which.value)
            if request.args.get("after")
            else "",
            zone=clock.place,
            public_url=f"{house().settings.base_url}/{me().organization_slug}",
        )


@console.get("/bookings/<uuid:uuid>")
def booking_page(uuid: UUID) -> Response:
    """Facts, answers and the timeline of one booking."""
    with look(caller()) as uow:
        return _booking_page(uow, uuid)


def _booking_page(uow: UnitOfWork, uuid: UUID, *, refusal: Refusal | None = None) -> Response:
    booking = bookings.by_uuid(uow, uuid)
    card = receipts.card(uow, booking)
    clock = Clock(me().user_zone, uow.now)
    words, tone = STATUS_WORDS.get(card.status, (card.status.value.capitalize(), "info"))
    theirs = Clock(card.zone, uow.now)
    return page(
        "booking",
        "bookings",
        part="console/_booking.html",
        status=409 if refusal else 200,
        refusal=refusal.message if refusal else "",
        card=card,
        day=clock.full(card.start_at),
        start=clock.time(card.start_at),
        end=clock.time(card.end_at),
        zone=clock.place,
        theirs=f"{theirs.moment(card.start_at)}–{theirs.time(card.end_at)}, {theirs.place}"
        if card.zone != clock.name
        else "",
        length=length(card.duration_minutes),
        status_words=words if not card.is_past or tone == "bad" else "Past",
        tone=tone if not card.is_past or tone == "bad" else "info",
        is_waiting=card.status is BookingStatus.PENDING and card.can_change,
        decide_by=clock.moment(card.decide_by) if card.decide_by else "",
        cancelled=clock.moment(card.cancelled_at) if card.cancelled_at else "",
        timeline=[(clock.moment(entry.at), entry) for entry in receipts.timeline(uow, booking)],
        key=secrets.token_urlsafe(16),
    )


@console.get("/bookings/<uuid:uuid>/cancellation")
def cancel_page(uuid: UUID) -> Response:
    """What cancelling does, and a place for the reason."""
    with look(caller()) as uow:
        return _cancel_page(uow, uuid)


def _cancel_page(
    uow: UnitOfWork, uuid: UUID, *, reason: str = "", error: str = "", status: int = 200
) -> Response:
    card = receipts.card(uow, bookings.by_uuid(uow, uuid))
    clock = Clock(me().user_zone, uow.now)
    return page(
        "cancel",
        "bookings",
        part="console/_cancel.html",
        status=status,
        card=card,
        when=f"{clock.full(card.start_at)}, {clock.time(card.start_at)}–{clock.time(card.end_at)}",
        reason=reason,
        error=error,
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )


@console.post("/bookings/<uuid:uuid>/cancellation")
def cancel(uuid: UUID) -> Response:
    """Cancel on behalf of the host; a refusal shows the booking as it is now."""
    reason = request.form.get("reason", "")
    try:
        with begin(caller()) as uow:
            bookings.cancel(uow, uuid, by=Actor.HOST, reason=reason, key=request.form.get("key"))
    except Invalid as refusal:
        with look(caller()) as uow:
            return _cancel_page(uow, uuid, reason=reason, error=refusal.message, status=422)
    except Conflict as refusal:
        return _as_it_is(uuid, refusal)
    return _done(uuid, "cancelled")


@console.post("/bookings/<uuid:uuid>/approval")
def approve(uuid: UUID) -> Response:
    """Say yes to a request."""
    try:
        with begin(caller()) as uow:
            bookings.approve(uow, uuid)
    except Conflict as refusal:
        return _as_it_is(uuid, refusal)
    return _done(uuid, "approved")


@console.post("/bookings/<uuid:uuid>/refusal")
def decline(uuid: UUID) -> Response:
    """Say no to a request."""
    try:
        with begin(caller()) as uow:
            bookings.decline(uow, uuid, reason=request.form.get("reason", ""))
    except Conflict as refusal:
        return _as_it_is(uuid, refusal)
    return _done(uuid, "declined")


def _as_it_is(uuid: UUID, refusal: Refusal) -> Response:
    with look(caller()) as uow:
        return _booking_page(uow, uuid, refusal=refusal)


def _done(uuid: UUID, word: str) -> Response:
    return see_other(url_for("console.booking_page", uuid=uuid, done=word))
