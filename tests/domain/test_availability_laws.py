"""Laws that hold between answers of the slot engine, on random questions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from tests.domain.cases import Case, random_case
from tests.domain.group_cases import random_group_case
from webapp.domain.availability import (
    Busy,
    Candidate,
    HostTime,
    Question,
    Terms,
    availability,
    forget,
)
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.workhours import WorkHours

CASES = range(150)


def on_random_cases(law: Callable[[int], None]) -> Callable[[], None]:
    """A test that tries the law on every random case by its number."""

    def test() -> None:
        for number in CASES:
            law(number)

    test.__name__, test.__doc__ = law.__name__, law.__doc__
    return test


def _starts(case: Case, **changed: object) -> list[int]:
    question = replace(case.question, **changed)
    return availability(question, case.window, case.now).starts


@on_random_cases
def test_splitting_the_window_changes_nothing(number: int) -> None:
    case = random_case(number)
    whole = availability(case.question, case.window, case.now)
    rnd, minutes = Random(number), case.window.minutes
    midnight = -to_minute(case.window.start) % 1440
    cuts = {0, minutes, min(midnight, minutes), *(rnd.randrange(1, minutes) for _ in range(3))}
    pieces = [
        availability(
            case.question,
            Interval(
                case.window.start + timedelta(minutes=low),
                case.window.start + timedelta(minutes=high),
            ),
            case.now,
        )
        for low, high in pairwise(sorted(cuts))
    ]
    assert [s for piece in pieces for s in piece.starts] == whole.starts
    assert [s for piece in pieces for s in piece.held] == whole.held


@on_random_cases
def test_more_busy_time_never_adds_a_start(number: int) -> None:
    case, rnd = random_case(number), Random(number)
    first, last = to_minute(case.window.start), to_minute(case.window.end)
    at = rnd.randrange(first, last)
    hosts = {
        i: replace(host, busy=(*host.busy, Busy(at, at + rnd.randrange(1, 300), "event")))
        for i, host in case.question.hosts.items()
    }
    assert set(_starts(case, hosts=hosts)) <= set(_starts(case))


@on_random_cases
def test_wider_schedules_never_remove_a_start(number: int) -> None:
    case = random_case(number)
    terms = replace(case.question.terms, hours=None)
    wider = {
        i: replace(
            host,
            hours=WorkHours(host.hours.zone, (((0, 1440),), *host.hours.weekly[1:]), ()),
        )
        for i, host in case.question.hosts.items()
    }
    plain = {
        i: replace(host, hours=WorkHours(host.hours.zone, host.hours.weekly, ()))
        for i, host in case.question.hosts.items()
    }
    narrow = _starts(case, terms=terms, hosts=plain)
    assert set(narrow) <= set(_starts(case, terms=terms, hosts=wider))


@on_random_cases
def test_one_is_the_union_of_the_candidates_and_all_their_intersection(number: int) -> None:
    case = random_case(number)
    # Seats to join belong to no candidate.
    case = replace(case, question=replace(case.question, joinable=()))
    candidates = case.question.candidates
    single = [set(_starts(case, candidates=(candidate,))) for candidate in candidates]
    union = set().union(*single)
    both = set.intersection(*single) if single else set()
    assert set(_starts(case, required=Required.ONE)) == union
    assert set(_starts(case, required=Required.ALL)) == both


@on_random_cases
def test_why_not_is_silent_exactly_on_what_is_listed(number: int) -> None:
    case, rnd = random_case(number), Random(number)
    answer = availability(case.question, case.window, case.now)
    first, last = to_minute(case.window.start), to_minute(case.window.end)
    listed = set(answer.starts)
    for minute in {*rnd.sample(range(first, last), 20), *answer.starts[:20]}:
        assert (answer.why_not(minute) == ()) == answer.is_free(minute) == (minute in listed)


@on_random_cases
def test_who_is_told_as_able_is_who_would_serve(number: int) -> None:
    case = random_group_case(number)
    answer = availability(case.question, case.window, case.now)
    needed = case.question.required is Required.ALL
    for start in answer.starts:
        if answer.joinable_at(start) is None:
            abilities = answer.abilities(start)
            met = tuple((each.candidate.key, each.able) for each in abilities if each.is_met)
            assert met == answer.candidates_at(start)
            assert len(met) == len(abilities) or not needed
            assert all(
                each.able != each.candidate.host_ids for each in abilities if not each.is_met
            )


@on_random_cases
def test_a_kept_plan_answers_as_a_fresh_one(number: int) -> None:
    case = random_case(number)
    kept = [_starts(case), _starts(case)]
    forget()
    assert kept == [_starts(case)] * 2


def test_364_days_later_every_wall_time_is_the_same_where_clocks_never_change() -> None:
    rnd = Random(364)
    hours = WorkHours("Asia/Kathmandu", tuple(((h, h + 400),) for h in range(300, 1000, 100)))
    first = to_minute(datetime(2026, 5, 3, tzinfo=UTC))
    begun = [first + rnd.randrange(0, 20000) for _ in range(40)]

    def starts(shift: int) -> list[int]:
        busy = tuple(Busy(b + shift, b + shift + 45) for b in begun)
        terms = Terms(50, 25, 5, 10, 60, zone="Asia/Kathmandu", limit_per_week=3)
        host = HostTime(1, "Asia/Kathmandu", hours, busy, tuple(b + shift for b in begun[:5]))
        window = Interval(from_minute(first + shift), from_minute(first + shift + 20160))
        question = Question(terms, {1: host}, (Candidate("h", (1,)),))
        return availability(question, window, window.start + timedelta(minutes=77)).starts

    year = 364 * 1440
    assert starts(0)
    assert [s + year for s in starts(0)] == starts(year)


@pytest.fixture
def server_zone() -> Iterator[object]:
    """Sets the zone of this process; puts back what it was."""
    before = os.environ.get("TZ")

    def set_to(name: str | None) -> None:
        if name is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = name
        time.tzset()

    yield set_to
    set_to(before)


def test_the_server_s_own_zone_changes_nothing(server_zone) -> None:
    def answers() -> list[tuple[list[int], list[int]]]:
        forget()
        found = [
            availability(case.question, case.window, case.now)
            for case in map(random_case, range(60))
        ]
        return [(answer.starts, answer.held) for answer in found]

    server_zone("UTC")
    expected = answers()
    for name in ("America/Los_Angeles", "Asia/Tokyo"):
        server_zone(name)
        assert time.timezone != 0
        assert answers() == expected
