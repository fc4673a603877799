"""Everything that happened to a booking, in one line of time: changes, mails with tries, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.models import AuditEntry, Booking, MessageState
from webapp.services import agenda, notes, sending
from webapp.services.sending import Sending, Try
from webapp.services.unit_of_work import UnitOfWork, use_case

_CHANGES = {
    "booking.confirmed": "Booked",
    "booking.requested": "Asked for this time",
    "booking.approved": "Approved",
    "booking.moved": "Moved",
    "booking.cancelled": "Cancelled",
    "booking.declined": "Declined",
    "booking.reassigned": "Handed over",
    "booking.no_show": "Marked as a no-show",
    "booking.no_show_undone": "No-show taken back",
    "booking.resent": "Sent the mail again",
    "note.changed": "Changed a note",
    "note.deleted": "Deleted a note",
}
_SILENT = {"note.added"}
"""Audit entries that something else on the line of time tells better."""
_MAILS = {
    "booked": "Confirmation",
    "requested": "“We got your request”",
    "moved": "New time",
    "cancelled": "Cancellation",
    "declined": "Declined request",
}
_MAILS_TO_HOSTS = {"requested": "“Somebody asks for a time”", "booked": "New booking"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    ``kind`` is "change", "mail" or "note". ``who`` did it, in words. ``old`` and ``new`` are
    starts (UTC) of a move; ``detail`` what else there is to say, typed by people in part;
    ``state`` and ``tries`` are a mail's; ``note`` is the address of a note of the caller's own.
    """

    at: datetime
    kind: str
    title: str
    who: str = ""
    detail: str = ""
    old: datetime | None = None
    new: datetime | None = None
    state: MessageState | None = None
    tries: tuple[Try, ...] = ()
    note: UUID | None = None
    was_changed: bool = False


@use_case(Permission.BOOKING_READ)
def of_booking(uow: UnitOfWork, booking: Booking) -> list[Happening]:
    """Everything that happened to ``booking``, oldest first."""
    mails = [_mail(each) for each in sending.about_booking(uow, booking.id)]
    written = [
        Happening(
            note.created_at,
            "note",
            "Note",
            who=note.author or "Somebody who has left",
            detail=note.text,
            note=note.uuid if note.is_own else None,
            was_changed=note.changed_at is not None,
        )
        for note in notes.of_booking(uow, booking)
    ]
    return sorted([*_changes(uow, booking), *written, *mails], key=lambda each: each.at)


def _changes(uow: UnitOfWork, booking: Booking) -> list[Happening]:
    found: Sequence[AuditEntry] = uow.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject == f"booking:{booking.id}")
        .order_by(AuditEntry.at, AuditEntry.id)
    ).all()
    people = {_number(entry.actor) for entry in found}
    for entry in found:
        people |= {host for side in ("old", "new") for host in _hosts(entry.changes.get(side))}
    names = agenda.names_of(uow, people - {0})
    return [_change(entry, booking, names) for entry in found if entry.action not in _SILENT]


def _change(entry: AuditEntry, booking: Booking, names: dict[int, str]) -> Happening:
    plain = Happening(
        entry.at,
        "change",
        _CHANGES.get(entry.action) or entry.action.replace(".", " ").replace("_", " ").capitalize(),
        who=_who(entry, booking, names),
    )
    changes = entry.changes
    if entry.action == "booking.moved":
        return replace(plain, old=_instant(changes.get("old")), new=_instant(changes.get("new")))
    if entry.action == "booking.reassigned":
        sides = [
            ", ".join(names.get(host, "somebody") for host in _hosts(changes.get(side)))
            for side in ("old", "new")
        ]
        return replace(plain, detail=f"From {sides[0]} to {sides[1]}")
    if entry.action in ("booking.cancelled", "booking.declined") and booking.cancel_reason:
        return replace(plain, detail=f"“{booking.cancel_reason}”")
    return plain


def _who(entry: AuditEntry, booking: Booking, names: dict[int, str]) -> str:
    if number := _number(entry.actor):
        return names.get(number, "Somebody who has left")
    if entry.actor == "guest":
        return booking.name
    return "A program" if entry.actor == "api_client" else "Kalends"


def _number(actor: str) -> int:
    kind, _, number = actor.partition(":")
    return int(number) if kind == "user" and number.isdigit() else 0


def _hosts(side: Any) -> list[int]:
    return [host for host in side if isinstance(host, int)] if isinstance(side, list) else []


def _instant(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _mail(mail: Sending) -> Happening:
    words = _MAILS.get(mail.template, mail.template.replace("-", " ").capitalize())
    if mail.audience == "host":
        words = _MAILS_TO_HOSTS.get(mail.template, words)
    return Happening(
        mail.created_at,
        "mail",
        f"{words} mailed to the {mail.audience}",
        detail=mail.address,
        state=mail.state,
        tries=tuple(mail.tries),
    )
