"""Profiles in the console: the list, what is done from it, and new ones from templates."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import SAME
from tests.console.profiles_typing import typed
from tests.world import Clock, World, at, build_world
from webapp.models import BookingProfile
from webapp.services import offers, profiles


def uuid_of(world: World, profile_id: int) -> UUID:
    with world.desk.look(world.owner) as uow:
        return uow.session.get_one(BookingProfile, profile_id).uuid


def post(browser: FlaskClient, path: str, **data: object) -> TestResponse:
    return browser.post(path, data=data, headers=SAME)


def slugs(world: World) -> list[str]:
    with world.desk.look(world.owner) as uow:
        return [each.slug for each in profiles.all_profiles(uow)]


def test_the_list_names_link_state_hosts_length_next_time_and_the_last_thirty_days(
    office: World, sign_in: Callable[[str], FlaskClient], clock: Clock
) -> None:
    intro = office.profile(durations=(15, 30))
    office.profile("ada", "bela", slug="team", name="Team <i>call</i>", position=1, paused=True)
    office.book(intro, at(9, day=23))
    clock.forward(days=1)
    page = sign_in("ada").get("/console/profiles").text
    assert '/harbour/intro" readonly' in page
    assert "Ada Berg" in page
    assert "Any of 2 people" in page
    assert "15 minutes or 30 minutes" in page
    assert "1 booking<" in page
    assert "Tue 24 Nov 2026, 09:00" in page
    assert page.count(">Active<") == 1
    assert page.count(">Paused<") == 1
    assert "Team &lt;i&gt;call&lt;/i&gt;" in page


def test_without_profiles_the_list_offers_the_templates(office: World, ada: FlaskClient) -> None:
    del office
    page = ada.get("/console/profiles").text
    assert "What can people book with you?" in page
    assert page.count("/console/profiles/new?from=") == 5


def test_long_lists_come_in_pages(office: World, ada: FlaskClient) -> None:
    for number in range(22):
        office.profile(slug=f"p{number}", name=f"Number {number}", position=number, paused=True)
    first = ada.get("/console/profiles").text
    assert "Number 19<" in first
    assert "Number 20<" not in first
    address = first.split('href="/console/profiles?after=')[1].split('"')[0]
    second = ada.get(f"/console/profiles?after={address}").text
    assert "Number 20<" in second
    assert "Number 19<" not in second
    assert ada.get("/console/profiles?after=%00nonsense").status_code == 200


def test_each_template_can_be_saved_as_it_is_and_its_page_offers_times(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    hosts = {"one": 1, "any": 3, "everyone": 3, "groups": 3, "seats": 1}
    for start, count in hosts.items():
        page = ada.get(f"/console/profiles/new?from={start}").text
        saved = post(ada, "/console/profiles/new", **typed(page))
        assert saved.status_code == 303, saved.text
        assert "The profile is made" in ada.get(saved.location).text
        with office.desk.look(office.owner) as uow:
            card = offers.profile_page(uow, slugs(office)[-1])
        assert card.capacity == (8 if start == "seats" else 1)
        assert len(card.host_names) == count, start
        assert "Soonest" in client.get(f"/harbour/{card.slug}").text


def test_a_second_profile_from_one_template_gets_a_free_address(
    office: World, ada: FlaskClient
) -> None:
    for _ in range(2):
        page = ada.get("/console/profiles/new?from=one").text
        assert post(ada, "/console/profiles/new", **typed(page)).status_code == 303
    assert slugs(office) == ["meeting", "meeting-2"]


def test_pausing_and_resuming_show_on_the_public_page_at_once(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    uuid = uuid_of(office, office.profile())
    assert post(ada, f"/console/profiles/{uuid}/pause").status_code == 303
    assert "No bookings at the moment" in client.get("/harbour/intro").text
    assert post(ada, f"/console/profiles/{uuid}/resumption").status_code == 303
    assert "Soonest" in client.get("/harbour/intro").text


def test_a_copy_is_paused_and_has_everything_but_name_and_address(
    office: World, ada: FlaskClient
) -> None:
    group = office.group("bela", "chris")
    asked = {"name": "company", "label": "Company", "type": "text", "required": False}
    original = office.profile(
        "ada", groups=(group,), seats=3, questions=(asked,), limit_per_day=2, notice_minutes=60
    )
    answer = post(ada, f"/console/profiles/{uuid_of(office, original)}/copies")
    assert answer.status_code == 303
    with office.desk.look(office.owner) as uow:
        first, second = profiles.all_profiles(uow)
        one, two = profiles.draft_of(uow, first), profiles.draft_of(uow, second)
    assert (two.slug, two.name, two.paused) == ("intro-2", "Copy of Intro call", True)
    same = [n for n in one.__dataclass_fields__ if getattr(one, n) == getattr(two, n)]
    assert set(one.__dataclass_fields__) - set(same) == {"slug", "name", "paused", "position"}


def test_moving_changes_the_order_of_list_and_public_page(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    ids = [office.profile(slug=slug, name=slug.title()) for slug in ("one", "two", "three")]
    third = uuid_of(office, ids[2])
    assert post(ada, f"/console/profiles/{third}/position", to="up").status_code == 303
    assert slugs(office) == ["one", "three", "two"]
    post(ada, f"/console/profiles/{third}/position", to="up")
    post(ada, f"/console/profiles/{third}/position", to="up")
    assert slugs(office) == ["three", "one", "two"]
    public = client.get("/harbour").text
    assert public.index("Three") < public.index("One") < public.index("Two")


def test_deleting_says_what_happens_and_leaves_bookings_and_a_410(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    profile = office.profile()
    booking = office.book(profile, at(9))
    path = f"/console/profiles/{uuid_of(office, profile)}/deletion"
    assert "1 upcoming booking stays" in ada.get(path).text
    assert client.get("/harbour/intro").status_code == 200
    assert post(ada, path).status_code == 303
    assert client.get("/harbour/intro").status_code == 410
    assert ada.get(f"/console/bookings/{booking}").status_code == 200
    assert post(ada, path).status_code == 404


def test_a_secret_address_is_unguessable_and_the_old_one_leads_nowhere(
    office: World, ada: FlaskClient, client: FlaskClient
) -> None:
    uuid = uuid_of(office, office.profile(secret=True))
    assert post(ada, f"/console/profiles/{uuid}/address").status_code == 303
    (slug,) = slugs(office)
    assert len(slug) == 22
    assert client.get("/harbour/intro").status_code == 404
    assert client.get(f"/harbour/{slug}").status_code == 200
    assert slug not in client.get("/harbour?all").text


WRITES = ("pause", "resumption", "copies", "position", "deletion", "address", "links", "")


def test_members_see_the_list_and_may_change_nothing(
    office: World, sign_in: Callable[[str], FlaskClient]
) -> None:
    uuid = uuid_of(office, office.profile())
    bela = sign_in("bela")
    page = bela.get("/console/profiles").text
    assert "Intro call" in page
    assert "/deletion" not in page
    before = office.desk.sql("SELECT * FROM booking_profile")
    for path in ("new", "new?from=one", f"{uuid}", f"{uuid}/deletion", f"{uuid}/links"):
        assert bela.get(f"/console/profiles/{path}").status_code == 403, path
    for word in (*WRITES, "preview", "links/revocation"):
        path = f"/console/profiles/{uuid}/{word}".rstrip("/")
        assert post(bela, path, count="1").status_code == 403, word
    for path in ("new", "new/preview"):
        assert post(bela, f"/console/profiles/{path}").status_code == 403, path
    assert office.desk.sql("SELECT * FROM booking_profile") == before


def test_another_organizations_profile_looks_like_none_and_stays_as_it_is(
    office: World, ada: FlaskClient
) -> None:
    other = build_world(office.desk, "quayside")
    uuid = uuid_of(other, other.profile())
    group = other.group("ada")
    xid = other.desk.sql("SELECT xid FROM host_group WHERE id = :id", id=group)[0][0]
    before = office.desk.sql("SELECT * FROM booking_profile")
    for path in (
        f"{uuid}",
        f"{uuid}/deletion",
        f"{uuid}/links",
        f"groups/{UUID(str(xid))}/deletion",
    ):
        assert ada.get(f"/console/profiles/{path}").status_code == 404, path
    for word in (*WRITES, "preview", "links/revocation"):
        path = f"/console/profiles/{uuid}/{word}".rstrip("/")
        assert post(ada, path, count="1").status_code == 404, word
    assert post(ada, f"/console/profiles/{uuid4()}/pause").status_code == 404
    assert office.desk.sql("SELECT * FROM booking_profile") == before


def test_a_group_is_deleted_only_when_it_serves_no_profile(office: World, ada: FlaskClient) -> None:
    group = office.group("ada", "bela")
    profile = office.profile(groups=(group,))
    (row,) = office.desk.sql("SELECT xid FROM host_group WHERE id = :id", id=group)
    path = f"/console/profiles/groups/{UUID(str(row[0]))}/deletion"
    assert "serves" in ada.get(path).text
    assert post(ada, path).status_code == 409
    post(ada, f"/console/profiles/{uuid_of(office, profile)}/deletion")
    assert post(ada, path).status_code == 303
    assert office.desk.sql("SELECT count(*) FROM host_group")[0][0] == 0
