"""Free times: who could take each, in parts of time and pages of accounts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from tests.accounts import failing_feed
from tests.api.group_booking.conftest import Program
from tests.world import World, at
from webapp.domain.permissions import Caller, Role
from webapp.models import (
    BookingProfile,
    Calendar,
    Organization,
)
from webapp.services import profiles

DAY = {"fromDate": "2026-11-24", "intervalLength": "P1D"}


@pytest.fixture
def trio(program: Program, world: World) -> str:
    """The path to the times of a profile served by Ada, Bela, and a group of Bela and Chris."""
    id = program.profile(availabilityStep=60, durationMinutes=60)
    ada, bela, chris = world.accounts.values()
    path = f"/group/profiles/{id}"
    program.done("POST", f"{path}/attachAccounts", {"accountIds": [ada, bela]})
    groups = [{"extId": "g", "accountIds": [bela, chris], "required": "all"}]
    program.done("POST", f"{path}/attachGroups", {"groups": groups})
    return f"{path}/meeting"


def busy(world: World, name: str, hour: int) -> None:
    """Take an hour of somebody's Tuesday."""
    slug = f"own-{name}-{hour}"
    profile = world.profile(name, slug=slug, durations=(60,), step_minutes=60)
    world.book(profile, at(hour), duration_minutes=60)


def by_start(told: Mapping[str, Any]) -> dict[str, tuple[list[int], list[str]]]:
    return {each["start"][11:16]: (each["accountIds"], each["groupXids"]) for each in told["items"]}


def test_each_start_names_the_accounts_and_groups_that_are_free(
    program: Program, world: World, trio: str
) -> None:
    ada, bela, _ = world.accounts.values()
    busy(world, "chris", 9)
    busy(world, "bela", 10)
    told = program.done("GET", trio, **DAY)
    found = by_start(told)
    assert found["08:00"] == ([ada, bela], ["g"])
    assert found["09:00"] == ([ada, bela], [])
    assert found["10:00"] == ([ada], [])
    assert list(found) == [f"{hour:02d}:00" for hour in range(8, 16)], "nine to five in Berlin"
    assert told["items"][0]["end"] == "2026-11-24T09:00:00Z"


def test_all_lists_only_what_suits_everybody(program: Program, world: World, trio: str) -> None:
    busy(world, "chris", 9)
    busy(world, "ada", 11)
    starts = by_start(program.done("GET", trio, required="all", **DAY))
    assert list(starts) == ["08:00", "10:00", "12:00", "13:00", "14:00", "15:00"]
    ada, bela, _ = world.accounts.values()
    assert starts["08:00"] == ([ada, bela], ["g"])


def test_one_is_enough_unless_all_are_asked_for(program: Program, world: World) -> None:
    busy(world, "bela", 9)
    id = world.profile("ada", "bela", required="all", durations=(60,), step_minutes=60)
    path = f"/group/profiles/{id}/meeting"
    assert "09:00" in by_start(program.done("GET", path, **DAY))
    assert "09:00" not in by_start(program.done("GET", path, required="all", **DAY))


def test_pages_of_accounts_tell_the_same_starts(program: Program, world: World, trio: str) -> None:
    whole = program.done("GET", trio, **DAY)
    assert (whole["limit"], whole["offset"], whole["done"], whole["totalSize"]) == (10, 0, True, 2)
    assert whole["nextPageToken"] is None
    first = program.done("GET", trio, limit=1, **DAY)
    assert not first["done"]
    by_offset = program.done("GET", trio, limit=1, offset=1, **DAY)
    by_token = program.done("GET", trio, limit=1, pageToken=first["nextPageToken"], **DAY)
    assert by_token == by_offset
    assert by_offset["done"]
    pages = (by_start(first), by_start(by_offset))
    merged = {
        start: (pages[0][start][0] + pages[1][start][0], groups)
        for start, (_, groups) in by_start(whole).items()
    }
    assert merged == by_start(whole)


