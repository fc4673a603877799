"""The same change for many bookings: for one at a time, and for a whole list as long work.

What is asked for is fixed when it is asked: bookings that join the list later are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound, Refusal
from webapp.domain.permissions import Permission
from webapp.models import Actor, Booking, WorkKind
from webapp.services import agenda, attendance, bookings, long_work
from webapp.services.agenda import Wanted, Which
from webapp.services.long_work import Step, Work
from webapp.services.unit_of_work import UnitOfWork, use_case

MOST_AT_ONCE = 100
"""More bookings than this are long work."""
MOST = 1000
MOST_TOLD = 20
"""Refusals that the result names one by one."""
_DO: dict[str, Callable[[UnitOfWork, UUID, str, str], object]] = {
    "cancel": lambda uow, uuid, reason, key: bookings.cancel(
        uow, uuid, by=Actor.HOST, reason=reason, key=key
    ),
    "no-show": lambda uow, uuid, _reason, _key: attendance.mark_no_show(uow, uuid),
    "undo": lambda uow, uuid, _reason, _key: attendance.undo_no_show(uow, uuid),
}


@use_case(Permission.BOOKING_CHANGE)
def act(uow: UnitOfWork, action: str, uuid: UUID, reason: str = "", key: str = "") -> None:
    """Do "cancel", "no-show" or "undo" with one booking; with ``key`` once however often asked.

    Raises what the single change does.
    """
    _DO[action](uow, uuid, reason, key)


@use_case(Permission.BOOKING_READ)
def matching(uow: UnitOfWork, which: Which, wanted: Wanted) -> list[UUID]:
    """The bookings of a list in its order: all of them, or one more than ``MOST``."""
    columns = sa.select(Booking.uuid)
    found = agenda.ordered(which, wanted, uow.now, columns=columns).limit(MOST + 1)
    return list(uow.session.scalars(found))


@use_case(Permission.BOOKING_CHANGE)
def start(
    uow: UnitOfWork,
    action: str,
    which: Which,
    wanted: Wanted,
    *,
    expected: int,
    reason: str = "",
    form_key: str | None = None,
) -> UUID:
    """Ask for ``action`` with every booking of a list; the long work's uuid.

    ``expected`` is how many somebody meant. Raises ``Conflict`` when there are others by now,
    ``Invalid`` for more than ``MOST`` or too long a reason, ``NotFound`` for no such action,
    ``Forbidden`` to whom long work is not allowed.
    """
    if action not in _DO:
        raise NotFound("There is nothing like that to do with bookings.")
    if len(reason) > bookings.LONGEST_REASON:
        told = f"A reason has at most {bookings.LONGEST_REASON} characters"
        raise Invalid(told, field="reason")
    found = matching(uow, which, wanted)
    if len(found) > MOST:
        raise Invalid(f"At most {MOST:,} bookings can be changed at once. Narrow the list.")
    if len(found) != expected:
        raise Conflict(f"The list has changed meanwhile: {len(found):,} bookings are in it now.")
    asked = {
        "do": action,
        "reason": reason,
        "by": uow.caller.user_id,
        "uuids": [str(uuid) for uuid in found],
    }
    return long_work.start(uow, WorkKind.BOOKINGS, asked=asked, form_key=form_key)


@use_case(Permission.UPKEEP)
def do_next(uow: UnitOfWork, work: Work) -> None:
    """Change the next booking and note it, both or neither. Raises what the change refuses."""
    done = work.done_count
    uuids: list[str] = work.asked["uuids"]
    if done < len(uuids):
        uuid = uuids[done]
        act(uow, work.asked["do"], UUID(uuid), work.asked["reason"], f"{work.uuid}.{uuid}")
    _note(uow, work, "done")


@use_case(Permission.UPKEEP)
def refuse_next(uow: UnitOfWork, work: Work, refusal: Refusal) -> None:
    """Note that the next booking stays as it is, and why."""
    _note(uow, work, "refused", refusal.message)


def _note(uow: UnitOfWork, work: Work, outcome: str, why: str = "") -> None:
    uuids: list[str] = work.asked["uuids"]
    result: dict[str, Any] = {"done": 0, "refused": 0, "refusals": [], **work.result}
    result["do"] = work.asked["do"]
    done = work.done_count
    if done < len(uuids):
        result[outcome] += 1
        if why and len(result["refusals"]) < MOST_TOLD:
            result["refusals"] = [*result["refusals"], [uuids[done], why]]
        done += 1
    is_finished = done >= len(uuids)
    long_work.record(uow, work, Step({}, done, len(uuids), result, is_finished=is_finished))
