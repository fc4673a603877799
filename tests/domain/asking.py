"""Small questions to the slot engine, for tests that state one rule each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from webapp.domain.availability import (
    Availability,
    Busy,
    Candidate,
    HostTime,
    Joinable,
    Question,
    Terms,
    availability,
)
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute
from webapp.domain.workhours import WorkHours

NOW = datetime(2026, 5, 4, 6, tzinfo=UTC)  # a Monday
ALWAYS = WorkHours("UTC", (((0, 1440),),) * 7)
MORNING = WorkHours("UTC", (((540, 720),),) * 7)


def at(text: str) -> int:
    """ "05T09:30" of May 2026, UTC, as an epoch minute."""
    return to_minute(datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=UTC))


def hours(*texts: str) -> list[int]:
    return [at(text) for text in texts]


def host(host_id: int = 1, *busy: Busy, **more: Any) -> HostTime:
    return HostTime(host_id, **{"zone": "UTC", "hours": MORNING, "busy": busy, **more})


def ask(
    *hosts: HostTime,
    candidates: tuple[Candidate, ...] | None = None,
    required: Required = Required.ONE,
    joinable: tuple[Joinable, ...] = (),
    days: tuple[int, int] = (5, 6),
    now: datetime = NOW,
    **terms: Any,
) -> Availability:
    asked = candidates or tuple(Candidate(f"h{h.host_id}", (h.host_id,)) for h in hosts)
    question = Question(
        Terms(**{"duration_minutes": 60, "step_minutes": 60, **terms}),
        {h.host_id: h for h in hosts},
        asked,
        required,
        joinable,
    )
    window = Interval(
        datetime(2026, 5, days[0], tzinfo=UTC), datetime(2026, 5, days[1], tzinfo=UTC)
    )
    return availability(question, window, now)


def codes(answer: Availability, start: int) -> list[tuple[str, int | None]]:
    return [(reason.code.value, reason.host_id) for reason in answer.why_not(start)]
