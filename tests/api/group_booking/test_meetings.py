"""Booking over the surface: what was offered is booked with who was named, or nothing is."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.accounts import failing_feed
from tests.api.group_booking.conftest import Program, person
from tests.world import Clock, World, at, build_world
from webapp.domain.permissions import Permission
from webapp.domain.required import Required

NINE = {"start": "2026-11-24T09:00:00Z", "end": "2026-11-24T09:30:00Z"}
TEN = {"start": "2026-11-24T10:00:00Z", "end": "2026-11-24T10:30:00Z"}
GRACE = {"email": "grace@example.org", "name": "Grace"}


def served(program: Program, world: World, *names: str, **said: Any) -> int:
    """A profile that these people serve."""
    made = program.profile(**said)
    accounts = [world.accounts[name] for name in names]
    program.done("POST", f"/group/profiles/{made}/attachAccounts", {"accountIds": accounts})
    return made


def order(time: dict[str, str] = NINE, **said: object) -> dict[str, object]:
    return {"time": time, "schedulerInfo": GRACE, **said}


def book(program: Program, profile: int, body: dict[str, object], **query: object) -> Any:
    return program.done("POST", f"/group/profiles/{profile}/meeting", body, **query)


def items(program: Program, profile: int, **query: object) -> dict[str, Any]:
    """Free starts and who could take each."""
    asked = {"fromDate": "2026-11-24", "intervalLength": "P1D", **query}
    found = program.done("GET", f"/group/profiles/{profile}/meeting", **asked)
    return {each["start"]: each for each in found["items"]}


def test_what_was_offered_is_booked_with_one_of_those_who_were_free(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada", "bela")
    offered = items(program, profile)[NINE["start"]]
    booked = book(program, profile, order(accountIds=offered["accountIds"]))
    assert booked["created"] is True
    assert booked["id"]
    assert (booked["reservationId"], booked["groupXid"]) == (None, None)
    left = items(program, profile)[NINE["start"]]["accountIds"]
    assert left == [world.accounts["bela"]], "exactly one of them was taken"


def test_a_time_that_is_taken_is_a_conflict_and_nobody_else_is_taken_instead(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada", "bela")
    only = [world.accounts["ada"]]
    book(program, profile, order(accountIds=only))
    told = program.refused(
        409, "POST", f"/group/profiles/{profile}/meeting", order(accountIds=only)
    )
    assert told[""] == "conflict"
    assert world.desk.sql("SELECT id FROM booking WHERE status = 'held'") == []


def test_a_group_is_booked_by_the_name_it_was_given(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    group = {"extId": "sales", "required": "all"}
    accounts = [world.accounts["bela"], world.accounts["chris"]]
    program.done(
        "POST",
        f"/group/profiles/{profile}/attachGroups",
        {"groups": [{**group, "accountIds": accounts}]},
    )
    booked = book(program, profile, order(groupXids=["sales"]))
    assert booked["groupXid"] == "sales"
    rows = world.desk.sql("SELECT host_id FROM busy_span ORDER BY host_id")
    assert [row[0] for row in rows] == sorted([world.hosts["bela"], world.hosts["chris"]])
    for named in (["support"], ["sales", "support"]):
        wanted = order(TEN, groupXids=named)
        program.refused(404, "POST", f"/group/profiles/{profile}/meeting", wanted)


def test_all_takes_everybody_in_one_meeting(program: Program, world: World) -> None:
    profile = served(program, world, "ada", "bela", "chris")
    booked = book(program, profile, order(), required="all")
    assert booked["groupXid"] is None
    assert len(world.desk.sql("SELECT id FROM meeting")) == 1
    assert len({row[0] for row in world.desk.sql("SELECT uid FROM event")}) == 1
    assert NINE["start"] not in items(program, profile, required="one")


def test_a_reservation_is_confirmed_by_its_number(
    program: Program, world: World, clock: Clock
) -> None:
    profile = served(program, world, "ada")
    kept = book(program, profile, order(), reserveForMinutes=30)
    assert (kept["created"], kept["id"]) == (False, None)
    assert NINE["start"] not in items(program, profile)
    number = kept["reservationId"]
    done = program.done("POST", f"/group/reservations/{number}/confirm")
    assert done["id"]
    assert done == program.done("POST", f"/group/reservations/{number}/confirm")
    told = program.refused(409, "DELETE", f"/group/reservations/{number}")
    assert told[""] == "conflict"


def test_an_expired_reservation_is_gone_and_its_time_is_offered_again(
    program: Program, world: World, clock: Clock
) -> None:
    profile = served(program, world, "ada")
    kept = book(program, profile, order(), reserveForMinutes=30)
    clock.forward(minutes=30)
    assert NINE["start"] in items(program, profile)
    path = f"/group/reservations/{kept['reservationId']}"
    assert program.refused(410, "POST", f"{path}/confirm")[""] == "gone"
    assert program.done("DELETE", path) == {"status": "Ok"}


def test_a_dropped_reservation_is_offered_again(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    kept = book(program, profile, order(), reserveForMinutes=30)
    path = f"/group/reservations/{kept['reservationId']}"
    assert program.done("DELETE", path) == {"status": "Ok"}
    assert NINE["start"] in items(program, profile)
    assert program.refused(410, "POST", f"{path}/confirm")[""] == "gone"
    program.refused(404, "DELETE", "/group/reservations/999999")
    program.refused(404, "DELETE", f"/account/reservations/{kept['reservationId']}",
                    headers={"X-Aurinko-Account-Id": str(world.accounts["ada"])})  # fmt: skip


def test_every_fault_of_an_order_is_named_where_it_stands(program: Program, world: World) -> None:
    profile = served(program, world, "ada", description="{{company}} {{topic}}")
    path = f"/group/profiles/{profile}/meeting"
    wrong = {
        "time": {"start": "2026-11-24 09:00", "end": 5},
        "accountIds": ["x", -1],
        "invitees": [{"email": 7}],
        "substitutionData": {"topic": 1},
    }
    assert set(program.refused(400, "POST", path, wrong)) == {
        *("", "time.start", "time.end", "accountIds[0]", "accountIds[1]"),
        *("invitees[0].email", "substitutionData.topic"),
    }
    body = order(
        schedulerInfo={"email": "no address", "name": "a\nb"}, invitees=[{"email": "neither"}]
    )
    assert set(program.refused(400, "POST", path, body)) == {
        *("", "schedulerInfo.email", "schedulerInfo.name", "invitees"),
        *("substitutionData.company", "substitutionData.topic"),
    }
    assert set(program.refused(400, "POST", path, {})) == {"", "time"}
    for minutes in ("0", "1441", "-5", "soon", "9" * 30):
        answers = {"company": "Navy", "topic": "COBOL"}
        asked = order(substitutionData=answers)
        told = program.refused(400, "POST", path, asked, reserveForMinutes=minutes)
        assert set(told) == {"", "reserveForMinutes"}
    told = program.refused(400, "POST", path, asked, required="some")
    assert set(told) == {"", "required"}
    assert world.desk.sql("SELECT id FROM booking") == []


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2026-11-24T09:10:00Z", "2026-11-24T09:40:00Z", 409),  # between two starts
        ("2026-11-24T03:00:00Z", "2026-11-24T03:30:00Z", 409),  # nobody works
        ("2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z", 409),  # past
        ("2031-11-24T09:00:00Z", "2031-11-24T09:30:00Z", 409),  # beyond the window
        ("2026-11-24T09:00:00Z", "2026-11-24T10:30:00Z", 400),  # not a length it has
        ("2026-11-24T09:00:00Z", "2026-11-24T08:30:00Z", 400),
        ("2026-11-24T09:00:30Z", "2026-11-24T09:30:30Z", 409),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:30:00Z", 400),
        ("2026-11-24T10:00:00+01:00", "2026-11-24T10:30:00+01:00", 200),
    ],
)
def test_only_what_is_offered_is_booked(
    program: Program, world: World, start: str, end: str, status: int
) -> None:
    profile = served(program, world, "ada")
    body = order({"start": start, "end": end})
    answer = program.ask("POST", f"/group/profiles/{profile}/meeting", body)
    assert answer.status_code == status
    assert len(world.desk.sql("SELECT id FROM booking")) == (status == 200)


def test_the_older_way_of_naming_the_booker_works_too(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    book(program, profile, {"time": NINE, "name": "Grace", "email": "grace@example.org"})
    assert [tuple(row) for row in world.desk.sql("SELECT name, email FROM booking")] == [
        ("Grace", "grace@example.org")
    ]
    book(program, profile, {"time": TEN})
    names = {row[0] for row in world.desk.sql("SELECT name FROM booking")}
    assert names == {"Grace", "Guest"}, "without an address nobody is invited"


def test_an_order_with_a_key_is_made_once(program: Program, world: World) -> None:
    profile = served(program, world, "ada", "bela")
    path, headers = f"/group/profiles/{profile}/meeting", {"Idempotency-Key": "once"}
    first = program.ask("POST", path, order(), headers=headers)
    again = program.ask("POST", path, order(), headers=headers)
    assert first.get_json() == again.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    program.refused(409, "POST", path, order(TEN), headers=headers)
    assert len(world.desk.sql("SELECT id FROM booking")) == 1


def test_a_reschedule_token_moves_the_meeting_and_frees_the_old_time(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    booked = book(program, profile, order())
    token = booked["rescheduleToken"]
    assert NINE["start"] not in items(program, profile)
    offered = program.done(
        "GET",
        f"/group/profiles/{profile}/meeting",
        fromDate="2026-11-24",
        intervalLength="P1D",
        rescheduleToken=token,
    )
    assert NINE["start"] in [each["start"] for each in offered["items"]], "its own time is free"
    assert offered["existingMeeting"]["startTime"] == NINE["start"]
    assert offered["existingMeeting"]["endTime"] == NINE["end"]
    assert offered["existingMeeting"]["deleted"] is False
    moved = book(program, profile, {"time": TEN}, rescheduleToken=token)
    assert (moved["id"], moved["rescheduleToken"]) == (booked["id"], token)
    assert NINE["start"] in items(program, profile)
    for wrong in ("x", "a.b", f"{token}x"):
        path = f"/group/profiles/{profile}/meeting"
        program.refused(404, "POST", path, {"time": NINE}, rescheduleToken=wrong)
        program.refused(404, "GET", path, rescheduleToken=wrong)


# ------------------------------------------------------------------------ whose, and for whom


def test_an_account_level_profile_is_booked_for_its_account(
    client: FlaskClient, world: World
) -> None:
    ada = person(client, world, "ada")
    made = ada.done("POST", "/account/profiles", {"name": "mine"})["id"]
    booked = ada.done("POST", f"/account/profiles/{made}/meeting", order())
    assert booked["created"] is True
    kept = ada.done("POST", f"/account/profiles/{made}/meeting", order(TEN), reserveForMinutes=5)
    number = kept["reservationId"]
    ada.refused(404, "POST", f"/group/reservations/{number}/confirm")
    assert ada.done("POST", f"/account/reservations/{number}/confirm")["id"]
    ada.refused(404, "POST", f"/group/profiles/{made}/meeting", order())


def test_the_public_page_books_by_the_clients_id_and_the_profiles_name(
    program: Program, world: World, client: FlaskClient
) -> None:
    served(program, world, "ada", name="demo")
    anybody = Program(client, {})
    path = f"/{program.client_id}/demo/meeting"
    booked = anybody.done("POST", path, order())
    assert booked["created"] is True
    answer = anybody.ask("POST", path, order(TEN), reserveForMinutes=15)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json()["reservationId"]
    told = anybody.refused(400, "POST", path, order(TEN), reserveForMinutes=16)
    assert set(told) == {"", "reserveForMinutes"}
    anybody.refused(404, "POST", f"/{program.client_id}/none/meeting", order())
    anybody.refused(404, "POST", "/nobody/demo/meeting", order())
    anybody.refused(
        401, "POST", f"/group/reservations/{answer.get_json()['reservationId']}/confirm"
    )


def test_nobody_takes_one_host_of_a_page_that_needs_all(
    program: Program, world: World, client: FlaskClient
) -> None:
    world.profile("ada", "bela", slug="pair", required=Required.ALL)
    anybody = Program(client, {})
    path = f"/{program.client_id}/pair/meeting"
    told = anybody.refused(400, "POST", path, order(), required="one")
    assert set(told) == {"", "required"}
    assert anybody.done("POST", path, order())["created"] is True
    assert len(world.desk.sql("SELECT id FROM busy_span")) == 2


def test_another_organizations_things_are_not_there(
    program: Program, world: World, client: FlaskClient
) -> None:
    other = build_world(world.desk, "elsewhere")
    theirs = other.profile("ada")
    mine = served(program, world, "ada")
    program.refused(404, "POST", f"/group/profiles/{theirs}/meeting", order())
    stranger = order(accountIds=[other.accounts["ada"]])
    program.refused(404, "POST", f"/group/profiles/{mine}/meeting", stranger)
    public_id = other.hold(theirs, at(9))
    number = world.desk.sql("SELECT id FROM booking WHERE public_id = :p", p=public_id)[0][0]
    program.refused(404, "POST", f"/group/reservations/{number}/confirm")
    program.refused(404, "DELETE", f"/group/reservations/{number}")


def test_a_member_books_but_a_key_that_only_reads_does_not(
    client: FlaskClient, world: World, program: Program
) -> None:
    profile = served(program, world, "ada")
    reader = person(client, world, "bela", frozenset({Permission.PROFILE_READ}))
    path = f"/group/profiles/{profile}/meeting"
    assert reader.refused(403, "POST", path, order())[""] == "forbidden"
    assert person(client, world, "bela").done("POST", path, order())["created"] is True


def test_whose_calendar_cannot_be_read_is_never_booked(program: Program, world: World) -> None:
    profile = served(program, world, "ada", "bela")
    failing_feed(world, "ada")
    assert items(program, profile)[NINE["start"]]["accountIds"] == [world.accounts["bela"]]
    path = f"/group/profiles/{profile}/meeting"
    only = order(accountIds=[world.accounts["ada"]])
    program.refused(409, "POST", path, only)
    book(program, profile, order())
    rows = world.desk.sql("SELECT host_id FROM busy_span")
    assert [row[0] for row in rows] == [world.hosts["bela"]]
    program.refused(409, "POST", path, order(TEN), required="all")
