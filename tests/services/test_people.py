"""Organizations and people: unique addresses, reserved words, roles, bookable from the start."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from tests.world import Desk, World, build_world
from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.domain.passwords import check_password
from webapp.domain.permissions import Caller, Role
from webapp.models import Account, Calendar, Membership, Schedule, User
from webapp.services import leaving, people, team
from webapp.services.people import RESERVED_SLUGS, organization_slug, slug_from
from webapp.services.unit_of_work import UnitOfWork

SYSTEM = Caller(None, Role.SYSTEM)


def _uuid(uow: UnitOfWork, user_id: int) -> UUID:
    return uow.session.get_one(User, user_id).uuid


def test_a_new_person_has_a_calendar_and_office_hours_at_once(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        made = people.create_person(uow, "Dora Eck", "Dora@Example.ORG", zone="Europe/Paris")
        number = made.id
    with every_world.desk.look(every_world.owner) as uow:
        user = uow.session.get(User, number)
        account = uow.session.query(Account).filter_by(host_id=number).one()
        calendar = uow.session.query(Calendar).filter_by(account_id=account.id).one()
        schedule = uow.session.query(Schedule).filter_by(host_id=number).one()

        assert user is not None
        assert user.email == "dora@example.org"
        assert (account.kind.value, account.writable, calendar.primary) == ("local", True, True)
        assert schedule.is_default
        assert schedule.hours["zone"] == "Europe/Paris"
        assert schedule.hours["weekly"]["mon"] == [["09:00", "17:00"]]
        assert "sat" not in schedule.hours["weekly"]


def test_an_address_belongs_to_one_account_in_all_organizations(every_world: World) -> None:
    other = build_world(every_world.desk, slug="elsewhere")
    with every_world.desk.begin(other.owner) as uow, pytest.raises(Conflict):
        people.create_person(uow, "Impostor", "ADA@harbour.example.org")
    with every_world.desk.look(every_world.owner) as uow:
        ada = uow.session.get(User, every_world.hosts["ada"])
        assert ada is not None
        assert ada.name == "Ada Berg"


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS | {"ab", "A-B-C", "-abc", "abc-", "ä" * 5}))
def test_an_organization_never_takes_a_word_of_the_product(slug: str) -> None:
    with pytest.raises(Invalid):
        organization_slug(slug)


def test_every_first_segment_of_the_application_is_reserved(app: Flask) -> None:
    segments = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    plain = {segment for segment in segments if segment and "<" not in segment}
    assert plain <= RESERVED_SLUGS


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Ana Núñez", "ana-nunez"), ("  O'Neil  ", "o-neil"), ("李雷", "person"), ("--", "person")],
)
def test_a_name_becomes_a_segment_of_plain_letters(name: str, slug: str) -> None:
    assert slug_from(name) == slug


def test_two_people_of_one_name_get_different_pages(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        first = people.create_person(uow, "Sam Ray", "sam@example.org")
        second = people.create_person(uow, "Sam Ray", "ray@example.org")
        assert (first.slug, second.slug) == ("sam-ray", "sam-ray-2")


@pytest.mark.parametrize(
    "email", ["", "no", "a@b", "a\nb@example.org", "a@example.org\r\nBcc: x@example.org", "a@" * 99]
)
def test_what_is_no_address_is_refused_by_its_field(world: World, email: str) -> None:
    with world.desk.begin(world.owner) as uow, pytest.raises(Invalid) as refused:
        people.create_person(uow, "Somebody", email)
    assert refused.value.field == "email"


def test_a_room_cannot_sign_in_and_has_no_address(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        room = people.create_room(uow, "Green room")
        assert (room.is_room, room.email, room.password_hash) == (True, None, None)


def test_a_member_manages_nobody(world: World) -> None:
    member = Caller(world.organization_id, Role.MEMBER, world.hosts["bela"])
    with world.desk.begin(member) as uow, pytest.raises(Forbidden):
        people.create_person(uow, "Mallory", "mallory@example.org")


def test_only_an_owner_makes_owners(world: World) -> None:
    admin = Caller(world.organization_id, Role.ADMIN, world.hosts["bela"])
    with world.desk.begin(admin) as uow:
        with pytest.raises(Forbidden):
            team.set_role(uow, world.hosts["bela"], Role.OWNER)
        with pytest.raises(Forbidden):
            team.set_role(uow, world.hosts["ada"], Role.MEMBER)
        team.set_role(uow, world.hosts["chris"], Role.ADMIN)


def test_an_organization_keeps_an_owner(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        with pytest.raises(Conflict):
            team.set_role(uow, world.hosts["ada"], Role.ADMIN)
        with pytest.raises(Conflict):
            leaving.remove(uow, _uuid(uow, world.hosts["ada"]))
        team.set_role(uow, world.hosts["bela"], Role.OWNER)
        team.set_role(uow, world.hosts["ada"], Role.ADMIN)


def test_a_person_elsewhere_is_nobody_here(world: World) -> None:
    other = build_world(world.desk, slug="elsewhere")
    with world.desk.look(other.owner) as uow:
        uuid = _uuid(uow, other.hosts["bela"])
    with world.desk.begin(world.owner) as uow, pytest.raises(NotFound):
        leaving.remove(uow, uuid)
    with world.desk.look(other.owner) as uow:
        assert uow.session.query(Membership).count() == 3


def test_a_refused_owner_leaves_no_organization_behind(desk: Desk) -> None:
    with pytest.raises(Invalid), desk.begin(SYSTEM) as uow:
        people.create_owner(
            uow,
            organization_name="Half",
            organization_slug="half-made",
            name="Nobody",
            email="not an address",
            password_hash="none",
            zone="Europe/Berlin",
        )
    assert desk.sql("SELECT count(*) FROM organization")[0][0] == 0


@pytest.mark.parametrize(
    "password",
    ["short", "aaaaaaaaaaaaaaaa", "password1234", "Passw0rd" * 20, "harbour-clinic-2026"],
)
def test_a_password_that_is_short_or_obvious_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, known=("Harbour Clinic",))


def test_a_sentence_is_a_good_password() -> None:
    check_password("three herons on a quiet pier", known=("Harbour Clinic", "ada@example.org"))
