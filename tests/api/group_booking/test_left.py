"""Accounts of people who left: not attached, offered or acted for any more."""

from __future__ import annotations

import pytest

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.test_meetings import items
from tests.world import World
from webapp.domain.errors import NotFound
from webapp.domain.required import Required
from webapp.models import BookingProfile, User
from webapp.services import leaving, profile_drafts, profiles
from webapp.services.program_profiles import ACCOUNT_HEADER
from webapp.services.steps import candidates


def test_accounts_of_people_who_left_cannot_be_attached(program: Program, world: World) -> None:
    profile = program.profile()
    with world.desk.begin(world.owner) as uow:
        uuid = uow.session.get_one(User, world.hosts["bela"]).uuid
        leaving.remove(uow, uuid)
    path, left = f"/group/profiles/{profile}/attachAccounts", [world.accounts["bela"]]
    answer = program.ask("POST", path, {"accountIds": left})
    assert answer.status_code in (400, 404), items(program, profile)


def test_nobody_acts_for_people_who_left(program: Program, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        uuid = uow.session.get_one(User, world.hosts["bela"]).uuid
        leaving.remove(uow, uuid)
    acting = {ACCOUNT_HEADER: str(world.accounts["bela"])}
    program.refused(404, "POST", "/account/profiles", {"name": "ghost"}, headers=acting)


def gone(world: World, name: str) -> None:
    """Somebody's place ends, and nothing else: as their rows were kept before."""
    with world.desk.begin(world.owner) as uow:
        host = world.hosts[name]
        uow.session.connection().exec_driver_sql(f"DELETE FROM membership WHERE user_id = {host}")


def test_nor_in_groups(program: Program, world: World) -> None:
    profile = program.profile()
    gone(world, "bela")
    path = f"/group/profiles/{profile}/attachGroups"
    body = {"groups": [{"extId": "north", "accountIds": [world.accounts["bela"]]}]}
    program.refused(404, "POST", path, body)
    with pytest.raises(NotFound):
        world.group("ada", "bela", required=Required.ALL)


def test_nor_in_the_console(world: World) -> None:
    id = world.profile("ada")
    gone(world, "bela")
    with world.desk.begin(world.owner) as uow:
        profile = uow.session.get_one(BookingProfile, id)
        draft = profiles.draft_of(uow, profile)
        both = candidates.account_choice(world.accounts["bela"])
        with pytest.raises(NotFound):
            profile_drafts.shown(uow, draft, [both], saved=profile)
        assert world.accounts["bela"] not in {
            each.account_id for each in profile_drafts.choices(uow)
        }


def test_a_profile_that_they_served_already_can_be_saved(program: Program, world: World) -> None:
    group = world.group("ada", "bela")
    id = world.profile("bela", groups=(group,))
    gone(world, "bela")
    program.done("PATCH", f"/group/profiles/{id}", {"subject": "Taken over"})
    chris = {"accountIds": [world.accounts["chris"]]}
    program.done("POST", f"/group/profiles/{id}/attachAccounts", chris)
    with world.desk.look(world.owner) as uow:
        profile = uow.session.get_one(BookingProfile, id)
        profile_drafts.shown(uow, profiles.draft_of(uow, profile), [], saved=profile)


def test_a_room_that_was_taken_away_takes_nothing(program: Program, world: World) -> None:
    profile = program.profile()
    with world.desk.begin(world.owner) as uow:
        host = uow.session.get_one(User, world.hosts["bela"])
        host.deactivated_at = uow.now
    path, left = f"/group/profiles/{profile}/attachAccounts", [world.accounts["bela"]]
    program.refused(404, "POST", path, {"accountIds": left})
