"""The pages of the console: whose bookings they show, what can be done, what never crosses over."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.models import Actor
from webapp.services import bookings, holds
from webapp.services.holds import Details


def test_home_shows_todays_bookings_in_order_and_what_comes_next(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(notice_minutes=0)
    for hour, day, name in ((13, 23, "Later"), (9, 23, "Sooner"), (9, 25, "Another day")):
        office.book(profile, at(hour, day=day), name=name.split()[0])
    page = ada.get("/console/").text
    assert "2 bookings today" in page
    assert page.index("Sooner") < page.index("Later") < page.index("Another")
    assert "10:00" in page  # Berlin, an hour ahead of UTC


def test_home_shows_ones_own_unless_everybody_is_asked_for(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    office.book(office.profile("bela", notice_minutes=0), at(9, day=23), name="Grace")
    assert "Grace" not in sign_in("ada").get("/console/").text
    assert "Grace" in sign_in("ada").get("/console/?who=all").text
    assert "Grace" in sign_in("bela").get("/console/").text


def test_a_late_evening_abroad_belongs_to_the_readers_own_day(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    hours = {"zone": "Europe/Berlin", "weekly": {"tue": [["00:00", "02:00"]]}, "overrides": {}}
    from webapp.domain.workhours import WorkHours

    profile = office.profile(hours=WorkHours.from_document(hours), notice_minutes=0)
    office.book(profile, at(23, day=23), name="Midnight")
    page = sign_in("ada").get("/console/").text
    assert "Nothing is booked today" in page  # 23:00 UTC is already Tuesday in Berlin
    office.desk.clock.now = at(6, day=24)
    assert "1 booking today" in sign_in("ada").get("/console/").text


def test_a_booking_page_tells_everything_and_escapes_what_people_wrote(
    ada: FlaskClient, office: World
) -> None:
    draft = office.hold(office.profile(), at(8))
    with office.desk.begin(office.guest) as uow:
        details = Details("<script>alert(1)</script>", "grace@example.org")
        uuid = holds.confirm(uow, draft, details).uuid
    page = ada.get(f"/console/bookings/{uuid}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "Tuesday 24 November 2026, 09:00–09:30" in page
    assert "Booked" in page
    assert "Cancel booking" in page


def test_a_host_cancels_with_a_reason_and_the_time_is_free_again(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8))
    form = ada.get(f"/console/bookings/{uuid}/cancellation").text
    assert "Keep it" in form
    done = ada.post(
        f"/console/bookings/{uuid}/cancellation",
        data={"reason": "The boiler burst", "key": "k1"},
        headers=SAME,
    )
    assert done.status_code == 303
    page = ada.get(done.location).text
    assert "The boiler burst" in page
    assert "The booking is cancelled." in page
    assert office.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 0
    assert office.desk.sql("SELECT cancelled_by FROM booking")[0][0] == "host"


def test_cancelling_twice_by_one_key_is_cancelling_once(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    for _ in range(2):
        answer = ada.post(
            f"/console/bookings/{uuid}/cancellation", data={"key": "k1"}, headers=SAME
        )
        assert answer.status_code == 303
    assert office.desk.sql("SELECT sequence FROM booking")[0][0] == 1


def test_cancelling_what_is_cancelled_shows_how_it_stands(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    with office.desk.begin(office.guest) as uow:
        from uuid import UUID

        bookings.cancel(uow, UUID(uuid), by=Actor.INVITEE)
    answer = ada.post(f"/console/bookings/{uuid}/cancellation", headers=SAME)
    assert answer.status_code == 409
    assert "already cancelled" in answer.text
    assert "can no longer" in ada.get(f"/console/bookings/{uuid}/cancellation").text


def test_a_reason_that_is_too_long_is_kept_and_asked_for_again(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8))
    answer = ada.post(
        f"/console/bookings/{uuid}/cancellation", data={"reason": "x" * 1001}, headers=SAME
    )
    assert answer.status_code == 422
    assert "x" * 1001 in answer.text
    assert office.desk.sql("SELECT status FROM booking")[0][0] == "confirmed"


def test_a_request_is_decided_on_its_page(ada: FlaskClient, office: World) -> None:
    profile = office.profile(needs_approval=True)
    yes, no = office.book(profile, at(8)), office.book(profile, at(10), name="Linus")
    assert "2 requests wait" in ada.get("/console/").text
    assert "asks for this time" in ada.get(f"/console/bookings/{yes}").text
    assert ada.post(f"/console/bookings/{yes}/approval", headers=SAME).status_code == 303
    assert ada.post(f"/console/bookings/{no}/refusal", headers=SAME).status_code == 303
    assert ada.post(f"/console/bookings/{no}/approval", headers=SAME).status_code == 409
    statuses = {row[0] for row in office.desk.sql("SELECT status FROM booking")}
    assert statuses == {"confirmed", "declined"}


def test_the_lists_hold_what_their_names_say(ada: FlaskClient, office: World) -> None:
    profile = office.profile(notice_minutes=0)
    office.book(profile, at(8, day=23), name="Gone")
    office.book(profile, at(12, day=24), name="Coming")
    away = office.book(profile, at(14, day=24), name="Dropped")
    ada.post(f"/console/bookings/{away}/cancellation", headers=SAME)
    office.desk.clock.forward(hours=5)
    seen = {
        which: {
            name
            for name in ("Gone", "Coming", "Dropped")
            if name in ada.get(f"/console/bookings?list={which}").text
        }
        for which in ("upcoming", "waiting", "past", "cancelled", "nonsense")
    }
    assert seen == {
        "upcoming": {"Coming"},
        "waiting": set(),
        "past": {"Gone"},
        "cancelled": {"Dropped"},
        "nonsense": {"Coming"},
    }


def test_long_lists_come_in_pages_that_leave_nothing_out(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.services import agenda
    from webapp.services.agenda import Which

    profile = office.profile(seats=7, notice_minutes=0)
    for name in "abcdefg":
        office.book(profile, at(8), name=name * 3)
    for hour in (10, 11):
        office.book(profile, at(hour), name="zzz")
    found, after = [], None
    with office.desk.look(office.owner) as uow:
        for _ in range(10):
            page = agenda.listed(uow, Which.UPCOMING, after=after, most=2)
            found += [entry.uuid for entry in page.entries]
            after = page.after
            if after is None:
                break
    assert len(found) == len(set(found)) == 9


@pytest.mark.parametrize("after", ["x", "AAAA", "ü", "OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ", "a" * 500])
def test_a_made_up_page_of_a_list_is_answered(ada: FlaskClient, after: str) -> None:
    assert ada.get("/console/bookings", query_string={"after": after}).status_code in (200, 422)


def test_another_organizations_booking_does_not_exist_here(ada: FlaskClient, office: World) -> None:
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.book(other.profile(), at(8), name="Secret")
    nobodys = uuid4()
    answers = []
    for uuid in (theirs, nobodys):
        base = f"/console/bookings/{uuid}"
        for answer in (
            ada.get(base),
            ada.get(f"{base}/cancellation"),
            ada.post(f"{base}/cancellation", headers=SAME),
            ada.post(f"{base}/approval", headers=SAME),
        ):
            assert answer.status_code == 404
            answers.append(answer.text)
    assert len(set(answers)) == 1
    assert "Secret" not in ada.get("/console/?who=all").text
    assert other.desk.sql("SELECT status FROM booking")[0][0] == "confirmed"


def test_an_unknown_address_of_the_console_is_a_page_of_the_console(ada: FlaskClient) -> None:
    answer = ada.get("/console/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'aria-label="Console"' in answer.text


def test_a_fault_of_ours_names_a_reference_and_no_detail(
    ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.services import agenda

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the innermost secret")

    monkeypatch.setattr(agenda, "of_day", broken)
    logging_off = pytest.MonkeyPatch()
    answer = ada.get("/console/")
    logging_off.undo()
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "innermost" not in answer.text


def test_navigation_names_only_what_works(ada: FlaskClient) -> None:
    import re

    page = ada.get("/console/").text
    links = re.findall(r'<a href="([^"]+)"', page.partition("<nav")[2].partition("</nav>")[0])
    assert links
    for link in links:
        assert ada.get(link).status_code == 200


def test_htmx_gets_the_part_alone_and_a_browser_the_page(ada: FlaskClient) -> None:
    part = ada.get("/console/bookings", headers={"HX-Request": "true"}).text
    page = ada.get("/console/bookings").text
    assert part.lstrip().startswith('<div id="bookings"')
    assert part.strip() in page
