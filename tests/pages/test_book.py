"""Booking, moving and cancelling with plain forms: each answer, and that nothing is lost."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages.reading import heading, hidden, starts, title, words
from tests.world import World, at
from webapp.blueprints.booking import details
from webapp.models import Actor, LocationKind
from webapp.services import bookings

HOME = "/harbour/intro"
NINE, TEN = "2026-11-24T08:00Z", "2026-11-24T09:00Z"
GRACE = {"name": "Grace Hopper", "email": "grace@example.org"}


def hold(client: FlaskClient, start: str = NINE) -> TestResponse:
    """Choose ``start`` on the page, as a button there does."""
    page = client.get(f"{HOME}?d=2026-11-24&tz=Europe/Paris")
    return client.post(f"{HOME}/hold", data=hidden(page) | {"start": start})


def draft(client: FlaskClient, start: str = NINE) -> str:
    answer = hold(client, start)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def book(client: FlaskClient, start: str = NINE, **fields: str) -> str:
    """Book ``start``; the address of the receipt."""
    form = draft(client, start)
    answer = client.post(form, data=hidden(client.get(form)) | GRACE | fields)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def count(world: World, what: str = "status IN ('confirmed', 'pending')") -> int:
    return int(str(world.desk.sql(f"SELECT count(*) FROM booking WHERE {what}")[0][0]))


# ------------------------------------------------------------------------------ taking a time


def test_a_chosen_time_leads_to_its_own_address_with_the_hold_in_words(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    page = client.get(draft(client))
    assert heading(page) == "Your details"
    assert "09:00 to 09:30 Tuesday 24 November 2026" in words(page)
    assert "Paris (UTC+1)" in words(page)
    assert "We keep 09:00 for you until 07:08." in words(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_the_same_form_sent_twice_holds_once(world: World, client: FlaskClient) -> None:
    world.profile()
    fields = hidden(client.get(HOME)) | {"start": NINE}
    answers = [client.post(f"{HOME}/hold", data=fields) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert count(world, "status = 'held'") == 1


def test_a_page_kept_by_the_browser_can_hold_the_time_anew_when_the_first_hold_is_over(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    fields = hidden(client.get(HOME)) | {"start": NINE}
    first = client.post(f"{HOME}/hold", data=fields).headers["Location"]
    world.desk.clock.forward(minutes=9)
    second = client.post(f"{HOME}/hold", data=fields).headers["Location"]
    assert first != second
    assert "We keep 09:00 for you" in words(client.get(second))


def test_who_comes_second_gets_409_with_the_nearest_times_as_buttons(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    draft(client)
    answer = hold(client)
    assert answer.status_code == 409
    assert "That time is no longer free" in words(answer)
    first = answer.text.partition('id="taken"')[2].partition("</form>")[0] + "</form>"
    assert len(starts(first)) >= 3
    assert starts(first)[0] == "2026-11-24T08:30Z"
    fields = hidden(first)
    assert client.post(f"{HOME}/hold", data=fields | {"start": starts(first)[0]}).status_code == 303


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("2026-11-24T03:00Z", 409),
        ("2026-11-24T08:10Z", 409),
        ("2026-11-24T08:00:30Z", 409),
        ("2020-01-01T08:00Z", 409),
        ("2090-01-01T08:00Z", 409),
        ("1500-01-01T08:00Z", 422),
        ("9999-12-31T23:59-12:00", 422),
        ("2026-11-24T08:00", 422),
        ("tomorrow", 422),
        ("", 422),
        ("2026-11-24T08:00Z" * 50, 422),
        ("\x00", 422),
    ],
)
def test_a_start_that_was_never_offered_is_answered_with_other_times(
    world: World, client: FlaskClient, start: str, status: int
) -> None:
    world.profile()
    answer = client.post(f"{HOME}/hold", data={"start": start, "tz": "\x00", "key": "k" * 500})
    assert answer.status_code == status
    assert 'id="taken"' in answer.text
    assert starts(answer)
    assert count(world, "1 = 1") == 0


def test_a_reload_after_a_lost_time_goes_back_to_the_times(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    assert client.get(f"{HOME}/hold").headers["Location"] == HOME


# ---------------------------------------------------------------------------------- the form


def test_wrong_fields_are_named_in_a_summary_and_beside_themselves(
    world: World, client: FlaskClient
) -> None:
    world.profile(description="About {{topic}}", questions=[{"name": "seats", "type": "number"}])
    form = draft(client)
    typed = hidden(client.get(form)) | {"name": " ", "email": "grace@", "q1": "many"}
    answer = client.post(form, data=typed)
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert "There is a problem" in words(answer)
    for field, sentence in (
        ("name", "Enter your name"),
        ("email", "Enter an e-mail address, like name@example.org"),
        ("q0", "Enter an answer to “Topic”"),
        ("q1", "Enter a number for “Seats”, like 3"),
    ):
        assert f'<a href="#{field}">{sentence}</a>' in answer.text
        assert f'id="{field}-error">{sentence}</p>' in answer.text
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text)
    assert 'value="grace@"' in answer.text
    assert count(world) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "grace@example.org\r\nBcc: all@example.org"},
        {"name": "Grace\r\nBcc: all@example.org"},
        {"name": "G" * 100_000},
        {"guests": "\n".join(f"g{i}@example.org" for i in range(40))},
        {"guests": "grace, <script>"},
        {"name": "\x00"},
        {"phone": "0" * 5000},
    ],
)
def test_hostile_fields_are_refused_and_nothing_is_written(
    world: World, client: FlaskClient, fields: dict[str, str]
) -> None:
    world.profile(asks_phone=True)
    form = draft(client)
    answer = client.post(form, data=hidden(client.get(form)) | GRACE | fields)
    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert count(world) == 0


def test_required_fields_say_so_to_every_browser(world: World, client: FlaskClient) -> None:
    world.profile(location_kind=LocationKind.INVITEE_PHONE)
    page = client.get(draft(client)).text
    for field, hint in (("name", "name"), ("email", "email"), ("phone", "tel")):
        tag = re.search(rf'<input[^>]*id="{field}"[^>]*>', page)
        assert tag, field
        assert " required" in tag.group()
        assert f'autocomplete="{hint}"' in tag.group()


def test_keeping_the_time_for_longer_keeps_what_was_typed_and_works_once(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    form = draft(client)
    world.desk.clock.forward(minutes=7)
    typed = hidden(client.get(form)) | {"name": "Grace", "keep": "1"}
    answer = client.post(form, data=typed)
    assert answer.status_code == 200
    assert "We keep 09:00 for you until 07:15." in words(answer)
    assert 'value="Grace"' in answer.text
    assert 'name="keep"' not in answer.text
    again = client.post(form, data=typed)
    assert again.status_code == 409
    assert 'value="Grace"' in again.text


def test_a_hold_that_ran_out_says_so_and_can_still_be_confirmed_while_free(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    form = draft(client)
    fields = hidden(client.get(form)) | GRACE
    world.desk.clock.forward(minutes=9)
    assert "We kept 09:00 for you until 07:08." in words(client.get(form))
    assert client.post(form, data=fields).status_code == 303
    assert count(world) == 1


def test_a_lost_time_keeps_everything_typed_and_offers_others_in_one_step(
    world: World, client: FlaskClient
) -> None:
    profile = world.profile()
    form = draft(client)
    fields = hidden(client.get(form)) | GRACE | {"guests": "ada@example.org"}
    world.desk.clock.forward(minutes=9)
    world.book(profile, at(8), name="Faster")
    assert "09:00 is no longer free" in words(client.get(form))
    answer = client.post(form, data=fields)
    assert answer.status_code == 409
    assert "09:00 is no longer free" in words(answer)
    assert 'value="Grace Hopper"' in answer.text
    assert "ada@example.org" in answer.text
    others = starts(answer)
    assert len(others) >= 3
    assert NINE not in others
    taken = client.post(form, data=hidden(answer) | fields | {"start": others[0]})
    assert taken.status_code == 303
    assert "09:30" in words(client.get(taken.headers["Location"]))


def test_whoever_has_a_booking_on_that_day_is_asked_and_not_told_when(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    book(client)
    form = draft(client, TEN)
    fields = hidden(client.get(form)) | GRACE
    answer = client.post(form, data=fields)
    assert answer.status_code == 409
    assert "This address already has a booking on Tue 24 Nov" in words(answer)
    problem = answer.text.partition('id="problem"')[2].partition('id="h-details"')[0]
    assert "09:00" not in problem
    assert 'value="Grace Hopper"' in answer.text
    assert client.post(form, data=hidden(answer) | GRACE | {"second_ok": "1"}).status_code == 303
    assert count(world) == 2


def test_two_clicks_on_confirm_book_once_and_give_the_same_receipt(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    form = draft(client)
    fields = hidden(client.get(form)) | GRACE
    receipts = {client.post(form, data=fields).headers["Location"] for _ in range(2)}
    assert len(receipts) == 1
    assert count(world) == 1


def test_a_confirmed_draft_leads_to_its_receipt_only_for_a_while(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    form = draft(client)
    done = client.post(form, data=hidden(client.get(form)) | GRACE).headers["Location"]
    assert client.get(form).headers["Location"] == done
    world.desk.clock.forward(minutes=61)
    assert client.get(form).status_code == 404


def test_a_draft_of_another_profile_or_organization_is_not_found(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    world.profile(slug="other")
    form = draft(client)
    public_id = form.rpartition("/")[2]
    for path in (f"/harbour/other/b/{public_id}", f"/nobody/intro/b/{public_id}"):
        assert client.get(path).status_code == 404
        assert client.post(path, data=GRACE).status_code == 404


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
    world: World, client: FlaskClient, wrong: object
) -> None:
    world.profile()
    token = book(client).rpartition("/")[2]
    path = f"/harbour/m/{wrong(token)}"  # type: ignore[operator]
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
    from uuid import UUID

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
