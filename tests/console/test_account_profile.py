"""One's own account: what is kept, what is refused, and a new mail address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.console.account import ADA, changes_told, enter, mails, noted, post
from tests.world import World

pytestmark = pytest.mark.usefixtures("quick_passwords")

GOOD = {"name": "Ada Berg", "zone": "Europe/Berlin", "locale": "en", "time_notation": "24"}
NEW = "ada.berg@example.org"


def path_in(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def link(world: World) -> str:
    """The path of the last link to confirm an address."""
    return path_in(mails(world.desk, "address-confirm")[-1][1]["console_url"])


def test_what_somebody_says_about_themselves_is_kept(ada: FlaskClient, office: World) -> None:
    said = {"name": "Ada Ødegård", "zone": "Asia/Tokyo", "locale": "de", "time_notation": "12"}
    answer = post(ada, "/console/account", **said)
    assert (answer.status_code, answer.location) == (303, "/console/account?done=saved")
    page = ada.get("/console/account").text
    assert 'value="Ada Ødegård"' in page
    assert '<option selected value="Asia/Tokyo">' in page
    assert '<option selected value="de">' in page
    assert noted(office.desk, f"user:{office.hosts['ada']}") == ["member.added", "account.changed"]


WRONG = (
    *(("name", ""), ("name", "x" * 121), ("name", "a\x00b")),
    *(("zone", "Europe/Atlantis"), ("zone", "../../etc/passwd"), ("zone", "")),
    *(("locale", "tlh"), ("time_notation", "13"), ("time_notation", "")),
)


def test_what_makes_no_sense_is_said_at_its_field_and_nothing_is_kept(
    ada: FlaskClient, office: World
) -> None:
    for field, value in WRONG:
        answer = post(ada, "/console/account", **(GOOD | {"name": "Another", field: value}))
        assert answer.status_code == 422, (field, value)
        assert f'id="{field}-error"' in answer.text, (field, value)
    assert noted(office.desk, f"user:{office.hosts['ada']}") == ["member.added"]


def test_saving_what_is_there_already_is_no_change(ada: FlaskClient, office: World) -> None:
    assert post(ada, "/console/account", **GOOD).status_code == 303
    assert noted(office.desk, f"user:{office.hosts['ada']}") == ["member.added"]


def test_a_new_address_holds_only_after_its_link_and_the_old_one_is_told(
    ada: FlaskClient, office: World, client: FlaskClient
) -> None:
    answer = post(ada, "/console/account/address", email=NEW)
    assert answer.location == "/console/account?done=address-asked"
    assert "Not confirmed" in ada.get("/console/account").text
    assert [to for to, _ in mails(office.desk, "address-confirm")] == [NEW]
    assert [to for to, _ in mails(office.desk, "sign-in-changed")] == [ADA]
    assert enter(client, email=NEW).status_code == 422

    page = client.get(link(office))
    assert NEW in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert enter(client, email=ADA).status_code == 303, "looking at the link changes nothing"
    assert post(client, link(office)).status_code == 200
    assert changes_told(office.desk) == ["address-asked", "address"]
    assert mails(office.desk, "sign-in-changed")[-1][0] == ADA, "the old address is told"
    assert enter(client, email=ADA).status_code == 422
    assert enter(client, email=NEW).status_code == 303
    assert post(client, link(office)).status_code == 410, "a link is good once"


def test_a_link_is_too_old_after_a_day_and_replaced_by_a_newer_one(
    ada: FlaskClient, office: World
) -> None:
    post(ada, "/console/account/address", email=NEW)
    first = link(office)
    post(ada, "/console/account/address", email="other@example.org")
    assert ada.get(first).status_code == 410
    office.desk.clock.forward(hours=24)
    assert ada.get(link(office)).status_code == 410
    assert post(ada, link(office)).status_code == 410


def test_the_old_address_may_be_kept_after_all(ada: FlaskClient, office: World) -> None:
    post(ada, "/console/account/address", email=NEW)
    post(ada, "/console/account/address/keep")
    assert "Not confirmed" not in ada.get("/console/account").text
    assert post(ada, link(office)).status_code == 410


def test_somebody_elses_address_cannot_be_taken_nor_found_out(
    ada: FlaskClient, office: World
) -> None:
    answers = [
        post(ada, "/console/account/address", email=email)
        for email in ("nobody@example.org", "bela@harbour.example.org")
    ]
    assert answers[0].location == answers[1].location
    assert post(ada, link(office)).status_code == 409
    assert enter(ada, email=ADA).status_code == 303


def test_what_is_no_new_address_is_asked_for_again(ada: FlaskClient, office: World) -> None:
    for email in ("", "no address", ADA, "a@b@c.example.org", "x" * 300, "a\r\nBcc: b@example.org"):
        assert post(ada, "/console/account/address", email=email).status_code == 422, email
    assert mails(office.desk, "address-confirm") == []


def test_the_account_is_one_step_from_every_page(ada: FlaskClient) -> None:
    assert 'href="/console/account"' in ada.get("/console/calendars").text
