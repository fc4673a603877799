"""Single-use links: made and taken back in the console, opened by visitors, used once."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.console.test_profiles_pages import post, uuid_of
from tests.world import World, at, build_world
from webapp.domain.errors import Conflict, Gone, Invalid, LinkClosed, NotFound
from webapp.domain.permissions import Caller, Role
from webapp.services import holds, profile_links, profiles
from webapp.services.steps import single_use

NOBODY = Caller(None, Role.GUEST)


def make(world: World, profile_id: int, **choices: Any) -> str:
    """One link; its code."""
    uuid = uuid_of(world, profile_id)
    with world.desk.begin(world.owner) as uow:
        (link,) = profile_links.make(uow, uuid, count=1, **choices)
        return single_use.code_of(world.desk.keys, link)


def begun(world: World, profile_id: int, code: str, hour: int) -> int:
    """A draft that was begun with the link; its booking's id."""
    with world.desk.look(NOBODY) as uow:
        opened = profile_links.opened(uow, code)
    public_id = world.hold(profile_id, at(hour))
    with world.desk.begin(world.guest) as uow:
        booking = holds.draft(uow, public_id)
        profile_links.attach(uow, booking.id, link_id=opened.link_id)
        return booking.id


def consume(world: World, booking_id: int) -> None:
    with world.desk.begin(world.guest) as uow:
        single_use.consume(uow, booking_id)


def states(world: World, profile_id: int) -> list[str]:
    with world.desk.look(world.owner) as uow:
        return [each.state for each in profile_links.listed(uow, profile_id).links]


def test_a_link_is_used_up_by_one_draft_and_the_other_is_refused(every_world: World) -> None:
    profile = every_world.profile()
    code = make(every_world, profile)
    first, second = (begun(every_world, profile, code, hour) for hour in (9, 11))
    consume(every_world, first)
    with pytest.raises(LinkClosed, match="used already"):
        consume(every_world, second)
    assert states(every_world, profile) == ["used"]
    with every_world.desk.look(NOBODY) as uow, pytest.raises(LinkClosed):
        profile_links.opened(uow, code)
    (row,) = every_world.desk.sql("SELECT booking_id FROM profile_link")
    assert row[0] == first


def test_what_is_rolled_back_uses_no_link_up(world: World) -> None:
    profile = world.profile()
    draft = begun(world, profile, make(world, profile), 9)
    with pytest.raises(ZeroDivisionError), world.desk.begin(world.guest) as uow:
        single_use.consume(uow, draft)
        raise ZeroDivisionError
    assert states(world, profile) == ["unused"]


def test_a_draft_without_a_link_is_none_of_this(world: World) -> None:
    profile = world.profile()
    make(world, profile)
    public_id = world.hold(profile, at(9))
    with world.desk.begin(world.guest) as uow:
        single_use.consume(uow, holds.draft(uow, public_id).id)
    assert states(world, profile) == ["unused"]


def test_a_link_that_expires_or_is_taken_back_opens_nothing(world: World) -> None:
    profile = world.profile()
    expiring, taken = make(world, profile, days=2), make(world, profile)
    draft = begun(world, profile, taken, 9)
    held = begun(world, profile, expiring, 11)
    with world.desk.begin(world.owner) as uow:
        link = profile_links.listed(uow, profile).links[0]
        assert profile_links.revoke(uow, uuid_of(world, profile), [link.uuid]) == 1
    world.desk.clock.forward(days=2)
    for code, word in ((expiring, "expired"), (taken, "taken back")):
        with world.desk.look(NOBODY) as uow, pytest.raises(LinkClosed, match=word):
            profile_links.opened(uow, code)
    with pytest.raises(LinkClosed, match="taken back"):
        consume(world, draft)
    consume(world, held)  # what was held before it expired is honoured


def test_a_used_link_cannot_be_taken_back_and_none_of_others_can(world: World) -> None:
    profile = world.profile()
    consume(world, begun(world, profile, make(world, profile), 9))
    other = world.profile(slug="other")
    make(world, other)
    with world.desk.look(world.owner) as uow:
        used = profile_links.listed(uow, profile).links[0].uuid
        foreign = profile_links.listed(uow, other).links[0].uuid
    for link, refusal in ((used, Conflict), (foreign, NotFound), (UUID(int=7), NotFound)):
        with pytest.raises(refusal), world.desk.begin(world.owner) as uow:
            profile_links.revoke(uow, uuid_of(world, profile), [link])
    assert (states(world, profile), states(world, other)) == (["used"], ["unused"])


def test_codes_are_unguessable_and_not_in_the_table(world: World) -> None:
    profile = world.profile()
    code = make(world, profile)
    (row,) = world.desk.sql("SELECT public_id FROM profile_link")
    assert len(code) == 26
    assert code.startswith(str(row[0]))
    for wrong in (
        str(row[0]),
        code[:-1] + ("a" if code[-1] != "a" else "b"),
        code[::-1],
        "",
        "é" * 26,
    ):
        with world.desk.look(NOBODY) as uow, pytest.raises(NotFound):
            profile_links.opened(uow, wrong)


