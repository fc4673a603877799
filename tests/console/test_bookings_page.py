"""One booking in the console: its timeline, notes, no-show, moving, its mail once more."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.domain.permissions import Caller, Role
from webapp.services import bookings, holds, notes
from webapp.services.holds import Details

HOSTILE = "<img src=x onerror=alert(1)>\u202e{{7*7}}"


def page_of(browser: FlaskClient, uuid: str) -> str:
    return browser.get(f"/console/bookings/{uuid}").text


def post(browser: FlaskClient, path: str, **form: str) -> int:
    return browser.post(f"/console/bookings/{path}", data=form, headers=SAME).status_code


def column(world: World, name: str) -> object:
    return world.desk.sql(f"SELECT {name} FROM booking")[0][0]


# ---------------------------------------------------------------------------------- no-show


def test_a_no_show_is_marked_only_after_the_start_and_can_be_taken_back(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8, day=23))
    assert "Mark as no-show" not in page_of(ada, uuid)
    assert post(ada, f"{uuid}/no-show") == 409
    assert post(ada, f"{uuid}/no-show/undo") == 409
    office.desk.clock.now = at(8, day=23)
    assert post(ada, f"{uuid}/no-show") == 303
    page = page_of(ada, uuid)
    assert "Marked as a no-show" in page
    assert "They came after all" in page
    assert post(ada, f"{uuid}/no-show") == 409
    assert "No-show" in ada.get("/console/bookings").text
    assert post(ada, f"{uuid}/no-show/undo") == 303
    assert column(office, "no_show_at") is None
    assert "No-show taken back" in page_of(ada, uuid)


def test_what_did_not_stand_is_no_no_show(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8, day=23))
    assert post(ada, f"{uuid}/cancellation") == 303
    office.desk.clock.now = at(9, day=23)
    assert post(ada, f"{uuid}/no-show") == 409
    assert column(office, "no_show_at") is None


# ------------------------------------------------------------------------------------ notes


def test_notes_are_for_everybody_here_and_changed_by_who_wrote_them_alone(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    ada, bela = sign_in("ada"), sign_in("bela")
    uuid = office.book(office.profile(), at(8))
    assert post(ada, f"{uuid}/notes", text="  Bring the\r\nlong ladder ", key="n") == 303
    assert post(ada, f"{uuid}/notes", text="  Bring the\r\nlong ladder ", key="n") == 303
    assert [row[0] for row in office.desk.sql("SELECT text FROM booking_note")] == [
        "Bring the\nlong ladder"
    ]
    mine = re.search(rf"/console/bookings/{uuid}/notes/([0-9a-f-]+)", page_of(ada, uuid))
    assert mine
    theirs = page_of(bela, uuid)
    assert "long ladder" in theirs
    assert f"/notes/{mine[1]}" not in theirs
    for ending in ("", "/deletion"):
        assert post(bela, f"{uuid}/notes/{mine[1]}{ending}", text="Mine now") == 403
    assert bela.get(f"/console/bookings/{uuid}/notes/{mine[1]}").status_code == 403
    assert post(ada, f"{uuid}/notes/{mine[1]}", text="Two ladders") == 303
    page = page_of(ada, uuid)
    assert "Two ladders" in page
    assert "changed later" in page
    assert post(ada, f"{uuid}/notes/{mine[1]}/deletion") == 303
    assert "Two ladders" not in page_of(ada, uuid)
    assert "Deleted a note" in page_of(ada, uuid)
    assert post(ada, f"{uuid}/notes/{mine[1]}", text="Again") == 404


def test_a_note_that_cannot_be_kept_stays_in_its_field(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    for text in ("", "  ", "x" * 2001, "a\x00b"):
        answer = ada.post(f"/console/bookings/{uuid}/notes", data={"text": text}, headers=SAME)
        assert answer.status_code == 422
        assert "x" * 2001 in answer.text or len(text) < 2001
    assert office.desk.sql("SELECT count(*) FROM booking_note")[0][0] == 0


# ------------------------------------------------------------------------------- the timeline


def test_the_timeline_tells_who_did_what_in_words(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    move = {"start": "2026-11-24T10:00Z", "reason": "Late train", "key": "m"}
    assert post(ada, f"{uuid}/move", **move) == 303
    assert post(ada, f"{uuid}/cancellation", reason="The boiler burst") == 303
    page = page_of(ada, uuid)
    happened = page.partition("What happened")[2]
    for words in (
        'Booked <span class="muted">by <bdi>Grace</bdi>',
        "Confirmation mailed to the invitee",
        'Moved <span class="muted">by <bdi>Ada Berg</bdi>',
        "From Tue 24 Nov 2026, 09:00 to Tue 24 Nov 2026, 11:00",
        "New time mailed to the invitee",
        'Cancelled <span class="muted">by <bdi>Ada Berg</bdi>',
        "“The boiler burst”",
        "Waiting to be sent",
    ):
        assert words in happened
    places = [happened.index(words) for words in ("Booked", "Moved", "Cancelled <span")]
    assert places == sorted(places)


def test_what_people_wrote_is_shown_as_text_everywhere(ada: FlaskClient, office: World) -> None:
    profile = office.profile(description="Topic {{topic}}", name="<b>Bold</b>")
    draft = office.hold(profile, at(8))
    with office.desk.begin(office.guest) as uow:
        answers = {"topic": HOSTILE}
        uuid = holds.confirm(uow, draft, Details(HOSTILE, "g@example.org", answers=answers)).uuid
    assert post(ada, f"{uuid}/notes", text=HOSTILE) == 303
    for path in ("", f"/{uuid}", f"/{uuid}/move", f"/{uuid}/move?start=2026-11-24T10:00Z",
                 f"/{uuid}/host", f"/{uuid}/cancellation", "/new", f"/new?profile={profile}",
                 f"/new?profile={profile}&start=2026-11-24T10:00Z", "?q=%3Cimg+src%3Dx%3E",
                 f"/chosen?do=cancel&chosen={uuid}"):  # fmt: skip
        answer = ada.get(f"/console/bookings{path}")
        assert answer.status_code == 200, path
        assert "<img" not in answer.text
        assert "<b>Bold" not in answer.text
    home = ada.get("/console/?who=all").text
    assert "<img" not in home


# ------------------------------------------------------------------------------------- moving


def test_a_move_is_shown_before_it_is_made_and_keeps_the_reference(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8))
    choose = ada.get(f"/console/bookings/{uuid}/move").text
    link = "start=2026-11-24T10:00Z"
    assert link in choose
    assert "start=2026-11-28" not in choose  # a Saturday
    sure = ada.get(f"/console/bookings/{uuid}/move?{link}")
    assert "Tuesday 24 November 2026, 11:00–11:30" in sure.text
    assert str(column(office, "start_at")).startswith("2026-11-24 08:00")
    typed = ada.get(f"/console/bookings/{uuid}/move?on=2026-11-24&at=11:00").text
    assert 'name="start" value="2026-11-24T10:00Z"' in typed
    assert post(ada, f"{uuid}/move", start="2026-11-24T10:00Z", key="m") == 303
    assert str(column(office, "start_at")).startswith("2026-11-24 10:00")
    assert column(office, "reference") == 1001


def test_a_time_that_cannot_be_had_is_answered_with_others(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    uuid, _ = office.book(profile, at(8)), office.book(profile, at(9), "Otto")
    base = f"/console/bookings/{uuid}/move"
    for path, status, words in (
        ("?start=2026-11-24T09:00Z", 409, "Nearest free times"),
        ("?start=2026-11-24T08:00Z", 422, "That is the time it has."),
        ("?start=2026-11-24T09:07:30Z", 409, "is not offered"),
        ("?start=2026-11-28T09:00Z", 409, "is not offered"),
        ("?start=nonsense", 422, "Choose a time."),
        ("?start=2026-11-24T09:00", 422, "Choose a time."),
        ("?on=2026-11-24&at=25:00", 422, "Enter a time, like 14:30."),
        ("?on=2026-13-24&at=12:00", 422, "Enter a date"),
        ("?on=2027-03-28&at=02:30", 422, "Clocks skip that time"),
        ("?d=nonsense", 200, "Free times"),
        ("?d=2098-12-31", 200, "Free times"),
    ):
        answer = ada.get(base + path)
        assert (answer.status_code, path) == (status, path)
        assert words in answer.text, path
    lost = ada.post(base, data={"start": "2026-11-24T09:00Z"}, headers=SAME)
    assert lost.status_code == 409
    assert "Nearest free times" in lost.text
    long = ada.post(base, data={"start": "2026-11-24T12:00Z", "reason": "x" * 1001}, headers=SAME)
    assert long.status_code == 422
    assert "x" * 1001 in long.text
    assert str(office.desk.sql("SELECT start_at FROM booking ORDER BY id")[0][0]).startswith(
        "2026-11-24 08:00"
    )


def test_what_is_past_is_not_moved(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8, day=23))
    office.desk.clock.now = at(9, day=23)
    assert "can no longer be moved" in ada.get(f"/console/bookings/{uuid}/move").text
    assert post(ada, f"{uuid}/move", start="2026-11-24T12:00Z") == 409


# -------------------------------------------------------------------------- the mail once more


def test_the_confirmation_is_sent_again_but_not_without_end(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(12, day=23))
    mails = "SELECT count(*) FROM message WHERE template = 'booked' AND audience = 'invitee'"
    assert post(ada, f"{uuid}/mail", key="same") == 303
    assert post(ada, f"{uuid}/mail", key="same") == 303
    assert office.desk.sql(mails)[0][0] == 2
    codes = [post(ada, f"{uuid}/mail", key=f"k{n}") for n in range(5)]
    assert codes == [303, 303, 303, 429, 429]
    assert office.desk.sql(mails)[0][0] == 5
    office.desk.clock.forward(hours=2)
    assert post(ada, f"{uuid}/mail", key="later") == 303
    office.desk.clock.now = at(12, day=23)
    assert post(ada, f"{uuid}/mail", key="past") == 409


# ------------------------------------------------------------------------- other organizations


@pytest.mark.parametrize("who", ["theirs", "nobodys"])
def test_nothing_of_another_organizations_booking_is_shown_or_changed(
    ada: FlaskClient, office: World, who: str
) -> None:
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.book(other.profile("ada", "bela"), at(8), "Secret")
    with office.desk.begin(Caller(other.organization_id, Role.OWNER, other.hosts["ada"])) as uow:
        notes.add(uow, UUID(theirs), "A secret note")
        note = notes.of_booking(uow, bookings.by_uuid(uow, UUID(theirs)))[0].uuid
    before = office.desk.sql("SELECT * FROM booking")
    uuid = theirs if who == "theirs" else "00000000-0000-0000-0000-000000000009"
    for path in ("", "/move", "/move?start=2026-11-24T10:00Z", "/host", f"/notes/{note}"):
        assert ada.get(f"/console/bookings/{uuid}{path}").status_code == 404, path
    for path in ("no-show", "no-show/undo", "mail", "move", "host", "notes", f"notes/{note}",
                 f"notes/{note}/deletion", "refusal", "approval"):  # fmt: skip
        form = {"text": "Hello", "start": "2026-11-24T10:00Z", "hosts": "1"}
        assert post(ada, f"{uuid}/{path}", **form) == 404, path
    assert office.desk.sql("SELECT * FROM booking") == before
    assert office.desk.sql("SELECT text FROM booking_note") == [("A secret note",)]


# ------------------------------------------------------------------------------------- why


def test_the_page_tells_why_this_host_and_who_else_could_have_come(
    ada: FlaskClient, office: World
) -> None:
    pool = office.profile("ada", "bela", "chris", slug="pool")
    first, second = office.book(pool, at(9)), office.book(pool, at(10))
    assert "Why Ada Berg?" in page_of(ada, first)
    page = page_of(ada, second)
    assert "Why Bela Cruz?" in page
    assert "they had waited longest" not in page
    names = re.findall(r'<th scope="row"><bdi>([^<]+)', page)
    assert names == ["Bela Cruz", "Chris Dahl", "Ada Berg"], "the chosen, then whose turn was next"
    assert "Why " not in page_of(ada, office.book(office.profile(), at(11)))
