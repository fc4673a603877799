"""Everything an organization keeps, as JSON and iCalendar, read some hundred rows at a time.

Every table of an organization is exported unless it is named here with the reason; a column is
left out when it is or may hold a secret.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.icsexport import HEAD, TAIL, vevent_text
from webapp.domain.permissions import Permission
from webapp.models import (
    Base,
    Booking,
    BookingProfile,
    BookingStatus,
    Event,
    Membership,
    Organization,
    OrganizationScoped,
    User,
    table_of,
)
from webapp.services.export_files import Member
from webapp.services.steps.notices import uid_of
from webapp.services.unit_of_work import UnitOfWork, use_case

ROWS = 1000
"""Rows of one slice."""
FIRST = ("organization", "people", "bookings.ics")
"""What is no table of its own; the tables come after them, by name."""

LEFT_OUT = {
    "idempotency_key": "it only keeps requests from being done twice, for some days",
    "long_work": "it is about exports like this one",
    "onboarding_step": "it only ticks off the first day",
    "organization_logo": "it can be downloaded from the public page",
    "profile_link_draft": "it only joins a hold to a link, for some minutes",
}
SECRET = {
    "calendar_feed.url": "whoever knows it reads that calendar",
    "message.values": "it holds the links with which people change their bookings",
}
"""Columns that are left out by name; all bytes are, but these:"""
SHOWN_BYTES = frozenset(
    {"audit_entry.chain_hash", "audit_entry.personal_digest", "audit_chain.hash"}
)
_SHOWN_IN_ICS = {
    BookingStatus.CONFIRMED: "CONFIRMED",
    BookingStatus.PENDING: "TENTATIVE",
    BookingStatus.CANCELLED: "CANCELLED",
    BookingStatus.DECLINED: "CANCELLED",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows as text for the file ``key``; ``after``: where the next piece begins, or None."""

    key: str
    text: str
    count: int
    after: int | None


def tables() -> dict[str, type[Base]]:
    """Every table of an organization that is exported, by name."""
    found: dict[str, type[Base]] = {
        str(mapper.class_.__tablename__): mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, OrganizationScoped) and issubclass(mapper.class_, Base)
    }
    return {name: found[name] for name in sorted(found) if name not in LEFT_OUT}


def members() -> list[str]:
    """Everything that is read, in order."""
    return [*FIRST, *tables()]


def columns_of(model: type[Base]) -> list[sa.Column[Any]]:
    """The columns of a table that are exported."""
    named = {f"{model.__tablename__}.{column.name}": column for column in table_of(model).columns}
    return [
        column
        for name, column in named.items()
        if name in SHOWN_BYTES
        or (name not in SECRET and not isinstance(column.type, sa.LargeBinary))
    ]


@use_case(Permission.UPKEEP)
def count_all(uow: UnitOfWork) -> int:
    """How many rows there are to export, about."""
    counted = (_rows_of(name, model) for name, model in tables().items())
    total = sum(
        uow.session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0
        for rows in counted
    )
    return total + 2 + (uow.session.scalar(sa.select(sa.func.count(Booking.id))) or 0)


@use_case(Permission.UPKEEP)
def read_slice(uow: UnitOfWork, key: str, after: int) -> tuple[list[Piece], str, int]:
    """About ``ROWS`` rows from ``after`` in ``key`` on, over as many files as that takes.

    Gives them with the file and the row where the next slice begins; "" when there are no more.
    """
    order, found, rows = members(), [], 0
    while key and rows < ROWS:
        piece = _read(uow, key, after)
        found.append(piece)
        rows += piece.count
        if piece.after is None:
            key = next(iter(order[order.index(key) + 1 :]), "")
        after = piece.after or 0
    return found, key, after


def _read(uow: UnitOfWork, member: str, after: int) -> Piece:
    if member == "organization":
        return _organization(uow)
    if member == "people":
        return _people(uow)
    if member == "bookings.ics":
        return _calendar(uow, after)
    model = tables()[member]
    chosen, number = columns_of(model), _number(model)
    rows = uow.session.execute(
        _rows_of(member, model).where(number > after).order_by(number).limit(ROWS)
    ).all()
    texts = [
        _json({column.name: value for column, value in zip(chosen, row, strict=True)})
        for row in rows
    ]
    last = getattr(rows[-1], number.key) if len(rows) == ROWS else None
    return Piece(member, ",\n".join(texts), len(rows), last)


