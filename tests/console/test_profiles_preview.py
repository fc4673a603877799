"""The profile editor's preview: the page that saving would make, and nothing written by looking."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.profiles_typing import typed
from tests.console.test_profiles_editor import editor, live
from tests.console.test_profiles_pages import post
from tests.world import World, at


def main_of(text: str) -> str:
    found = re.search(r'<div id="choose".*</main>', text, re.S)
    assert found
    text = re.sub(r'name="key" value="[^"]+"', "", found[0])
    return re.sub(r"\s+|</div>", "", text)


def test_the_preview_is_the_page_that_saving_makes(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    busy = office.profile(slug="busy", name="Busy")
    office.book(busy, at(9))
    office.hold(busy, at(11))
    for start in ("one", "everyone", "groups", "seats"):
        page = ada.get(f"/console/profiles/new?from={start}").text
        words = {"slug": start, "description": "For {{company}}", "durations": "30, 60"}
        shown = live(ada, "/console/profiles/new", **typed(page, **words))
        assert post(ada, "/console/profiles/new", **typed(page, **words)).status_code == 303
        assert main_of(shown["page"]) == main_of(client.get(f"/harbour/{start}").text), start
        assert shown["names"] == ["company"]
        assert 'name="q-0-label"' in shown["questions"]


def test_the_preview_writes_nothing_and_runs_nothing(office: World, ada: FlaskClient) -> None:
    path = editor(office, office.profile(slug="intro"))
    page = ada.get(path).text
    tables = ("booking_profile", "profile_host", "audit_entry", "host_group", "booking")
    before = [office.desk.sql(f"SELECT * FROM {table}") for table in tables]
    answer: TestResponse = post(ada, f"{path}/preview", **typed(page, name="Unsaved name"))
    assert answer.status_code == 200
    assert "<h1" in answer.text
    assert "Unsaved name" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert [office.desk.sql(f"SELECT * FROM {table}") for table in tables] == before


def test_a_draft_that_makes_no_sense_is_told_instead_of_shown(
    office: World, ada: FlaskClient
) -> None:
    path = editor(office, office.profile())
    sent = typed(ada.get(path).text, durations="long")
    shown = live(ada, path, **sent)
    assert shown["page"] == ""
    assert "Enter lengths in minutes" in shown["problem"]
    assert post(ada, f"{path}/preview", **sent).status_code == 422
    for name, text, said in (("durations", "0", "from 1 to 1,440"), ("slug", "a b", "hyphens")):
        shown = live(ada, path, **typed(ada.get(path).text, **{name: text}))
        assert (shown["page"], said in shown["problem"]) == ("", True)


def test_the_head_count_is_the_engines(office: World, ada: FlaskClient) -> None:
    office.book(office.profile("bela", slug="bela", durations=(60,)), at(9), duration_minutes=60)
    path = editor(office, office.profile(horizon_days=3))
    page = ada.get(path).text
    assert "Each booking needs Ada Berg. 64 times in the next 7 days." in page
    both = [str(office.accounts[name]) for name in ("ada", "bela")]
    shown = live(ada, path, **typed(page, accounts=both, required="all"))
    needed = "Each booking needs both people."
    assert shown["count"] == f"{needed} 62 common times in the next 7 days."


def test_colours_of_a_profile_dress_its_page_and_no_other(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    path = editor(office, office.profile())
    office.profile(slug="plain")
    colors = {"own_colors": "y", "primary_color": "#303030", "secondary_color": "#30a9ee"}
    sent = typed(ada.get(path).text, **colors)
    shown = live(ada, path, **sent)
    assert "Buttons: white on #303030, contrast 13" in shown["contrast"][0]
    assert any("lightened by" in line for line in shown["contrast"])
    post(ada, path, **sent)
    sheets = [
        re.findall(r'href="(/o/harbour/[^"]+\.css)"', text)
        for text in (shown["page"], client.get("/harbour/intro").text)
    ]
    assert sheets[0] == sheets[1]
    answer = client.get(sheets[0][0])
    assert answer.status_code == 200
    assert "--brand:#303030" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    assert "look." not in client.get("/harbour/plain").text
    assert client.get("/o/harbour/look.nothex-303030.123.css").status_code == 404
