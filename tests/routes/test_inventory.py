"""Every address of the console answers each kind of caller as the inventory says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.architecture.source import PACKAGE
from tests.browser.rows import Rows, rows
from tests.routes.furnished import PASSWORD, Furnished, furnish, hashed
from tests.routes.inventory import ANOTHER_HOSTS, ELSEWHERE, NEEDS, OWN, named, rules
from tests.world import Desk, build_world
from webapp.domain.permissions import GRANTS, Permission, Role

SAME = {"Sec-Fetch-Site": "same-origin"}
_PARAMETER = re.compile(r'(?:args|values|query)\.get(?:list)?\("([\w-]+)"')
FIXED = {"session": "999999", "step": "calendar", "table": "hours"}
Asked = tuple[str, Rule, str, int]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hashed()


@pytest.fixture
def house(desk: Desk, password_hash: str) -> tuple[Furnished, Furnished]:
    """Two organizations with one of everything."""
    return (
        furnish(build_world(desk, "harbour"), password_hash),
        furnish(build_world(desk, "hill"), password_hash),
    )


@contextmanager
def kept(desk: Desk) -> Iterator[Callable[[], None]]:
    """Give a function that puts the database back as it is now."""
    path = desk.engine.url.database
    assert path is not None
    desk.engine.dispose()
    with sqlite3.connect(path) as live, sqlite3.connect(":memory:") as copy:
        live.backup(copy)
        yield lambda: copy.backup(live)


@contextmanager
def watched(desk: Desk) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether anything was written since it was last asked."""
    path = desk.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as live:
        seen = [live.execute("PRAGMA data_version").fetchone()]

        def changed() -> bool:
            seen.append(live.execute("PRAGMA data_version").fetchone())
            return seen[-1] != seen[-2]

        yield changed


def signed_in(app: Flask, email: str) -> FlaskClient:
    browser = app.test_client()
    typed = {"email": email, "password": PASSWORD}
    assert browser.post("/auth/sign-in", data=typed, headers=SAME).status_code == 303
    return browser


def csrf_of(browser: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get("/console/calendars").text)
    return found[1] if found else ""


def everywhere(
    app: Flask, desk: Desk, house: Furnished, browser: FlaskClient, *, restore: bool
) -> Iterator[Asked]:
    """Ask every address of the furnished organization; ``restore`` the database in between."""
    csrf, addresses = csrf_of(browser), app.url_map.bind("localhost")
    with kept(desk) as put_back:
        for method, rule in rules(app):
            names = named(rule).items()
            arguments = {name: FIXED.get(thing) or house.things[thing] for name, thing in names}
            url = addresses.build(rule.endpoint, arguments, method=method)
            if method == "GET":
                answer = browser.get(url)
            else:
                answer = browser.post(url, data={"csrf": csrf}, headers=SAME)
                if restore:
                    put_back()
            endpoint = rule.endpoint.removeprefix("console.")
            yield method, rule, endpoint, answer.status_code
            location = answer.headers.get("Location", "")
            if "sign-in" in location:
                yield method, rule, endpoint, 401


def business(desk: Desk) -> Rows:
    return {
        name: found
        for name, found in rows(desk.engine).items()
        if name not in ("browser_session", "job")
    }


def test_every_address_is_in_the_inventory_with_what_it_takes(app: Flask) -> None:
    there = {rule.endpoint.removeprefix("console.") for _, rule in rules(app)}
    assert there - NEEDS.keys() == set(), "say in the inventory what these take"
    assert (NEEDS.keys() | ELSEWHERE.keys() | OWN.keys() | ANOTHER_HOSTS) - there == set()
    assert set(NEEDS.values()) <= set(Permission)
    for _, rule in rules(app):
        named(rule)


def test_a_stranger_is_sent_to_sign_in_and_changes_nothing(
    app: Flask, desk: Desk, house: tuple[Furnished, Furnished]
) -> None:
    before = business(desk)
    for method, rule, endpoint, status in everywhere(
        app, desk, house[0], app.test_client(), restore=False
    ):
        assert status in (303, 401), (method, rule.rule, endpoint, status)
    assert business(desk) == before


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MEMBER])
def test_a_role_reaches_what_its_permissions_allow_and_nothing_else(
    app: Flask, desk: Desk, house: tuple[Furnished, Furnished], role: Role
) -> None:
    browser = signed_in(app, house[0].people[role])
    for method, rule, endpoint, status in everywhere(app, desk, house[0], browser, restore=True):
        asked = (method, rule.rule, status)
        if not _may(role, endpoint):
            assert status in _refusals(endpoint), asked
        elif endpoint in OWN and role is not Role.OWNER:
            assert status in OWN[endpoint], asked
        elif endpoint in ELSEWHERE:
            assert status in (404, 409), asked
        else:
            assert status in (200, 303, 409, 422), asked


def _may(role: Role, endpoint: str) -> bool:
    needed = NEEDS[endpoint]
    if endpoint in ANOTHER_HOSTS and role is not Role.OWNER:  # everything is the owner's
        needed = "schedules:manage"
    if endpoint in ("connect_token_end", "connect_end_token") and role is not Role.OWNER:
        needed = "keys:manage"
    return Permission(needed) in GRANTS[role]


def _refusals(endpoint: str) -> tuple[int, ...]:
    # Whose token it is tells nobody; everything else says that it is not allowed.
    return (404,) if endpoint in ("connect_token_end", "connect_end_token") else (403,)


def test_another_organizations_things_are_not_found_and_nothing_of_them_changes(
    app: Flask, desk: Desk, house: tuple[Furnished, Furnished]
) -> None:
    browser = signed_in(app, house[1].people[Role.OWNER])
    with watched(desk) as changed:
        for method, rule, endpoint, status in everywhere(
            app, desk, house[0], browser, restore=False
        ):
            touched = changed()
            if set(named(rule).values()) - FIXED.keys():
                assert status == 404, (method, rule.rule, endpoint, status)
                assert not touched, (method, rule.rule)
            assert status < 500


def known_parameters() -> list[str]:
    """Every name that a view reads from its address."""
    sources = (path.read_text() for path in (PACKAGE / "blueprints").rglob("*.py"))
    return sorted({name for text in sources for name in _PARAMETER.findall(text)})


def test_no_look_with_any_known_parameter_changes_a_row(
    every_app: Flask, every_desk: Desk, password_hash: str
) -> None:
    house = furnish(build_world(every_desk, "harbour"), password_hash)
    browser = signed_in(every_app, house.people[Role.OWNER])
    before = rows(every_desk.engine)
    addresses = every_app.url_map.bind("localhost")
    names = known_parameters()
    assert {"list", "after", "done"} <= set(names)
    odd = "\"><i>\x00\u202e'--"
    for method, rule in rules(every_app):
        if method == "GET":
            given = named(rule).items()
            arguments = {name: FIXED.get(thing) or house.things[thing] for name, thing in given}
            url = addresses.build(rule.endpoint, arguments, method=method)
            for query in ({}, dict.fromkeys(names, "1"), dict.fromkeys(names, odd)):
                answer = browser.get(url, query_string=query, headers={"HX-Request": "true"})
                assert answer.status_code < 500, (url, query)
            browser.head(url)
    assert rows(every_desk.engine) == before
