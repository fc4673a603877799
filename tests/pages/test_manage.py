"""After booking: the receipt, moving, cancelling; and what is said when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.pages.reading import heading, hidden, starts, words
from tests.pages.steps import HOME, NINE, TEN, book, count, draft
from tests.world import World, at
from webapp.blueprints.booking import details
from webapp.models import Actor, LocationKind
from webapp.services import bookings

# ------------------------------------------------------------------------------- the receipt


def test_the_receipt_shows_what_was_booked_and_hides_what_others_need_not_see(
    world: World, client: FlaskClient
) -> None:
    world.profile(location_kind=LocationKind.LINK, location="https://meet.example.org/a?b=1&c=2")
    page = client.get(book(client))
    said = words(page)
    assert heading(page) == "Booked"
    assert "09:00 to 09:30 Tuesday 24 November 2026" in said
    assert "Paris (UTC+1)" in said
    assert "g•••@example.org" in said
    assert "grace@example.org" not in page.text
    assert 'href="https://meet.example.org/a?b=1&amp;c=2" rel="noreferrer"' in page.text
    for name in ("Calendar file", "Google", "Outlook.com", "Office 365", "Yahoo"):
        assert name in said
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert 'name="robots" content="noindex"' in page.text


def test_the_calendar_file_publishes_the_booking(world: World, client: FlaskClient) -> None:
    world.profile()
    address = book(client)
    answer = client.get(f"{address}.ics")
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "METHOD:PUBLISH" in answer.text
    assert "DTSTART;TZID=Europe/Paris:20261124T090000" in answer.text
    client.post(f"{address}/cancel", data=hidden(client.get(f"{address}/cancel")))
    assert "METHOD:CANCEL" in client.get(f"{address}.ics").text


def test_a_request_says_until_when_it_is_decided(world: World, client: FlaskClient) -> None:
    world.profile(needs_approval=True)
    form = draft(client)
    assert "Send request" in words(client.get(form))
    page = client.get(book(client, TEN))
    assert heading(page) == "Requested"
    assert "Ada Berg can confirm it until Tuesday 24 November 2026, 10:00" in words(page)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token.partition(".")[0],
        lambda token: "x" * 22 + token[22:],
        lambda token: token + "0",
        lambda _: "%00.%00",
        lambda token: token.swapcase(),
    ],
)
def test_a_link_that_was_not_given_out_opens_nothing(
    world: World, client: FlaskClient, wrong: Callable[[str], str]
) -> None:
    world.profile()
    token = book(client).rpartition("/")[2]
    path = f"/harbour/m/{wrong(token)}"
    for answer in (
        client.get(path),
        client.get(f"{path}.ics"),
        client.get(f"{path}/move"),
        client.post(f"{path}/cancel"),
        client.post(f"{path}/move", data={"start": TEN}),
    ):
        assert answer.status_code == 404
    assert count(world) == 1


def test_looking_at_every_address_of_a_booking_changes_nothing(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    address = book(client)
    before = world.desk.sql("SELECT * FROM booking"), world.desk.sql("SELECT * FROM busy_span")
    for tail in ("", ".ics", "/move", f"/move?start={TEN}", "/cancel"):
        assert client.get(address + tail).status_code == 200
        assert client.head(address + tail).status_code == 200
    assert (
        world.desk.sql("SELECT * FROM booking"),
        world.desk.sql("SELECT * FROM busy_span"),
    ) == before


# --------------------------------------------------------------------- moving and cancelling


def test_a_move_shows_old_and_new_before_it_happens(world: World, client: FlaskClient) -> None:
    world.profile()
    address = book(client)
    page = client.get(f"{address}/move?d=2026-11-24")
    assert "Now: Tuesday 24 November 2026, 09:00–09:30" in words(page)
    assert NINE not in starts(page)
    assert "2026-11-24T08:30Z" in starts(page)
    ask = client.get(f"{address}/move?start={TEN}&tz=Europe/Berlin")
    assert heading(ask) == "Change to this time?"
    assert "Now Tuesday 24 November 2026, 09:00–09:30 New 10:00" in words(ask)
    done = client.post(f"{address}/move", data=hidden(ask) | {"reason": "A train"})
    assert (done.status_code, done.headers["Location"]) == (303, address)
    assert "10:00 to 10:30" in words(client.get(address))


@pytest.mark.parametrize(
    ("start", "status"),
    [(TEN, 409), ("2026-11-24T03:00Z", 409), (NINE, 422), ("nonsense", 422), ("", 422)],
)
def test_a_move_that_cannot_be_keeps_the_booking_and_offers_other_times(
    world: World, client: FlaskClient, start: str, status: int
) -> None:
    profile = world.profile()
    address = book(client)
    world.book(profile, at(9), name="Faster")
    answer = client.post(f"{address}/move", data={"start": start})
    assert answer.status_code == status
    assert "Your booking stays as it is." in words(answer)
    assert 'id="taken"' in answer.text
    assert starts(answer)
    assert "09:00 to 09:30" in words(client.get(address))


def test_cancelling_asks_first_and_gives_the_time_back(world: World, client: FlaskClient) -> None:
    world.profile()
    address = book(client)
    ask = client.get(f"{address}/cancel")
    assert heading(ask) == "Cancel this booking?"
    assert "Keep it" in words(ask)
    done = client.post(f"{address}/cancel", data=hidden(ask) | {"reason": "I am ill"})
    assert (done.status_code, done.headers["Location"]) == (303, address)
    page = client.get(address)
    assert heading(page) == "Cancelled"
    assert "Reason: I am ill" in words(page)
    assert NINE in starts(client.get(f"{HOME}?d=2026-11-24"))


def test_what_is_cancelled_or_past_says_so_and_changes_no_more(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    cancelled, past = book(client), book(client, TEN, second_ok="1")
    fields = hidden(client.get(f"{cancelled}/cancel"))
    client.post(f"{cancelled}/cancel", data=fields)
    again = client.post(f"{cancelled}/cancel")
    assert again.status_code == 409
    assert "This booking was already cancelled." in words(again)
    world.desk.clock.now = at(12)
    late = client.post(f"{past}/move", data={"start": "2026-11-25T08:00Z"})
    assert late.status_code == 409
    assert heading(client.get(past)) == "This is over"
    for address in (cancelled, past):
        assert client.get(f"{address}/move").headers["Location"] == address
        assert client.get(f"{address}/cancel").headers["Location"] == address


def test_a_booking_that_the_host_cancelled_says_who_did(world: World, client: FlaskClient) -> None:
    world.profile()
    address = book(client)
    [(uuid,)] = world.desk.sql("SELECT uuid FROM booking WHERE status = 'confirmed'")
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, UUID(str(uuid)), by=Actor.HOST, reason="Flooded")
    page = client.get(address)
    assert "Ada Berg cancelled this booking" in words(page)
    assert "Flooded" in words(page)


# ------------------------------------------------------------------------------ what goes wrong


def test_too_many_requests_say_when_to_come_again_and_never_look_full(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    answers = [client.get(HOME, environ_base=elsewhere) for _ in range(60)]
    last = answers[-1]
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) >= 1
    assert heading(last) == "Too many requests"
    assert "Please try again in" in words(last)


def test_a_fault_of_ours_says_that_nothing_happened_and_names_a_reference(
    world: World, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    world.profile()
    form = draft(client)
    monkeypatch.setattr(details, "_show", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get(form)
    assert answer.status_code == 500
    assert heading(answer) == "Something went wrong on our side"
    assert answer.headers["X-Request-Id"] in words(answer)
    assert "secret detail" not in answer.text


def test_a_form_sent_to_a_page_that_takes_none_is_answered_in_words(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    answer = client.post(HOME)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert heading(answer) == "This page does not do that"


def test_htmx_gets_the_part_of_the_next_screen_and_its_address(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    form = draft(client)
    part = client.get(form, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="details"')
    assert part.headers["HX-Push-Url"] == form
    wrong = client.post(form, data={"name": ""}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422
    assert wrong.text.lstrip().startswith('<div id="details"')
    assert "HX-Push-Url" not in wrong.headers
