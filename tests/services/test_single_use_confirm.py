"""A single-use link books once, whoever confirms first."""

from __future__ import annotations

import threading

import pytest
from flask.testing import FlaskClient

from tests.world import World, at
from webapp.domain.errors import FormInvalid, LinkClosed
from webapp.domain.permissions import Caller, Role
from webapp.models import BookingProfile
from webapp.services import holds, profile_links
from webapp.services.holds import Details
from webapp.services.steps import single_use


def code_of(world: World, profile_id: int) -> tuple[str, int]:
    with world.desk.begin(world.owner) as uow:
        uuid = uow.session.get_one(BookingProfile, profile_id).uuid
        (link,) = profile_links.make(uow, uuid, count=1)
        return single_use.code_of(world.desk.keys, link), link.id


def begun(world: World, profile_id: int, link_id: int, hour: int) -> str:
    public_id = world.hold(profile_id, at(hour))
    with world.desk.begin(world.guest) as uow:
        profile_links.attach(uow, holds.draft(uow, public_id).id, link_id=link_id)
    return public_id


def test_of_two_confirms_with_one_link_exactly_one_books(every_world: World) -> None:
    profile = every_world.profile("ada")
    _, link_id = code_of(every_world, profile)
    drafts = [begun(every_world, profile, link_id, 9), begun(every_world, profile, link_id, 12)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def confirm(public_id: str, name: str) -> None:
        start.wait()
        try:
            with every_world.desk.begin(every_world.guest) as uow:
                holds.confirm(uow, public_id, Details(name, f"{name}@example.org", second_ok=True))
            outcomes.append("booked")
        except LinkClosed:
            outcomes.append("closed")

    threads = [
        threading.Thread(target=confirm, args=pair)
        for pair in zip(drafts, ("grace", "otto"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", "closed"]
    booked = every_world.desk.sql("SELECT id FROM booking WHERE status = 'confirmed'")
    used = every_world.desk.sql("SELECT booking_id FROM profile_link WHERE used_at IS NOT NULL")
    assert booked == used


def test_confirming_again_gives_the_same_booking_though_the_link_is_used(world: World) -> None:
    profile = world.profile()
    _, link_id = code_of(world, profile)
    public_id = begun(world, profile, link_id, 9)
    made = []
    for _ in range(2):
        with world.desk.begin(world.guest) as uow:
            made.append(holds.confirm(uow, public_id, Details("Grace", "grace@example.org")).id)
    assert made[0] == made[1]


def test_a_confirm_that_fails_leaves_the_link_unused(world: World) -> None:
    profile = world.profile()
    code, link_id = code_of(world, profile)
    public_id = begun(world, profile, link_id, 9)
    with pytest.raises(FormInvalid), world.desk.begin(world.guest) as uow:
        holds.confirm(uow, public_id, Details("", "no address"))
    with world.desk.look(Caller(None, Role.GUEST)) as uow:
        assert profile_links.opened(uow, code).link_id == link_id


def test_the_second_visitor_gets_a_410_with_a_page_that_says_why(
    world: World, client: FlaskClient
) -> None:
    profile = world.profile()
    code, _ = code_of(world, profile)
    places = []
    for hour in ("09", "11"):
        data = {"start": f"2026-11-24T{hour}:00Z", "l": "30"}
        places.append(client.post(f"/d/{code}/intro/hold", data=data).location)
    details = {"name": "Grace", "email": "grace@example.org"}
    assert client.post(places[0], data=details).status_code == 303
    second = client.post(places[1], data=details | {"email": "otto@example.org"})
    assert second.status_code == 410
    assert "This link has been used already" in second.text
    assert client.get(f"/d/{code}/intro").status_code == 410
