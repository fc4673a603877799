"""Own hours on nights of clock changes: 1,176 workloads in six zones, no start wrong."""

from __future__ import annotations

import pytest

from bench.workload import Workload, dst_nights
from webapp.domain.availability import Busy, Candidate, HostTime, Question, Terms, availability
from webapp.domain.span import Interval, from_minute
from webapp.domain.workhours import WorkHours

PARTS = 6


def _wrong(work: Workload) -> bool:
    hours = WorkHours(work.zone, ((work.hours,),) * 7)
    hosts = {
        person: HostTime(person, work.zone, hours, [Busy(*span) for span in spans])
        for person, spans in enumerate(work.busy)
    }
    candidates = [Candidate(str(person), (person,)) for person in hosts]
    terms = Terms(work.duration, work.step, zone=work.zone, hours=hours)
    window = Interval(*(from_minute(edge) for edge in work.window))
    question = Question(terms, hosts, candidates)
    union: set[int] = set()
    for person, candidate in enumerate(candidates):
        alone = Question(terms, hosts, [candidate])
        expected = work.expected(person)
        if availability(alone, window, window.start).starts != expected:
            return True
        union.update(expected)
    return availability(question, window, window.start).starts != sorted(union)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_start_is_wrong_on_nights_of_clock_changes(part: int) -> None:
    nights = list(dst_nights())
    assert len(nights) == 1176
    assert [work for work in nights[part::PARTS] if _wrong(work)] == []
