"""Signing in with OpenID Connect at a real provider: a process of its own kind, on loopback."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from tests.conftest import make_settings
from tests.console.account import ADA, changes_told, enter, noted, post, with_codes
from tests.console.conftest import PASSWORD
from tests.rig.openid_provider import LOOPBACK, OpenIDCode, asked, provider, signed_in_there
from tests.world import Clock, World
from webapp.app import create_app
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import openid
from webapp.settings import Settings

ADA_THERE = "ada-at-the-provider"


PEOPLE: dict[str, dict[str, object]] = {
    ADA_THERE: {"email": ADA, "email_verified": True},
    "unverified": {"email": ADA, "email_verified": False},
}
# The provider still asks its own library in an older way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:get_jwt_config"),
    pytest.mark.usefixtures("quick_passwords"),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(PEOPLE) as found:
        yield found


@pytest.fixture
def clock(issuer: str) -> Clock:
    """The provider's own time, to the second: its tokens are of today."""
    return Clock(parsedate_to_datetime(asked("GET", issuer + "/jwks").headers["Date"]))


def with_provider(url: str, folder: Path, issuer: str, **more: object) -> Settings:
    choices = {
        "openid_issuer": issuer,
        "openid_client_id": "kalends",
        "openid_client_secret": "a secret of theirs",
        "openid_name": "Harbour ID",
        "egress_allow": (ip_network(f"{LOOPBACK}/32"),),
    }
    return make_settings(url, folder, **(choices | more))


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, issuer: str) -> Settings:
    return with_provider(sqlite_url, tmp_path, issuer)


def departed(client: FlaskClient, path: str = "/auth/openid", **sent: str) -> str:
    """Press the button; where the page leads to."""
    page = post(client, path, **sent)
    assert page.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found
    return unescape(found[1])


