"""The page of a profile with many hosts says what the slot engine says, and keeps its word."""

from __future__ import annotations

import pytest

from tests.services.teams import NAMES, busy, every_team, grown, nothing_kept, team
from tests.world import World, at
from webapp.domain.availability import availability
from webapp.domain.errors import SlotTaken
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute
from webapp.models import User
from webapp.services import offers
from webapp.services.steps import asking

__all__ = ["every_team", "grown", "nothing_kept", "team"]
WEEK = Interval(at(0), at(0, day=29))


def both(world: World, window: Interval = WEEK) -> tuple[list[int], list[int]]:
    """What the page offers, and what the engine says from spans."""
    with world.desk.look(world.guest) as uow:
        card = offers.profile_page(uow, "intro")
        question = asking.question(uow, card.offering, window, 30)
        shown = offers.offered(uow, card, window)
        told = availability(question, window, uow.now)
        assert shown.held == list(told.held)
        return list(shown.starts), list(told.starts)


@pytest.mark.parametrize("required", [Required.ONE, Required.ALL])
def test_the_page_of_many_hosts_equals_the_engine(every_team: World, required: Required) -> None:
    every_team.profile(*NAMES, required=required, buffer_after_minutes=15, notice_minutes=60)
    for number, name in enumerate(NAMES):
        busy(every_team, name, 8 + number % 8, 90)
    shown, told = both(every_team)
    assert shown == told
    assert shown
    every_team.hold(every_team.profile(slug="other", name="Other", durations=(30,)), at(9))
    assert both(every_team)[0] == both(every_team)[1]


def test_somebody_whose_account_was_closed_is_never_offered(team: World) -> None:
    team.profile(*NAMES, required=Required.ONE)
    for name in NAMES[1:]:
        busy(team, name, 8, 9 * 60)
    assert set(both(team, Interval(at(8), at(16)))[0])
    with team.desk.begin(team.owner) as uow:
        closed = uow.session.get_one(User, team.hosts[NAMES[0]])
        closed.deactivated_at = uow.now
        closed.revision += 1
    shown, told = both(team, Interval(at(8), at(16)))
    assert shown == told == []


def test_what_the_page_of_many_hosts_lists_is_booked_until_nobody_is_left(team: World) -> None:
    profile = team.profile(*NAMES, required=Required.ONE)
    start = from_minute(both(team)[0][0])
    for number in range(len(NAMES)):
        assert both(team)[0] == both(team)[1]
        team.book(profile, start, f"Grace{number}")
    with pytest.raises(SlotTaken):
        team.hold(profile, start)
    assert both(team)[0] == both(team)[1]
