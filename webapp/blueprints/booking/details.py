"""Screen B, "your details": the draft's form, keeping the time for longer, confirming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request
from werkzeug.wrappers import Response

from webapp.blueprints import limits
from webapp.blueprints.booking import booking, entrance, screens, wording
from webapp.blueprints.booking.choose import profile_path
from webapp.blueprints.booking.forms import (
    DetailsEntry,
    FieldView,
    entry_of,
    instant,
    summary,
)
from webapp.blueprints.booking.manner import Manner, short_day
from webapp.blueprints.booking.screens import Reader, Soon
from webapp.blueprints.pages import see_other
from webapp.domain.errors import (
    AlreadyBooked,
    Conflict,
    FormInvalid,
    Gone,
    Invalid,
    NotFound,
    NotOffered,
    Refusal,
    SlotTaken,
)
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.speech import Sentence
from webapp.domain.zones import zone
from webapp.models import Booking, BookingStatus
from webapp.services import bookings, holds, offers
from webapp.services.directory import OrganizationCard
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_DRAFTS = (BookingStatus.HELD, BookingStatus.LAPSED)
_SHOWN_AFTER = timedelta(hours=1)
"""How long a confirmed draft's address still leads to the receipt: enough for a reload."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """The hold in words; ``until`` is in seconds since 1970 for the one announcement before it."""

    until: int
    words: str
    can_extend: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way of this booking, with other times or a question."""

    title: str
    line: str
    times: tuple[Soon, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class DetailsView:
    """The form's frame: where it goes, what it holds, what is wrong with it."""

    action: str
    key: str
    fields: tuple[FieldView, ...]
    more: tuple[FieldView, ...]
    more_open: bool
    errors: tuple[tuple[str, str], ...]
    submit: str
    consent: str


@booking.get("/<org>/<profile>/b/<draft>")
def details(org: str, profile: str, draft: str) -> Response:
    """The draft's form; a confirmed draft leads to its receipt for a while."""
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        card, held = _draft(uow, profile, draft)
        if held.status not in _DRAFTS:
            return see_other(entrance.carried(_receipt_soon_after(uow, organization, held)))
        problem = None
        if not _is_held(uow, held) and not _still_free(uow, card, held):
            line = Sentence("Somebody else has booked it meanwhile.")
            problem = _gone(uow, card, held, line)
        return _show(uow, organization, card, held, _entry(card, typed=False), problem=problem)


@booking.post("/<org>/<profile>/b/<draft>")
def confirm(org: str, profile: str, draft: str) -> Response:
    """Confirm the draft, or keep its time for longer; whatever was typed stays."""
    organization = entrance.organization_at(org)
    with look(entrance.guest(organization)) as uow:
        card, held = _draft(uow, profile, draft)
        public_id, draft_zone, is_draft = held.public_id, held.zone, held.status in _DRAFTS
    entry, manner = _entry(card, typed=True), entrance.reader_manner()
    if entry.text("keep"):
        return _keep(organization, card, public_id, entry)
    if is_draft:
        limits.count("booking")
    try:
        chosen = instant(entry.text("start")) if entry.text("start") else None
        with begin(entrance.guest(organization)) as uow:
            made = holds.confirm(
                uow,
                public_id,
                entry.details(draft_zone, manner),
                start=chosen,
                key=entrance.form_key(),
            )
            where = _receipt(uow, organization, made)
    except (Invalid, Conflict) as refusal:
        return _refused(organization, card, public_id, entry, refusal)
    return see_other(entrance.carried(where))


def _draft(uow: UnitOfWork, profile: str, draft: str) -> tuple[ProfileCard, Booking]:
    """The draft and its profile; ``NotFound`` when it is no draft of the profile in the address."""
    held = holds.draft(uow, entrance.draft_id(draft))
    entrance.speak_as_booked(held)
    minutes = Interval(held.start_at, held.end_at).minutes
    card = offers.profile_by_id(uow, held.profile_id, duration_minutes=minutes)
    entrance.wear(card.offering.primary_color, card.offering.secondary_color)
    if card.slug.lower() != entrance.profile_slug(profile).lower():
        raise NotFound("there is no such page")
    if card.offering.deleted_at is not None and held.status in _DRAFTS:
        raise Gone("this page was taken down")
    return card, held


