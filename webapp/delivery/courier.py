"""What every way of carrying a mail takes and answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

Outcome = Literal["sent", "retry", "refused", "unknown"]
"""``sent``: taken over by the next server. ``retry``: surely not taken, another try makes sense.
``refused``: never will be. ``unknown``: the line broke when it may have been taken."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A composed mail and where it goes. ``number`` counts the tries from 1; ``at`` is UTC."""

    message_uuid: UUID
    number: int
    at: datetime
    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one try ended, and what was answered, in words for the timeline."""

    outcome: Outcome
    answer: str


class Courier(Protocol):
    """Carries one mail; never raises for what the other side does."""

    def deliver(self, parcel: Parcel) -> Delivery:
        """Try once."""
        ...
