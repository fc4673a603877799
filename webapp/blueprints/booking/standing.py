"""A booking as it stands: the words of its receipt, and its calendar file."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.blueprints.booking import wording
from webapp.blueprints.booking.manner import Manner
from webapp.blueprints.booking.screens import Reader
from webapp.blueprints.booking.wording import When
from webapp.domain import itip
from webapp.domain.speech import Speech
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
    place = (
        card.location if is_shown else wording.place(card.location_kind, card.location, manner.say)
    )
    return wording.when(
        card.start_at,
        card.end_at,
        zone_name or card.zone,
        manner,
        hosts=tuple((host.name, host.zone) for host in card.hosts),
        where=place,
    )


def people(card: BookingCard, say: Speech) -> str:
    """ "Ada Berg and Bela Cruz", or a word for them."""
    if not card.hosts:
        return say("The host")
    return say.idiom.listed([host.name for host in card.hosts])


def state(card: BookingCard, manner: Manner, *, too_late: str = "") -> State:
    """How the booking stands; ``too_late`` says why a change just asked for was not made."""
    title, tone, lines = _said(card, manner)
    if too_late:
        lines = (f"{manner.say(too_late)}.", *lines)
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
    say = manner.say
    if card.status is BookingStatus.DECLINED:
        line = say("%(names)s could not confirm this request.", names=people(card, say))
        return say("Declined"), "bad", (line, *_why(card, say))
    if card.status is BookingStatus.CANCELLED:
        return say("Cancelled"), "bad", (_cancelled(card, manner), *_why(card, say))
    if card.is_past:
        line = say("The booking has taken place; it can no longer be changed.")
        return say("This is over"), "warn", (line,)
    if not card.can_change:
        return say("Under way"), "warn", (say("It has begun; it can no longer be changed."),)
    if card.status is BookingStatus.PENDING:
        return say("Requested"), "warn", (_requested(card, manner),)
    return say("Booked"), "ok", ()


def _cancelled(card: BookingCard, manner: Manner) -> str:
    """Who cancelled it, and when."""
    say, names = manner.say, people(card, manner.say)
    at = wording.moment(card.cancelled_at, card.zone, manner) if card.cancelled_at else ""
    if card.cancelled_by is Actor.INVITEE:
        if at:
            return say("You cancelled this booking on %(moment)s.", moment=at)
        return say("You cancelled this booking.")
    if card.cancelled_by is not Actor.HOST:
        names = say("The organizer")
    if at:
        return say("%(names)s cancelled this booking on %(moment)s.", names=names, moment=at)
    return say("%(names)s cancelled this booking.", names=names)


def _requested(card: BookingCard, manner: Manner) -> str:
    """Who decides, until when, and how the invitee hears of it."""
    say, names = manner.say, people(card, manner.say)
    if card.decide_by is None:
        if not card.email:
            return say("%(names)s can confirm it. This page says so then.", names=names)
        return say("%(names)s can confirm it. You get a mail either way.", names=names)
    moment = wording.moment(card.decide_by, card.zone, manner)
    if not card.email:
        return say(
            "%(names)s can confirm it until %(moment)s. This page says so then.",
            names=names,
            moment=moment,
        )
    return say(
        "%(names)s can confirm it until %(moment)s. You get a mail either way.",
        names=names,
        moment=moment,
    )


def _why(card: BookingCard, say: Speech) -> tuple[str, ...]:
    return (say("Reason: %(words)s", words=card.cancel_reason),) if card.cancel_reason else ()


def facts(card: BookingCard, say: Speech) -> tuple[tuple[str, str], ...]:
    """What was noted: pairs of term and value."""
    found = []
    if card.reference is not None:
        found.append((say("Reference"), str(card.reference)))
    found.append((say("Name"), card.name))
    if card.email:
        found.append((say("E-mail"), wording.hidden_address(card.email)))
    if card.phone:
        found.append((say("Phone"), f"••• {card.phone[-3:]}"))
    if card.guests:
        guests = ", ".join(wording.hidden_address(each) for each in card.guests)
        found.append((say("Guests"), guests))
    found += [(label, text) for label, text in card.answers if text]
    return tuple(found)


def next_steps(card: BookingCard, say: Speech) -> tuple[str, ...]:
    """What comes after a booking that stands."""
    if not card.can_change:
        return ()
    keep = say("Keep this page: its address stays valid and lets you change the time or cancel.")
    if not card.email:
        return (keep,)
    address = wording.hidden_address(card.email)
    if card.status is BookingStatus.PENDING:
        first = say("A mail that says so is on its way to %(address)s.", address=address)
    else:
        first = say(
            "A mail with the calendar invitation is on its way to %(address)s.", address=address
        )
    return first, keep


def reader(card: BookingCard, manner: Manner, minute: int, zone_name: str) -> Reader:
    """Whom other times for this booking are written for."""
    return Reader.of(zone(zone_name), manner, minute, card.duration_minutes)


def invitation(uow: UnitOfWork, card: BookingCard, say: Speech) -> itip.Invitation:
    """The booking as calendar programs want it."""
    host = next((each for each in card.hosts if each.email), None)
    organizer = itip.Organizer(
        host.name if host else people(card, say),
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
        location=_place(card, say),
        url=uow.settings.base_url + card.manage_path,
    )


def _place(card: BookingCard, say: Speech) -> str:
    """Where it takes place; a conference link is for those whose booking stands."""
    if card.location_kind == "link" and card.status is not BookingStatus.CONFIRMED:
        return wording.place(card.location_kind, card.location, say)
    return card.location or wording.place(card.location_kind, card.location, say)


def calendar_text(uow: UnitOfWork, card: BookingCard, say: Speech) -> str:
    """The file to download; that of a cancelled booking takes it out of the calendar again."""
    made = invitation(uow, card, say)
    if card.status in _ENDS:
        return itip.cancel_text(made)
    tentative = card.status is BookingStatus.PENDING
    return itip.publish_text(made, "TENTATIVE" if tentative else "CONFIRMED")
