"""Every address of the console answers each kind of caller as the inventory says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.routes.asking import SAME, business, kept, signed_in, watched
from tests.routes.furnished import FIXED, Furnished
from tests.routes.inventory import ANOTHER_HOSTS, ELSEWHERE, NEEDS, OWN, named, rules
from tests.routes.outward import Outward
from tests.world import Desk
from webapp.domain.permissions import GRANTS, Permission, Role

Asked = tuple[str, Rule, str, int]


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


def test_every_address_is_in_the_inventory_with_what_it_takes(app: Flask) -> None:
    there = {rule.endpoint.removeprefix("console.") for _, rule in rules(app)}
    assert there - NEEDS.keys() == set(), "say in the inventory what these take"
    assert (NEEDS.keys() | ELSEWHERE.keys() | OWN.keys() | ANOTHER_HOSTS) - there == set()
    assert set(NEEDS.values()) <= set(Permission)
    for _, rule in rules(app):
        named(rule)


@pytest.mark.parametrize("key", ["", "owner"])
def test_a_stranger_is_sent_to_sign_in_and_changes_nothing(
    app: Flask,
    desk: Desk,
    house: tuple[Furnished, Furnished],
    outward: tuple[Outward, Outward],
    key: str,
) -> None:
    """A program's key is no session."""
    browser = app.test_client()
    if key:
        browser.environ_base["HTTP_AUTHORIZATION"] = outward[0].headers[key]["Authorization"]
    before = business(desk)
    for method, rule, endpoint, status in everywhere(app, desk, house[0], browser, restore=False):
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
