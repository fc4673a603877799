"""Times in words: date, clock, zone and offset, also where a clock change makes them doubtful."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.domain.spoken_time import Spoken, in_words, spoken

BERLIN = ZoneInfo("Europe/Berlin")


def say(start: datetime, minutes: int, zone: ZoneInfo = BERLIN) -> Spoken:
    return spoken(start, start + timedelta(minutes=minutes), zone)


def test_a_time_is_said_with_weekday_date_clock_zone_and_offset() -> None:
    said = say(datetime(2026, 11, 12, 8, 0, tzinfo=UTC), 30)
    assert said.short == "Thu 12 Nov 09:00"
    assert said.line == "Thursday 12 November 2026, 09:00 – 09:30 (Europe/Berlin, UTC+1)"


def test_the_date_is_the_readers_own() -> None:
    said = say(datetime(2026, 12, 31, 22, 0, tzinfo=UTC), 30, ZoneInfo("Asia/Kathmandu"))
    assert (said.day, said.clock, said.offset) == (
        "Friday 1 January 2027",
        "03:45 – 04:15",
        "UTC+5:45",
    )


@pytest.mark.parametrize(
    ("minutes", "clock"),
    [(59, "23:00 – 23:59"), (60, "23:00 – 24:00"), (90, "23:00 – 00:30 on Fri 13 Nov")],
)
def test_the_end_names_its_day_when_that_is_another(minutes: int, clock: str) -> None:
    assert say(datetime(2026, 11, 12, 22, 0, tzinfo=UTC), minutes).clock == clock


def test_a_clock_time_that_happens_twice_is_said_with_its_offset() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert say(first, 15).clock == "02:30 (UTC+2) – 02:45"
    assert say(second, 15).clock == "02:30 (UTC+1) – 02:45"


def test_a_span_over_a_clock_change_is_said_with_both_offsets() -> None:
    said = say(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 60)
    assert said.clock == "01:30 (UTC+1) – 03:30 (UTC+2)"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (121, "2 hours 1 minute"),
        (0, "0 minutes"),
    ],
)
def test_a_length_is_said_in_hours_and_minutes(minutes: int, words: str) -> None:
    assert in_words(minutes) == words
