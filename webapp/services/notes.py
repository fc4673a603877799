"""Notes that an organization's people write on a booking, for each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.models import Booking, BookingNote, User
from webapp.services import bookings
from webapp.services.steps import idempotency
from webapp.services.unit_of_work import UnitOfWork, use_case

LONGEST = 2000
MOST = 200
"""Notes on one booking."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note. ``author`` is empty when the person is gone; ``is_own``: the caller wrote it."""

    uuid: UUID
    text: str
    author: str
    is_own: bool
    created_at: datetime
    changed_at: datetime | None


@use_case(Permission.BOOKING_READ)
def of_booking(uow: UnitOfWork, booking: Booking) -> list[Note]:
    """The notes on ``booking``, oldest first."""
    rows = uow.session.execute(
        sa.select(BookingNote, User.name)
        .outerjoin(User, User.id == BookingNote.author_id)
        .where(BookingNote.booking_id == booking.id)
        .order_by(BookingNote.created_at, BookingNote.id)
    )
    return [_note(uow, note, author or "") for note, author in rows]


@use_case(Permission.BOOKING_READ)
def one(uow: UnitOfWork, booking_uuid: UUID, uuid: UUID) -> Note:
    """A note of one's own, to be changed. Raises ``NotFound``, ``Forbidden``."""
    return _note(uow, _own(uow, booking_uuid, uuid), "")


@use_case(Permission.BOOKING_CHANGE)
def add(uow: UnitOfWork, booking_uuid: UUID, text: str, *, key: str | None = None) -> None:
    """Write a note. Raises ``Invalid`` for an empty or too long one, ``NotFound``."""
    booking = bookings.by_uuid(uow, booking_uuid)
    cleaned = _cleaned(text)
    if idempotency.claim(uow, "note", key, [booking_uuid, cleaned]) is not None:
        return
    counted = sa.select(sa.func.count()).select_from(BookingNote)
    if (uow.session.scalar(counted.where(BookingNote.booking_id == booking.id)) or 0) >= MOST:
        raise Invalid(f"A booking has at most {MOST} notes", field="text")
    uow.session.add(
        BookingNote(
            uuid=uuid4(),
            booking_id=booking.id,
            author_id=uow.caller.user_id,
            text=cleaned,
            created_at=uow.now,
        )
    )
    uow.record("note.added", f"booking:{booking.id}")
    idempotency.settle(uow, "note", key, booking=booking.id)


@use_case(Permission.BOOKING_CHANGE)
def change(uow: UnitOfWork, booking_uuid: UUID, uuid: UUID, text: str) -> None:
    """Rewrite a note of one's own. Raises ``Invalid``, ``Forbidden``, ``NotFound``."""
    note = _own(uow, booking_uuid, uuid)
    note.text, note.changed_at = _cleaned(text), uow.now
    uow.record("note.changed", f"booking:{note.booking_id}")


@use_case(Permission.BOOKING_CHANGE)
def delete(uow: UnitOfWork, booking_uuid: UUID, uuid: UUID) -> None:
    """Take a note of one's own away. Raises ``Forbidden``, ``NotFound``."""
    note = _own(uow, booking_uuid, uuid)
    uow.session.delete(note)
    uow.record("note.deleted", f"booking:{note.booking_id}")


def _own(uow: UnitOfWork, booking_uuid: UUID, uuid: UUID) -> BookingNote:
    booking = bookings.by_uuid(uow, booking_uuid)
    note = uow.session.scalars(
        sa.select(BookingNote).where(BookingNote.uuid == uuid, BookingNote.booking_id == booking.id)
    ).one_or_none()
    if note is None:
        raise NotFound("there is no such note")
    if note.author_id is None or note.author_id != uow.caller.user_id:
        raise Forbidden("Only who wrote a note can change it")
    return note


def _note(uow: UnitOfWork, note: BookingNote, author: str) -> Note:
    own = note.author_id is not None and note.author_id == uow.caller.user_id
    return Note(note.uuid, note.text, author, own, note.created_at, note.changed_at)


def _cleaned(text: str) -> str:
    cleaned = text.replace("\r\n", "\n").strip()
    if not cleaned:
        raise Invalid("Write something first", field="text")
    if len(cleaned) > LONGEST or "\x00" in cleaned:
        raise Invalid(f"A note has at most {LONGEST} characters", field="text")
    return cleaned
