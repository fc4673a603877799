"""Insights, keys and long work as tests look at them, and how somebody gets there."""

from __future__ import annotations

from datetime import timedelta

from tests.browser.live import Live
from tests.browser.private import sign_in
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from tests.past_bookings import write_booking
from tests.world import at
from webapp.domain.permissions import Permission
from webapp.models import BookingStatus, WorkKind
from webapp.services import keys, long_work

READING = frozenset({Permission.PROFILE_READ, Permission.BOOKING_READ})


def past(live: Live) -> None:
    """Some weeks of bookings, with cancellations and a no-show."""
    world = live.world
    profile = intro(live)
    with world.desk.begin(world.owner) as uow:
        for number in range(24):
            start = at(8 + number % 7, day=1 + number % 27) - timedelta(days=7 * (number % 5))
            gone = number % 6 == 5
            write_booking(
                uow.session,
                number,
                profile=profile,
                start=start,
                hosts=[world.hosts["ada"], world.hosts["bela"]][: 1 + number % 2],
                made=start - timedelta(hours=2 + number * 9),
                status=BookingStatus.CANCELLED if gone else BookingStatus.CONFIRMED,
                missed=number == 4,
            )


def some_keys(live: Live) -> None:
    """A token within its overlap, one that was revoked, and a client."""
    world = live.world
    with world.desk.begin(world.owner) as uow:
        widget = keys.make_own_token(uow, "Website widget", scopes=READING)
        keys.rotate_own_token(uow, widget.public_id, overlap_hours=24)
        laptop = keys.make_own_token(uow, "Old laptop")
        keys.revoke_own_token(uow, laptop.public_id)
        keys.make_client(uow, "Billing", expires_at=uow.now + timedelta(days=365))


def _open(live: Live, visitor: Visitor, path: str) -> None:
    sign_in(live, visitor)
    visitor.open(path)


def _insights(live: Live, visitor: Visitor) -> None:
    past(live)
    _open(live, visitor, "/console/insights")
    visitor.page.locator("#insights summary").first.click()


def _insights_empty(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, "/console/insights")


def _insights_refused(live: Live, visitor: Visitor) -> None:
    past(live)
    _open(live, visitor, "/console/insights?from=2026-11-20&to=2026-11-01")


def _connect(live: Live, visitor: Visitor) -> None:
    some_keys(live)
    _open(live, visitor, "/console/connect")


def _connect_empty(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, "/console/connect")


def _connect_everybody(live: Live, visitor: Visitor) -> None:
    some_keys(live)
    _open(live, visitor, "/console/connect/everybody")


def _connect_refused(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, "/console/connect/tokens/new")
    visitor.press("#connect-new .primary", lands="[role=alert]")


def _connect_made(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, "/console/connect/tokens/new")
    visitor.fill("name", "Script")
    visitor.press("#connect-new .primary", lands="#connect-made")


def _connect_secret(live: Live, visitor: Visitor) -> None:
    some_keys(live)
    _open(live, visitor, "/console/connect")
    visitor.press("#connect .key-actions .btn >> nth=0", lands="#connect-secret")


def _connect_end(live: Live, visitor: Visitor) -> None:
    some_keys(live)
    _open(live, visitor, "/console/connect")
    visitor.press("#connect .key-actions .quiet >> nth=0", lands="#connect-end")


def _work_list(live: Live, visitor: Visitor) -> None:
    _export(live)
    live.drain()
    _open(live, visitor, "/console/work")


def _work_waiting(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, _export(live))


def _work_done(live: Live, visitor: Visitor) -> None:
    where = _export(live)
    live.drain()
    _open(live, visitor, where)


def _export(live: Live) -> str:
    with live.world.desk.begin(live.world.owner) as uow:
        return f"/console/work/{long_work.start(uow, WorkKind.EXPORT)}"


def _work_erasing(live: Live, visitor: Visitor) -> None:
    _open(live, visitor, "/console/work/erasing")


def _work_found(live: Live, visitor: Visitor) -> None:
    live.world.book(intro(live), at(9), "Grace")
    live.clock.forward(days=3)
    _open(live, visitor, "/console/work/erasing")
    visitor.fill("email", "grace@example.org")
    visitor.press("#work-erasing .primary", lands="#work-erasing .danger")


def _work_ahead(live: Live, visitor: Visitor) -> None:
    live.world.book(intro(live), at(9), "Grace")
    _open(live, visitor, "/console/work/erasing")
    visitor.fill("email", "grace@example.org")
    visitor.press("#work-erasing .primary", lands="#work-erasing .note")


WORK_STATES: tuple[State, ...] = (
    State("insights", _insights, 200, "Insights", "with 95 % certainty"),
    State("insights-empty", _insights_empty, 200, "Insights", "Nothing began in these days"),
    State("insights-refused", _insights_refused, 422, "Insights", "is after the last"),
    State("connect", _connect, 200, "Connect", "The old secret works until"),
    State("connect-empty", _connect_empty, 200, "Connect", "You have none"),
    State("connect-everybody", _connect_everybody, 200, "Everybody’s tokens", "Website widget"),
    State("connect-refused", _connect_refused, 422, "New access token", "Enter a name."),
    State("connect-made", _connect_made, 200, "Copy the key now", "curl"),
    State("connect-secret", _connect_secret, 200, "Another secret", "It works for one more hour"),
    State("connect-end", _connect_end, 200, "Revoke key", "refused at once"),
    State("work-list", _work_list, 200, "Long work", "Done"),
    State("work-waiting", _work_waiting, 200, "Everything in one file", "Begins in a moment"),
    State("work-done", _work_done, 200, "Everything in one file", "Download the archive"),
    State("work-erasing", _work_erasing, 200, "Erase a person", "Nothing is erased by looking"),
    State("work-found", _work_found, 200, "Erase a person", "This cannot be undone"),
    State("work-ahead", _work_ahead, 200, "Erase a person", "Cancel it first"),
)
