"""Booking, moving and cancelling with plain forms: each answer, and that nothing is lost."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.pages.reading import heading, hidden, starts, title, words
from tests.pages.steps import GRACE, HOME, NINE, TEN, book, count, draft, hold
from tests.world import World, at
from webapp.models import LocationKind

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
