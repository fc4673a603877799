"""Times by the client's id and the profile's name: for everybody, as the page itself offers."""

from __future__ import annotations

import pytest

from tests.api.group_booking.conftest import Program
from tests.world import World, build_world
from webapp.domain.required import Required
from webapp.services import keys, limits, profiles

DAY = {"fromDate": "2026-11-24", "intervalLength": "P1D"}


@pytest.fixture
def stranger(program: Program) -> Program:
    """Somebody without any key who knows the client's id."""
    return Program(program.client, {}, program.client_id)


def test_the_times_are_those_of_the_page_and_any_page_may_read_them(
    program: Program, stranger: Program, world: World
) -> None:
    id = world.profile("ada", "bela")
    told = stranger.ask("GET", f"/{stranger.client_id}/INTRO/meeting", **DAY)
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in told.headers
    assert told.get_json() == program.done("GET", f"/group/profiles/{id}/meeting", **DAY)


def test_a_page_of_another_origin_may_ask_first(stranger: Program) -> None:
    path = f"/v1/book/{stranger.client_id}/intro/meeting"
    answer = stranger.client.options(path, headers={"Origin": "https://example.org"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    private = stranger.client.options("/v1/book/group/profiles")
    assert private.status_code == 401
    assert "Access-Control-Allow-Origin" not in private.headers


def test_everybody_is_needed_where_the_page_needs_everybody(
    stranger: Program, world: World
) -> None:
    world.profile("ada", "bela", required=Required.ALL)
    path = f"/{stranger.client_id}/intro/meeting"
    assert "required" in stranger.refused(400, "GET", path, required="one")
    assert stranger.done("GET", path) == stranger.done("GET", path, required="all")
    world.profile("ada", "bela", slug="any")
    any_of = f"/{stranger.client_id}/any/meeting"
    assert stranger.done("GET", any_of) == stranger.done("GET", any_of, required="one")
    stranger.done("GET", any_of, required="all")


def test_unknown_clients_names_and_deleted_profiles_are_not_found(
    stranger: Program, world: World
) -> None:
    id = world.profile("ada")
    elsewhere = build_world(world.desk, "hill")
    elsewhere.profile("ada", slug="theirs")
    own = stranger.client_id
    for path in (f"/{own}/nothing", f"/{own}/theirs", f"/{own}/%00", "/kac_no/intro", "/a b/intro"):
        assert stranger.refused(404, "GET", f"{path}/meeting") == {"": "notFound"}
    with world.desk.begin(world.owner) as uow:
        profiles.delete(uow, id)
    stranger.refused(404, "GET", f"/{own}/intro/meeting")


def test_an_ended_client_leads_nowhere(stranger: Program, world: World) -> None:
    world.profile("ada")
    with world.desk.begin(world.owner) as uow:
        keys.revoke_client(uow, stranger.client_id)
    stranger.refused(404, "GET", f"/{stranger.client_id}/intro/meeting")


def test_paused_profiles_have_no_times_and_secret_ones_are_found_by_their_name(
    stranger: Program, world: World
) -> None:
    world.profile("ada", secret=True, slug="hidden")
    world.profile("ada", paused=True, slug="paused")
    assert stranger.done("GET", f"/{stranger.client_id}/hidden/meeting", **DAY)["items"]
    assert stranger.done("GET", f"/{stranger.client_id}/paused/meeting", **DAY)["items"] == []


def test_looks_are_counted_like_those_at_pages(stranger: Program, world: World) -> None:
    world.profile("ada")
    path = f"/v1/book/{stranger.client_id}/intro/meeting?intervalLength=P1D"
    far = {"REMOTE_ADDR": "203.0.113.7"}
    for _ in range(limits.PAGES_AT_ONCE):
        assert stranger.client.get(path, environ_overrides=far).status_code == 200
    answer = stranger.client.get(path, environ_overrides=far)
    assert answer.status_code == 429
    assert answer.get_json()["code"] == "tooManyRequests"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
