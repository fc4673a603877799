"""Who may do what here: keys, permissions, other organizations; and every refusal's own shape."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.group_booking.conftest import ROOT, Program, basic, person
from tests.architecture.test_web import refusals
from tests.browser.rows import rows
from tests.world import World, build_world
from webapp.blueprints.api.group_booking import OPERATIONS
from webapp.blueprints.api.group_booking.wire import refuse
from webapp.blueprints.api.kit import Operation
from webapp.domain.permissions import ALWAYS, GRANTS, Permission, Role
from webapp.services import keys
from webapp.services import program_profiles as served

BODIES: dict[str, dict[str, Any]] = {
    "createGroupBooking": {"name": "new"},
    "create": {"name": "new"},
    "bookingGroupAvailability": {
        "timeMin": "2026-11-24T09:00:00Z", "timeMax": "2026-11-24T10:00:00Z", "profileNames": ["x"],
    },
}  # fmt: skip
WITH_KEYS = [each for each in OPERATIONS if not each.is_public]


def path_of(operation: Operation, id: int) -> str:
    return re.sub(r"\{\w+\}", str(id), operation.path)


def body_of(operation: Operation, account: int) -> object:
    if operation.body is None:
        return None
    attaching = {
        "accountIds": [account],
        "groups": [{"extId": "g", "accountIds": [account]}],
        "subject": "Taken over",
        "time": {"start": "2026-11-24T09:00:00Z", "end": "2026-11-24T09:30:00Z"},
        "schedulerInfo": {"name": "Mallory", "email": "mallory@example.org"},
    }
    return BODIES.get(operation.name, attaching)


def everything(world: World) -> dict[str, Any]:
    return {
        name: found
        for name, found in rows(world.desk.engine).items()
        if not name.startswith("activity_")
    }


def test_without_a_key_nothing_is_told(client: FlaskClient, world: World) -> None:
    id = world.profile("ada")
    before = everything(world)
    headers = ("", "Bearer kal_aaaaaaaa_" + "a" * 40, "Basic YTpi")
    for operation, header in product(WITH_KEYS, headers):
        stranger = Program(client, {"Authorization": header} if header else {})
        body = body_of(operation, world.accounts["ada"])
        answer = stranger.ask(operation.method, path_of(operation, id), body)
        assert answer.status_code == 401, operation.name
        assert answer.get_json()["code"] == "unauthorized"
        challenges = answer.headers.getlist("WWW-Authenticate")
        assert [each.split()[0] for each in challenges] == ["Bearer", "Basic"]
    assert stranger.ask("GET", "/nothing").status_code == 401
    assert everything(world) == before


@pytest.fixture
def stranger(program: Program) -> Program:
    """Somebody without any key who knows the client's id."""
    return Program(program.client, {}, program.client_id)


def test_a_cookie_is_no_key(client: FlaskClient, world: World) -> None:
    client.set_cookie("kalends", "anything")
    assert Program(client, {}).ask("GET", "/group/profiles").status_code == 401


def test_each_operation_takes_the_permission_it_states(client: FlaskClient, world: World) -> None:
    id = world.profile("ada")
    account = world.accounts["ada"]
    for operation in WITH_KEYS:
        assert operation.permission is not None
        others = frozenset(GRANTS[Role.OWNER]) - {operation.permission}
        narrow = person(client, world, "ada", scopes=others)
        answer = narrow.ask(operation.method, path_of(operation, id), body_of(operation, account))
        assert answer.status_code == 403, operation.name
        assert answer.get_json()["code"] == "forbidden"


def test_a_member_looks_at_profiles_and_changes_none(client: FlaskClient, world: World) -> None:
    bela = person(client, world, "bela")
    id = world.profile("ada")
    assert bela.done("GET", "/group/profiles")["totalSize"] == 1
    assert bela.done("GET", f"/group/profiles/{id}/meeting")["items"]
    changes = [each for each in WITH_KEYS if each.permission is Permission.PROFILE_CHANGE]
    assert len(changes) == 10
    for operation in changes:
        body = body_of(operation, world.accounts["bela"])
        assert bela.ask(operation.method, path_of(operation, id), body).status_code == 403


def test_an_owners_token_may_all_that_a_program_may(client: FlaskClient, world: World) -> None:
    ada = person(client, world, "ada")
    id = ada.profile()
    ada.done("POST", f"/group/profiles/{id}/attachAccounts", {"accountIds": [2]})
    assert ada.done("GET", f"/group/profiles/{id}/meeting")["items"]


