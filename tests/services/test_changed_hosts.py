"""Every host hears of what happens to a booking: who stays, who comes, who is left out."""

from __future__ import annotations

from uuid import UUID

from tests import invariants
from tests.world import World, at
from webapp.domain.span import Interval
from webapp.models import Actor
from webapp.services import bookings, holds, profiles, receipts, schedules
from webapp.services.holds import Details
from webapp.services.profiles import ProfileDraft

NINE = at(8)


def host_mails(world: World) -> list[tuple[str, str]]:
    rows = world.desk.sql(
        "SELECT address, template FROM message WHERE audience = 'host' ORDER BY id"
    )
    return [(str(row[0]).partition("@")[0], str(row[1])) for row in rows]


def give_to(world: World, profile_id: int, who: str) -> None:
    """Let somebody else take the profile's bookings from now on."""
    draft = ProfileDraft(
        slug="intro",
        name="Intro call",
        durations=(30,),
        step_minutes=30,
        zone="Europe/Berlin",
        accounts=(world.accounts[who],),
    )
    with world.desk.begin(world.owner) as uow:
        profiles.change(uow, profile_id, draft)


def test_a_move_to_another_host_tells_the_old_one_and_the_new_one(every_world: World) -> None:
    profile = every_world.profile("ada", "bela")
    uuid = UUID(every_world.book(profile, NINE))
    with every_world.desk.begin(every_world.owner) as uow:
        away = Interval(at(10), at(12))
        schedules.go_away(uow, every_world.hosts["ada"], away)
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, uuid, at(10), by=Actor.INVITEE)

    assert host_mails(every_world) == [("ada", "booked"), ("bela", "booked"), ("ada", "cancelled")]
    old, new = every_world.desk.sql(
        "SELECT \"values\" FROM message WHERE audience = 'host' AND template <> 'moved' "
        "ORDER BY id DESC LIMIT 2"
    )
    assert "2026-11-24T08:00:00Z" in str(old[0]), "what was cancelled is what the old host had"
    assert "2026-11-24T10:00:00Z" in str(new[0])
    assert invariants.check(every_world.desk.engine) == []


def test_a_host_whom_the_profile_dropped_still_hears_that_a_booking_was_cancelled(
    every_world: World,
) -> None:
    profile = every_world.profile("ada")
    uuid = UUID(every_world.book(profile, NINE))
    give_to(every_world, profile, "bela")
    with every_world.desk.begin(every_world.owner) as uow:
        card = receipts.card(uow, bookings.by_uuid(uow, uuid))
        assert [host.name for host in card.hosts] == ["Ada Berg"]
        bookings.cancel(uow, uuid, by=Actor.INVITEE)

    assert host_mails(every_world) == [("ada", "booked"), ("ada", "cancelled")]
    assert invariants.check(every_world.desk.engine) == []


def test_a_move_of_a_booking_leaves_the_host_whom_the_profile_dropped(every_world: World) -> None:
    profile = every_world.profile("ada")
    uuid = UUID(every_world.book(profile, NINE))
    give_to(every_world, profile, "bela")
    with every_world.desk.begin(every_world.guest) as uow:
        bookings.move(uow, uuid, at(10), by=Actor.INVITEE)

    assert host_mails(every_world)[1:] == [("bela", "booked"), ("ada", "cancelled")]
    assert invariants.check(every_world.desk.engine) == []


def test_a_hold_is_honoured_by_the_host_whom_the_profile_dropped(every_world: World) -> None:
    profile = every_world.profile("ada")
    draft = every_world.hold(profile, NINE)
    give_to(every_world, profile, "bela")
    with every_world.desk.begin(every_world.guest) as uow:
        holds.confirm(uow, draft, Details("Grace", "grace@example.org"))

    assert host_mails(every_world) == [("ada", "booked")]
    assert invariants.check(every_world.desk.engine) == []