def test_a_window_is_told_in_parts_that_leave_no_hole(program: Program, trio: str) -> None:
    whole = program.done("GET", trio)
    assert whole["startTime"] == "2026-11-23T06:00:00Z"
    assert whole["endTime"] == "2027-01-22T23:00:00Z", "the end of the last day in Berlin"
    items, asked, parts = [], {"intervalLength": "P2W"}, 0
    while True:
        told = program.done("GET", trio, **asked)
        items += told["items"]
        parts += 1
        if told["nextFromDate"] is None:
            break
        asked["fromDate"] = told["nextFromDate"]
    assert items == whole["items"]
    assert parts == 5
    assert told["endTime"] == whole["endTime"]


def test_one_answer_covers_a_hundred_days_at_most(program: Program) -> None:
    id = program.profile(timeAvailableFor="P1Y")
    for length in ({}, {"intervalLength": "P200D"}):
        told = program.done("GET", f"/group/profiles/{id}/meeting", **length)
        assert told["nextFromDate"] == "2027-03-03"
        assert told["endTime"] == "2027-03-02T23:00:00Z"


def test_parts_outside_of_the_window_are_empty(program: Program, trio: str) -> None:
    for day in ("1999-01-01", "2026-11-01", "2027-06-01", "2099-12-31"):
        told = program.done("GET", trio, fromDate=day, intervalLength="P1W")
        assert told["items"] == []
        assert told["startTime"] == told["endTime"]
        assert (told["nextFromDate"] is None) == (day > "2027")


def test_an_end_in_the_past_leaves_nothing(program: Program) -> None:
    id = program.profile(endTime="2026-11-01T00:00:00Z")
    told = program.done("GET", f"/group/profiles/{id}/meeting")
    assert (told["items"], told["nextFromDate"]) == ([], None)


def test_a_paused_profile_has_no_times(program: Program, world: World) -> None:
    id = world.profile("ada")
    with world.desk.begin(world.owner) as uow:
        profiles.pause(uow, id, True)
    assert program.done("GET", f"/group/profiles/{id}/meeting")["items"] == []


def test_the_answer_says_what_a_page_needs(program: Program, world: World) -> None:
    id = program.profile(subject="", description="{{comments}} {{email}}", timeAvailableFor="4w")
    with world.desk.begin(world.owner) as uow:
        kept = uow.session.get_one(BookingProfile, id)
        kept.questions = [
            {"name": "room", "required": False},
            {"name": "size", "type": "number", "default": "2"},
        ]
        kept.primary_color = "#30A9EE"
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.get_one(Organization, world.organization_id).secondary_color = "#303030"
    told = program.done("GET", f"/group/profiles/{id}/meeting")
    assert (told["primaryColor"], told["secondaryColor"]) == ("#30a9ee", "#303030")
    assert (told["subject"], told["timeAvailableFor"]) == ("demo", "P4W")
    assert (told["durationMinutes"], told["availabilityStep"]) == (30, 15)
    assert told["additionalFields"] == [
        {"name": "comments", "type": "text", "default": None},
        {"name": "room", "type": "text", "default": ""},
        {"name": "size", "type": "text", "default": "2"},
    ]


NONSENSE: tuple[tuple[dict[str, object], set[str]], ...] = (
    ({"required": "any"}, {"required"}),
    ({"fromDate": "2026-13-01"}, {"fromDate"}),
    ({"fromDate": "9999-12-31"}, {"fromDate"}),
    ({"intervalLength": "PT1H"}, {"intervalLength"}),
    ({"limit": 0}, {"limit"}),
    ({"limit": 51}, {"limit"}),
    ({"limit": "ten", "offset": -1}, {"limit", "offset"}),
    ({"offset": 10**30}, {"offset"}),
    ({"pageToken": "zzz"}, {"pageToken"}),
    ({"pageToken": base64.urlsafe_b64encode(b"a01").decode()}, {"pageToken"}),
    ({"pageToken": "YTEw", "offset": 5}, {"pageToken"}),
)


