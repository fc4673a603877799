"""An application beside the world's desk, a courier that can be told what to answer, and jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.world import Desk
from webapp.delivery.courier import Delivery, Parcel
from webapp.delivery.letters import Stationery
from webapp.jobs.kinds import Tools


@dataclass
class ToldCourier:
    """Takes mails and gives the answers it was told, the last of them for ever."""

    answers: list[Delivery] = field(default_factory=lambda: [Delivery("sent", "taken")])
    parcels: list[Parcel] = field(default_factory=list)

    def deliver(self, parcel: Parcel) -> Delivery:
        self.parcels.append(parcel)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def courier() -> ToldCourier:
    return ToldCourier()


@pytest.fixture
def tools(desk: Desk, courier: ToldCourier) -> Tools:
    """Tools without chance: every pause is as long as it can be."""
    return Tools(courier, Stationery(desk.settings), lambda: 1.0)
