"""How the slot engine compares with what anybody would write: a sweep, and ``portion``.

``python -m bench.slots`` prints ratios (their time / ours) for one host, 30 days and 50 busy spans,
measured in turn within one run. "Warm" keeps what a process keeps; "cold" forgets it before every
question. The sweep is shown twice: finding its own starts, as it must after a restart, and with
its starts handed to it. ``portion`` (bench dependency) gets its working time handed to it likewise.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import portion

from bench.workload import Spans, Workload, dst_nights
from webapp.domain.availability import (
    Busy,
    Candidate,
    HostTime,
    Question,
    Terms,
    availability,
    forget,
)
from webapp.domain.span import Interval, from_minute
from webapp.domain.workhours import WorkHours

SWEEP_BAR = 1.0
PORTION_BAR = 15.0
_BURSTS = 8
_REPEATS = 6
_NOW = datetime(2026, 9, 1, tzinfo=UTC)


def question(work: Workload, *, own_hours: bool) -> Question:
    """The workload as the engine is asked it: by own hours, or by the hosts' schedules."""
    weekly = tuple((work.hours,) if day in work.weekdays else () for day in range(1, 8))
    hours = WorkHours(work.zone, weekly)
    hosts = {
        person: HostTime(person, work.zone, hours, [Busy(*span) for span in spans])
        for person, spans in enumerate(work.busy)
    }
    terms = Terms(work.duration, work.step, zone=work.zone, hours=hours if own_hours else None)
    return Question(terms, hosts, [Candidate(str(person), (person,)) for person in hosts])


def window(work: Workload) -> Interval:
    """The time that the workload is about."""
    low, high = work.window
    return Interval(from_minute(low), from_minute(high))


def sweep(grid: list[int], busy: Spans, duration: int) -> list[int]:
    """Sort the busy spans and walk them and the starts with two pointers."""
    spans = sorted(busy)
    count, at, reach, free = len(spans), 0, 0, []
    for start in grid:
        end = start + duration
        while at < count and spans[at][0] < end:
            if spans[at][1] > reach:
                reach = spans[at][1]
            at += 1
        if reach <= start:
            free.append(start)
    return free


def by_portion(working: Spans, busy: Spans, duration: int, step: int) -> list[int]:
    """Working time less busy time as interval sets, then the starts of what is left."""
    hours = portion.Interval(*(portion.closedopen(*span) for span in working))
    taken = portion.Interval(*(portion.closedopen(*span) for span in busy))
    opening = [opens for opens, _ in working]
    free = []
    for left in hours - taken:
        begun = opening[bisect_left(opening, left.lower + 1) - 1]
        first = begun + -(-(left.lower - begun) // step) * step
        free += range(first, left.upper - duration + 1, step)
    return free


def _ways(work: Workload) -> dict[str, Callable[[], list[int]]]:
    own, clock = question(work, own_hours=True), question(work, own_hours=False)
    busy, grid, working, about = work.busy[0], work.grid(), work.working(), window(work)

    def cold(asked: Question) -> list[int]:
        forget()
        return availability(asked, about, _NOW).starts

    return {
        "ours warm": lambda: availability(own, about, _NOW).starts,
        "ours warm, by schedules": lambda: availability(clock, about, _NOW).starts,
        "ours cold": lambda: cold(own),
        "ours cold, by schedules": lambda: cold(clock),
        "sweep, starts given": lambda: sweep(grid, busy, work.duration),
        "sweep": lambda: sweep(work.grid(), busy, work.duration),
        "portion, hours given": lambda: by_portion(working, busy, work.duration, work.step),
    }


def _timed(ways: dict[str, Callable[[], list[int]]], rounds: int) -> dict[str, float]:
    """Milliseconds of each way: the median over rounds of the best of a round's short bursts.

    Bursts take every way in turn, so that a busy machine slows all of them alike.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(_BURSTS):
            for name, way in ways.items():
                way()  # the cold ways forget what the warm ones have kept
                begun = perf_counter()
                for _ in range(_REPEATS):
                    way()
                best[name] = min(best[name], (perf_counter() - begun) / _REPEATS * 1000)
        for name, fastest in best.items():
            times[name].append(fastest)
    return {name: median(taken) for name, taken in times.items()}


def dst_mismatches() -> tuple[int, int]:
    """How many workloads around clock changes there are, and how many are answered wrong."""
    asked, wrong = 0, 0
    for work in dst_nights():
        asked += 1
        wrong += not right(work)
    return asked, wrong


def right(work: Workload) -> bool:
    """Whether the engine's answer is the expected one, for each person and for any of them."""
    answer = availability(question(work, own_hours=True), window(work), _NOW)
    free: dict[int, list[str]] = {}
    for person in range(work.people):
        for start in work.expected(person):
            free.setdefault(start, []).append(str(person))
    told = {s: [key for key, _ in answer.candidates_at(s)] for s in answer.starts}
    return told == free and list(told) == sorted(told)


def run(rounds: int = 5) -> dict[str, object]:
    """Times, ratios and whether the bars hold; raises AssertionError when the ways disagree."""
    work = Workload()
    ways = _ways(work)
    answers = {name: way() for name, way in ways.items()}
    assert all(answer == answers["ours warm"] for answer in answers.values()), "answers differ"
    took = _timed(ways, rounds)
    references = [name for name in took if not name.startswith("ours")]
    ratios = {
        ours: {name: round(took[name] / took[ours], 2) for name in references}
        for ours in took
        if ours.startswith("ours")
    }
    asked, wrong = dst_mismatches()
    worst = min(("ours warm", "ours warm, by schedules"), key=lambda n: -took[n])
    holds = (
        ratios[worst]["sweep, starts given"] >= SWEEP_BAR
        and ratios[worst]["portion, hours given"] >= PORTION_BAR
        and wrong == 0
    )
    return {
        "workload": "1 host, 30 days, 50 spans, 30 minutes every 15",
        "free_starts": len(answers["ours warm"]),
        "milliseconds": {name: round(taken, 4) for name, taken in took.items()},
        "ratios": ratios,
        "bars": {"sweep": SWEEP_BAR, "portion": PORTION_BAR, "dst_mismatches": 0},
        "dst": {"workloads": asked, "mismatches": wrong},
        "holds": holds,
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
