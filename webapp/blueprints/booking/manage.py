"""Screens C, D and E: the receipt, changing the time, cancelling. Whoever has the link may.

Only POST changes anything: mail scanners open every link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request
from werkzeug.wrappers import Response

from webapp.blueprints import limits
from webapp.blueprints.booking import booking, entrance, screens, standing, wording
from webapp.blueprints.booking.choose import profile_path
from webapp.blueprints.booking.forms import instant
from webapp.blueprints.booking.manner import Manner
from webapp.blueprints.booking.times import Taken, reader_of, times_form, times_of
from webapp.blueprints.pages import see_other
from webapp.domain import itip
from webapp.domain.errors import Conflict, Invalid, NotOffered, SlotTaken
from webapp.domain.span import to_minute
from webapp.domain.speech import Sentence
from webapp.domain.zones import zone
from webapp.models import Actor, Booking
from webapp.services import bookings, offers, receipts
from webapp.services.directory import OrganizationCard
from webapp.services.receipts import BookingCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a booking's pages are."""

    manage: str
    move: str
    cancel: str
    choose: str
    again: str = ""


@dataclass(frozen=True, slots=True)
class ReasonForm:
    """The small form of a change: its key, what was chosen, what was said."""

    key: str
    start: str = ""
    tz: str = ""
    reason: str = ""
    hint: str = ""


@booking.get("/<org>/m/<token>")
def receipt(org: str, token: str) -> Response:
    """The receipt, which is also where a booking is managed; ``.ics`` gives the calendar file."""
    limits.count("manage")
    organization = entrance.organization_at(org)
    as_file = token.endswith(".ics")
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token.removesuffix(".ics"))
        if as_file:
            return _calendar_file(uow, organization, made)
        return _receipt(uow, organization, made)


@booking.get("/<org>/m/<token>/move")
def move(org: str, token: str) -> Response:
    """Choose a new time, and then look at old and new before anything changes."""
    limits.count("manage")
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token)
        card = receipts.card(uow, made)
        if not card.can_change:
            return see_other(entrance.carried(card.manage_path))
        if "start" in request.args:
            try:
                return _confirm_move(organization, card, instant(request.args["start"]))
            except Invalid as refusal:
                say = entrance.reader_manner().say
                taken = Taken(say("Choose a time"), f"{say(refusal.message)}.")
                return _choose_move(uow, organization, made, card, taken=taken, status=422)
        return _choose_move(uow, organization, made, card)


@booking.post("/<org>/m/<token>/move")
def do_move(org: str, token: str) -> Response:
    """Change the time; 409 with other times when somebody was faster."""
    limits.count("manage")
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token)
        uuid, path = made.uuid, receipts.card(uow, made).manage_path
    start = None
    try:
        start = instant(request.form.get("start", ""))
        with begin(entrance.guest(organization)) as uow:
            bookings.move(
                uow, uuid, start, by=Actor.INVITEE, reason=_reason(), key=entrance.form_key()
            )
    except SlotTaken as refusal:
        return _lost_move(organization, token, refusal, start, 409)
    except Invalid as refusal:
        return _lost_move(organization, token, refusal, start, 422)
    except Conflict as refusal:
        return _too_late(organization, token, refusal)
    return see_other(entrance.carried(path))


@booking.get("/<org>/m/<token>/cancel")
def cancel(org: str, token: str) -> Response:
    """What would be cancelled, and a way back."""
    limits.count("manage")
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        card = receipts.card(uow, _by_link(uow, token))
        if not card.can_change:
            return see_other(entrance.carried(card.manage_path))
        manner = entrance.reader_manner()
        hint = manner.say("%(names)s will read it.", names=standing.people(card, manner.say))
        return entrance.screen(
            "cancel",
            organization,
            quiet=True,
            about=standing.named(card),
            when=standing.when(card, manner),
            urls=_addresses(organization, card),
            form=ReasonForm(entrance.new_key(), hint=hint),
        )


@booking.post("/<org>/m/<token>/cancel")
def do_cancel(org: str, token: str) -> Response:
    """Cancel, and show the receipt of that."""
    limits.count("manage")
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token)
        uuid, path = made.uuid, receipts.card(uow, made).manage_path
    try:
        with begin(entrance.guest(organization)) as uow:
            bookings.cancel(uow, uuid, by=Actor.INVITEE, reason=_reason(), key=entrance.form_key())
    except Conflict as refusal:
        return _too_late(organization, token, refusal)
    return see_other(entrance.carried(path))


def _by_link(uow: UnitOfWork, token: str) -> Booking:
    made = bookings.by_manage_link(uow, entrance.manage_token(token))
    entrance.speak_as_booked(made)
    return made


def _reason() -> str:
    return request.form.get("reason", "")[: _LONGEST_REASON + 1]


def _addresses(organization: OrganizationCard, card: BookingCard) -> Addresses:
    path = card.manage_path
    profile = profile_path(organization.slug, card.profile_slug)
    local = card.start_at.astimezone(zone(card.zone)).date()
    return Addresses(
        manage=entrance.carried(path),
        move=entrance.carried(f"{path}/move"),
        cancel=entrance.carried(f"{path}/cancel"),
        choose=entrance.carried(f"{path}/move?d={local.isoformat()}"),
        again="" if card.can_change else entrance.carried(f"{profile}?tz={card.zone}"),
    )