def test_another_organizations_things_are_not_found_and_stay_as_they_are(
    client: FlaskClient, program: Program, world: World
) -> None:
    id = world.profile("ada")
    hill = build_world(world.desk, "hill")
    with hill.desk.begin(hill.owner) as uow:
        made = keys.make_client(uow, "Theirs")
    theirs = Program(client, basic(made.client_id, made.secret), made.client_id)
    acting = {served.ACCOUNT_HEADER: str(hill.accounts["ada"])}
    before = everything(world)
    for operation in WITH_KEYS:
        if "id" in operation.places:
            body = body_of(operation, hill.accounts["ada"])
            answer = theirs.ask(operation.method, path_of(operation, id), body, headers=acting)
            assert answer.status_code == 404, (operation.name, answer.text)
    assert theirs.done("GET", "/group/profiles")["records"] == []
    assert everything(world) == before


def test_what_is_not_there_is_said_in_the_surfaces_words(program: Program) -> None:
    for path in ("/nothing", "/group/profiles/x", "/group/profiles/" + "9" * 30, "/group"):
        assert program.refused(404, "GET", path) == {"": "notFound"}
    answer = program.ask("PUT", "/group/profiles")
    assert (answer.status_code, answer.get_json()["code"]) == (405, "methodNotAllowed")
    assert answer.headers["Allow"] == "GET, POST"


def test_a_request_is_named_so_that_it_can_be_found(program: Program) -> None:
    answer = program.ask("GET", "/nothing")
    told = answer.get_json()["requestId"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told)
    assert told.replace("-", "").endswith(answer.headers["X-Request-Id"])


def test_every_refusal_has_the_surfaces_shape(app: Flask) -> None:
    for kind in refusals():
        refusal = kind.__new__(kind)
        vars(refusal).update(message="no", field="accounts")
        vars(refusal).update(errors={"slug": "taken"}, retry_after_seconds=3)
        with app.test_request_context("/v1/book/group/profiles"):
            answer = refuse(refusal)
        assert 400 <= answer.status_code < 600, kind
        told = answer.get_json()
        assert set(told) == {"code", "message", "requestId", "details"}, kind
        assert {each["field"] for each in told["details"]} <= {"accountIds", "name"}, kind


def test_a_fault_of_ours_is_told_without_its_cause(
    app: Flask, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("postgresql://user:secret@db")

    monkeypatch.setattr(served, "listed", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = program.ask("GET", "/group/profiles")
    assert answer.status_code == 500
    assert answer.get_json()["code"] == "internalError"
    assert "secret" not in answer.text


def test_the_last_use_of_a_key_is_noted(program: Program, world: World) -> None:
    program.done("GET", "/group/profiles")
    assert [row[0] for row in world.desk.sql("SELECT subject FROM activity_seen")] == ["client:1"]


def test_reading_writes_nothing(program: Program, world: World) -> None:
    id = world.profile("ada")
    before = everything(world)
    for operation in OPERATIONS:
        if operation.method == "GET":
            path = path_of(operation, id)
            answer = program.client.get(
                ROOT + path,
                headers={**program.headers, served.ACCOUNT_HEADER: str(world.accounts["ada"])},
            )
            assert answer.status_code in (200, 404), operation.name
    assert everything(world) == before


def test_pages_of_other_origins_may_send_the_key_that_the_document_offers(
    stranger: Program, world: World
) -> None:
    world.profile("ada")
    path = f"/v1/book/{stranger.client_id}/intro/meeting"
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key",
    }
    allowed = stranger.client.options(path, headers=asked).headers["Access-Control-Allow-Headers"]
    assert "idempotency-key" in allowed.lower()
    exposed = stranger.client.get(path).headers["Access-Control-Expose-Headers"]
    assert {"Idempotent-Replayed", "Retry-After"} <= set(exposed.split(", "))


def test_no_operation_takes_more_than_it_states(client: FlaskClient, world: World) -> None:
    id = world.profile("ada")
    for operation in WITH_KEYS:
        narrow = person(client, world, "ada", scopes=frozenset((*operation.permissions, *ALWAYS)))
        body = body_of(operation, world.accounts["ada"])
        answer = narrow.ask(operation.method, path_of(operation, id), body)
        assert answer.status_code != 403, (operation.name, answer.text)