def test_questions_that_make_no_sense_are_refused(program: Program, trio: str) -> None:
    for query, places in NONSENSE:
        assert set(program.refused(400, "GET", trio, **query)) - {""} == places, query


def test_somebody_whose_calendar_cannot_be_read_is_never_taken_as_free(
    program: Program, world: World, trio: str
) -> None:
    ada, bela, _ = world.accounts.values()
    feed = failing_feed(world, "bela")
    told = by_start(program.done("GET", trio, **DAY))
    assert told["08:00"] == ([ada], [])
    assert program.done("GET", trio, required="all", **DAY)["items"] == []
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(Calendar, feed.calendar_id).blocks = False
    assert by_start(program.done("GET", trio, **DAY))["08:00"] == ([ada, bela], ["g"])


def test_what_is_kept_is_never_told_after_it_has_changed(
    program: Program, world: World, trio: str
) -> None:
    before = program.done("GET", trio, **DAY)
    assert program.done("GET", trio, **DAY) == before
    path = trio.removesuffix("/meeting")
    program.done("PATCH", path, {"subject": "Other"})
    assert program.done("GET", trio, **DAY)["subject"] == "Other"
    program.done("POST", f"{path}/detachAccounts", {"accountIds": [world.accounts["ada"]]})
    told = program.done("GET", trio, **DAY)
    assert told["totalSize"] == 1
    assert told["items"][0]["accountIds"] == [world.accounts["bela"]]


# ------------------------------------------------------------------------------- several at once


def test_profiles_that_are_free_wholly_inside_are_told(program: Program, world: World) -> None:
    busy(world, "bela", 9)
    free = world.profile("ada", slug="free", step_minutes=30)
    taken = world.profile("bela", slug="taken", step_minutes=30)
    long = world.profile("ada", slug="long", durations=(90,), step_minutes=30)
    path = "/group/profiles/dynamic/availability"
    asked = {
        "timeMin": "2026-11-24T09:00:00Z",
        "timeMax": "2026-11-24T10:00:00Z",
        "profileIds": [taken, free],
        "profileNames": ["LONG", "free"],
    }
    assert program.done("POST", path, asked) == {"profileIds": [free]}
    asked["timeMax"] = "2026-11-24T10:30:00Z"
    assert program.done("POST", path, asked) == {"profileIds": [taken, free, long]}
    asked |= {"timeMin": "2026-11-24T10:01:00Z"}
    assert program.done("POST", path, asked) == {"profileIds": []}
    both = world.profile("ada", "bela", slug="both")
    asked = {**asked, "timeMin": "2026-11-24T09:00:00Z", "profileIds": [both], "profileNames": []}
    assert program.done("POST", path, asked) == {"profileIds": [both]}
    asked |= {"timeMax": "2026-11-24T10:00:00Z", "required": "all"}
    assert program.done("POST", path, asked) == {"profileIds": []}


def test_what_cannot_be_asked_about_several_profiles_is_named(
    program: Program, world: World
) -> None:
    id = program.profile()
    path = "/group/profiles/dynamic/availability"
    span = {"timeMin": "2026-11-24T09:00:00Z", "timeMax": "2026-11-25T09:00:00Z"}
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"timeMin", "timeMax", "profileIds"}),
        (span, {"profileIds"}),
        ({**span, "profileIds": [id] * 101}, {"profileIds"}),
        ({**span, "timeMax": span["timeMin"], "profileIds": [id]}, {"timeMax"}),
        ({**span, "timeMax": "2026-12-26T09:00:01Z", "profileIds": [id]}, {"timeMax"}),
        (
            {**span, "profileIds": [id, 999], "profileNames": ["no such", "demo"]},
            {"profileIds[1]", "profileNames[0]"},
        ),
    ]
    for body, places in cases:
        assert set(program.refused(400, "POST", path, body)) - {""} == places, body
