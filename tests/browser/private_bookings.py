"""Home and bookings behind sign-in: the states that tests look at."""

from __future__ import annotations

from uuid import UUID

from tests.browser.live import Live
from tests.browser.private import busy_week, sign_in
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from tests.world import at
from webapp.domain.permissions import Caller, Role
from webapp.models import ActivityWorker, Message, MessageState
from webapp.services import attendance, bookings, notes

LIST = "/console/bookings"


def worker_lives(live: Live) -> None:
    """A worker has just been heard of."""
    with live.world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.merge(ActivityWorker(name="worker", beat_at=uow.now))


def _come(live: Live, visitor: Visitor, path: str = "") -> str:
    uuid = busy_week(live)
    worker_lives(live)
    sign_in(live, visitor)
    if path:
        visitor.open(path.replace("UUID", uuid))
    return uuid


def _home_with_trouble(live: Live, visitor: Visitor) -> None:
    uuid = busy_week(live)
    with live.world.desk.begin(live.world.owner) as uow:
        booking = bookings.by_uuid(uow, UUID(uuid))
        mail = uow.session.query(Message).filter_by(booking_id=booking.id).first()
        assert mail is not None
        mail.state = MessageState.FAILED
    sign_in(live, visitor)
    visitor.open("/console/")


def _filtered(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}?q=grace&from=2026-11-23")


def _nothing_fits(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}?q=nobody")


def _wrong_dates(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}?from=2026-11-25&to=2026-11-23")


def _past(live: Live, visitor: Visitor) -> None:
    uuid = _come(live, visitor)
    live.clock.forward(days=6)
    with live.world.desk.begin(live.world.owner) as uow:
        attendance.mark_no_show(uow, UUID(uuid))
    sign_in(live, visitor)
    visitor.open(f"{LIST}?list=past")


def _cancelled(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}?list=cancelled")


def _chosen(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/chosen?do=cancel&chosen=UUID")


def _none_chosen(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/chosen?do=cancel")


def _chosen_done(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/chosen?do=no-show&chosen=UUID")
    visitor.press("main form .primary", lands="#chosen-done")


def _with_notes(live: Live, visitor: Visitor) -> None:
    uuid = _come(live, visitor)
    with live.world.desk.begin(live.world.owner) as uow:
        notes.add(uow, UUID(uuid), "Bring the long ladder.\nAnd a torch.")
        bookings.move(uow, UUID(uuid), at(11), by=bookings.Actor.HOST)
    visitor.open(f"{LIST}/{uuid}")


def _chosen_fairly(live: Live, visitor: Visitor) -> None:
    world = live.world
    pool = world.profile("ada", "bela", "chris", slug="team", name="Team")
    world.book(pool, at(9))
    uuid = world.book(pool, at(10))
    sign_in(live, visitor)
    visitor.open(f"{LIST}/{uuid}")
    visitor.page.locator(".why summary").click()


def _no_show(live: Live, visitor: Visitor) -> None:
    uuid = _come(live, visitor)
    live.clock.forward(days=2)
    with live.world.desk.begin(live.world.owner) as uow:
        attendance.mark_no_show(uow, UUID(uuid))
    sign_in(live, visitor)
    visitor.open(f"{LIST}/{uuid}")


def _edit_note(live: Live, visitor: Visitor) -> None:
    _with_notes(live, visitor)
    visitor.press(".note-edit", lands="#note")


def _move(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/UUID/move")


def _move_lost(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/UUID/move?start=2026-11-28T09:00Z")


def _move_sure(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/UUID/move?start=2026-11-24T11:00Z")


def _hand_over(live: Live, visitor: Visitor) -> None:
    world = live.world
    uuid = world.book(world.profile("ada", "bela", "chris", slug="team", name="Team"), at(9))
    sign_in(live, visitor)
    visitor.open(f"{LIST}/{uuid}/host")


def _hand_over_to_nobody(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/UUID/host")


def _new(live: Live, visitor: Visitor) -> None:
    _come(live, visitor, f"{LIST}/new")


def _new_without_profiles(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open(f"{LIST}/new")


def _new_time(live: Live, visitor: Visitor) -> None:
    profile = intro(live, durations=(30, 60))
    sign_in(live, visitor)
    visitor.open(f"{LIST}/new?profile={profile}")


def _new_who(live: Live, visitor: Visitor) -> None:
    profile = intro(live, description="About {{topic}}", asks_phone=True)
    sign_in(live, visitor)
    visitor.open(f"{LIST}/new?profile={profile}&start=2026-11-24T11:00Z")


def _new_refused(live: Live, visitor: Visitor) -> None:
    _new_who(live, visitor)
    visitor.fill("name", "Grace")
    visitor.fill("email", "grace@example.org")
    visitor.press("main form .primary", lands="[role=alert]")


BOOKINGS_STATES: tuple[State, ...] = (
    State("console-home-trouble", _home_with_trouble, 200, "Today", "could not be delivered"),
    State("console-bookings-filtered", _filtered, 200, "Bookings", "from 23 Nov 2026"),
    State("console-bookings-none-fits", _nothing_fits, 200, "Bookings", "No booking fits."),
    State("console-bookings-wrong-dates", _wrong_dates, 422, "Bookings", "before the first"),
    State("console-bookings-past", _past, 200, "Bookings", "No-show"),
    State("console-bookings-cancelled", _cancelled, 200, "Bookings", "Ravi"),
    State("console-chosen", _chosen, 200, "Cancel bookings", "Reason for everybody"),
    State("console-chosen-none", _none_chosen, 422, "Cancel bookings", "No booking was chosen"),
    State("console-chosen-done", _chosen_done, 200, "0 of 1 done", "has not begun yet"),
    State("console-booking-notes", _with_notes, 200, "What happened", "long ladder"),
    State("console-booking-why", _chosen_fairly, 200, "What happened", "Why Bela Cruz?"),
    State("console-booking-no-show", _no_show, 200, "What happened", "They came after all"),
    State("console-note", _edit_note, 200, "Your note", "Delete note"),
    State("console-move", _move, 200, "Move booking", "Free times"),
    State("console-move-lost", _move_lost, 409, "Move booking", "Nearest free times"),
    State("console-move-sure", _move_sure, 200, "Move booking", "Reason"),
    State("console-hand-over", _hand_over, 200, "Hand over booking", "Chris Dahl"),
    State(
        "console-hand-over-nobody", _hand_over_to_nobody, 200, "Hand over booking", "Nobody else"
    ),
    State("console-new", _new, 200, "Book for somebody", "Home visit"),
    State("console-new-empty", _new_without_profiles, 200, "Book for somebody", "no profile yet"),
    State("console-new-time", _new_time, 200, "Book for somebody", "1 hour"),
    State("console-new-who", _new_who, 200, "Book for somebody", "Topic"),
    State("console-new-refused", _new_refused, 422, "Please check the form", "Topic"),
)
