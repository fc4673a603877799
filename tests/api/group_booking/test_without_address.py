"""Bookings without a mail address: no word, row or button that takes one for granted."""

from __future__ import annotations

import pytest

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.test_meetings import NINE, book, order, served
from tests.world import World
from webapp.domain.errors import Refusal
from webapp.models import BookingProfile
from webapp.services import bookings, resending


def test_no_page_promises_a_mail_to_somebody_without_an_address(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    token = book(program, profile, {"time": NINE, "name": "Grace"})["rescheduleToken"]
    page = program.client.get(f"/{world.slug}/m/{token}").text
    assert "on its way" not in page


def test_there_is_no_mail_to_send_again_to_somebody_without_an_address(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    token = book(program, profile, {"time": NINE, "name": "Grace"})["rescheduleToken"]
    with world.desk.begin(world.owner) as uow:
        booking = bookings.by_manage_link(uow, token)
        with pytest.raises(Refusal):
            resending.resend(uow, booking.uuid)


def test_a_request_without_an_address_says_where_the_answer_stands(
    program: Program, world: World
) -> None:
    profile = served(program, world, "ada")
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(BookingProfile, profile).needs_approval = True
    token = book(program, profile, {"time": NINE, "name": "Grace"})["rescheduleToken"]
    page = program.client.get(f"/{world.slug}/m/{token}").text
    assert "This page says so then." in page
    assert "either way" not in page
    assert "E-mail" not in page


def test_with_an_address_the_mail_is_promised_still(program: Program, world: World) -> None:
    profile = served(program, world, "ada")
    token = book(program, profile, order())["rescheduleToken"]
    page = program.client.get(f"/{world.slug}/m/{token}").text
    assert "on its way" in page
    assert "E-mail" in page
