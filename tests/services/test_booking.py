"""Holding, booking, moving, cancelling: each rule on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.world import World, at, overlaps
from webapp.domain.errors import (
    AlreadyBooked,
    Conflict,
    FormInvalid,
    KeyReused,
    NotFound,
    NotOffered,
    SlotTaken,
    TooMany,
)
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute
from webapp.models import Actor, LocationKind
from webapp.services import bookings, holds, offers
from webapp.services.holds import Details

NINE = at(8)
GRACE = Details("Grace", "grace@example.org")


def starts(world: World, slug: str = "intro") -> list[int]:
    with world.desk.look(world.guest) as uow:
        profile = offers.profile_page(uow, slug)
        return offers.offered(uow, profile, Interval(at(0), at(0, day=25))).starts


def test_a_day_offers_its_work_hours_and_a_booking_takes_its_time(every_world: World) -> None:
    profile = every_world.profile()
    before = starts(every_world)
    every_world.book(profile, NINE)

    assert len(before) == 16
    assert set(before) - set(starts(every_world)) == {to_minute(NINE)}


def test_a_held_time_refuses_the_next_visitor_until_it_lapses(every_world: World) -> None:
    profile = every_world.profile()
    every_world.hold(profile, NINE)
    with pytest.raises(SlotTaken):
        every_world.hold(profile, NINE)

    every_world.desk.clock.forward(minutes=8)
    every_world.hold(profile, NINE)
    states = every_world.desk.sql("SELECT status FROM booking ORDER BY id")
    assert [row[0] for row in states] == ["lapsed", "held"]


def test_buffers_of_neighbours_add_up(every_world: World) -> None:
    profile = every_world.profile(buffer_before_minutes=10, buffer_after_minutes=20)
    every_world.book(profile, at(10))
    free = {minute - to_minute(at(0)) for minute in starts(every_world)}

    assert free & {570, 600, 630} == set(), "an hour around ten is taken: 30 + 10 + 20"
    assert {540, 660} <= free


def test_a_lapsed_hold_is_confirmed_all_the_same_when_its_time_is_still_free(
    every_world: World,
) -> None:
    draft = every_world.hold(every_world.profile(), NINE)
    every_world.desk.clock.forward(minutes=20)
    with every_world.desk.begin(every_world.guest) as uow:
        booking = holds.confirm(uow, draft, GRACE)
        assert booking.status == "confirmed"
    assert overlaps(every_world.desk) == 0


def test_a_lapsed_hold_whose_time_was_taken_is_refused_and_can_choose_another(
    every_world: World,
) -> None:
    profile = every_world.profile()
    draft = every_world.hold(profile, NINE)
    every_world.desk.clock.forward(minutes=9)
    every_world.book(profile, NINE, name="Faster")
    with pytest.raises(SlotTaken), every_world.desk.begin(every_world.guest) as uow:
        holds.confirm(uow, draft, GRACE)

    with every_world.desk.begin(every_world.guest) as uow:
        booking = holds.confirm(uow, draft, GRACE, start=at(9))
        assert (booking.start_at, booking.status.value) == (at(9), "confirmed")


def test_the_same_key_books_once_and_another_request_with_it_is_refused(
    every_world: World,
) -> None:
    profile = every_world.profile()
    first = every_world.hold(profile, NINE, key="k1")
    assert every_world.hold(profile, NINE, key="k1") == first
    with pytest.raises(KeyReused):
        every_world.hold(profile, at(9), key="k1")
    with every_world.desk.begin(every_world.guest) as uow:
        one = holds.confirm(uow, first, GRACE, key="k2").uuid
    with every_world.desk.begin(every_world.guest) as uow:
        assert holds.confirm(uow, first, GRACE, key="k2").uuid == one
    assert every_world.desk.sql("SELECT count(*) FROM message")[0][0] == 2


def test_confirming_twice_without_a_key_gives_the_booking_again(every_world: World) -> None:
    draft = every_world.hold(every_world.profile(), NINE)
    for _ in range(2):
        with every_world.desk.begin(every_world.guest) as uow:
            holds.confirm(uow, draft, GRACE)
    assert every_world.desk.sql("SELECT count(*) FROM placement")[0][0] == 1


def test_every_faulty_field_is_named_at_once_and_nothing_is_written(world: World) -> None:
    draft = world.hold(world.profile(description="About {{company}}"), NINE)
    wrong = Details("", "grace@example.org\r\nBcc: all@example.org")
    with pytest.raises(FormInvalid) as refusal, world.desk.begin(world.guest) as uow:
        holds.confirm(uow, draft, wrong)
    assert set(refusal.value.errors) == {"name", "email", "answer-company"}
    assert world.desk.sql("SELECT status FROM booking")[0][0] == "held"


def test_a_second_booking_on_one_day_is_a_question(world: World) -> None:
    profile = world.profile()
    world.book(profile, NINE)
    draft = world.hold(profile, at(9))
    with pytest.raises(AlreadyBooked), world.desk.begin(world.guest) as uow:
        holds.confirm(uow, draft, Details("Grace", "GRACE@example.org"))
    with world.desk.begin(world.guest) as uow:
        holds.confirm(uow, draft, Details("Grace", "grace@example.org", second_ok=True))


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (NINE + timedelta(minutes=7), "off the grid"),
        (at(3), "at night"),
        (at(9, day=28), "on a Saturday"),
        (at(9, day=20), "in the past"),
        (NINE + timedelta(days=200), "beyond the horizon"),
        (NINE + timedelta(seconds=13), "not a whole minute"),
    ],
)
def test_a_start_that_is_not_listed_is_refused(world: World, start: datetime, why: str) -> None:
    with pytest.raises(NotOffered):
        world.hold(world.profile(), start)


def test_a_move_keeps_the_booking_and_frees_the_old_time(every_world: World) -> None:
    profile = every_world.profile()
    uuid = UUID(every_world.book(profile, NINE))
    with every_world.desk.begin(every_world.guest) as uow:
        moved = bookings.move(uow, uuid, at(10), by=Actor.INVITEE, reason="a train")
        assert (moved.sequence, moved.reference) == (1, 1001)
    free = starts(every_world)
    assert to_minute(NINE) in free
    assert to_minute(at(10)) not in free
    events = every_world.desk.sql("SELECT count(*), min(sequence), min(uid) FROM event")
    assert tuple(events[0]) == (1, 1, f"{uuid}@127.0.0.1")
    placements = every_world.desk.sql("SELECT closed_at IS NULL FROM placement ORDER BY id")
    assert [bool(row[0]) for row in placements] == [False, True]
    assert overlaps(every_world.desk) == 0


def test_a_move_may_overlap_the_time_it_leaves(every_world: World) -> None:
    profile = every_world.profile(durations=(60,), step_minutes=30)
    uuid = UUID(every_world.book(profile, NINE, duration_minutes=60))
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, uuid, at(8, 30), by=Actor.INVITEE)
    assert overlaps(every_world.desk) == 0


def test_a_move_onto_a_taken_time_is_refused_and_changes_nothing(every_world: World) -> None:
    profile = every_world.profile()
    uuid = UUID(every_world.book(profile, NINE))
    every_world.book(profile, at(10), name="Other")
    with pytest.raises(SlotTaken), every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, uuid, at(10), by=Actor.INVITEE)
    assert to_minute(NINE) not in starts(every_world)


def test_a_cancelled_booking_gives_its_time_back_and_cannot_be_cancelled_again(
    every_world: World,
) -> None:
    profile = every_world.profile()
    uuid = UUID(every_world.book(profile, NINE))
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.cancel(uow, uuid, by=Actor.INVITEE, reason="ill")
    assert to_minute(NINE) in starts(every_world)
    with pytest.raises(Conflict), every_world.desk.begin(every_world.guest) as uow:
        bookings.cancel(uow, uuid, by=Actor.INVITEE)
    mails = every_world.desk.sql("SELECT template, audience FROM message ORDER BY id")
    assert [tuple(row) for row in mails] == [
        ("booked", "invitee"),
        ("booked", "host"),
        ("cancelled", "invitee"),
        ("cancelled", "host"),
    ]


def test_a_past_booking_is_neither_moved_nor_cancelled(world: World) -> None:
    uuid = UUID(world.book(world.profile(), NINE))
    world.desk.clock.forward(days=2)
    for change in (
        lambda uow: bookings.cancel(uow, uuid, by=Actor.INVITEE),
        lambda uow: bookings.move(uow, uuid, at(9, day=27), by=Actor.INVITEE),
    ):
        with pytest.raises(Conflict), world.desk.begin(world.guest) as uow:
            change(uow)


def test_any_of_several_gives_each_meeting_to_the_least_busy(every_world: World) -> None:
    profile = every_world.profile("ada", "bela", "chris")
    for name in ("One", "Two", "Three"):
        every_world.book(profile, NINE, name=name)
    with pytest.raises(SlotTaken):
        every_world.hold(profile, NINE)
    taken = every_world.desk.sql("SELECT host_id FROM busy_span ORDER BY host_id")
    assert sorted(row[0] for row in taken) == sorted(every_world.hosts.values())


def test_everyone_is_taken_together_and_each_ones_own_page_knows(every_world: World) -> None:
    together = every_world.profile("ada", "bela", slug="panel", required=Required.ALL)
    alone = every_world.profile("bela", slug="bela")
    every_world.book(together, NINE)
    assert to_minute(NINE) not in starts(every_world, "bela")
    with pytest.raises(SlotTaken):
        every_world.hold(alone, NINE)


def test_one_of_a_group_and_all_of_another_come_together(every_world: World) -> None:
    any_of = every_world.group("ada", "bela")
    all_of = every_world.group("chris", required=Required.ALL)
    profile = every_world.profile(groups=(any_of, all_of), required=Required.ALL)
    every_world.book(profile, NINE)
    assert every_world.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 2
    with pytest.raises(SlotTaken):
        every_world.hold(profile, NINE)


def test_seats_fill_one_meeting_and_then_it_is_taken(every_world: World) -> None:
    profile = every_world.profile(seats=3)
    uuids = [every_world.book(profile, NINE, name=name) for name in ("A", "B", "C")]
    with pytest.raises(SlotTaken):
        every_world.hold(profile, NINE)
    assert tuple(every_world.desk.sql("SELECT count(*), max(taken) FROM meeting")[0]) == (1, 3)
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.cancel(uow, UUID(uuids[0]), by=Actor.INVITEE)
    assert to_minute(NINE) in starts(every_world)
    every_world.book(profile, NINE, name="D")
    assert every_world.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 1


def test_a_seat_moves_to_a_meeting_that_has_people(every_world: World) -> None:
    profile = every_world.profile(seats=3)
    first = UUID(every_world.book(profile, NINE, name="A"))
    every_world.book(profile, at(9), name="B")
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, first, at(9), by=Actor.INVITEE)
    meetings = every_world.desk.sql("SELECT taken FROM meeting ORDER BY id")
    assert [row[0] for row in meetings] == [0, 2]
    assert every_world.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 1


def test_a_request_takes_its_time_until_it_is_declined(every_world: World) -> None:
    profile = every_world.profile(needs_approval=True)
    uuid = UUID(every_world.book(profile, NINE))
    assert to_minute(NINE) not in starts(every_world)
    with every_world.desk.begin(every_world.owner) as uow:
        bookings.decline(uow, uuid, reason="full")
    assert to_minute(NINE) in starts(every_world)


def test_limits_count_a_hosts_local_days(world: World) -> None:
    profile = world.profile(limit_per_day=2)
    world.book(profile, NINE)
    assert len(starts(world)) == 15
    world.book(profile, at(10), name="Other")
    assert starts(world) == []


def test_a_manage_link_opens_its_booking_and_no_other(world: World) -> None:
    profile = world.profile()
    one, two = world.book(profile, NINE), world.book(profile, at(10), name="Other")
    with world.desk.look(world.owner) as uow:
        first = bookings.by_uuid(uow, UUID(one))
        token = bookings.manage_token(uow, first)
        other = bookings.manage_token(uow, bookings.by_uuid(uow, UUID(two)))
    with world.desk.look(world.guest) as uow:
        assert str(bookings.by_manage_link(uow, token).uuid) == one
        crossed = token.partition(".")[0] + "." + other.partition(".")[2]
        for forged in (crossed, token[:-1], token + "x", "x", "", "é" * 50, "." * 60):
            with pytest.raises(NotFound):
                bookings.by_manage_link(uow, forged)


def test_choosing_another_time_gives_the_earlier_hold_back(every_world: World) -> None:
    profile = every_world.profile()
    first = every_world.hold(profile, NINE)
    second = every_world.hold(profile, at(9), instead_of=first)
    assert to_minute(NINE) in starts(every_world)
    every_world.hold(profile, NINE, instead_of=second)
    states = every_world.desk.sql("SELECT status FROM booking ORDER BY id")
    assert [row[0] for row in states] == ["lapsed", "lapsed", "held"]
    assert every_world.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 1


def test_a_visitors_own_hold_may_be_chosen_again_and_overlapped(world: World) -> None:
    profile = world.profile(durations=(60,), step_minutes=30)
    first = world.hold(profile, NINE, duration_minutes=60)
    again = world.hold(profile, NINE, duration_minutes=60, instead_of=first)
    world.hold(profile, at(8, 30), duration_minutes=60, instead_of=again)
    assert overlaps(world.desk) == 0


def test_one_source_keeps_three_times_at_most(world: World) -> None:
    profile = world.profile()
    kept = [world.hold(profile, at(hour), fingerprint="one") for hour in (8, 9, 10)]
    with pytest.raises(TooMany):
        world.hold(profile, at(11), fingerprint="one")
    world.hold(profile, at(11), fingerprint="one", instead_of=kept[0])
    world.hold(profile, at(12), fingerprint="two")


def test_a_conference_link_is_told_to_those_whose_booking_stands(world: World) -> None:
    link = "https://meet.example.org/secret"
    profile = world.profile(needs_approval=True, location_kind=LocationKind.LINK, location=link)
    uuid = UUID(world.book(profile, NINE))
    told = "SELECT count(*) FROM message WHERE audience = 'invitee' AND \"values\" LIKE :text"
    assert world.desk.sql(told, text="%secret%")[0][0] == 0
    with world.desk.begin(world.owner) as uow:
        bookings.approve(uow, uuid)
    assert world.desk.sql(told, text="%secret%")[0][0] == 1
