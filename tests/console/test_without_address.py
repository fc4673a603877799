"""What the console shows of a booking whose invitee left no mail address."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.console.conftest import SAME, csrf_of
from tests.world import World, at
from webapp.services import group_booking
from webapp.services.group_booking import Order
from webapp.services.holds import Details


def test_no_page_says_that_the_invitee_is_written_to(ada: FlaskClient, office: World) -> None:
    profile = office.profile("ada", "bela")
    with office.desk.begin(office.owner) as uow:
        order = Order(at(9), at(9, 30), Details("Grace", ""))
        uuid = group_booking.book(uow, profile, order).booking.uuid
    booking = f"/console/bookings/{uuid}"
    page = ada.get(booking).text
    assert "Send the mail again" not in page
    assert "mailto:" not in page
    for part in ("cancellation", "host"):
        text = ada.get(f"{booking}/{part}").text
        assert "he hosts get a mail" in text or "get a mail each." in text
        assert "nvitee and hosts" not in text
        assert "the invitee reads" not in text
    answer = ada.post(f"{booking}/mail", data={"csrf": csrf_of(page), "key": "k"}, headers=SAME)
    assert answer.status_code == 409
    assert "left no mail address" in answer.text
    assert (
        "Send the mail again" in ada.get(f"/console/bookings/{office.book(profile, at(11))}").text
    )
