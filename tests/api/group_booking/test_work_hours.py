"""Work hours come back as they were said, whatever the order they were said in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.blueprints.api.group_booking import work_hours
from webapp.blueprints.api.group_booking.schemas import NewProfile
from webapp.blueprints.api.kit import fitted
from webapp.domain.errors import FormInvalid
from webapp.domain.periods import covered, in_days, period
from webapp.domain.workhours import WorkHours


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}:00"


@st.composite
def hours(draw: st.DrawFn, least: int = 0) -> list[dict[str, str]]:
    """Intervals of a day in order, touching at times, up to midnight."""
    edges = sorted(
        draw(st.sets(st.integers(0, 96).map(lambda n: n * 15), min_size=2 * least, max_size=8))
    )
    return [
        {"start": clock(start), "end": clock(end)}
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]


weeks = st.dictionaries(st.sampled_from(work_hours.WEEKDAYS), hours(1), max_size=7)
stretches = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 4), hours()), max_size=6
)  # a gap, a length, the hours


def said(
    week: dict[str, list[dict[str, str]]], told: list[tuple[int, int, list[dict[str, str]]]]
) -> dict[str, Any]:
    day = date(2026, 12, 1)
    intervals = []
    for gap, length, own in told:
        day += timedelta(days=gap)
        last = day + timedelta(days=length - 1)
        intervals.append(
            {
                "dateStartInclusive": day.isoformat(),
                "dateEndInclusive": last.isoformat(),
                "hours": own,
            }
        )
        day = last + timedelta(days=1)
    return {
        "name": "x",
        "workHours": {
            "timezone": "Europe/Berlin",
            "daySchedules": [
                {"dayOfWeek": name, "workingIntervals": week[name]}
                for name in work_hours.WEEKDAYS
                if name in week
            ],
        },
        "availabilityIntervals": {"intervals": intervals},
    }


def read(body: dict[str, Any]) -> WorkHours:
    profile = fitted(NewProfile, body).said()
    weekly = profile["weekly"]
    assert weekly is not None
    hours = WorkHours(weekly.zone, weekly.days, profile.get("overrides") or ())
    assert WorkHours.from_document(hours.to_document()) == hours
    return hours


def shuffled(body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The same in another order and another spelling."""

    def spelt(intervals: list[dict[str, str]]) -> list[dict[str, str]]:
        return [
            {
                "start": each["start"] + data.draw(st.sampled_from(["", "Z"])),
                "end": data.draw(st.sampled_from(["24:00:00", "00:00:00"]))
                if each["end"] == "24:00:00"
                else each["end"],
            }
            for each in data.draw(st.permutations(intervals))
        ]

    days = data.draw(st.permutations(body["workHours"]["daySchedules"]))
    return {
        **body,
        "workHours": {
            "timezone": "Europe/Berlin",
            "daySchedules": [
                {
                    "dayOfWeek": each["dayOfWeek"].upper(),
                    "workingIntervals": spelt(each["workingIntervals"]),
                }
                for each in days
            ],
        },
        "availabilityIntervals": {
            "intervals": [
                {**each, "hours": spelt(each["hours"])}
                for each in data.draw(st.permutations(body["availabilityIntervals"]["intervals"]))
            ]
        },
    }


@settings(max_examples=40, deadline=None, derandomize=True)
@given(weeks, stretches, st.data())
def test_hours_come_back_as_they_were_said(
    week: dict[str, list[dict[str, str]]],
    told: list[tuple[int, int, list[dict[str, str]]]],
    data: st.DataObject,
) -> None:
    body = said(week, told)
    hours = read(shuffled(body, data))
    assert hours == read(body)
    assert work_hours.week(hours) == body["workHours"]
    back = {"name": "x", "workHours": work_hours.week(hours),
            "availabilityIntervals": work_hours.dates(hours)}  # fmt: skip
    assert read(back) == hours
    if not any(gap == 1 for gap, *_ in told[1:]):
        assert work_hours.dates(hours) == body["availabilityIntervals"]


def test_dates_alike_that_follow_each_other_are_told_as_one_stretch() -> None:
    own = [{"start": "09:00:00", "end": "10:00:00"}]
    hours = read(said({}, [(1, 2, own), (1, 1, own), (2, 1, []), (1, 1, own)]))
    lengths = [
        (each["dateStartInclusive"], each["dateEndInclusive"], len(each["hours"]))
        for each in work_hours.dates(hours)["intervals"]
    ]
    assert lengths == [
        ("2026-12-02", "2026-12-03", 1),
        ("2026-12-05", "2026-12-05", 1),
        ("2026-12-08", "2026-12-08", 0),
        ("2026-12-10", "2026-12-10", 1),
    ]


def test_two_stretches_may_share_dates_when_their_hours_do_not_touch() -> None:
    body = said({}, [])
    body["availabilityIntervals"]["intervals"] = [
        {
            "dateStartInclusive": "2026-12-01",
            "dateEndInclusive": f"2026-12-0{last}",
            "hours": [{"start": f"{start:02d}:00:00", "end": f"{start + 3:02d}:00:00"}],
        }
        for start, last in ((13, 2), (9, 1))
    ]
    hours = read(body)
    assert [own for _, own in hours.overrides] == [((540, 720), (780, 960)), ((780, 960),)]


def test_a_thousand_dates_are_taken_and_one_more_is_not() -> None:
    day = date(2027, 1, 1)
    for length, is_taken in ((1000, True), (1001, False)):
        body = said({}, [])
        last = day + timedelta(days=length - 1)
        body["availabilityIntervals"]["intervals"] = [
            {"dateStartInclusive": "2027-01-01", "dateEndInclusive": last.isoformat(), "hours": []}
        ]
        if is_taken:
            assert len(read(body).overrides) == length
        else:
            with pytest.raises(FormInvalid):
                read(body)


@pytest.mark.parametrize(
    ("text", "days"), [("P1Y", 365), ("P12M", 360), ("p1w", 7), ("10D", 10), ("P1M1W1D", 38)]
)
def test_a_period_counts_its_days(text: str, days: int) -> None:
    found = period(text)
    assert found.days == days
    assert period(found.text) == found


def test_a_horizon_is_told_as_it_was_written_until_it_changes() -> None:
    assert covered(30, "P1M") == "P1M"
    assert covered(31, "P1M") == in_days(31).text == "P31D"
    assert covered(7, None) == "P7D"
