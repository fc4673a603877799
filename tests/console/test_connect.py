"""Keys in the console: shown once, narrow, expiring, rotated with an overlap, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import Clock, World, build_world
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import GRANTS, SCOPE_WORDS, Caller, Permission, Role
from webapp.services import keys

ME = "/api/scheduling/users/me"
TOKEN = re.compile(r"kal_[0-9A-Za-z]{8}_[0-9A-Za-z]{40}")
SECRET = re.compile(r"kas_[0-9A-Za-z]{40}")
READING = ["profile:read", "booking:read"]


def make(browser: FlaskClient, what: str = "tokens", **more: object) -> str:
    """Fill in the form; gives the answer's text."""
    form = {"name": "Script", "reach": "some", "scopes": READING, "expires": "90"} | more
    answer = browser.post(f"/console/connect/{what}/new", data=form, headers=SAME)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"].startswith("no-store")
    return unescape(answer.text)


def token_of(page: str) -> str:
    found = TOKEN.search(page)
    assert found
    return found[0]


def asks(app: Flask, token: str) -> int:
    """What the surface answers to a token."""
    client = app.test_client()
    return client.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_in_the_answer_and_never_again(app: Flask, ada: FlaskClient) -> None:
    token = token_of(make(ada))
    assert asks(app, token) == 200
    listed = ada.get("/console/connect").text
    assert token.rpartition("_")[0] in listed
    assert token.rpartition("_")[2] not in listed
    assert ada.get("/console/connect?token=1").text.count(token.rpartition("_")[2]) == 0
    assert not any(token[13:] in str(cookie.value) for cookie in ada._cookies.values())


def test_the_same_form_sent_twice_makes_one_key_and_shows_its_secret_once(
    ada: FlaskClient, office: World
) -> None:
    make(ada, key="form-1")
    form = {"name": "Script", "reach": "some", "scopes": READING, "expires": "90", "key": "form-1"}
    again = ada.post("/console/connect/tokens/new", data=form, headers=SAME)
    assert again.status_code == 409
    assert not TOKEN.search(again.text)
    assert "sent twice" in again.text
    assert office.desk.sql("SELECT count(*) FROM access_token") == [(1,)]


def test_the_command_to_try_is_the_real_address_and_works(app: Flask, ada: FlaskClient) -> None:
    page = make(ada)
    command = re.search(r'curl -H "Authorization: Bearer (\S+)" ([^<\s]+)', page)
    assert command
    base_url = app.extensions["kalends"].settings.base_url
    assert command[2] == f"{base_url}{ME}"
    assert asks(app, command[1]) == 200


