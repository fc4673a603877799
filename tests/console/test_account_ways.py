"""Proving again who one is, tries that nobody else uses up, mails, and only looking."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.browser.rows import rows
from tests.console.account import ADA, enter, mails, post, with_codes
from tests.console.conftest import PASSWORD, SAME
from tests.world import World
from webapp.delivery.letters import Stationery
from webapp.extensions import db
from webapp.jobs import runner
from webapp.models import User
from webapp.services import account, known_browsers, limits, sessions
from webapp.services.limits import FREE_TRIES, LIMITS
from webapp.services.sessions import PROVEN_FOR, Proven, SecondStepNeeded
from webapp.services.steps import person
from webapp.work import SYSTEM

pytestmark = pytest.mark.usefixtures("quick_passwords")

Browsers = Callable[[str], FlaskClient]
OFFICE = {"REMOTE_ADDR": "192.0.2.7"}
GUARDED = (
    *("address", "codes", "codes/setup", "codes/removal", "password/removal"),
    *("openid", "openid/removal", "passkeys/new"),
)


def guess(browser: FlaskClient, password: str = "wrong", **where: str) -> int:
    """One try at Ada's password from the office's network."""
    answer = browser.post(
        "/auth/sign-in",
        data={"email": ADA, "password": password},
        headers=SAME,
        environ_overrides=OFFICE | where,
    )
    return int(answer.status_code)


# --------------------------------------------------------------------------------- proving again


def test_ten_minutes_after_signing_in_dangerous_pages_ask_again(
    ada: FlaskClient, office: World
) -> None:
    office.desk.clock.now += PROVEN_FOR
    for page in GUARDED:
        path = f"/console/account/{page}"
        for answer in (ada.get(path), post(ada, path)):
            assert answer.status_code == 303, path
            assert answer.location.startswith("/console/account/again"), path
    old = ada.get_cookie("kalends")
    wrong = post(ada, "/console/account/again", password="wrong", next="/console/account/address")
    assert wrong.status_code == 422
    assert ada.get("/console/account/address").status_code == 303
    right = post(ada, "/console/account/again", password=PASSWORD, next="/console/account/address")
    assert right.location == "/console/account/address"
    assert ada.get("/console/account/address").status_code == 200
    new = ada.get_cookie("kalends")
    assert old
    assert new
    assert old.value != new.value, "the session has a new token"
    ada.set_cookie("kalends", old.value)
    assert ada.get("/console/account").status_code == 303


def test_one_is_never_led_elsewhere_by_proving_again(ada: FlaskClient) -> None:
    for target in ("https://evil.example.org/", "//evil.example.org", "/harbour", "\\evil"):
        answer = post(ada, "/console/account/again", password=PASSWORD, next=target)
        assert answer.location == "/console/account/security"


def test_services_can_ask_whether_somebody_has_just_proved_who_they_are(office: World) -> None:
    desk, ada = office.desk, office.hosts["ada"]
    with desk.begin(SYSTEM) as uow:
        sessions.open_session(uow, Proven(ada, None, None))
    with desk.look(office.owner) as uow:
        number = sessions.sessions_of(uow, ada)[0].id
        assert sessions.proven_recently(uow, number)
    desk.clock.now += PROVEN_FOR
    with desk.look(office.owner) as uow:
        assert not sessions.proven_recently(uow, number)
        who = account.own_credentials(uow, ada)
    proven = account.prove_password(who, PASSWORD)
    with desk.begin(office.owner) as uow:
        account.prove_again(uow, number, proven)
        assert sessions.proven_recently(uow, number)
    with_codes(office)
    with pytest.raises(SecondStepNeeded), desk.begin(office.owner) as uow:
        account.prove_again(uow, number, proven)


def test_no_session_opens_on_one_proof_where_two_are_asked_for(office: World) -> None:
    with_codes(office)
    with pytest.raises(SecondStepNeeded), office.desk.begin(SYSTEM) as uow:
        sessions.open_session(uow, Proven(office.hosts["ada"], None, None))
    with office.desk.begin(SYSTEM) as uow:
        assert sessions.open_session(uow, Proven(office.hosts["ada"], None, None, both=True))


def test_an_only_password_cannot_be_removed(ada: FlaskClient, office: World) -> None:
    refused = post(ada, "/console/account/password/removal")
    assert refused.status_code == 409
    assert "only way to sign in" in refused.text
    assert enter(ada).status_code == 303


# ------------------------------------------------------------------------------- tries of one's own


def test_a_browser_that_signed_in_before_is_not_slowed_down_by_guesses_next_door(
    app: Flask, office: World
) -> None:
    own, stranger = app.test_client(), app.test_client()
    assert guess(own, PASSWORD) == 303
    own.delete_cookie("kalends")
    tries = [guess(stranger) for _ in range(FREE_TRIES + 2)]
    assert tries[FREE_TRIES:] == [429, 429], "whoever guesses has to wait"
    assert guess(stranger, PASSWORD) == 429, "so does everybody unknown in that network"
    assert guess(own, PASSWORD) == 303, "the owner does not"
    assert guess(stranger) == 429, "and the owner's coming does not free the guesser"


def test_a_network_that_is_full_does_not_keep_the_owner_out(app: Flask, office: World) -> None:
    own, stranger = app.test_client(), app.test_client()
    assert guess(own, PASSWORD) == 303
    own.delete_cookie("kalends")
    flood = [
        stranger.post(
            "/auth/sign-in",
            data={"email": "", "password": ""},
            headers=SAME,
            environ_overrides=OFFICE,
        ).status_code
        for _ in range(3)
    ]
    assert flood == [422] * 3
    with app.app_context():
        here = office.desk
        source = limits.source_of(ip_address(OFFICE["REMOTE_ADDR"]), here.keys.app)
        for _ in range(LIMITS["sign-in"].most - 4):
            limits.count(db.engine, "sign-in", source, here.clock())
    assert guess(stranger, PASSWORD) == 429
    assert guess(own, PASSWORD) == 303


def test_the_mark_of_a_known_browser_is_for_one_account_and_cannot_be_made_up(
    office: World,
) -> None:
    keys, now = office.desk.keys, office.desk.clock()
    mark = known_browsers.mark_for(keys, ADA, now)
    assert known_browsers.known(keys, mark, ADA.upper(), now)
    assert known_browsers.known(keys, mark, "bela@harbour.example.org", now) is None
    assert known_browsers.known(keys, mark, ADA, now + known_browsers.LASTS) is None
    name, day, seal = mark.split(".")
    for made_up in (
        "",
        "x",
        "..",
        f"{name}x.{day}.{seal}",
        f"{name}.{int(day) + 9}.{seal}",
        "ü.1.2",
    ):
        assert known_browsers.known(keys, made_up, ADA, now) is None


def test_guesses_in_a_known_browser_have_to_wait_as_well(app: Flask, office: World) -> None:
    own = app.test_client()
    guess(own, PASSWORD)
    tries = [guess(own) for _ in range(FREE_TRIES + 1)]
    assert tries == [422] * FREE_TRIES + [429]


# ------------------------------------------------------------------------------------------ mails


def test_every_mail_about_signing_in_can_be_written(office: World) -> None:
    desk, ada = office.desk, office.hosts["ada"]
    changes = (
        *("password", "password-removed", "address-asked", "address", "codes-on", "codes-off"),
        *("recovery-codes", "recovery-code-used", "passkey-added", "passkey-removed"),
        *("openid-linked", "openid-unlinked"),
    )
    paper = Stationery(desk.settings)
    with desk.begin(office.owner) as uow:
        user = uow.session.get_one(User, ada)
        user.name = "<b>Ada</b> {{ 7 * 7 }}"
        for change in changes:
            person.tell(uow, user, "sign-in-changed", change=change, email="a<b>@example.org")
        person.tell(uow, user, "password-reset", console_url="https://x.example.org/auth/reset/T")
        account.ask_for_address(uow, ada, "new@example.org")
    subjects = []
    for template in ("sign-in-changed", "password-reset", "address-confirm"):
        for address, values in mails(desk, template):
            letter = paper.write(
                template, "host", address, values, message_uuid=uuid4(), written_at=desk.clock()
            )
            subjects.append(letter.subject)
            assert values["console_url"] in letter.text
            assert values["console_url"] in letter.html
            assert "a<b>@" not in letter.html
    assert len(set(subjects)) == len(changes) + 2
    assert "How you sign in was changed" not in subjects


def test_the_mail_with_the_link_is_delivered(app: Flask, office: World) -> None:
    post(app.test_client(), "/auth/forgotten", email=ADA)
    runner.drain(app)
    folder: Path = office.desk.settings.outbox_dir
    text = next(folder.rglob("*.eml")).read_text()
    assert "Subject: Set a new password" in text
    assert "To: Ada Berg <ada@harbour.example.org>" in text


# ------------------------------------------------------------------------------------- only looking


def test_no_look_at_any_page_of_the_account_changes_a_row(
    app: Flask, ada: FlaskClient, office: World
) -> None:
    post(ada, "/console/account/codes")
    post(ada, "/console/account/address", email="new@example.org")
    post(ada, "/auth/forgotten", email=ADA)
    runner.drain(app)
    links = [
        "/" + values["console_url"].split("/", 3)[3]
        for template in ("address-confirm", "password-reset")
        for _, values in mails(office.desk, template)
    ]
    pages = ["", "/security", "/password", "/again", *(f"/{page}" for page in GUARDED)]
    before = rows(office.desk.engine)
    for path in (
        *(f"/console/account{page}" for page in pages),
        *("/auth/forgotten", "/auth/second-step", "/auth/openid/callback?code=x&state=y"),
        *links,
    ):
        assert ada.get(path).status_code in (200, 303, 404, 410), path
        ada.head(path)
    assert rows(office.desk.engine) == before
