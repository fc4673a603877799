"""Random questions about accounts and groups, mostly about nights on which clocks change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from tests.domain.cases import NIGHTS, random_case, random_hours
from webapp.domain.grouping import GroupOf, reduced
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.domain.terms import Busy, HostTime, Question, Terms
from webapp.domain.workhours import Hours, WorkHours


@dataclass(frozen=True)
class GroupCase:
    """A question, and the accounts and groups it was made of."""

    question: Question
    window: Interval
    accounts: tuple[int, ...]
    groups: tuple[GroupOf, ...]
    host_of: dict[int, int]
    unreadable: frozenset[int]
    now: datetime


def random_group_case(number: int) -> GroupCase:
    """Case ``number``: the same on every machine. One in six has times off the five minutes."""
    rnd = Random(f"grouping {number}")
    plain = random_case(rnd.randrange(10**6))
    exact = number % 6 != 0
    terms = _rounded(plain.question.terms) if exact else plain.question.terms
    if rnd.random() < 0.7:  # the engine's own test looks at these
        terms = replace(terms, notice_minutes=0, horizon_days=None, active_from=None,
                        active_until=None, limit_per_week=None)  # fmt: skip
    start = plain.window.start
    window = Interval(start, start + timedelta(minutes=rnd.choice((120, 180, 240, 400))))
    now = plain.now if rnd.random() < 0.3 else start - timedelta(days=2)
    hosts = dict(plain.question.hosts)
    for extra in range(rnd.randrange(5)):
        hosts[50 + extra] = _host(rnd, 50 + extra, plain.question, window)
    if terms.hours is None and exact and rnd.random() < 0.5:
        hosts = {i: replace(h, hours=hosts[1].hours) for i, h in hosts.items()}
    host_of = {100 + n: rnd.choice(list(hosts)) for n in range(rnd.randrange(1, 9))}
    accounts = tuple(rnd.sample(list(host_of), rnd.randrange(len(host_of) + 1)))
    groups = tuple(
        GroupOf(
            f"g{n}",
            tuple(rnd.sample(list(host_of), rnd.randrange(1, len(host_of) + 1))),
            rnd.choice(tuple(Required)),
        )
        for n in range(rnd.randrange(4))
    )
    question = Question(
        terms, hosts, reduced(accounts, groups, host_of), rnd.choice((*Required, Required.ONE))
    )
    unreadable = frozenset(h for h in hosts if rnd.random() < 0.05)
    return GroupCase(question, window, accounts, groups, host_of, unreadable, now)


def _rounded(terms: Terms) -> Terms:
    def to_five(minutes: int) -> int:
        return max(5, minutes // 5 * 5)

    return replace(
        terms,
        duration_minutes=to_five(terms.duration_minutes),
        step_minutes=to_five(terms.step_minutes),
        buffer_before_minutes=terms.buffer_before_minutes // 5 * 5,
        buffer_after_minutes=terms.buffer_after_minutes // 5 * 5,
        hours=None if terms.hours is None else _on_five(terms.hours),
    )


def _on_five(hours: WorkHours) -> WorkHours:
    def moved(day: Hours) -> Hours:
        return tuple((a // 5 * 5, b // 5 * 5) for a, b in day if a // 5 < b // 5)

    return replace(
        hours,
        weekly=tuple(moved(day) for day in hours.weekly),
        overrides=tuple((on, moved(day)) for on, day in hours.overrides),
    )


def _host(rnd: Random, host_id: int, question: Question, window: Interval) -> HostTime:
    place = rnd.choice([question.terms.zone, rnd.choice(NIGHTS)[0]])
    first = int(window.start.timestamp()) // 60
    busy = [
        Busy(first + at, first + at + rnd.randrange(5, 120), "event", rnd.random() < 0.3)
        for at in (rnd.randrange(-200, 1500) for _ in range(rnd.randrange(6)))
    ]
    taken = [first + rnd.randrange(-3000, 3000) for _ in range(rnd.randrange(3))]
    day = date(window.start.year, window.start.month, window.start.day)
    return HostTime(host_id, place, random_hours(rnd, place, day), tuple(busy), tuple(taken))
