"""Invitations: by mail, good once and for seven days, and nobody's account is ever taken over."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import PASSWORD, SAME
from tests.world import World, build_world
from webapp.domain.permissions import Caller, Role
from webapp.jobs import runner
from webapp.models import Message, User
from webapp.services import leaving, people, sessions
from webapp.services.sessions import Proven
from webapp.services.unit_of_work import below_the_guard
from webapp.work import SYSTEM, look

NEW = {"name": "Kim Park", "zone": "Asia/Seoul", "password": "seven grey geese at noon"}


def invite(browser: FlaskClient, email: str = "kim@example.org", role: str = "member") -> str:
    """Invite somebody on the team page; the path of the link in their mail."""
    answer = browser.post(
        "/console/team/invitations", data={"email": email, "role": role}, headers=SAME
    )
    assert answer.status_code == 303, answer.text
    return newest_link(browser)


def newest_link(browser: FlaskClient) -> str:
    """The link in the newest message of the outbox, which no worker has sent yet."""
    with browser.application.app_context(), look(SYSTEM) as uow:
        newest = sa.select(Message.values).order_by(Message.id.desc()).limit(1)
        values = uow.session.scalars(below_the_guard(newest, "a test")).one()
    return urlsplit(values["once_url"]).path


def mailed_link(app: Flask) -> str:
    """The link of the only mail in the outbox folder, after the worker has written it."""
    with app.app_context():
        runner.drain(app)
        folder = app.extensions["kalends"].settings.outbox_dir
    [mail] = folder.glob("*.eml")
    letter = message_from_bytes(mail.read_bytes(), policy=policy.default)
    part = letter.get_body(("plain",))
    assert part is not None
    found = re.search(r"/auth/invitations/[\w-]+", part.get_content())
    assert found
    return found[0]


def accept(browser: FlaskClient, link: str, **more: str) -> TestResponse:
    return browser.post(link, data=NEW | more, headers=SAME)


@pytest.fixture
def hill(office: World, password_hash: str) -> World:
    """Another organization, whose owner can sign in too."""
    other = build_world(office.desk, "hill")
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.get_one(User, other.hosts["ada"]).password_hash = password_hash
    return other


def browser_of(app: Flask, world: World, name: str) -> FlaskClient:
    """A browser that is signed in as somebody, without asking for a password."""
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        user = uow.session.get_one(User, world.hosts[name])
        token = sessions.open_session(uow, Proven(user.id, user.password_hash, None))
    browser = app.test_client()
    browser.set_cookie("kalends", token)
    return browser


def test_somebody_new_joins_by_the_link_in_the_mail(ada: FlaskClient, app: Flask) -> None:
    invite(ada, "Kim@Example.org", "admin")
    link = mailed_link(app)
    visitor = app.test_client()
    page = visitor.get(link)
    assert page.status_code == 200
    assert "kim@example.org" in page.text
    assert "Ada Berg" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = accept(visitor, link)
    assert answer.status_code == 303
    team = visitor.get(answer.location).text
    assert "Welcome" in team
    assert "Kim Park" in team
    assert "Invite somebody" in team, "an admin may do so too"
    assert (
        app.test_client()
        .post("/auth/sign-in", data={"email": "kim@example.org", **NEW}, headers=SAME)
        .location.endswith("/console/")
    )


def test_the_token_is_in_the_mail_and_nowhere_else(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    invite(ada)
    link = mailed_link(app)
    token = link.rpartition("/")[2]
    for table in ("invitation", "message", "audit_entry", "job"):
        assert token not in str(office.desk.sql(f"SELECT * FROM {table}"))
    assert accept(app.test_client(), link).status_code == 303


def test_an_invitation_and_its_mail_are_one_transaction(ada: FlaskClient, office: World) -> None:
    ada.post("/console/team/invitations", data={"email": "x", "role": "member"}, headers=SAME)
    counts = "SELECT (SELECT count(*) FROM invitation), (SELECT count(*) FROM message)"
    assert tuple(office.desk.sql(counts)[0]) == (0, 0)


def test_a_link_works_once(ada: FlaskClient, app: Flask) -> None:
    link = invite(ada)
    assert accept(app.test_client(), link).status_code == 303
    for answer in (app.test_client().get(link), accept(app.test_client(), link, name="Eve")):
        assert answer.status_code == 410
        assert "accepted already" in answer.text
        assert "kim@example.org" not in answer.text


def test_a_link_works_for_seven_days(ada: FlaskClient, office: World, app: Flask) -> None:
    link = invite(ada)
    office.desk.clock.forward(days=7, seconds=-1)
    assert app.test_client().get(link).status_code == 200
    office.desk.clock.forward(seconds=1)
    assert app.test_client().get(link).status_code == 410
    answer = accept(app.test_client(), link)
    assert answer.status_code == 410
    assert "seven days are over" in answer.text
    assert office.desk.sql("SELECT count(*) FROM user WHERE email LIKE 'kim%'")[0][0] == 0


def _first_uuid(page: str) -> str:
    found = re.search(r"/console/team/invitations/([0-9a-f-]{36})/mail", page)
    assert found
    return found[1]


def test_a_revoked_link_says_so(ada: FlaskClient, app: Flask) -> None:
    link = invite(ada)
    uuid = _first_uuid(ada.get("/console/team").text)
    gone = ada.post(f"/console/team/invitations/{uuid}/revocation", headers=SAME)
    assert gone.status_code == 303
    assert "is revoked" in ada.get(gone.location).text
    assert "kim@example.org" not in ada.get("/console/team").text
    for answer in (app.test_client().get(link), accept(app.test_client(), link)):
        assert answer.status_code == 410
        assert "taken back" in answer.text
    again = ada.post(f"/console/team/invitations/{uuid}/mail", headers=SAME)
    assert again.status_code == 409


def test_sending_again_makes_a_new_link_and_ends_the_old(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    old = invite(ada)
    uuid = _first_uuid(ada.get("/console/team").text)
    at_once = ada.post(f"/console/team/invitations/{uuid}/mail", headers=SAME)
    assert at_once.status_code == 409
    assert "a moment ago" in at_once.text
    office.desk.clock.forward(days=8)
    # The session ended with the days; a fresh one sends it again, although it had expired.
    browser = browser_of(app, office, "ada")
    assert "Expired" in browser.get("/console/team").text
    assert browser.post(f"/console/team/invitations/{uuid}/mail", headers=SAME).status_code == 303
    new = newest_link(browser)
    assert new != old
    assert app.test_client().get(old).status_code == 404
    assert accept(app.test_client(), new).status_code == 303


def test_what_is_wrong_is_said_at_its_field_and_uses_nothing_up(
    ada: FlaskClient, app: Flask
) -> None:
    link = invite(ada)
    for change, field in (
        ({"name": ""}, "name"),
        ({"name": "A\nB"}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "harbour-kim-2026"}, "password"),
        ({"zone": "Atlantis"}, "zone"),
    ):
        answer = accept(app.test_client(), link, **change)
        assert answer.status_code == 422, change
        assert f'id="{field}-error"' in answer.text, change
        assert NEW["password"] not in answer.text
    assert accept(app.test_client(), link).status_code == 303


def test_an_account_elsewhere_is_never_changed_and_has_to_sign_in_first(
    ada: FlaskClient, office: World, hill: World, app: Flask
) -> None:
    link = invite(ada, "ada@hill.example.org")
    before = office.desk.sql("SELECT * FROM user ORDER BY id")
    stranger = app.test_client()
    page = stranger.get(link)
    assert "Sign in to accept" in page.text
    assert 'name="password"' not in page.text
    assert accept(stranger, link).status_code == 409
    assert office.desk.sql("SELECT * FROM user ORDER BY id") == before

    href = re.search(r'href="(/auth/sign-in\?next=[^"]+)"', page.text)
    assert href
    form = stranger.get(href[1]).text
    target = re.search(r'name="next" value="([^"]+)"', form)
    assert target
    assert target[1] == link
    back = stranger.post(
        "/auth/sign-in",
        data={"email": "ada@hill.example.org", "password": PASSWORD, "next": link},
        headers=SAME,
    )
    assert back.location == link
    assert "Hill" in stranger.get(link).text
    joined = stranger.post(link, headers=SAME)
    assert "Bela Cruz" in stranger.get(joined.location).text
    assert "Switch to" in stranger.get("/console/").text
    roles = office.desk.sql(
        "SELECT organization_id, role FROM membership WHERE user_id = :id ORDER BY id",
        id=hill.hosts["ada"],
    )
    assert [tuple(row) for row in roles] == [
        (hill.organization_id, "owner"),
        (office.organization_id, "member"),
    ]


def test_only_the_very_address_may_accept(ada: FlaskClient, hill: World, app: Flask) -> None:
    link = invite(ada, "chris@hill.example.org")
    browser = browser_of(app, hill, "ada")
    page = browser.get(link)
    assert "another address" in page.text
    assert browser.post(link, headers=SAME).status_code == 409
    assert browser.post(link, data=NEW, headers=SAME).status_code == 409


def test_somebody_who_was_removed_everywhere_comes_back_by_their_password(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    with office.desk.begin(office.owner) as uow:
        bela = uow.session.get_one(User, office.hosts["bela"])
        leaving.remove(uow, bela.uuid)
    link = invite(ada, "bela@harbour.example.org")
    visitor = app.test_client()
    assert "Its password proves" in visitor.get(link).text
    wrong = visitor.post(link, data={"password": "not the one at all"}, headers=SAME)
    assert wrong.status_code == 422
    assert "not your password" in wrong.text
    joined = visitor.post(link, data={"password": PASSWORD}, headers=SAME)
    assert joined.status_code == 303
    assert "Welcome" in visitor.get(joined.location).text
    kept = office.desk.sql(
        "SELECT count(*) FROM account WHERE host_id = :id", id=office.hosts["bela"]
    )
    assert kept[0][0] == 1, "the calendar they had is theirs again"


def test_a_closed_account_cannot_join(ada: FlaskClient, office: World, app: Flask) -> None:
    accept(app.test_client(), invite(ada, "kim@example.org"))
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        kim = uow.session.query(User).filter_by(email="kim@example.org").one()
        uuid, number = kim.uuid, kim.id
    with office.desk.begin(office.owner) as uow:
        leaving.remove(uow, uuid)
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        people.deactivate(uow, number)
    again = invite(ada, "kim@example.org")
    assert "was closed" in app.test_client().get(again).text
    assert accept(app.test_client(), again).status_code == 409


def test_whom_one_cannot_invite_is_said_at_the_field(ada: FlaskClient) -> None:
    invite(ada, "kim@example.org")
    for email, said in (
        ("bela@harbour.example.org", "in the team already"),
        ("BELA@Harbour.Example.org", "in the team already"),
        ("kim@example.org", "invited already"),
        ("nobody", "like name@example.org"),
        ("a@example.org\r\nBcc: x@example.org", "like name@example.org"),
    ):
        answer = ada.post(
            "/console/team/invitations", data={"email": email, "role": "member"}, headers=SAME
        )
        assert answer.status_code in (409, 422)
        assert said in answer.text
        assert 'id="email-error"' in answer.text


def test_nobody_learns_from_inviting_whether_an_address_has_an_account(
    ada: FlaskClient, hill: World
) -> None:
    answers = [
        ada.post("/console/team/invitations", data={"email": email, "role": "member"}, headers=SAME)
        for email in ("nobody@hill.example.org", "ada@hill.example.org")
    ]
    assert len({(answer.status_code, answer.location) for answer in answers}) == 1
    page = ada.get("/console/team").text
    rows = [
        re.sub(r"[0-9a-f-]{36}|(nobody|ada)@", "", row)
        for row in re.findall(r'<li class="person invited">.*?</li>', page, re.S)
    ]
    assert len(set(rows)) == 1


def test_ownership_is_not_given_by_mail(ada: FlaskClient) -> None:
    answer = ada.post(
        "/console/team/invitations",
        data={"email": "kim@example.org", "role": "owner"},
        headers=SAME,
    )
    assert answer.status_code == 422


def test_a_member_invites_nobody(sign_in: Callable[[str], FlaskClient]) -> None:
    bela = sign_in("bela")
    answer = bela.post(
        "/console/team/invitations",
        data={"email": "kim@example.org", "role": "admin"},
        headers=SAME,
    )
    assert answer.status_code == 403
    assert "Send invitation" not in bela.get("/console/team").text


def test_invitations_of_others_are_not_found(
    ada: FlaskClient, hill: World, office: World, app: Flask
) -> None:
    invite(ada)
    uuid = _first_uuid(ada.get("/console/team").text)
    before = office.desk.sql("SELECT * FROM invitation")
    stranger = browser_of(app, hill, "ada")
    for end in ("mail", "revocation"):
        answer = stranger.post(f"/console/team/invitations/{uuid}/{end}", headers=SAME)
        assert answer.status_code == 404
    assert office.desk.sql("SELECT * FROM invitation") == before


def test_what_somebody_invited_ends_with_their_right_to_invite(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    accept(app.test_client(), invite(ada, "kim@example.org", "admin"))
    kim = app.test_client()
    kim.post("/auth/sign-in", data={"email": "kim@example.org", **NEW}, headers=SAME)
    link = invite(kim, "accomplice@example.org")
    with office.desk.begin(office.owner) as uow:
        found = uow.session.query(User).filter_by(email="kim@example.org").one()
        leaving.remove(uow, found.uuid)
    assert app.test_client().get(link).status_code == 410


def test_joining_needs_a_form_of_ours(ada: FlaskClient, app: Flask) -> None:
    link = invite(ada)
    answer = app.test_client().post(link, data=NEW, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert app.test_client().get(link).status_code == 200


def test_a_hostile_name_is_shown_as_text(ada: FlaskClient, app: Flask) -> None:
    accept(app.test_client(), invite(ada), name='<img src=x onerror="alert(1)">')
    page = ada.get("/console/team").text
    assert "<img" not in page
    assert "&lt;img" in page


def test_what_is_no_token_is_not_found(client: FlaskClient, office: World) -> None:
    for token in ("", "x", "x" * 500, "%00", "..%2f"):
        assert client.get(f"/auth/invitations/{token}").status_code == 404, token
