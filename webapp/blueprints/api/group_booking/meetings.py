"""Booking, reserving, confirming and rescheduling meetings over the group booking surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from flask import Response, after_this_request, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from webapp.blueprints import limits
from webapp.blueprints.api.group_booking.shapes import CAMEL, Id, Instant, Mode, fault
from webapp.blueprints.api.group_booking.times import slug_of, visitor_of
from webapp.blueprints.api.group_booking.wire import ACTING, account_here
from webapp.blueprints.api.kit import Header, Operation
from webapp.blueprints.doors import caller
from webapp.domain.errors import FormInvalid, Invalid, Refusal
from webapp.domain.permissions import Permission
from webapp.domain.required import Required
from webapp.services import group_booking, group_times, program_profiles
from webapp.services.group_booking import LONGEST_RESERVATION_MINUTES, Booked, Order
from webapp.services.holds import Details
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin

T = TypeVar("T")

MOST_NAMED = 1000
LONGEST_FOR_EVERYBODY_MINUTES = 15
"""How long somebody without a key may keep a time that is not booked."""
_LONGEST = 2000
_OLDER: JsonDict = {"deprecated": True, "description": "Use schedulerInfo"}
_KEY = Header(
    "Idempotency-Key",
    "Makes the order once however often it is sent: the same key and body give the same answer.",
    {"type": "string", "maxLength": 255},
)
_FIELDS = {
    "name": "schedulerInfo.name",
    "email": "schedulerInfo.email",
    "phone": "substitutionData.phone",
    "guests": "invitees",
    "start": "time.start",
}


def _minutes(value: Any) -> int:
    text = value if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise fault("Write a whole number of minutes")
    return int(text)


class MeetingQuery(BaseModel):
    """How to book."""

    model_config = CAMEL
    required: Mode | None = None
    reserve_for_minutes: Annotated[
        int,
        BeforeValidator(_minutes),
        WithJsonSchema(
            {"type": "integer", "minimum": 1, "maximum": LONGEST_RESERVATION_MINUTES}
        ),
        Field(
            ge=1,
            le=LONGEST_RESERVATION_MINUTES,
            description="Only keep the time for so long; it is a meeting once it is confirmed",
        ),
    ] | None = None  # fmt: skip
    reschedule_token: Annotated[
        str, Field(max_length=100, description="Move the meeting that this token came with")
    ] | None = None  # fmt: skip


class Time(BaseModel):
    """A start and an end that were offered."""

    model_config = CAMEL
    start: Instant
    end: Instant


class Person(BaseModel):
    """Somebody who comes."""

    model_config = CAMEL
    email: Annotated[str, Field(max_length=_LONGEST)] | None = None
    name: Annotated[str, Field(max_length=_LONGEST)] | None = None


class MeetingIn(BaseModel):
    """The order: when, with whom of those attached, and for whom."""

    model_config = CAMEL
    time: Time
    group_xids: Annotated[list[str], Field(max_length=MOST_NAMED)] | None = None
    account_ids: Annotated[list[Id], Field(max_length=MOST_NAMED)] | None = None
    scheduler_info: Person | None = None
    name: str | None = Field(None, max_length=_LONGEST, json_schema_extra=_OLDER)
    email: str | None = Field(None, max_length=_LONGEST, json_schema_extra=_OLDER)
    invitees: Annotated[list[Person], Field(max_length=100)] | None = None
    substitution_data: Annotated[
        dict[str, Annotated[str, Field(max_length=_LONGEST)]], Field(max_length=100)
    ] | None = None  # fmt: skip


class MeetingOut(BaseModel):
    """What came of an order."""

    model_config = ConfigDict(title="CreateMeetingResponse")
    created: bool
    id: Annotated[str | None, Field(description="The organizer's calendar event")]
    reservationId: Annotated[int | None, Field(description="What to confirm or delete")]  # noqa: N815
    groupXid: Annotated[str | None, Field(description="The group chosen, with required=one")]  # noqa: N815
    rescheduleToken: Annotated[str, Field(description="Lets the invitee reschedule")]  # noqa: N815


class ConfirmedOut(BaseModel):
    """The meeting that a reservation became."""

    id: Annotated[str | None, Field(description="The organizer's calendar event")]
    rescheduleToken: str  # noqa: N815


class OkOut(BaseModel):
    """It is done."""

    status: str


# ------------------------------------------------------------------------------ an order


def order_of(query: MeetingQuery, body: MeetingIn) -> Order:
    """The order that a request makes."""
    person = body.scheduler_info or Person()
    values = dict(body.substitution_data or {})
    return Order(
        body.time.start,
        body.time.end,
        Details(
            name=person.name or body.name or "",
            email=person.email or body.email or "",
            phone=values.get("phone", ""),
            answers=values,
            guests=tuple(each.email for each in body.invitees or () if each.email),
        ),
        accounts=tuple(body.account_ids or ()),
        groups=tuple(body.group_xids or ()),
        required=query.required or Required.ONE,
    )


def in_its_words(act: Callable[[], T]) -> T:
    """Do ``act``; what it refuses is told by the names that this surface gives the fields."""
    try:
        return act()
    except FormInvalid as refusal:
        errors = {_named(field): said for field, said in refusal.errors.items()}
        raise FormInvalid(errors) from None
    except Refusal as refusal:
        if refusal.field:
            refusal.field = _named(refusal.field)
        raise


def _named(field: str) -> str:
    if field.startswith("answer-"):
        return f"substitutionData.{field.removeprefix('answer-')}"
    return _FIELDS.get(field, field)


def told(booked: Booked) -> dict[str, Any]:
    """What came of an order, as it is written."""
    return {
        "created": booked.created,
        "id": booked.event,
        "reservationId": booked.booking.id if booked.booking.reserved else None,
        "groupXid": booked.group,
        "rescheduleToken": booked.reschedule_token,
    }


# ------------------------------------------------------------------------------- the calls


def _book_group(id: int, query: MeetingQuery, body: MeetingIn) -> dict[str, Any]:
    order = order_of(query, body)
    with begin(caller()) as uow:
        program_profiles.found(uow, id)
        return _booked(uow, id, query, order)


def _book_account(id: int, query: MeetingQuery, body: MeetingIn) -> dict[str, Any]:
    with begin(caller()) as uow:
        account_id = account_here(uow)
        program_profiles.found(uow, id, account_id=account_id)
        order = replace(order_of(query, body), groups=())
        return _booked(uow, id, query, order)


def _book_public(
    aurinkoClientId: str,  # noqa: N803 - the published name
    name: str,
    query: MeetingQuery,
    body: MeetingIn,
) -> dict[str, Any]:
    reserve = query.reserve_for_minutes
    if reserve is not None and reserve > LONGEST_FOR_EVERYBODY_MINUTES:
        said = f"Without a key a time is kept for at most {LONGEST_FOR_EVERYBODY_MINUTES} minutes"
        raise Invalid(said, field="reserveForMinutes")
    visitor = visitor_of(aurinkoClientId)
    limits.count("hold")
    if reserve is None:
        limits.count("booking")
    with begin(visitor) as uow:
        facts = group_times.public_facts(uow, slug_of(name))
        required = group_times.public_mode(facts, query.required)
        order = replace(order_of(query, body), required=required)
        if facts.required is Required.ALL:  # whom the page needs, nobody can leave out
            order = replace(order, accounts=(), groups=())
        return _booked(uow, facts.id, query, order, limits.client_source())


def _booked(
    uow: UnitOfWork,
    profile_id: int,
    query: MeetingQuery,
    order: Order,
    fingerprint: str | None = None,
) -> dict[str, Any]:
    token, key = query.reschedule_token, request.headers.get("Idempotency-Key") or None

    def act() -> Booked:
        if token is not None:
            return group_booking.reschedule(uow, profile_id, token, order.start, key=key)
        return group_booking.book(
            uow,
            profile_id,
            order,
            reserve_minutes=query.reserve_for_minutes,
            fingerprint=fingerprint,
            key=key,
        )

    booked = in_its_words(act)
    if booked.replayed:
        after_this_request(_replayed)
    return told(booked)


def _replayed(response: Response) -> Response:
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _confirm_group(id: int) -> dict[str, Any]:
    with begin(caller()) as uow:
        return _confirmed(group_booking.confirm_reservation(uow, id))


def _confirm_account(id: int) -> dict[str, Any]:
    with begin(caller()) as uow:
        account_id = account_here(uow)
        return _confirmed(group_booking.confirm_reservation(uow, id, account_id=account_id))


def _confirmed(booked: Booked) -> dict[str, Any]:
    return {"id": booked.event, "rescheduleToken": booked.reschedule_token}


def _drop_group(id: int) -> dict[str, Any]:
    with begin(caller()) as uow:
        group_booking.drop_reservation(uow, id)
    return {"status": "Ok"}


def _drop_account(id: int) -> dict[str, Any]:
    with begin(caller()) as uow:
        group_booking.drop_reservation(uow, id, account_id=account_here(uow))
    return {"status": "Ok"}


def _calls(level: str, book: Any, confirm: Any, drop: Any) -> tuple[Operation, ...]:
    acting = (ACTING,) if level == "account" else ()
    reading = (Permission.PROFILE_READ,) if acting else ()
    called, reservation = f"booking{level.title()}", f"/{level}/reservations/{{id}}"
    tag = f"{level.title()} booking"
    return (
        Operation(
            *("POST", f"/{level}/profiles/{{id}}/meeting", f"{called}CreateMeeting", book),
            "Book a meeting, or reserve its time",
            MeetingOut,
            permission=Permission.BOOKING_CREATE,
            also=(Permission.PROFILE_READ,),
            query=MeetingQuery,
            body=MeetingIn,
            headers=(*acting, _KEY),
            tag=tag,
            conflicts=True,
            gone=True,
        ),
        Operation(
            *("POST", f"{reservation}/confirm", f"{called}ReservationConfirm", confirm),
            "Turn a reservation into a meeting",
            ConfirmedOut,
            permission=Permission.BOOKING_CHANGE,
            also=(Permission.BOOKING_CREATE, *reading),
            headers=acting,
            tag=tag,
            conflicts=True,
            gone=True,
        ),
        Operation(
            *("DELETE", reservation, f"{called}ReservationDelete", drop),
            "Give a reserved time back",
            OkOut,
            permission=Permission.BOOKING_CHANGE,
            also=reading,
            headers=acting,
            tag=tag,
            conflicts=True,
        ),
    )


OPERATIONS: tuple[Operation, ...] = (
    *_calls("group", _book_group, _confirm_group, _drop_group),
    *_calls("account", _book_account, _confirm_account, _drop_account),
    Operation(
        *("POST", "/{aurinkoClientId}/{name}/meeting", "createMeeting", _book_public),
        "Book a meeting by the profile's name, for everybody",
        MeetingOut,
        query=MeetingQuery,
        body=MeetingIn,
        headers=(_KEY,),
        tag="Public booking",
        conflicts=True,
        gone=True,
    ),
)
