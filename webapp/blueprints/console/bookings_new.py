"""Booking for somebody: choose the profile, the time, and write down who comes."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)

from webapp.blueprints.console import bookings_times
from webapp.blueprints.console.bookings import lasting
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import (
    AlreadyBooked,
    Conflict,
    FormInvalid,
    Invalid,
    NotFound,
    Refusal,
    SlotTaken,
)
from webapp.domain.questions import LONGEST_ANSWER, Question
from webapp.models import BookingStatus
from webapp.services import behalf, offers, profiles
from webapp.services.holds import Details
from webapp.services.offers import ProfileCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look


class WhoForm(Form):
    """Who comes; a profile's questions are added as ``q0``, ``q1`` ..."""

    name = StringField("Name")
    email = EmailField("E-mail address")
    phone = TelField("Phone number")
    guests = TextAreaField("Guests")
    zone = StringField("Their time zone")
    second_ok = BooleanField("Book a second one on that day")


_KINDS: dict[str, type[Field]] = {"textarea": TextAreaField, "phone": TelField}


@lru_cache(maxsize=256)
def _form_class(questions: tuple[Question, ...]) -> type[WhoForm]:
    fields: dict[str, Any] = {}
    for place, question in enumerate(questions):
        if question.type == "select":
            choices = [("", "Choose one"), *((each, each) for each in question.options)]
            made: Any = SelectField(question.label, choices=choices, validate_choice=False)
        elif question.type == "checkbox":
            made = BooleanField(question.label)
        else:
            made = _KINDS.get(question.type, StringField)(question.label)
        fields[f"q{place}"] = made
    return type("AskedForm", (WhoForm,), fields)


@console.get("/bookings/new")
def new_booking() -> Response:
    """Choose what, when and who, one after the other; the address says how far one has come."""
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        card = _card(uow, request.args.get("profile", ""), request.args.get("length", ""))
        if card is None:
            return _choose_profile(uow)
        try:
            start = bookings_times.asked_start(request.args, clock)
        except Invalid as refusal:
            return _choose_time(uow, card, clock, refusal=refusal)
        if start is None:
            return _choose_time(uow, card, clock)
        if not bookings_times.is_offered(uow, card, start):
            gone = SlotTaken(f"{clock.moment(start)} is not offered or not free.")
            return _choose_time(uow, card, clock, refusal=gone, wanted=start)
        form = _form_class(card.questions)(data=_defaults(card))
        return _write_down(uow, card, clock, start, form)


def _card(uow: UnitOfWork, profile: str, length: str) -> ProfileCard | None:
    """The chosen profile with the chosen length; ``NotFound`` for what cannot be booked."""
    if not profile:
        return None
    if not (profile.isascii() and profile.isdigit() and len(profile) < 19):
        raise NotFound("there is no such booking profile")
    minutes = int(length) if length.isascii() and length.isdigit() and len(length) < 6 else None
    card = offers.profile_by_id(uow, int(profile), duration_minutes=minutes)
    if card.offering.deleted_at is not None:
        raise NotFound("there is no such booking profile")
    return card


def _choose_profile(uow: UnitOfWork) -> Response:
    found = [
        (
            profile.name,
            ", ".join(lasting(minutes) for minutes in profile.durations),
            url_for("console.new_booking", profile=profile.id),
            profile.paused,
        )
        for profile in profiles.all_profiles(uow)
    ]
    return page("new", "bookings", part="console/_booking_new.html", profiles=found)


def _choose_time(
    uow: UnitOfWork,
    card: ProfileCard,
    clock: Clock,
    *,
    refusal: Refusal | None = None,
    wanted: datetime | None = None,
) -> Response:
    def to(**query: Any) -> str:
        chosen: dict[str, Any] = {"profile": card.id, "length": card.duration_minutes}
        return url_for("console.new_booking", **(chosen | query))

    field = refusal.field if refusal and refusal.field in ("on", "at") else ""
    return page(
        "new_time",
        "bookings",
        part="console/_booking_new_time.html",
        status=200 if refusal is None else 422 if isinstance(refusal, Invalid) else 409,
        profile=card,
        lengths=[
            (lasting(each), to(length=str(each)), each == card.duration_minutes)
            for each in card.durations
        ],
        week=bookings_times.week_of(uow, card, request.args, clock, to),
        zone=clock.place,
        action=url_for("console.new_booking"),
        kept=[("profile", str(card.id)), ("length", str(card.duration_minutes))],
        refusal=refusal.message if refusal and not field else "",
        errors={field: refusal.message} if refusal and field else {},
        typed=request.args,
        soon=bookings_times.alternatives(uow, card, wanted, clock, to) if wanted else (),
    )


