"""Everything wrong about a body is named at once, by its place, and nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.guide import AS_PUBLISHED, written
from tests.api.group_booking.test_meetings import book, order, served
from tests.world import World

FIRST = "workHours.daySchedules[0].workingIntervals[0]"


def week(*days: tuple[str, list[tuple[str, str]]], zone: object = "UTC") -> dict[str, Any]:
    return {
        "workHours": {
            "timezone": zone,
            "daySchedules": [
                {
                    "dayOfWeek": day,
                    "workingIntervals": [{"start": start, "end": end} for start, end in hours],
                }
                for day, hours in days
            ],
        }
    }


def dates(*intervals: tuple[str, str, list[tuple[str, str]]]) -> dict[str, Any]:
    return {
        **week(),
        "availabilityIntervals": {
            "intervals": [
                {
                    "dateStartInclusive": first,
                    "dateEndInclusive": last,
                    "hours": [{"start": start, "end": end} for start, end in hours],
                }
                for first, last, hours in intervals
            ]
        },
    }


def test_the_published_example_is_taken_once_it_is_repaired(program: Program) -> None:
    body = json.loads(written()) | week(
        ("Monday", [("14:15:00Z", "18:15:00Z")]), zone="America/New_York"
    )
    made = program.done("POST", "/group/profiles", body)
    hours = made["workHours"]["daySchedules"]
    assert hours == [
        {"dayOfWeek": "monday", "workingIntervals": [{"start": "14:15:00", "end": "18:15:00"}]}
    ]
    assert made["timeAvailableFor"] == "P30D"


STRETCH = "availabilityIntervals.intervals"
MONDAY = "workHours.daySchedules[0]"
CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({"name": 7}, {"name"}),
    ({"name": ""}, {"name"}),
    ({"name": "two words"}, {"name"}),
    ({"name": "a" * 61}, {"name"}),
    ({"name": "verify"}, {"name"}),
    ({"durationMinutes": 0}, {"durationMinutes"}),
    ({"durationMinutes": 1441}, {"durationMinutes"}),
    ({"durationMinutes": "30"}, {"durationMinutes"}),
    ({"durationMinutes": 30.5}, {"durationMinutes"}),
    ({"durationMinutes": True}, {"durationMinutes"}),
    ({"durationMinutes": 10**30}, {"durationMinutes"}),
    ({"bufferBetweenMinutes": -1}, {"bufferBetweenMinutes"}),
    ({"availabilityStep": 7}, {"availabilityStep"}),
    ({"startAfterMinutes": -1}, {"startAfterMinutes"}),
    ({"startAfterMinutes": 2**63}, {"startAfterMinutes"}),
    ({"startTime": "2026-11-24"}, {"startTime"}),
    ({"startTime": "2026-11-24T09:00:00"}, {"startTime"}),
    ({"startTime": "2026-02-30T09:00:00Z"}, {"startTime"}),
    ({"startTime": "0001-01-01T00:00:00+23:59"}, {"startTime"}),
    ({"startTime": "2027-01-01T00:00:00Z", "endTime": "2026-01-01T00:00:00Z"}, {"endTime"}),
    ({"timeAvailableFor": "P0D"}, {"timeAvailableFor"}),
    ({"timeAvailableFor": "P366D"}, {"timeAvailableFor"}),
    ({"timeAvailableFor": "PT5H"}, {"timeAvailableFor"}),
    ({"timeAvailableFor": "P"}, {"timeAvailableFor"}),
    ({"timeAvailableFor": "P99999999999999999999D"}, {"timeAvailableFor"}),
    ({"subject": "two\nlines"}, {"subject"}),
    ({"subject": "x" * 201}, {"subject"}),
    ({"description": "nul\0"}, {"description"}),
    ({"description": "x" * 5001}, {"description"}),
    ({"location": "bell\a"}, {"location"}),
    ({"openMeetingUrl": "javascript:alert(1)"}, {"openMeetingUrl"}),
    ({"startConference": "yes"}, {"startConference"}),
    ({"context": {"an": "object"}}, {"context"}),
    ({"workHours": []}, {"workHours"}),
    ({"workHours": {"daySchedules": []}}, {"workHours.timezone"}),
    ({"workHours": {"timezone": "UTC", "daySchedules": [7]}}, {MONDAY}),
    (week(zone="Mars/Olympus"), {"workHours.timezone"}),
    (week(zone=7), {"workHours.timezone"}),
    (week(zone="../../etc/passwd"), {"workHours.timezone"}),
    (week(("someday", [])), {f"{MONDAY}.dayOfWeek"}),
    (week(("monday", []), ("MONDAY", [])), {"workHours.daySchedules[1].dayOfWeek"}),
    (week(("monday", [("09:00", "10:00:00")])), {f"{FIRST}.start"}),
    (week(("monday", [("09:00:00", "25:00:00")])), {f"{FIRST}.end"}),
    (week(("monday", [("24:00:00", "24:00:00")])), {f"{FIRST}.start", FIRST}),
    (week(("monday", [("09:00:00", "10:00:30")])), {f"{FIRST}.end"}),
    (week(("monday", [("09:00:00", "09:00:00")])), {FIRST}),
    (week(("monday", [("17:00:00", "09:00:00")])), {FIRST}),
    (
        week(("monday", [("13:00:00", "17:00:00"), ("09:00:00", "13:30:00")])),
        {FIRST},
    ),
    ({"availabilityIntervals": dates(("2026-12-24", "2026-12-24", []))["availabilityIntervals"]},
     {"availabilityIntervals"}),
    (dates(("2026-12-24", "2026-12-23", [])), {f"{STRETCH}[0].dateEndInclusive"}),
    (dates(("2026-12-24", "soon", [])), {f"{STRETCH}[0].dateEndInclusive"}),
    (dates(("2026-01-01", "2030-01-01", [])), {f"{STRETCH}[0]"}),
    (
        dates(
            ("2026-12-24", "2026-12-26", [("09:00:00", "12:00:00")]),
            ("2026-12-26", "2026-12-28", [("11:00:00", "13:00:00")]),
        ),
        {f"{STRETCH}[1]"},
    ),
    (
        dates(
            ("2026-12-24", "2026-12-26", []),
            ("2026-12-26", "2026-12-26", [("09:00:00", "10:00:00")]),
        ),
        {f"{STRETCH}[1]"},
    ),
]  # fmt: skip


@pytest.fixture
def busy_program(program: Program) -> Program:
    program.profile("kept", subject="Kept")
    return program


def test_every_fault_is_named_by_its_place_and_nothing_is_written(busy_program: Program) -> None:
    kept = busy_program.done("GET", "/group/profiles")["records"]
    for said, places in CASES:
        body = {"name": "demo", **said}
        told = busy_program.refused(400, "POST", "/group/profiles", body)
        assert set(told) - {""} == places, said
        assert told[""] == "badRequest"
        if said.get("availabilityIntervals") is None or "workHours" in said:
            told = busy_program.refused(400, "PATCH", f"/group/profiles/{kept[0]['id']}", said)
            assert set(told) - {""} == places, said
    assert busy_program.done("GET", "/group/profiles")["records"] == kept


def test_faults_of_every_kind_are_told_together(program: Program) -> None:
    body = {"durationMinutes": "x", "availabilityStep": 7} | week(
        ("monday", [("09:00:00", "09:00:00"), ("10:00:00", "12:00:00"), ("11:00:00", "13:00:00")]),
        ("monday", []),
    )
    told = program.refused(400, "POST", "/group/profiles", body)
    assert set(told) - {""} == {
        *("name", "durationMinutes", "availabilityStep", FIRST),
        *(f"{MONDAY}.workingIntervals[2]", "workHours.daySchedules[1].dayOfWeek"),
    }


BODIES = (
    *(b"", b"{", b"[]", b'"x"', b"null", b"7", b"\xff\xfe", b'{"name": NaN}'),
    *(b'{"name": "a", "name": "b"}', b'{"name": 1e999, "name": 2}', b"[" * 100_000),
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b'{"a": ' + b"9" * 5000 + b"}",
    b"name=demo",
    AS_PUBLISHED.replace("}]", "},...]").encode(),
)


def test_what_is_no_object_of_json_is_refused(program: Program) -> None:
    for text in BODIES:
        assert "body" in program.refused(400, "POST", "/group/profiles", text), text[:20]


def test_characters_that_cannot_be_kept_are_refused_wherever_they_are(program: Program) -> None:
    for name in ("\\u0000", "\\ud800", "\\u0007", "\\u009f"):
        told = program.refused(400, "POST", "/group/profiles", f'{{"name":"a","x":["{name}"]}}')
        assert "x[0]" in told
        told = program.refused(400, "POST", "/group/profiles", f'{{"name":"a","{name}":1}}')
        assert "body" in told


def test_a_large_body_is_refused(program: Program) -> None:
    answer = program.ask("POST", "/group/profiles", '{"x":"' + "y" * 300_000 + '"}')
    assert answer.status_code == 413
    assert answer.get_json()["code"] == "payloadTooLarge"


def test_a_list_without_end_does_not_make_an_answer_without_end(program: Program) -> None:
    body = {"groups": [{"extId": "", "accountIds": ["x"] * 50}] * 40}
    id = program.profile()
    told = program.ask("POST", f"/group/profiles/{id}/attachGroups", body).get_json()
    assert len(told["details"]) == 100


def test_a_name_of_a_group_that_cannot_be_kept_is_refused_as_its_ext_id(
    program: Program, world: World
) -> None:
    id = program.profile()
    path = f"/group/profiles/{id}/attachGroups"
    for blank in (" ", "\u200b"):
        body = {"groups": [{"extId": blank * 150 + "a", "accountIds": [1]}]}
        program.done("POST", path, body)
    [[name], _] = world.desk.sql("SELECT name FROM host_group")
    assert name == "a"
    longer = {"extId": "\ufb2c" * 200, "accountIds": [1]}  # three characters each, normalized
    told = program.refused(
        400, "POST", path, {"groups": [{"extId": "b", "accountIds": [1]}, longer]}
    )
    assert set(told) == {"", "groups[1].extId"}


def test_what_nobody_asked_for_is_harmless(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    book(program, profile, order(substitutionData={"phone": "my own"}))


def test_a_number_is_kept_where_it_is_asked_for(program: Program, world: World) -> None:
    profile = served(program, world, "ada", description="Ring {{phone}}")
    path = f"/group/profiles/{profile}/meeting"
    program.refused(400, "POST", path, order(substitutionData={"phone": "my own"}))
    book(program, profile, order(substitutionData={"phone": "+49 30 123456"}))
    [[phone]] = world.desk.sql("SELECT phone FROM booking WHERE status = 'confirmed'")
    assert phone


def test_a_date_is_written_as_the_document_says(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    path = f"/group/profiles/{profile}/meeting"
    program.refused(400, "GET", path, fromDate="2026-W48-2")
