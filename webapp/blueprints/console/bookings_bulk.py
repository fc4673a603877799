"""Several bookings at once: what is about to happen, and how it went for each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from flask import Response, request

from webapp.blueprints.console import bookings_filter
from webapp.blueprints.console.shell import Clock, Line, console, line, page
from webapp.blueprints.doors import caller, me
from webapp.domain.errors import Invalid, NotFound, Refusal
from webapp.services import agenda, bookings, bulk
from webapp.services.bulk import MOST_AT_ONCE
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

ASKED_FROM = 21
"""From how many on something that cannot be taken back asks for their number."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that can be done with many bookings, in words."""

    title: str
    button: str
    effect: str
    done: str
    is_final: bool


WORKS = {
    "cancel": Work(
        "Cancel bookings",
        "Cancel",
        "Their times become free again. Invitees and hosts get a mail each, with your reason.",
        "Cancelled",
        True,
    ),
    "no-show": Work(
        "Mark as no-shows",
        "Mark",
        "Only for your own overview and statistics: nobody gets a mail.",
        "Marked",
        False,
    ),
    "undo": Work(
        "Take no-shows back",
        "Take back",
        "Those invitees count as having come.",
        "Taken back",
        False,
    ),
}


@console.get("/bookings/chosen")
def chosen_page() -> Response:
    """What is about to happen with the chosen bookings; nothing has happened yet."""
    name = work_named(request.args.get("do", ""))
    uuids = _uuids(request.args.getlist("chosen"))
    back = bookings_filter.back_address(request.args.get("back", ""))
    with look(caller()) as uow:
        return ask(uow, name, uuids, back, status=200 if uuids else 422)


@console.post("/bookings/chosen")
def chosen() -> Response:
    """Do it, each booking in a unit of its own, and tell how it went for each."""
    name = work_named(request.form.get("do", ""))
    uuids = _uuids(request.form.getlist("chosen"))
    back = bookings_filter.back_address(request.form.get("back", ""))
    reason, key = request.form.get("reason", ""), request.form.get("key", "")
    errors = _errors(WORKS[name], uuids, reason, request.form.get("number", ""))
    with look(caller()) as uow:
        lines = _lines(uow, uuids)
        if errors or not uuids:
            return ask(uow, name, uuids, back, status=422, errors=errors, reason=reason)
    outcomes = [(each, _once(name, UUID(each.uuid), reason, key)) for each in lines]
    return page(
        "chosen_done",
        "bookings",
        part="console/_chosen_done.html",
        do=name,
        work=WORKS[name],
        outcomes=outcomes,
        done_count=sum(not refused for _, refused in outcomes),
        undo=[each.uuid for each, refused in outcomes if not refused] if name == "no-show" else [],
        back=back,
        back_query=back.partition("?")[2],
        key=secrets.token_urlsafe(16),
    )


def _once(name: str, uuid: UUID, reason: str, key: str) -> str:
    """Do it with one booking; why not, when it was refused."""
    try:
        with begin(caller()) as uow:
            # Sent twice, the form's key makes each booking's work happen once.
            bulk.act(uow, name, uuid, reason, f"{key[:100]}.{uuid}" if key else "")
    except Refusal as refusal:
        return refusal.message
    return ""


def work_named(name: str) -> str:
    """``name`` when it is something to do with bookings; raises ``NotFound``."""
    if name not in WORKS:
        raise NotFound("There is nothing like that to do with bookings.")
    return name


def _uuids(texts: list[str]) -> list[UUID]:
    if len(texts) > MOST_AT_ONCE:
        raise Invalid(f"At most {MOST_AT_ONCE} bookings can be changed at once.", field="chosen")
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError as unreadable:
        raise NotFound("there is no such booking") from unreadable


def _lines(uow: UnitOfWork, uuids: list[UUID]) -> list[Line]:
    """The chosen bookings in order of time; one that is not the organization's is ``NotFound``."""
    clock = Clock(me().user_zone, uow.now)
    found = agenda.chosen(uow, uuids)
    if len(found) != len(uuids):
        raise NotFound("there is no such booking")
    return [line(entry, clock) for entry in found]


def _errors(work: Work, uuids: list[UUID], reason: str, number: str) -> dict[str, str]:
    errors = {}
    if len(reason) > bookings.LONGEST_REASON:
        errors["reason"] = f"A reason has at most {bookings.LONGEST_REASON} characters"
    if work.is_final and len(uuids) >= ASKED_FROM and number.strip() != str(len(uuids)):
        errors["number"] = f"Type {len(uuids)} to go on"
    return errors


def ask(
    uow: UnitOfWork,
    name: str,
    uuids: list[UUID],
    back: str,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    reason: str = "",
) -> Response:
    """What is about to happen with ``uuids``, at most ``MOST_AT_ONCE`` of them."""
    work = WORKS[name]
    return page(
        "chosen",
        "bookings",
        part="console/_chosen.html",
        status=status,
        do=name,
        work=work,
        lines=_lines(uow, uuids),
        asks_number=work.is_final and len(uuids) >= ASKED_FROM,
        errors=errors or {},
        reason=reason,
        back=back,
        back_query=back.partition("?")[2],
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )
