"""Booking attempts that collide on purpose, made over HTTP by many clients at once.

An attempt holds a time and confirms it, as a visitor does; some then move, cancel, leave, or press
the button twice. Attempts come in waves: those of one wave fight for the same few hours of the
same four hosts, and they run in order, so that rivals meet at the same moment.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from tests.races.arena import CLOSES, DURATIONS, OPENS, PROFILES, SLUG, STEP, Arena
from tests.races.web import Answer, Browser, Port

Then = Literal["stay", "leave", "move", "cancel", "twins", "tabs"]
THEN: tuple[Then, ...] = (*("stay",) * 12, "leave", "move", "move", "cancel", "twins", "tabs")
"""What an attempt does once it has its time: ``twins`` sends the confirmation twice at once with
one key, ``tabs`` with two keys; ``leave`` never confirms."""

WAVE = 50
WAVE_MINUTES = 240
WAVES_A_DAY = (CLOSES - OPENS) // WAVE_MINUTES
KEPT_SAMPLES = 5
_TITLE = re.compile(rb"<h1[^>]*>(.*?)</h1>", re.DOTALL)


@dataclass(frozen=True)
class Attempt:
    """What one visitor will try."""

    number: int
    profile: str
    start: datetime
    minutes: int
    then: Then
    other: datetime


def days_for(count: int) -> int:
    """How many days ``count`` attempts reach over."""
    return count // (WAVE * WAVES_A_DAY) + 1


def plan(arena: Arena, count: int, seed: int) -> list[Attempt]:
    """``count`` attempts, always the same for one seed, relative to the arena's first minute."""
    chance = Random(seed)
    made = []
    for number in range(count):
        day, wave = divmod(number // WAVE, WAVES_A_DAY)
        opens = arena.first + timedelta(days=day, minutes=wave * WAVE_MINUTES)
        minutes = chance.choice(DURATIONS)
        starts = range(0, WAVE_MINUTES - minutes + 1, STEP)
        start, other = chance.sample(starts, 2)
        made.append(
            Attempt(
                number,
                chance.choice(PROFILES)[0],
                opens + timedelta(minutes=start),
                minutes,
                chance.choice(THEN),
                opens + timedelta(minutes=other),
            )
        )
    return made


@dataclass
class Figures:
    """What came of a run. Times are seconds."""

    attempts: int = 0
    holds: int = 0
    booked: int = 0
    conflicts: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def quantile(self, share: float) -> float:
        """The time under which ``share`` of the requests were answered, in milliseconds."""
        ordered = sorted(self.times) or [0.0]
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    def report(self) -> dict[str, object]:
        """The figures for people and programs."""
        return {
            "attempts": self.attempts,
            "successes": self.booked,
            "conflicts": self.conflicts,
            "requests": len(self.times),
            "statuses": dict(sorted(self.statuses.items())),
            "others": self.others,
            "broken_promises": self.broken,
            "seconds": round(self.seconds, 1),
            "attempts_per_second": round(self.attempts / max(self.seconds, 0.001), 1),
            "p50_ms": self.quantile(0.5),
            "p99_ms": self.quantile(0.99),
        }


class Client:
    """One visitor after another on one connection; ``second`` is the other tab."""

    def __init__(self, ports: list[Port], place: int, figures: Figures, lock: threading.Lock):
        self._browser = Browser(ports[place % len(ports)])
        self._second = Browser(ports[(place + 1) % len(ports)])
        self._figures, self._lock = figures, lock
        self._pool = ThreadPoolExecutor(1)

    def close(self) -> None:
        """Hang up."""
        self._pool.shutdown()
        for browser in (self._browser, self._second):
            browser.__exit__(None, None, None)

    def attempt(self, wanted: Attempt) -> None:
        """One visit, whatever comes of it."""
        held = self._post(
            "hold",
            f"/{SLUG}/{wanted.profile}/hold",
            start=_wire(wanted.start),
            l=str(wanted.minutes),
            tz="UTC",
            key=f"hold-{wanted.number:08d}",
        )
        booked = None
        if held.status == 303 and wanted.then != "leave":
            booked = self._confirm(wanted, held.location)
        with self._lock:
            self._figures.attempts += 1
            self._figures.holds += held.status == 303
            self._figures.booked += booked is not None
            self._figures.conflicts += held.status == 409
        if booked is not None and wanted.then == "move":
            self._post(
                "move", f"{booked}/move", start=_wire(wanted.other), key=f"move-{wanted.number:08d}"
            )
        elif booked is not None and wanted.then == "cancel":
            self._post("cancel", f"{booked}/cancel", key=f"cancel-{wanted.number:08d}")

    def _confirm(self, wanted: Attempt, path: str) -> str | None:
        """Confirm the hold; the manage page's address. A hold that was given is honoured."""
        fields = {
            "name": f"Visitor {wanted.number}",
            "email": f"visitor{wanted.number}@example.org",
            "key": f"confirm-{wanted.number:08d}",
        }
        other = None
        if wanted.then in ("twins", "tabs"):
            again = dict(fields)
            if wanted.then == "tabs":
                again["key"] += "-tab"
            other = self._pool.submit(self._post, "confirm", path, self._second, **again)
        answer = self._post("confirm", path, **fields)
        answers = [answer] if other is None else [answer, other.result()]
        if {(each.status, each.location) for each in answers} != {(303, answer.location)}:
            with self._lock:
                said = [(each.status, _title(each)) for each in answers]
                self._figures.broken.append(f"{wanted.then}: a held time was refused: {said}")
        return answer.location if answer.status == 303 else None

    def _post(self, step: str, path: str, browser: Browser | None = None, **form: str) -> Answer:
        began = time.perf_counter()
        try:
            answer = (browser or self._browser).post(path, **form)
        except OSError as error:
            answer = Answer(0, "", f"<h1>{error!r}</h1>".encode())
        took = time.perf_counter() - began
        with self._lock:
            self._figures.times.append(took)
            self._figures.statuses[f"{step} {answer.status}"] += 1
            if answer.status not in (303, 409) and len(self._figures.others) < KEPT_SAMPLES:
                self._figures.others.append(f"{step} {answer.status}: {_title(answer)}")
        return answer


def _wire(start: datetime) -> str:
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def _title(answer: Answer) -> str:
    found = _TITLE.search(answer.body)
    return found[1].decode(errors="replace").strip() if found else ""


def race(attempts: list[Attempt], ports: list[Port], clients: int) -> Figures:
    """Make the attempts, ``clients`` at a time, over all web processes; what came of it."""
    figures, lock, turn = Figures(), threading.Lock(), itertools.count()
    together = threading.Barrier(clients + 1)

    def visit(place: int) -> None:
        client = Client(ports, place, figures, lock)
        try:
            together.wait()
            while (number := next(turn)) < len(attempts):
                client.attempt(attempts[number])
        finally:
            client.close()

    with ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(visit, place) for place in range(clients)]
        together.wait()
        began = time.perf_counter()
        for each in running:
            each.result()
        figures.seconds = time.perf_counter() - began
    return figures
