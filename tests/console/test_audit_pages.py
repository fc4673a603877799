"""The audit log's pages: filters in the address, pages by key, a safe file, an honest check."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.console.test_audit_chain import seal, tamper
from tests.world import World, at, build_world

LOG = "/console/settings/audit"


def lines(page: str) -> list[str]:
    """What each entry says, in order."""
    rows = re.findall(r"<li>\s*<div><p>(.*?)</p>", page, re.S)
    return [re.sub(r"<[^>]+>", "", row) for row in rows]


def test_the_log_tells_who_did_what_newest_first(ada: FlaskClient, office: World) -> None:
    office.book(office.profile(), at(9))
    said = lines(ada.get(LOG).text)
    assert said[0] == "A visitor made booking #1001"
    assert "Ada Berg saved the profile “Intro call”" in said
    assert said[-1] == "Kalends added Ada Berg"


def test_filters_stand_in_the_address(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    for hour in (9, 10):
        office.book(profile, at(hour))
    for query, count in (
        ("what=booking.", 2),
        ("what=booking.confirmed", 2),
        ("who=guest", 2),
        ("about=profile", 1),
        ("about=profile 1", 1),
        ("about=Booking %231002", 1),
        ("about=%231001", 1),
        ("about=booking 7", 0),
        ("who=user:999", 0),
        ("about=%25", 0),
        ("from=2026-11-23&to=2026-11-23&what=booking.", 2),
        ("from=2026-11-24", 0),
        ("to=2026-11-22", 0),
        ("who=guest&what=profile.", 0),
    ):
        page = ada.get(f"{LOG}?{query}")
        assert page.status_code == 200, query
        assert len(lines(page.text)) == count, query
        assert ("Nothing in the log is like that." in page.text) is (count == 0)


def test_what_is_no_date_and_no_page_is_said(ada: FlaskClient) -> None:
    for query in ("from=yesterday", "to=0001-01-01", "after=!!", "after=Zm9v"):
        assert ada.get(f"{LOG}?{query}").status_code == 422, query


def test_pages_follow_each_other_without_gap_or_repetition(ada: FlaskClient, office: World) -> None:
    with office.desk.begin(office.owner) as uow:
        for number in range(120):
            uow.record("schedule.changed", f"schedule:{number}")
    seen: list[str] = []
    url = f"{LOG}?what=schedule."
    while url:
        page = ada.get(url).text
        seen += lines(page)
        found = re.search(r'href="([^"]+)">Older', page)
        url = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 120
    assert seen[0].endswith("119")


def test_the_file_holds_what_is_shown_and_no_formula(ada: FlaskClient, office: World) -> None:
    with office.desk.begin(office.owner) as uow:
        uow.record("room.renamed", "user:1", old="=HYPERLINK(1)", new="@x")
        uow.record("=cmd", "+x:1")
    answer = ada.get(f"{LOG}.csv?who=user:{office.hosts['ada']}")
    assert answer.content_type.startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["Number", "Time (UTC)", "Who"]
    assert all(row[2] == "Ada Berg" for row in rows[1:])
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row)


def test_a_hostile_entry_is_shown_as_text(ada: FlaskClient, office: World) -> None:
    with office.desk.begin(office.owner) as uow:
        uow.record("<b>x", "<i>:1", note="<script>alert(1)</script>")
    page = ada.get(LOG).text
    assert "<script>alert" not in page
    assert "<i>" not in page


def test_the_check_says_whole_or_where_it_breaks(ada: FlaskClient, office: World) -> None:
    office.book(office.profile(), at(9))
    assert "within a minute" in ada.get(f"{LOG}/check").text
    seal(office)
    assert "is as it was written" in ada.get(f"{LOG}/check").text
    tamper(office, "UPDATE audit_entry SET actor = 'system' WHERE chain_number = 2")
    page = ada.get(f"{LOG}/check").text
    assert "The log was changed" in page
    assert "number 2" in page


def test_members_and_strangers_read_no_log(
    sign_in: Callable[[str], FlaskClient], office: World, app: Flask
) -> None:
    bela = sign_in("bela")
    for path in (LOG, f"{LOG}.csv", f"{LOG}/check"):
        assert bela.get(path).status_code == 403
        assert app.test_client().get(path).status_code == 303


def test_the_log_of_another_organization_is_not_shown(ada: FlaskClient, office: World) -> None:
    other = build_world(office.desk, "hill")
    with office.desk.begin(other.owner) as uow:
        uow.record("schedule.changed", "schedule:4711")
    assert "4711" not in ada.get(LOG).text
    assert "4711" not in ada.get(f"{LOG}.csv").text
    assert ada.post(LOG, headers=SAME).status_code == 405
