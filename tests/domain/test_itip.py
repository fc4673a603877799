"""What leaves as a calendar object: it reads back as what people typed, at the right instants."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.odd_zones import ODD_ZONES
from webapp.domain.contentlines import Problems, read_components
from webapp.domain.errors import Invalid
from webapp.domain.ics import read_calendar
from webapp.domain.icszones import described_zone
from webapp.domain.itip import (
    Attendee,
    Invitation,
    Organizer,
    add_links,
    cancel_text,
    display_name,
    one_line,
    plain_text,
    publish_text,
    request_text,
)
from webapp.domain.span import Interval, to_minute

ZONES = ("Europe/Berlin", *ODD_ZONES, "UTC")
INVITATION = Invitation(
    uid="5f0c@kalends.example.org",
    sequence=2,
    summary="Intro call with Ada",
    start=datetime(2026, 12, 1, 9, tzinfo=UTC),
    end=datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
    zone="Europe/Berlin",
    organizer=Organizer("Ada Lovelace", "ada@example.org"),
    attendees=(Attendee("Grace Hopper", "grace@example.com"),),
    created_at=datetime(2026, 11, 1, 8, 0, 0, 5, tzinfo=UTC),
    written_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    description="Bring a pencil.\nAnd paper; two sheets, please.",
    location="Room 1, upstairs",
    url="https://kalends.example.org/m/1?a=1,2;b",
)


def parsed(text: str) -> tuple[icalendar.Calendar, icalendar.Event]:
    """The calendar and its only event, as another program reads them."""
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_request_says_everything_once():
    calendar, event = parsed(request_text(INVITATION))
    assert str(calendar["prodid"]) == "-//Kalends//Kalends 0.1//EN"
    assert (str(calendar["version"]), str(calendar["method"])) == ("2.0", "REQUEST")
    assert str(event["uid"]) == INVITATION.uid
    assert (event["sequence"], str(event["status"])) == (2, "CONFIRMED")
    assert str(event["description"]) == INVITATION.description
    assert str(event["location"]) == INVITATION.location
    assert str(event["url"]) == INVITATION.url
    assert event["dtstart"].params["TZID"] == "Europe/Berlin"
    assert event["dtstart"].dt == INVITATION.start
    assert event["dtend"].dt == INVITATION.end
    assert event["created"].to_ical() == b"20261101T080000Z"
    assert event["dtstamp"].to_ical() == event["last-modified"].to_ical() == b"20261121T120000Z"
    assert str(event["organizer"]) == "mailto:ada@example.org"
    assert event["organizer"].params["CN"] == "Ada Lovelace"
    guest = event["attendee"]
    assert str(guest) == "mailto:grace@example.com"
    assert dict(guest.params) == {
        "CN": "Grace Hopper",
        "PARTSTAT": "ACCEPTED",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "FALSE",
    }
    assert not any(name.startswith("X-") for name in (*event, *calendar))


def test_what_awaits_approval_is_tentative_and_a_cancellation_is_cancelled():
    assert str(parsed(request_text(INVITATION, "TENTATIVE"))[1]["status"]) == "TENTATIVE"
    calendar, event = parsed(cancel_text(replace(INVITATION, sequence=3)))
    assert (str(calendar["method"]), str(event["status"])) == ("CANCEL", "CANCELLED")
    assert (str(event["uid"]), event["sequence"]) == (INVITATION.uid, 3)
    assert str(event["attendee"]) == "mailto:grace@example.com"


def test_a_downloaded_file_names_no_guest():
    calendar, event = parsed(publish_text(INVITATION))
    assert str(calendar["method"]) == "PUBLISH"
    assert "attendee" not in event


HOSTILE = [
    "BEGIN:VEVENT",
    "END:VEVENT\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR",
    "a\nATTENDEE:mailto:evil@example.net",
    "a\rb",
    "a\u2028b\u2029c\x85d\x0be\x0cf",
    "back\\slash \\n \\, \\; \\\\",
    "semi;colon,comma:colon=equals",
    '"quoted" ^n ^^ ^\'',
    "🧀" * 60,
    "é" * 200,
    "x" * 1000,
    "nul\0bell\x07escape\x1b",
    "half \ud800 of a character",
    "turned \u202e around",
    "  blanks  ",
    "",
    "\n\n\n",
    "%0D%0AATTENDEE:x",
    "مرحبا بالعالم",
    "{{name}} <b>bold</b>",
]
FIELDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(summary=FIELDS, description=FIELDS, location=FIELDS, name=FIELDS, guest=FIELDS, uid=FIELDS)
def test_whatever_is_typed_is_read_back_as_text(summary, description, location, name, guest, uid):
    invitation = replace(
        INVITATION,
        uid="u" + uid,
        summary=summary,
        description=description,
        location=location,
        organizer=Organizer(name, "ada@example.org"),
        attendees=(Attendee(guest, "grace@example.com"), Attendee("B", "b@example.com")),
    )
    text = request_text(invitation)
    calendar, event = parsed(text)
    assert len(calendar.subcomponents) == 2
    assert str(event["uid"]) == one_line("u" + uid, 255)
    assert str(event["summary"]) == one_line(summary, 255)
    assert str(event.get("description", "")) == plain_text(description, 8000)
    assert str(event.get("location", "")) == plain_text(location, 1000)
    assert event["organizer"].params.get("CN", "") == display_name(name)
    assert event["attendee"][0].params.get("CN", "") == display_name(guest)
    assert [str(a) for a in event["attendee"]] == [
        "mailto:grace@example.com",
        "mailto:b@example.com",
    ]
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        line.decode()  # no character is cut in two
    ours = read_calendar(
        text.encode(),
        default_zone="UTC",
        window=Interval(datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    )
    assert ours.problems == []
    assert [(s.start_minute, s.end_minute) for s in ours.spans] == [
        (to_minute(INVITATION.start), to_minute(INVITATION.end))
    ]


def test_line_breaks_of_every_kind_become_newlines_and_the_rest_stays():
    assert plain_text("a\r\nb\rc\u2028d", 99) == "a\nb\nc\nd"
    assert plain_text("tab\there, ünï 🧀 \\ ; , :", 99) == "tab here, ünï 🧀 \\ ; , :"
    assert display_name('O"Neil, Jr; ^n') == "ONeil, Jr; n"
    assert display_name("a\\nb") == "anb"


@pytest.mark.parametrize("name", ZONES)
def test_start_and_end_are_the_same_instants_for_a_program_that_only_reads_the_file(name):
    """VTIMEZONE alone decides: the zone's name is replaced by one that nobody knows."""
    rnd = random.Random(name)
    for _ in range(60):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * rnd.randrange(105_000))
        end = start + timedelta(minutes=rnd.choice([15, 30, 90, 1440, 20_000]))
        invitation = replace(INVITATION, start=start, end=end, zone=name)
        text = request_text(invitation).replace(f"={name}", "=Nobody knows")
        text = text.replace(f"TZID:{name}", "TZID:Nobody knows")
        window = Interval(start - timedelta(days=1), end + timedelta(days=1))
        report = read_calendar(text.encode(), default_zone="Pacific/Fiji", window=window)
        assert report.problems == []
        assert [(s.start_minute, s.end_minute) for s in report.spans] == [
            (to_minute(start), to_minute(end))
        ]


