"""Other people's calendar files become busy time; a bad event never takes a good one along."""
# ruff: noqa: DTZ001 - wall-clock times have no zone of their own

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.domain.calendar_files import FIXTURES, GOOD, calendar, codes, local, read

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


def test_a_description_that_says_where_it_belongs_is_that_places_zone():
    top = "BEGIN:VTIMEZONE\nTZID:Our own\nX-LIC-LOCATION:Asia/Tokyo\nEND:VTIMEZONE\n"
    report = read(calendar("UID:1\nDTSTART;TZID=Our own:20261201T090000\nDURATION:PT1H", top=top))
    assert local(report) == ["12-01 01:00-02:00"]
    assert (report.problems, report.events[0].zone) == ([], "Asia/Tokyo")


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
