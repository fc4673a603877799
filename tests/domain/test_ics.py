"""Other people's calendar files become busy time; a bad event never takes a good one along."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from webapp.domain.errors import Invalid
from webapp.domain.ics import CalendarRefused, CalendarReport, read_calendar
from webapp.domain.span import EPOCH, Interval

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ics"
WINDOW = Interval(datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
BERLIN = ZoneInfo("Europe/Berlin")


def read(data: bytes | str, **more: object) -> CalendarReport:
    content = data.encode() if isinstance(data, str) else data
    arguments: dict[str, object] = {"default_zone": "Europe/Berlin", "window": WINDOW, **more}
    return read_calendar(content, **arguments)  # type: ignore[arg-type]


def calendar(*events: str, top: str = "") -> str:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{top}{body}END:VCALENDAR\n".replace("\n", "\r\n")


def local(report: CalendarReport, zone: ZoneInfo = BERLIN) -> list[str]:
    """Spans as "11-24 10:00-11:30" in a zone."""
    found = []
    for span in report.spans:
        start = (EPOCH + timedelta(minutes=span.start_minute)).astimezone(zone)
        end = (EPOCH + timedelta(minutes=span.end_minute)).astimezone(zone)
        found.append(f"{start:%m-%d %H:%M}-{end:%H:%M}")
    return found


def codes(report: CalendarReport) -> list[str]:
    return [problem.code for problem in report.problems]


def one(event: str, top: str = "", **more: object) -> list[str]:
    return local(read(calendar(f"UID:1\n{event}", top=top), **more))


GOOD = "UID:good-{0}\nDTSTART:202612{0:02d}T090000Z\nDTEND:202612{0:02d}T093000Z\nSUMMARY:Good"


# ----------------------------------------------------------------------- whole files of others


def test_a_feed_as_google_writes_it_becomes_busy_time():
    report = read((FIXTURES / "google.ics").read_bytes(), owner_emails=["ADA@example.org"])
    assert (report.name, report.zone, report.problems) == ("ada@example.org", "Europe/Berlin", [])
    december = [line for line in local(report) if line < "12-27" and line >= "11-2"]
    assert december[:4] == [
        "11-23 09:30-10:00",
        "12-08 14:00-14:30",
        "12-14 09:30-10:00",
        "12-21 09:30-10:00",
    ]
    assert "12-24 00:00-00:00" in local(report)
    assert "07-05 09:30-10:00" in local(report)  # summer time
    assert not any(span.uid.startswith(("birthday", "declined")) for span in report.spans)
    changed = next(event for event in report.events if event.recurrence_id)
    assert (changed.recurrence_id, changed.sequence) == ("20261207T093000", 4)


def test_a_declined_invitation_blocks_when_nobody_says_whose_calendar_it_is():
    report = read((FIXTURES / "google.ics").read_bytes(), owner_emails=["grace@example.org"])
    assert any(span.uid.startswith("declined") for span in report.spans)


def test_a_calendar_as_outlook_writes_it_becomes_busy_time():
    report = read((FIXTURES / "outlook.ics").read_bytes(), default_zone="UTC")
    assert report.problems == []
    assert local(report)[:2] == ["11-24 10:00-11:30", "11-25 14:00-15:00"]
    # New York changes its clocks two weeks before Berlin does; the file describes the zone itself.
    assert local(report, ZoneInfo("America/New_York"))[2:] == [
        "03-11 09:00-10:00",
        "03-18 09:00-10:00",
        "03-25 09:00-10:00",
    ]
    private = [event for event in report.events if event.private]
    assert [event.uid for event in private] == ["ny@outlook.example"]
    assert {span.summary for span in report.spans} == {"Busy", "Tentative", ""}


def test_a_calendar_as_apple_writes_it_becomes_busy_time():
    report = read((FIXTURES / "apple.ics").read_bytes())
    assert report.problems == []
    assert local(report) == [
        "11-23 18:00-19:30",
        "11-30 18:00-19:30",
        "12-02 00:00-08:00",
        "12-05 09:00-10:00",
        "12-05 11:00-11:30",
        "12-07 18:00-19:30",
    ]
    assert report.events[0].summary.startswith("Yoga, Anfänger — bitte")
    assert report.events[0].summary.endswith("da sein; danke!")


# ---------------------------------------------------------------------------------- what blocks


@pytest.mark.parametrize(
    ("mark", "blocks"),
    [
        ("", True),
        ("TRANSP:OPAQUE", True),
        ("TRANSP:TRANSPARENT", False),
        ("transp:transparent", False),
        ("STATUS:TENTATIVE", True),
        ("STATUS:CANCELLED", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", True),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org", False),
        ("ATTENDEE;PARTSTAT=DECLINED:MAILTO:Me@Example.org", False),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:you@example.org", True),
        ("ATTENDEE;CN=DECLINED;PARTSTAT=ACCEPTED:mailto:me@example.org", True),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:me@example.org", True),
    ],
)
def test_what_an_event_says_about_itself_decides_whether_it_blocks(mark, blocks):
    for kind in ("DTSTART:20261201T090000Z\nDTEND:20261201T100000Z", "DTSTART;VALUE=DATE:20261201"):
        report = read(calendar(f"UID:1\n{kind}\n{mark}"), owner_emails=["me@example.org"])
        assert len(report.spans) == blocks
        assert report.events[0].blocks is blocks


@pytest.mark.parametrize(
    ("times", "spans", "problem"),
    [
        ("DTSTART:20261201T090000Z\nDTEND:20261201T100000Z", ["12-01 10:00-11:00"], None),
        ("DTSTART:20261201T090000\nDTEND:20261201T100000", ["12-01 09:00-10:00"], None),
        ("DTSTART:20261201T090000Z\nDURATION:PT45M", ["12-01 10:00-10:45"], None),
        ("DTSTART:20261201T090000Z\nDURATION:P1D", ["12-01 10:00-10:00"], None),
        ("DTSTART;TZID=Europe/Berlin:20270327T090000\nDURATION:P1D", ["03-27 09:00-09:00"], None),
        ("DTSTART;TZID=Europe/Berlin:20270327T090000\nDURATION:PT24H", ["03-27 09:00-10:00"], None),
        ("DTSTART:20261201T090000Z\nDURATION:P1W", ["12-01 10:00-10:00"], None),
        ("DTSTART:20261201T090000Z", [], None),
        ("DTSTART:20261201T090000Z\nDTEND:20261201T090000Z", [], None),
        ("DTSTART:20261201T090030Z\nDTEND:20261201T090130Z", ["12-01 10:00-10:02"], None),
        ("DTSTART;VALUE=DATE:20261201", ["12-01 00:00-00:00"], None),
        ("DTSTART:20261201", ["12-01 00:00-00:00"], None),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203", ["12-01 00:00-00:00"], None),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:P2D", ["12-01 00:00-00:00"], None),
        (
            "DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201",
            ["12-01 00:00-00:00"],
            "ends_where_it_starts",
        ),
        ("DTSTART:20261201T090000Z\nDTEND:20261201T080000Z", [], "unreadable_event"),
        ("DTSTART;VALUE=DATE:20261202\nDTEND;VALUE=DATE:20261201", [], "unreadable_event"),
        ("DTSTART:20261201T090000Z\nDURATION:-PT1H", [], "unreadable_event"),
        ("DTSTART:20261201T090000Z\nDURATION:P", [], "unreadable_event"),
        ("DTSTART:20261201T090000Z\nDURATION:" + "9" * 5000, [], "unreadable_event"),
        ("SUMMARY:no start", [], "unreadable_event"),
        ("DTSTART:tomorrow", [], "unreadable_event"),
        ("DTSTART:20261301T090000Z", [], "unreadable_event"),
        ("DTSTART:20261201T250000Z", [], "unreadable_event"),
        ("DTSTART:00000000T000000Z", [], "unreadable_event"),
        ("DTSTART:00010101T000000Z\nDTEND:99991231T235959Z", [], "unreadable_event"),
        ("DTSTART:٢٠٢٦١٢٠١T090000Z", [], "unreadable_event"),
        ("DTSTART:20261201T0900Z\nDURATION:PT1H", ["12-01 10:00-11:00"], None),
    ],
)
def test_times_are_read_as_the_standard_says_or_reported(times, spans, problem):
    report = read(calendar(f"UID:1\n{times}"))
    assert local(report) == spans
    assert codes(report) == ([problem] if problem else [])


def test_an_all_day_event_lasts_from_midnight_to_midnight_in_the_calendars_zone():
    event = "UID:1\nDTSTART;VALUE=DATE:20270328\nDTEND;VALUE=DATE:20270329"
    berlin = read(calendar(event)).spans[0]
    assert berlin.end_minute - berlin.start_minute == 23 * 60
    tokyo = read(calendar(event, top="X-WR-TIMEZONE:Asia/Tokyo\n")).spans[0]
    assert tokyo.end_minute - tokyo.start_minute == 24 * 60
    assert berlin.start_minute - tokyo.start_minute == 8 * 60


# ------------------------------------------------------------------------------------ repeating


def test_left_out_added_and_changed_dates_are_followed():
    series = (
        "UID:1\nDTSTART;TZID=Europe/Berlin:20261201T090000\nDURATION:PT1H\n"
        "RRULE:FREQ=DAILY;COUNT=5\nEXDATE;TZID=Europe/Berlin:20261202T090000\n"
        "EXDATE:20261203T080000Z\nRDATE;TZID=Europe/Berlin:20261210T120000\n"
        "RDATE;VALUE=PERIOD:20261211T120000Z/PT30M,20261212T120000Z/20261212T124500Z"
    )
    moved = (
        "UID:1\nRECURRENCE-ID:20261204T080000Z\nDTSTART:20261204T150000Z\nDTEND:20261204T153000Z"
    )
    gone = (
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20261205T090000\nSTATUS:CANCELLED\n"
        "DTSTART;TZID=Europe/Berlin:20261205T090000"
    )
    report = read(calendar(series, moved, gone))
    assert report.problems == []
    assert local(report) == [
        "12-01 09:00-10:00",
        "12-04 16:00-16:30",
        "12-10 12:00-13:00",
        "12-11 13:00-13:30",
        "12-12 13:00-13:45",
    ]


def test_a_change_to_this_and_future_moves_the_rest():
    series = (
        "UID:1\nDTSTART;TZID=Europe/Berlin:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
    )
    later = (
        "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261203T090000\n"
        "DTSTART;TZID=Europe/Berlin:20261203T140000\nDURATION:PT15M"
    )
    assert local(read(calendar(series, later))) == [
        "12-01 09:00-10:00",
        "12-02 09:00-10:00",
        "12-03 14:00-14:15",
        "12-04 14:00-14:15",
    ]


def test_a_changed_occurrence_that_is_free_frees_its_time():
    series = "UID:1\nDTSTART:20261201T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"
    free = (
        "UID:1\nRECURRENCE-ID:20261202T090000Z\nDTSTART:20261202T090000Z\n"
        "DURATION:PT1H\nTRANSP:TRANSPARENT"
    )
    assert local(read(calendar(series, free))) == ["12-01 10:00-11:00"]
    assert local(read(calendar(free, series))) == ["12-01 10:00-11:00"]


def test_a_changed_occurrence_without_its_series_still_blocks():
    alone = "UID:1\nRECURRENCE-ID:20261202T090000Z\nDTSTART:20261202T110000Z\nDURATION:PT1H"
    assert local(read(calendar(alone))) == ["12-02 12:00-13:00"]


def test_the_newest_version_of_an_event_counts_and_strangers_with_one_uid_all_count():
    old = "UID:1\nSEQUENCE:1\nDTSTART:20261201T090000Z\nDURATION:PT1H"
    new = "UID:1\nSEQUENCE:2\nDTSTART:20261203T090000Z\nDURATION:PT1H"
    other = "UID:1\nSEQUENCE:2\nDTSTART:20261204T090000Z\nDURATION:PT1H"
    assert local(read(calendar(new, old, new))) == ["12-03 10:00-11:00"]
    both = read(calendar(old, new, other))
    assert local(both) == ["12-03 10:00-11:00", "12-04 10:00-11:00"]
    assert codes(both) == ["duplicate_uid"]


def test_a_refused_rule_keeps_its_first_event_and_says_why():
    event = "UID:x\nDTSTART:20261201T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY"
    report = read(calendar(event, GOOD.format(2)))
    assert local(report) == ["12-01 10:00-11:00", "12-02 10:00-10:30"]
    assert codes(report) == ["rule_refused"]
    assert report.problems[0].uid == "x"
    assert report.problems[0].line == 3
    assert report.events[0].rrule == "FREQ=SECONDLY"


def test_long_events_block_whole_and_repeated_ones_are_cut():
    sabbatical = "UID:1\nDTSTART:20261201T000000Z\nDTEND:20270301T000000Z"
    report = read(calendar(sabbatical))
    assert codes(report) == ["too_long"]
    assert report.spans[0].end_minute - report.spans[0].start_minute == 90 * 1440
    repeated = "UID:1\nDTSTART:20261201T000000Z\nDURATION:P60D\nRRULE:FREQ=YEARLY"
    report = read(calendar(repeated))
    assert codes(report) == ["too_long"]
    assert report.spans[0].end_minute - report.spans[0].start_minute == 31 * 1440


def test_spans_lie_inside_the_window_and_single_events_outside_are_left():
    ongoing = "UID:1\nDTSTART:20261120T220000Z\nDTEND:20261121T020000Z"
    over = "UID:2\nDTSTART:20261119T220000Z\nDTEND:20261121T000000Z"
    report = read(calendar(ongoing, over))
    assert local(report) == ["11-21 01:00-03:00"]
    assert len(report.events) == 2


# ---------------------------------------------------------------------------------------- zones


@pytest.mark.parametrize(
    ("tzid", "start"),
    [
        ("America/New_York", "15:00"),
        ('"America/New_York"', "15:00"),
        ("Eastern Standard Time", "15:00"),
        ("/freeassociation.sourceforge.net/America/New_York", "15:00"),
        ("/mozilla.org/20050126_1/America/New_York", "15:00"),
        ("/softwarestudio.org/Olson_20011030_5/America/Argentina/Buenos_Aires", "13:00"),
        ("UTC", "10:00"),
        ("GMT+0200", "08:00"),
        ("UTC-03:30", "13:30"),
        ("Asia/Kathmandu", "04:15"),
    ],
)
def test_zones_are_known_by_the_names_that_programs_write(tzid, start):
    report = read(calendar(f"UID:1\nDTSTART;TZID={tzid}:20261201T090000\nDURATION:PT1H"))
    assert local(report)[0].startswith(f"12-01 {start}")
    assert report.problems == []


@pytest.mark.parametrize(
    "tzid", ["Mars/Olympus", "../../etc/passwd", "a" * 300, "Europe/Paris\0", ""]
)
def test_an_unknown_zone_is_reported_once_and_the_calendars_zone_is_used(tzid):
    event = "UID:{}\nDTSTART;TZID=" + tzid + ":20261201T090000\nDURATION:PT1H"
    report = read(calendar(event.format(1), event.format(2)))
    assert local(report) == ["12-01 09:00-10:00"] * 2
    assert codes(report).count("unknown_zone") == (0 if tzid in ("", "Europe/Paris\0") else 1)


def described(tzid: str, zone: ZoneInfo, start: int, end: int) -> str:
    """A VTIMEZONE with every change of a zone between two years, found hour by hour."""
    parts = []
    at = datetime(start, 1, 1, tzinfo=UTC)
    while at.year < end:
        before, after = at.astimezone(zone), (at + timedelta(minutes=30)).astimezone(zone)
        old, new = before.utcoffset(), after.utcoffset()
        assert old is not None
        assert new is not None
        if old != new or not parts:
            wall = after.replace(tzinfo=None) - new + old
            signs = [f"{'-' if o < timedelta() else '+'}{time_of(abs(o)):%H%M}" for o in (old, new)]
            parts.append(
                f"BEGIN:STANDARD\nDTSTART:{wall:%Y%m%dT%H%M%S}\nTZOFFSETFROM:{signs[0]}\n"
                f"TZOFFSETTO:{signs[1]}\nEND:STANDARD\n"
            )
        at += timedelta(minutes=30)
    return f"BEGIN:VTIMEZONE\nTZID:{tzid}\n{''.join(parts)}END:VTIMEZONE\n"


def time_of(length: timedelta) -> time:
    return (datetime(2000, 1, 1) + length).time()


@pytest.mark.parametrize(
    "name",
    [
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "Antarctica/Troll",
        "Europe/Dublin",
    ],
)
def test_a_zone_that_only_the_file_describes_is_followed_through_its_changes(name):
    zone = ZoneInfo(name)
    events = [
        f"UID:{n}\nDTSTART;TZID=Our own:{wall:%Y%m%dT%H%M%S}\nDURATION:PT10M"
        for n in range(370)
        for wall in [datetime(2026, 11, 22) + timedelta(days=n, minutes=(n * 37) % 1440)]
    ]
    ours = read(calendar(*events, top=described("Our own", zone, 2026, 2028)))
    theirs = read(calendar(*(event.replace("Our own", name) for event in events)))
    assert ours.spans == theirs.spans
    assert ours.problems == []


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "BEGIN:STANDARD\nEND:STANDARD\n",
        "BEGIN:STANDARD\nDTSTART:x\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\n",
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+9900\nTZOFFSETTO:+0100\nEND:STANDARD\n",
        "BEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETFROM:+1400\nTZOFFSETTO:+0100\n"
        "RRULE:FREQ=SECONDLY\nEND:STANDARD\n",
    ],
)
def test_a_description_of_a_zone_that_makes_no_sense_is_reported(inside):
    top = f"BEGIN:VTIMEZONE\nTZID:Our own\n{inside}END:VTIMEZONE\n"
    report = read(calendar("UID:1\nDTSTART;TZID=Our own:20261201T090000\nDURATION:PT1H", top=top))
    assert local(report) == ["12-01 09:00-10:00"]
    assert set(codes(report)) == {"bad_zone", "unknown_zone"}


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
