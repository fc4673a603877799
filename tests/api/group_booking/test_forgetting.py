"""Names in what programs book and reserve: forgotten in time, and when somebody asks for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.group_booking.conftest import Program
from tests.api.group_booking.test_meetings import NINE, book, order, served
from tests.world import MONDAY, Clock, World
from webapp.domain.errors import Conflict
from webapp.domain.permissions import Caller, Role
from webapp.models import Organization
from webapp.services import erasing, retention


def reserve_for_grace(program: Program, world: World) -> int:
    profile = world.profile("ada", "bela")
    book(program, profile, order(), reserveForMinutes=600)
    return profile


def test_a_reservation_does_not_keep_a_person_from_being_erased(
    program: Program, world: World
) -> None:
    reserve_for_grace(program, world)
    with world.desk.begin(world.owner) as uow:
        try:
            erasing.start(uow, "grace@example.org", "grace@example.org")
        except Conflict as refusal:
            pytest.fail(f"there is nothing in the console to cancel: {refusal.message}")


def test_who_has_no_address_is_forgotten_in_time_too(
    program: Program, world: World, clock: Clock
) -> None:
    profile = served(program, world, "ada", description="Ring {{phone}} about {{topic}}")
    told = {"topic": "a rash", "phone": "+49 30 123456"}
    body = {"time": NINE, "name": "Grace Hopper", "substitutionData": told}
    book(program, profile, body)
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(Organization, world.organization_id).retention_months = 1
    clock.now = MONDAY + timedelta(days=90)
    with world.desk.begin(Caller(world.organization_id, Role.SYSTEM)) as uow:
        while retention.forget_invitees(uow):
            pass
    kept = world.desk.sql("SELECT name, phone, answers FROM booking")
    assert "Hopper" not in str(kept), kept
    assert "rash" not in str(kept), kept
