"""The pages behind sign-in that tests look at, and how somebody gets there."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from tests.browser.live import Live
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from tests.world import at
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import bookings, feeds, sessions
from webapp.services.sessions import Proven

PASSWORD = "a lantern by the quay"
CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Example//Test//EN\r
BEGIN:VEVENT\r
UID:dentist@example.org\r
DTSTAMP:20261101T000000Z\r
DTSTART:20261124T090000Z\r
DTEND:20261124T100000Z\r
SUMMARY:Dentist\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:broken@example.org\r
DTSTAMP:20261101T000000Z\r
DTSTART:not a time\r
SUMMARY:Broken\r
END:VEVENT\r
END:VCALENDAR\r
"""


def sign_in(live: Live, visitor: Visitor) -> None:
    """Ada is signed in; her cookie is the one that the form would have given."""
    system = Caller(None, Role.SYSTEM)
    with live.world.desk.begin(system) as uow:
        user_id = live.world.hosts["ada"]
        user = uow.session.scalars(sa.select(User).where(User.id == user_id)).one()
        token = sessions.open_session(uow, Proven(user_id, user.password_hash or "", None))
    visitor.page.context.add_cookies([{"name": "kalends", "value": token, "url": live.url}])


def busy_week(live: Live) -> str:
    """Some bookings, one of them cancelled and one a request; the uuid of Grace's."""
    profile = intro(live)
    grace = live.world.book(profile, at(9), "Grace")
    live.world.book(profile, at(13, day=23), "Otto")
    live.world.book(profile, at(12, day=26), "Hana")
    gone = UUID(live.world.book(profile, at(14, day=25), "Ravi"))
    with live.world.desk.begin(live.world.owner) as uow:
        bookings.cancel(uow, gone, by=bookings.Actor.HOST, reason="We are away")
    asked = intro(live, slug="visit", name="Home visit", needs_approval=True, position=1)
    live.world.book(asked, at(10, day=27), "Lucía")
    live.drain()
    return grace


def _sign_in(live: Live, visitor: Visitor) -> None:
    visitor.open("/auth/sign-in")


def _sign_in_refused(live: Live, visitor: Visitor) -> None:
    visitor.open("/auth/sign-in")
    visitor.fill("email", "ada@harbour.example.org")
    visitor.fill("password", "not the one")
    visitor.press("main form .btn", lands="[role=alert]")


def _home(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    sign_in(live, visitor)
    visitor.open("/console/")


def _home_on_the_first_day(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/")


def _bookings(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    sign_in(live, visitor)
    visitor.open("/console/bookings")


def _bookings_waiting(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    sign_in(live, visitor)
    visitor.open("/console/bookings?list=waiting")


def _booking(live: Live, visitor: Visitor) -> None:
    uuid = busy_week(live)
    sign_in(live, visitor)
    visitor.open(f"/console/bookings/{uuid}")


def _request(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    sign_in(live, visitor)
    visitor.open("/console/bookings?list=waiting")
    visitor.press("main section a", lands="#booking")


def _cancel_a_booking(live: Live, visitor: Visitor) -> None:
    uuid = busy_week(live)
    sign_in(live, visitor)
    visitor.open(f"/console/bookings/{uuid}/cancellation")


def _calendars(live: Live, visitor: Visitor) -> None:
    desk = live.world.desk
    laid_out = feeds.lay_out(
        CALENDAR, zone="Europe/Berlin", window=feeds.window_of(live.clock()), owner_emails=()
    )
    with desk.begin(live.world.owner) as uow:
        feeds.link_file(
            uow, live.world.hosts["ada"], name="", file_name="home.ics", laid_out=laid_out
        )
    live.clock.forward(seconds=timedelta(minutes=12).total_seconds())
    sign_in(live, visitor)
    visitor.open("/console/calendars")


def _calendar_refused(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/calendars")
    visitor.fill("url", "ftp://example.org/calendar")
    visitor.press("form[action$=addresses] .btn", lands="#url-error")


def _nothing_there(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/nothing-here")


PRIVATE_STATES = [
    State("sign-in", _sign_in, 200, "Sign in", ""),
    State("sign-in-refused", _sign_in_refused, 422, "Sign in", "is not right"),
    State("console-home", _home, 200, "Today", "1 request waits for a decision"),
    State("console-home-empty", _home_on_the_first_day, 200, "Today", "Nothing is booked today"),
    State("console-bookings", _bookings, 200, "Bookings", "Grace"),
    State("console-waiting", _bookings_waiting, 200, "Bookings", "Lucía"),
    State("console-booking", _booking, 200, "What happened", "Details"),
    State("console-request", _request, 200, "What happened", "asks for this time"),
    State("console-cancel", _cancel_a_booking, 200, "Cancel booking", "Keep it"),
    State("console-calendars", _calendars, 200, "Calendars", "could not be used"),
    State("console-calendar-refused", _calendar_refused, 422, "Calendars", "https://"),
    State("console-not-found", _nothing_there, 404, "There is no such page", ""),
]
