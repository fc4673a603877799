"""What strangers, programs and reservations cannot do to each other, and what moves must keep."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.accounts import failing_feed
from tests.api.group_booking.conftest import Program
from tests.api.group_booking.test_meetings import NINE, TEN, book, items, order, served
from tests.world import Clock, World, at
from webapp.delivery.letters import Stationery
from webapp.domain.errors import AlreadyBooked
from webapp.domain.mail import compose
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.models import Actor, BookingProfile, Message, User
from webapp.services import (
    bookings,
    holds,
    leaving,
    upkeep,
)
from webapp.services.holds import Details
from webapp.services.steps import hosts as locking
from webapp.settings import Settings


@pytest.fixture
def stranger(program: Program) -> Program:
    """Somebody without any key who knows the client's id."""
    return Program(program.client, {}, program.client_id)


def hosts_taken(world: World) -> list[list[int]]:
    """The hosts of every meeting that somebody is in, oldest first."""
    rows = world.desk.sql("SELECT host_ids FROM meeting WHERE taken > 0 ORDER BY id")
    return [json.loads(str(row[0])) for row in rows]


# ------------------------------------------------------------------- who is taken, and nobody else


def test_a_named_account_never_joins_a_class_of_somebody_else(
    program: Program, world: World
) -> None:
    profile = world.profile("ada", "bela", seats=4, slug="class")
    path = f"/group/profiles/{profile}/meeting"
    program.done("POST", path, order(accountIds=[world.accounts["ada"]]))
    answer = program.ask("POST", path, order(accountIds=[world.accounts["bela"]]))
    with_ada = world.desk.sql("SELECT sum(taken) FROM meeting")[0][0]
    assert hosts_taken(world)[0] == [world.hosts["ada"]]
    if answer.status_code == 200:
        assert hosts_taken(world)[1:] == [[world.hosts["bela"]]], f"{with_ada} seats with Ada"
    else:
        assert answer.status_code == 409


def test_strangers_cannot_leave_out_hosts_whom_the_page_needs(
    stranger: Program, world: World
) -> None:
    world.profile("ada", "bela", "chris", required=Required.ALL)
    body = order(accountIds=[world.accounts["ada"]])
    answer = stranger.ask("POST", f"/{stranger.client_id}/intro/meeting", body, required="all")
    taken = hosts_taken(world)
    assert answer.status_code in (400, 409) or len(taken[0]) == 3, taken


def test_a_meeting_of_all_keeps_all_when_it_is_moved(program: Program, world: World) -> None:
    profile = served(program, world, "ada", "bela", "chris")
    booked = book(program, profile, order(), required="all")
    before = hosts_taken(world)
    book(program, profile, {"time": TEN}, rescheduleToken=booked["rescheduleToken"])
    assert hosts_taken(world) == before


