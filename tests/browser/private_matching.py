"""Changing a whole list of bookings, as tests look at it."""

from __future__ import annotations

from datetime import timedelta

from tests.browser.live import Live
from tests.browser.private import sign_in
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from tests.past_bookings import write_booking
from tests.world import at
from webapp.domain.permissions import Caller, Role
from webapp.models import WorkKind
from webapp.services import bulk, long_work
from webapp.services.agenda import EVERYTHING, Which
from webapp.services.long_work import Step

MANY = 104


def _many(live: Live) -> None:
    """More past bookings than are changed at once."""
    world, profile = live.world, intro(live)
    with world.desk.begin(world.owner) as uow:
        for number in range(MANY):
            start = at(8 + number % 8, day=1 + number % 20)
            ada, made = world.hosts["ada"], start - timedelta(days=2)
            write_booking(uow.session, number, profile=profile, start=start, hosts=[ada], made=made)


def _list(live: Live, visitor: Visitor) -> None:
    _many(live)
    sign_in(live, visitor)
    visitor.open("/console/bookings?list=past&size=25")


def _ask(live: Live, visitor: Visitor) -> None:
    _list(live, visitor)
    visitor.press("button[value=no-show][formaction]", lands="#matching")


def _result(live: Live, visitor: Visitor) -> None:
    """Done, with two that stayed as they are."""
    _many(live)
    sign_in(live, visitor)
    world = live.world
    with world.desk.begin(world.owner) as uow:
        found = bulk.matching(uow, Which.PAST, EVERYTHING)
        uuid = bulk.start(uow, "no-show", Which.PAST, EVERYTHING, expected=MANY)
        work_id = long_work.card(uow, uuid).number
    why = "This booking is already marked as a no-show"
    result = {
        "done": MANY - 2,
        "refused": 2,
        "do": "no-show",
        "refusals": [[str(each), why] for each in found[:2]],
    }
    with world.desk.begin(Caller(world.organization_id, Role.SYSTEM)) as uow:
        work = long_work.at_hand(uow, work_id, 0)
        assert work is not None
        assert work.kind is WorkKind.BOOKINGS
        long_work.record(uow, work, Step({}, MANY, MANY, result, is_finished=True))
    visitor.open(f"/console/work/{uuid}")


MATCHING_STATES: tuple[State, ...] = (
    State("bookings-more", _list, 200, "Bookings", "All 104 in this list"),
    State("matching", _ask, 200, "Mark as no-shows", "They are changed one by one"),
    State("matching-result", _result, 200, "Mark as no-shows, 104", "already marked"),
)
