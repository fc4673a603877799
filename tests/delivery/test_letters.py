"""Every mail to every reader: what it says, what it carries, and what it never does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import icalendar
import pytest

from tests.delivery.frozen import EXTRA, VALUES, values
from webapp.delivery.letters import LARGEST_HTML, TEMPLATES, Stationery
from webapp.domain.mail import Letter, compose
from webapp.settings import Settings

WRITTEN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EVERY = [(template, audience) for template in EXTRA for audience in ("invitee", "host")]
every_mail = pytest.mark.parametrize(("template", "audience"), EVERY)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Stationery:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("paper"),
        base_url="https://book.example.org",
        mail_from="Kalends <bookings@example.org>",
    )
    return Stationery(settings)


def write(paper: Stationery, template: str, audience: str, **more: Any) -> Letter:
    frozen = json.loads(json.dumps(values(template, audience, **more)))
    address = "ada@example.com" if audience == "invitee" else "grace@example.org"
    return paper.write(
        template, audience, address, frozen, message_uuid=UUID(int=5), written_at=WRITTEN
    )


class Page(HTMLParser):
    """What a mail program would make of the HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attributes)
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.loaded += [given[name] or "" for name in ("src", "background") if name in given]
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


def event_of(letter: Letter) -> icalendar.Event:
    assert letter.calendar is not None
    calendar = icalendar.Calendar.from_ical(letter.calendar.text)
    [event] = calendar.walk("VEVENT")
    return event


# ----------------------------------------------------------------------------------- the shape


@every_mail
def test_the_calendar_part_says_what_the_mail_says(
    paper: Stationery, template: str, audience: str
) -> None:
    letter = write(paper, template, audience)
    assert letter.calendar is not None
    calendar = icalendar.Calendar.from_ical(letter.calendar.text)
    event = event_of(letter)
    ended = template in ("cancelled", "declined")
    status = "CANCELLED" if ended else EXTRA[template].get("status", "CONFIRMED")
    assert calendar["METHOD"] == letter.calendar.method == ("CANCEL" if ended else "REQUEST")
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (
        VALUES["uid"],
        EXTRA[template].get("sequence", 0),
        status,
    )
    assert event["DTSTART"].dt == datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
    assert str(event["ORGANIZER"]) == "mailto:grace@example.org"
    attendees = event["ATTENDEE"]
    assert [str(each) for each in attendees] == [
        "mailto:ada@example.com",
        "mailto:charles@example.com",
    ]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == [
        "Europe/Berlin" if audience == "invitee" else "America/New_York"
    ]


@every_mail
def test_a_mail_on_the_wire_has_the_one_shape(
    paper: Stationery, template: str, audience: str
) -> None:
    raw = compose(write(paper, template, audience))
    mail = message_from_bytes(raw, policy=policy.default)
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html"),
        *("text/calendar", "application/ics"),
    ]
    encodings = {
        part["Content-Transfer-Encoding"] for part in mail.walk() if not part.is_multipart()
    }
    assert encodings <= {"7bit", "8bit", "quoted-printable"}


@every_mail
def test_a_subject_is_short_and_begins_with_the_date_in_the_readers_zone(
    paper: Stationery, template: str, audience: str
) -> None:
    subject = write(paper, template, audience, profile_name="A very long profile " * 5).subject
    clock = "09:00" if audience == "invitee" else "03:00"
    assert subject.startswith(f"Thu 12 Nov {clock} – ")
    assert len(subject) <= 60


def test_subjects_say_what_happened_and_with_whom(paper: Stationery) -> None:
    said = {key: write(paper, *key).subject for key in EVERY}
    assert said["booked", "invitee"] == "Thu 12 Nov 09:00 – Intro call with Grace Hopper"
    assert said["booked", "host"] == "Thu 12 Nov 03:00 – Intro call with Ada Lovelace"
    assert said["requested", "host"] == "Thu 12 Nov 03:00 – Requested: Intro call with Ada Lovelace"
    assert said["moved", "invitee"] == "Thu 12 Nov 09:00 – New time: Intro call with Grace Hopper"
    assert said["cancelled", "invitee"].startswith("Thu 12 Nov 09:00 – Cancelled: ")
    assert said["declined", "invitee"].startswith("Thu 12 Nov 09:00 – Declined: ")


