"""Leaving a team: what becomes of bookings, profiles, keys and calendars is decided and done."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask

from tests.console.test_team_pages import browser_of, remove, role_of, uuid_of
from tests.world import World, at, overlaps
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.models import Actor
from webapp.services import bookings, feeds, keys, schedules
from webapp.services.leaving import Fate


def hosts_of(world: World, name: str) -> list[object]:
    rows = world.desk.sql(
        "SELECT s.host_id FROM booking b JOIN busy_span s ON s.meeting_id = b.meeting_id "
        "WHERE b.name = :name",
        name=name,
    )
    return [row[0] for row in rows]


def test_the_removal_page_says_who_could_take_over(office: World, app: Flask) -> None:
    book_around_bela(office)
    page = browser_of(app, office, "ada").get(f"/console/team/{uuid_of(office, 'chris')}/removal")
    assert page.text.count("<bdi>Bela Cruz</bdi> is free") == 1
    assert page.text.count("Nobody else is free") == 2
    assert "“<bdi>Solo</bdi>” is paused" in page.text
    assert "“<bdi>Intro call</bdi>” goes on" in page.text


def book_around_bela(office: World) -> None:
    """Chris has three bookings to come: Bela can take "Given", but neither of the others."""
    own = office.profile("bela", slug="bela")
    shared = office.profile("chris", "bela")
    office.book(own, at(8), "Earlier")
    office.book(shared, at(8), "Stuck")
    office.book(office.profile("chris", slug="solo", name="Solo"), at(9), "Alone")
    again = UUID(office.book(own, at(10), "Later"))
    office.book(shared, at(10), "Given")
    with office.desk.begin(office.owner) as uow:
        bookings.cancel(uow, again, by=Actor.HOST)


@pytest.mark.parametrize(
    ("fate", "given", "alone"),
    [
        (Fate.GIVE_OR_CANCEL, True, "cancelled"),
        (Fate.GIVE_OR_KEEP, True, "confirmed"),
        (Fate.CANCEL, False, "cancelled"),
        (Fate.KEEP, False, "confirmed"),
    ],
)
def test_bookings_meet_the_fate_that_was_chosen(
    office: World, app: Flask, fate: Fate, given: bool, alone: str
) -> None:
    chris, bela = office.hosts["chris"], office.hosts["bela"]
    book_around_bela(office)
    mails = len(office.desk.sql("SELECT id FROM message"))
    owner = browser_of(app, office, "ada")
    assert remove(owner, office, "chris", fate=fate.value, reason="We part ways") == 303

    state = dict(office.desk.sql("SELECT name, status FROM booking"))
    assert state["Alone"] == alone
    assert state["Stuck"] == alone
    assert hosts_of(office, "Given") == ([bela] if given else [chris] if fate is Fate.KEEP else [])
    assert overlaps(office.desk) == 0
    reasons = {
        row[0] for row in office.desk.sql("SELECT cancel_reason FROM booking WHERE name = 'Alone'")
    }
    assert reasons == ({"We part ways"} if alone == "cancelled" else {""})
    if fate is Fate.KEEP:
        assert len(office.desk.sql("SELECT id FROM message")) == mails
    else:
        assert len(office.desk.sql("SELECT id FROM message")) > mails


def test_who_leaves_is_no_host_any_more_and_profiles_pause_without_hosts(
    office: World, app: Flask
) -> None:
    shared = office.profile("chris", "bela")
    alone = office.profile("chris", slug="alone")
    team_of_two = office.group("chris", "bela", required=Required.ALL)
    grouped = office.profile(slug="grouped", groups=(team_of_two,))
    hold = office.hold(alone, at(9))
    assert remove(browser_of(app, office, "ada"), office, "chris") == 303
    rows = office.desk.sql("SELECT id, paused, candidates FROM booking_profile ORDER BY id")
    states = {row[0]: (bool(row[1]), str(row[2])) for row in rows}
    assert [states[number][0] for number in (shared, alone, grouped)] == [False, True, False]
    number = re.compile(rf"\b{office.hosts['chris']}\b")
    for _, candidates in states.values():
        hosts = re.findall(r'"hosts": \[([^\]]*)\]', candidates)
        assert not any(number.search(each) for each in hosts)
    assert office.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 0, "the hold lapsed"
    visitor = app.test_client()
    assert visitor.get(f"/harbour/alone/b/{hold}").status_code != 500
    assert visitor.get("/harbour/intro").status_code == 200


def test_keys_calendars_and_time_away_end_with_the_membership(office: World, app: Flask) -> None:
    bela = Caller(office.organization_id, Role.MEMBER, office.hosts["bela"])
    with office.desk.begin(office.owner) as uow:
        keys.make_token(uow, office.hosts["bela"], "Bela’s")
    with office.desk.begin(bela) as uow:
        feeds.link_url(uow, office.hosts["bela"], name="", url="https://example.org/b.ics")
        schedules.go_away(uow, office.hosts["bela"], Interval(at(8), at(18)))
    browser = browser_of(app, office, "bela")
    assert remove(browser_of(app, office, "ada"), office, "bela") == 303
    counts = (
        "SELECT (SELECT count(*) FROM access_token WHERE revoked_at IS NULL),"
        " (SELECT count(*) FROM calendar_feed), (SELECT count(*) FROM time_away),"
        " (SELECT count(*) FROM busy_span)"
    )
    assert tuple(office.desk.sql(counts)[0]) == (0, 0, 0, 0)
    assert "/auth/sign-in" in browser.get("/console/").location


def test_a_choice_is_needed_when_there_are_bookings(office: World, app: Flask) -> None:
    office.book(office.profile("chris"), at(8))
    owner = browser_of(app, office, "ada")
    assert remove(owner, office, "chris") == 422
    assert remove(owner, office, "chris", fate="burn") == 422
    assert role_of(office, "chris") == "member"


def test_a_forged_removal_does_nothing(office: World, app: Flask) -> None:
    owner = browser_of(app, office, "ada")
    answer = owner.post(
        f"/console/team/{uuid_of(office, 'chris')}/removal",
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert role_of(office, "chris") == "member"
