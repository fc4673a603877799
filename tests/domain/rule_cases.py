"""Series and rules that the tests of repetition share."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from webapp.domain.recurrence import Series
from webapp.domain.rrule import DAYS, parse_rule
from webapp.domain.span import Interval

BERLIN = ZoneInfo("Europe/Berlin")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


def window(first: str, days: int) -> Interval:
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return Interval(start, start + timedelta(days=days))


def series(start: str, rule: str | None, zone: ZoneInfo = BERLIN, **more: Any) -> Series:
    parsed = parse_rule(rule) if rule else None
    wall = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    length: dict[str, Any] = {"duration": HALF_HOUR}
    if "T" not in start:
        length = {"duration": timedelta(), "days": 1}
    return Series(wall, zone=zone, rule=parsed, **{**length, **more})


# ------------------------------------------------------------------ against other ways to count


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that dateutil and the RFC read alike and that name a moment now and then."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    plain = ",".join(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=5, unique=True)))
    place = draw(st.integers(1, 4)) * draw(st.sampled_from([1, -1]))
    nth = f"{place}{draw(st.sampled_from(DAYS))}"
    month_days = "BYMONTHDAY=" + ",".join(
        str(n) for n in draw(st.sets(st.sampled_from([1, 2, 13, 28, -1, -7, -28]), min_size=1))
    )
    months = "BYMONTH=" + ",".join(str(m) for m in draw(st.sets(st.integers(1, 12), min_size=1)))
    setpos = f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1']))}"
    choices: dict[str, list[list[str]]] = {
        "YEARLY": [
            [],
            [months],
            [month_days],
            [months, month_days],
            [f"BYDAY={nth}"],
            [months, f"BYDAY={nth}"],
            [months, f"BYDAY={plain}"],
            [f"BYDAY={plain}", setpos],
            ["BYYEARDAY=1,100,-1,-100"],
            ["BYWEEKNO=1,20,52,-1", f"BYDAY={plain}", f"WKST={draw(st.sampled_from(DAYS))}"],
        ],
        "MONTHLY": [
            [],
            [month_days],
            [f"BYDAY={plain}"],
            [f"BYDAY={nth}"],
            [f"BYDAY={plain}", setpos],
            [f"BYDAY={plain}", "BYSETPOS=2,-2"],
            [f"BYDAY={plain}", months],
        ],
        "WEEKLY": [
            [],
            [f"BYDAY={plain}"],
            [f"BYDAY={plain}", f"WKST={draw(st.sampled_from(DAYS))}"],
        ],
        "DAILY": [[], [f"BYDAY={plain}"], [month_days], [months], ["BYHOUR=8,20", "BYMINUTE=0,15"]],
        "HOURLY": [[], ["BYHOUR=9,10,11,12,13,14,15,16"], [f"BYDAY={plain}"], ["BYMINUTE=5,35"]],
    }
    parts += draw(st.sampled_from(choices[frequency]))
    end = draw(
        st.sampled_from(["COUNT", "UNTIL"] if frequency == "HOURLY" else ["", "COUNT", "UNTIL"])
    )
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.one_of(st.integers(1, 40), st.integers(1, 600)))}")
    if end == "UNTIL":
        parts.append(f"UNTIL={date(2015, 1, 1) + draw(st.integers(0, 5000)) * DAY:%Y%m%d}T120000")
    return ";".join(parts)


STARTS = st.datetimes(datetime(2012, 1, 1), datetime(2016, 1, 1)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