def test_a_meeting_of_all_is_not_moved_to_where_one_cannot_be(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada", "bela", "chris")
    booked = book(program, profile, order(), required="all")
    book(program, profile, order(TEN, accountIds=[world.accounts["bela"]]))
    before = hosts_taken(world)
    path = f"/group/profiles/{profile}/meeting"
    program.refused(409, "POST", path, {"time": TEN}, rescheduleToken=booked["rescheduleToken"])
    assert hosts_taken(world) == before
    events = world.desk.sql("SELECT status, start_at FROM event WHERE status <> 'confirmed'")
    assert events == []


def test_times_for_a_move_are_those_that_the_move_takes(program: Program, world: World) -> None:
    """A meeting of all is offered only times at which all of them can be there."""
    profile = served(program, world, "ada", "bela", "chris")
    booked = book(program, profile, order(), required="all")
    book(program, profile, order(TEN, accountIds=[world.accounts["bela"]]))
    token = booked["rescheduleToken"]
    offered = items(program, profile, rescheduleToken=token)
    path = f"/group/profiles/{profile}/meeting"
    if TEN["start"] in offered:
        program.done("POST", path, {"time": TEN}, rescheduleToken=token)


def test_one_hosts_meeting_of_a_profile_of_all_stays_that_hosts_when_moved(
    program: Program, world: World
) -> None:
    profile = world.profile("ada", "bela", required=Required.ALL)
    body = order(accountIds=[world.accounts["bela"]])
    booked = book(program, profile, body, required="one")
    book(program, profile, {"time": TEN}, rescheduleToken=booked["rescheduleToken"])
    assert hosts_taken(world) == [[world.hosts["bela"]]]


def test_who_was_named_keeps_the_reservation_or_nobody_does(
    program: Program, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropped between the look and the locks of confirming, it is gone: not booked with others."""
    profile = served(program, world, "ada", "bela")
    kept = book(program, profile, order(accountIds=[world.accounts["ada"]]), reserveForMinutes=30)
    number, real, done = kept["reservationId"], locking.lock, []

    def meanwhile(uow: Any, host_ids: Any) -> None:
        real(uow, host_ids)
        if not done:
            done.append(True)
            for change in (
                "UPDATE booking SET status = 'lapsed', expires_at = NULL",
                "UPDATE meeting SET taken = 0",
                "DELETE FROM busy_span",
            ):
                uow.session.connection().exec_driver_sql(change)

    monkeypatch.setattr(holds.hosts, "lock", meanwhile)
    answer = program.ask("POST", f"/group/reservations/{number}/confirm")
    assert answer.status_code == 410, (answer.text, hosts_taken(world))


# -------------------------------------------------------------------- what a reservation remembers


def test_a_reservation_is_honoured_when_the_profile_asks_more_meanwhile(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    kept = book(program, profile, order(), reserveForMinutes=30)
    program.done("PATCH", f"/group/profiles/{profile}", {"description": "About {{topic}}"})
    program.done("POST", f"/group/reservations/{kept['reservationId']}/confirm")


def test_a_key_is_answered_for_as_long_as_it_is_kept(
    program: Program, world: World, clock: Clock
) -> None:
    """Reservations that lapsed are deleted after a day, keys after three."""
    profile = served(program, world, "ada")
    path, once = f"/group/profiles/{profile}/meeting", {"Idempotency-Key": "order-1"}
    program.done("POST", path, order(), headers=once, reserveForMinutes=10)
    for step in (1, 30):
        clock.forward(hours=step)
        with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
            upkeep.lapse_holds(uow)
            upkeep.delete_lapsed_holds(uow)
    answer = program.ask("POST", path, order(), headers=once, reserveForMinutes=10)
    assert answer.status_code < 500, answer.text


def test_a_strangers_key_is_not_a_programs_key(
    program: Program, stranger: Program, world: World
) -> None:
    profile = world.profile("ada", "bela")
    once, body = {"Idempotency-Key": "1001"}, order()
    own = program.done("POST", f"/group/profiles/{profile}/meeting", body, headers=once)
    path = f"/{stranger.client_id}/intro/meeting"
    told = stranger.ask("POST", path, body, headers=once).get_json()
    assert told.get("rescheduleToken") != own["rescheduleToken"], "a stranger can move it now"


def test_a_stranger_cannot_use_up_a_programs_keys(
    program: Program, stranger: Program, world: World
) -> None:
    profile = world.profile("ada", "bela")
    once = {"Idempotency-Key": "1002"}
    stranger.done("POST", f"/{stranger.client_id}/intro/meeting", order(TEN), headers=once)
    program.done("POST", f"/group/profiles/{profile}/meeting", order(), headers=once)


# ----------------------------------------------------------------------- names in what is only held


def reserve_for_grace(program: Program, world: World) -> int:
    profile = world.profile("ada", "bela")
    book(program, profile, order(), reserveForMinutes=600)
    return profile


def test_a_reservation_that_ran_out_is_no_booking_on_that_day(
    program: Program, world: World, clock: Clock
) -> None:
    profile = reserve_for_grace(program, world)
    clock.forward(minutes=600)
    public_id = world.hold(profile, at(13))
    with world.desk.begin(world.guest) as uow:
        try:
            holds.confirm(uow, public_id, Details("Grace", "grace@example.org"))
        except AlreadyBooked as refusal:
            pytest.fail(f"there is no such booking: {refusal.message}")


def test_a_link_to_the_meeting_is_for_those_whose_booking_stands(
    program: Program, world: World
) -> None:
    link = "https://meet.example.org/room"
    said = {"description": "Come to {{openMeetingUrl}}", "openMeetingUrl": link}
    profile = served(program, world, "ada", **said)
    with world.desk.begin(world.owner) as uow:
        uow.session.connection().exec_driver_sql("UPDATE booking_profile SET needs_approval = 1")
    told = book(program, profile, order())
    assert (told["created"], told["id"]) == (False, None)
    mails = world.desk.sql("SELECT \"values\" FROM message WHERE audience = 'invitee'")
    assert mails
    assert link not in str(mails)


# ------------------------------------------------------------------------------ small things said


def test_the_end_is_the_end_that_was_offered_to_the_second(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    path = f"/group/profiles/{profile}/meeting"
    time = {"start": NINE["start"], "end": "2026-11-24T09:30:59Z"}
    program.refused(400, "POST", path, order(time))


def test_a_refused_time_is_named_by_its_place_in_the_body(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    path = f"/group/profiles/{profile}/meeting"
    odd = {"start": "2026-11-24T09:05:00Z", "end": "2026-11-24T09:35:00Z"}
    told = program.refused(409, "POST", path, order(odd))
    assert set(told) <= {"", "time", "time.start"}, told


def test_a_move_that_is_sent_twice_says_that_it_was_replayed(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    token = book(program, profile, order())["rescheduleToken"]
    path, once = f"/group/profiles/{profile}/meeting", {"Idempotency-Key": "move-1"}
    program.done("POST", path, {"time": TEN}, rescheduleToken=token, headers=once)
    again = program.ask("POST", path, {"time": TEN}, rescheduleToken=token, headers=once)
    assert again.headers.get("Idempotent-Replayed") == "true"


# ------------------------------------------------------------------------- nobody to write to


def test_hosts_are_written_to_when_who_books_has_no_address(
    program: Program, world: World, settings: Settings
) -> None:
    """Every mail to a host about such a booking can be composed: booked, moved, called off."""
    profile = served(program, world, "ada")
    booked = book(program, profile, {"time": NINE, "name": "Grace"})
    token = booked["rescheduleToken"]
    book(program, profile, {"time": TEN}, rescheduleToken=token)
    with world.desk.begin(world.guest) as uow:
        booking = bookings.by_manage_link(uow, token)
        bookings.cancel(uow, booking.uuid, by=Actor.INVITEE)
    paper = Stationery(settings)
    with world.desk.look(world.owner) as uow:
        mails = list(uow.session.scalars(sa.select(Message).order_by(Message.id)))
    assert [mail.template for mail in mails] == ["booked", "moved", "cancelled"]
    for mail in mails:
        letter = paper.write(
            mail.template,
            mail.audience,
            mail.address,
            mail.values,
            message_uuid=mail.uuid,
            written_at=mail.created_at,
        )
        compose(letter)
        assert 'mailto:"' not in letter.html


# ---------------------------------------------------------------------------- people who are gone


def test_a_reservation_ends_at_the_latest_when_the_meeting_begins(
    program: Program, world: World, clock: Clock
) -> None:
    profile = served(program, world, "ada")
    clock.now = at(6)
    kept = book(program, profile, order(), reserveForMinutes=1440)
    clock.now = at(12)
    program.refused(410, "POST", f"/group/reservations/{kept['reservationId']}/confirm")


def test_a_move_takes_nobody_whose_calendar_cannot_be_read(program: Program, world: World) -> None:
    profile = served(program, world, "ada", "bela")
    booked = book(program, profile, order(accountIds=[world.accounts["ada"]]))
    book(program, profile, order(TEN, accountIds=[world.accounts["bela"]]))
    failing_feed(world, "ada")
    token, path = booked["rescheduleToken"], f"/group/profiles/{profile}/meeting"
    assert TEN["start"] not in items(program, profile, rescheduleToken=token)
    program.refused(409, "POST", path, {"time": TEN}, rescheduleToken=token)


def test_whoever_takes_over_for_one_of_several_joins_the_others(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada", "bela", "chris")
    two = [world.accounts["ada"], world.accounts["bela"]]
    book(program, profile, order(accountIds=two), required="all")
    with world.desk.begin(world.owner) as uow:
        uuid = uow.session.get_one(User, world.hosts["bela"]).uuid
        leaving.remove(uow, uuid, leaving.Fate.GIVE_OR_KEEP)
    [serving] = hosts_taken(world)
    assert sorted(serving) == sorted([world.hosts["ada"], world.hosts["chris"]])


def test_a_request_that_nobody_decided_costs_no_turn(
    program: Program, world: World, clock: Clock
) -> None:
    profile = served(program, world, "ada", "bela")
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(BookingProfile, profile).needs_approval = True
    book(program, profile, order())
    clock.now = at(9, 1)
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        due = upkeep.requests_run_out(uow)
    assert len(due) == 1
    for organization_id, uuid in due:
        with world.desk.begin(Caller(organization_id, Role.SYSTEM)) as uow:
            assert upkeep.decline_run_out(uow, uuid)
    turns = [row[0] for row in world.desk.sql("SELECT turns FROM profile_host")]
    assert turns == [0, 0]
