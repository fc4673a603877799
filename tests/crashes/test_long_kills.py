"""Under load, some process of the installation is killed every second, and nothing is lost.

Takes a second per kill: three kills in a plain run, a minute of them with ``--long``.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.crashes.household import Household, Visitor
from tests.crashes.ledger import Ledger
from tests.crashes.test_kills import opened, wire
from tests.races.arena import SLUG, Arena, engine_of
from tests.races.web import Browser
from tests.rig.smtp import MailServer

KILLS, MANY_KILLS = 3, 60
VISITORS = 4
DAYS, HALF_HOURS = 3, 23
PROFILES = ("ada", "dora")
"""Profiles of one host each; none asks two hosts, so that each mail has one host to go to."""


@dataclass
class Crowd:
    """Visitors who go on until told to stop, and what all of them were told."""

    arena: Arena
    home: Household
    ledger: Ledger = field(default_factory=Ledger)
    stop: threading.Event = field(default_factory=threading.Event)
    odd: list[str] = field(default_factory=list)

    def visit(self, place: int) -> None:
        """Book at random times, move and cancel some, until ``stop``."""
        chance = Random(f"crowd {place}")
        # A short rest between tries: the port is closed until the server is back.
        rest = threading.Event()
        with Visitor(self.home.port, lambda: rest.wait(0.05)) as visitor:
            number = 0
            while not self.stop.is_set():
                number += 1
                self._one(visitor, chance, f"visitor{place}n{number}")

    def _one(self, visitor: Visitor, chance: Random, name: str) -> None:
        day, place = chance.randrange(DAYS), chance.randrange(HALF_HOURS)
        start = self.arena.first + timedelta(days=day, minutes=30 * place)
        key = f"key-of-{name}"
        path = f"/{SLUG}/{chance.choice(PROFILES)}/hold"
        held = visitor.post(path, start=wire(start), l="30", tz="UTC", key=key)
        if not self._fine(name, "hold", held.status) or held.status != 303:
            return
        email = f"{name}@example.org"
        made = visitor.post(held.location, name=name, email=email, key=key)
        if not self._fine(name, "confirm", made.status) or made.status != 303:
            return
        self.ledger.note(email, "booked")
        kind = chance.random()
        if kind < 0.5:
            left = visitor.post(f"{made.location}/cancel", key=key)
            if self._fine(name, "cancel", left.status):
                self.ledger.note(email, "cancelled")
        elif kind < 0.7:
            other = start + timedelta(minutes=30 * chance.randrange(1, 6))
            moved = visitor.post(f"{made.location}/move", start=wire(other), key=key)
            if self._fine(name, "move", moved.status) and moved.status == 303:
                self.ledger.note(email, "moved")

    def _fine(self, name: str, step: str, status: int) -> bool:
        if status not in (303, 409) or (status == 409 and step == "cancel"):
            self.odd.append(f"{name}: {step} was answered {status}")
            return False
        return True


@pytest.mark.timeout(600)
def test_a_process_killed_every_second_under_load_loses_nothing(
    any_database: str, tmp_path: Path, mail_peer: MailServer, pytestconfig: pytest.Config
) -> None:
    kills = MANY_KILLS if pytestconfig.getoption("--long") else KILLS
    chance = Random(2026)
    with ExitStack() as stack:
        arena, home = stack.enter_context(opened(any_database, tmp_path, mail_peer))
        home.start()
        crowd = Crowd(arena, home)
        pool = stack.enter_context(ThreadPoolExecutor(VISITORS))
        running = [pool.submit(crowd.visit, place) for place in range(VISITORS)]
        stack.callback(crowd.stop.set)
        second = threading.Event()
        for _ in range(kills):
            second.wait(1.0)
            chance.choice((home.web_fell, home.kill_worker))()
        with Browser(home.port) as browser:
            assert browser.get("/readyz").status == 200
        crowd.stop.set()
        for each in running:
            each.result()
        home.drain()
        with engine_of(home.site) as engine:
            wrong = crowd.ledger.differences(engine, mail_peer, home.kills)
    assert wrong == []
    assert crowd.odd == []
    assert home.kills == kills
    assert crowd.ledger.steps, "nobody booked"
