"""Passkeys: made, used, refused and taken away, with a device in software."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import make_settings
from tests.console.account import changes_told, enter, noted, post, with_codes
from tests.rig.authenticator import Device
from tests.world import World
from webapp.app import create_app
from webapp.services import passkeys
from webapp.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    return make_settings(sqlite_url, tmp_path, base_url="http://localhost:8000")


def challenge(client: FlaskClient, path: str = "/auth/passkeys/challenge") -> dict[str, Any]:
    """What the page's script asks the device with."""
    answer = post(client, path)
    assert answer.status_code == 200
    options: dict[str, Any] = json.loads(answer.text)
    return options


def add(client: FlaskClient, device: Device, name: str = "Laptop") -> Any:
    """Make a passkey with the device."""
    asked = challenge(client, "/console/account/passkeys/challenge")
    return post(client, "/console/account/passkeys/new", name=name, answer=device.create(asked))


def use(client: FlaskClient, device: Device, **more: str) -> Any:
    """Sign in with it."""
    return post(client, "/auth/passkeys", answer=device.get(challenge(client)), **more)


@pytest.fixture
def device(ada: FlaskClient) -> Device:
    """Ada's device, with a passkey."""
    made = Device()
    assert add(ada, made).location == "/console/account/security?done=passkey-added"
    return made


def test_a_passkey_is_made_named_told_and_signs_in_by_itself(
    app: Flask, ada: FlaskClient, office: World, device: Device
) -> None:
    page = ada.get("/console/account/security").text
    assert "Laptop" in page
    assert "never used" in page
    assert changes_told(office.desk) == ["passkey-added"]
    assert "passkey.added" in noted(office.desk, f"user:{office.hosts['ada']}")
    browser = app.test_client()
    assert use(browser, device, next="/console/calendars").location == "/console/calendars"
    assert "Ada Berg" in browser.get("/console/calendars").text
    assert "used just now" in ada.get("/console/account/security").text


