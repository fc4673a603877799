"""The slot engine against the minute-by-minute oracle."""

from __future__ import annotations

from random import Random

import pytest

from tests.domain.cases import Case, random_case
from tests.domain.oracle import Oracle
from webapp.domain.availability import Availability, availability
from webapp.domain.span import to_minute

PARTS = 12
IN_CI, LONG = 360, 20_004


def _asked(rnd: Random, answer: Availability, first: int, last: int) -> list[int]:
    """Minutes worth asking about singly: a sample of free and held ones, their neighbours, any."""
    picked = rnd.sample(answer.starts, min(6, len(answer.starts)))
    picked += rnd.sample(answer.held, min(3, len(answer.held)))
    picked += [start + rnd.choice((-5, -1, 1, 5)) for start in picked]
    picked += [rnd.randrange(first, last) for _ in range(6)]
    picked += [rnd.randrange(first, last) // 30 * 30 for _ in range(6)]
    return sorted({minute for minute in picked if first <= minute < last})


def disagreement(case: Case, number: int) -> str | None:
    """The first thing on which engine and oracle differ, or None."""
    first, last = to_minute(case.window.start), to_minute(case.window.end)
    answer = availability(case.question, case.window, case.now)
    oracle = Oracle(case.question, first, last, case.now)
    if answer.starts != oracle.starts:
        return f"starts {sorted({*answer.starts} ^ {*oracle.starts})[:5]}"
    if answer.held != oracle.held:
        return f"held {sorted({*answer.held} ^ {*oracle.held})[:5]}"
    for minute in _asked(Random(number), answer, first, last):
        if answer.is_free(minute) != (minute in answer.starts):
            return f"is_free {minute}"
        if answer.candidates_at(minute) != oracle.candidates_at(minute):
            return f"candidates {minute}"
        if (answer.joinable_at(minute) is not None) != oracle.joinable(minute):
            return f"joinable {minute}"
        told = {(reason.code.value, reason.host_id) for reason in answer.why_not(minute)}
        if told != oracle.why_not(minute) or bool(told) == answer.is_free(minute):
            return f"why_not {minute}: {told} against {oracle.why_not(minute)}"
    return None


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(3600)
def test_the_engine_agrees_with_the_oracle_on_random_questions(
    part: int, request: pytest.FixtureRequest
) -> None:
    cases = LONG if request.config.getoption("--long", default=False) else IN_CI
    wrong = [
        (number, problem)
        for number in range(part, cases, PARTS)
        if (problem := disagreement(random_case(number), number))
    ]
    assert wrong == []


def test_the_random_questions_are_worth_asking() -> None:
    """Most offer something, some hold something back, and both grids occur."""
    cases = [random_case(number) for number in range(200)]
    answers = [availability(case.question, case.window, case.now) for case in cases]
    assert sum(bool(answer.starts) for answer in answers) > 60
    assert sum(bool(answer.held) for answer in answers) > 12
    assert 60 < sum(case.question.terms.hours is None for case in cases) < 140
