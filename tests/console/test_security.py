"""What holds for every request: headers, Host, forged writes, where `next` may lead, addresses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import make_settings
from tests.console.conftest import SAME, csrf_of
from tests.world import World, at
from webapp.app import create_app
from webapp.blueprints import limits
from webapp.blueprints.returning import own_page
from webapp.blueprints.security import POLICY, masked_path


def test_every_page_forbids_what_it_does_not_need(ada: FlaskClient, office: World) -> None:
    office.profile()
    for path in ("/harbour", "/harbour/intro", "/auth/sign-in", "/console/", "/nowhere/at/all",
                 "/healthz", "/api/scheduling/users/me"):  # fmt: skip
        headers = ada.get(path).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers  # the base URL is plain http
        assert len(headers["X-Request-Id"]) == 16
    assert POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_private_pages_are_never_stored(ada: FlaskClient) -> None:
    for path in ("/console/", "/console/nowhere", "/auth/sign-in", "/console/bookings"):
        answer = ada.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]


def test_pages_behind_a_secret_link_tell_nobody_their_address(client: FlaskClient) -> None:
    for path in ("/harbour/m/abc.def", "/harbour/m/abc.def/cancel", "/d/abc/intro"):
        assert client.get(path).headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.1@evil.example"),
        *("localhost.evil.example", "[::1].evil.example", "", "a b", "127.0.0.1:80:80", "[::1"),
        *("127.0.0.1:99999999", "xn--localhost", "127.0.0.2"),
    ],
)
def test_a_forged_host_is_misdirected(client: FlaskClient, office: World, host: str) -> None:
    for path in ("/auth/sign-in", "/healthz", "/harbour", "/console/"):
        answer = client.get(path, headers={"Host": host})
        if path == "/healthz" and host == "127.0.0.2":
            continue
        assert answer.status_code == 421
        assert host == "" or host not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST"])
def test_loopback_names_are_alike(client: FlaskClient, office: World, host: str) -> None:
    assert client.get("/auth/sign-in", headers={"Host": host}).status_code == 200


def test_behind_a_real_name_only_that_name_is_served(office: World) -> None:
    settings = make_settings(
        office.desk.settings.database_url,
        office.desk.settings.data_dir.parent,
        base_url="https://book.example.org",
    )
    browser = create_app(settings, office.desk.clock).test_client()
    for host, status in (
        ("book.example.org", 200),
        ("book.example.org:443", 200),
        ("BOOK.example.org", 200),
        ("book.example.org:8443", 421),
        ("localhost:8000", 421),
        ("127.0.0.1", 421),
    ):
        assert browser.get("/auth/sign-in", headers={"Host": host}).status_code == status
    assert browser.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200


# --------------------------------------------------------------------------- writes from elsewhere


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 303),
        ({"Origin": "http://localhost:8000"}, 303),
        ({"Origin": "http://[::1]:8000"}, 303),
        ({"Origin": "http://127.0.0.1:8001"}, 403),
        ({"Origin": "https://127.0.0.1:8000"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_write_is_done_only_for_our_own_pages(
    ada: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert ada.post("/auth/sign-out", headers=headers).status_code == status


def test_where_the_browser_says_nothing_the_token_decides(
    ada: FlaskClient, sign_in: Callable[[str], FlaskClient]
) -> None:
    token = csrf_of(ada.get("/console/").text)
    other = csrf_of(sign_in("bela").get("/console/").text)
    for wrong in ("", other, token[:-1], token + "0", "ü", "\x00"):
        assert ada.post("/auth/sign-out", data={"csrf": wrong}).status_code == 403
    assert ada.get("/console/").status_code == 200
    assert ada.post("/auth/sign-out", headers={"X-CSRF": token}).status_code == 303


def test_a_stale_form_keeps_what_was_typed_and_can_be_sent_again(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8))
    path = f"/console/bookings/{uuid}/cancellation"
    typed = {"csrf": "stale", "reason": 'Ill <b>"today"</b>', "key": "k1", "password": "secret"}
    refused = ada.post(path, data=typed)
    assert refused.status_code == 403
    assert f'action="{path}"' in refused.text
    assert "Ill &lt;b&gt;&#34;today&#34;&lt;/b&gt;" in refused.text
    assert "secret" not in refused.text
    again = typed | {"csrf": csrf_of(refused.text)}
    assert ada.post(path, data=again).status_code == 303
    assert "Cancelled" in ada.get(f"/console/bookings/{uuid}").text


def test_a_write_from_another_site_gets_no_way_to_repeat_it(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8))
    refused = ada.post(
        f"/console/bookings/{uuid}/cancellation",
        data={"reason": "a plot"},
        headers={"Origin": "http://evil.example"},
    )
    assert refused.status_code == 403
    assert "a plot" not in refused.text
    assert "Try again" not in refused.text
    assert "Confirmed" in ada.get(f"/console/bookings/{uuid}").text


def test_no_get_of_the_console_changes_anything(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    before = office.desk.sql("SELECT status, sequence FROM booking")
    for rest in ("", "/cancellation", "/approval", "/refusal"):
        ada.get(f"/console/bookings/{uuid}{rest}")
    assert office.desk.sql("SELECT status, sequence FROM booking") == before


# ------------------------------------------------------------------------------------- next

GOOD = ["/console/", "/console/bookings", "/console/bookings?list=past&after=a_b-c",
        "/console/calendars"]  # fmt: skip
BAD = [
    *("", "console", "console/", "//evil.example", "///evil.example", "////evil.example/console/"),
    *("/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example"),
    *("http://evil.example", "https://evil.example/console/", "HTTPS:evil.example", "http:/x"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "mailto:a"),
    *("//console/", "/console//", "/console//bookings", "/./console/", "/console/../console/"),
    *("/console/bookings/../../auth/sign-out", "/..//evil.example", "/console/..", "/console/."),
    *("/%2f%2fevil.example", "/%5cevil.example", "/%2e%2e/console/", "/console/%2e%2e/x"),
    *("/console/%0d%0aSet-Cookie:a", "/console/?a=%0d%0aLocation:x", "/console/?a=%00"),
    *("/console/\r\nLocation: x", "/console/\n", "\n/console/", "\t/console/", " /console/"),
    *("/console/\x00", "/con\tsole/", "/console/ ", "/console/#a", "/console/?a=#b", "#", "?a=b"),
    *("/auth/sign-in", "/auth/sign-out", "/harbour", "/harbour/intro", "/healthz", "/static/x"),
    *("/api/scheduling/users/me", "/console", "/", "/．／evil", "/console/ü", "/%63onsole/"),
    *("/console/bookings/not-a-uuid/cancellation;@evil", "http://127.0.0.1:8000/console/"),
    *("/console/" + "a" * 2000, "/console/?" + "a" * 2000, "/console/@evil.example//x"),
    *("/@evil.example", "/console:80", "/\u2028/console", "/console/\u202e", "/console/\uff0f"),
]


@pytest.mark.parametrize("target", GOOD)
def test_next_leads_back_to_pages_of_the_console(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert own_page(target) == target


def test_next_leads_nowhere_else(app: Flask) -> None:
    assert len(BAD) >= 60
    with app.test_request_context():
        assert {target: own_page(target) for target in BAD if own_page(target)} == {}


# ------------------------------------------------------------------------- addresses and limits


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.9", "203.0.113.7", "198.51.100.9"),  # nobody's proxy: not believed
        ("10.1.1.1", "203.0.113.7", "203.0.113.7"),
        ("10.1.1.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the left part is the visitor's word
        ("10.1.1.1", "203.0.113.7, 10.2.2.2", "203.0.113.7"),
        ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.1.1.1", "127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("10.1.1.1", "not an address", "10.1.1.1"),
        ("10.1.1.1", "203.0.113.7, unknown", "10.1.1.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "203.0.113.7:4711", "203.0.113.7"),
        ("10.1.1.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.1.1.1", "2001:db8::7", "2001:db8::7"),
        ("10.1.1.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("10.1.1.1", ", " * 5000 + "203.0.113.7", "203.0.113.7"),
    ],
)
def test_forwarded_addresses_are_believed_as_far_as_trusted_proxies_wrote_them(
    world: World, peer: str, forwarded: str, client: str
) -> None:
    from ipaddress import ip_network

    settings = make_settings(
        world.desk.settings.database_url,
        world.desk.settings.data_dir.parent,
        trusted_proxies=(ip_network("10.0.0.0/8"),),
    )
    app = create_app(settings, world.desk.clock)
    with app.test_request_context(
        environ_base={"REMOTE_ADDR": peer}, headers={"X-Forwarded-For": forwarded}
    ):
        assert str(limits.client_address()) == client


def test_a_spoofed_header_neither_escapes_a_limit_nor_becomes_loopback(
    app: Flask, office: World
) -> None:
    browser = app.test_client()
    answers = [
        browser.post(
            "/auth/sign-in",
            data={"email": f"somebody{place}@example.org", "password": ""},
            headers=SAME | {"X-Forwarded-For": f"127.0.0.{place % 200}"},
            environ_base={"REMOTE_ADDR": "198.51.100.9"},
        ).status_code
        for place in range(32)
    ]
    assert answers == [422] * 30 + [429] * 2


def test_limits_are_off_when_the_operator_says_so(office: World) -> None:
    settings = make_settings(
        office.desk.settings.database_url, office.desk.settings.data_dir.parent, rate_limits=False
    )
    browser = create_app(settings, office.desk.clock).test_client()
    for _ in range(60):
        answer = browser.get("/harbour", environ_base={"REMOTE_ADDR": "198.51.100.9"})
    assert answer.status_code == 200


def test_public_pages_have_a_limit_that_says_when_to_come_back(
    client: FlaskClient, office: World
) -> None:
    far = {"REMOTE_ADDR": "198.51.100.9"}
    answers = [client.get("/harbour", environ_base=far) for _ in range(41)]
    assert {answer.status_code for answer in answers[:40]} == {200}
    assert answers[40].status_code == 429
    assert int(answers[40].headers["Retry-After"]) >= 1
    office.desk.clock.forward(seconds=1)
    assert client.get("/harbour", environ_base=far).status_code == 200


# ------------------------------------------------------------------------------- bodies and logs


def test_a_body_beyond_a_mebibyte_is_refused_everywhere_but_for_files(
    ada: FlaskClient, office: World
) -> None:
    large = {"email": "x" * (1024 * 1024 + 1)}
    assert ada.post("/auth/sign-in", data=large, headers=SAME).status_code == 413
    assert ada.post("/console/calendars/addresses", data=large, headers=SAME).status_code == 413
    assert ada.get("/console/").status_code == 200


def test_the_log_names_no_secret_and_nobody(
    ada: FlaskClient, office: World, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("kalends.request")
    logger.addHandler(caplog.handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        answer = ada.get("/harbour/m/sesame.open?who=grace%40example.org&sesame=1")
        ada.get("/console/bookings?list=hidden-value")
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
    lines = list(dict.fromkeys(caplog.records))
    said = json.dumps([line.__dict__ for line in lines], default=str)
    assert len(lines) == 2
    assert "/harbour/m/***" in said
    assert lines[0].__dict__["status"] == answer.status_code
    for secret in ("sesame.open", "grace", "hidden-value", "127.0.0.1"):
        assert secret not in said


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/harbour/m/abc.def/cancel", "/harbour/m/***/cancel"),
        ("/harbour/intro/b/abc", "/harbour/intro/b/***"),
        ("/e/harbour/m/abc", "/e/harbour/m/***"),
        ("/d/abc/intro", "/d/***/intro"),
        ("/auth/invitations/abc", "/auth/invitations/***"),
        ("/x/grace@example.org", "/x/***"),
        ("/" + "a" * 61, "/***"),
        ("/harbour/intro", "/harbour/intro"),
    ],
)
def test_links_are_logged_without_their_secret(path: str, masked: str) -> None:
    assert masked_path(path) == masked