def _entry(card: ProfileCard, *, typed: bool) -> DetailsEntry:
    return entry_of(
        request.form if typed else None,
        card.questions,
        phone_asked=card.asks_phone,
        phone_required=card.location_kind == "invitee_phone",
    )


def _is_held(uow: UnitOfWork, held: Booking) -> bool:
    return (
        held.status is BookingStatus.HELD
        and held.expires_at is not None
        and held.expires_at > uow.now
    )


def _still_free(uow: UnitOfWork, card: ProfileCard, held: Booking) -> bool:
    minute = to_minute(held.start_at)
    window = Interval(held.start_at, from_minute(minute + 1))
    asked = offers.offered(uow, card, window, duration_minutes=card.duration_minutes)
    return minute in asked.starts


def _receipt(uow: UnitOfWork, organization: OrganizationCard, made: Booking) -> str:
    return f"/{organization.slug}/m/{bookings.manage_token(uow, made)}"


def _receipt_soon_after(uow: UnitOfWork, organization: OrganizationCard, made: Booking) -> str:
    """The receipt, while whoever knows the draft's address is surely the one who booked."""
    if uow.now - made.updated_at > _SHOWN_AFTER:
        raise NotFound("there is no such draft")
    return _receipt(uow, organization, made)


def _keep(
    organization: OrganizationCard, card: ProfileCard, public_id: str, entry: DetailsEntry
) -> Response:
    """Keep the time once more; the form comes back as it was typed."""
    problem = None
    try:
        with begin(entrance.guest(organization)) as uow:
            holds.extend(uow, public_id)
    except Conflict as refusal:
        say = entrance.reader_manner().say
        line = say("You can still confirm, as long as the time is free.")
        problem = Problem(say(refusal.message), line)
    status = 409 if problem else 200
    with look(entrance.guest(organization)) as uow:
        held = holds.draft(uow, public_id)
        return _show(uow, organization, card, held, entry, problem=problem, status=status)


def _refused(
    organization: OrganizationCard,
    card: ProfileCard,
    public_id: str,
    entry: DetailsEntry,
    refusal: Refusal,
) -> Response:
    """The form again, everything typed kept, with what has to be done first."""
    errors: Mapping[str, str] = {}
    problem, status, say = None, 422, entrance.reader_manner().say
    with look(entrance.guest(organization)) as uow:
        held = holds.draft(uow, public_id)
        if isinstance(refusal, FormInvalid):
            errors = {name: say(told) for name, told in refusal.errors.items()}
        elif isinstance(refusal, AlreadyBooked):
            problem, status = _second(held), 409
        elif isinstance(refusal, SlotTaken):
            problem, status = _gone(uow, card, held, refusal.message, refusal), 409
        else:
            line = say("Nothing was booked. Please try again.")
            problem = Problem(say(refusal.message), line)
            status = 409 if isinstance(refusal, Conflict) else 422
        return _show(
            uow, organization, card, held, entry, errors=errors, problem=problem, status=status
        )


def _second(held: Booking) -> Problem:
    manner = entrance.reader_manner()
    day = short_day(held.start_at.astimezone(zone(held.zone)).date(), manner)
    return Problem(
        manner.say("This address already has a booking on %(day)s", day=day),
        manner.say(
            "Do you want a second one? To change the other, use the link in the mail that we sent "
            "to that address."
        ),
        again=True,
    )


