"""The scheduling surface's door and its first resource, in the published shape."""

from __future__ import annotations

import base64

import pytest
from flask.testing import FlaskClient

from tests.world import World, build_world
from webapp.domain.permissions import Permission
from webapp.services import keys

PATH = "/api/scheduling/users/me"
# Keys that the published schema of a User requires, and the optional time_notation.
KEYS = {
    *("uri", "name", "slug", "email", "scheduling_url", "timezone", "time_notation"),
    *("avatar_url", "created_at", "updated_at", "current_organization", "resource_type", "locale"),
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(name: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


@pytest.fixture
def token(world: World) -> str:
    with world.desk.begin(world.owner) as uow:
        return keys.make_token(uow, world.hosts["bela"], "Script").token


def test_a_token_reads_its_owner_in_the_published_shape(
    client: FlaskClient, world: World, token: str
) -> None:
    answer = client.get(PATH, headers=bearer(token))
    assert answer.status_code == 200
    user = answer.get_json()["resource"]
    assert set(user) == KEYS
    assert user["uri"].startswith("http://127.0.0.1:8000/api/scheduling/users/")
    assert user["current_organization"].startswith(
        "http://127.0.0.1:8000/api/scheduling/organizations/"
    )
    assert user["created_at"] == "2026-11-23T06:00:00.000000Z"
    assert (
        user["name"],
        user["slug"],
        user["timezone"],
        user["resource_type"],
        user["locale"],
    ) == (
        "Bela Cruz",
        "bela-cruz",
        "Europe/Berlin",
        "User",
        "en",
    )
    assert user["scheduling_url"] == "http://127.0.0.1:8000/harbour?host=bela-cruz"


def test_a_client_reads_the_organizations_owner(client: FlaskClient, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        made = keys.make_client(uow, "Till")
    answer = client.get(PATH, headers=basic(made.client_id, made.secret))
    assert answer.get_json()["resource"]["name"] == "Ada Berg"


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer wrong", "Bearer kal_aaaaaaaa_" + "a" * 40, "Basic"),
        *("Basic !!!", "Basic YQ==", "Basic YTpi", "Digest x", "Basic /////w==", "bearer\tx"),
    ],
)
def test_without_a_key_the_answer_says_how_to_prove_oneself(
    client: FlaskClient, world: World, header: str
) -> None:
    answer = client.get(PATH, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.get_json() == {
        "title": "Unauthenticated",
        "message": "The access token is invalid",
    }
    challenges = answer.headers.getlist("WWW-Authenticate")
    assert [challenge.split()[0] for challenge in challenges] == ["Bearer", "Basic"]


def test_a_cookie_is_no_key(client: FlaskClient, world: World) -> None:
    client.set_cookie("kalends", "anything")
    assert client.get(PATH).status_code == 401


def test_a_key_without_the_scope_is_known_and_refused(client: FlaskClient, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        narrow = keys.make_token(
            uow, world.hosts["ada"], "Narrow", scopes=frozenset({Permission.BOOKING_READ})
        )
    answer = client.get(PATH, headers=bearer(narrow.token))
    assert answer.status_code == 403
    assert answer.get_json()["title"] == "Permission Denied"
    assert "WWW-Authenticate" not in answer.headers


def test_unknown_addresses_speak_the_surfaces_language(
    client: FlaskClient, world: World, token: str
) -> None:
    assert client.get("/api/scheduling/nothing").status_code == 401
    answer = client.get("/api/scheduling/nothing", headers=bearer(token))
    assert answer.status_code == 404
    assert answer.get_json() == {
        "title": "Resource Not Found",
        "message": "The server could not find the requested resource.",
    }


def test_each_organizations_key_reads_its_own_person(client: FlaskClient, world: World) -> None:
    other = build_world(world.desk, slug="elsewhere")
    with other.desk.begin(other.owner) as uow:
        theirs = keys.make_token(uow, other.hosts["ada"], "Theirs").token
    user = client.get(PATH, headers=bearer(theirs)).get_json()["resource"]
    assert user["email"] == "ada@elsewhere.example.org"


def test_the_last_use_of_a_key_is_noted(client: FlaskClient, world: World, token: str) -> None:
    client.get(PATH, headers=bearer(token))
    assert [row[0] for row in world.desk.sql("SELECT subject FROM activity_seen")] == ["token:1"]