@pytest.mark.parametrize("name", [name for name in ZONES if name != "UTC"])
def test_the_zone_is_described_right_for_every_hour_around_the_event(name):
    zone = ZoneInfo(name)
    problems = Problems()
    text = request_text(replace(INVITATION, zone=name))
    (calendar,) = read_components(text.encode(), problems)
    part = next(part for part in calendar.parts if part.name == "VTIMEZONE")
    window = Interval(INVITATION.start, INVITATION.end)
    ours = described_zone(name, part, window)
    at = datetime(2025, 1, 1, tzinfo=UTC)
    while at.year < 2028:
        assert at.astimezone(ours).replace(tzinfo=None) == at.astimezone(zone).replace(tzinfo=None)
        at += timedelta(minutes=30)


@pytest.mark.parametrize("minutes", [0, 30, 60, 90])
def test_an_hour_that_happens_twice_is_written_in_utc(minutes):
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    text = request_text(replace(INVITATION, start=start, end=start + timedelta(minutes=15)))
    _, event = parsed(text)
    assert event["dtstart"].dt.astimezone(UTC) == start
    twice = minutes in (30, 60)  # 02:00 and 02:30 for the second time
    assert ("TZID" not in event["dtstart"].params) is twice
    assert ("BEGIN:VTIMEZONE" not in text) is twice


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no at",
        "a@b\r\nATTENDEE:x",
        "a b@example.org",
        "a@b@c\n",
        "<a@example.org>",
        "a" * 300 + "@b",
    ],
)
def test_an_address_that_could_break_a_line_is_refused(email):
    with pytest.raises(Invalid):
        request_text(replace(INVITATION, organizer=Organizer("A", email)))
    with pytest.raises(Invalid):
        request_text(replace(INVITATION, attendees=(Attendee("A", email),)))


def test_ways_to_take_part_are_the_standards_own():
    guest = Attendee("A", "a@example.org", partstat="ACCEPTED:mailto:x")
    with pytest.raises(Invalid):
        request_text(replace(INVITATION, attendees=(guest,)))
    with pytest.raises(Invalid):
        request_text(replace(INVITATION, end=INVITATION.start))
    with pytest.raises(Invalid):
        request_text(replace(INVITATION, zone="Nowhere/Else"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x", "https://a b", "https://x\r\nX:1", "", "data:,x"]
)
def test_only_web_addresses_stand_in_the_url(url):
    assert "url" not in parsed(request_text(replace(INVITATION, url=url)))[1]


def test_the_links_carry_the_meeting_and_nothing_else():
    links = {link.name: urlsplit(link.url) for link in add_links(INVITATION)}
    assert {name: link.netloc for name, link in links.items()} == {
        "Google": "calendar.google.com",
        "Outlook.com": "outlook.live.com",
        "Office 365": "outlook.office.com",
        "Yahoo": "calendar.yahoo.com",
    }
    google = parse_qs(links["Google"].query)
    assert google["dates"] == ["20261201T090000Z/20261201T093000Z"]
    assert google["details"] == [INVITATION.description]
    outlook = parse_qs(links["Outlook.com"].query)
    assert (outlook["startdt"], outlook["enddt"]) == (
        ["2026-12-01T09:00:00Z"],
        ["2026-12-01T09:30:00Z"],
    )
    yahoo = parse_qs(links["Yahoo"].query)
    assert (yahoo["st"], yahoo["et"]) == (["20261201T090000Z"], ["20261201T093000Z"])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_link_stays_one_link_whatever_is_in_it(text):
    for link in add_links(replace(INVITATION, summary=text, description=text, location=text)):
        assert link.url.isascii()
        assert link.url.isprintable()
        assert not set('"<>\\^ ') & set(link.url)
        assert "guest" not in link.url