def changed(url: str, **parameters: str) -> str:
    """``url`` with other parameters."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | parameters)).geturl()


def at_provider(url: str, who: str = ADA_THERE) -> str:
    """Sign in there; the path the browser is sent back to."""
    return signed_in_there(url, who)


def returned(client: FlaskClient, back: str) -> Any:
    """Come back, and let the page send itself on."""
    page = client.get(back)
    if page.status_code != 200:
        return page
    names = re.findall(r'name="(\w+)" value="([^"]*)"', page.text)
    sent = {name: unescape(value) for name, value in names if name != "csrf"}
    return post(client, "/auth/openid/return", **sent)


def round_trip(client: FlaskClient, who: str = ADA_THERE, **sent: str) -> Any:
    return returned(client, at_provider(departed(client, **sent), who))


def linked(client: FlaskClient) -> None:
    """Ada signs in with her password and links her account there."""
    enter(client)
    back = at_provider(departed(client, "/console/account/openid"))
    assert returned(client, back).location == "/console/account/security?done=openid-linked"


def test_an_account_is_linked_by_signing_in_there_and_opens_from_then_on(
    app: Flask, office: World
) -> None:
    here, later = app.test_client(), app.test_client()
    assert "Sign in with Harbour ID" in here.get("/auth/sign-in").text
    stranger = round_trip(later)
    assert stranger.status_code == 422, "the same mail address alone opens nothing"
    assert "No account here is linked" in stranger.text
    linked(here)
    assert changes_told(office.desk) == ["openid-linked"]
    assert "openid.linked" in noted(office.desk, f"user:{office.hosts['ada']}")
    done = round_trip(later, next="/console/calendars")
    assert done.location == "/console/calendars"
    assert "Ada Berg" in later.get("/console/calendars").text


def test_the_request_carries_pkce_state_and_nonce(client: FlaskClient, office: World) -> None:
    sent = dict(parse_qsl(urlsplit(departed(client)).query))
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == 43
    assert min(len(sent["state"]), len(sent["nonce"])) >= 43
    assert sent["redirect_uri"].endswith("/auth/openid/callback")
    kept = str(office.desk.sql("SELECT token_hash, payload FROM sign_in_ticket")[0])
    assert sent["state"] not in kept


def test_a_return_is_good_once_and_only_in_the_browser_that_left(app: Flask, office: World) -> None:
    here, other = app.test_client(), app.test_client()
    linked(here)
    here.delete_cookie("kalends")
    back = at_provider(departed(here))
    departed(other)
    assert returned(other, back).status_code == 422, "a victim cannot be made to return as another"
    assert other.get("/console/account").status_code == 303
    step = here.get_cookie("kalends-step")
    assert step
    assert returned(here, back).status_code == 303
    here.delete_cookie("kalends")
    here.set_cookie("kalends-step", step.value)
    assert returned(here, back).status_code == 422, "the state was used"
    again = at_provider(departed(here))
    office.desk.clock.now += openid.LASTS
    assert returned(here, again).status_code == 422, "ten minutes are over"


def test_looking_at_the_way_back_changes_nothing(client: FlaskClient, office: World) -> None:
    back = at_provider(departed(client))
    before = office.desk.sql("SELECT * FROM sign_in_ticket")
    page = client.get(back)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert office.desk.sql("SELECT * FROM sign_in_ticket") == before
    for path in ("/auth/openid/callback", "/auth/openid/callback?error=access_denied&state=x"):
        assert client.get(path).status_code == 422


def unsigned(token: str) -> str:
    """The same claims under a header that says they need no signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def test_a_token_that_does_not_fit_signs_nobody_in(
    client: FlaskClient, office: World, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(client)
    client.delete_cookie("kalends")
    honest = OpenIDCode.get_jwt_config

    def refused(why: str) -> None:
        answer = returned(client, at_provider(departed(client)))
        assert answer.status_code == 422, why
        assert "could not be trusted" in answer.text, why
        assert client.get("/console/account").status_code == 303, why

    wrong_nonce = changed(departed(client), nonce="another nonce")
    assert returned(client, at_provider(wrong_nonce)).status_code == 422, "nonce"
    no_proof = changed(departed(client), code_challenge="x" * 43)
    assert returned(client, at_provider(no_proof)).status_code in (303, 422)
    client.delete_cookie("kalends")
    secret = {"kty": "oct", "k": "YSBzZWNyZXQgb2YgdGhlaXJz"}
    for why, wrong in {
        "audience": {"aud": ["somebody-else"]},
        "another audience, in our name": {"aud": ["somebody-else"], "azp": "kalends"},
        "two audiences, the other one named": {"aud": ["kalends", "x"], "azp": "x"},
        "issuer": {"iss": "https://elsewhere.example.org"},
        "expired": {"exp": -120},
        "signed with the client's own secret": {"alg": "HS256", "key": secret},
        "signed with another key": {"key": RSAKey.generate_key(2048).as_dict(private=True)},
    }.items():
        with monkeypatch.context() as patch:
            patch.setattr(
                OpenIDCode,
                "get_jwt_config",
                lambda *given, w=wrong, **more: honest(*given, **more) | w,
            )
            refused(why)
    with monkeypatch.context() as patch:
        signed = OpenIDCode.encode_id_token
        patch.setattr(OpenIDCode, "encode_id_token", lambda *given: unsigned(signed(*given)))
        refused("no signature")
    named = changed(at_provider(departed(client)), iss="https://elsewhere.example.org")
    assert returned(client, named).status_code == 422, "another provider's answer"
    honest_one = changed(at_provider(departed(client)), iss=issuer)
    assert returned(client, honest_one).status_code == 303


def test_an_expired_token_signs_nobody_in(office: World, tmp_path: Path, clock: Clock) -> None:
    with provider(PEOPLE, access_token_max_age=timedelta(seconds=1)) as short:
        url = office.desk.settings.database_url
        browser = create_app(with_provider(url, tmp_path, short), clock).test_client()
        linked(browser)
        clock.forward(seconds=62)
        browser.delete_cookie("kalends")
        back = at_provider(departed(browser))
        clock.forward(seconds=62)
        answer = returned(browser, back)
        assert answer.status_code == 422
        assert "could not be trusted" in answer.text


def test_a_provider_that_is_down_is_said_on_a_page_of_ours(
    office: World, tmp_path: Path, clock: Clock
) -> None:
    url = office.desk.settings.database_url
    with provider(PEOPLE) as soon_gone:
        browser = create_app(with_provider(url, tmp_path, soon_gone), clock).test_client()
        back = at_provider(departed(browser))
    for answer in (returned(browser, back), post(browser, "/auth/openid")):
        assert answer.status_code == 503
        assert "Harbour ID cannot be reached" in answer.text
        assert 'href="/auth/sign-in"' in answer.text
        assert answer.headers["Retry-After"] == "60"


def test_every_request_to_the_provider_goes_by_the_egress_rules(
    office: World, tmp_path: Path, clock: Clock, issuer: str
) -> None:
    """Without leave for its network, a private provider is not even connected to."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        database = office.desk.settings.database_url
        closed = with_provider(database, tmp_path, url, egress_allow=())
        answer = post(create_app(closed, clock).test_client(), "/auth/openid")
        assert answer.status_code == 503
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_verified_address_links_only_where_the_setting_says_so(
    office: World, tmp_path: Path, clock: Clock, issuer: str
) -> None:
    url = office.desk.settings.database_url
    matching = with_provider(url, tmp_path, issuer, openid_match_mail=True)
    app = create_app(matching, clock)
    assert round_trip(app.test_client(), "unverified").status_code == 422
    assert round_trip(app.test_client(), "nobody@example.org").status_code == 422
    assert round_trip(app.test_client()).status_code == 303
    assert changes_told(office.desk) == ["openid-linked"]


def test_one_identity_opens_one_account(app: Flask, office: World) -> None:
    linked(app.test_client())
    bela = app.test_client()
    enter(bela, email="bela@harbour.example.org")
    back = at_provider(departed(bela, "/console/account/openid"))
    answer = returned(bela, back)
    assert answer.status_code == 409
    assert "linked with another account" in answer.text
    assert "Not linked" in bela.get("/console/account/security").text


def test_linking_needs_the_session_that_began_it(app: Flask, office: World) -> None:
    browser = app.test_client()
    enter(browser)
    back = at_provider(departed(browser, "/console/account/openid"))
    step = browser.get_cookie("kalends-step")
    assert step
    enter(browser, email="bela@harbour.example.org")
    browser.set_cookie("kalends-step", step.value)
    assert returned(browser, back).status_code == 422
    assert office.desk.sql("SELECT count(*) FROM openid_identity")[0][0] == 0


def test_codes_are_asked_for_after_the_provider_too(app: Flask, office: World) -> None:
    linked(app.test_client())
    phone, _ = with_codes(office)
    browser = app.test_client()
    assert round_trip(browser, next="/console/calendars").location == "/auth/second-step"
    done = post(browser, "/auth/second-step", code=phone.code(office.desk.clock()))
    assert done.location == "/console/calendars"


def test_an_account_without_password_signs_in_proves_itself_and_keeps_its_last_way(
    app: Flask, office: World
) -> None:
    browser = app.test_client()
    linked(browser)
    assert post(browser, "/console/account/password/removal").status_code == 303
    assert enter(app.test_client()).status_code == 422
    assert post(browser, "/console/account/openid/removal").status_code == 409
    office.desk.clock.forward(minutes=11)
    asked_again = browser.get("/console/account/password")
    assert asked_again.location == "/console/account/again?next=/console/account/password"
    assert post(browser, "/console/account/again", password=PASSWORD).status_code == 422
    way = departed(browser, "/console/account/again/openid", next="/console/account/password")
    assert "prompt=login" in way
    assert returned(browser, at_provider(way, "nobody@example.org")).status_code == 409
    way = departed(browser, "/console/account/again/openid", next="/console/account/password")
    assert returned(browser, at_provider(way)).location == "/console/account/password"
    assert browser.get("/console/account/password").status_code == 200
    new = {"password": PASSWORD, "repeated": PASSWORD}
    assert post(browser, "/console/account/password", **new).status_code == 303
    assert post(browser, "/console/account/openid/removal").status_code == 303
    assert round_trip(app.test_client()).status_code == 422
    told = ["openid-linked", "password-removed", "password", "openid-unlinked"]
    assert changes_told(office.desk) == told


def test_a_closed_account_opens_for_nobody(app: Flask, office: World) -> None:
    linked(app.test_client())
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.get_one(User, office.hosts["ada"]).deactivated_at = uow.now
    assert round_trip(app.test_client()).status_code == 422


def test_without_a_provider_there_is_no_such_way(office: World, tmp_path: Path) -> None:
    url = office.desk.settings.database_url
    client = create_app(make_settings(url, tmp_path), office.desk.clock).test_client()
    assert "Harbour ID" not in client.get("/auth/sign-in").text
    assert post(client, "/auth/openid").status_code == 404
    assert client.get("/auth/openid/callback?code=x&state=y").status_code == 404
