"""Two who change the same thing at once: who was read before the other wrote overwrites nothing."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from tests.world import Desk, World
from webapp.domain.errors import Conflict
from webapp.models import BookingProfile, User
from webapp.services import account, host_groups, profiles, program_candidates

on_postgres = pytest.mark.parametrize("any_database", ["postgresql"], indirect=True)


def one_truth(desk: Desk) -> None:
    rows = desk.sql("SELECT account_id FROM profile_candidate ORDER BY position")
    [[kept]] = desk.sql("SELECT candidates FROM booking_profile")
    told = json.loads(kept) if isinstance(kept, str) else kept
    assert [each["key"] for each in told] == [f"account:{row[0]}" for row in rows]


@pytest.mark.postgres
@on_postgres
def test_two_who_change_a_profile_at_once_leave_one_truth(
    every_desk: Desk, every_world: World
) -> None:
    """Who was read before the other wrote is told so, or both changes stand."""
    desk, world = every_desk, every_world
    profile_id = world.profile("ada")
    try:
        with desk.begin(world.owner) as uow:
            profile = uow.session.get_one(BookingProfile, profile_id)
            draft, version = profiles.draft_of(uow, profile), profile.version
            with desk.begin(world.owner) as other:
                attached = [world.accounts["bela"]]
                program_candidates.attach_accounts(other, profile_id, attached)
            profiles.change(uow, profile_id, draft, version=version)
    except Conflict:
        pass
    one_truth(desk)


@pytest.mark.postgres
@on_postgres
def test_what_is_read_before_a_lock_is_read_again(every_desk: Desk, every_world: World) -> None:
    """Pausing, a new address and a group's members: each counts on top of the other change."""
    desk, world = every_desk, every_world
    group = world.group("ada")
    id = world.profile("chris", groups=(group,))
    with desk.begin(world.owner) as uow:
        profile = uow.session.get_one(BookingProfile, id)
        [card] = host_groups.all_groups(uow)
        with desk.begin(world.owner) as other:
            program_candidates.attach_accounts(other, id, [world.accounts["bela"]])
        profiles.pause(uow, id, True)
        profiles.renew_address(uow, profile.uuid)
        host_groups.change_group(
            uow, card.xid, card.name, [world.accounts["bela"]], required=card.required
        )
    [[revision, version]] = desk.sql("SELECT revision, version FROM booking_profile")
    assert (revision, version) == (5, 3)
    [[kept]] = desk.sql("SELECT candidates FROM booking_profile")
    accounts = [world.accounts["chris"], world.accounts["bela"]]
    told = json.loads(kept) if isinstance(kept, str) else kept
    keys = [f"account:{each}" for each in accounts]
    assert [each["key"] for each in told] == [*keys, f"group:{group}"]
    assert told[-1]["hosts"] == [world.hosts["bela"]]


@pytest.mark.parametrize("change", ["name", "zone"])
def test_what_a_person_says_of_themselves_is_counted_on_top_of_their_bookings(
    world: World, change: str
) -> None:
    """A revision read before somebody else raised it is never written back."""
    said = {"name": "Ada Berg", "zone": "Europe/Berlin", "locale": "en", "time_notation": "24"}
    said[change] = {"name": "Ada Berg-Cruz", "zone": "America/New_York"}[change]
    ada = world.hosts["ada"]
    with world.desk.begin(world.owner) as uow:
        before = uow.session.get_one(User, ada).revision
        raised = sa.update(User).where(User.id == ada).values(revision=User.revision + 5)
        uow.session.execute(raised.execution_options(synchronize_session=False))
        account.change_profile(uow, ada, **said)
    [[after]] = world.desk.sql('SELECT revision FROM "user" WHERE id = :id', id=ada)
    assert after == before + 6
