"""Broken and hostile calendar files: refused with a sentence, or read without losing the rest."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.domain.calendar_files import BERLIN, FIXTURES, GOOD, WINDOW, calendar, codes, local, read
from webapp.domain.errors import Invalid
from webapp.domain.ics import CalendarRefused
from webapp.domain.span import EPOCH

# ------------------------------------------------------------------------- bad and hostile files


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\r\n\r\n  \r\n", "empty"),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", "web_page"),
        (b"\n\n<HTML><body>BEGIN:VCALENDAR</body></HTML>", "web_page"),
        (b'<?xml version="1.0"?><error/>', "web_page"),
        (b"PK\x03\x04 something", "archive"),
        (b'{"error": "unauthorized"}', "not_a_calendar"),
        (b"%PDF-1.7", "not_a_calendar"),
        (b"\xff\xd8\xff\xe0", "not_a_calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "not_a_calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 8, "nested_too_deep"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 20_001, "too_many_events"),
        (b"BEGIN:VCALENDAR\r\n" + b"X" * (16 * 2**20), "too_large"),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_sentence_for_people(data, code):
    with pytest.raises(CalendarRefused) as refused:
        read(data)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")
    assert isinstance(refused.value, Invalid)


BROKEN = [
    "UID:bad\nDTSTART:yesterday",
    "UID:bad",
    "UID:bad\nDTSTART",
    "UID:bad\nDTSTART:20261201T090000Z\nBEGIN:VALARM\nDTSTART:1",
    "UID:bad\nDTSTART:20261201T090000Z\nEND:VALARM\nDTEND:20261101T000000Z",
    "UID:bad\nDTSTART:20261201T090000Z\nEND:VEVENT\nEND:VEVENT",
    'UID:bad\nDTSTART;TZID="Europe/Berlin:20261201T090000\nDTEND:20261101T000000Z',
    "UID:bad\nDTSTART:20261201T090000Z\nDESCRIPTION:" + "x" * 70_000 + "\nDTEND:20200101T000000Z",
    "UID:" + "u" * 5000 + "\nDTSTART:20261201T090000Z\nDTEND:20200101T000000Z",
    "UID:bad\nDTSTART:20261201T090000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "UID:bad\nDTSTART:99990101T000000Z\nRRULE:FREQ=YEARLY",
    "UID:bad\nDTSTART:16010101T000000Z\nRRULE:FREQ=DAILY;COUNT=5000;BYMONTH=2;BYMONTHDAY=30",
    "UID:bad\nDTSTART:20261201T090000Z\nRECURRENCE-ID:sometime",
    "UID:bad\nDTSTART:20261201T090000Z\nRDATE;VALUE=PERIOD:nonsense/,/",
    "UID:bad\nDTSTART:20261201T090000Z\nEXDATE:,,,20269999,",
    "\n\n\n",
    ";;;\n:::\nUID\n UID",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_one_broken_event_never_loses_its_neighbours(broken):
    report = read(calendar(GOOD.format(1), broken, GOOD.format(2), top="X-WR-CALNAME:Mine\n"))
    assert [span.uid for span in report.spans if span.summary == "Good"] == ["good-1", "good-2"]
    assert local(report)[0] == "12-01 10:00-10:30"
    assert report.name == "Mine"


def test_a_file_cut_off_in_the_middle_keeps_what_was_whole_and_says_so():
    whole = calendar(GOOD.format(1), GOOD.format(2))
    report = read(whole[: whole.rindex("DTEND")])
    assert local(report) == ["12-01 10:00-10:30"]
    assert codes(report) == ["truncated"]


def test_an_event_without_an_end_line_takes_only_itself_away():
    text = calendar(GOOD.format(1), GOOD.format(2)).replace("END:VEVENT\r\n", "", 1)
    report = read(text)
    assert local(report) == ["12-02 10:00-10:30"]
    assert codes(report) == ["unbalanced"]
    assert report.problems[0].line == 3


def test_two_calendars_in_one_file_are_both_read():
    assert len(read(calendar(GOOD.format(1)) + calendar(GOOD.format(2))).spans) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_other_encodings_are_read_and_reported(encoding):
    report = read(calendar(GOOD.format(1) + " Käse").encode(encoding))
    assert report.spans[0].summary == "Good Käse"
    assert codes(report) == ([] if encoding.startswith("utf-8") else ["encoding"])


def test_nul_characters_are_passed_over_and_reported():
    report = read(calendar(GOOD.format(1)).replace("Good", "Go\0od"))
    assert report.spans[0].summary == "Good"
    assert codes(report) == ["nul"]


def test_an_event_with_very_many_guests_still_blocks():
    guests = "\n".join(f"ATTENDEE:mailto:guest{n}@example.org" for n in range(500))
    report = read(calendar(f"UID:1\n{guests}\nDTSTART:20261201T090000Z\nDURATION:PT1H"))
    assert local(report) == ["12-01 10:00-11:00"]
    assert codes(report) == ["too_many_properties"]


def test_more_dates_than_the_limit_are_cut_and_reported():
    gone = "\n".join("EXDATE:" + ",".join(["20200101T090000Z"] * 700) for _ in range(4))
    report = read(calendar(f"UID:1\nDTSTART:20261201T090000Z\nDURATION:PT1H\n{gone}"))
    assert codes(report) == ["too_many_dates"]


def test_events_that_repeat_too_often_are_covered_as_far_as_the_budget_reaches():
    daily = "UID:{0}\nDTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    report = read(calendar(*(daily.format(n) for n in range(60))))
    assert codes(report) == ["not_covered"]
    assert report.covered_until < WINDOW.end
    days = (report.covered_until - WINDOW.start).days
    assert days > 100
    assert len(report.spans) >= 60 * days
    assert len(report.spans) <= 10_000


def test_twenty_thousand_endless_series_are_refused_without_being_laid_out():
    daily = "UID:{0}\nDTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    with pytest.raises(CalendarRefused) as refused:
        read(calendar(*(daily.format(n) for n in range(12_000))))
    assert refused.value.code == "too_much_work"


def test_problems_are_listed_up_to_a_hundred_and_then_counted():
    report = read(calendar(*["DTSTART:never"] * 300, GOOD.format(1)))
    assert len(report.problems) == 100
    assert report.problems_left_out == 200
    assert len(report.spans) == 1


def test_the_file_says_how_often_to_read_it_again():
    top = "REFRESH-INTERVAL;VALUE=DURATION:PT6H\nX-PUBLISHED-TTL:PT1H\n"
    assert read(calendar(GOOD.format(1), top=top)).refresh_minutes == 360
    assert read(calendar(GOOD.format(1), top="X-PUBLISHED-TTL:P1D\n")).refresh_minutes == 1440
    assert read(calendar(GOOD.format(1), top="X-PUBLISHED-TTL:soon\n")).refresh_minutes is None


def test_an_unknown_host_zone_is_the_callers_mistake():
    with pytest.raises(Invalid):
        read(calendar(GOOD.format(1)), default_zone="Nowhere/Else")


# -------------------------------------------------------------------- random files, worked out


def folded_anywhere(text: str, rnd: random.Random) -> bytes:
    """Folds at random octets, also inside characters; line ends of every kind."""
    out = bytearray()
    for line in text.split("\r\n"):
        raw, place = line.encode(), 0
        while len(raw) - place > 1 and rnd.random() < 0.5:
            cut = place + rnd.randint(1, len(raw) - place - 1)
            out += raw[place:cut] + rnd.choice([b"\r\n ", b"\n\t"])
            place = cut
        out += raw[place:] + rnd.choice([b"\r\n", b"\n"])
    return bytes(out)


@pytest.mark.parametrize("seed", range(40))
def test_random_calendars_give_the_spans_that_were_put_in(seed):
    rnd = random.Random(seed)
    zones = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    events, expected = [], []
    for number in range(rnd.randint(1, 30)):
        zone = ZoneInfo(rnd.choice(zones))
        wall = datetime(2026, 12, 1) + timedelta(minutes=rnd.randrange(300_000))
        length = timedelta(minutes=rnd.randint(1, 3000))
        kind = rnd.choice(["zoned", "utc", "floating", "day"])
        title = rnd.choice(["Käse, Brot; Wein", "会議", "a\\b", "🧀" * 20])
        start = wall.replace(tzinfo=zone)
        end = (start.astimezone(UTC) + length).astimezone(zone)
        if kind == "zoned":
            times = f"DTSTART;TZID={zone.key}:{start:%Y%m%dT%H%M%S}\n"
            times += f"DTEND;TZID={zone.key}:{end:%Y%m%dT%H%M%S}"
            if start.astimezone(UTC).astimezone(zone) != start or end.fold:
                continue  # hours that do not exist or happen twice cannot be written as local
        elif kind == "utc":
            start = wall.replace(tzinfo=UTC)
            end = start + length
            times = f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT{length // timedelta(minutes=1)}M"
        elif kind == "floating":
            start = wall.replace(tzinfo=BERLIN)
            end = start.astimezone(UTC) + length
            times = f"DTSTART:{wall:%Y%m%dT%H%M%S}\nDURATION:PT{length // timedelta(minutes=1)}M"
        else:
            start = datetime.combine(wall.date(), time(), BERLIN)
            last: date = wall.date() + timedelta(days=rnd.randint(1, 5))
            end = datetime.combine(last, time(), BERLIN)
            times = f"DTSTART;VALUE=DATE:{start:%Y%m%d}\nDTEND;VALUE=DATE:{last:%Y%m%d}"
        escaped = title.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
        events.append(f"UID:{number}\n{times}\nSUMMARY:{escaped}")
        minutes = [int((t.astimezone(UTC) - EPOCH) / timedelta(minutes=1)) for t in (start, end)]
        expected.append((str(number), *minutes, title))
    report = read(folded_anywhere(calendar(*events), rnd))
    assert report.problems == []
    found = [(s.uid, s.start_minute, s.end_minute, s.summary) for s in report.spans]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("name", ["google.ics", "outlook.ics", "apple.ics"])
def test_damaged_files_are_read_or_refused_but_never_break(name):
    whole = (FIXTURES / name).read_bytes()
    rnd = random.Random(name)
    pieces = [
        b"BEGIN:VEVENT\r\n",
        b"END:VEVENT\r\n",
        b"\r\n",
        b"\0",
        b"\xff",
        b'"',
        b":",
        b";",
        b"9",
    ]
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rnd.randint(1, 12)):
            place = rnd.randrange(len(data))
            if rnd.random() < 0.5:
                del data[place : place + rnd.randint(1, 40)]
            else:
                data[place:place] = rnd.choice([*pieces, whole[place : place + 60]])
        try:
            report = read(bytes(data))
        except CalendarRefused:
            continue
        for span in report.spans:
            assert span.start_minute < span.end_minute