def _gone(
    uow: UnitOfWork, card: ProfileCard, held: Booking, line: str, refusal: Refusal | None = None
) -> Problem:
    """The time cannot be had: the nearest others as buttons that keep the form."""
    manner = entrance.reader_manner()
    wanted = _wanted(held)
    others = offers.alternatives(uow, card, wanted, without=held if _is_held(uow, held) else None)
    reader = _reader(uow, held, manner)
    starts = [to_minute(each) for each in others if each != held.start_at or refusal is None]
    label = wording.clock(wanted.astimezone(zone(held.zone)), manner)
    say = manner.say
    if isinstance(refusal, NotOffered):
        title = say("%(time)s is not offered", time=label)
    else:
        title = say("%(time)s is no longer free", time=label)
    told = say(line).rstrip(".")
    return Problem(
        title,
        say("%(told)s. Everything you typed is still here.", told=told),
        screens.spelled(reader, starts),
    )


def _wanted(held: Booking) -> datetime:
    try:
        return instant(request.form.get("start", ""))
    except Invalid:
        return held.start_at


def _reader(uow: UnitOfWork, held: Booking, manner: Manner) -> Reader:
    minutes = Interval(held.start_at, held.end_at).minutes
    return Reader.of(zone(held.zone), manner, to_minute(uow.now), minutes)


def _show(
    uow: UnitOfWork,
    organization: OrganizationCard,
    card: ProfileCard,
    held: Booking,
    entry: DetailsEntry,
    *,
    errors: Mapping[str, str] | None = None,
    problem: Problem | None = None,
    status: int = 200,
) -> Response:
    """Screen B. ``g.organization`` is for an error page that may follow."""
    g.organization = organization
    manner = entrance.reader_manner()
    local = held.start_at.astimezone(zone(held.zone)).date()
    return entrance.screen(
        "details",
        organization,
        status=status,
        quiet=True,
        about=wording.about(card, manner),
        when=wording.when(
            held.start_at,
            held.end_at,
            held.zone,
            manner,
            hosts=_hosts(card),
            people=wording.whom(card, manner.say),
            where=wording.place(card.location_kind, card.offering.location, manner.say),
        ),
        hold=_hold_view(uow, held, manner),
        problem=problem,
        change_url=entrance.carried(
            f"{profile_path(organization.slug, card.slug)}?d={local.isoformat()}&tz={held.zone}"
            f"&l={card.duration_minutes}&b={held.public_id}"
        ),
        form=_form(organization, card, held, entry, errors or {}),
    )


def _form(
    organization: OrganizationCard,
    card: ProfileCard,
    held: Booking,
    entry: DetailsEntry,
    errors: Mapping[str, str],
) -> DetailsView:
    say = entrance.reader_manner().say
    fields, more = entry.fields(errors, say), entry.more(errors, say)
    path = f"{profile_path(organization.slug, card.slug)}/b/{held.public_id}"
    return DetailsView(
        action=entrance.carried(path),
        key=entrance.new_key(),
        fields=fields,
        more=more,
        more_open=any(field.error or field.value for field in more),
        errors=summary((*fields, *more)),
        submit=say("Send request") if card.needs_approval else say("Confirm booking"),
        consent=say(
            "%(name)s uses your details for this booking only. "
            "You get mails about it, nothing else.",
            name=organization.name,
        ),
    )


def _hosts(card: ProfileCard) -> tuple[tuple[str, str], ...]:
    """Name and zone of everybody who will surely be there."""
    seats = card.offering.hosts
    if len(seats) > 1 and card.required == "one":
        return ()
    return tuple((seat.name, seat.zone) for seat in seats)


def _hold_view(uow: UnitOfWork, held: Booking, manner: Manner) -> HoldView:
    here = zone(held.zone)
    start = wording.clock(held.start_at.astimezone(here), manner)
    if held.expires_at is None:
        return HoldView(0, "", False)
    until = wording.clock(held.expires_at.astimezone(here), manner)
    if _is_held(uow, held):
        words = manner.say("We keep %(time)s for you until %(until)s.", time=start, until=until)
        return HoldView(int(held.expires_at.timestamp()), words, not held.extended)
    words = manner.say(
        "We kept %(time)s for you until %(until)s. If it is still free, you can confirm.",
        time=start,
        until=until,
    )
    return HoldView(0, words, False)
