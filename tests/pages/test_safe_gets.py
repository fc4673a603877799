"""Looking changes nothing: mail scanners and browsers open every link before people do."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from tests.browser.rows import rows
from tests.browser.stage import manage_path
from tests.world import World, at
from webapp.blueprints.doors import DOORS
from webapp.models import Actor
from webapp.services import bookings, profile_links, profiles
from webapp.services.steps import single_use

_LINK = re.compile(r'(?:href|src|action|hx-get)="([^"#]+)"')
MOST_PAGES = 120


def busy(world: World) -> list[str]:
    """Bookings in every state; where a crawl begins."""
    profile = world.profile(durations=(30, 60))
    asked = world.profile(slug="visit", name="Home visit", needs_approval=True)
    made = [UUID(world.book(profile, at(hour))) for hour in (9, 10, 11)]
    made.append(UUID(world.book(asked, at(13), "Otto")))
    drafts = [world.hold(profile, at(14)), world.hold(profile, at(15))]
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, made[2], by=Actor.HOST)
    receipts = [manage_path(world, uuid) for uuid in made]
    world.desk.clock.forward(minutes=10)  # the first two holds are over
    drafts.append(world.hold(profile, at(12, day=25)))
    coloured = {"primary_color": "#0F5C6E", "secondary_color": "#C8553D"}
    world.profile(slug="own-colours", name="Own colours", **coloured)
    with world.desk.begin(world.owner) as uow:
        link = profile_links.make(uow, profiles.all_profiles(uow)[0].uuid, count=1)[0]
        code = single_use.code_of(uow.keys, link)
    return [
        "/harbour/own-colours",
        "/harbour?all=1",
        *(f"/harbour/intro/b/{draft}" for draft in drafts),
        *receipts,
        *(f"{path}{end}" for path in receipts for end in (".ics", "/move", "/cancel")),
        f"{receipts[0]}/move?start=2026-11-25T13:00Z",
        *("/harbour/intro/hold", "/harbour", "/o/zones?tz=par", "/healthz", "/readyz", "/auth/"),
        *("/auth/sign-in", "/auth/forgotten", "/auth/reset/x", "/auth/verify/x"),
        *("/auth/second-step", "/auth/openid/callback"),
        *(f"/d/{code}/intro", f"/d/{code}/intro/hold"),
        *("/auth/invitations/x", "/o/harbour/logo.x.png"),
        *("/api/docs", "/api/group-booking/openapi.json"),
    ]


def crawled(client: FlaskClient, begin: list[str]) -> set[str]:
    """Get and head every page that can be reached, as a page and as a part; their paths."""
    waiting, seen = list(begin), set(begin)
    while waiting:
        url = waiting.pop(0)
        answer = client.get(url)
        assert answer.status_code != 500, url
        client.get(url, headers={"HX-Request": "true"})
        client.head(url)
        links = [unescape(link) for link in _LINK.findall(answer.text)]
        for link in (*links, answer.headers.get("Location", "")):
            if link.startswith("/") and link not in seen and len(seen) < MOST_PAGES:
                seen.add(link)
                waiting.append(link)
    return seen


def test_no_look_at_any_public_page_changes_a_row(world: World, app: Flask) -> None:
    begin = busy(world)
    before = rows(world.desk.engine)
    seen = crawled(app.test_client(), begin)
    assert rows(world.desk.engine) == before

    adapter = app.url_map.bind("localhost")
    visited = {adapter.match(urlsplit(url).path, method="GET")[0] for url in seen}
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and DOORS[rule.endpoint.partition(".")[0]] == "open"
    }
    assert public - visited == set(), "a public page that this crawl does not reach"