def test_a_new_token_offers_exactly_what_the_reader_may(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    for name, role in (("ada", Role.OWNER), ("bela", Role.MEMBER)):
        page = sign_in(name).get("/console/connect/tokens/new").text
        offered = set(re.findall(r'name="scopes"[^>]* value="([^"]+)"', page))
        assert offered == {scope.value for scope in SCOPE_WORDS if scope in GRANTS[role]}


def test_nobody_gives_a_key_more_than_they_may(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    bela = sign_in("bela")
    form = {"name": "Mine", "reach": "some", "scopes": ["people:manage"], "expires": "30"}
    assert bela.post("/console/connect/tokens/new", data=form, headers=SAME).status_code == 422
    member = Caller(office.organization_id, Role.MEMBER, office.hosts["bela"])
    narrow = Caller(
        office.organization_id, Role.OWNER, office.hosts["ada"], frozenset({Permission.ACCOUNT})
    )
    for caller in (member, narrow):
        with office.desk.begin(caller) as uow, pytest.raises(Invalid):
            keys.make_own_token(uow, "Mine", scopes=frozenset({Permission.PEOPLE_MANAGE}))
    assert office.desk.sql("SELECT count(*) FROM access_token") == [(0,)]


def test_a_form_that_makes_no_sense_comes_back_with_what_was_typed(ada: FlaskClient) -> None:
    wrongs: list[dict[str, object]] = [
        {"name": ""},
        {"name": "x" * 81},
        {"scopes": []},
        {"expires": "1000"},
        {"reach": ""},
    ]
    for wrong in wrongs:
        form = {"name": "Till", "reach": "some", "scopes": READING, "expires": "365"} | wrong
        answer = ada.post("/console/connect/tokens/new", data=form, headers=SAME)
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text
        if "name" not in wrong:
            assert 'value="Till"' in answer.text


def test_scopes_hold_at_the_surface(app: Flask, ada: FlaskClient) -> None:
    narrow = token_of(make(ada, scopes=["booking:read"]))
    assert asks(app, narrow) == 403
    assert asks(app, token_of(make(ada, reach="all", scopes=[]))) == 200


def test_a_key_expires_on_the_chosen_day(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    begun = clock.now
    made = {days: token_of(make(ada, expires=str(days))) for days in (30, 90, 365)}
    for days, token in made.items():
        clock.now = begun + timedelta(days=days, seconds=-1)
        assert asks(app, token) == 200
        clock.forward(seconds=1)
        assert asks(app, token) == 401


def test_a_key_without_expiry_lives_on(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    token = token_of(make(ada, expires="never"))
    clock.forward(days=4000)
    assert asks(app, token) == 200


def ref_of(token: str) -> str:
    return token.split("_")[1]


def rotate(browser: FlaskClient, token: str, overlap: str) -> str:
    path = f"/console/connect/tokens/{ref_of(token)}/secret"
    answer = browser.post(path, data={"overlap": overlap}, headers=SAME)
    assert answer.status_code == 200, answer.text
    return token_of(answer.text)


def test_a_change_of_the_secret_leaves_the_old_one_for_the_chosen_hours(
    app: Flask, ada: FlaskClient, clock: Clock
) -> None:
    for overlap, hours in (("0", 0), ("1", 1), ("24", 24)):
        old = token_of(make(ada, expires="never"))
        new = rotate(ada, old, overlap)
        assert asks(app, new) == 200
        if hours:
            clock.forward(hours=hours, seconds=-1)
            assert asks(app, old) == 200
            clock.forward(seconds=1)
        assert asks(app, old) == 401
        assert asks(app, new) == 200


def test_only_two_secrets_work_at_a_time(app: Flask, ada: FlaskClient) -> None:
    first = token_of(make(ada))
    second = rotate(ada, first, "24")
    third = rotate(ada, second, "24")
    assert [asks(app, token) for token in (first, second, third)] == [401, 200, 200]


def test_revoking_ends_the_old_secret_too(app: Flask, ada: FlaskClient) -> None:
    old = token_of(make(ada))
    new = rotate(ada, old, "24")
    path = f"/console/connect/tokens/{ref_of(old)}/end"
    assert ada.get(path).status_code == 200
    assert asks(app, new) == 200  # looking ends nothing
    assert ada.post(path, headers=SAME).status_code == 303
    assert (asks(app, old), asks(app, new)) == (401, 401)
    assert "Revoked" in ada.get("/console/connect").text
    assert rotate_status(ada, old) == 409


def rotate_status(browser: FlaskClient, token: str) -> int:
    path = f"/console/connect/tokens/{ref_of(token)}/secret"
    return browser.post(path, data={"overlap": "0"}, headers=SAME).status_code


def test_the_last_use_is_on_the_page(app: Flask, ada: FlaskClient, clock: Clock) -> None:
    token = token_of(make(ada))
    assert "Not used yet" in ada.get("/console/connect").text
    asks(app, token)
    clock.forward(minutes=12)
    assert "12 minutes ago" in ada.get("/console/connect").text


def test_an_admin_ends_a_token_of_a_member_and_cannot_take_it_over(
    app: Flask, sign_in: Callable[[str], FlaskClient], ada: FlaskClient
) -> None:
    bela = sign_in("bela")
    token = token_of(make(bela))
    page = ada.get("/console/connect/everybody").text
    assert f"kal_{ref_of(token)}" in page
    assert "Bela Cruz" in page
    assert rotate_status(ada, token) == 404
    assert ada.post(f"/console/connect/tokens/{ref_of(token)}/end", headers=SAME).status_code == 303
    assert asks(app, token) == 401


def test_a_member_reaches_no_key_but_their_own(
    app: Flask, sign_in: Callable[[str], FlaskClient], ada: FlaskClient
) -> None:
    token = token_of(make(ada))
    client = SECRET.search(make(ada, "clients"))
    assert client
    bela = sign_in("bela")
    assert "API clients" not in bela.get("/console/connect").text
    assert bela.get("/console/connect/everybody").status_code == 403
    assert bela.get("/console/connect/clients/new").status_code == 403
    for end in ("end", "secret"):
        path = f"/console/connect/tokens/{ref_of(token)}/{end}"
        assert bela.get(path).status_code == 404
        answer = bela.post(path, data={"overlap": "0"}, headers=SAME)
        assert answer.status_code == 404
    assert asks(app, token) == 200


def test_a_client_speaks_with_its_scopes_until_it_is_revoked(
    app: Flask, ada: FlaskClient, clock: Clock
) -> None:
    page = make(ada, "clients", name="Till", scopes=["booking:read"])
    client_id = re.search(r"kac_[0-9A-Za-z]{20}", page)
    secret = SECRET.search(page)
    assert client_id
    assert secret
    browser = app.test_client()
    assert browser.get(ME, auth=(client_id[0], secret[0])).status_code == 403
    wide = make(ada, "clients", name="Site")
    ids, secrets = re.findall(r"kac_[0-9A-Za-z]{20}", wide), SECRET.findall(wide)
    assert browser.get(ME, auth=(ids[0], secrets[0])).status_code == 200
    rotated = ada.post(
        f"/console/connect/clients/{ids[0]}/secret", data={"overlap": "1"}, headers=SAME
    )
    fresh = SECRET.search(rotated.text)
    assert fresh
    for each in (fresh[0], secrets[0]):
        assert browser.get(ME, auth=(ids[0], each)).status_code == 200
    ended = ada.post(f"/console/connect/clients/{ids[0]}/end", headers=SAME)
    assert ended.status_code == 303
    for each in (fresh[0], secrets[0]):
        assert browser.get(ME, auth=(ids[0], each)).status_code == 401
    clock.forward(days=91)
    assert browser.get(ME, auth=(client_id[0], secret[0])).status_code == 401


def test_an_admin_makes_no_key_in_an_owners_name(office: World) -> None:
    admin = Caller(office.organization_id, Role.ADMIN, office.hosts["bela"])
    with office.desk.begin(admin) as uow, pytest.raises(Forbidden):
        keys.make_token(uow, office.hosts["ada"], "Hers")


def test_another_organizations_keys_do_not_exist_here(
    app: Flask, ada: FlaskClient, office: World
) -> None:
    other = build_world(office.desk, slug="elsewhere")
    with office.desk.begin(other.owner) as uow:
        token = keys.make_token(uow, other.hosts["ada"], "Theirs").token
        client = keys.make_client(uow, "Theirs").client_id
    before = office.desk.sql("SELECT * FROM access_token UNION ALL SELECT * FROM access_token")
    for path in (f"tokens/{ref_of(token)}", f"clients/{client}"):
        for end in ("end", "secret"):
            assert ada.get(f"/console/connect/{path}/{end}").status_code == 404
            form = {"overlap": "0"}
            answer = ada.post(f"/console/connect/{path}/{end}", data=form, headers=SAME)
            assert answer.status_code == 404
    assert "Theirs" not in ada.get("/console/connect").text
    assert "Theirs" not in ada.get("/console/connect/everybody").text
    assert asks(app, token) == 200
    assert (
        office.desk.sql("SELECT * FROM access_token UNION ALL SELECT * FROM access_token") == before
    )


def test_everybodys_tokens_come_fifty_at_a_time(ada: FlaskClient, office: World) -> None:
    with office.desk.begin(office.owner) as uow:
        for number in range(60):
            keys.make_token(uow, office.hosts["bela"], f"Number {number}")
    first = ada.get("/console/connect/everybody").text
    further = re.search(r'href="(/console/connect/everybody\?before=\d+)"', first)
    assert further
    second = ada.get(unescape(further[1])).text
    numbers = [re.findall(r"<bdi>Number (\d+)</bdi>", page) for page in (first, second)]
    assert [len(each) for each in numbers] == [50, 10]
    assert sorted(int(n) for each in numbers for n in each) == list(range(60))
    assert ada.get("/console/connect/everybody?before=-1").status_code == 200


def test_keys_that_ended_long_ago_are_not_listed(ada: FlaskClient, clock: Clock) -> None:
    token = token_of(make(ada, expires="30"))
    clock.now += timedelta(days=59)
    ada = _again(ada)
    assert f"kal_{ref_of(token)}" in ada.get("/console/connect").text
    clock.now += timedelta(days=2)
    ada = _again(ada)
    assert f"kal_{ref_of(token)}" not in ada.get("/console/connect").text


def _again(browser: FlaskClient) -> FlaskClient:
    """Sign in once more: sessions end sooner than keys."""
    from tests.console.conftest import PASSWORD

    form = {"email": "ada@harbour.example.org", "password": PASSWORD}
    assert browser.post("/auth/sign-in", data=form, headers=SAME).status_code == 303
    return browser


def test_words_name_every_permission_that_a_key_can_be_narrowed_to() -> None:
    unnamed = {Permission.PROFILE_VIEW, Permission.BOOKING_ATTEND, Permission.ACCOUNT}
    unnamed |= {Permission.KEYS_MANAGE, Permission.DATA_MANAGE, Permission.AUDIT_READ}
    unnamed |= {Permission.ORGANIZATION_OWN}
    assert GRANTS[Role.OWNER] - unnamed == set(SCOPE_WORDS)
