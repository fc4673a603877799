"""Looking changes nothing, whatever the address is asked with, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import Flask
from flask.testing import FlaskClient

from tests.browser.rows import rows
from tests.routes.asking import ODD, known_parameters, signed_in
from tests.routes.furnished import FIXED, Furnished, furnish
from tests.routes.inventory import named, rules
from tests.routes.outside import KEYED, OPEN, PUBLISHED
from tests.routes.outward import Outward, furnish_outward
from tests.world import Desk, build_world
from webapp.blueprints.api.group_booking import OPERATIONS
from webapp.domain.permissions import Role
from webapp.services.program_profiles import ACCOUNT_HEADER


def console_addresses(app: Flask, house: Furnished) -> Iterator[str]:
    """Every page of the console."""
    addresses = app.url_map.bind("localhost")
    for method, rule in rules(app):
        if method == "GET":
            given = named(rule).items()
            arguments = {name: FIXED.get(thing) or house.things[thing] for name, thing in given}
            yield addresses.build(rule.endpoint, arguments, method=method)


def outer_addresses(app: Flask, things: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Endpoint and address of everything else."""
    addresses = app.url_map.bind("localhost")
    for name, entry in {**OPEN, **KEYED, **PUBLISHED}.items():
        method, endpoint = name.split()
        if method == "GET":
            arguments = {argument: things[thing] for argument, thing in entry.names.items()}
            yield endpoint, addresses.build(endpoint, arguments, method=method)


def asked_of_programs() -> dict[str, list[str]]:
    """The parameters of each operation of the surface."""
    return {
        f"group_booking.{each.name}": [
            field.alias or name for name, field in each.query.model_fields.items()
        ]
        for each in OPERATIONS
        if each.query is not None
    }


def look(browser: FlaskClient, url: str, names: list[str], headers: Mapping[str, str]) -> None:
    """As it is, with every parameter plain and odd, and by HEAD."""
    get(browser, url, {}, headers)
    look_with(browser, url, names, headers)
    browser.head(url, headers=headers)


def look_with(browser: FlaskClient, url: str, names: list[str], headers: Mapping[str, str]) -> None:
    """With every parameter plain and odd."""
    for value in ("1", ODD):
        get(browser, url, dict.fromkeys(names, value), headers)


def get(
    browser: FlaskClient, url: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> None:
    answer = browser.get(url, query_string=query, headers=headers)
    assert answer.status_code < 500 or url == "/readyz", (url, query)


def test_no_look_with_any_known_parameter_changes_a_row(
    every_app: Flask, every_desk: Desk, password_hash: str
) -> None:
    house = furnish(build_world(every_desk, "harbour"), password_hash)
    outward: Outward = furnish_outward(house)
    browser = signed_in(every_app, house.people[Role.OWNER])
    before = rows(every_desk.engine)
    names = known_parameters()
    assert {"list", "after", "done", "tz", "d", "next"} <= set(names)
    for url in console_addresses(every_app, house):
        look(browser, url, names, {"HX-Request": "true"})

    program, parameters = every_app.test_client(), asked_of_programs()
    keyed = outward.headers["client"] | {ACCOUNT_HEADER: outward.things["account"]}
    for endpoint, url in outer_addresses(every_app, outward.things):
        own = parameters.get(endpoint, [])
        look(program, url, names + own, {"HX-Request": "true", **keyed})
        for name in own:  # one that is refused would hide the others
            look_with(program, url, [name], keyed)
    assert rows(every_desk.engine) == before
