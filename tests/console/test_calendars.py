"""Linking calendars in the console: by file and address, clear reports, nothing lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from ipaddress import ip_network
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import make_settings
from tests.console.conftest import SAME
from tests.rig.webfiles import WebFiles
from tests.services.test_feeds import DENTIST, WEEKLY, calendar
from tests.world import World
from webapp.app import create_app
from webapp.jobs.feeds import read_feed


def upload(
    browser: FlaskClient, content: bytes, path: str = "/console/calendars/files"
) -> TestResponse:
    return browser.post(
        path,
        data={"file": (io.BytesIO(content), "mine.ics"), "name": ""},
        content_type="multipart/form-data",
        headers=SAME,
    )


def spans(office: World) -> int:
    count = office.desk.sql("SELECT count(*) FROM busy_span WHERE calendar_id IS NOT NULL")[0][0]
    return int(count)


def uuid_of(office: World) -> str:
    from uuid import UUID

    found = office.desk.sql(
        "SELECT c.uuid FROM calendar c JOIN calendar_feed f ON f.calendar_id = c.id"
    )
    return str(UUID(str(found[0][0])))


def test_a_file_is_read_at_once(ada: FlaskClient, office: World) -> None:
    answer = upload(ada, calendar(DENTIST, WEEKLY))
    assert answer.status_code == 303
    page = ada.get(answer.location).text
    assert "mine.ics" in page
    assert "3 events, read just now" in page
    assert spans(office) > 50


@pytest.mark.parametrize("content", [b"", b"no calendar", b"\xff\x00" * 100])
def test_a_bad_file_is_told_beside_its_field_and_links_nothing(
    ada: FlaskClient, office: World, content: bytes
) -> None:
    answer = upload(ada, content)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert office.desk.sql("SELECT count(*) FROM calendar_feed")[0][0] == 0


def test_a_bad_newer_file_loses_nothing(ada: FlaskClient, office: World) -> None:
    upload(ada, calendar(DENTIST))
    path = f"/console/calendars/{uuid_of(office)}/file"
    assert upload(ada, b"no calendar", path).status_code == 422
    assert spans(office) == 1
    assert upload(ada, calendar(WEEKLY), path).status_code == 303
    assert spans(office) > 50


def test_a_file_beyond_sixteen_mebibytes_is_refused(ada: FlaskClient, office: World) -> None:
    answer = ada.post(
        "/console/calendars/files",
        data=b"x" * (17 * 1024 * 1024),
        content_type="multipart/form-data; boundary=x",
        headers=SAME,
    )
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_removing_asks_first_and_gives_the_time_back(ada: FlaskClient, office: World) -> None:
    upload(ada, calendar(DENTIST))
    path = f"/console/calendars/{uuid_of(office)}/removal"
    assert "Keep it" in ada.get(path).text
    assert spans(office) == 1
    assert ada.post(path, headers=SAME).status_code == 303
    assert spans(office) == 0


def test_an_address_that_cannot_be_is_kept_and_told_beside_its_field(ada: FlaskClient) -> None:
    answer = ada.post(
        "/console/calendars/addresses",
        data={"url": "http://10.0.0.1/x.ics", "name": "Office"},
        headers=SAME,
    )
    assert answer.status_code == 422
    assert 'value="http://10.0.0.1/x.ics"' in answer.text
    assert 'value="Office"' in answer.text
    assert 'id="url-error"' in answer.text


def test_calendars_of_others_do_not_exist(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    upload(sign_in("ada"), calendar(DENTIST))
    bela = sign_in("bela")
    assert "mine.ics" not in bela.get("/console/calendars").text
    for uuid in (uuid_of(office), uuid4()):
        for rest in ("removal", "reading", "file"):
            assert bela.post(f"/console/calendars/{uuid}/{rest}", headers=SAME).status_code in (
                404,
                422,
            )
    assert spans(office) == 1


def test_a_linked_address_is_read_reported_and_read_again(
    office: World, web_peer: WebFiles
) -> None:
    settings = make_settings(
        office.desk.settings.database_url,
        office.desk.settings.data_dir.parent,
        egress_allow=(ip_network("127.0.0.0/8"),),
    )
    app = create_app(settings, office.desk.clock)
    browser = app.test_client()
    from tests.console.conftest import PASSWORD

    browser.post(
        "/auth/sign-in",
        data={"email": "ada@harbour.example.org", "password": PASSWORD},
        headers=SAME,
    )
    url = web_peer.serve("/mine.ics", calendar(DENTIST))
    linked = browser.post("/console/calendars/addresses", data={"url": url}, headers=SAME)
    assert linked.status_code == 303
    assert "Being read" in browser.get("/console/calendars").text

    def read() -> str:
        with app.app_context():
            read_feed(office.organization_id, 1)
        return browser.get("/console/calendars").text

    assert "1 event, read just now" in read()
    assert spans(office) == 1
    read()
    assert web_peer.requests[-1].headers["if-none-match"]
    web_peer.serve("/mine.ics", calendar(DENTIST, WEEKLY))
    assert "3 events" in read()
    many = spans(office)

    for break_it in (
        lambda: web_peer.status("/mine.ics", 404),
        lambda: web_peer.status("/mine.ics", 500),
        lambda: web_peer.serve("/mine.ics", b"no calendar any more"),
        lambda: web_peer.redirect("/mine.ics", "/mine.ics"),
    ):
        break_it()
        page = read()
        assert "Not readable" in page
        assert spans(office) == many
        assert "could not be read" in browser.get("/console/").text
    web_peer.serve("/mine.ics", calendar(DENTIST))
    assert "Up to date" in read()
    assert spans(office) == 1
    read_feed_of_nobody(app)


def read_feed_of_nobody(app: Flask) -> None:
    with app.app_context():
        read_feed(1, 4711)
