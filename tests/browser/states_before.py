"""The states before somebody has booked: choosing a time, giving details."""

from __future__ import annotations

from tests.browser.live import Live
from tests.browser.stage import HOME, TEN, choose, confirm, give_details, intro, state, take
from tests.browser.visitor import Visitor
from tests.world import at
from webapp.domain.workhours import WorkHours
from webapp.models import LocationKind

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
    intro(live, durations=(60,), step_minutes=60)
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
