"""Signing in and out over HTTP: the cookie, where one lands, who is refused and how."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import make_settings
from tests.console.conftest import PASSWORD, SAME, csrf_of
from tests.world import World
from webapp.app import create_app
from webapp.services.limits import FREE_TRIES

RIGHT = {"email": "ada@harbour.example.org", "password": PASSWORD}


def test_the_console_sends_strangers_to_sign_in_and_back(
    client: FlaskClient, office: World
) -> None:
    away = client.get("/console/bookings?list=past")
    assert away.status_code == 303
    assert away.location == "/auth/sign-in?next=/console/bookings?list%3Dpast"
    page = client.get(away.location)
    assert 'name="next" value="/console/bookings?list=past"' in page.text
    back = client.post(
        "/auth/sign-in", data=RIGHT | {"next": "/console/bookings?list=past"}, headers=SAME
    )
    assert (back.status_code, back.location) == (303, "/console/bookings?list=past")
    assert client.get(back.location).status_code == 200


def test_htmx_is_told_to_go_to_the_sign_in_page(client: FlaskClient, office: World) -> None:
    answer = client.get("/console/calendars", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/auth/sign-in?next=/console/calendars"


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_elsewhere(
    client: FlaskClient, office: World
) -> None:
    answer = client.post("/auth/sign-in", data=RIGHT, headers=SAME)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("kalends=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Domain" not in cookie


def test_on_https_the_cookie_is_bound_to_host_and_https(
    office: World, tmp_path: object, sqlite_url: str
) -> None:
    settings = make_settings(
        office.desk.settings.database_url,
        office.desk.settings.data_dir.parent,
        base_url="https://book.example.org",
    )
    browser = create_app(settings, office.desk.clock).test_client()
    answer = browser.post(
        "/auth/sign-in", data=RIGHT, headers=SAME, base_url="https://book.example.org"
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kalends=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_wrong_password_keeps_the_address_and_says_nothing_about_who_exists(
    client: FlaskClient, office: World
) -> None:
    pages = []
    for email in ("ada@harbour.example.org", "nobody@example.org"):
        answer = client.post(
            "/auth/sign-in", data={"email": email, "password": "wrong"}, headers=SAME
        )
        assert answer.status_code == 422
        assert "Set-Cookie" not in answer.headers
        pages.append(answer.text.replace(email, "?"))
    assert pages[0] == pages[1]
    assert 'value="?"' in pages[0]


def test_many_wrong_passwords_have_to_wait(client: FlaskClient, office: World) -> None:
    wrong = RIGHT | {"password": "wrong"}
    answers = [
        client.post("/auth/sign-in", data=wrong, headers=SAME).status_code
        for _ in range(FREE_TRIES + 1)
    ]
    assert answers == [422] * FREE_TRIES + [429]
    refused = client.post("/auth/sign-in", data=RIGHT, headers=SAME)
    assert refused.status_code == 429
    office.desk.clock.forward(seconds=int(refused.headers["Retry-After"]))
    assert client.post("/auth/sign-in", data=RIGHT, headers=SAME).status_code == 303


def test_a_new_sign_in_ends_the_session_that_the_browser_had(
    ada: FlaskClient, office: World
) -> None:
    old = ada.get_cookie("kalends")
    assert old
    ada.post("/auth/sign-in", data=RIGHT, headers=SAME)
    new = ada.get_cookie("kalends")
    assert new
    assert new.value != old.value
    ada.set_cookie("kalends", old.value)
    assert ada.get("/console/").status_code == 303


def test_signing_out_ends_the_session_even_for_a_copied_cookie(ada: FlaskClient) -> None:
    kept = ada.get_cookie("kalends")
    assert kept
    answer = ada.post("/auth/sign-out", headers=SAME)
    assert (answer.status_code, answer.location) == (303, "/auth/sign-in?out=1")
    assert "kalends=;" in answer.headers["Set-Cookie"]
    ada.set_cookie("kalends", kept.value)
    assert ada.get("/console/").status_code == 303


def test_a_made_up_cookie_opens_nothing(client: FlaskClient, office: World) -> None:
    for value in ("", "x", "a" * 43, "a" * 3000, "ü" * 10):
        client.set_cookie("kalends", value)
        assert client.get("/console/").status_code == 303


def test_whoever_is_signed_in_is_not_asked_again(ada: FlaskClient) -> None:
    answer = ada.get("/auth/sign-in?next=/console/calendars")
    assert (answer.status_code, answer.location) == (303, "/console/calendars")


def test_signing_in_works_with_the_token_where_a_browser_says_nothing(
    client: FlaskClient, office: World
) -> None:
    token = csrf_of(client.get("/auth/sign-in").text)
    assert client.post("/auth/sign-in", data=RIGHT | {"csrf": token}).status_code == 303
    client.delete_cookie("kalends")
    assert client.post("/auth/sign-in", data=RIGHT).status_code == 403


@pytest.mark.parametrize("field", ["email", "password", "next"])
@pytest.mark.parametrize("value", ["", "\x00", "x" * 100_000, "\r\nSet-Cookie: a=b", "\ud800"])
def test_odd_values_are_answered_and_never_break_anything(
    client: FlaskClient, office: World, field: str, value: str
) -> None:
    body = {name: text.encode("utf-8", "surrogatepass") for name, text in
            (RIGHT | {field: value}).items()}  # fmt: skip
    from urllib.parse import urlencode

    answer = client.post(
        "/auth/sign-in",
        data=urlencode(body),
        content_type="application/x-www-form-urlencoded",
        headers=SAME,
    )
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert answer.location == "/console/"


def test_members_sign_in_too(sign_in: Callable[[str], FlaskClient]) -> None:
    assert "Bela Cruz" in sign_in("bela").get("/console/").text


def test_public_pages_read_and_set_no_cookie(app: Flask, office: World) -> None:
    office.profile()
    answer = app.test_client().get("/harbour/intro")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
