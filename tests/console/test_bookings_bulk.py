"""Several bookings at once: each on its own, told one by one, never more than was meant."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.models import Actor
from webapp.services import bookings, holds
from webapp.services.holds import Details

CHOSEN = "/console/bookings/chosen"


def many(world: World, count: int) -> list[str]:
    """Bookings of one meeting with many seats: quick to make."""
    profile = world.profile(seats=count)
    uuids = []
    for number in range(count):
        draft = world.hold(profile, at(9))
        with world.desk.begin(world.guest) as uow:
            details = Details(f"Seat {number}", f"s{number}@example.org")
            uuids.append(str(holds.confirm(uow, draft, details).uuid))
    return uuids


def statuses(world: World) -> list[str]:
    return [str(row[0]) for row in world.desk.sql("SELECT status FROM booking ORDER BY id")]


def test_one_refusal_does_not_undo_the_others(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    uuids = [office.book(profile, at(hour), f"G{hour}") for hour in (8, 9, 10)]
    with office.desk.begin(office.guest) as uow:
        bookings.cancel(uow, UUID(uuids[1]), by=Actor.INVITEE)
    ask = ada.get(CHOSEN, query_string={"do": "cancel", "chosen": uuids, "back": "q=G"})
    assert "Cancel 3 bookings" in ask.text
    assert statuses(office) == ["confirmed", "cancelled", "confirmed"]
    form = {"do": "cancel", "chosen": uuids, "reason": "A storm", "key": "k", "back": "q=G"}
    done = ada.post(CHOSEN, data=form, headers=SAME)
    assert done.status_code == 200
    assert "Cancel bookings: 2 of 3 done" in done.text
    assert "This booking was already cancelled" in done.text
    assert 'href="/console/bookings?q=G"' in done.text
    assert statuses(office) == ["cancelled"] * 3
    reasons = office.desk.sql("SELECT cancel_reason FROM booking ORDER BY id")
    assert [row[0] for row in reasons] == ["A storm", "", "A storm"]


def test_a_form_sent_twice_cancels_once(ada: FlaskClient, office: World) -> None:
    uuids = [office.book(office.profile(), at(8))]
    form = {"do": "cancel", "chosen": uuids, "key": "k"}
    for _ in range(2):
        assert "1 of 1 done" in ada.post(CHOSEN, data=form, headers=SAME).text
    assert office.desk.sql("SELECT sequence FROM booking")[0][0] == 1
    cancelled = "SELECT count(*) FROM message WHERE template = 'cancelled'"
    assert office.desk.sql(cancelled)[0][0] == 2  # invitee and host


def test_more_than_twenty_are_cancelled_only_by_typing_how_many(
    ada: FlaskClient, office: World
) -> None:
    uuids = many(office, 21)
    form = {"do": "cancel", "chosen": uuids, "key": "k", "reason": "We close"}
    assert "Type 21 to show" in ada.get(CHOSEN, query_string=form).text
    for number in ("", "20", "all"):
        refused = ada.post(CHOSEN, data=form | {"number": number}, headers=SAME)
        assert refused.status_code == 422
        assert "We close" in refused.text
    assert set(statuses(office)) == {"confirmed"}
    assert "21 of 21 done" in ada.post(CHOSEN, data=form | {"number": "21"}, headers=SAME).text
    assert set(statuses(office)) == {"cancelled"}
    assert office.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 0


def test_no_shows_are_marked_after_the_start_and_taken_back(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile()
    uuids = [office.book(profile, at(hour, day=23), f"G{hour}") for hour in (8, 9)]
    office.desk.clock.now = at(8, 15, day=23)
    form = {"do": "no-show", "chosen": uuids}
    page = ada.post(CHOSEN, data=form, headers=SAME).text
    assert "1 of 2 done" in page
    assert "This booking has not begun yet" in page
    undo = re.findall(r'name="chosen" value="([^"]+)"', page)
    assert undo == uuids[:1]
    assert "G8" in ada.get("/console/bookings?list=upcoming").text
    back = ada.post(CHOSEN, data={"do": "undo", "chosen": undo}, headers=SAME)
    assert "1 of 1 done" in back.text
    assert office.desk.sql("SELECT count(*) FROM booking WHERE no_show_at IS NOT NULL")[0][0] == 0


def test_what_cannot_be_meant_changes_nothing(ada: FlaskClient, office: World) -> None:
    own = office.book(office.profile(), at(8))
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.book(other.profile(), at(8))
    for chosen, status in (
        ([own, theirs], 404),
        ([own, str(uuid4())], 404),
        ([own, "x"], 404),
        ([str(uuid4()) for _ in range(101)], 422),
        ([], 422),
    ):
        form = {"do": "cancel", "chosen": chosen, "key": "k"}
        assert ada.get(CHOSEN, query_string=form).status_code == status
        assert ada.post(CHOSEN, data=form, headers=SAME).status_code == status
    assert ada.post(CHOSEN, data={"do": "burn", "chosen": [own]}, headers=SAME).status_code == 404
    long = {"do": "cancel", "chosen": [own], "reason": "x" * 1001}
    assert ada.post(CHOSEN, data=long, headers=SAME).status_code == 422
    assert set(statuses(office)) == {"confirmed"}


def test_the_way_back_leads_to_the_list_only(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    hostile = "list=past&next=//evil.example&x=%22%3E%3Cscript%3E&q=%22%3E%3Cb%3E"
    page = ada.get(CHOSEN, query_string={"do": "cancel", "chosen": uuid, "back": hostile}).text
    assert "evil" not in page
    assert "<b>" not in page
    assert 'href="/console/bookings?list=past&amp;q=%22%3E%3Cb%3E"' in page
