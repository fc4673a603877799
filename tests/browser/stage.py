"""What a state is, and the steps that lead to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.browser.live import Live
from tests.browser.visitor import Visitor
from tests.world import World, at
from webapp.models import LocationKind
from webapp.services import bookings, receipts

TEN = "2026-11-24T09:00Z"
"""Tuesday 24 November 2026, 10:00 in Berlin: what these people book."""

ABOUT: dict[str, Any] = {
    "description": "Half an hour to get to know each other and to see how we can help.",
    "location_kind": LocationKind.LINK,
    "location": "https://meet.example.org/harbour",
}
HOME = "/harbour/intro"

Reach = Callable[[Live, Visitor], None]


@dataclass(frozen=True)
class State:
    """A state, the status it answers with, its first heading of note, and a sentence it says."""

    name: str
    reach: Reach
    status: int
    heading: str
    sentence: str

    def __str__(self) -> str:
        return self.name


STATES: list[State] = []


def state(heading: str, sentence: str = "", *, status: int = 200) -> Callable[[Reach], Reach]:
    """Enter the decorated way into ``STATES``; its name is the function's."""

    def enter(reach: Reach) -> Reach:
        name = reach.__name__.strip("_").replace("_", "-")
        STATES.append(State(name, reach, status, heading, sentence))
        return reach

    return enter


def intro(live: Live, **choices: object) -> int:
    """The profile that most states are about."""
    return live.world.profile(**(ABOUT | choices))


def manage_path(world: World, uuid: UUID) -> str:
    """The address of a booking's receipt."""
    with world.desk.look(world.owner) as uow:
        return receipts.card(uow, bookings.by_uuid(uow, uuid)).manage_path


def booked(live: Live, **choices: object) -> tuple[UUID, str]:
    """Grace has 10:00; her booking's uuid and its address."""
    uuid = UUID(live.world.book(intro(live, **choices), at(9)))
    return uuid, manage_path(live.world, uuid)


def choose(visitor: Visitor, path: str = HOME, time: str = TEN) -> None:
    """Come by a direct link and take a time."""
    visitor.open(path)
    visitor.press(visitor.time(time), lands="#details")


def give_details(visitor: Visitor, name: str = "Grace", email: str = "grace@example.org") -> None:
    """Fill in who comes."""
    visitor.fill("name", name)
    visitor.fill("email", email)


def confirm(visitor: Visitor, *, lands: str = "#receipt") -> None:
    """Send the details."""
    visitor.press("#confirm", lands=lands)


def take(world: World, profile: int, name: str = "Otto") -> None:
    """Somebody else books 10:00."""
    world.book(profile, at(9), name)
