"""Group answers, both ways of computing them, against a slow reading of the rules."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.domain.group_cases import GroupCase, random_group_case
from tests.domain.oracle import EPOCH, Oracle, is_open
from webapp.domain.availability import availability
from webapp.domain.grouping import Answer, BySpans, Page, needs, options, readable
from webapp.domain.matrix_question import Inexact, from_matrix
from webapp.domain.required import Required
from webapp.domain.span import to_minute
from webapp.domain.workhours import WorkHours

PARTS = 12
IN_CI, LONG = 504, 12_000
PAGES = (Page(), Page(0, 2), Page(1, 2), Page(0, 10))

Expected = dict[int, tuple[list[str], list[int]]]


class Lazy(Oracle):
    """The slot engine's oracle, asked about few starts: minutes are looked at when they matter."""

    def __init__(self, case: GroupCase) -> None:
        first, last = to_minute(case.window.start), to_minute(case.window.end)
        without = replace(case.question, hosts={})
        super().__init__(without, first, last, case.now)
        self.question = case.question
        hosts = case.question.hosts.items()
        self.open = {i: Open(host.hours) for i, host in hosts}
        self.taken = {i: self._minutes(host, True) for i, host in hosts}
        self.kept = {i: self._minutes(host, False) for i, host in hosts}
        minutes = range(first, last)
        self.on_grid = [m for m in minutes if not self.grid(m) and not self.gate(m)]


class Open:
    """The minutes in which work hours are open, as far as anybody asks."""

    def __init__(self, hours: WorkHours) -> None:
        self._hours, self._known = hours, dict[int, bool]()

    def issuperset(self, minutes: range) -> bool:
        for minute in minutes:
            if minute not in self._known:
                self._known[minute] = is_open(self._hours, minute)
            if not self._known[minute]:
                return False
        return True


def slowly(case: GroupCase, oracle: Lazy, *, held_blocks: bool = True) -> Expected:
    """Free starts with the groups and accounts that are free, straight from the sentences.

    An account is free when its host is; a host whose calendar cannot be read never is. A group
    is free when any of its accounts is, or all are. A start is free when any account or group
    is, or all are.
    """
    question = case.question
    every = question.required is Required.ALL
    found: Expected = {}
    for start in oracle.on_grid:
        free = {
            account: host not in case.unreadable
            and not oracle.host(host, start, with_held=held_blocks)
            for account, host in case.host_of.items()
        }
        groups = [
            (all if group.required is Required.ALL else any)(free[a] for a in group.accounts)
            for group in case.groups
        ]
        able = [*(free[account] for account in case.accounts), *groups]
        if able and (all(able) if every else any(able)):
            names = [g.name for g, is_free in zip(case.groups, groups, strict=True) if is_free]
            found[start] = (names, [a for a in case.accounts if free[a]])
    return found


def told(text: bytes) -> Expected:
    def minute(stamp: str) -> int:
        return to_minute(EPOCH.fromisoformat(stamp))

    return {
        minute(item["start"]): (item["groupXids"], item["accountIds"]) for item in json.loads(text)
    }


def disagreement(case: GroupCase) -> str | None:
    """The first thing in which an answer differs from the slow reading, or None."""
    question = readable(case.question, case.unreadable)
    oracle = Lazy(case)
    expected, unheld = slowly(case, oracle), slowly(case, oracle, held_blocks=False)
    names = {f"group:{group.name}": group.name for group in case.groups}
    answers: list[Answer] = [BySpans(question, case.window, case.now)]
    with suppress(Inexact):
        answers.append(from_matrix(question, case.window, case.now))
    plain = availability(question, case.window, case.now)
    for answer in answers:
        name = type(answer).__name__
        if answer.starts != list(expected) or answer.starts != plain.starts:
            return f"{name} starts {sorted({*answer.starts} ^ {*expected})[:5]}"
        if answer.held != [start for start in unheld if start not in expected]:
            return f"{name} held"
        for page in PAGES:
            text, more = answer.text(page, names)
            cut = slice(page.offset, None if page.limit is None else page.offset + page.limit)
            if told(text) != {s: (groups, ids[cut]) for s, (groups, ids) in expected.items()}:
                return f"{name} page {page}"
            if more != any(len(ids) > (cut.stop or 999) for _, ids in expected.values()):
                return f"{name} more of {page}"
        for start in list(expected)[:12]:
            if answer.candidates_at(start) != plain.candidates_at(start):
                return f"{name} candidates {start}"
    return None


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(3600)
def test_both_ways_say_what_the_rules_say(part: int, request: pytest.FixtureRequest) -> None:
    cases = LONG if request.config.getoption("--long", default=False) else IN_CI
    wrong = [
        (number, problem)
        for number in range(part, cases, PARTS)
        if (problem := disagreement(random_group_case(number)))
    ]
    assert wrong == []


def test_the_random_questions_are_worth_asking() -> None:
    """Many offer something, groups decide often, and most are answered both ways."""
    cases = [random_group_case(number) for number in range(120)]
    answers = [BySpans(readable(c.question, c.unreadable), c.window, c.now) for c in cases]
    assert sum(bool(answer.starts) for answer in answers) > 40
    assert sum(bool(answer.held) for answer in answers) > 5
    assert sum(len(case.groups) > 1 for case in cases) > 40
    assert sum(len({*c.host_of.values()}) < len(c.host_of) for c in cases) > 40
    exact = 0
    for case in cases:
        try:
            exact += bool(from_matrix(case.question, case.window, case.now))
        except Inexact:
            continue
    assert exact > 60


def test_who_takes_a_start_is_among_those_who_can() -> None:
    for number in range(80):
        case = random_group_case(number)
        question = readable(case.question, case.unreadable)
        answer = BySpans(question, case.window, case.now)
        for start in answer.starts[:5]:
            found = answer.candidates_at(start)
            kinds = {candidate.key: candidate for candidate in question.candidates}
            if question.required is Required.ALL:
                wanted = needs(question.candidates, found)
                assert [need.key for need in wanted] == [c.key for c in question.candidates]
                for need in wanted:
                    if need.everybody:
                        assert need.host_ids == kinds[need.key].host_ids
                continue
            for way in options(question.candidates, found):
                alone = kinds[way.key].required is Required.ONE
                assert len(way.host_ids) == (1 if alone else len(kinds[way.key].host_ids))
