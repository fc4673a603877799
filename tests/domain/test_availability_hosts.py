"""The rules of the slot engine, one example each: several hosts, seats, ways of asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.asking import NOW, ask, at, codes, host, hours
from webapp.domain.availability import (
    Busy,
    Candidate,
    Joinable,
    Question,
    Terms,
    availability,
    nearest,
)
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.domain.workhours import WorkHours

# ---------------------------------------------------------------------------- hosts and groups


def test_one_of_several_is_enough_and_each_free_one_is_named() -> None:
    answer = ask(host(1), host(2, Busy(at("05T09:00"), at("05T10:00"))))
    assert answer.starts == hours("05T09:00", "05T10:00", "05T11:00")
    assert answer.candidates_at(at("05T09:00")) == (("h1", (1,)),)
    assert answer.candidates_at(at("05T10:00")) == (("h1", (1,)), ("h2", (2,)))
    assert answer.candidates_at(at("05T09:30")) == ()


def test_all_means_every_candidate_and_tells_who_is_in_the_way() -> None:
    people = (host(1), host(2, Busy(at("05T09:00"), at("05T10:00"), "event")))
    answer = ask(*people, required=Required.ALL)
    assert answer.starts == hours("05T10:00", "05T11:00")
    assert answer.candidates_at(at("05T10:00")) == (("h1", (1,)), ("h2", (2,)))
    assert codes(answer, at("05T09:00")) == [("event", 2)]


def test_of_a_group_one_or_all_must_be_free() -> None:
    people = (host(1), host(2, Busy(at("05T09:00"), at("05T10:00"))), host(3))
    one = ask(*people, candidates=(Candidate("g", (1, 2), Required.ONE),))
    assert one.candidates_at(at("05T09:00")) == (("g", (1,)),)
    assert one.candidates_at(at("05T10:00")) == (("g", (1, 2)),)
    every = ask(*people, candidates=(Candidate("g", (1, 2), Required.ALL),))
    assert every.starts == hours("05T10:00", "05T11:00")
    mixed = ask(
        *people,
        candidates=(Candidate("g", (1, 2), Required.ALL), Candidate("c", (3,))),
        required=Required.ONE,
    )
    assert mixed.candidates_at(at("05T09:00")) == (("c", (3,)),)


def test_hosts_with_different_hours_share_starts_only_where_both_are_open() -> None:
    early = host(1, hours=WorkHours("UTC", (((540, 660),),) * 7))
    late = host(2, hours=WorkHours("UTC", (((600, 720),),) * 7))
    assert ask(early, late).starts == hours("05T09:00", "05T10:00", "05T11:00")
    assert ask(early, late, required=Required.ALL).starts == hours("05T10:00")


def test_nobody_is_never_enough() -> None:
    nobody = Question(Terms(60, 60), {}, ())
    window = Interval(NOW, NOW + timedelta(days=1))
    assert availability(nobody, window, NOW).starts == []
    assert codes(availability(nobody, window, NOW), at("04T09:00")) == [("no_host", None)]
    for required in Required:
        empty = ask(host(), candidates=(Candidate("g", (), required),), required=Required.ALL)
        assert empty.starts == []
        assert codes(empty, at("05T09:00")) == [("no_host", None)]
        gone = ask(host(), candidates=(Candidate("g", (99,), required),))
        assert codes(gone, at("05T09:00")) == [("no_host", 99)]


def test_obstacles_are_told_only_for_those_whose_being_free_would_help() -> None:
    people = (host(1, Busy(at("05T09:00"), at("05T10:00"))), host(2))
    assert codes(ask(*people), at("05T09:30")) == [("off_grid", None)]


def test_all_obstacles_are_told_at_once() -> None:
    busy = (Busy(at("05T09:00"), at("05T09:20"), "away"), Busy(at("05T10:40"), at("05T10:50")))
    answer = ask(
        host(1, *busy, taken=(at("05T11:00"),)),
        now=datetime(2026, 5, 5, 9, tzinfo=UTC),
        paused=True,
        active_from=datetime(2026, 5, 6, tzinfo=UTC),
        active_until=datetime(2026, 5, 1, tzinfo=UTC),
        notice_minutes=120,
        buffer_after_minutes=30,
        limit_per_day=1,
        limit_per_week=1,
    )
    assert codes(answer, at("05T09:15")) == [
        *(("paused", None), ("not_started", None), ("ended", None), ("too_soon", None)),
        *(("off_grid", None), ("away", 1), ("buffer", 1), ("limit_day", 1), ("limit_week", 1)),
    ]


# -------------------------------------------------------------------------------------- seats


def test_an_open_meeting_can_be_joined_off_the_grid_outside_hours_and_over_limits() -> None:
    seat = Joinable(at("05T20:10"), 5, (1,), 2)
    own_span = Busy(at("05T20:10"), at("05T21:10"))
    answer = ask(host(1, own_span), joinable=(seat,), limit_per_day=0)
    assert answer.starts == hours("05T20:10")
    assert answer.is_free(at("05T20:10"))
    assert answer.why_not(at("05T20:10")) == ()
    assert answer.joinable_at(at("05T20:10")) == seat
    assert answer.candidates_at(at("05T20:10")) == ()
    assert answer.joinable_at(at("05T09:00")) is None


def test_a_meeting_without_seats_or_too_soon_cannot_be_joined() -> None:
    full = Joinable(at("05T20:10"), 5, (1,), 0)
    assert ask(host(), joinable=(full,)).starts == hours("05T09:00", "05T10:00", "05T11:00")
    seat, now = replace(full, seats_left=3), datetime(2026, 5, 5, 20, tzinfo=UTC)
    assert ask(host(), joinable=(seat,), now=now, notice_minutes=15).starts == []


# ------------------------------------------------------------------------------------- asking


def test_a_start_outside_the_window_is_not_answered() -> None:
    answer = ask(host())
    for question in (answer.is_free, answer.why_not, answer.candidates_at, answer.joinable_at):
        for minute in (at("04T23:59"), at("06T00:00")):
            with pytest.raises(ValueError, match="outside the window"):
                question(minute)


def test_a_window_of_one_minute_answers_for_its_instant() -> None:
    question = Question(Terms(60, 60), {1: host()}, (Candidate("h", (1,)),))
    nine = datetime(2026, 5, 5, 9, tzinfo=UTC)
    assert availability(question, Interval(nine, nine + timedelta(minutes=1)), NOW).starts == [
        at("05T09:00")
    ]
    within = Interval(nine + timedelta(seconds=1), nine + timedelta(seconds=59))
    assert availability(question, within, NOW).starts == []


def test_a_window_of_a_hundred_years_costs_no_more_than_the_horizon() -> None:
    question = Question(Terms(60, 60, horizon_days=1), {1: host()}, (Candidate("h", (1,)),))
    window = Interval(datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert availability(question, window, NOW).starts == hours(
        *("04T09:00", "04T10:00", "04T11:00"), *("05T09:00", "05T10:00", "05T11:00")
    )


@pytest.mark.parametrize(
    "terms",
    [
        {"duration_minutes": 0},
        {"step_minutes": 0},
        {"buffer_before_minutes": -1},
        {"buffer_after_minutes": -1},
        {"notice_minutes": -1},
    ],
)
def test_terms_without_sense_cannot_be_made(terms: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Terms(**{"duration_minutes": 30, "step_minutes": 15, **terms})


def test_the_nearest_starts_come_closest_first_and_the_earlier_of_two() -> None:
    starts = [10, 20, 30, 40, 50]
    assert nearest(starts, 30) == [20, 40, 10]
    assert nearest(starts, 26, 2) == [30, 20]
    assert nearest(starts, 0) == [10, 20, 30]
    assert nearest(starts, 99) == [50, 40, 30]
    assert nearest([], 5) == []
    assert nearest([30], 30) == []
