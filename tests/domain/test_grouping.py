"""Rules of groups one by one, and the two ways of answering about many hosts at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.domain.asking import ALWAYS, MORNING, NOW, at
from webapp.domain.availability import availability
from webapp.domain.errors import NotFound
from webapp.domain.fairness import Need, Option
from webapp.domain.grouping import (
    BySpans,
    GroupOf,
    Page,
    named,
    needs,
    options,
    readable,
    reduced,
)
from webapp.domain.matrix_question import Inexact, from_matrix
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.domain.terms import Busy, Candidate, HostTime, Joinable, Question, Terms
from webapp.domain.workhours import WorkHours

ONE, ALL = Required.ONE, Required.ALL
WINDOW = Interval(datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 5, 6, tzinfo=UTC))
HOST_OF = {11: 1, 12: 2, 13: 3, 14: 1}


def test_accounts_of_one_host_stay_apart_but_are_one_person_in_a_group() -> None:
    found = reduced([11, 14], [GroupOf("g", (11, 14, 12), ALL)], HOST_OF)
    assert found == (
        Candidate("account:11", (1,)),
        Candidate("account:14", (1,)),
        Candidate("group:g", (1, 2), ALL),
    )


def test_an_account_that_is_not_known_is_refused() -> None:
    with pytest.raises(NotFound):
        reduced([99], [], HOST_OF)


def test_named_candidates_alone_count_and_strangers_are_refused() -> None:
    attached = reduced([11, 12, 13], [GroupOf("g", (11, 12))], HOST_OF)
    assert [c.key for c in named(attached, ["group:g", "account:12"])] == ["account:12", "group:g"]
    assert named(attached, ()) == attached
    with pytest.raises(NotFound):
        named(attached, ["account:12", "account:14"])


def question(required: Required = ONE, *groups: GroupOf, **busy: tuple[int, int]) -> Question:
    hosts = {
        number: HostTime(number, "UTC", MORNING, [Busy(*busy[f"h{number}"])])
        if f"h{number}" in busy
        else HostTime(number, "UTC", MORNING)
        for number in (1, 2, 3)
    }
    return Question(
        Terms(60, 60), hosts, reduced([] if groups else [11, 12], groups, HOST_OF), required
    )


def test_a_host_who_cannot_be_read_is_never_free_and_stays_a_member() -> None:
    for required, expected in ((ONE, 3), (ALL, 0)):
        asked = readable(question(ONE, GroupOf("g", (12, 13), required)), {3})
        for answer in (
            BySpans(asked, WINDOW, NOW),
            from_matrix(asked, WINDOW, NOW),
        ):
            assert len(answer.starts) == expected
            assert all(
                3 not in hosts for s in answer.starts for _, hosts in answer.candidates_at(s)
            )


def test_the_ways_to_take_a_start() -> None:
    attached = reduced([11], [GroupOf("any", (12, 13)), GroupOf("both", (12, 13), ALL)], HOST_OF)
    found = (("account:11", (1,)), ("group:any", (2, 3)), ("group:both", (2, 3)))
    assert options(attached, found) == (
        Option("account:11", (1,)),
        Option("group:any", (2,)),
        Option("group:any", (3,)),
        Option("group:both", (2, 3)),
    )
    assert needs(attached, found) == (
        Need("account:11", (1,)),
        Need("group:any", (2, 3)),
        Need("group:both", (2, 3), everybody=True),
    )
    assert needs(attached, found[:2]) == ()


def test_a_page_shortens_ids_and_never_starts() -> None:
    asked = question(ONE)
    for answer in (BySpans(asked, WINDOW, NOW), from_matrix(asked, WINDOW, NOW)):
        first, more = answer.text(Page(0, 1), {})
        second, last = answer.text(Page(1, 1), {})
        beyond, none = answer.text(Page(2, 1), {})
        assert (more, last, none) == (True, False, False)
        ids = [[i["accountIds"] for i in json.loads(t)] for t in (first, second, beyond)]
        assert ids == [[[11]] * 3, [[12]] * 3, [[]] * 3]


def test_instants_are_written_in_utc_to_the_second() -> None:
    text, _ = from_matrix(question(), WINDOW, NOW).text(Page(), {})
    assert json.loads(text)[0] == {
        "start": "2026-05-05T09:00:00Z",
        "end": "2026-05-05T10:00:00Z",
        "groupXids": [],
        "accountIds": [11, 12],
    }
    assert text.startswith(b'[{"start":"2026-05-05T09:00:00Z","end":"2026-05-05T10:00:00Z",')


def test_group_names_of_callers_are_written_as_json() -> None:
    asked = question(ONE, GroupOf("7", (12, 13)))
    name = 'Müller & "Söhne" \\ 1'
    for answer in (BySpans(asked, WINDOW, NOW), from_matrix(asked, WINDOW, NOW)):
        text, _ = answer.text(Page(0, 10), {"group:7": name})
        assert json.loads(text)[0]["groupXids"] == [name]


def test_masks_refuse_what_they_cannot_tell() -> None:
    for terms in (Terms(7, 5), Terms(30, 7), Terms(30, 15, 3), Terms(30, 15, 0, 1)):
        with pytest.raises(Inexact):
            from_matrix(replace(question(), terms=terms), WINDOW, NOW)
    odd = Terms(30, 15, hours=WorkHours("UTC", (((541, 720),),) * 7))
    with pytest.raises(Inexact):
        from_matrix(replace(question(), terms=odd), WINDOW, NOW)


def test_seats_to_join_are_starts_of_both_answers() -> None:
    seat = Joinable(at("05T13:20"), 7, (1,), 2)
    asked = replace(question(), joinable=(seat,))
    by_spans, by_matrix = BySpans(asked, WINDOW, NOW), from_matrix(asked, WINDOW, NOW)
    assert by_matrix.starts == by_spans.starts
    assert by_matrix.joinable_at(at("05T13:20")) == seat
    assert by_matrix.text(Page(), {}) == by_spans.text(Page(), {})


def crowd(rnd: Random, people: int, days: int) -> Question:
    """Many hosts with a schedule of one of three zones, groups over them, one or all."""
    zones = rnd.sample(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"], 3)
    kinds = [WorkHours(z, (((540, 1020),),) * 5 + ((),) * 2) for z in zones]
    first = at("04T00:00")
    hosts = {}
    for number in range(1, people + 1):
        begun = [first + rnd.randrange(days * 1440) for _ in range(days * 3)]
        busy = [Busy(b, b + rnd.randrange(1, 300), "booking", rnd.random() < 0.02) for b in begun]
        taken = [first + rnd.randrange(days * 1440) for _ in range(rnd.randrange(3))]
        hosts[number] = HostTime(number, rnd.choice(zones), rnd.choice(kinds), busy, taken)
    host_of = {1000 + n: rnd.randrange(1, people + 1) for n in range(people)}
    ids = list(host_of)
    groups = [
        GroupOf(
            str(n),
            tuple(rnd.sample(ids, rnd.choice((1, 2, 5, people // 2)))),
            rnd.choice((ONE, ALL)),
        )
        for n in range(rnd.randrange(12))
    ]
    terms = Terms(
        rnd.choice((30, 45, 240)),
        rnd.choice((15, 30)),
        rnd.choice((0, 10)),
        rnd.choice((0, 5, 90)),
        limit_per_day=rnd.choice((None, 1)),
        zone=zones[0],
        hours=rnd.choice((None, None, ALWAYS, kinds[1])),
    )
    accounts = rnd.sample(ids, rnd.randrange(1, people)) if rnd.random() < 0.9 else []
    return Question(terms, hosts, reduced(accounts, groups, host_of), rnd.choice((ONE, ONE, ALL)))


@pytest.mark.parametrize("number", range(8))
def test_with_many_hosts_the_matrix_says_what_the_slot_engine_says(number: int) -> None:
    rnd = Random(f"crowd {number}")
    people, days = rnd.choice((9, 64, 65, 130)), rnd.choice((2, 9))
    asked = crowd(rnd, people, days)
    window = Interval(WINDOW.start, WINDOW.start + timedelta(days=days))
    engine, matrix = availability(asked, window, NOW), from_matrix(asked, window, NOW)
    assert matrix.starts == engine.starts
    assert matrix.held == engine.held
    for start in rnd.sample(engine.starts, min(5, len(engine.starts))):
        assert matrix.candidates_at(start) == engine.candidates_at(start)
    by_spans = BySpans(asked, window, NOW)
    names = {c.key: c.key for c in asked.candidates}
    for page in (Page(), Page(0, 10), Page(10, 10), Page(3, None)):
        assert matrix.listed(page) == by_spans.listed(page)
        text, more = matrix.text(page, names)
        spans_text, spans_more = by_spans.text(page, names)
        assert (json.loads(text), more) == (json.loads(spans_text), spans_more)