def test_a_subject_of_the_profiles_own_is_taken_as_it_is(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee", subject="Discovery: Engines Ltd")
    assert letter.subject == "Thu 12 Nov 09:00 – Discovery: Engines Ltd"


# -------------------------------------------------------------------------------- who and when


def test_the_invitee_hears_from_the_host_and_answers_to_the_host(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee")
    assert (letter.sender.name, letter.sender.address) == ("Grace Hopper", "bookings@example.org")
    assert letter.reply_to is not None
    assert letter.reply_to.address == "grace@example.org"


def test_the_host_answers_to_the_invitee(paper: Stationery) -> None:
    letter = write(paper, "booked", "host")
    assert letter.sender.name == "Kalends"
    assert letter.reply_to is not None
    assert letter.reply_to.address == "ada@example.com"


@every_mail
def test_both_parts_name_the_time_its_zone_and_its_offset(
    paper: Stationery, template: str, audience: str
) -> None:
    letter = write(paper, template, audience)
    day = "Thursday 12 November 2026"
    clock, zone = (
        ("09:00 – 09:30", "Europe/Berlin (UTC+1)")
        if audience == "invitee"
        else ("03:00 – 03:30", "America/New_York (UTC-5)")
    )
    for said in (letter.text, Page(letter.html).words):
        assert day in said
        assert clock in said
        assert zone in said


def test_a_meeting_in_person_is_told_in_the_time_of_its_place(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee", location_kind="address", location="1 Pier, NY")
    assert letter.subject.startswith("Thu 12 Nov 03:00")
    assert "09:00 – 09:30 (Europe/Berlin, UTC+1)" in letter.text


def test_a_move_tells_the_old_time_struck_through(paper: Stationery) -> None:
    letter = write(paper, "moved", "invitee")
    assert "<del>Wednesday 11 November 2026, 15:00 – 15:30</del>" in letter.html
    assert "Was:  Wednesday 11 November 2026, 15:00 – 15:30" in letter.text


# ------------------------------------------------------------------------------ links and words


def test_each_reader_gets_the_own_link_and_never_the_others(paper: Stationery) -> None:
    for template, audience in EVERY:
        letter = write(paper, template, audience)
        everything = letter.text + letter.html + str(event_of(letter).get("URL", ""))
        assert ("/console/" in everything) == (audience == "host")
        if template in ("booked", "requested", "moved"):
            assert ("/m/token" in everything) == (audience == "invitee")


def test_only_a_new_booking_offers_to_be_added_to_a_calendar(paper: Stationery) -> None:
    for template, audience in EVERY:
        offered = "calendar.google.com" in write(paper, template, audience).html
        assert offered == ((template, audience) == ("booked", "invitee"))


@every_mail
def test_the_html_part_loads_nothing_runs_nothing_and_is_well_formed(
    paper: Stationery, template: str, audience: str
) -> None:
    letter = write(paper, template, audience)
    page = Page(letter.html)
    assert page.open == []
    assert page.loaded == []
    assert not page.tags & {"script", "link", "img", "form", "iframe", "object"}
    assert "url(" not in letter.html
    assert "@import" not in letter.html
    assert all(link.startswith(("https://", "mailto:", "tel:")) for link in page.links)
    assert "prefers-color-scheme: dark" in letter.html
    assert len(letter.html.encode()) <= LARGEST_HTML


def test_the_organizations_colours_are_on_the_button(paper: Stationery) -> None:
    coloured = VALUES["organization"] | {"primary_color": "#FFEB3B", "secondary_color": "#000000"}
    html = write(paper, "booked", "invitee", organization=coloured).html
    assert "background-color:#FFEB3B;color:#000000" in html
    odd = VALUES["organization"] | {"primary_color": "red;}</style><script>"}
    assert "<script>" not in write(paper, "booked", "invitee", organization=odd).html


def test_answers_go_to_the_host_and_never_to_the_address_that_was_typed(
    paper: Stationery,
) -> None:
    for template, audience in EVERY:
        letter = write(paper, template, audience)
        assert letter.calendar is not None
        for said in (letter.text, Page(letter.html).words, letter.calendar.text):
            assert ("Engines" in said) == (audience == "host")


def test_a_reason_is_read_by_the_other_side(paper: Stationery) -> None:
    assert "My train is late" in write(paper, "moved", "host").text
    assert "My train is late" not in write(paper, "moved", "invitee").text
    assert "I am ill" in write(paper, "cancelled", "invitee").text


@pytest.mark.parametrize(
    ("template", "audience", "by", "sentence"),
    [
        ("cancelled", "invitee", "host", "Grace Hopper cancelled this booking."),
        ("cancelled", "invitee", "invitee", "You cancelled this booking."),
        ("cancelled", "host", "invitee", "Ada Lovelace cancelled this booking."),
        ("cancelled", "host", "host", "Your side cancelled this booking."),
        ("moved", "host", "invitee", "Ada Lovelace moved this booking."),
        ("declined", "invitee", "system", "Nobody answered the request in time."),
        ("declined", "invitee", "host", "Grace Hopper declined this request."),
    ],
)
def test_a_change_says_who_made_it(
    paper: Stationery, template: str, audience: str, by: str, sentence: str
) -> None:
    letter = write(paper, template, audience, by=by)
    assert sentence in letter.text
    assert sentence in Page(letter.html).words


@pytest.mark.parametrize(
    ("kind", "place", "audience", "sentence"),
    [
        ("phone", "+49 30 1", "invitee", "Call +49 30 1"),
        ("invitee_phone", "", "invitee", "You are called at +4930123456"),
        ("invitee_phone", "", "host", "You call +4930123456"),
        ("text", "Ask at the door", "invitee", "Ask at the door"),
        ("link", "https://meet.example.org/x", "invitee", "https://meet.example.org/x"),
    ],
)
def test_a_mail_says_how_to_meet(
    paper: Stationery, kind: str, place: str, audience: str, sentence: str
) -> None:
    letter = write(paper, "booked", audience, location_kind=kind, location=place)
    assert sentence in letter.text
    assert sentence in Page(letter.html).words


def test_a_link_of_another_kind_is_text_and_no_link(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee", location="javascript:alert(1)")
    assert "javascript:" not in "".join(Page(letter.html).links)


# ------------------------------------------------------------------------------------- hostile

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "x\r\nBcc: victim@example.com",
    "BEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT",
    "\u202eevil\u202c\x00\x07",
    "--===============boundary--",
    "A" * 4000,
]


@pytest.mark.parametrize("evil", EVIL)
@every_mail
def test_hostile_text_in_every_field_stays_text(
    paper: Stationery, template: str, audience: str, evil: str
) -> None:
    letter = write(
        paper,
        template,
        audience,
        subject=evil,
        profile_name=evil,
        description=evil,
        location=evil,
        reason=evil,
        answers={evil: evil},
        invitee={"name": evil, "email": "ada@example.com", "phone": evil},
        hosts=[{"name": evil, "email": "grace@example.org"}],
        organization={"name": evil, "slug": "harbour-clinic"},
        reader=evil,
    )
    page = Page(letter.html)
    assert not page.tags & {"script", "img"}
    assert page.open == []
    assert event_of(letter)["UID"] == VALUES["uid"]
    mail = message_from_bytes(compose(letter), policy=policy.default)
    assert "Bcc" not in mail
    assert [part.get_content_type() for part in mail.walk()].count("text/calendar") == 1
    assert "49" not in re.sub(r"\d{4}|:\d\d", "", mail["Subject"])


def test_very_long_answers_are_cut_in_the_html_and_whole_in_the_plain_part(
    paper: Stationery,
) -> None:
    answers = {f"Question {n}": f"{n} " + "<&> " * 480 + "end" for n in range(20)}
    letter = write(paper, "booked", "host", answers=answers)
    assert len(letter.html.encode()) <= LARGEST_HTML
    assert "Long texts are cut here" in letter.html
    assert letter.text.count("end") >= 20


def test_values_that_are_not_whole_are_a_bug_and_not_a_half_mail(paper: Stationery) -> None:
    with pytest.raises((KeyError, ValueError)):
        write(paper, "booked", "invitee", end="tomorrow")
    with pytest.raises(ValueError, match="no mail called"):
        paper.write(
            "nothing", "host", "a@b.example", {}, message_uuid=UUID(int=1), written_at=WRITTEN
        )


def test_a_host_without_a_mailbox_leaves_the_invitation_to_the_sender(paper: Stationery) -> None:
    letter = write(paper, "booked", "invitee", hosts=[{"name": "Room 4", "email": None}])
    assert str(event_of(letter)["ORGANIZER"]) == "mailto:bookings@example.org"
    assert letter.reply_to is None


def test_a_linked_calendar_that_fails_is_told_without_a_meeting(paper: Stationery) -> None:
    letter = paper.write(
        "feed-failing",
        "host",
        "grace@example.org",
        {
            "calendar": "Private",
            "problem": "There is no calendar at this address any more.",
            "console_url": "https://book.example.org/console/calendars",
            "organization": VALUES["organization"],
            "reader": "Grace Hopper",
        },
        message_uuid=UUID(int=5),
        written_at=WRITTEN,
    )
    assert letter.calendar is None
    assert letter.subject == "A linked calendar cannot be read: Private"
    for said in (letter.text, Page(letter.html).words):
        assert "There is no calendar at this address any more." in said


def test_every_template_there_is_can_be_written() -> None:
    folder = Path(__file__).parents[2] / "webapp" / "templates" / "mail"
    kept = {path.name for path in folder.iterdir() if path.is_dir()} - {"parts"}
    others = {"feed-failing", "invitation", "password-reset", "address-confirm", "sign-in-changed"}
    assert kept == set(TEMPLATES) == set(EXTRA) | others
