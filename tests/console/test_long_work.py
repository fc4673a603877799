"""Long work in the console: asked for, looked at without a script, downloaded, cancelled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import SAME
from tests.world import Clock, World, at, build_world
from webapp.jobs import runner
from webapp.models import WorkKind
from webapp.services import long_work


def export(browser: FlaskClient, key: str = "") -> str:
    """Ask for an export; gives the address of its page."""
    answer = browser.post("/console/work/export", data={"key": key}, headers=SAME)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_an_export_is_asked_for_watched_and_downloaded(app: Flask, ada: FlaskClient) -> None:
    url = export(ada)
    waiting = ada.get(url)
    assert "Begins in a moment" in waiting.text
    assert 'hx-trigger="every 2s"' in waiting.text
    assert f'<a class="btn" href="{url}" id="look-again">Look again</a>' in waiting.text
    assert "http-equiv" not in waiting.text
    assert ada.get(f"{url}/file").status_code == 404
    runner.drain(app)
    done = ada.get(url)
    assert "hx-trigger" not in done.text, "nobody asks again when it is over"
    assert 'data-say="Everything in one file: Done"' in done.text
    link = re.search(r'href="(/console/work/[^"]+/file)"', done.text)
    assert link
    with ada.get(link[1]) as file:
        judge_file(file)


def judge_file(file: TestResponse) -> None:
    assert file.mimetype == "application/zip"
    assert file.headers["Cache-Control"].startswith("no-store")
    name = re.search(r"filename=(\S+)", file.headers["Content-Disposition"])
    assert name
    assert name[1] == "kalends-harbour-2026-11-23.zip"
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert "README.md" in archive.namelist()


def test_the_part_that_htmx_asks_for_is_the_page_without_its_frame(ada: FlaskClient) -> None:
    url = export(ada)
    part = ada.get(url, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="work"')
    assert part.text.strip() in ada.get(url).text.replace("\r", "")


def test_the_same_form_sent_twice_starts_one_export(ada: FlaskClient, office: World) -> None:
    assert export(ada, "k1") == export(ada, "k1")
    other = ada.post("/console/work/export", data={"key": "k2"}, headers=SAME)
    assert other.status_code == 409
    assert "being done already" in other.text
    assert office.desk.sql("SELECT count(*) FROM long_work") == [(1,)]


def test_the_file_needs_the_session_and_the_permission_and_goes_after_a_week(
    app: Flask, ada: FlaskClient, sign_in: Callable[[str], FlaskClient], clock: Clock
) -> None:
    url = export(ada)
    runner.drain(app)
    assert app.test_client().get(f"{url}/file").status_code == 303
    bela = sign_in("bela")
    for path in ("/console/work", url, f"{url}/file", "/console/work/erasing"):
        assert bela.get(path).status_code == 403
    assert "/console/work" not in bela.get("/console/connect").text
    for path in ("/console/work/export", f"{url}/cancellation", f"{url}/retry"):
        assert bela.post(path, headers=SAME).status_code == 403
    clock.forward(days=7)
    ada = sign_in("ada")
    assert ada.get(f"{url}/file").status_code == 410
    assert "The archive is gone" in ada.get(url).text


def test_cancelling_and_beginning_again(app: Flask, ada: FlaskClient) -> None:
    url = export(ada)
    assert ada.post(f"{url}/cancellation", headers=SAME).status_code == 303
    page = ada.get(url).text
    assert "Cancelled" in page
    again = ada.post(f"{url}/cancellation", headers=SAME)
    assert again.status_code == 409
    assert "over already" in again.text
    assert ada.post(f"{url}/retry", headers=SAME).status_code == 303
    runner.drain(app)
    assert "Download the archive" in ada.get(url).text
    assert ada.post(f"{url}/retry", headers=SAME).status_code == 409


def test_erasing_shows_what_there_is_and_asks_for_the_address_again(
    app: Flask, ada: FlaskClient, office: World, sign_in: Callable[[str], FlaskClient], clock: Clock
) -> None:
    office.book(office.profile(), at(9), "Grace")
    form = {"email": "grace@example.org"}
    looked = ada.post("/console/work/erasing", data=form, headers=SAME)
    assert "1, 1 of them ahead" in looked.text
    assert "/console/work/erasing/confirmed" not in looked.text
    clock.forward(days=2)
    ada = sign_in("ada")
    before = office.desk.sql("SELECT * FROM booking")
    looked = ada.post("/console/work/erasing", data=form, headers=SAME)
    assert looked.status_code == 200
    assert office.desk.sql("SELECT * FROM booking") == before
    for again in ("", "grace@example.com"):
        refused = ada.post(
            "/console/work/erasing/confirmed", data=form | {"again": again}, headers=SAME
        )
        assert refused.status_code == 422
        assert "same address" in refused.text
    assert office.desk.sql("SELECT count(*) FROM long_work") == [(0,)]
    done = ada.post(
        "/console/work/erasing/confirmed", data=form | {"again": form["email"]}, headers=SAME
    )
    assert done.status_code == 303
    assert "grace" not in done.location
    runner.drain(app)
    page = ada.get(done.location).text
    assert "Bookings without a name now" in page
    assert "grace" not in page.lower()
    assert "grace" not in ada.get("/console/work").text.lower()


def test_an_address_that_cannot_be_meant_is_refused_at_its_field(ada: FlaskClient) -> None:
    for email in ("", "grace", "bela@harbour.example.org"):
        answer = ada.post("/console/work/erasing", data={"email": email}, headers=SAME)
        assert answer.status_code == 422, email
        assert 'id="email-error"' in answer.text


def test_another_organizations_work_does_not_exist_here(ada: FlaskClient, office: World) -> None:
    other = build_world(office.desk, slug="elsewhere")
    with office.desk.begin(other.owner) as uow:
        uuid = long_work.start(uow, WorkKind.EXPORT)
    before = office.desk.sql("SELECT * FROM long_work")
    for end in ("", "/file"):
        assert ada.get(f"/console/work/{uuid}{end}").status_code == 404
    for end in ("cancellation", "retry"):
        assert ada.post(f"/console/work/{uuid}/{end}", headers=SAME).status_code == 404
    assert str(uuid) not in ada.get("/console/work").text
    assert ada.get(f"/console/work/{UUID(int=7)}").status_code == 404
    assert office.desk.sql("SELECT * FROM long_work") == before


def test_the_list_comes_twenty_at_a_time(ada: FlaskClient, office: World) -> None:
    for _ in range(25):
        with office.desk.begin(office.owner) as uow:
            long_work.cancel(uow, long_work.start(uow, WorkKind.EXPORT))
    first = ada.get("/console/work").text
    further = re.search(r'href="(/console/work\?before=\d+)"', first)
    assert further
    second = ada.get(further[1]).text
    seen = [re.findall(r'class="entry-link" href="([^"]+)"', page) for page in (first, second)]
    assert [len(each) for each in seen] == [20, 5]
    assert len({*seen[0], *seen[1]}) == 25
