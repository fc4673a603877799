"""Why these hosts serve: the scoreboard that was kept when several could have taken a booking."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.models import Booking, User
from webapp.services.unit_of_work import UnitOfWork, use_case


@dataclass(frozen=True, slots=True)
class Line:
    """A host who could have served. ``ahead``: how many meetings per unit of weight more than
    whoever had had least."""

    name: str
    weight: int
    priority: int
    ahead: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """The chosen first, then whose turn would have come; ``of`` is how many there were.

    ``reason`` is one of the words of ``domain.fairness``.
    """

    reason: str
    lines: tuple[Line, ...]
    of: int

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of those who serve."""
        return tuple(line.name for line in self.lines if line.chosen)

    @property
    def weighted(self) -> bool:
        """Whether weights or priorities told anybody apart."""
        return len({(line.weight, line.priority) for line in self.lines}) > 1


@use_case(Permission.BOOKING_READ)
def of_booking(uow: UnitOfWork, booking: Booking) -> Scoreboard | None:
    """The scoreboard of a booking; None where there was no choice, or somebody made it by hand."""
    kept = booking.choice
    if not kept:
        return None
    wanted = [line["host"] for line in kept["hosts"]]
    names = {
        row[0]: row[1]
        for row in uow.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted)))
    }
    lines = tuple(
        Line(
            names.get(line["host"], "Somebody who left"),
            line["weight"],
            line["priority"],
            line["ahead"],
            line["chosen"],
        )
        for line in kept["hosts"]
    )
    return Scoreboard(kept["reason"], lines, kept["of"])
