"""Everything in a list of bookings at once: what is about to happen, and handing it to the worker.

Up to a hundred it is the page of chosen bookings; more are long work, for those who may see that.
"""

from __future__ import annotations

import secrets

from flask import Response, request, url_for

from webapp.blueprints.console import bookings_filter
from webapp.blueprints.console.bookings_bulk import WORKS, ask, work_named
from webapp.blueprints.console.bookings_filter import Asked
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Forbidden, Invalid
from webapp.domain.permissions import Permission
from webapp.services import bulk
from webapp.services.bookings import LONGEST_REASON
from webapp.services.bulk import MOST, MOST_AT_ONCE
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look


def matching_count(uow: UnitOfWork, asked: Asked) -> int:
    """How many bookings are in the list, at most one more than can be changed at once."""
    return len(bulk.matching(uow, asked.which, asked.wanted))


@console.get("/bookings/matching")
def matching_page() -> Response:
    """What is about to happen with everything in the list; nothing has happened yet."""
    name = work_named(request.args.get("do", ""))
    with look(caller()) as uow:
        return _ask(uow, name, request.args.get("back", ""))


@console.post("/bookings/matching")
def match() -> Response:
    """Hand it to the worker, when the list is still what it was."""
    name = work_named(request.form.get("do", ""))
    back, reason = request.form.get("back", ""), request.form.get("reason", "")
    expected = request.form.get("expected", "")
    if WORKS[name].is_final and request.form.get("number", "").strip() != expected:
        with look(caller()) as uow:
            return _ask(uow, name, back, {"number": f"Type {expected} to go on"}, 422)
    if len(reason) > LONGEST_REASON:
        told = {"reason": f"A reason has at most {LONGEST_REASON} characters"}
        with look(caller()) as uow:
            return _ask(uow, name, back, told, 422)
    try:
        with begin(caller()) as uow:
            asked = _asked(uow, back)
            work = bulk.start(
                uow,
                name,
                asked.which,
                asked.wanted,
                expected=int(expected) if expected.isascii() and expected.isdigit() else 0,
                reason=reason,
                form_key=request.form.get("key", "")[:255],
            )
    except (Conflict, Invalid) as refusal:
        with look(caller()) as uow:
            return _ask(uow, name, back, {"": refusal.message}, 409)
    return see_other(url_for("console.work_page", uuid=work))


def _asked(uow: UnitOfWork, back: str) -> Asked:
    """The list that somebody came from."""
    query = bookings_filter.kept_words(back)
    return bookings_filter.read(uow, query, Clock(me().user_zone, uow.now))


def _ask(
    uow: UnitOfWork,
    name: str,
    back: str,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    asked = _asked(uow, back)
    found = bulk.matching(uow, asked.which, asked.wanted)
    address = bookings_filter.back_address(back)
    if len(found) <= MOST_AT_ONCE:
        return ask(uow, name, found, address, status=status if found else 422)
    if not caller().may(Permission.DATA_MANAGE):
        raise Forbidden(
            f"Only owners and admins change more than {MOST_AT_ONCE} bookings at once. "
            "Narrow the list, or ask one of them."
        )
    return page(
        "matching",
        "bookings",
        part="console/_matching.html",
        status=status if len(found) <= MOST else 422,
        do=name,
        work=WORKS[name],
        count=len(found),
        most=MOST,
        words=asked.words,
        errors=errors or {},
        reason=request.form.get("reason", ""),
        back=address,
        back_query=address.partition("?")[2],
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )
