"""The states of a booking, the pages with one message, and the page of an organization."""

from __future__ import annotations

import urllib.error
import urllib.request

from tests.browser.live import Live
from tests.browser.stage import HOME, booked, choose, confirm, give_details, intro, state
from tests.browser.visitor import Visitor
from tests.world import at
from webapp.models import Actor
from webapp.services import bookings, profiles

ELSEWHERE = "203.0.113.7"


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
    _, path = booked(live)
    visitor.open(path + "/move?start=2026-11-24T13:00Z")
    profile = live.world.desk.sql("SELECT id FROM booking_profile")[0][0]
    live.world.book(profile, at(13), "Otto")
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
