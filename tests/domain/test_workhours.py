"""Work hours as a document, and their two readings."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.domain.cases import NIGHTS, random_hours
from tests.domain.oracle import is_open
from webapp.domain.errors import Invalid
from webapp.domain.opening import runs_by_clock, spans_by_edges
from webapp.domain.span import to_minute
from webapp.domain.workhours import WorkHours

NINE_TO_FIVE = ((540, 1020),)


def _minute(text: str) -> int:
    return to_minute(datetime.fromisoformat(text).replace(tzinfo=UTC))


def _daily(zone: str, *intervals: tuple[int, int]) -> WorkHours:
    return WorkHours(zone, (tuple(intervals),) * 7)


# ---------------------------------------------------------------------------------- documents


def test_a_document_is_read_monday_first_with_its_overrides() -> None:
    hours = WorkHours.from_document({
        "zone": "Europe/Berlin",
        "weekly": {"mon": [["13:00", "24:00"], ["09:00", "12:00"]]},
        "overrides": {"2026-12-24": [], "2026-12-23": [["10:00", "11:30"]]},
    })  # fmt: skip
    assert hours == WorkHours(
        "Europe/Berlin",
        (((540, 720), (780, 1440)), *((),) * 6),
        ((date(2026, 12, 23), ((600, 690),)), (date(2026, 12, 24), ())),
    )


def test_a_document_survives_being_written_and_read() -> None:
    for number in range(60):
        rnd = Random(number)
        hours = random_hours(rnd, rnd.choice(NIGHTS)[0], date(2026, 10, 25))
        text = json.dumps(hours.to_document())
        assert WorkHours.from_document(json.loads(text)) == hours
        assert hash(WorkHours.from_document(json.loads(text))) == hash(hours)


def test_hours_past_midnight_are_split_over_two_days() -> None:
    hours = WorkHours.from_document({
        "zone": "UTC", "weekly": {"sun": [["22:00", "02:00"]], "fri": [["20:00", "00:00"]]},
    })  # fmt: skip
    assert hours.weekly == (((0, 120),), (), (), (), ((1200, 1440),), (), ((1320, 1440),))


def test_touching_intervals_stay_two() -> None:
    document = {"zone": "UTC", "weekly": {"mon": [["09:00", "12:00"], ["12:00", "17:00"]]}}
    assert WorkHours.from_document(document).weekly[0] == ((540, 720), (720, 1020))


def test_a_zone_by_its_everyday_name_is_kept_by_its_own() -> None:
    assert WorkHours.from_document({"zone": "Bombay"}).zone == "Asia/Kolkata"


def _monday(*pairs: Any) -> dict[str, Any]:
    return {"zone": "UTC", "weekly": {"mon": list(pairs)}}


def _christmas(*pairs: Any) -> dict[str, Any]:
    return {"zone": "UTC", "overrides": {"2026-12-24": list(pairs)}}


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        (None, "hours", "object"),
        ([], "hours", "object"),
        ({}, "zone", "time zone"),
        ({"zone": 7}, "zone", "time zone"),
        ({"zone": "Americas/New_York"}, "zone", "Did you mean America/New_York"),
        ({"zone": "UTC", "weeky": {}}, "hours", "weeky"),
        ({"zone": "UTC", "weekly": []}, "weekly", "object"),
        ({"zone": "UTC", "weekly": {"monday": []}}, "weekly", "monday"),
        ({"zone": "UTC", "weekly": {"mon": None}}, "weekly.mon", "list"),
        ({"zone": "UTC", "weekly": {"mon": "09:00"}}, "weekly.mon", "list"),
        (_monday(["09:00"]), "weekly.mon", "start and an end"),
        (_monday("0917"), "weekly.mon", "start and an end"),
        (_monday(["09:00", "09:00"]), "weekly.mon", "no length"),
        (_monday(["00:00", "00:00"]), "weekly.mon", "no length"),
        (_monday(["17:00", "09:00"]), "weekly.mon", "ends before it starts"),
        (_monday(["25:00", "26:00"]), "weekly.mon", "“25:00” is not a time"),
        (_monday(["09:60", "10:00"]), "weekly.mon", "“09:60” is not a time"),
        (_monday(["9:00", "10:00"]), "weekly.mon", "is not a time"),
        (_monday(["09:00", "24:01"]), "weekly.mon", "is not a time"),
        (_monday(["24:00", "01:00"]), "weekly.mon", "only be an end"),
        (_monday(["09:00\n", "10:00"]), "weekly.mon", "is not a time"),
        (_monday(["٠٩:00", "10:00"]), "weekly.mon", "is not a time"),
        (_monday([540, 1020]), "weekly.mon", "is not a time"),
        (_monday(["09:00", True]), "weekly.mon", "is not a time"),
        (_monday(["09:00Z", "17:00Z"]), "weekly.mon", "local wall times; write 09:00 without"),
        (_monday(["09:00", "12:00"], ["11:00", "13:00"]), "weekly.mon", "overlap at 11:00"),
        (_monday(*[["09:00", "10:00"]] * 25), "weekly.mon", "at most 24"),
        (_monday(["x" * 5000, "10:00"]), "weekly.mon", "…”"),
        (_christmas(["22:00", "02:00"]), "overrides.2026-12-24", "after midnight"),
        (_christmas(["09:00", "09:00"]), "overrides.2026-12-24", "no length"),
        ({"zone": "UTC", "overrides": {"24.12.2026": []}}, "overrides", "not a date"),
        ({"zone": "UTC", "overrides": {"2026-02-30": []}}, "overrides", "not a date"),
        ({"zone": "UTC", "overrides": {"20261224": []}}, "overrides", "not a date"),
        ({"zone": "UTC", "overrides": {"1969-12-31": []}}, "overrides", "not a date"),
        ({"zone": "UTC", "overrides": {"2100-01-01": []}}, "overrides", "not a date"),
        (
            {
                "zone": "UTC",
                "overrides": {f"20{n // 28:02d}-01-{n % 28 + 1:02d}": [] for n in range(1001)},
            },
            "overrides",
            "At most 1000",
        ),
        (
            {"zone": "UTC", "weekly": {"mon": [["22:00", "02:00"]], "tue": [["01:00", "03:00"]]}},
            "weekly.tue",
            "overlap at 01:00",
        ),
    ],
)
def test_a_faulty_document_is_refused_by_the_name_of_its_fault(
    document: object, field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        WorkHours.from_document(document)
    assert refused.value.field == field
    assert words in refused.value.message
    assert len(refused.value.message) < 250


@pytest.mark.parametrize(
    ("weekly", "overrides"),
    [
        (((),) * 6, ()),
        ((((600, 540),), *((),) * 6), ()),
        ((((540, 600), (590, 700)), *((),) * 6), ()),
        ((((-1, 60),), *((),) * 6), ()),
        ((((60, 1441),), *((),) * 6), ()),
        (((),) * 7, ((date(2026, 2, 1), ()), (date(2026, 1, 1), ()))),
        (((),) * 7, ((date(2026, 1, 1), ()), (date(2026, 1, 1), ()))),
    ],
)
def test_work_hours_out_of_order_cannot_be_made(weekly: Any, overrides: Any) -> None:
    with pytest.raises(ValueError):
        WorkHours("UTC", weekly, overrides)


# ------------------------------------------------------------------------------------ readings


@pytest.mark.parametrize(("zone", "night"), NIGHTS)
def test_by_the_clock_a_minute_is_open_when_its_wall_time_is(zone: str, night: str) -> None:
    day = date.fromisoformat(night)
    start = _minute(night) - 2000
    for number in range(4):
        hours = random_hours(Random(f"{zone} {night} {number}"), zone, day)
        runs = runs_by_clock(hours, start, start + 4400)
        told = {minute for low, high in runs for minute in range(low, high)}
        assert told == {m for m in range(start, start + 4400) if is_open(hours, m)}
        assert all(a[1] < b[0] for a, b in pairwise(runs))


def test_a_repeated_hour_is_open_twice_and_a_missing_one_never() -> None:
    hours = _daily("America/New_York", (60, 120))
    fall = runs_by_clock(hours, _minute("2027-11-07"), _minute("2027-11-08"))
    assert fall == [(_minute("2027-11-07T05:00"), _minute("2027-11-07T07:00"))]
    hours = _daily("America/New_York", (120, 180))
    assert runs_by_clock(hours, _minute("2027-03-14"), _minute("2027-03-15")) == []


def test_hours_across_midnight_are_one_run_by_the_clock_and_two_by_edges() -> None:
    hours = _daily("UTC", (0, 120), (1320, 1440))
    noon, next_noon = _minute("2026-05-05T12:00"), _minute("2026-05-06T12:00")
    night, midnight = _minute("2026-05-05T22:00"), _minute("2026-05-06")
    assert runs_by_clock(hours, noon, next_noon) == [(night, midnight + 120)]
    assert spans_by_edges(hours, noon, next_noon) == [
        (night, midnight),
        (midnight, midnight + 120),
    ]


def test_an_override_replaces_the_weekly_rule_of_its_date() -> None:
    day = date(2026, 5, 5)
    hours = WorkHours("UTC", (NINE_TO_FIVE,) * 7, ((day, ((600, 660),)),))
    start = _minute("2026-05-05")
    assert runs_by_clock(hours, start, start + 1440) == [(start + 600, start + 660)]
    assert spans_by_edges(hours, start, start + 1440) == [(start + 600, start + 660)]


def test_by_edges_an_edge_in_a_gap_takes_the_offset_before_it() -> None:
    hours = _daily("America/New_York", (150, 600))
    (span,) = spans_by_edges(hours, _minute("2027-03-14T05:00"), _minute("2027-03-15T04:00"))
    assert span == (_minute("2027-03-14T07:30"), _minute("2027-03-14T14:00"))


def test_by_edges_a_repeated_edge_is_its_first_time() -> None:
    hours = _daily("America/New_York", (90, 240))
    (span,) = spans_by_edges(hours, _minute("2027-11-07T04:00"), _minute("2027-11-08T05:00"))
    assert span == (_minute("2027-11-07T05:30"), _minute("2027-11-07T09:00"))


def test_by_edges_a_midnight_that_happens_twice_is_its_first_time() -> None:
    # At 00:01 on Sunday, 7 November 2010, Newfoundland went back to 23:01 on Saturday.
    hours = WorkHours("America/St_Johns", (*((),) * 6, ((0, 60),)))
    (span,) = spans_by_edges(hours, _minute("2010-11-06T12:00"), _minute("2010-11-08T12:00"))
    assert span == (_minute("2010-11-07T02:30"), _minute("2010-11-07T04:30"))


def test_by_edges_an_interval_turned_round_by_a_change_is_dropped() -> None:
    hours = _daily("America/New_York", (150, 180))
    assert spans_by_edges(hours, _minute("2027-03-14T05:00"), _minute("2027-03-15T04:00")) == []


def test_a_date_that_never_was_has_no_hours_in_either_reading() -> None:
    friday = WorkHours("Pacific/Apia", ((), (), (), (), NINE_TO_FIVE, (), ()))
    start, end = _minute("2011-12-28"), _minute("2012-01-03")
    assert runs_by_clock(friday, start, end) == []
    assert spans_by_edges(friday, start, end) == []
