"""Every request of the published guide, as curl sends it: repaired where the guide slips.

The guide writes a zone that does not exist, intervals without length and with a stray ``Z``, and
dots for what it leaves out. Repaired, each request does what the guide says; as it stands, the
answer names every fault.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.guide import AS_PUBLISHED, written
from tests.world import World

CHANGE = {
    "name": "aurinkoDemo",
    "durationMinutes": 30,
    "availabilityStep": 15,
    "timeAvailableFor": "30D",
    "subject": "Aurinko Demo",
    "description": "My new event description",
    "location": "Google Hangout",
    "context": "string",
    "startConference": True,
}


@pytest.fixture
def demo(program: Program) -> int:
    """The guide's profile."""
    made: dict[str, Any] = program.done("POST", "/group/profiles", written())
    return int(made["id"])


def test_the_profile_is_made_as_it_was_written(program: Program) -> None:
    made = program.done("POST", "/group/profiles", written())
    sent = json.loads(written())
    assert {name: made[name] for name in sent if name not in ("id", "timeAvailableFor")} == {
        name: value for name, value in sent.items() if name not in ("id", "timeAvailableFor")
    } | {"workHours": made["workHours"]}
    assert made["timeAvailableFor"] == "P30D", "the period in its canonical form"
    hours = made["workHours"]
    assert (hours["timezone"], len(hours["daySchedules"])) == ("America/New_York", 1)
    assert hours["daySchedules"][0] == sent["workHours"]["daySchedules"][0]


def test_as_the_guide_has_it_every_fault_is_named(program: Program) -> None:
    told = program.refused(400, "POST", "/group/profiles", AS_PUBLISHED)
    interval = "workHours.daySchedules[0].workingIntervals[0]"
    assert set(told) == {"", "workHours.timezone", interval, f"{interval}.start", f"{interval}.end"}
    assert "Did you mean America/New_York?" in told["workHours.timezone"]
    assert program.done("GET", "/group/profiles")["totalSize"] == 0


def test_dots_are_no_json(program: Program, world: World) -> None:
    for body in (
        written().replace("]\n            }", "],...\n            }"),
        written().replace("}]", "},...]"),
    ):
        told = program.refused(400, "POST", "/group/profiles", body)
        assert set(told) <= {"", "body"}
    assert world.desk.sql("SELECT id FROM booking_profile") == []


def test_a_stray_z_alone_is_forgiven(program: Program) -> None:
    made = program.done("POST", "/group/profiles", written(start="14:15:00Z", end="15:15:00Z"))
    assert made["workHours"]["daySchedules"][0]["workingIntervals"] == [
        {"start": "14:15:00", "end": "15:15:00"}
    ]


def test_the_profile_is_changed_and_the_rest_stays(program: Program, demo: int) -> None:
    before = program.done("GET", f"/group/profiles/{demo}")
    changed = program.done("PATCH", f"/group/profiles/{demo}", CHANGE)
    assert changed in ({"status": "Ok"}, program.done("GET", f"/group/profiles/{demo}"))
    after = program.done("GET", f"/group/profiles/{demo}")
    assert after == before | {
        "description": "My new event description",
        "location": "Google Hangout",
    }


def attached(program: Program, world: World, demo: int) -> None:
    ada, bela, chris = (world.accounts[name] for name in ("ada", "bela", "chris"))
    assert program.done(
        "POST", f"/group/profiles/{demo}/attachAccounts", {"accountIds": [ada, bela]}
    ) == {"status": "Ok"}
    groups = [
        {"extId": "groupExtId1", "accountIds": [ada, bela], "required": "one"},
        {"extId": "groupExtId2", "accountIds": [bela, chris], "required": "all"},
    ]
    assert program.done("POST", f"/group/profiles/{demo}/attachGroups", {"groups": groups}) == {
        "status": "Ok"
    }
    told = program.done("GET", f"/group/profiles/{demo}/attachGroups")
    assert told["records"] == groups
    told = program.done("GET", f"/group/profiles/{demo}/attachAccounts")
    assert told["records"] == [{"accountIds": [ada, bela]}]


def test_times_are_offered_and_one_is_booked_with_what_was_offered(
    program: Program, world: World, demo: int
) -> None:
    attached(program, world, demo)
    for required in ("one", "all"):
        offered = program.done("GET", f"/group/profiles/{demo}/meeting", required=required)
        assert offered["durationMinutes"] == 30
        first = offered["items"][0]
        assert first["groupXids"] == ["groupExtId1", "groupExtId2"]
        assert len(first["accountIds"]) == 2
        body = {
            "time": {"start": first["start"], "end": first["end"]},
            "groupXids": first["groupXids"],
            "accountIds": first["accountIds"],
            "name": "string",
            "email": "somebody@example.org",
            "substitutionData": {"property1": "string", "property2": "string"},
        }
        booked = program.done("POST", f"/group/profiles/{demo}/meeting", body, required=required)
        assert booked["created"] is True
    hosts = [set(json.loads(row[0])) for row in world.desk.sql("SELECT host_ids FROM meeting")]
    assert [len(each) for each in hosts] == [1, 3], "one of them, then all of them"
    invited = world.desk.sql("SELECT address FROM message WHERE audience = 'invitee'")
    assert {row[0] for row in invited} == {"somebody@example.org"}


def test_the_address_that_the_guide_leaves_as_a_word_is_refused(
    program: Program, world: World, demo: int
) -> None:
    attached(program, world, demo)
    first = program.done("GET", f"/group/profiles/{demo}/meeting")["items"][0]
    body = {"time": {"start": first["start"], "end": first["end"]}, "name": "string",
            "email": "string"}  # fmt: skip
    told = program.refused(400, "POST", f"/group/profiles/{demo}/meeting", body)
    assert set(told) == {"", "schedulerInfo.email"}


def test_variables_of_the_description_are_asked_for(program: Program, world: World) -> None:
    said = json.loads(written()) | {"description": "With {{name}} about {{comments}}"}
    demo = program.done("POST", "/group/profiles", said)["id"]
    attached(program, world, demo)
    offered = program.done("GET", f"/group/profiles/{demo}/meeting")
    assert offered["additionalFields"] == [{"name": "comments", "type": "text", "default": None}]
    first = offered["items"][0]
    body: dict[str, Any] = {"time": {"start": first["start"], "end": first["end"]}}
    told = program.refused(400, "POST", f"/group/profiles/{demo}/meeting", body)
    assert set(told) == {"", "substitutionData.comments"}
    body["substitutionData"] = {"comments": "All of it"}
    assert program.done("POST", f"/group/profiles/{demo}/meeting", body)["created"] is True


def test_without_a_key_nothing_of_it_is_answered(program: Program, demo: int) -> None:
    stranger = Program(program.client, {})
    for method, path in (
        ("POST", "/group/profiles"),
        ("PATCH", f"/group/profiles/{demo}"),
        ("POST", f"/group/profiles/{demo}/attachAccounts"),
        ("POST", f"/group/profiles/{demo}/attachGroups"),
        ("GET", f"/group/profiles/{demo}/meeting"),
        ("POST", f"/group/profiles/{demo}/meeting"),
    ):
        body = None if method == "GET" else {}
        answer = stranger.ask(method, path, body)
        assert answer.status_code == 401
        assert answer.headers.get_all("WWW-Authenticate")