def _defaults(card: ProfileCard) -> dict[str, Any]:
    answers: dict[str, Any] = {
        f"q{place}": bool(question.default) if question.type == "checkbox" else question.default
        for place, question in enumerate(card.questions)
    }
    return {"zone": card.zone} | answers


def _write_down(
    uow: UnitOfWork,
    card: ProfileCard,
    clock: Clock,
    start: datetime,
    form: WhoForm,
    *,
    refusal: Refusal | None = None,
) -> Response:
    """The form; after a lost time with the nearest others as buttons that keep what was typed."""
    length = lasting(card.duration_minutes)
    lost = isinstance(refusal, SlotTaken)
    soon = bookings_times.alternatives(uow, card, start, clock, lambda **_: "") if lost else ()
    return page(
        "new_who",
        "bookings",
        part="console/_booking_new_who.html",
        status=200 if refusal is None else 422 if isinstance(refusal, Invalid) else 409,
        profile=card,
        day=clock.full(start),
        time=clock.time(start),
        length=length,
        zone=clock.place,
        start=start.strftime("%Y-%m-%dT%H:%MZ"),
        form=form,
        questions=[(form[f"q{i}"], question) for i, question in enumerate(card.questions)],
        refusal=refusal.message if refusal and not isinstance(refusal, FormInvalid) else "",
        second=isinstance(refusal, AlreadyBooked),
        soon=soon,
        other=url_for("console.new_booking", profile=card.id, length=card.duration_minutes),
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )


@console.post("/bookings/new")
def book_new() -> Response:
    """Book it: the public page's own steps, in one transaction."""
    with look(caller()) as uow:
        card = _card(uow, request.form.get("profile", ""), request.form.get("length", ""))
        if card is None:
            raise NotFound("there is no such booking profile")
    form = _form_class(card.questions)(request.form)
    start = None
    try:
        start = bookings_times.instant(request.form.get("start", ""))
        with begin(caller()) as uow:
            booking = behalf.book(
                uow,
                card.id,
                start,
                _details(card, form),
                duration_minutes=card.duration_minutes,
                key=request.form.get("key"),
            )
            word = "asked" if booking.status is BookingStatus.PENDING else "booked"
            where: UUID = booking.uuid
    except (Invalid, Conflict) as refusal:
        return _again(card, form, start, refusal)
    return see_other(url_for("console.booking_page", uuid=where, done=word))


def _again(
    card: ProfileCard, form: WhoForm, start: datetime | None, refusal: Invalid | Conflict
) -> Response:
    """The same page with everything typed, and what is wrong at its field."""
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        if start is None:
            return _choose_time(uow, card, clock, refusal=refusal)
        errors = refusal.errors if isinstance(refusal, FormInvalid) else {}
        places = {f"answer-{each.name}": f"q{i}" for i, each in enumerate(card.questions)}
        for name, sentence in errors.items():
            field = form[places.get(name, name)]
            field.errors = [*field.errors, sentence]
        if isinstance(refusal, Invalid) and not errors and refusal.field and refusal.field in form:
            form[refusal.field].errors = [refusal.message]
        return _write_down(uow, card, clock, start, form, refusal=refusal)


def _details(card: ProfileCard, form: WhoForm) -> Details:
    def text(name: str) -> str:
        value = form[name].data
        if isinstance(value, bool):
            return "yes" if value else ""
        return (value or "")[: LONGEST_ANSWER + 1]

    return Details(
        name=text("name"),
        email=text("email"),
        phone=text("phone"),
        answers={each.name: text(f"q{i}") for i, each in enumerate(card.questions)},
        guests=tuple(text("guests").replace(",", "\n").split("\n")),
        zone=text("zone"),
        second_ok=bool(form.second_ok.data),
    )
