"""Hours, dates and wall times as people type them, and hours said in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain import zones
from webapp.domain.dates_text import read_dates
from webapp.domain.errors import Invalid
from webapp.domain.hours_text import TypedHours, read_hours, read_week, span
from webapp.domain.hours_words import said
from webapp.domain.wall_clock import instants, read_date, read_time
from webapp.domain.workhours import Hours, WorkHours

TODAY = date(2026, 11, 23)
NINE_TO_FIVE = ((540, 1020),)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("9-12, 13-17", ((540, 720), (780, 1020))),
        ("13-17; 9-12", ((540, 720), (780, 1020))),
        ("9am-5pm", NINE_TO_FIVE),
        ("9 AM – 5 P.M.", NINE_TO_FIVE),
        ("9-5pm", NINE_TO_FIVE),
        ("9am-5", NINE_TO_FIVE),
        ("1-5pm", ((780, 1020),)),
        ("09:00–12:00", ((540, 720),)),
        ("0900-1730", ((540, 1050),)),
        ("9.30 to 12h15", ((570, 735),)),
        ("9 until noon and 1pm till 5:30pm", ((540, 720), (780, 1050))),
        ("12am-12pm", ((0, 720),)),
        ("0-24", ((0, 1440),)),
        ("20-0", ((1200, 1440),)),
        ("9-12 13-17\n18-19", ((540, 720), (780, 1020), (1080, 1140))),
        ("9-12,12-17", ((540, 720), (720, 1020))),
        ("\N{FULLWIDTH DIGIT NINE}−17", NINE_TO_FIVE),
    ],
)
def test_hours_are_read_however_people_write_them(text: str, hours: Hours) -> None:
    assert read_hours(text, "Monday") == TypedHours(hours)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9-5", "ends before it starts. Did you mean 09:00–17:00?"),
        ("12-11", "ends before it starts."),
        ("9-9", "has no length"),
        ("25-26", "a time that does not exist"),
        ("9-12:60", "a time that does not exist"),
        ("13pm-14pm", "a time that does not exist"),
        ("nine to five", "“nine to five” is not a span of time"),
        ("9-12, <script>alert(1)</script>", "“<script>"),
        ("9", "is not a span of time"),
        ("", "has no hours yet"),
        (", ".join(f"{i // 6}:{i % 6}0-{i // 6}:{i % 6}5" for i in range(144)), "at most 24"),
        (", ".join(f"{i // 6}:{i % 6}0-{i // 6}:{i % 6}5" for i in range(30)), "at most 24"),
        ("9-12," * 1000, "too long"),
    ],
)
def test_what_is_no_time_is_refused_in_words_that_name_the_day(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_hours(text, "Monday")
    assert refusal.value.message.startswith("Monday")
    assert said in refusal.value.message


def test_overlapping_hours_become_one_and_that_is_said() -> None:
    read = read_hours("11-13, 10-12, 12:30-14", "Monday")
    assert read.hours == ((600, 840),)
    assert read.notes[0] == (
        "Monday: 10:00–12:00 and 11:00–13:00 overlap, so they became 10:00–13:00."
    )
    assert len(read.notes) == 2


def test_hours_past_midnight_go_on_the_day_after_and_sundays_on_monday() -> None:
    week = read_week([None, None, None, None, "20-2", "1-3", "22-1"])
    assert week.weekly[4] == ((1200, 1440),)
    assert week.weekly[5] == ((0, 180),)  # Friday's end and Saturday's own, joined
    assert week.weekly[6] == ((1320, 1440),)
    assert week.weekly[0] == ((0, 60),)
    assert [note.partition(":")[0] for note in week.notes] == ["Friday", "Sunday", "Saturday"]
    assert "goes past midnight, so it was split" in week.notes[0]
    assert week.errors == {}


def test_each_bad_day_of_a_week_is_named_and_the_others_are_read() -> None:
    week = read_week(["9-5", "9-17", "", None, None, None, "x"])
    assert set(week.errors) == {0, 2, 6}
    assert week.weekly[1] == NINE_TO_FIVE


@given(
    st.lists(
        st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(
            lambda pair: pair[0] < pair[1]
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=80)
def test_what_is_read_covers_exactly_the_minutes_that_were_typed(
    pairs: list[tuple[int, int]],
) -> None:
    read = read_hours(", ".join(span(*pair) for pair in pairs), "Monday")
    typed = {minute for start, end in pairs for minute in range(start, end)}
    assert {m for start, end in read.hours for m in range(start, end)} == typed
    WorkHours("UTC", (read.hours, *((),) * 6))  # in order, or the engine would refuse them


@given(st.text(max_size=60))
@settings(max_examples=150)
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (lambda: read_hours(text, "Monday"), lambda: read_dates(text, TODAY)):
        with suppress(Invalid):
            read()


# -------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("24 Dec, 31.12., 2027-01-06", ["2026-12-24", "2026-12-31", "2027-01-06"]),
        ("December 24 and 1st jan", ["2026-12-24", "2027-01-01"]),
        ("24/12/2026; 24 Dec", ["2026-12-24"]),
        ("30 Dec to 2 Jan", ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]),
        ("2026-12-30 – 2026-12-31", ["2026-12-30", "2026-12-31"]),
        ("29 feb", ["2028-02-29"]),
        ("23 Nov", ["2026-11-23"]),
    ],
)
def test_several_dates_are_read_at_once(text: str, dates: list[str]) -> None:
    assert [day.isoformat() for day in read_dates(text, TODAY)] == dates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2046-12-24", "more than 5 years away"),
        ("2026-11-22", "has passed"),
        ("31 June", "is not a date"),
        ("tomorrow", "is not a date"),
        ("2 Jan 2027 to 30 Dec 2026", "ends before it starts"),
        ("1 Jan 2027 to 1 Jan 2031", "at most a year"),
        ("24 Dec <b>", "“24 dec <b>” is not a date"),
        ("24 Dec," * 400, "too many"),
    ],
)
def test_dates_that_cannot_be_meant_are_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_dates(text, TODAY)
    assert said in refusal.value.message


# --------------------------------------------------------------------------------- wall times


def test_a_wall_time_is_one_instant_two_when_clocks_go_back_and_none_in_the_gap() -> None:
    berlin = zones.zone("Europe/Berlin")

    def meant(text: str, time: str) -> tuple[datetime, ...]:
        day = read_date(text, field="date")
        return instants(berlin, day, read_time(time, field="time"), field="time")

    assert meant("2026-11-24", "09:00") == (datetime(2026, 11, 24, 8, tzinfo=UTC),)
    assert meant("2026-10-25", "02:30") == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    with pytest.raises(Invalid) as refusal:
        meant("2027-03-28", "02:30")
    assert refusal.value.field == "time"
    assert "There is no 02:30 on 28 March 2027 in Berlin" in refusal.value.message
    assert "clocks go forward from 02:00 to 03:00" in refusal.value.message


def test_a_date_that_the_calendar_skips_is_explained() -> None:
    with pytest.raises(Invalid, match="the calendar skips that date"):
        instants(zones.zone("Pacific/Apia"), date(2011, 12, 30), 600, field="time")


@pytest.mark.parametrize("text", ["", "24.12.", "2026-13-01", "9999-12-31", "<script>"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_date(text, field="date")


# ------------------------------------------------------------------------------------ in words


@pytest.mark.parametrize(
    ("weekly", "overrides", "words"),
    [
        (
            (NINE_TO_FIVE,) * 5 + ((),) * 2,
            ((date(2026, 12, 24), ()),),
            "Mon–Fri 09:00–17:00 Berlin, without 24 Dec",
        ),
        (
            (NINE_TO_FIVE,) * 4 + (((540, 720),), (), ()),
            ((date(2025, 12, 24), ()),),
            "Mon–Thu 09:00–17:00; Fri 09:00–12:00, Berlin time",
        ),
        (
            (NINE_TO_FIVE, (), NINE_TO_FIVE, (), NINE_TO_FIVE, (), ()),
            (
                *((date(2026, 12, day), ()) for day in (24, 25, 26)),
                (date(2027, 1, 5), ((600, 720), (780, 840))),
            ),
            "Mon, Wed and Fri 09:00–17:00 Berlin, without 24–26 Dec,"
            " but 5 Jan 2027 10:00–12:00 and 13:00–14:00",
        ),
        (((((0, 1440),),) * 7), (), "Every day 00:00–24:00 Berlin"),
        ((((),) * 7), (), "No weekly hours, Berlin"),
        (
            (NINE_TO_FIVE,) * 5 + ((),) * 2,
            tuple((date(2026, 12, day), ()) for day in range(1, 30, 4)),
            "Mon–Fri 09:00–17:00 Berlin, without 1 Dec, 5 Dec, 9 Dec, 13 Dec and 4 more",
        ),
    ],
)
def test_work_hours_are_said_in_words(
    weekly: tuple[Hours, ...], overrides: tuple[tuple[date, Hours], ...], words: str
) -> None:
    assert said(WorkHours("Europe/Berlin", weekly, overrides), TODAY) == words
