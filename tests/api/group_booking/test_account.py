"""Profiles of one account: whose, by which key, and apart from those of the organization."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.accounts import add_account
from tests.api.group_booking.conftest import Program, person
from tests.world import World, build_world
from webapp.models import Account, AccountKind, BookingProfile
from webapp.services import people

HEADER = "X-Aurinko-Account-Id"
PATH = "/account/profiles"


def acting(account: object) -> dict[str, dict[str, str]]:
    return {"headers": {HEADER: str(account)}}


def test_a_persons_profile_is_served_by_their_first_account(
    client: FlaskClient, world: World
) -> None:
    ada = person(client, world, "ada")
    id = ada.done("POST", PATH, {"name": "mine"})["id"]
    assert ada.done("GET", PATH)["records"] == [ada.done("GET", f"{PATH}/{id}")]
    items = ada.done("GET", f"{PATH}/{id}/meeting", intervalLength="P2D")["items"]
    assert {tuple(each["accountIds"]) for each in items} == {(world.accounts["ada"],)}
    ada.done("PATCH", f"{PATH}/{id}", {"durationMinutes": 45})
    assert ada.done("GET", f"{PATH}/{id}")["durationMinutes"] == 45
    ada.done("DELETE", f"{PATH}/{id}")
    ada.refused(404, "GET", f"{PATH}/{id}")


def test_another_own_account_is_named_in_the_header(client: FlaskClient, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        second = add_account(uow, world.hosts["ada"], "Second", AccountKind.LOCAL)
    ada = person(client, world, "ada")
    first = ada.done("POST", PATH, {"name": "first"})["id"]
    ada.refused(404, "GET", f"{PATH}/{first}", **acting(second.id))
    assert ada.done("GET", PATH, **acting(second.id))["totalSize"] == 0
    ada.done("GET", f"{PATH}/{first}", **acting(world.accounts["ada"]))
    told = ada.refused(400, "POST", PATH, {"name": "second"}, **acting(second.id))
    assert "accountIds" in told, "it has no calendar to write to"


def test_a_program_must_say_which_account_and_may_name_any(program: Program, world: World) -> None:
    for method, path in (("GET", PATH), ("POST", PATH), ("GET", "/account/workHours")):
        body = {"name": "x"} if method == "POST" else None
        assert HEADER in program.refused(400, method, path, body)
    bela = acting(world.accounts["bela"])
    id = program.done("POST", PATH, {"name": "belas"}, **bela)["id"]
    assert program.done("GET", f"{PATH}/{id}", **bela)["name"] == "belas"
    program.refused(404, "GET", f"{PATH}/{id}", **acting(world.accounts["ada"]))


def test_a_header_that_names_no_account_is_refused(program: Program) -> None:
    for account in ("x", "-1", "1.0", "9" * 19, "9" * 25, ""):
        assert HEADER in program.refused(400, "GET", PATH, **acting(account))


def test_accounts_of_others_are_not_found(
    program: Program, client: FlaskClient, world: World
) -> None:
    hill = build_world(world.desk, "hill")
    ada = person(client, world, "ada")
    for account in (hill.accounts["ada"], 10**9):
        program.refused(404, "GET", PATH, **acting(account))
        program.refused(404, "POST", PATH, {"name": "x"}, **acting(account))
        ada.refused(404, "GET", PATH, **acting(account))
    ada.refused(404, "GET", PATH, **acting(world.accounts["bela"]))


def test_profiles_of_accounts_and_of_the_organization_are_apart(
    program: Program, world: World
) -> None:
    ada = acting(world.accounts["ada"])
    own = program.done("POST", PATH, {"name": "own"}, **ada)["id"]
    ours = program.profile("ours")
    assert [each["id"] for each in program.done("GET", "/group/profiles")["records"]] == [ours]
    assert [each["id"] for each in program.done("GET", PATH, **ada)["records"]] == [own]
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {"subject": "x"}),
        ("DELETE", "", None),
        ("GET", "/meeting", None),
        ("GET", "/attachAccounts", None),
        ("POST", "/attachAccounts", {"accountIds": []}),
        ("GET", "/attachGroups", None),
        ("POST", "/attachGroups", {"groups": []}),
        ("POST", "/detachGroups", {"groups": []}),
    ):
        program.refused(404, method, f"/group/profiles/{own}{rest}", body)
    for method in ("GET", "PATCH", "DELETE"):
        body = {"subject": "x"} if method == "PATCH" else None
        program.refused(404, method, f"{PATH}/{ours}", body, **ada)
    program.refused(404, "GET", f"{PATH}/{ours}/meeting", **ada)
    told = program.refused(409, "POST", PATH, {"name": "OURS"}, **ada)
    assert "name" in told, "addresses are the organization's"


def test_a_member_reads_but_does_not_make_profiles(client: FlaskClient, world: World) -> None:
    bela = person(client, world, "bela")
    assert bela.done("GET", PATH)["records"] == []
    bela.refused(403, "POST", PATH, {"name": "mine"})


def test_an_accounts_profile_is_where_its_owner_is(program: Program, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        far = people.create_person(uow, "Far", "far@harbour.example.org", zone="Asia/Tokyo")
        account = uow.session.scalars(sa.select(Account.id).where(Account.host_id == far.id)).one()
    id = program.done("POST", PATH, {"name": "far"}, **acting(account))["id"]
    with world.desk.look(world.owner) as uow:
        assert uow.session.get_one(BookingProfile, id).zone == "Asia/Tokyo"


def test_work_hours_are_those_of_the_accounts_owner(client: FlaskClient, world: World) -> None:
    ada = person(client, world, "ada")
    told = ada.done("GET", "/account/workHours")
    assert (told["timezone"], told["source"]) == ("Europe/Berlin", "aurinko")
    days = [each["dayOfWeek"] for each in told["daySchedules"]]
    assert days == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert told["daySchedules"][0]["workingIntervals"] == [{"start": "09:00:00", "end": "17:00:00"}]
