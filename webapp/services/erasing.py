"""Erasing a person: everything personal about whoever booked with a mail address.

The bookings stay as times without a name, so that counts and hosts' histories hold. What somebody
noted or wrote about the person goes; mails that have not gone out yet are not sent any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid
from webapp.domain.permissions import Permission
from webapp.models import (
    Attempt,
    AuditEntry,
    Booking,
    BookingNote,
    BookingProfile,
    BookingStatus,
    Event,
    Invitation,
    LongWork,
    Meeting,
    Membership,
    Message,
    MessageState,
    Placement,
    ProfileLink,
    User,
    WorkKind,
)
from webapp.services import bookings, long_work
from webapp.services.long_work import ACTIVE, Step, Work
from webapp.services.steps import hosts, lapsing
from webapp.services.steps.contact import clean_email, email_key
from webapp.services.unit_of_work import UnitOfWork, use_case

ROWS = 500
"""Bookings looked through by one slice."""
NOBODY = "Erased person"
"""What stands in place of the name."""
_NO_ADDRESS = "-"
"""What no mailbox is called."""
_COUNTED = ("bookings", "messages", "notes", "guests", "ahead", "exports")


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a person. ``ahead``: bookings that stand and are not over."""

    email: str
    bookings: int
    ahead: int
    messages: int


@use_case(Permission.DATA_MANAGE)
def find(uow: UnitOfWork, email: str) -> Found:
    """What there is of whoever booked with ``email``; nothing is changed.

    Raises ``Invalid`` for what is no address, ``Conflict`` for a member of the organization.
    """
    address = clean_email(email)
    key = email_key(address)
    member = (
        sa.select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(sa.func.lower(User.email) == key)
    )
    if uow.session.scalar(member) is not None:
        raise Conflict("This address belongs to somebody of the team. Remove them under Team.")
    theirs = sa.func.lower(Booking.email) == key
    standing = sa.and_(Booking.status.in_(bookings.STANDING), Booking.end_at > uow.now)
    count, ahead = uow.session.execute(
        sa.select(
            sa.func.count(Booking.id),
            sa.func.coalesce(sa.func.sum(sa.case((standing, 1), else_=0)), 0),
        ).where(theirs)
    ).one()
    messages = uow.session.scalar(
        sa.select(sa.func.count(Message.id)).where(sa.func.lower(Message.address) == key)
    )
    return Found(address, count, int(ahead), messages or 0)


@use_case(Permission.DATA_MANAGE)
def start(uow: UnitOfWork, email: str, typed_again: str, *, form_key: str | None = None) -> UUID:
    """Ask for everything about ``email`` to be erased; gives the work's uuid.

    ``typed_again`` is the same address, typed to confirm. Raises ``Invalid`` when it is not,
    ``Conflict`` while bookings of the person still lie ahead: cancelling them tells everybody.
    """
    found = find(uow, email)
    if email_key(typed_again) != email_key(found.email):
        raise Invalid("Type the same address to confirm.", field="again")
    if found.ahead:
        raise Conflict("Bookings of this person still lie ahead. Cancel them first.")
    asked = {"email": email_key(found.email)}
    return long_work.start(uow, WorkKind.ERASE, asked=asked, form_key=form_key)


# ------------------------------------------------------------------------------------ working


@use_case(Permission.UPKEEP)
def mails_of_slice(uow: UnitOfWork, work: Work) -> list[UUID]:
    """The uuids of the mails that the next slice erases, so that their files can go before."""
    _, theirs, _ = _look_through(uow, work)
    mails = sa.select(Message.uuid).where(_about(theirs, work.asked["email"]))
    return list(uow.session.scalars(mails))


