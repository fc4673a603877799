"""Dates in words: kept by the date, whatever else an instant is equal to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.domain.speech import speech_of


def test_one_instant_on_two_dates_is_said_as_each_of_them() -> None:
    late = datetime(2026, 11, 12, 23, 30, tzinfo=ZoneInfo("UTC"))
    early = late.astimezone(ZoneInfo("Europe/Berlin"))
    assert late == early
    idiom = speech_of("en").idiom
    assert idiom.short_day(late) == "Thu 12 Nov"
    assert idiom.short_day(early) == "Fri 13 Nov"
