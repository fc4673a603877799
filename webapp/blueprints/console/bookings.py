"""One booking: its page with all that happened to it, deciding about it, cancelling it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.shell import STATUS_WORDS, Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.blueprints.refusals import status_of
from webapp.domain import fairness
from webapp.domain.errors import Conflict, Invalid, Refusal, TooMany
from webapp.models import Actor, Booking, BookingStatus, MessageState, Outcome
from webapp.services import (
    attendance,
    bookings,
    reassigning,
    receipts,
    resending,
    scoreboard,
    timeline,
)
from webapp.services.receipts import BookingCard
from webapp.services.timeline import Happening
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_DONE = {
    "booked": "It is booked. The invitee and the hosts get a mail each.",
    "asked": "The request is made. It still needs a yes.",
    "moved": "The booking is moved. The invitee and the hosts get a mail each.",
    "reassigned": "The booking is handed over. Everybody concerned gets a mail.",
    "absent": "It is marked as a no-show. Nobody gets a mail about that.",
    "present": "The no-show is taken back.",
    "resent": "The mail goes to the invitee once more.",
    "noted": "The note is saved.",
    "unnoted": "The note is deleted.",
}
_STATES = {
    MessageState.QUEUED: ("Waiting to be sent", "info"),
    MessageState.SENT: ("Sent", "ok"),
    MessageState.FAILED: ("Not delivered", "bad"),
}
_WHY = {
    fairness.KEPT: "They had this booking already and could keep it.",
    fairness.ONLY: "Nobody else was free.",
    fairness.PRIORITY: "They come before the others by the profile’s priorities.",
    fairness.TURN_OF: "It was their turn: the others had had more meetings.",
    fairness.WAITED: "All had had the same; they had waited longest.",
    fairness.FIRST: "All were level; they come first on the list.",
    fairness.ALL: "They are needed together; where one of a group was enough, it was their turn.",
}
_OUTCOMES = {
    Outcome.SENT: "sent",
    Outcome.RETRY: "did not work, tried again later",
    Outcome.REFUSED: "refused",
    Outcome.UNKNOWN: "broke off",
}


@console.get("/bookings/<uuid:uuid>")
def booking_page(uuid: UUID) -> Response:
    """Facts, answers and the timeline of one booking."""
    with look(caller()) as uow:
        return shown(uow, uuid)


def shown(
    uow: UnitOfWork, uuid: UUID, *, refusal: Refusal | None = None, note: str = ""
) -> Response:
    """A booking's page as it stands now; ``refusal`` says why something was not done, ``note`` is
    what was typed for one that was not saved."""
    booking = bookings.by_uuid(uow, uuid)
    card = receipts.card(uow, booking)
    clock, theirs = Clock(me().user_zone, uow.now), Clock(card.zone, uow.now)
    words, tone = _status(card)
    about_note = refusal is not None and refusal.field == "text"
    return page(
        "booking",
        "bookings",
        part="console/_booking.html",
        done_words=_DONE,
        status=status_of(refusal) if refusal else 200,
        refusal=refusal.message if refusal and not about_note else "",
        note_error=refusal.message if refusal and about_note else "",
        note=note,
        card=card,
        day=clock.full(card.start_at),
        start=clock.time(card.start_at),
        end=clock.time(card.end_at),
        zone=clock.place,
        theirs=f"{theirs.moment(card.start_at)}–{theirs.time(card.end_at)}, {theirs.place}"
        if card.zone != clock.name
        else "",
        length=lasting(card.duration_minutes),
        status_words=words,
        tone=tone,
        is_waiting=card.status is BookingStatus.PENDING and card.can_change,
        decide_by=clock.moment(card.decide_by) if card.decide_by else "",
        cancelled=clock.moment(card.cancelled_at) if card.cancelled_at else "",
        no_show=clock.moment(card.no_show_at) if card.no_show_at else "",
        can_mark=card.status is BookingStatus.CONFIRMED and card.has_begun,
        others=bool(_others(uow, booking, card)),
        scoreboard=scoreboard.of_booking(uow, booking),
        why=_WHY.get((booking.choice or {}).get("reason", ""), ""),
        timeline=[_happening(each, clock) for each in timeline.of_booking(uow, booking)],
        key=secrets.token_urlsafe(16),
    )


def _others(uow: UnitOfWork, booking: Booking, card: BookingCard) -> list[reassigning.Choice]:
    return reassigning.choices(uow, booking) if card.can_change else []


def _status(card: BookingCard) -> tuple[str, str]:
    words, tone = STATUS_WORDS.get(card.status, (card.status.value.capitalize(), "info"))
    if card.no_show_at is not None:
        return "No-show", "bad"
    return (words, tone) if not card.is_past or tone == "bad" else ("Past", "info")


def lasting(minutes: int) -> str:
    """ "30 minutes", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours > 1 else ''}"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} minute{'s' if rest != 1 else ''}")
    return " ".join(parts)


