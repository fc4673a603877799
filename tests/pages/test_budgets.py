"""How much a public page weighs, what it fetches, and that it leaves nothing behind."""

from __future__ import annotations

import gzip
import re
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Response
from werkzeug.test import TestResponse

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.world import World
from webapp.domain.workhours import WorkHours

KIB = 1024
FULL = "/harbour/full"


def packed(body: bytes) -> int:
    """How many bytes gzip -6 makes of ``body``."""
    return len(gzip.compress(body, 6))


def full_profile(world: World) -> int:
    """A profile with 60 times on each day of the week."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = {"zone": "Europe/Berlin", "weekly": {day: [["06:00", "21:00"]] for day in days}}
    return world.profile(
        slug="full",
        name="Intro call",
        description="Half an hour to get to know each other and to see how we can help.",
        durations=(15,),
        step_minutes=15,
        hours=WorkHours.from_document(hours),
    )


@pytest.fixture
def full(world: World) -> World:
    """The small world with the full profile, for the client without a browser."""
    full_profile(world)
    return world


def first_view(live: Live, comes: MakeVisitor, **options: object) -> list[Response]:
    """Everything that a browser without any cache gets for the first view."""
    full_profile(live.world)
    somebody = comes(live, **options)
    answers: list[Response] = []
    somebody.page.on("response", lambda each: answers.append(each))
    somebody.open(f"{FULL}?d=2026-11-24")
    somebody.page.wait_for_load_state("networkidle")
    assert somebody.page.locator("#day .day").first.locator("button").count() == 60
    assert somebody.faults == []
    return [each for each in answers if urlsplit(each.url).path != "/favicon.ico"]


@pytest.mark.browser
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_the_first_view_is_at_most_48_kib_in_at_most_5_requests(
    live: Live, comes: MakeVisitor, zone: str
) -> None:
    """The second visitor lives elsewhere, so that the times are fetched in their own zone."""
    answers = first_view(live, comes, timezone_id=zone)
    sizes = {urlsplit(each.url).path: packed(each.body()) for each in answers}
    assert {urlsplit(each.url).netloc for each in answers} == {urlsplit(live.url).netloc}
    assert len(answers) <= 5, sizes
    assert sum(packed(each.body()) for each in answers) <= 48 * KIB, sizes


@pytest.mark.browser
def test_without_script_the_first_view_is_at_most_28_kib(live: Live, comes: MakeVisitor) -> None:
    answers = first_view(live, comes, script=False)
    assert sum(packed(each.body()) for each in answers) <= 28 * KIB


def linked(page: str, kind: str) -> list[str]:
    """The addresses of a page's style sheets ("css") or scripts ("js")."""
    tag = r'<link rel="stylesheet" href="([^"]+)"' if kind == "css" else r'<script src="([^"]+)"'
    return re.findall(tag, page)


def test_page_styles_and_scripts_keep_their_own_budgets(full: World, client: FlaskClient) -> None:
    answer = client.get(f"{FULL}?d=2026-11-24")
    assert answer.text.count('name="start"') >= 180
    assert packed(answer.data) <= 8 * KIB
    for kind, most in (("css", 10), ("js", 20)):
        sizes = [packed(client.get(url).data) for url in linked(answer.text, kind)]
        assert sizes
        assert sum(sizes) <= most * KIB


@pytest.mark.parametrize(
    "query", ["d=2026-12-15&h=12&tz=America/New_York", "m=2026-12&tz=America/New_York", "v=list"]
)
def test_another_day_or_month_is_at_most_3_kib(
    full: World, client: FlaskClient, query: str
) -> None:
    answer = client.get(f"{FULL}?{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="times"')
    assert packed(answer.data) <= 3 * KIB


def test_static_text_is_sent_packed_and_never_asked_for_again(
    full: World, client: FlaskClient
) -> None:
    page = client.get(FULL).text
    for url in (*linked(page, "css"), *linked(page, "js")):
        plain, sent = client.get(url), client.get(url, headers={"Accept-Encoding": "br, gzip"})
        assert sent.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(sent.data) == plain.data
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in sent.headers["Vary"]
        assert "immutable" in sent.headers["Cache-Control"]
        assert "max-age=31536000" in sent.headers["Cache-Control"]


def public_looks(world: World, client: FlaskClient) -> Iterator[TestResponse]:
    """A look at each kind of public page."""
    start = world.desk.clock.now.replace(hour=9)
    draft = world.hold(full_profile(world), start, duration_minutes=15)
    for path in (
        *("/harbour", "/harbour?all", FULL, f"{FULL}?d=2026-11-24&tz=Asia/Tokyo", f"{FULL}?v=list"),
        *(f"{FULL}/b/{draft}", "/o/zones?tz=par", "/harbour/nothing", "/nobody"),
    ):
        yield client.get(path, headers={"Accept-Encoding": "gzip"})


def test_no_public_page_sets_a_cookie(world: World, client: FlaskClient) -> None:
    for answer in public_looks(world, client):
        assert "Set-Cookie" not in answer.headers, answer.request.path


def test_no_look_at_a_public_page_connects_to_anything(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(*address: object) -> None:
        asked.append(address)
        raise OSError("a test allows no connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(OSError, match="allows no connection"):
        socket.create_connection(("127.0.0.1", 9))
    asked.clear()
    before = threading.active_count()
    for answer in public_looks(world, app.test_client()):
        assert answer.status_code in (200, 302, 303, 404)
    assert asked == []
    assert threading.active_count() == before
