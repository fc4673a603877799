"""Group profiles: made, listed, read, changed and deleted in the published shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.api.group_booking.conftest import Program
from tests.world import World, at
from webapp.models import BookingProfile
from webapp.services import profiles

WEEK = {
    "timezone": "America/New_York",
    "daySchedules": [
        {"dayOfWeek": "monday", "workingIntervals": [{"start": "09:00:00", "end": "12:30:00"}]}
    ],
}
EVERYTHING: dict[str, Any] = {
    "name": "aurinkoDemo",
    "durationMinutes": 45,
    "bufferBetweenMinutes": 10,
    "availabilityStep": 20,
    "startAfterMinutes": 0,
    "startTime": "2026-11-01T00:00:00Z",
    "endTime": "2027-02-01T00:00:00Z",
    "timeAvailableFor": "P3M",
    "subject": "Aurinko Demo",
    "description": "A conference call about {{topic}}.\nWith Aurinko.",
    "location": "Teleconference",
    "workHours": WEEK,
    "availabilityIntervals": {
        "intervals": [
            {
                "dateStartInclusive": "2026-12-24",
                "dateEndInclusive": "2026-12-26",
                "hours": [],
            },
            {
                "dateStartInclusive": "2026-12-31",
                "dateEndInclusive": "2026-12-31",
                "hours": [{"start": "10:00:00", "end": "24:00:00"}],
            },
        ]
    },
    "context": '{"their": "data"}',
    "startConference": True,
    "openMeetingUrl": "https://meet.example.org/demo",
    "clientOrgId": "org-7",
}
PLAIN = {
    "name": "plain",
    "durationMinutes": 30,
    "bufferBetweenMinutes": 0,
    "availabilityStep": 15,
    "startAfterMinutes": 60,
    "startTime": None,
    "endTime": None,
    "timeAvailableFor": "P60D",
    "subject": "",
    "description": "",
    "location": "",
    "workHours": None,
    "availabilityIntervals": None,
    "context": None,
    "startConference": False,
    "openMeetingUrl": "",
    "clientOrgId": None,
}


def test_a_profile_is_told_as_it_was_said(program: Program) -> None:
    made = program.done("POST", "/group/profiles", {"id": 77, **EVERYTHING})
    assert made == {"id": made["id"], **EVERYTHING}
    assert made["id"] != 77, "ids are given here"
    assert program.done("GET", f"/group/profiles/{made['id']}") == made


def test_what_is_not_said_has_the_published_defaults(program: Program) -> None:
    made = program.done("POST", "/group/profiles", {"name": "plain", "unknown": 1, "subject": None})
    assert made == {"id": made["id"], **PLAIN}


def test_changing_leaves_what_is_left_out_and_null_takes_back(program: Program) -> None:
    id = program.done("POST", "/group/profiles", EVERYTHING)["id"]
    path = f"/group/profiles/{id}"
    assert program.done("PATCH", path, {"durationMinutes": 30}) == {"status": "Ok"}
    assert program.done("GET", path) == {"id": id, **EVERYTHING, "durationMinutes": 30}
    program.done("PATCH", path, {})
    nothing = dict.fromkeys((name for name in EVERYTHING if name != "name"), None)
    program.done("PATCH", path, nothing)
    assert program.done("GET", path) == {"id": id, **PLAIN, "name": "aurinkoDemo"}


def test_what_was_read_can_be_sent_back(program: Program) -> None:
    id = program.done("POST", "/group/profiles", EVERYTHING)["id"]
    told = program.done("GET", f"/group/profiles/{id}")
    program.done("PATCH", f"/group/profiles/{id}", told)
    assert program.done("GET", f"/group/profiles/{id}") == told


def test_periods_are_kept_in_their_canonical_form(program: Program, world: World) -> None:
    id = program.profile()
    for said, told, days in (
        ("30D", "P30D", 30),
        ("P30D", "P30D", 30),
        ("p4w", "P4W", 28),
        ("P1M15D", "P1M15D", 45),
        ("P1Y", "P1Y", 365),
        ("P05D", "P5D", 5),
    ):
        program.done("PATCH", f"/group/profiles/{id}", {"timeAvailableFor": said})
        assert program.done("GET", f"/group/profiles/{id}")["timeAvailableFor"] == told
        with world.desk.look(world.owner) as uow:
            assert uow.session.get_one(BookingProfile, id).horizon_days == days


def test_a_profile_made_in_the_console_is_told_as_it_is(program: Program, world: World) -> None:
    id = world.profile(
        "ada", durations=(25, 50), step_minutes=25, horizon_days=40, notice_minutes=5
    )
    told = program.done("GET", f"/group/profiles/{id}")
    assert (told["durationMinutes"], told["availabilityStep"]) == (25, 25)
    assert (told["timeAvailableFor"], told["startAfterMinutes"]) == ("P40D", 5)
    program.done("PATCH", f"/group/profiles/{id}", {"durationMinutes": 50, "subject": "Call"})
    with world.desk.look(world.owner) as uow:
        kept = uow.session.get_one(BookingProfile, id)
        assert kept.durations == [50]
        assert (kept.name, kept.subject) == ("Intro call", "Call"), "its own name stays"


def test_the_name_in_the_list_follows_the_subject_until_it_has_one_of_its_own(
    program: Program, world: World
) -> None:
    id = program.profile(subject="First")

    def name() -> str:
        with world.desk.look(world.owner) as uow:
            return uow.session.get_one(BookingProfile, id).name

    assert name() == "First"
    program.done("PATCH", f"/group/profiles/{id}", {"subject": "About {{topic}}"})
    assert name() == "About (topic)"
    program.done("PATCH", f"/group/profiles/{id}", {"subject": None})
    assert name() == "demo"


def test_variables_of_the_subject_are_asked_for_and_go_with_it(program: Program) -> None:
    id = program.profile(subject="{{topic}} with {{name}}", description="{{topic}} {{comments}}")
    path = f"/group/profiles/{id}"

    def asked() -> list[str]:
        fields = program.done("GET", f"{path}/meeting")["additionalFields"]
        return [each["name"] for each in fields]

    assert asked() == ["topic", "comments"]
    program.done("PATCH", path, {"description": "{{rescheduleToken}} {{openMeetingUrl}}"})
    assert asked() == ["topic"]
    program.done("PATCH", path, {"subject": "Demo"})
    assert asked() == []


def test_profiles_are_listed_in_pages(program: Program) -> None:
    ids = [program.profile(f"p{number}") for number in range(3)]
    path = "/group/profiles"
    first = program.done("GET", path, limit=2)
    assert [each["id"] for each in first["records"]] == ids[:2]
    assert (first["offset"], first["totalSize"], first["done"]) == (0, 3, False)
    last = program.done("GET", path, limit=2, offset=2)
    assert [each["id"] for each in last["records"]] == ids[2:]
    assert (last["offset"], last["totalSize"], last["done"]) == (2, 3, True)
    assert program.done("GET", path, offset=9)["records"] == []
    assert program.done("GET", path, limit="")["done"], "what is empty is left out"
    wrong: tuple[dict[str, object], ...] = (
        {"limit": 0}, {"limit": 201}, {"limit": "x"}, {"offset": -1}
    )  # fmt: skip
    for query in wrong:
        assert set(program.refused(400, "GET", path, **query)) == {"", *query}


def test_a_name_is_used_once_whatever_the_case(program: Program) -> None:
    program.profile("Demo")
    other = program.profile("other")
    told = program.refused(409, "POST", "/group/profiles", {"name": "dEMO"})
    assert told[""] == "conflict"
    assert "name" in told
    program.refused(409, "PATCH", f"/group/profiles/{other}", {"name": "demo"})
    assert program.done("GET", f"/group/profiles/{other}")["name"] == "other"


def test_a_deleted_profile_is_gone_for_programs_and_people(program: Program, world: World) -> None:
    id = program.profile()
    assert program.done("DELETE", f"/group/profiles/{id}") == {"status": "Ok"}
    for method in ("GET", "PATCH", "DELETE"):
        body = {"subject": "x"} if method == "PATCH" else None
        program.refused(404, method, f"/group/profiles/{id}", body)
    assert program.done("GET", "/group/profiles")["totalSize"] == 0
    assert program.client.get(f"/{world.slug}/demo").status_code == 410
    program.refused(409, "POST", "/group/profiles", {"name": "demo"})


def test_the_link_of_a_meeting_is_not_shown_before_it_is_booked(
    program: Program, world: World
) -> None:
    program.profile(location="https://meet.example.org/room")
    page = program.client.get(f"/{world.slug}/demo").text
    assert "Video call" in page
    assert "meet.example.org" not in page


def test_a_profile_that_nobody_serves_offers_nothing_and_breaks_nothing(
    program: Program, world: World
) -> None:
    id = program.profile()
    assert program.client.get(f"/{world.slug}/demo").status_code == 200
    for required in ("one", "all"):
        path = f"/group/profiles/{id}/meeting"
        assert program.done("GET", path, required=required)["items"] == []
    with world.desk.begin(world.owner) as uow:
        kept = uow.session.get_one(BookingProfile, id)
        assert profiles.draft_of(uow, kept).accounts == ()
        assert profiles.duplicate(uow, kept.uuid).candidates == []


def test_the_console_keeps_what_only_programs_say(program: Program, world: World) -> None:
    id = program.done("POST", "/group/profiles", EVERYTHING)["id"]
    with world.desk.begin(world.owner) as uow:
        draft = profiles.draft_of(uow, uow.session.get_one(BookingProfile, id))
        profiles.change(uow, id, draft)
    assert program.done("GET", f"/group/profiles/{id}") == {"id": id, **EVERYTHING}
    with world.desk.begin(world.owner) as uow:
        draft = profiles.draft_of(uow, uow.session.get_one(BookingProfile, id))
        profiles.change(uow, id, replace(draft, horizon_days=10))
    told = program.done("GET", f"/group/profiles/{id}")
    assert told["timeAvailableFor"] == "P10D", "the horizon is another by now"


def test_work_hours_bring_their_zone_and_dates_stay_when_the_week_changes(
    program: Program, world: World
) -> None:
    id = program.done("POST", "/group/profiles", EVERYTHING)["id"]
    path = f"/group/profiles/{id}"
    program.done("PATCH", path, {"workHours": {**WEEK, "timezone": "Asia/Tokyo"}})
    told = program.done("GET", path)
    assert told["workHours"]["timezone"] == "Asia/Tokyo"
    assert told["availabilityIntervals"] == EVERYTHING["availabilityIntervals"]
    with world.desk.look(world.owner) as uow:
        assert uow.session.get_one(BookingProfile, id).zone == "Asia/Tokyo"
    program.done("PATCH", path, {"workHours": None})
    assert program.done("GET", path)["availabilityIntervals"] is None
    dates = {"availabilityIntervals": EVERYTHING["availabilityIntervals"]}
    assert "availabilityIntervals" in program.refused(400, "PATCH", path, dates)


def test_the_window_is_bounded_by_what_was_said(program: Program, world: World) -> None:
    id = program.profile(startTime=at(9, 0, day=25).isoformat(), endTime="2026-11-26T12:00:00Z")
    told = program.done("GET", f"/group/profiles/{id}/meeting")
    assert (told["startTime"], told["endTime"]) == ("2026-11-25T09:00:00Z", "2026-11-26T12:00:00Z")