def _happening(entry: Happening, clock: Clock) -> dict[str, Any]:
    """One line of the timeline in words; times on the reader's clock."""
    detail = entry.detail
    if entry.old and entry.new:
        detail = f"From {clock.moment(entry.old)} to {clock.moment(entry.new)}"
    words, tone = _STATES[entry.state] if entry.state else ("", "")
    tries = [
        (
            clock.moment(each.ended_at or each.started_at),
            f"Try {each.number}: {_OUTCOMES[each.outcome] if each.outcome else 'under way'}",
            each.answer,
        )
        for each in entry.tries
    ]
    # A first try that went well says nothing that the chip does not say.
    plain = entry.state is MessageState.SENT and len(tries) == 1
    return {
        "at": clock.moment(entry.at),
        "kind": entry.kind,
        "title": entry.title,
        "who": entry.who,
        "detail": detail,
        "words": words,
        "tone": tone,
        "tries": [] if plain else tries,
        "note": entry.note,
        "was_changed": entry.was_changed,
    }


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
        return as_it_is(uuid, refusal)
    return done(uuid, "cancelled")


@console.post("/bookings/<uuid:uuid>/approval")
def approve(uuid: UUID) -> Response:
    """Say yes to a request."""
    refusal = _attempt(lambda uow: bookings.approve(uow, uuid))
    return as_it_is(uuid, refusal) if refusal else _decided(uuid, "approved")


@console.post("/bookings/<uuid:uuid>/refusal")
def decline(uuid: UUID) -> Response:
    """Say no to a request."""
    reason = request.form.get("reason", "")
    refusal = _attempt(lambda uow: bookings.decline(uow, uuid, reason=reason))
    return as_it_is(uuid, refusal) if refusal else _decided(uuid, "declined")


@console.post("/bookings/<uuid:uuid>/no-show")
def mark_no_show(uuid: UUID) -> Response:
    """Note that the invitee did not come."""
    refusal = _attempt(lambda uow: attendance.mark_no_show(uow, uuid))
    return as_it_is(uuid, refusal) if refusal else done(uuid, "absent")


@console.post("/bookings/<uuid:uuid>/no-show/undo")
def undo_no_show(uuid: UUID) -> Response:
    """The invitee came after all."""
    refusal = _attempt(lambda uow: attendance.undo_no_show(uow, uuid))
    return as_it_is(uuid, refusal) if refusal else done(uuid, "present")


@console.post("/bookings/<uuid:uuid>/mail")
def resend(uuid: UUID) -> Response:
    """Send the invitee the confirmation once more."""
    key = request.form.get("key")
    refusal = _attempt(lambda uow: resending.resend(uow, uuid, key=key))
    return as_it_is(uuid, refusal) if refusal else done(uuid, "resent")


def _attempt(change: Callable[[UnitOfWork], object]) -> Refusal | None:
    """Change the booking in a unit of its own; what stood in the way, if anything did."""
    try:
        with begin(caller()) as uow:
            change(uow)
    except (Conflict, Invalid, TooMany) as refusal:
        return refusal
    return None


def as_it_is(uuid: UUID, refusal: Refusal, *, note: str = "") -> Response:
    """The booking's page with what stood in the way."""
    with look(caller()) as uow:
        return shown(uow, uuid, refusal=refusal, note=note)


def done(uuid: UUID, word: str) -> Response:
    """Back to the booking, which says what was done."""
    return see_other(url_for("console.booking_page", uuid=uuid, done=word))


def _decided(uuid: UUID, word: str) -> Response:
    """Back to where the decision was made: home, the list of requests, or the booking."""
    back = request.form.get("back")
    if back == "home":
        return see_other(url_for("console.home", done=word))
    return done(uuid, word)