def test_a_deleted_profiles_links_are_gone(world: World) -> None:
    profile = world.profile()
    code = make(world, profile)
    with world.desk.begin(world.owner) as uow:
        profiles.delete(uow, profile)
    with world.desk.look(NOBODY) as uow, pytest.raises(Gone):
        profile_links.opened(uow, code)


@pytest.mark.parametrize(("count", "days"), [(0, None), (51, None), (1, 0), (1, 366)])
def test_how_many_and_how_long_has_bounds(world: World, count: int, days: int | None) -> None:
    uuid = uuid_of(world, world.profile())
    with pytest.raises(Invalid), world.desk.begin(world.owner) as uow:
        profile_links.make(uow, uuid, count=count, days=days)
    assert world.desk.sql("SELECT count(*) FROM profile_link")[0][0] == 0


# -------------------------------------------------------------------------------- on the pages


def test_links_are_made_listed_and_taken_back_in_the_console(
    office: World, ada: FlaskClient
) -> None:
    path = f"/console/profiles/{uuid_of(office, office.profile())}/links"
    assert "No links yet" in ada.get(path).text
    assert post(ada, path, count="3", days="7", note="For <b>Otto</b>").status_code == 303
    page = ada.get(path).text
    assert len(re.findall(r'value="[^"]*/d/[0-9A-Za-z]{26}/intro"', page)) == 3
    assert "For &lt;b&gt;Otto&lt;/b&gt;" in page
    picked = re.findall(r'name="link" value="([^"]+)"', page)[:2]
    assert post(ada, f"{path}/revocation", link=picked).status_code == 303
    page = ada.get(path).text
    assert page.count(">Taken back<") == 2
    refused = post(ada, path, count="many", note="kept")
    assert refused.status_code == 422
    assert 'value="kept"' in refused.text
    assert post(ada, f"{path}/revocation", link="nonsense").status_code == 404


def test_a_visitor_books_through_a_link_and_finds_it_used(
    office: World, client: FlaskClient, ada: FlaskClient
) -> None:
    profile = office.profile(secret=True)
    path = f"/d/{make(office, profile)}/intro"
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert f'action="{path}/hold"' in page.text
    answer = client.post(f"{path}/hold", data={"start": "2026-11-24T09:00Z", "l": "30"})
    assert answer.status_code == 303
    with office.desk.begin(office.guest) as uow:
        draft = holds.draft(uow, answer.location.rpartition("/")[2].partition("?")[0])
        single_use.consume(uow, draft.id)
        draft.name, draft.reference = "Grace", 1001
    gone = client.get(path)
    assert gone.status_code == 410
    assert "This link has been used already" in gone.text
    assert client.post(f"{path}/hold", data={"start": "2026-11-24T10:00Z"}).status_code == 410
    listed = ada.get(f"/console/profiles/{uuid_of(office, profile)}/links").text
    assert "Grace" in listed
    assert ">Used<" in listed


def test_changing_the_time_keeps_the_link_with_the_new_draft(
    office: World, client: FlaskClient
) -> None:
    path = f"/d/{make(office, office.profile())}/intro"
    first = client.post(f"{path}/hold", data={"start": "2026-11-24T09:00Z"}).location
    draft = first.rpartition("/")[2].partition("?")[0]
    second = client.post("/harbour/intro/hold", data={"start": "2026-11-24T11:00Z", "b": draft})
    assert second.status_code == 303
    assert office.desk.sql("SELECT count(*) FROM profile_link_draft")[0][0] == 2


def test_a_taken_time_behind_a_link_offers_others_behind_the_same_link(
    office: World, client: FlaskClient
) -> None:
    profile = office.profile()
    path = f"/d/{make(office, profile)}/intro"
    office.book(profile, at(9))
    answer = client.post(f"{path}/hold", data={"start": "2026-11-24T09:00Z"})
    assert answer.status_code == 409
    assert f'action="{path}/hold"' in answer.text
    assert client.get(f"{path}/hold").status_code == 303
    part = client.get(f"{path}?v=list", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="times"')


def test_links_of_another_organization_lead_there_and_are_not_ours_to_change(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    other = build_world(office.desk, "quayside")
    profile = other.profile(name="Elsewhere")
    assert "Elsewhere" in client.get(f"/d/{make(other, profile)}/intro").text
    own = f"/console/profiles/{uuid_of(office, office.profile())}/links"
    (row,) = office.desk.sql("SELECT uuid FROM profile_link")
    assert post(ada, f"{own}/revocation", link=str(UUID(str(row[0])))).status_code == 404
    assert states(other, profile) == ["unused"]
    assert office.desk.sql("SELECT count(*) FROM booking")[0][0] == 0