def test_the_device_is_asked_for_a_discoverable_key_that_it_unlocks(
    ada: FlaskClient, device: Device
) -> None:
    asked = challenge(ada, "/console/account/passkeys/challenge")
    wanted = asked["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
    assert len(asked["excludeCredentials"]) == 1
    use_asked = challenge(ada)
    assert use_asked["userVerification"] == "required"
    assert not use_asked.get("allowCredentials")


def test_a_passkey_counts_as_both_steps(app: Flask, office: World, device: Device) -> None:
    with_codes(office)
    browser = app.test_client()
    assert enter(browser).location == "/auth/second-step"
    assert use(browser, device).location == "/console/"


def test_a_challenge_is_good_once_for_minutes_and_for_one_browser(
    app: Flask, office: World, device: Device
) -> None:
    one, two = app.test_client(), app.test_client()
    answer = device.get(challenge(one))
    challenge(two)
    assert post(two, "/auth/passkeys", answer=answer).status_code == 422, "another browser's"
    step = one.get_cookie("kalends-step")
    assert step
    assert post(one, "/auth/passkeys", answer=answer).status_code == 303
    one.delete_cookie("kalends")
    one.set_cookie("kalends-step", step.value)
    assert post(one, "/auth/passkeys", answer=answer).status_code == 422, "again"
    late = device.get(challenge(one))
    office.desk.clock.now += passkeys.LASTS
    assert post(one, "/auth/passkeys", answer=late).status_code == 422, "too late"
    asked = challenge(one)
    assert post(one, "/auth/passkeys", answer="{}").status_code == 422
    right = device.get(asked)
    assert post(one, "/auth/passkeys", answer=right).status_code == 422, "a wrong answer uses it up"


def test_what_does_not_prove_who_it_is_opens_nothing(
    app: Flask, office: World, device: Device
) -> None:
    browser = app.test_client()

    def refused() -> bool:
        answer = use(browser, device)
        return answer.status_code == 422 and browser.get("/console/").status_code == 303

    assert use(browser, Device()).status_code == 422, "an unknown device"
    device.verifies = False
    assert refused(), "nobody unlocked it"
    device.verifies, device.origin = True, "https://evil.example.org"
    assert refused(), "another site's"
    device.origin, device.handle = "http://localhost:8000", b"somebody else"
    assert refused(), "another person's"
    asked = challenge(browser)
    stolen = Device()
    stolen.id, stolen.sign_count = device.id, 50
    assert post(browser, "/auth/passkeys", answer=stolen.get(asked)).status_code == 422, "forged"


def test_a_count_of_signatures_that_goes_back_is_refused(
    app: Flask, office: World, device: Device
) -> None:
    browser = app.test_client()
    device.sign_count = 10
    assert use(browser, device).status_code == 303
    device.sign_count = 5
    assert use(app.test_client(), device).status_code == 422, "a copy of it is about"
    device.sign_count, device.counts = 11, 0
    assert use(app.test_client(), device).status_code == 422, "the same count twice"


def test_a_malformed_answer_is_refused_and_never_breaks_anything(
    ada: FlaskClient, office: World
) -> None:
    for answer in ("", "{}", "[]", "null", '{"id":1}', "x" * 30_000, "\x00"):
        challenge(ada)
        assert post(ada, "/auth/passkeys", answer=answer).status_code == 422, answer
        challenge(ada, "/console/account/passkeys/challenge")
        page = post(ada, "/console/account/passkeys/new", name="X", answer=answer)
        assert page.status_code == 422, answer
    assert changes_told(office.desk) == []


def test_a_new_passkey_belongs_to_the_session_that_asked_for_it(
    app: Flask, ada: FlaskClient, office: World
) -> None:
    asked = challenge(ada, "/console/account/passkeys/challenge")
    step = ada.get_cookie("kalends-step")
    assert step
    bela = app.test_client()
    enter(bela, email="bela@harbour.example.org")
    bela.set_cookie("kalends-step", step.value)
    sent = {"name": "Mine", "answer": Device().create(asked)}
    assert post(bela, "/console/account/passkeys/new", **sent).status_code == 422
    assert office.desk.sql("SELECT count(*) FROM passkey")[0][0] == 0


def test_a_passkey_that_nobody_unlocked_is_not_kept(ada: FlaskClient, office: World) -> None:
    device = Device()
    device.verifies = False
    assert add(ada, device).status_code == 422
    assert add(ada, Device(), name="").status_code == 422
    assert add(ada, Device(), name="x" * 61).status_code == 422
    assert office.desk.sql("SELECT count(*) FROM passkey")[0][0] == 0


def test_a_passkey_is_taken_away_but_never_the_last_way_in(
    app: Flask, ada: FlaskClient, office: World, device: Device
) -> None:
    uuid = UUID(str(office.desk.sql("SELECT uuid FROM passkey")[0][0]))
    path = f"/console/account/passkeys/{uuid}/removal"
    assert "Laptop" in ada.get(path).text
    assert post(ada, "/console/account/password/removal").status_code == 303
    refused = post(ada, path)
    assert refused.status_code == 409
    assert "only way to sign in" in refused.text
    second = Device()
    assert add(ada, second, name="Phone").status_code == 303
    assert post(ada, path).status_code == 303
    assert use(app.test_client(), device).status_code == 422
    assert use(app.test_client(), second).status_code == 303
    assert changes_told(office.desk)[-1] == "passkey-removed"


def test_nobody_takes_another_persons_passkey_away(
    app: Flask, office: World, device: Device
) -> None:
    uuid = UUID(str(office.desk.sql("SELECT uuid FROM passkey")[0][0]))
    bela = app.test_client()
    enter(bela, email="bela@harbour.example.org")
    path = f"/console/account/passkeys/{uuid}/removal"
    assert bela.get(path).status_code == 404
    assert post(bela, path).status_code == 404


def test_a_passkey_proves_again_who_it_is_but_only_its_owner(
    app: Flask, ada: FlaskClient, office: World, device: Device
) -> None:
    bela = app.test_client()
    enter(bela, email="bela@harbour.example.org")
    office.desk.clock.forward(minutes=11)
    for browser, expected in ((bela, 422), (ada, 303)):
        assert browser.get("/console/account/address").status_code == 303
        answer = device.get(challenge(browser))
        sent = {"answer": answer, "next": "/console/account/address"}
        assert post(browser, "/console/account/again/passkey", **sent).status_code == expected
    assert ada.get("/console/account/address").status_code == 200
    assert bela.get("/console/account/address").status_code == 303


def test_where_the_address_is_a_number_there_are_no_passkeys(office: World, tmp_path: Path) -> None:
    url = office.desk.settings.database_url
    numbered = create_app(make_settings(url, tmp_path), office.desk.clock).test_client()
    assert "passkey" not in numbered.get("/auth/sign-in").text
    assert post(numbered, "/auth/passkeys/challenge").status_code == 409
    enter(numbered)
    assert "reached by a number" in numbered.get("/console/account/security").text
    assert numbered.get("/console/account/passkeys/new").status_code == 404


def test_passkeys_may_be_asked_for_on_our_own_pages_alone(app: Flask, office: World) -> None:
    office.profile()
    browser = app.test_client()
    for path, expected in (("/auth/sign-in", "(self)"), ("/harbour/intro", "()")):
        policy = browser.get(path).headers["Permissions-Policy"]
        assert f"publickey-credentials-get={expected}" in policy
