"""Meetings that programs book: whom they name is who serves, or nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.accounts import second_account
from tests.services.same import canonical
from tests.services.teams import busy
from tests.world import World, at
from webapp.domain.errors import (
    Conflict,
    FormInvalid,
    Gone,
    Invalid,
    NotFound,
    SlotTaken,
    TooMany,
)
from webapp.domain.required import Required
from webapp.models import (
    Account,
    Actor,
    BusySpan,
    Calendar,
    Event,
    Meeting,
    Message,
)
from webapp.services import bookings, group_booking, holds, profiles
from webapp.services.group_booking import Booked, Order
from webapp.services.holds import Details

GRACE = Details("Grace", "grace@example.org")


def order(start: datetime, *accounts: int, **more: Any) -> Order:
    return Order(start, start + timedelta(minutes=30), GRACE, accounts, **more)


def book(world: World, profile_id: int, wanted: Order, **more: Any) -> Booked:
    with world.desk.begin(world.owner) as uow:
        return group_booking.book(uow, profile_id, wanted, **more)


def served(world: World, booked: Booked) -> list[str]:
    names = {host_id: name for name, host_id in world.hosts.items()}
    with world.desk.look(world.owner) as uow:
        meeting = uow.session.get_one(Meeting, booked.booking.meeting_id)
        return [names[host_id] for host_id in meeting.host_ids]


def spans(world: World) -> list[tuple[int, bool]]:
    """Hosts whose time is taken, and whether it stays."""
    with world.desk.look(world.owner) as uow:
        rows = uow.session.execute(
            sa.select(BusySpan.host_id, BusySpan.expires_at.is_(None)).order_by(BusySpan.host_id)
        )
        return [(host_id, stays) for host_id, stays in rows]


def events(world: World, booked: Booked) -> Sequence[tuple[str, str, str]]:
    """Account, calendar and UID of each entry of the meeting."""
    with world.desk.look(world.owner) as uow:
        rows = uow.session.execute(
            sa.select(Account.name, Calendar.name, Event.uid)
            .join(Calendar, Calendar.account_id == Account.id)
            .join(Event, Event.calendar_id == Calendar.id)
            .where(Event.meeting_id == booked.booking.meeting_id)
            .order_by(Event.id)
        )
        return [(account, calendar, uid) for account, calendar, uid in rows]


def test_only_the_accounts_named_are_candidates(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela", "chris")
    bela = world.accounts["bela"]
    assert served(world, book(world, pool, order(at(9), bela))) == ["bela"]
    with pytest.raises(SlotTaken):
        book(world, pool, order(at(9), bela))
    assert served(world, book(world, pool, order(at(9)))) == ["ada"], "nobody named: everybody"


def test_all_takes_every_account_named_and_the_first_is_the_organizer(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela", "chris")
    named = [world.accounts["chris"], world.accounts["ada"]]
    booked = book(world, pool, order(at(9), *named, required=Required.ALL))
    assert served(world, booked) == ["chris", "ada"]
    assert len(spans(world)) == 2
    uids = {uid for _, _, uid in events(world, booked)}
    assert len(events(world, booked)) == 2
    assert len(uids) == 1
    with world.desk.look(world.owner) as uow:
        event = uow.session.scalars(sa.select(Event).where(Event.uuid == UUID(booked.event))).one()
        account = uow.session.scalars(
            sa.select(Calendar.account_id).where(Calendar.id == event.calendar_id)
        ).one()
    assert account == world.accounts["chris"]
    to = [row[0] for row in world.desk.sql("SELECT address FROM message WHERE audience='invitee'")]
    assert to == ["grace@example.org"], "the booker is invited by one mail"


def test_all_is_refused_when_one_of_them_is_busy_and_nothing_is_written(world: World) -> None:
    pool = world.profile("ada", "bela")
    busy(world, "bela", 9)
    before = spans(world)
    with pytest.raises(SlotTaken):
        book(world, pool, order(at(9), required=Required.ALL))
    assert spans(world) == before
    assert world.desk.sql("SELECT id FROM booking") == []


def test_of_a_group_one_free_member_serves_and_the_group_is_told(every_world: World) -> None:
    world = every_world
    either = world.group("bela", "chris")
    pool = world.profile("ada", groups=(either,))
    busy(world, "bela", 9)
    name = next(iter(names(world, pool).values()))
    booked = book(world, pool, order(at(9), groups=(name,)))
    assert served(world, booked) == ["chris"]
    assert booked.group == name


def test_a_group_that_needs_all_brings_everybody(world: World) -> None:
    both = world.group("bela", "chris", required=Required.ALL)
    pool = world.profile("ada", groups=(both,))
    name = next(iter(names(world, pool).values()))
    booked = book(world, pool, order(at(9), groups=(name,)))
    assert (served(world, booked), booked.group) == (["bela", "chris"], name)
    everybody = book(world, pool, order(at(10), required=Required.ALL))
    assert served(world, everybody) == ["ada", "bela", "chris"]
    assert everybody.group is None, "no one group was chosen"


def names(world: World, profile_id: int) -> dict[str, str]:
    with world.desk.look(world.owner) as uow:
        return group_booking.group_names(uow, profile_id)


def test_the_entry_is_written_in_the_primary_calendar_of_the_account_named(world: World) -> None:
    second = second_account(world, "ada")
    with world.desk.begin(world.owner) as uow:
        pool = profiles.create(
            uow,
            profiles.ProfileDraft(
                slug="both",
                name="Both",
                durations=(30,),
                zone="Europe/Berlin",
                accounts=(world.accounts["ada"], second),
            ),
        ).id
    assert [e[:2] for e in events(world, book(world, pool, order(at(9))))] != [("Second", "Main")]
    booked = book(world, pool, order(at(10), second))
    assert [e[:2] for e in events(world, booked)] == [("Second", "Main")]
    assert booked.event is not None


def test_a_candidate_that_is_not_attached_is_unknown(world: World) -> None:
    pool = world.profile("ada")
    for wanted in (
        order(at(9), world.accounts["bela"]),
        order(at(9), 999_999),
        order(at(9), groups=("sales",)),
    ):
        with pytest.raises(NotFound):
            book(world, pool, wanted)


def test_a_length_that_the_profile_has_not_is_named(world: World) -> None:
    pool = world.profile("ada")
    wanted = replace(order(at(9)), end=at(10))
    with pytest.raises(Invalid) as refused:
        book(world, pool, wanted)
    assert refused.value.field == "time.end"
    with pytest.raises(Invalid):
        book(world, pool, replace(wanted, end=at(8)))


def test_every_missing_answer_is_named_and_nothing_is_held(world: World) -> None:
    pool = world.profile("ada", description="{{company}} and {{topic}}")
    with pytest.raises(FormInvalid) as refused:
        book(world, pool, order(at(9)))
    assert set(refused.value.errors) == {"answer-company", "answer-topic"}
    assert spans(world) == []
    answers = {"company": "Navy", "topic": "COBOL", "unasked": "x"}
    booked = book(world, pool, replace(order(at(9)), details=replace(GRACE, answers=answers)))
    assert booked.booking.answers == {"company": "Navy", "topic": "COBOL"}


def test_somebody_without_an_address_is_booked_and_not_written_to(world: World) -> None:
    pool = world.profile("ada")
    booked = book(world, pool, replace(order(at(9)), details=Details("", "")))
    assert (booked.created, booked.booking.name) == (True, "Guest")
    audiences = [row[0] for row in world.desk.sql("SELECT audience FROM message")]
    assert audiences == ["host"]


def test_a_reservation_keeps_the_time_until_it_is_confirmed(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela")
    kept = book(world, pool, order(at(9)), reserve_minutes=60)
    assert (kept.created, kept.event) == (False, None)
    assert spans(world) == [(world.hosts["ada"], False)]
    world.desk.clock.forward(minutes=59)
    with world.desk.begin(world.owner) as uow:
        confirmed = group_booking.confirm_reservation(uow, kept.booking.id)
    assert confirmed.event is not None
    assert spans(world) == [(world.hosts["ada"], True)]
    with world.desk.begin(world.owner) as uow:
        again = group_booking.confirm_reservation(uow, kept.booking.id)
    assert again.event == confirmed.event, "confirming twice is confirming once"


def test_an_expired_reservation_blocks_nobody_and_cannot_be_confirmed(world: World) -> None:
    pool = world.profile("ada")
    kept = book(world, pool, order(at(9)), reserve_minutes=1)
    world.desk.clock.forward(minutes=1)
    with world.desk.begin(world.owner) as uow, pytest.raises(Gone):
        group_booking.confirm_reservation(uow, kept.booking.id)
    other = book(world, pool, order(at(9)))
    assert other.created
    with world.desk.begin(world.owner) as uow, pytest.raises(Gone):
        group_booking.confirm_reservation(uow, kept.booking.id)


def test_a_dropped_reservation_is_free_at_once(world: World) -> None:
    pool = world.profile("ada")
    kept = book(world, pool, order(at(9)), reserve_minutes=60)
    with world.desk.begin(world.owner) as uow:
        group_booking.drop_reservation(uow, kept.booking.id)
    assert spans(world) == []
    with world.desk.begin(world.owner) as uow:
        group_booking.drop_reservation(uow, kept.booking.id)  # nothing left to drop
    booked = book(world, pool, order(at(9)), reserve_minutes=60)
    with world.desk.begin(world.owner) as uow:
        group_booking.confirm_reservation(uow, booked.booking.id)
    with world.desk.begin(world.owner) as uow, pytest.raises(Conflict):
        group_booking.drop_reservation(uow, booked.booking.id)


def test_what_a_visitor_holds_is_no_reservation(world: World) -> None:
    world.hold(world.profile("ada"), at(9))
    number = world.desk.sql("SELECT id FROM booking")[0][0]
    for use in (group_booking.confirm_reservation, group_booking.drop_reservation):
        with world.desk.begin(world.owner) as uow, pytest.raises(NotFound):
            use(uow, number)


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_a_reservation_lasts_a_minute_to_a_day(world: World, minutes: int) -> None:
    with pytest.raises(Invalid) as refused:
        book(world, world.profile("ada"), order(at(9)), reserve_minutes=minutes)
    assert refused.value.field == "reserveForMinutes"


def test_a_stranger_cannot_reserve_everything(world: World) -> None:
    pool = world.profile("ada")
    for hour in (9, 10, 11):
        book(world, pool, order(at(hour)), reserve_minutes=5, fingerprint="somebody")
    with pytest.raises(TooMany):
        book(world, pool, order(at(12)), reserve_minutes=5, fingerprint="somebody")


def test_an_order_sent_twice_with_one_key_is_booked_once(every_world: World) -> None:
    world = every_world
    pool = world.profile("ada", "bela")
    first = book(world, pool, order(at(9)), key="once")
    again = book(world, pool, order(at(9)), key="once")
    assert (first.replayed, again.replayed) == (False, True)
    assert replace(again, replayed=False, booking=first.booking) == first
    assert len(spans(world)) == 1


def test_a_program_moves_by_the_reschedule_token(world: World) -> None:
    pool = world.profile("ada", "bela")
    booked = book(world, pool, order(at(9), world.accounts["bela"]))
    with world.desk.begin(world.guest) as uow:
        moved = group_booking.reschedule(uow, pool, booked.reschedule_token, at(14))
    assert (served(world, moved), moved.event) == (["bela"], booked.event)
    other = world.profile("ada", slug="other")
    for profile, token in ((other, booked.reschedule_token), (pool, "nonsense"), (pool, "")):
        with world.desk.begin(world.guest) as uow, pytest.raises(NotFound):
            group_booking.reschedule(uow, profile, token, at(15))


def test_the_description_is_filled_with_what_is_known_and_the_token_is_the_invitees_alone(
    world: World,
) -> None:
    said = "About {{topic}} with {{host}} at {{openMeetingUrl}}. Change: {{rescheduleToken}}"
    url = "https://meet.example.org/room"
    pool = world.profile("ada", description=said, subject="{{topic}}", open_meeting_url=url)
    answers = {"topic": "{{rescheduleToken}}"}
    booked = book(world, pool, replace(order(at(9)), details=replace(GRACE, answers=answers)))
    filled = "About {{rescheduleToken}} with Ada Berg at https://meet.example.org/room. Change: "
    with world.desk.look(world.owner) as uow:
        event = uow.session.scalars(sa.select(Event)).one()
        mails = {m.audience: m.values for m in uow.session.scalars(sa.select(Message))}
    assert booked.reschedule_token not in event.description
    assert event.description.startswith("About (reschedule token) with Ada Berg at https://")
    assert mails["invitee"]["description"] == filled + booked.reschedule_token
    assert booked.reschedule_token not in str(mails["host"])
    assert event.summary == "{{rescheduleToken}}", "what somebody typed is never read again"


def test_a_move_keeps_everybody_who_was_asked_for_or_is_refused(world: World) -> None:
    pool = world.profile("ada", "bela", "chris")
    named = [world.accounts["chris"], world.accounts["ada"]]
    booked = book(world, pool, order(at(9), *named, required=Required.ALL))
    busy(world, "ada", 13)
    with world.desk.begin(world.owner) as uow, pytest.raises(SlotTaken):
        bookings.move(uow, booked.booking.uuid, at(13), by=Actor.INVITEE)
    with world.desk.begin(world.owner) as uow:
        bookings.move(uow, booked.booking.uuid, at(14), by=Actor.INVITEE)
    assert served(world, booked) == ["chris", "ada"]


def test_a_booking_of_a_program_is_the_same_as_one_of_a_page(every_world: World) -> None:
    """Row by row but for ids, random names and times of writing."""
    world = every_world
    choices: dict[str, Any] = {
        "slug": "pair",
        "name": "Pair",
        "required": Required.ALL,
        "description": "{{topic}}",
        "buffer_before_minutes": 10,
    }
    pair = world.profile("ada", "bela", **choices)
    details = replace(
        GRACE, answers={"topic": "COBOL"}, guests=("guest@example.org",), second_ok=True
    )
    public_id = world.hold(pair, at(9))
    with world.desk.begin(world.guest) as uow:
        holds.confirm(uow, public_id, details)
    by_page = canonical(world)
    number = world.desk.sql("SELECT uuid FROM booking")[0][0]
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, UUID(str(number)), by=Actor.HOST)
    book(world, pair, replace(order(at(9)), details=details, required=None))
    assert canonical(world) == by_page
    assert all(by_page.values()), "nothing was compared"
