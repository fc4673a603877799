"""Notes on a booking: written on its page, changed and deleted on a page of their own."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request

from webapp.blueprints.console.bookings import as_it_is, done
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller
from webapp.domain.errors import Invalid
from webapp.services import notes
from webapp.work import begin, look


@console.post("/bookings/<uuid:uuid>/notes")
def add_note(uuid: UUID) -> Response:
    """Write a note."""
    text = request.form.get("text", "")
    try:
        with begin(caller()) as uow:
            notes.add(uow, uuid, text, key=request.form.get("key"))
    except Invalid as refusal:
        return as_it_is(uuid, refusal, note=text)
    return done(uuid, "noted")


@console.get("/bookings/<uuid:uuid>/notes/<uuid:note>")
def note_page(uuid: UUID, note: UUID) -> Response:
    """A note of one's own, to be changed or deleted."""
    with look(caller()) as uow:
        return _note_page(uuid, note, notes.one(uow, uuid, note).text)


def _note_page(uuid: UUID, note: UUID, text: str, *, error: str = "") -> Response:
    return page(
        "note",
        "bookings",
        part="console/_booking_note.html",
        status=422 if error else 200,
        uuid=uuid,
        note=note,
        text=text,
        error=error,
    )


@console.post("/bookings/<uuid:uuid>/notes/<uuid:note>")
def change_note(uuid: UUID, note: UUID) -> Response:
    """Rewrite it."""
    text = request.form.get("text", "")
    try:
        with begin(caller()) as uow:
            notes.change(uow, uuid, note, text)
    except Invalid as refusal:
        return _note_page(uuid, note, text, error=refusal.message)
    return done(uuid, "noted")


@console.post("/bookings/<uuid:uuid>/notes/<uuid:note>/deletion")
def delete_note(uuid: UUID, note: UUID) -> Response:
    """Take it away."""
    with begin(caller()) as uow:
        notes.delete(uow, uuid, note)
    return done(uuid, "unnoted")
