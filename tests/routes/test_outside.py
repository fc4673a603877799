"""Every address outside the console answers each kind of caller as the inventory says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.routes.asking import SAME, business, kept, signed_in
from tests.routes.furnished import Furnished
from tests.routes.inventory import NEEDS
from tests.routes.outside import (
    ANY_METHOD,
    CONSOLE_CATCH_ALL,
    KEYED,
    OPEN,
    PUBLISHED,
    Keyed,
    Open,
)
from tests.routes.outward import Outward, nobodys
from tests.world import Desk
from webapp.blueprints.api.group_booking import OPERATIONS
from webapp.blueprints.doors import DOORS
from webapp.domain.permissions import GRANTS, Permission, Role
from webapp.services.program_profiles import ACCOUNT_HEADER

Two = tuple[Furnished, Furnished]
Outwards = tuple[Outward, Outward]
ROLES = {"member": Role.MEMBER, "admin": Role.ADMIN, "owner": Role.OWNER, "client": Role.API_CLIENT}
SHAPES = {
    "group_booking": {"code", "message", "requestId", "details"},
    "scheduling": {"title", "message"},
}


def ask(
    app: Flask,
    browser: FlaskClient,
    name: str,
    entry: Open | Keyed,
    things: Mapping[str, str],
    *,
    arguments: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """Send what the inventory says; ``arguments`` in place of those that ``things`` give."""
    method, endpoint = name.split()
    values = {argument: things[thing] for argument, thing in entry.names.items()}
    values |= arguments or {}
    url = app.url_map.bind("localhost").build(endpoint, values, method=method)
    form = entry.form(things) if isinstance(entry, Open) and entry.form else None
    sent = {"json": entry.json(things)} if entry.json else {"data": form}
    return browser.open(url, method=method, headers=headers, **sent)


def acting(headers: Mapping[str, str], things: Mapping[str, str]) -> dict[str, str]:
    """The headers of a key, acting for the account that ``things`` name."""
    return {**headers, ACCOUNT_HEADER: things["account"]}


def everything() -> Iterator[tuple[str, Open]]:
    yield from (OPEN | PUBLISHED).items()


def test_every_address_of_the_application_is_in_an_inventory(app: Flask) -> None:
    there = {
        f"{method} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
        if method == "GET" or rule.endpoint not in ANY_METHOD
        if rule.endpoint != CONSOLE_CATCH_ALL
        and rule.endpoint.removeprefix("console.") not in NEEDS
    }
    known = OPEN.keys() | KEYED.keys() | PUBLISHED.keys()
    assert there - known == set(), "say in the inventory what these take"
    assert known - there == set()
    for rule in app.url_map.iter_rules():
        told = {
            name: entry.names
            for name, entry in {**OPEN, **KEYED, **PUBLISHED}.items()
            if name.split()[1] == rule.endpoint
        }
        assert all(set(names) == rule.arguments for names in told.values()), rule.rule


def test_every_address_has_the_door_that_the_inventory_says() -> None:
    doors = {name.split()[1].partition(".")[0]: "open" for name in OPEN}
    doors |= {name.split()[1].partition(".")[0]: "key" for name in KEYED | PUBLISHED}
    assert {name: DOORS[name] for name in doors} == doors
    assert DOORS["console"] == "session"
    stated = {
        f"{each.method} group_booking.{each.name}": each.permission.value if each.permission else ""
        for each in OPERATIONS
    }
    here = {name: each.needs for name, each in KEYED.items()} | dict.fromkeys(PUBLISHED, "")
    assert {name: here[name] for name in stated} == stated


@pytest.mark.parametrize("who", ["stranger", "member", "admin", "owner", "another's owner"])
def test_what_is_open_answers_everybody_alike(
    app: Flask, desk: Desk, house: Two, outward: Outwards, who: str
) -> None:
    browser = app.test_client()
    if who == "another's owner":
        browser = signed_in(app, house[1].people[Role.OWNER])
    elif who != "stranger":
        browser = signed_in(app, house[0].people[Role(who)])
    with kept(desk) as put_back:
        for name, entry in everything():
            answer = ask(app, browser, name, entry, outward[0].things, headers=SAME)
            assert answer.status_code in entry.answers, (name, answer.status_code, answer.text)
            if not name.startswith("GET"):
                put_back()


def test_what_belongs_to_another_organization_or_to_nobody_is_not_found_from_outside(
    app: Flask, desk: Desk, outward: Outwards
) -> None:
    browser, (ours, theirs) = app.test_client(), outward
    nobody = nobodys(ours.things)
    before = business(desk)
    for name, entry in everything():
        decisive = [each for each in entry.names if each not in entry.idle]
        for argument in decisive:
            thing = entry.names[argument]
            others = [nobody[thing]]
            if len(decisive) > 1 and argument not in entry.bearers:
                others.append(theirs.things[thing])
            for value in others:
                answer = ask(
                    app,
                    browser,
                    name,
                    entry,
                    ours.things,
                    arguments={argument: value},
                    headers=SAME,
                )
                asked = (name, argument, value, answer.status_code)
                assert answer.status_code == entry.lost, asked
                shape = SHAPES.get(name.split()[1].partition(".")[0])
                assert shape is None or set(answer.get_json()) == shape, asked
    assert business(desk) == before


def test_another_sites_page_signs_nobody_in_or_out(
    app: Flask, desk: Desk, house: Two, outward: Outwards
) -> None:
    browser = signed_in(app, house[0].people[Role.OWNER])
    before = business(desk)
    for name, entry in OPEN.items():
        if entry.own_pages:
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                answer = ask(app, browser, name, entry, outward[0].things, headers=headers)
                assert answer.status_code == 403, (name, answer.status_code)
    assert business(desk) == before
    assert browser.get("/console/").status_code == 200
    unsafe = {name for name in OPEN if name.startswith("POST auth.")}
    assert unsafe == {name for name, entry in OPEN.items() if entry.own_pages}


@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_without_a_key_no_program_learns_anything(
    app: Flask, desk: Desk, house: Two, outward: Outwards, who: str
) -> None:
    """A session is none."""
    browser = app.test_client()
    if who == "owner":
        browser = signed_in(app, house[0].people[Role.OWNER])
    before = business(desk)
    for name, entry in KEYED.items():
        answer = ask(app, browser, name, entry, outward[0].things, headers=SAME)
        assert answer.status_code == 401, (name, answer.status_code)
        assert "WWW-Authenticate" in answer.headers
        assert set(answer.get_json()) == SHAPES[name.split()[1].partition(".")[0]]
    assert business(desk) == before


@pytest.mark.parametrize("holder", list(ROLES))
def test_a_key_reaches_what_its_holder_may_and_nothing_else(
    app: Flask, desk: Desk, outward: Outwards, holder: str
) -> None:
    ours, browser = outward[0], app.test_client()
    headers = ours.headers[holder]
    with kept(desk) as put_back:
        for name, entry in KEYED.items():
            to_ada = acting(headers, ours.things) if entry.account else headers
            own = to_ada if holder == "client" else headers
            for said in (own, to_ada):
                answer = ask(app, browser, name, entry, ours.things, headers=said)
                asked = (name, answer.status_code, answer.text)
                assert answer.status_code in _expected(holder, entry, said is to_ada), asked
                if not name.startswith("GET"):
                    put_back()


def _expected(holder: str, entry: Keyed, to_ada: bool) -> tuple[int, ...]:
    if entry.needs and Permission(entry.needs) not in GRANTS[ROLES[holder]]:
        # Acting for a colleague is refused like everything else that is not theirs.
        return (403, 404) if entry.account and to_ada else (403,)
    if entry.account and holder in ("member", "admin") and (to_ada or entry.names):
        return (404,)
    return (entry.answers,)


@pytest.mark.parametrize("holder", ["owner", "client"])
def test_another_organizations_key_finds_nothing_here_and_changes_nothing(
    app: Flask, desk: Desk, outward: Outwards, holder: str
) -> None:
    (ours, theirs), browser = outward, app.test_client()
    headers = theirs.headers[holder]
    before = business(desk)
    for name, entry in KEYED.items():
        for account in (theirs.things, ours.things):
            if not entry.names and not (entry.account and account is ours.things):
                continue
            answer = ask(app, browser, name, entry, ours.things, headers=acting(headers, account))
            asked = (name, answer.status_code, answer.text)
            assert answer.status_code == 404, asked
            assert set(answer.get_json()) == SHAPES[name.split()[1].partition(".")[0]], asked
    assert business(desk) == before


def test_another_organizations_things_are_not_found_where_a_body_names_them(
    app: Flask, desk: Desk, outward: Outwards
) -> None:
    ours, theirs = outward
    browser, headers = app.test_client(), theirs.headers["client"]
    naming = [name for name, each in KEYED.items() if each.json and _named(each, ours)]
    assert len(naming) == 5
    before = business(desk)
    before.pop("booking_profile")  # detaching nobody is a new revision of their own profile
    for name in naming:
        arguments = {"id": theirs.things["program"]} if KEYED[name].names else {}
        answer = ask(
            app, browser, name, KEYED[name], ours.things, arguments=arguments, headers=headers
        )
        asked = (name, answer.status_code, answer.text)
        if "detach" in name:  # whoever is not attached is detached already
            assert answer.status_code in (200, 404), asked
        else:
            assert answer.status_code in (400, 404), asked
            assert "here is no such" in answer.text, asked
    after = business(desk)
    assert {name: after[name] for name in before} == before


def _named(entry: Keyed, ours: Outward) -> bool:
    assert entry.json is not None
    return entry.json(ours.things) != entry.json(nobodys(ours.things))


def test_an_address_that_is_none_answers_every_method_alike(app: Flask, outward: Outwards) -> None:
    browser, headers = app.test_client(), outward[0].headers["owner"]
    for start in ("/v1/book/nowhere", "/api/scheduling/nowhere"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert browser.open(start, method=method).status_code == 401
            assert browser.open(start, method=method, headers=headers).status_code == 404
