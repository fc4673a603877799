"""Every designed state of the public pages, and how somebody gets there.

Tests look at each of them, and ``bench/screenshots.py`` takes their pictures.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.browser.live import Live
from tests.browser.visitor import Visitor
from tests.world import World, at
from webapp.domain.workhours import WorkHours
from webapp.models import Actor, LocationKind
from webapp.services import bookings, profiles, receipts

TEN = "2026-11-24T09:00Z"
"""Tuesday 24 November 2026, 10:00 in Berlin: what these people book."""
ELSEWHERE = "203.0.113.7"

ABOUT: dict[str, Any] = {
    "description": "Half an hour to get to know each other and to see how we can help.",
    "location_kind": LocationKind.LINK,
    "location": "https://meet.example.org/harbour",
}
HOME = "/harbour/intro"

Reach = Callable[[Live, Visitor], None]


@dataclass(frozen=True)
class State:
    """A state, the status it answers with, its first heading of note, and a sentence it says."""

    name: str
    reach: Reach
    status: int
    heading: str
    sentence: str

    def __str__(self) -> str:
        return self.name


STATES: list[State] = []


def state(heading: str, sentence: str = "", *, status: int = 200) -> Callable[[Reach], Reach]:
    """Enter the decorated way into ``STATES``; its name is the function's."""

    def enter(reach: Reach) -> Reach:
        name = reach.__name__.strip("_").replace("_", "-")
        STATES.append(State(name, reach, status, heading, sentence))
        return reach

    return enter


def intro(live: Live, **choices: object) -> int:
    """The profile that most states are about."""
    return live.world.profile(**(ABOUT | choices))


def manage_path(world: World, uuid: UUID) -> str:
    """The address of a booking's receipt."""
    with world.desk.look(world.owner) as uow:
        return receipts.card(uow, bookings.by_uuid(uow, uuid)).manage_path


def booked(live: Live, **choices: object) -> tuple[UUID, str]:
    """Grace has 10:00; her booking's uuid and its address."""
    uuid = UUID(live.world.book(intro(live, **choices), at(9)))
    return uuid, manage_path(live.world, uuid)


def choose(visitor: Visitor, path: str = HOME, time: str = TEN) -> None:
    """Come by a direct link and take a time."""
    visitor.open(path)
    visitor.press(visitor.time(time), lands="#details")


def give_details(visitor: Visitor, name: str = "Grace", email: str = "grace@example.org") -> None:
    """Fill in who comes."""
    visitor.fill("name", name)
    visitor.fill("email", email)


def confirm(visitor: Visitor, *, lands: str = "#receipt") -> None:
    """Send the details."""
    visitor.press("#confirm", lands=lands)


def take(world: World, profile: int, name: str = "Otto") -> None:
    """Somebody else books 10:00."""
    world.book(profile, at(9), name)


# ------------------------------------------------------------------------- choosing a time


