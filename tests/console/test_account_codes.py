"""Codes from a phone, recovery codes, and the half-open state between the two steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.console.account import Phone, changes_told, enter, noted, post, with_codes
from tests.console.conftest import PASSWORD
from tests.world import World
from webapp.models import SignInTicket
from webapp.services import account, one_time_codes, passwords, second_step
from webapp.services.limits import LIMITS
from webapp.services.steps import sealing

pytestmark = pytest.mark.usefixtures("quick_passwords")

Browsers = Callable[[str], FlaskClient]
_SECOND = timedelta(seconds=1)


@pytest.fixture
def phone(office: World) -> Phone:
    """Ada's phone; codes are on."""
    return with_codes(office)[0]


def answer(client: FlaskClient, code: str) -> Any:
    return post(client, "/auth/second-step", code=code)


def status(client: FlaskClient, code: str) -> int:
    return int(answer(client, code).status_code)


def test_codes_are_set_up_by_a_picture_and_switched_on_by_a_first_code(
    sign_in: Browsers, office: World
) -> None:
    ada, elsewhere = sign_in("ada"), sign_in("ada")
    assert post(ada, "/console/account/codes").location == "/console/account/codes/setup"
    page = ada.get("/console/account/codes/setup").text
    assert 'src="data:image/svg+xml' in page
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret
    phone = Phone(secret[1])
    assert post(ada, "/console/account/codes/setup", code="000000").status_code == 422
    done = post(ada, "/console/account/codes/setup", code=phone.code(office.desk.clock()))
    codes = re.findall(r"<li>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</li>", done.text)
    assert len(set(codes)) == 10
    assert elsewhere.get("/console/account").status_code == 303, "other sessions ended"
    assert changes_told(office.desk) == ["codes-on"]
    assert "codes.on" in noted(office.desk, f"user:{office.hosts['ada']}")
    again = ada.get("/console/account/codes/setup")
    assert again.location == "/console/account/codes", "the secret is never shown again"


def test_the_secret_lies_sealed_in_the_database(office: World, phone: Phone) -> None:
    kept = office.desk.sql("SELECT secret FROM one_time_code")[0][0]
    assert isinstance(kept, bytes)
    ada = office.hosts["ada"]
    keys = office.desk.keys
    plain = sealing.unseal(keys, "one-time-code", ada, kept)
    assert plain is not None
    assert plain not in kept
    assert sealing.unseal(keys, "one-time-code", ada + 1, kept) is None, "bound to its row"
    assert sealing.unseal(keys, "another", ada, kept) is None
    assert sealing.unseal(keys, "one-time-code", ada, kept[:-1] + b"\x00") is None
    assert sealing.unseal(type(keys)(keys.link, b"x" * 32), "one-time-code", ada, kept) is None


def test_the_password_alone_opens_a_half_open_state_that_is_no_session(
    client: FlaskClient, office: World, phone: Phone
) -> None:
    first = enter(client, next="/console/calendars")
    assert first.location == "/auth/second-step"
    assert client.get_cookie("kalends") is None
    held = client.get_cookie("kalends-step")
    assert held
    for path in ("/console/", "/console/account"):
        assert client.get(path).status_code == 303
    client.set_cookie("kalends", held.value)
    assert client.get("/console/").status_code == 303, "its token opens no session"
    client.delete_cookie("kalends")
    done = answer(client, phone.code(office.desk.clock()))
    assert done.location == "/console/calendars"
    assert client.get("/console/calendars").status_code == 200
    assert client.get_cookie("kalends-step") is None


def test_a_code_works_once_and_an_earlier_one_no_more(
    app: Flask, office: World, phone: Phone
) -> None:
    clock = office.desk.clock
    now, before = phone.code(clock()), phone.code(clock() - 30 * _SECOND)
    one, two = app.test_client(), app.test_client()
    enter(one)
    enter(two)
    assert status(one, now) == 303
    assert status(two, now) == 422
    assert status(two, before) == 422, "a step that was passed is over"
    clock.forward(seconds=30)
    assert status(two, phone.code(clock())) == 303


def test_one_step_of_difference_between_clocks_is_borne(
    client: FlaskClient, office: World, phone: Phone
) -> None:
    for seconds, expected in ((-60, 422), (-30, 303), (30, 303), (60, 422)):
        office.desk.clock.forward(minutes=5)
        enter(client)
        code = phone.code(office.desk.clock() + seconds * _SECOND)
        assert status(client, code) == expected, seconds