@use_case(Permission.UPKEEP)
def erase_slice(uow: UnitOfWork, work: Work) -> Step:
    """Erase the person from the next bookings; what it came to is recorded with it."""
    key = work.asked["email"]
    counts = {name: int(work.result.get(name, 0)) for name in _COUNTED}
    _let_lapse(uow, _look_through(uow, work)[1])
    rows, theirs, as_guest = _look_through(uow, work)
    counts["ahead"] += sum(1 for booking in rows if _is_ahead(uow, booking, key))
    counts["bookings"] += len(theirs)
    counts["notes"] += _erase_texts(uow, theirs)
    counts["messages"] += _erase_mails(uow, theirs, key)
    counts["guests"] += _erase_guest(uow, as_guest, key)
    for booking in theirs:
        _erase_booking(booking, uow)
    is_finished = len(rows) < ROWS
    if is_finished:
        counts["exports"] += _drop_exports(uow)
        uow.session.execute(sa.delete(Invitation).where(sa.func.lower(Invitation.email) == key))
    total = work.total or (uow.session.scalar(sa.select(sa.func.count(Booking.id))) or 0)
    done = work.done_count + len(rows)
    place = {"after": rows[-1].id if rows else work.place.get("after", 0)}
    step = Step(place, done, max(total, done), counts, is_finished=is_finished)
    long_work.record(uow, work, step)
    return step


@use_case(Permission.UPKEEP)
def erase_bookings(uow: UnitOfWork, theirs: Sequence[Booking]) -> None:
    """Forget who made these bookings, whoever it was: for keeping invitees no longer than agreed.

    As guests elsewhere they stay until their own turn.
    """
    _erase_texts(uow, theirs)
    _erase_mails(uow, theirs, _NO_ADDRESS)
    for booking in theirs:
        _erase_booking(booking, uow)


def _look_through(
    uow: UnitOfWork, work: Work
) -> tuple[Sequence[Booking], list[Booking], list[Booking]]:
    """The next bookings by id; among them those of the person, and those with them as a guest.

    Spellings of an address are compared here, because databases fold only some letters.
    """
    key = work.asked["email"]
    rows = uow.session.scalars(
        sa.select(Booking)
        .where(Booking.id > int(work.place.get("after", 0)))
        .order_by(Booking.id)
        .limit(ROWS)
        .execution_options(populate_existing=True)
    ).all()
    theirs = [
        booking
        for booking in rows
        if email_key(booking.email) == key and not _is_ahead(uow, booking, key)
    ]
    as_guest = [
        booking
        for booking in rows
        if booking not in theirs and any(email_key(str(g)) == key for g in booking.guests)
    ]
    return rows, theirs, as_guest


def _let_lapse(uow: UnitOfWork, theirs: Sequence[Booking]) -> None:
    """Give back the times that a program keeps for the person: they are no bookings yet.

    One that is confirmed meanwhile stays, which whoever looks again sees.
    """
    kept = [
        booking.meeting_id
        for booking in theirs
        if booking.status is BookingStatus.HELD and booking.meeting_id is not None
    ]
    if not kept:
        return
    found = uow.session.scalars(sa.select(Meeting.host_ids).where(Meeting.id.in_(kept)))
    hosts.lock(uow, {host_id for host_ids in found for host_id in host_ids})
    ids = [booking.id for booking in theirs]
    _change(
        uow,
        Booking,
        sa.and_(Booking.id.in_(ids), Booking.status == BookingStatus.HELD),
        expires_at=uow.now,
    )
    lapsing.lapse_meetings(uow, sorted(set(kept)))


def _is_ahead(uow: UnitOfWork, booking: Booking, key: str) -> bool:
    """Booked while the erasing ran: it stands, and says so in the result."""
    stands = booking.status in bookings.STANDING and booking.end_at > uow.now
    return stands and email_key(booking.email) == key


def _erase_booking(booking: Booking, uow: UnitOfWork) -> None:
    booking.name, booking.email, booking.phone = NOBODY, "", ""
    booking.answers, booking.guests = {}, []
    booking.cancel_reason, booking.zone, booking.fingerprint = "", "UTC", None
    booking.token_version += 1  # links in old mails lead nowhere
    booking.updated_at = uow.now


