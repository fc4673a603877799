"""A booking as it stands: the words of its receipt, and its calendar file."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.blueprints.booking import wording
from webapp.blueprints.booking.manner import Manner
from webapp.blueprints.booking.screens import Reader
from webapp.blueprints.booking.wording import When
from webapp.domain import itip
from webapp.domain.zones import zone
from webapp.models import Actor, BookingStatus
from webapp.services.receipts import BookingCard
from webapp.services.unit_of_work import UnitOfWork

_ENDS = (BookingStatus.CANCELLED, BookingStatus.DECLINED)


@dataclass(frozen=True, slots=True)
class Named:
    """What the templates call the thing that is booked."""

    name: str


@dataclass(frozen=True, slots=True)
class State:
    """How the booking stands, in a title and a few lines; ``tone`` is ok, warn or bad."""

    title: str
    tone: str
    lines: tuple[str, ...]
    manage: bool
    can_move: bool
    can_cancel: bool
    struck: bool


def named(card: BookingCard) -> Named:
    """The name of the profile."""
    return Named(card.profile_name)


def when(card: BookingCard, manner: Manner, *, zone_name: str = "") -> When:
    """The booked time, in the invitee's zone or the one they look in."""
    # The link of a meeting is for those who are expected there.
    is_shown = card.location_kind == "link" and card.status is BookingStatus.CONFIRMED
    place = card.location if is_shown else card.location_text
    return wording.when(
        card.start_at,
        card.end_at,
        zone_name or card.zone,
        manner,
        hosts=tuple((host.name, host.zone) for host in card.hosts),
        where=place,
    )


def people(card: BookingCard) -> str:
    """ "Ada Berg and Bela Cruz", or a word for them."""
    return wording.listed(tuple(host.name for host in card.hosts)) if card.hosts else "The host"


def state(card: BookingCard, manner: Manner, *, too_late: str = "") -> State:
    """How the booking stands; ``too_late`` says why a change just asked for was not made."""
    title, tone, lines = _said(card, manner)
    if too_late:
        lines = (f"{too_late}.", *lines)
    return State(
        title=title,
        tone=tone,
        lines=lines,
        manage=card.can_change,
        can_move=card.can_change,
        can_cancel=card.can_change,
        struck=card.status in _ENDS,
    )


def _said(card: BookingCard, manner: Manner) -> tuple[str, str, tuple[str, ...]]:
    if card.status is BookingStatus.DECLINED:
        return "Declined", "bad", (f"{people(card)} could not confirm this request.", *_why(card))
    if card.status is BookingStatus.CANCELLED:
        who = {Actor.INVITEE: "You", Actor.HOST: people(card)}.get(
            card.cancelled_by or Actor.SYSTEM, "The organizer"
        )
        at = wording.moment(card.cancelled_at, card.zone, manner) if card.cancelled_at else ""
        return (
            "Cancelled",
            "bad",
            (f"{who} cancelled this booking{f' on {at}' if at else ''}.", *_why(card)),
        )
    if card.is_past:
        return (
            "This is over",
            "warn",
            ("The booking has taken place; it can no longer be changed.",),
        )
    if not card.can_change:
        return "Under way", "warn", ("It has begun; it can no longer be changed.",)
    if card.status is BookingStatus.PENDING:
        until = wording.moment(card.decide_by, card.zone, manner) if card.decide_by else ""
        by = f" until {until}" if until else ""
        line = f"{people(card)} can confirm it{by}. You get a mail either way."
        return "Requested", "warn", (line,)
    return "Booked", "ok", ()


def _why(card: BookingCard) -> tuple[str, ...]:
    return (f"Reason: {card.cancel_reason}",) if card.cancel_reason else ()


def facts(card: BookingCard) -> tuple[tuple[str, str], ...]:
    """What was noted: pairs of term and value."""
    found = []
    if card.reference is not None:
        found.append(("Reference", str(card.reference)))
    found.append(("Name", card.name))
    found.append(("E-mail", wording.hidden_address(card.email)))
    if card.phone:
        found.append(("Phone", f"••• {card.phone[-3:]}"))
    if card.guests:
        found.append(("Guests", ", ".join(wording.hidden_address(each) for each in card.guests)))
    found += [(label, text) for label, text in card.answers if text]
    return tuple(found)


def next_steps(card: BookingCard) -> tuple[str, ...]:
    """What comes after a booking that stands."""
    if not card.can_change:
        return ()
    address = wording.hidden_address(card.email)
    if card.status is BookingStatus.PENDING:
        first = f"A mail that says so is on its way to {address}."
    else:
        first = f"A mail with the calendar invitation is on its way to {address}."
    return (
        first,
        "Keep this page: its address stays valid and lets you change the time or cancel.",
    )


def reader(card: BookingCard, manner: Manner, minute: int, zone_name: str) -> Reader:
    """Whom other times for this booking are written for."""
    return Reader.of(zone(zone_name), manner, minute, card.duration_minutes)


def invitation(uow: UnitOfWork, card: BookingCard) -> itip.Invitation:
    """The booking as calendar programs want it."""
    host = next((each for each in card.hosts if each.email), None)
    organizer = itip.Organizer(
        host.name if host else people(card),
        host.email if host and host.email else f"bookings@{uow.settings.mail_domain}",
    )
    return itip.Invitation(
        uid=card.uid,
        sequence=card.sequence,
        summary=card.subject,
        start=card.start_at,
        end=card.end_at,
        zone=card.zone,
        organizer=organizer,
        attendees=(),
        created_at=card.created_at,
        written_at=card.updated_at,
        location=_place(card),
        url=uow.settings.base_url + card.manage_path,
    )


def _place(card: BookingCard) -> str:
    """Where it takes place; a conference link is for those whose booking stands."""
    if card.location_kind == "link" and card.status is not BookingStatus.CONFIRMED:
        return card.location_text
    return card.location or card.location_text


def calendar_text(uow: UnitOfWork, card: BookingCard) -> str:
    """The file to download; that of a cancelled booking takes it out of the calendar again."""
    made = invitation(uow, card)
    if card.status in _ENDS:
        return itip.cancel_text(made)
    tentative = card.status is BookingStatus.PENDING
    return itip.publish_text(made, "TENTATIVE" if tentative else "CONFIRMED")
