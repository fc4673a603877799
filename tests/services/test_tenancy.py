"""The guard: rows of another organization do not exist, whichever way one reaches for them."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.world import Desk, World, at, build_world
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import (
    Account,
    Booking,
    BookingProfile,
    Meeting,
    OrganizationScoped,
    Schedule,
    ScopeMissing,
)
from webapp.services import bookings, holds, offers, profiles, schedules


@pytest.fixture
def two(desk: Desk) -> tuple[World, World]:
    """Two organizations; both have a profile at the same address, the first a booking."""
    first, second = build_world(desk, "harbour"), build_world(desk, "hill")
    return first, second


def test_a_select_finds_only_the_own_organization(two: tuple[World, World]) -> None:
    first, second = two
    first.profile()
    with second.desk.look(second.owner) as uow:
        assert uow.session.scalars(sa.select(BookingProfile)).all() == []
        assert uow.session.scalar(sa.select(sa.func.count(BookingProfile.id))) == 0
        assert uow.session.get(BookingProfile, 1) is None


def test_an_alias_a_join_and_a_subquery_are_confined_too(two: tuple[World, World]) -> None:
    first, second = two
    first.book(first.profile(), at(8))
    other = sa.orm.aliased(Booking)
    with second.desk.look(second.owner) as uow:
        assert uow.session.scalars(sa.select(other)).all() == []
        joined = sa.select(Booking.id).join(Meeting, Meeting.id == Booking.meeting_id)
        assert uow.session.scalars(joined).all() == []
        inner = sa.select(Account.id).where(Account.id.in_(sa.select(Meeting.id)))
        assert uow.session.scalars(inner).all() == []


def test_updates_and_deletes_do_not_reach_across(two: tuple[World, World]) -> None:
    first, second = two
    first.profile()
    with second.desk.begin(second.owner) as uow:
        uow.session.execute(sa.update(BookingProfile).values(name="stolen"))
        uow.session.execute(sa.delete(BookingProfile))
    assert first.desk.sql("SELECT name FROM booking_profile")[0][0] == "Intro call"


def test_raw_sql_and_bulk_inserts_must_say_why(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        for statement in ("SELECT 1", "SELECT * FROM booking"):
            with pytest.raises(ScopeMissing):
                uow.session.execute(sa.text(statement))
        with pytest.raises(ScopeMissing):
            uow.session.execute(sa.insert(Schedule), [{"name": "x"}])


def test_scoped_rows_need_a_scope(desk: Desk) -> None:
    with desk.look(Caller(None, Role.SYSTEM)) as uow, pytest.raises(ScopeMissing):
        uow.session.scalars(sa.select(Booking)).all()


def test_a_row_of_another_organization_is_not_written(two: tuple[World, World]) -> None:
    first, second = two
    first.profile()
    with pytest.raises(ScopeMissing), Session(first.desk.engine) as session:
        session.info["organization_id"] = first.organization_id
        profile = session.get_one(BookingProfile, 1)
        session.info["organization_id"] = second.organization_id
        profile.name = "stolen"
        session.flush()


def test_foreign_ids_are_not_found_in_every_use_case(two: tuple[World, World]) -> None:
    first, second = two
    profile_id = first.profile()
    uuid = UUID(first.book(profile_id, at(8)))
    draft = first.hold(profile_id, at(9))
    calls = [
        lambda uow: offers.profile_page(uow, "intro"),
        lambda uow: offers.profile_by_id(uow, profile_id),
        lambda uow: holds.hold(
            uow, profile_id, at(10), duration_minutes=30, zone_name="Europe/Berlin"
        ),
        lambda uow: holds.draft(uow, draft),
        lambda uow: holds.extend(uow, draft),
        lambda uow: bookings.by_uuid(uow, uuid),
        lambda uow: bookings.cancel(uow, uuid, by=bookings.Actor.HOST),
        lambda uow: bookings.move(uow, uuid, at(10), by=bookings.Actor.HOST),
        lambda uow: bookings.approve(uow, uuid),
        lambda uow: profiles.pause(uow, profile_id, True),
        lambda uow: schedules.make_default(uow, 1),
    ]
    before = first.desk.sql("SELECT count(*), sum(revision) FROM booking_profile")
    for call in calls:
        with pytest.raises(NotFound), second.desk.begin(second.owner) as uow:
            call(uow)
    assert first.desk.sql("SELECT count(*), sum(revision) FROM booking_profile") == before


def test_a_guest_may_not_read_the_console(world: World) -> None:
    with world.desk.look(world.guest) as uow, pytest.raises(Forbidden):
        bookings.by_uuid(uow, UUID(int=1))


def test_scopes_narrow_what_a_role_allows(world: World) -> None:
    narrow = Caller(
        world.organization_id,
        Role.OWNER,
        world.hosts["ada"],
        frozenset({Permission.PROFILE_READ}),
    )
    with world.desk.begin(narrow) as uow, pytest.raises(Forbidden):
        profiles.pause(uow, 1, True)


def test_a_reading_unit_cannot_write(every_world: World) -> None:
    profile_id = every_world.profile()
    with (
        pytest.raises(sa.exc.DBAPIError),
        every_world.desk.look(every_world.owner) as uow,
    ):
        profiles.pause(uow, profile_id, True)
        uow.session.flush()


def test_every_table_but_the_named_ones_is_scoped() -> None:
    from webapp.models import Base

    everywhere = {
        *("organization", "user", "browser_session", "busy_span", "busy_mask", "job"),
        # How a person signs in, whatever organizations they belong to.
        *("one_time_code", "recovery_code", "passkey", "openid_identity", "sign_in_ticket"),
        *("activity_seen", "activity_rate", "activity_worker"),
    }
    scoped = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, OrganizationScoped)
    }
    assert {mapper.class_.__tablename__ for mapper in Base.registry.mappers} - scoped == everywhere
