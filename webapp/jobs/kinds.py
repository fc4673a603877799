"""Every kind of job there is, what runs it, and how patient we are with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from webapp.delivery.courier import Courier
from webapp.delivery.letters import Stationery
from webapp.jobs.queue import Ticket

Lane = Literal["mail", "outside", "inside", "long"]
"""``mail``: sends mail. ``outside``: waits for other machines or reads large files. ``inside``: our
own database only. ``long``: exports and the like, that go on for minutes. Each lane has a thread
of its own, so that neither a slow mail server nor an endless calendar keeps a hold from lapsing."""

LEASES: dict[Lane, timedelta] = {
    "mail": timedelta(seconds=60),
    "outside": timedelta(minutes=5),
    "inside": timedelta(seconds=60),
    "long": timedelta(minutes=5),
}
"""How long a claim holds in a lane: longer than any of its jobs may take."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What handlers work with, made once a worker. ``chance`` gives numbers from 0 to 1."""

    courier: Courier
    stationery: Stationery
    chance: Callable[[], float]


Handler = Callable[[Ticket, Tools], bool]
"""Does the job in units of its own, inside an application context. True: it has settled the job's
row itself, in the transaction of its result; False: the worker takes the row away."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is run.

    ``most_tries``: the job is given up after so many claims. ``every``: the pause of a recurring
    job, whose single row every worker makes sure of. ``give_up`` runs instead of the handler when
    there are no tries left, so that whoever waits for the job learns of it.
    """

    handler: Handler
    lane: Lane
    most_tries: int = 10
    every: timedelta | None = None
    give_up: Handler | None = None

    @property
    def says(self) -> str:
        """What the job does, in one sentence: the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]


KINDS: dict[str, Kind] = {}
"""Kinds by name, as they stand in ``job.kind``."""


def register(name: str, kind: Kind) -> None:
    """Make a kind known; raises ``ValueError`` for a name that is taken or nothing said of it."""
    if name in KINDS or not kind.says:
        raise ValueError(f"the job kind {name!r} is known already or says nothing of itself")
    KINDS[name] = kind


def of_lane(lane: Lane) -> list[str]:
    """The names of the kinds of a lane."""
    return [name for name, kind in KINDS.items() if kind.lane == lane]
