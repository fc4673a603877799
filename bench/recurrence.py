"""How much dearer a series begun twenty years ago is than one begun today.

``python -m bench.recurrence`` prints the ratio of laying out 60 days of both, for weekly, daily
and monthly rules; each round measures young and old in turn. Bar: 1.5.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from webapp.domain.recurrence import Series, occurrences
from webapp.domain.rrule import parse_rule
from webapp.domain.span import Interval

BAR = 1.5
RULES = {
    "weekly": "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "daily": "FREQ=DAILY",
    "monthly": "FREQ=MONTHLY;BYDAY=2TU",
}
_ZONE = ZoneInfo("Europe/Berlin")
_TODAY = datetime(2026, 11, 2, 9)  # noqa: DTZ001 - wall-clock time
_WINDOW = Interval(datetime(2026, 11, 2, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def _series(rule: str, years: int) -> Series:
    start = _TODAY.replace(year=_TODAY.year - years)
    return Series(start, timedelta(minutes=30), _ZONE, parse_rule(rule))


def _seconds(series: Series, times: int) -> float:
    begun = perf_counter()
    for _ in range(times):
        occurrences(series, _WINDOW)
    return (perf_counter() - begun) / times


def run(rounds: int = 5, times: int = 200) -> dict[str, object]:
    """Medians over ``rounds``: microseconds young and old and their ratio, for every rule."""
    rules: dict[str, dict[str, float]] = {}
    for name, rule in RULES.items():
        young, old = _series(rule, 0), _series(rule, 20)
        _seconds(young, times), _seconds(old, times)
        pairs = [(_seconds(young, times), _seconds(old, times)) for _ in range(rounds)]
        rules[name] = {
            "young_us": round(median(y for y, _ in pairs) * 1e6, 1),
            "old_us": round(median(o for _, o in pairs) * 1e6, 1),
            "ratio": round(median(o / y for y, o in pairs), 2),
        }
    worst = max(figures["ratio"] for figures in rules.values())
    return {"rules": rules, "worst_ratio": worst, "bar": BAR, "holds": worst <= BAR}


if __name__ == "__main__":
    result = run()
    print(json.dumps(result, indent=2))
    raise SystemExit(0 if result["holds"] else 1)