@state("Soonest", "Times in Berlin")
def _first_load(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(HOME)


@state("November 2026", "Use Berlin time")
def _first_load_elsewhere(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?tz=Asia/Kolkata")


@state("Tuesday 24 November", "Show as calendar")
def _list(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?v=list")


@state("No times on Saturday 28 November.")
def _day_without_times(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?d=2026-11-28")


def _two_days() -> WorkHours:
    days = {"2026-11-24": [["09:00", "12:00"]], "2027-01-12": [["09:00", "12:00"]]}
    return WorkHours.from_document({"zone": "Europe/Berlin", "overrides": days})


@state("No times in December 2026.", "The next is Tue 12 Jan")
def _month_without_times(live: Live, visitor: Visitor) -> None:
    intro(live, hours=_two_days())
    visitor.open(f"{HOME}?m=2026-12")


@state("January 2027", "No times left in November. Showing January 2027.")
def _first_times_months_ahead(live: Live, visitor: Visitor) -> None:
    intro(live, hours=_two_days())
    live.clock.forward(days=3)
    visitor.open(HOME)


@state("No times at the moment", "New dates come in spring.")
def _profile_without_times(live: Live, visitor: Visitor) -> None:
    nothing = WorkHours.from_document({"zone": "Europe/Berlin"})
    intro(live, hours=nothing, empty_text="New dates come in spring.")
    visitor.open(HOME)


@state("No bookings at the moment", "This page is paused.")
def _paused(live: Live, visitor: Visitor) -> None:
    intro(live, paused=True)
    visitor.open(HOME)


@state("Bookings are not open yet", "They open on Tuesday 1 December 2026, 09:00 (Berlin).")
def _not_started(live: Live, visitor: Visitor) -> None:
    intro(live, active_from=at(8, day=1, month=12))
    visitor.open(HOME)


@state("Bookings are closed", "They were open until Sunday 1 November 2026, 09:00.")
def _ended(live: Live, visitor: Visitor) -> None:
    intro(live, active_until=at(8, day=1))
    visitor.open(HOME)


@state("Monday 23 November is too soon: bookings are open from Wed 25 Nov, 07:00.")
def _too_soon(live: Live, visitor: Visitor) -> None:
    intro(live, notice_minutes=2880)
    visitor.open(f"{HOME}?d=2026-11-23")


@state("Friday 20 November has passed.")
def _day_that_has_passed(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?d=2026-11-20")


@state("Bookings are open until Friday 22 January.", "There are times on")
def _past_the_horizon(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?d=2027-06-01")


@state("Tuesday 24 November", "on hold")
def _on_hold(live: Live, visitor: Visitor) -> None:
    live.world.hold(intro(live), at(9))
    visitor.open(f"{HOME}?d=2026-11-24")


@state("Tuesday 24 November", "2 seats left")
def _seats(live: Live, visitor: Visitor) -> None:
    live.world.book(intro(live, seats=3), at(9))
    visitor.open(f"{HOME}?d=2026-11-24")


@state("Soonest", "1 hour 30 minutes")
def _several_lengths(live: Live, visitor: Visitor) -> None:
    intro(live, durations=(15, 30, 90))
    visitor.open(HOME)


@state("Soonest", "They are local to the place where the meeting is.")
def _locked_zone(live: Live, visitor: Visitor) -> None:
    intro(live, location_kind=LocationKind.ADDRESS, location="Kai 7, 20457 Hamburg")
    visitor.open(HOME)


@state("Soonest", "Showing Berlin time.")
def _unknown_zone(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open(f"{HOME}?tz=Americas/New_York")


@state("Sunday 28 March", "Clocks go forward at 02:00")
def _clocks_change(live: Live, visitor: Visitor) -> None:
    always = {day: [["00:00", "06:00"]] for day in ("sat", "sun", "mon")}
    hours = WorkHours.from_document({"zone": "Europe/Berlin", "weekly": always})
    intro(live, hours=hours, horizon_days=200)
    visitor.open(f"{HOME}?d=2027-03-28")


@state("That time is no longer free", status=409)
def _taken_while_choosing(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    visitor.open(HOME)
    take(live.world, profile)
    visitor.press(visitor.time(TEN), lands="#taken")


# ------------------------------------------------------------------------- giving details


@state("Your details", "We keep 10:00 for you until 07:08.")
def _details(live: Live, visitor: Visitor) -> None:
    intro(live)
    choose(visitor)


@state("Your details", "What is it about?")
def _details_with_questions(live: Live, visitor: Visitor) -> None:
    questions = (
        {"name": "topic", "label": "What is it about?", "type": "textarea"},
        {"name": "team", "label": "Team", "type": "select", "options": ["North", "South"]},
        {"name": "seen", "label": "I have read the notes", "type": "checkbox"},
        {"name": "size", "label": "How many people?", "type": "number", "required": False},
    )
    intro(live, questions=questions, location_kind=LocationKind.INVITEE_PHONE, location="")
    choose(visitor)


@state("Your details", "We keep 10:00 for you until 07:13.")
def _hold_kept_for_longer(live: Live, visitor: Visitor) -> None:
    intro(live)
    choose(visitor)
    live.clock.forward(minutes=5)
    visitor.press("#keep", lands="#details:not(:has(#keep))")


@state("Your details", "We kept 10:00 for you until 07:08. If it is still free, you can confirm.")
def _hold_expired(live: Live, visitor: Visitor) -> None:
    intro(live)
    choose(visitor)
    live.clock.forward(minutes=10)
    visitor.page.reload()


@state("10:00 is no longer free", "Somebody else has booked it meanwhile.")
def _hold_expired_and_taken(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    choose(visitor)
    live.clock.forward(minutes=10)
    take(live.world, profile)
    visitor.page.reload()


@state("10:00 is no longer free", "Everything you typed is still here.", status=409)
def _taken_meanwhile(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    choose(visitor)
    give_details(visitor)
    live.clock.forward(minutes=10)
    take(live.world, profile)
    confirm(visitor, lands="#problem")


@state("This address already has a booking on Tue 24 Nov", "Book a second one", status=409)
def _already_booked(live: Live, visitor: Visitor) -> None:
    live.world.book(intro(live), at(13))
    choose(visitor)
    give_details(visitor)
    confirm(visitor, lands="#problem")


@state("There is a problem", status=422)
def _form_errors(live: Live, visitor: Visitor) -> None:
    intro(live)
    choose(visitor)
    give_details(visitor, name="", email="grace at example")
    confirm(visitor, lands="#problem")


@state("Your details", "Send request")
def _details_of_a_request(live: Live, visitor: Visitor) -> None:
    intro(live, needs_approval=True)
    choose(visitor)


# ------------------------------------------------------------------------- receipt, move, cancel


@state("Booked", "Add to calendar")
def _receipt(live: Live, visitor: Visitor) -> None:
    intro(live)
    choose(visitor)
    give_details(visitor)
    confirm(visitor)


@state("Requested", "You get a mail either way.")
def _requested(live: Live, visitor: Visitor) -> None:
    visitor.open(booked(live, needs_approval=True)[1])


@state("Declined", "could not confirm this request")
def _declined(live: Live, visitor: Visitor) -> None:
    uuid, path = booked(live, needs_approval=True)
    with live.world.desk.begin(live.world.owner) as uow:
        bookings.decline(uow, uuid, reason="We are away that week")
    visitor.open(path)


@state("Change time", "Your details stay as they are")
def _change_time(live: Live, visitor: Visitor) -> None:
    visitor.open(booked(live)[1] + "/move")


@state("Change to this time?", "Keep it")
def _confirm_change(live: Live, visitor: Visitor) -> None:
    visitor.open(booked(live)[1] + "/move?start=2026-11-24T13:00Z")


@state("That time is no longer free", "Your booking stays as it is.", status=409)
def _change_lost(live: Live, visitor: Visitor) -> None:
    uuid, path = booked(live)
    visitor.open(path + "/move?start=2026-11-24T13:00Z")
    profile = live.world.desk.sql("SELECT id FROM booking_profile")[0][0]
    live.world.book(profile, at(13), "Otto")  # type: ignore[arg-type]
    visitor.press("#move_confirm .primary", lands="#taken")


@state("Cancel this booking?", "Keep it")
def _cancel(live: Live, visitor: Visitor) -> None:
    visitor.open(booked(live)[1] + "/cancel")


@state("Cancelled", "You cancelled this booking")
def _cancelled(live: Live, visitor: Visitor) -> None:
    visitor.open(booked(live)[1] + "/cancel")
    visitor.press("#cancel .danger", lands="#receipt")


@state("Cancelled", "Ada Berg cancelled this booking", status=409)
def _already_cancelled(live: Live, visitor: Visitor) -> None:
    uuid, path = booked(live)
    visitor.open(path + "/cancel")
    with live.world.desk.begin(live.world.owner) as uow:
        bookings.cancel(uow, uuid, by=Actor.HOST, reason="We are away")
    visitor.press("#cancel .danger", lands="#receipt")


@state("Under way", "It has begun; it can no longer be changed.")
def _under_way(live: Live, visitor: Visitor) -> None:
    _, path = booked(live)
    live.clock.now = at(9, 10)
    visitor.open(path)


@state("This is over", "it can no longer be changed")
def _past(live: Live, visitor: Visitor) -> None:
    _, path = booked(live)
    live.clock.forward(days=3)
    visitor.open(path)


# ------------------------------------------------------------------------- pages with one message


@state("This page was taken down", status=410)
def _deleted(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    with live.world.desk.begin(live.world.owner) as uow:
        profiles.delete(uow, profile)
    visitor.open(HOME)


@state("There is no such page", status=404)
def _not_found(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.open("/harbour/nothing-here")


@state("There is no such page", status=404)
def _no_such_organization(live: Live, visitor: Visitor) -> None:
    visitor.open("/nobody-here/intro")


@state("There is no such page", "mistyped", status=404)
def _foreign_link(live: Live, visitor: Visitor) -> None:
    _, path = booked(live)
    visitor.open(path[:-4] + "AAAA")


@state("Too many requests", "Please try again in", status=429)
def _too_many_requests(live: Live, visitor: Visitor) -> None:
    intro(live)
    visitor.page.set_extra_http_headers({"X-Forwarded-For": ELSEWHERE})
    asked = urllib.request.Request(live.url + HOME, headers={"X-Forwarded-For": ELSEWHERE})
    for _ in range(41):
        try:
            urllib.request.urlopen(asked).close()
        except urllib.error.HTTPError as refused:
            refused.close()
    visitor.open(HOME)


@state("Something went wrong on our side", "Reference:", status=500)
def _error(live: Live, visitor: Visitor) -> None:
    intro(live)

    def broken(org: str, profile: str) -> str:
        raise RuntimeError("a test breaks this page")

    live.app.view_functions["booking.choose"] = broken
    visitor.open(HOME)


# ------------------------------------------------------------------------- the organization's page


@state("Book with Harbour", "paused at the moment")
def _organization(live: Live, visitor: Visitor) -> None:
    intro(live)
    intro(live, slug="longer", name="Consultation", durations=(60, 90), position=1)
    intro(live, slug="summer", name="Summer check-up", paused=True, position=2)
    visitor.open("/harbour")


@state("Book with Harbour", "Nothing can be booked here at the moment.")
def _organization_without_profiles(live: Live, visitor: Visitor) -> None:
    visitor.open("/harbour")
