"""The rules of the slot engine, one example each: hours, busy time, periods, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.asking import ALWAYS, NOW, ask, at, codes, host, hours
from webapp.domain.availability import (
    Busy,
    Candidate,
    HostTime,
    Joinable,
    Question,
    Reason,
    ReasonCode,
    Terms,
    availability,
)
from webapp.domain.span import Interval, to_minute
from webapp.domain.workhours import WorkHours

# --------------------------------------------------------------------------- hours and grids


def test_a_meeting_lies_wholly_inside_open_hours() -> None:
    answer = ask(host(), step_minutes=30)
    assert answer.starts == hours("05T09:00", "05T09:30", "05T10:00", "05T10:30", "05T11:00")
    assert codes(answer, at("05T11:30")) == [("outside_hours", 1)]
    assert codes(answer, at("05T08:30")) == [("outside_hours", 1)]


def test_a_meeting_may_end_after_the_window() -> None:
    for own in (None, ALWAYS):
        answer = ask(host(hours=ALWAYS), hours=own, step_minutes=30)
        assert answer.starts[0] == at("05T00:00")
        assert answer.starts[-1] == (at("05T23:00") if own else at("05T23:30"))


def test_by_schedules_starts_are_wall_clock_multiples_in_the_profile_s_zone() -> None:
    late = host(hours=WorkHours("UTC", (((550, 720),),) * 7))
    assert ask(late).starts == hours("05T10:00", "05T11:00")
    # Kathmandu is 5 hours 45 minutes ahead: its full hours fall on a quarter past in UTC.
    assert ask(late, zone="Asia/Kathmandu").starts == hours("05T09:15", "05T10:15")


def test_a_step_that_does_not_divide_the_day_begins_anew_at_local_midnight() -> None:
    answer = ask(host(hours=ALWAYS), step_minutes=500, duration_minutes=10, days=(5, 7))
    assert answer.starts == hours(
        *("05T00:00", "05T08:20", "05T16:40"), *("06T00:00", "06T08:20", "06T16:40")
    )


def test_by_own_hours_starts_are_steps_from_each_interval_s_start() -> None:
    own = WorkHours("UTC", (((545, 720), (800, 865)),) * 7)
    answer = ask(host(), hours=own, duration_minutes=45)
    assert answer.starts == hours("05T09:05", "05T10:05", "05T11:05", "05T13:20")
    assert codes(answer, at("05T09:00")) == [("outside_hours", None)]
    assert codes(answer, at("05T09:10")) == [("off_grid", None)]
    assert codes(answer, at("05T14:20")) == [("outside_hours", None)]
    assert codes(answer, at("05T13:45")) == [("outside_hours", None), ("off_grid", None)]


def test_intervals_that_a_clock_change_pushes_together_keep_their_own_starts() -> None:
    # 02:10 to 02:50 does not exist and becomes 03:10 to 03:50, inside 03:00 to 04:20 (UTC-4).
    own = WorkHours("America/New_York", (((130, 170), (180, 260)),) * 7)
    terms = Terms(35, 20, zone="America/New_York", hours=own)
    night = datetime(2027, 3, 14, 6, tzinfo=UTC)
    question = Question(terms, {1: host()}, (Candidate("h", (1,)),))
    answer = availability(question, Interval(night, night + timedelta(hours=3)), night)
    seven = to_minute(night) + 60
    assert answer.starts == [seven, seven + 10, seven + 20, seven + 40]
    # On the grid of one, where it no longer fits; it would fit the other, off its grid.
    assert codes(answer, seven + 30) == [("off_grid", None)]


def test_own_hours_replace_the_hosts_schedules_but_not_their_busy_time() -> None:
    own = WorkHours("UTC", (((1080, 1200),),) * 7)
    answer = ask(host(1, Busy(at("05T18:00"), at("05T18:30"), "event")), hours=own)
    assert answer.starts == hours("05T19:00")


def test_a_start_off_the_grid_is_never_free() -> None:
    assert codes(ask(host()), at("05T09:30")) == [("off_grid", None)]


def test_a_repeated_hour_is_offered_twice_and_a_missing_one_never() -> None:
    night = WorkHours("America/New_York", (((60, 180),),) * 7)
    person = HostTime(1, "America/New_York", night)
    question = Question(
        Terms(30, 30, zone="America/New_York"), {1: person}, (Candidate("h", (1,)),)
    )

    def faces(day: datetime) -> list[str]:
        window = Interval(day, day + timedelta(hours=12))
        starts = availability(question, window, day - timedelta(days=1)).starts
        return [f"{(s - to_minute(day)) // 60:02d}:{s % 60:02d}" for s in starts]

    fall, spring = datetime(2027, 11, 7, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)
    # 01:00 and 01:30 with UTC-4, both again with UTC-5, then 02:00 and 02:30.
    assert faces(fall) == ["05:00", "05:30", "06:00", "06:30", "07:00", "07:30"]
    # 01:00 and 01:30; at 02:00 it is 03:00 and the hours are over.
    assert faces(spring) == ["06:00", "06:30"]


# --------------------------------------------------------------------------------- busy time


def test_busy_time_is_half_open() -> None:
    answer = ask(host(1, Busy(at("05T10:00"), at("05T11:00"))))
    assert answer.starts == hours("05T09:00", "05T11:00")


def test_one_minute_of_busy_time_takes_the_start() -> None:
    answer = ask(host(1, Busy(at("05T10:59"), at("05T11:00"))))
    assert answer.starts == hours("05T09:00", "05T11:00")


@pytest.mark.parametrize(
    ("kind", "code"), [("booking", "booked"), ("event", "event"), ("away", "away")]
)
def test_every_kind_of_busy_time_blocks_under_its_own_name(kind: str, code: str) -> None:
    answer = ask(host(1, Busy(at("05T10:15"), at("05T10:30"), kind, span_id=77)))
    assert not answer.is_free(at("05T10:00"))
    reason = Reason(ReasonCode(code), 1, 77, at("05T10:30"))
    assert answer.why_not(at("05T10:00")) == (reason,)


def test_buffers_must_be_free_too_but_need_not_lie_in_hours() -> None:
    answer = ask(
        host(1, Busy(at("05T08:00"), at("05T08:45")), Busy(at("05T11:10"), at("05T11:20"))),
        buffer_before_minutes=15,
        buffer_after_minutes=10,
    )
    assert answer.starts == hours("05T09:00", "05T10:00")
    wider = ask(host(1, Busy(at("05T08:00"), at("05T08:46"))), buffer_before_minutes=15)
    assert codes(wider, at("05T09:00")) == [("buffer", 1)]
    later = ask(host(1, Busy(at("05T12:09"), at("05T12:30"))), buffer_after_minutes=10)
    assert codes(later, at("05T11:00")) == [("buffer", 1)]


def test_a_start_that_only_a_hold_blocks_is_held_and_says_until_when() -> None:
    hold = Busy(at("05T10:00"), at("05T11:00"), "booking", True, 9)
    answer = ask(host(1, hold, Busy(at("05T11:00"), at("05T12:00"))))
    assert answer.starts == hours("05T09:00")
    assert answer.held == hours("05T10:00")
    assert answer.why_not(at("05T10:00")) == (Reason(ReasonCode.ON_HOLD, 1, 9, at("05T11:00")),)


def test_a_start_that_a_hold_and_more_block_is_not_held() -> None:
    both = (
        Busy(at("05T10:00"), at("05T11:00"), "booking", True),
        Busy(at("05T10:30"), at("05T10:45"), "event"),
    )
    answer = ask(host(1, *both))
    assert answer.held == []
    assert codes(answer, at("05T10:00")) == [("on_hold", 1), ("event", 1)]


# ------------------------------------------------------------------------------------ the gate


def test_a_paused_profile_offers_nothing_not_even_a_seat() -> None:
    seat = Joinable(at("05T09:20"), 5, (1,), 1)
    answer = ask(host(1, Busy(at("05T10:00"), at("05T11:00"), held=True)), paused=True,
                 joinable=(seat,))  # fmt: skip
    assert answer.starts == answer.held == []
    assert codes(answer, at("05T09:00")) == [("paused", None)]


def test_the_active_period_bounds_start_and_end_to_the_second() -> None:
    start, end = datetime(2026, 5, 5, 9, 0, 1, tzinfo=UTC), datetime(2026, 5, 5, 12, tzinfo=UTC)
    answer = ask(host(), active_from=start, active_until=end)
    assert answer.starts == hours("05T10:00", "05T11:00")
    assert answer.why_not(at("05T09:00")) == (Reason(ReasonCode.NOT_STARTED, until=at("05T09:01")),)
    shorter = ask(host(), active_until=end - timedelta(seconds=1))
    assert shorter.starts == hours("05T09:00", "05T10:00")
    assert codes(shorter, at("05T11:00")) == [("ended", None)]


def test_notice_counts_from_now_to_the_microsecond() -> None:
    exactly = datetime(2026, 5, 5, 8, tzinfo=UTC)
    assert ask(host(), now=exactly, notice_minutes=60).is_free(at("05T09:00"))
    late = ask(host(), now=exactly + timedelta(microseconds=1), notice_minutes=60)
    assert late.starts == hours("05T10:00", "05T11:00")
    assert late.why_not(at("05T09:00")) == (Reason(ReasonCode.TOO_SOON, until=at("05T09:01")),)


def test_what_has_begun_is_past() -> None:
    now = datetime(2026, 5, 5, 10, tzinfo=UTC)
    assert ask(host(), now=now).starts == hours("05T10:00", "05T11:00")
    later = ask(host(), now=now + timedelta(seconds=1), notice_minutes=10)
    assert later.starts == hours("05T11:00")
    assert codes(later, at("05T10:00")) == [("past", None)]


def test_the_horizon_counts_local_dates_in_the_profile_s_zone() -> None:
    # On Kiritimati (UTC+14) it is the 5th already, and the 6th ends at 10:00 UTC on the 6th.
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    answer = ask(host(), now=now, horizon_days=1, zone="Pacific/Kiritimati", days=(5, 8))
    assert answer.starts == hours("05T09:00", "05T10:00", "05T11:00", "06T09:00")
    assert codes(answer, at("06T10:00")) == [("too_far", None)]


def test_nothing_is_offered_more_than_365_days_ahead() -> None:
    for horizon in (None, 10_000):
        now = datetime(2025, 5, 5, 23, tzinfo=UTC)
        answer = ask(host(), now=now, horizon_days=horizon, days=(5, 7))
        assert answer.starts == hours("05T09:00", "05T10:00", "05T11:00")


# ------------------------------------------------------------------------------------- limits


def test_a_full_day_is_full_by_the_host_s_own_calendar() -> None:
    # 23:30 UTC on the 4th is the 5th in Berlin.
    taken = (at("04T23:30"),)
    berlin = ask(host(zone="Europe/Berlin", taken=taken), limit_per_day=1)
    assert berlin.starts == []
    assert codes(berlin, at("05T09:00")) == [("limit_day", 1)]
    assert ask(host(zone="UTC", taken=taken), limit_per_day=1).starts != []
    assert ask(host(zone="Europe/Berlin", taken=taken), limit_per_day=2).starts != []


def test_weeks_are_counted_from_monday() -> None:
    sunday_before, monday = at("03T12:00"), at("04T12:00")
    person = host(taken=(sunday_before, monday))
    answer = ask(person, limit_per_week=1, days=(9, 12), now=NOW)
    # The 10th is a Sunday; Monday the 11th begins a new week.
    assert answer.starts == hours("11T09:00", "11T10:00", "11T11:00")
    assert codes(answer, at("10T09:00")) == [("limit_week", 1)]


def test_a_limit_of_none_at_all_closes_every_day() -> None:
    assert ask(host(), limit_per_day=0).starts == []
