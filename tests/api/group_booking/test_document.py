"""The surface's document says what is there, all of it; and the page for people shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.published import OPERATIONS as PUBLISHED
from tests.api.group_booking.published import SCHEMAS
from tests.world import World
from webapp import cli
from webapp.blueprints.api.group_booking import OPERATIONS
from webapp.settings import Settings

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture
def told(client: FlaskClient, world: World) -> dict[str, Any]:
    answer = client.get("/api/group-booking/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    found: dict[str, Any] = answer.get_json()
    return found


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in told["paths"].items():
        assert set(item) <= METHODS
        for method, operation in item.items():
            yield method.upper(), path, operation


def everywhere(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from everywhere(each)
    elif isinstance(value, list):
        for each in value:
            yield from everywhere(each)


def test_it_is_openapi_3_1_and_holds_together(told: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", told["openapi"])
    assert {"title", "version"} <= set(told["info"])
    assert set(told) == {
        *("openapi", "info", "servers", "security", "tags", "paths", "components"),
    }
    for each in everywhere(told):
        if isinstance(each.get("$ref"), str):
            found: Any = told
            for part in each["$ref"].removeprefix("#/").split("/"):
                found = found[part]
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(names) == len(set(names))
    schemes = set(told["components"]["securitySchemes"])
    assert {name for each in told["security"] for name in each} == schemes
    tags = {each["name"] for each in told["tags"]}
    for _, path, operation in operations(told):
        assert set(operation["tags"]) <= tags
        declared = [(each["name"], each["in"]) for each in operation["parameters"]]
        assert len(declared) == len(set(declared))
        in_path = {name for name, place in declared if place == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")
        assert all("schema" in each for each in operation["parameters"])
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert "$ref" in answer or "description" in answer


def test_every_schema_is_one_of_json_schema(told: dict[str, Any]) -> None:
    kinds = {"string", "integer", "number", "boolean", "array", "object", "null"}
    for each in everywhere(told["components"]["schemas"]):
        if isinstance(each.get("type"), str):
            assert each["type"] in kinds
        if each.get("type") == "array":
            assert isinstance(each["items"], dict)
        if isinstance(each.get("properties"), dict) and "type" in each:
            assert set(each.get("required", ())) <= set(each["properties"])
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert named == set(told["components"]["schemas"]), "nothing is told that nobody uses"


def test_every_route_is_in_the_document_and_every_operation_has_a_route(
    app: Flask, told: dict[str, Any]
) -> None:
    routes = {
        (method, re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("group_booking.") and rule.endpoint != "group_booking.nowhere"
        for method in set(rule.methods or ()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _ in operations(told)}


def test_every_published_operation_is_there_under_its_name(told: dict[str, Any]) -> None:
    here = {operation["operationId"]: (m, p) for m, p, operation in operations(told)}
    known = {name: (each["method"], each["path"]) for name, each in PUBLISHED.items()}
    assert {name: here[name] for name in here if name in known} == {
        name: known[name] for name in known if name in here
    }
    assert set(here) <= set(known)
    for _, _, operation in operations(told):
        query = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
        assert set(PUBLISHED[operation["operationId"]]["query"]) <= query


def test_bodies_take_every_published_field(told: dict[str, Any]) -> None:
    for _, _, operation in operations(told):
        published = PUBLISHED[operation["operationId"]]["body"]
        if published:
            body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = told["components"]["schemas"][body.rpartition("/")[2]]
            assert set(SCHEMAS[published]["properties"]) <= set(schema["properties"])


def test_only_what_asks_for_no_key_is_told_to_be_open(told: dict[str, Any]) -> None:
    public = {each.name for each in OPERATIONS if each.is_public}
    assert public == {
        operation["operationId"]
        for _, _, operation in operations(told)
        if operation.get("security") == []
    }
    for _, _, operation in operations(told):
        answers = set(operation["responses"])
        assert ("401" in answers) == (operation["operationId"] not in public)


def test_answers_have_the_fields_that_the_document_promises(
    told: dict[str, Any], program: Program, world: World
) -> None:
    id = world.profile("ada")
    schemas = told["components"]["schemas"]
    for path, name in (
        (f"/group/profiles/{id}", "ToldProfile"),
        ("/group/profiles", "ProfilePage"),
        (f"/group/profiles/{id}/meeting", "BookingTimes"),
        (f"/group/profiles/{id}/attachAccounts", "AccountPage"),
        (f"/group/profiles/{id}/attachGroups", "GroupPage"),
    ):
        answer = program.done("GET", path)
        assert set(schemas[name]["required"]) <= set(answer) <= set(schemas[name]["properties"])


def test_the_command_prints_the_same(
    settings: Settings, told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def no_app(_: Settings) -> Flask:
        raise AssertionError("it needs no application")

    options = cli._parser().parse_args(["openapi", "group-booking"])
    assert cli.openapi(settings, no_app, options) == 0
    assert json.loads(capsys.readouterr().out) == told
    with pytest.raises(cli.SettingsError, match="group-booking"):
        cli.openapi(settings, no_app, cli._parser().parse_args(["openapi", "none"]))


def test_the_page_for_people_shows_every_operation_and_field(
    client: FlaskClient, told: dict[str, Any]
) -> None:
    page = client.get("/api/docs").text
    for _, path, operation in operations(told):
        assert f'id="group-booking-{operation["operationId"]}"' in page
        assert f"<code>{path}</code>" in page
    for name, schema in told["components"]["schemas"].items():
        assert f'id="group-booking-{name}"' in page
        assert all(f"<code>{field}</code>" in page for field in schema.get("properties", ()))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(re.findall(r'id="([^"]+)"', page))
    assert client.get("/api/nothing/openapi.json").status_code == 404


def test_the_document_says_every_answer_that_the_guide_tells(program: Program) -> None:
    told = program.client.get("/api/group-booking/openapi.json").get_json()["paths"]
    for path in ("/v1/book/group/reservations/{id}/confirm", "/v1/book/group/reservations/{id}"):
        for method in told[path].values():
            if "confirm" in path:
                assert "410" in method["responses"]


def test_limits_stand_in_the_document_in_its_own_words(program: Program) -> None:
    text = program.client.get("/api/group-booking/openapi.json").text
    assert '"ge"' not in text
    assert '"le"' not in text


def test_the_document_says_everything_that_an_operation_takes(told: dict[str, Any]) -> None:
    known = {each.name: each for each in OPERATIONS}
    for _, _, operation in operations(told):
        stated = known[operation["operationId"]].permissions
        assert operation.get("x-permission", "").split() == list(stated)
