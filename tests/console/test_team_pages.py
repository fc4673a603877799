"""The team: who may change whom, what becomes of bookings, and several organizations a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.domain.permissions import Caller, Role
from webapp.models import Membership, User
from webapp.services import (
    leaving,
    people,
    sessions,
    team,
)
from webapp.services.sessions import Proven

SYSTEM = Caller(None, Role.SYSTEM)


def uuid_of(world: World, name: str) -> UUID:
    with world.desk.look(SYSTEM) as uow:
        return uow.session.get_one(User, world.hosts[name]).uuid


def browser_of(app: Flask, world: World, name: str) -> FlaskClient:
    """A browser that is signed in as somebody, who has just proved to be them."""
    with world.desk.begin(SYSTEM) as uow:
        user = uow.session.get_one(User, world.hosts[name])
        token = sessions.open_session(uow, Proven(user.id, user.password_hash, None))
    browser = app.test_client()
    browser.set_cookie("kalends", token)
    return browser


def be(world: World, name: str, role: Role) -> None:
    with world.desk.begin(world.owner) as uow:
        team.set_role(uow, world.hosts[name], role)


def role_of(world: World, name: str) -> str | None:
    found = world.desk.sql(
        "SELECT role FROM membership WHERE user_id = :id AND organization_id = :org",
        id=world.hosts[name],
        org=world.organization_id,
    )
    return str(found[0][0]) if found else None


def set_role(browser: FlaskClient, world: World, name: str, role: str) -> int:
    return browser.post(
        f"/console/team/{uuid_of(world, name)}/role", data={"role": role}, headers=SAME
    ).status_code


def remove(browser: FlaskClient, world: World, name: str, **data: str) -> int:
    path = f"/console/team/{uuid_of(world, name)}/removal"
    return browser.post(path, data=data, headers=SAME).status_code


# ------------------------------------------------------------------------------------------ roles


def test_the_team_page_tells_managers_more_than_members(
    ada: FlaskClient, sign_in: Callable[[str], FlaskClient]
) -> None:
    page = ada.get("/console/team").text
    for words in ("Ada Berg", "Bela Cruz", "Owner", "Last here", "just now", "Invite somebody"):
        assert words in page
    page = sign_in("bela").get("/console/team").text
    assert "Ada Berg" in page
    for words in ("Last here", "Invite somebody", "Add room", "Hand the organization over"):
        assert words not in page


def test_who_may_change_whose_role(office: World, app: Flask) -> None:
    owner = browser_of(app, office, "ada")
    assert set_role(owner, office, "bela", "admin") == 303
    admin = browser_of(app, office, "bela")
    assert set_role(admin, office, "chris", "admin") == 303
    assert set_role(admin, office, "chris", "member") == 303
    assert set_role(admin, office, "ada", "member") == 403, "an admin never unmakes an owner"
    assert set_role(admin, office, "bela", "owner") == 422, "nor makes one"
    member = browser_of(app, office, "chris")
    assert set_role(member, office, "bela", "member") == 403
    assert set_role(owner, office, "ada", "admin") == 409, "one owner stays"
    assert [role_of(office, name) for name in ("ada", "bela", "chris")] == [
        *("owner", "admin", "member")
    ]


def test_who_may_remove_whom(office: World, app: Flask) -> None:
    be(office, "bela", Role.ADMIN)
    admin, member = browser_of(app, office, "bela"), browser_of(app, office, "chris")
    assert remove(admin, office, "ada") == 403
    assert remove(member, office, "bela") == 403
    assert member.get(f"/console/team/{uuid_of(office, 'bela')}/removal").status_code == 403
    assert remove(admin, office, "chris") == 303
    assert role_of(office, "chris") is None
    assert remove(browser_of(app, office, "ada"), office, "ada") == 409


def test_the_owner_hands_over_and_becomes_an_admin(office: World, app: Flask) -> None:
    owner = browser_of(app, office, "ada")
    assert "Bela Cruz" in owner.get("/console/team/ownership").text
    chosen = {"owner": str(uuid_of(office, "bela"))}
    assert owner.post("/console/team/ownership", data=chosen, headers=SAME).status_code == 303
    assert (role_of(office, "ada"), role_of(office, "bela")) == ("admin", "owner")
    assert owner.get("/console/team/ownership").status_code == 403
    assert owner.post("/console/team/ownership", data=chosen, headers=SAME).status_code == 403


def test_handing_over_asks_anew_who_one_is(office: World, app: Flask) -> None:
    owner = browser_of(app, office, "ada")
    office.desk.clock.forward(minutes=11)
    for answer in (
        owner.get("/console/team/ownership"),
        owner.post(
            "/console/team/ownership",
            data={"owner": str(uuid_of(office, "bela"))},
            headers=SAME,
        ),
    ):
        assert answer.status_code == 303
        assert "/console/account/again" in answer.location
    assert role_of(office, "ada") == "owner"


def test_only_the_owner_hands_over_and_only_to_people_here(office: World, app: Flask) -> None:
    be(office, "bela", Role.ADMIN)
    other = build_world(office.desk, "hill")
    with office.desk.begin(office.owner) as uow:
        room = people.create_room(uow, "Green room").uuid
    admin, owner = browser_of(app, office, "bela"), browser_of(app, office, "ada")
    chosen = {"owner": str(uuid_of(office, "bela"))}
    assert admin.post("/console/team/ownership", data=chosen, headers=SAME).status_code == 403
    for stranger, status in (
        (uuid_of(other, "ada"), 404),
        (room, 422),
        (uuid_of(office, "ada"), 422),
        ("nobody", 422),
    ):
        answer = owner.post("/console/team/ownership", data={"owner": str(stranger)}, headers=SAME)
        assert answer.status_code == status, stranger
    assert role_of(office, "ada") == "owner"


def test_people_of_another_organization_are_not_found(office: World, app: Flask) -> None:
    other = build_world(office.desk, "hill")
    stranger = browser_of(app, other, "ada")
    before = office.desk.sql("SELECT * FROM membership")
    for name in ("ada", "bela"):
        path = f"/console/team/{uuid_of(office, name)}"
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"{path}/removal").status_code == 404
        for end, data in (("role", {"role": "member"}), ("removal", {}), ("name", {"name": "x"})):
            answer = stranger.post(f"{path}/{end}", data=data, headers=SAME)
            assert answer.status_code == 404, end
    assert office.desk.sql("SELECT * FROM membership") == before


def test_two_owners_cannot_leave_the_organization_without_one(office: World) -> None:
    be(office, "bela", Role.OWNER)
    with office.desk.begin(office.owner) as uow:
        leaving.remove(uow, uow.session.get_one(User, office.hosts["ada"]).uuid)
    bela = Caller(office.organization_id, Role.OWNER, office.hosts["bela"])
    with office.desk.look(bela) as uow:
        uuid = uow.session.get_one(User, office.hosts["bela"]).uuid
        assert "always has an owner" in leaving.plan(uow, uuid).obstacle


# ------------------------------------------------------------------------------------------ rooms


def test_a_room_is_added_renamed_booked_and_removed(office: World, app: Flask) -> None:
    owner = browser_of(app, office, "ada")
    added = owner.post("/console/team/rooms", data={"name": "Green room"}, headers=SAME)
    assert added.status_code == 303
    found = re.search(
        r'/console/team/([0-9a-f-]{36})"><bdi>Green room', owner.get("/console/team").text
    )
    assert found
    path = f"/console/team/{found[1]}"
    renamed = owner.post(f"{path}/name", data={"name": "Blue <b>room</b>"}, headers=SAME)
    assert renamed.status_code == 303
    page = owner.get(path).text
    assert "Blue &lt;b&gt;room" in page
    assert 'name="role"' not in page
    assert owner.post(f"{path}/role", data={"role": "admin"}, headers=SAME).status_code == 409
    assert owner.post(f"{path}/name", data={"name": " "}, headers=SAME).status_code == 422
    assert owner.post(f"{path}/removal", headers=SAME).status_code == 303
    assert "Blue" not in owner.get("/console/team").text
    assert owner.get(path).status_code == 404


def test_a_person_is_not_renamed_like_a_room(office: World, app: Flask) -> None:
    path = f"/console/team/{uuid_of(office, 'bela')}/name"
    answer = browser_of(app, office, "ada").post(path, data={"name": "Eve"}, headers=SAME)
    assert answer.status_code == 404


# ------------------------------------------------------------------------- several organizations


@pytest.fixture
def both(office: World) -> World:
    """Ada of Harbour is a member of Hill, too."""
    hill = build_world(office.desk, "hill")
    with office.desk.begin(Caller(hill.organization_id, Role.SYSTEM)) as uow:
        people.join(uow, office.hosts["ada"], Role.MEMBER)
    return hill


def switch(browser: FlaskClient, world: World) -> int:
    rows = world.desk.sql("SELECT uuid FROM organization WHERE id = :id", id=world.organization_id)
    data = {"organization": str(UUID(str(rows[0][0])))}
    return browser.post("/console/organization", data=data, headers=SAME).status_code


def test_somebody_switches_between_their_organizations(
    office: World, both: World, app: Flask
) -> None:
    browser = browser_of(app, office, "ada")
    assert "Harbour" in browser.get("/console/").text
    assert switch(browser, both) == 303
    page = browser.get("/console/team").text
    assert "Member of Hill" in page
    assert "Invite somebody" not in page
    assert switch(browser, office) == 303
    assert "Owner of Harbour" in browser.get("/console/team").text


def test_nobody_switches_to_where_they_do_not_belong(
    office: World, both: World, app: Flask
) -> None:
    browser = browser_of(app, office, "bela")
    assert switch(browser, both) == 404
    bad = browser.post("/console/organization", data={"organization": "x"}, headers=SAME)
    assert bad.status_code == 404
    forged = browser.post("/console/organization", headers={"Sec-Fetch-Site": "same-site"})
    assert forged.status_code == 403
    assert "Member of Harbour" in browser.get("/console/").text


def test_after_a_removal_the_session_goes_on_elsewhere(
    office: World, both: World, app: Flask
) -> None:
    browser = browser_of(app, office, "ada")
    assert switch(browser, both) == 303
    with office.desk.begin(both.owner) as uow:
        leaving.remove(uow, uow.session.get_one(User, office.hosts["ada"]).uuid)
    page = browser.get("/console/team")
    assert page.status_code == 200
    assert "Owner of Harbour" in page.text


def test_one_person_is_one_host_in_all_their_organizations(office: World, both: World) -> None:
    office.book(office.profile(), at(8))
    with office.desk.look(Caller(both.organization_id, Role.SYSTEM)) as uow:
        assert uow.session.query(Membership).count() == 4
    counts = "SELECT count(*) FROM account WHERE host_id = :id"
    assert office.desk.sql(counts, id=office.hosts["ada"])[0][0] == 2