def _erase_texts(uow: UnitOfWork, theirs: Sequence[Booking]) -> int:
    """What was written about these bookings elsewhere; how many notes that were."""
    ids = [booking.id for booking in theirs]
    if not ids:
        return 0
    _change(uow, Placement, Placement.booking_id.in_(ids), reason="")
    _change(uow, ProfileLink, ProfileLink.booking_id.in_(ids), note="")
    subjects = [f"booking:{id}" for id in ids]
    _change(uow, AuditEntry, AuditEntry.subject.in_(subjects), personal=None)
    meetings = [booking.meeting_id for booking in theirs if booking.meeting_id is not None]
    names = uow.session.execute(
        sa.select(Meeting.id, BookingProfile.name)
        .join(BookingProfile, BookingProfile.id == Meeting.profile_id)
        .where(Meeting.id.in_(meetings), Meeting.seats == 1)
    ).all()
    for meeting_id, name in names:
        _change(uow, Meeting, Meeting.id == meeting_id, subject=name)
        _change(uow, Event, Event.meeting_id == meeting_id, summary=name, description="")
    notes = sa.delete(BookingNote).where(BookingNote.booking_id.in_(ids)).returning(BookingNote.id)
    return len(uow.session.execute(notes).all())


def _change(
    uow: UnitOfWork, model: type[Any], which: sa.ColumnElement[bool], **values: Any
) -> None:
    change = sa.update(model).where(which).values(**values)
    uow.session.execute(change.execution_options(synchronize_session=False))


def _about(theirs: Sequence[Booking], key: str) -> sa.ColumnElement[bool]:
    """Mails about these bookings, and mails to the address about nothing of the kind."""
    return sa.or_(
        Message.booking_id.in_([booking.id for booking in theirs]),
        sa.and_(Message.booking_id.is_(None), sa.func.lower(Message.address) == key),
    )


def _erase_mails(uow: UnitOfWork, theirs: Sequence[Booking], key: str) -> int:
    """Mails that went out stay as lines of the history; all others go. How many there were."""
    found = uow.session.scalars(sa.select(Message).where(_about(theirs, key)))
    mails = [mail for mail in found if mail.values or mail.address]
    sent = [mail for mail in mails if mail.state is MessageState.SENT]
    others = [mail.id for mail in mails if mail.state is not MessageState.SENT]
    uow.session.execute(sa.delete(Message).where(Message.id.in_(others)))
    for mail in sent:
        if mail.audience == "invitee" or email_key(mail.address) == key:
            mail.address = ""
        mail.values = {}
    _change(uow, Attempt, Attempt.message_id.in_([mail.id for mail in sent]), answer="")
    return len(mails)


def _erase_guest(uow: UnitOfWork, as_guest: Sequence[Booking], key: str) -> int:
    """Take the person out of bookings that others brought them to."""
    for booking in as_guest:
        booking.guests = _without(booking.guests, key)
    mails = sa.select(Message).where(Message.booking_id.in_([each.id for each in as_guest]))
    for mail in uow.session.scalars(mails):
        mail.values = _without(mail.values, key)
    return len(as_guest)


def _without(value: Any, key: str) -> Any:
    """A JSON value without the strings that are the address."""
    if isinstance(value, dict):
        return {name: _without(each, key) for name, each in value.items()}
    if isinstance(value, list):
        kept = [each for each in value if not (isinstance(each, str) and email_key(each) == key)]
        return [_without(each, key) for each in kept]
    return value


def _drop_exports(uow: UnitOfWork) -> int:
    """Exports from before hold the person still: finished ones go, running ones are stopped."""
    exports = uow.session.scalars(sa.select(LongWork).where(LongWork.kind == WorkKind.EXPORT))
    dropped = 0
    for export in exports:
        if export.file_name is not None:
            export.file_name = export.file_until = export.file_bytes = None
            dropped += 1
        elif export.state in ACTIVE:
            export.cancel_asked_at = export.cancel_asked_at or uow.now
            dropped += 1
    return dropped