def _rows_of(name: str, model: type[Base]) -> sa.Select[Any]:
    chosen = [getattr(model, _attribute(model, column)) for column in columns_of(model)]
    rows = sa.select(*chosen)
    # Events that came from outside belong to the host who linked them, not to the organization.
    return rows.where(Event.meeting_id.is_not(None)) if name == "event" else rows


def _attribute(model: type[Base], column: sa.Column[Any]) -> str:
    return str(sa.inspect(model).get_property_by_column(column).key)


def _number(model: type[Base]) -> Any:
    """The column that numbers a table's rows."""
    (column,) = table_of(model).primary_key.columns
    return getattr(model, _attribute(model, column))


def _organization(uow: UnitOfWork) -> Piece:
    own = uow.session.get_one(Organization, uow.organization_id)
    values = {column.name: getattr(own, column.name) for column in columns_of(Organization)}
    return Piece("organization", _json(values), 1, None)


def _people(uow: UnitOfWork) -> Piece:
    rows = uow.session.execute(
        sa.select(User.id, User.uuid, User.name, User.email, User.slug, User.zone, User.is_room)
        .add_columns(Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .order_by(User.id)
    ).all()
    return Piece("people", ",\n".join(_json(dict(row._mapping)) for row in rows), len(rows), None)


def _calendar(uow: UnitOfWork, after: int) -> Piece:
    rows = uow.session.execute(
        sa.select(Booking, BookingProfile.name, BookingProfile.location)
        .join(BookingProfile, BookingProfile.id == Booking.profile_id)
        .where(Booking.id > after)
        .order_by(Booking.id)
        .limit(ROWS)
    ).all()
    text = "".join(
        vevent_text(
            uid=uid_of(uow, booking),
            sequence=booking.sequence,
            summary=f"{profile}: {booking.name}",
            start=booking.start_at,
            end=booking.end_at,
            status=_SHOWN_IN_ICS[booking.status],
            created=booking.created_at,
            changed=booking.updated_at,
            description="\n".join(part for part in (booking.email, booking.phone) if part),
            location=location,
        )
        for booking, profile, location in rows
        if booking.status in _SHOWN_IN_ICS
    )
    last = rows[-1][0].id if len(rows) == ROWS else None
    return Piece("bookings.ics", text, len(rows), last)


def files(runs: dict[str, Sequence[Sequence[int]]]) -> list[Member]:
    """The files of the zip; ``runs`` say for each which parts there are."""
    made = []
    for name in members():
        parts = [(int(fence), int(count)) for fence, count in runs.get(name, ())]
        if name == "bookings.ics":
            made.append(Member(name, name, parts, HEAD, "", TAIL))
        else:
            made.append(Member(name, f"{name}.json", parts, "[\n", ",\n", "\n]\n"))
    return made


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} cannot be exported")


def readme(name: str, made_at: datetime, counts: dict[str, int]) -> str:
    """What is in the zip, for whoever opens it years later."""
    lines = [
        f"Everything that Kalends keeps for {name}, asked for on {made_at:%d %B %Y at %H:%M} UTC.",
        "",
        "Rows that were written while the files were made may be in some of them and missing in",
        "others.",
        "",
        "* `bookings.ics`: every booking as an event, for a calendar program.",
        "* `*.json`: one file per table, one object per row, UTF-8. Times are UTC and end in Z.",
        "  `something_id` is the `id` of a row of the table `something`; `host_id` and `user_id`",
        "  are those of people.",
        "",
        "| file | rows |",
        "|---|---|",
        *(
            f"| {key if key.endswith('.ics') else f'{key}.json'} | {counts.get(key, 0)} |"
            for key in members()
        ),
        "",
        "Left out:",
        "",
        *(f"* `{key}`: {why}." for key, why in sorted((LEFT_OUT | SECRET).items())),
        "* secrets and their hashes: passwords, keys, tokens of links.",
        "* events of linked calendars: they belong to whoever linked them.",
        "",
    ]
    return "\n".join(lines)