def test_what_is_no_code_is_refused_and_spaces_do_no_harm(
    client: FlaskClient, office: World, phone: Phone
) -> None:
    for code in ("", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "x" * 999):
        enter(client)
        assert status(client, code) == 422, code
    code = phone.code(office.desk.clock())
    assert status(client, f" {code[:3]} {code[3:]} ") == 303


def test_five_wrong_codes_or_ten_minutes_end_the_half_open_state(
    client: FlaskClient, office: World, phone: Phone
) -> None:
    enter(client)
    wrong = [status(client, "000000") for _ in range(second_step.MOST_TRIES)]
    assert wrong == [422] * second_step.MOST_TRIES
    assert status(client, phone.code(office.desk.clock())) == 410
    enter(client)
    office.desk.clock.now += second_step.LASTS
    assert client.get("/auth/second-step").status_code == 410
    assert status(client, phone.code(office.desk.clock())) == 410


def test_a_recovery_code_signs_in_once_and_is_told(app: Flask, office: World) -> None:
    _, recovery = with_codes(office)
    one, two = app.test_client(), app.test_client()
    enter(one)
    enter(two)
    assert status(one, recovery[0].upper().replace("-", " ")) == 303
    assert status(two, recovery[0]) == 422
    assert status(two, recovery[1]) == 303
    assert changes_told(office.desk).count("recovery-code-used") == 2
    with office.desk.look(office.owner) as uow:
        assert one_time_codes.standing(uow, office.hosts["ada"]).recovery_left == 8


def test_recovery_codes_are_kept_as_hashes_and_replaced_together(
    client: FlaskClient, office: World
) -> None:
    phone, old = with_codes(office)
    enter(client)
    status(client, phone.code(office.desk.clock()))
    fresh = post(client, "/console/account/codes/recovery")
    new = re.findall(r"<li>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</li>", fresh.text)
    assert len(new) == 10
    rows = office.desk.sql("SELECT code_hash FROM recovery_code")
    assert len(rows) == 10
    assert not any(code.replace("-", "").encode() in bytes(row[0]) for row in rows for code in new)
    with office.desk.begin(office.owner) as uow:
        assert not one_time_codes.use(uow, office.hosts["ada"], old[0])
        assert one_time_codes.use(uow, office.hosts["ada"], new[0])


def test_codes_are_counted_for_the_whole_account_wherever_they_come_from(
    app: Flask, office: World, phone: Phone
) -> None:
    said = []
    for number in range(6):
        somebody = app.test_client()
        here = {"REMOTE_ADDR": f"192.0.2.{number + 1}"}
        somebody.post(
            "/auth/sign-in",
            data={"email": "ada@harbour.example.org", "password": PASSWORD},
            headers={"Sec-Fetch-Site": "same-origin"},
            environ_overrides=here,
        )
        said += [status(somebody, f"00000{n}") for n in range(4)]
    assert said.count(422) == LIMITS["code"].most
    assert said[-1] == 429


def test_switching_codes_off_takes_a_proof_and_is_told(
    client: FlaskClient, office: World, phone: Phone
) -> None:
    enter(client)
    status(client, phone.code(office.desk.clock()))
    office.desk.clock.forward(minutes=11)
    away = client.get("/console/account/codes/removal")
    assert away.location == "/console/account/again?next=/console/account/codes/removal"
    assert post(client, "/console/account/codes/removal").status_code == 303
    assert changes_told(office.desk) == ["codes-on"], "nothing happened without the proof"
    half = post(client, "/console/account/again", password=PASSWORD, code="000000")
    assert half.status_code == 422
    code = phone.code(office.desk.clock())
    sent = {"password": PASSWORD, "code": code, "next": "/console/account/codes/removal"}
    assert post(client, "/console/account/again", **sent).location == sent["next"]
    post(client, "/console/account/codes/removal")
    assert changes_told(office.desk) == ["codes-on", "codes-off"]
    assert enter(client).location == "/console/"


def test_a_changed_password_ends_what_was_half_open(
    app: Flask, office: World, phone: Phone
) -> None:
    desk, ada = office.desk, office.hosts["ada"]
    new_hash = passwords.hash_password("seven lanterns in the fog")
    half = app.test_client()
    enter(half)
    step = half.get_cookie("kalends-step")
    assert step
    with desk.begin(office.owner) as uow:
        ticket = uow.session.scalars(sa.select(SignInTicket)).one()
        account.set_password(uow, ada, new_hash)
    assert status(half, phone.code(desk.clock())) == 410
    with desk.begin(office.owner) as uow:
        uow.session.get_one(SignInTicket, ticket.id).used_at = None
    half.set_cookie("kalends-step", step.value)
    assert status(half, phone.code(desk.clock())) == 410, "the ticket knows which one it was"