def _receipt(
    uow: UnitOfWork,
    organization: OrganizationCard,
    made: Booking,
    *,
    too_late: str = "",
    status: int = 200,
) -> Response:
    card = receipts.card(uow, made)
    manner = entrance.reader_manner()
    links: tuple[tuple[str, str], ...] = ()
    if card.can_change:
        added = itip.add_links(standing.invitation(uow, card, manner.say))
        links = (
            (manner.say("Calendar file"), f"{card.manage_path}.ics"),
            *((link.name, link.url) for link in added),
        )
    return entrance.screen(
        "receipt",
        organization,
        status=status,
        quiet=True,
        about=standing.named(card),
        when=standing.when(card, manner),
        state=standing.state(card, manner, too_late=too_late),
        facts=standing.facts(card, manner.say),
        next_steps=standing.next_steps(card, manner.say),
        calendars=links,
        urls=_addresses(organization, card),
    )


def _calendar_file(uow: UnitOfWork, organization: OrganizationCard, made: Booking) -> Response:
    """The booking as a file for any calendar program."""
    card = receipts.card(uow, made)
    text = standing.calendar_text(uow, card, entrance.reader_manner().say)
    response = Response(text.encode(), content_type="text/calendar; charset=utf-8")
    name = f"{organization.slug}-{card.reference or 'booking'}.ics"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _choose_move(
    uow: UnitOfWork,
    organization: OrganizationCard,
    made: Booking,
    card: BookingCard,
    *,
    taken: Taken | None = None,
    status: int = 200,
) -> Response:
    """Screen A in the manner of a move: the own time counts as free."""
    profile = offers.profile_by_id(uow, made.profile_id, duration_minutes=card.duration_minutes)
    urls = _addresses(organization, card)
    asked, reader = reader_of(
        uow,
        profile,
        request.args,
        path=f"{card.manage_path}/move",
        zone_name=card.zone,
        duration_minutes=card.duration_minutes,
        carry_duration=False,
        locked=profile.zone_locked,
    )
    view = times_of(uow, profile, asked, reader, without=made)
    form = times_form(profile, asked, reader, view, method="get", action=reader.path, lengths=False)
    part_alone = taken is None and request.headers.get("HX-Target") == "times"
    return entrance.screen(
        "move",
        organization,
        status=status,
        quiet=True,
        part="times" if part_alone else None,
        push=view.address if part_alone else "",
        about=standing.named(card),
        when=standing.when(card, asked.manner),
        times=view,
        form=form,
        taken=taken,
        urls=urls,
    )


def _confirm_move(organization: OrganizationCard, card: BookingCard, start: datetime) -> Response:
    """Old and new, side by side; nothing is kept for the visitor meanwhile."""
    if start == card.start_at:
        raise Invalid(Sentence("That is the time you have"), field="start")
    manner = entrance.reader_manner()
    length = card.end_at - card.start_at
    zone_name = _zone_of(card)
    return entrance.screen(
        "move_confirm",
        organization,
        quiet=True,
        about=standing.named(card),
        old=standing.when(card, manner, zone_name=zone_name),
        when=wording.when(start, start + length, zone_name, manner),
        urls=_addresses(organization, card),
        form=ReasonForm(entrance.new_key(), start=request.args["start"], tz=zone_name),
    )


def _zone_of(card: BookingCard) -> str:
    """The zone that the visitor looked at times in, else the booking's."""
    try:
        return zone(request.values.get("tz", "")[:64] or card.zone).key
    except Invalid:
        return card.zone


def _lost_move(
    organization: OrganizationCard,
    token: str,
    refusal: Invalid | SlotTaken,
    start: datetime | None,
    status: int,
) -> Response:
    """The times again, what happened first, the nearest others as buttons."""
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token)
        card = receipts.card(uow, made)
        profile = offers.profile_by_id(uow, made.profile_id, duration_minutes=card.duration_minutes)
        soon: tuple[screens.Soon, ...] = ()
        if start is not None and profile.state == "active":
            others = offers.alternatives(
                uow, profile, start, without=made, duration_minutes=card.duration_minutes
            )
            manner: Manner = entrance.reader_manner()
            reader = standing.reader(card, manner, to_minute(uow.now), _zone_of(card))
            minutes = [to_minute(each) for each in others if each != card.start_at]
            soon = screens.spelled(reader, minutes)
        say = entrance.reader_manner().say
        title = say("That time is no longer free")
        if isinstance(refusal, (Invalid, NotOffered)):
            title = say(refusal.message)
        taken = Taken(title, say("Your booking stays as it is."), soon)
        return _choose_move(uow, organization, made, card, taken=taken, status=status)


def _too_late(organization: OrganizationCard, token: str, refusal: Conflict) -> Response:
    """It was cancelled already, or is past: the receipt says so."""
    with look(entrance.guest(organization)) as uow:
        made = _by_link(uow, token)
        return _receipt(uow, organization, made, too_late=refusal.message, status=409)
