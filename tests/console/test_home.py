"""Home: requests decided at once, what is wrong, and first steps that tick by what happened."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.services.test_feeds import DENTIST, calendar
from tests.services.test_feeds import link as link_file
from tests.world import World, at
from webapp.domain.permissions import Caller, Role
from webapp.domain.workhours import WorkHours
from webapp.models import ActivityWorker, Job, Message, MessageState
from webapp.services import accounts, alerts, behalf, feeds, onboarding, schedules
from webapp.services.holds import Details
from webapp.services.onboarding import Step

HOME = "/console/"


def beat(world: World) -> None:
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.execute(sa.delete(ActivityWorker))
        uow.session.add(ActivityWorker(name="worker", beat_at=uow.now))


def steps(world: World, name: str = "ada") -> dict[str, str]:
    role = Role.OWNER if name == "ada" else Role.MEMBER
    with world.desk.look(Caller(world.organization_id, role, world.hosts[name])) as uow:
        return {
            item.step.value: "done" if item.is_done else "skipped" if item.is_skipped else "open"
            for item in onboarding.checklist(uow)
        }


def test_a_request_is_decided_on_home(ada: FlaskClient, office: World) -> None:
    profile = office.profile(needs_approval=True)
    yes, no = office.book(profile, at(8)), office.book(profile, at(10), "Linus")
    page = ada.get(HOME).text
    assert "kept until Tue 24 Nov 2026, 09:00" in page
    for uuid, path in ((yes, "approval"), (no, "refusal")):
        url = f"/console/bookings/{uuid}/{path}"
        done = ada.post(url, data={"back": "home"}, headers=SAME)
        assert done.status_code == 303
        assert done.location.startswith("/console/?done=")
    page = ada.get(done.location).text
    assert "The request is declined." in page
    assert "wait for a decision" not in page
    rows = office.desk.sql("SELECT status FROM booking ORDER BY id")
    assert [row[0] for row in rows] == ["confirmed", "declined"]


# ---------------------------------------------------------------------------------- what is wrong


def test_a_silent_worker_is_told_until_it_is_heard_again(ada: FlaskClient, office: World) -> None:
    assert "has never been heard of" in ada.get(HOME).text
    beat(office)
    assert "the worker" not in ada.get(HOME).text
    office.desk.clock.forward(minutes=2)
    assert "has not been heard of since Mon 23 Nov 2026, 07:00" in ada.get(HOME).text


def test_a_mail_given_up_is_told_until_one_gets_through(ada: FlaskClient, office: World) -> None:
    uuid = office.book(office.profile(), at(8))
    beat(office)
    assert "could not be delivered" not in ada.get(HOME).text
    with office.desk.begin(office.owner) as uow:
        mail = uow.session.scalars(sa.select(Message).where(Message.audience == "invitee")).one()
        mail.state = MessageState.FAILED
    page = ada.get(HOME).text
    assert "A mail to grace@example.org could not be delivered" in page
    assert f"/console/bookings/{uuid}" in page
    ada.post(f"/console/bookings/{uuid}/mail", headers=SAME)
    assert "could not be delivered" in ada.get(HOME).text
    with office.desk.begin(office.owner) as uow:
        newest = uow.session.scalars(sa.select(Message).order_by(Message.id.desc())).first()
        assert newest is not None
        newest.state = MessageState.SENT
    assert "could not be delivered" not in ada.get(HOME).text


def test_mails_that_wait_for_long_are_counted_for_ones_own_organization(world: World) -> None:
    world.book(world.profile(), at(8))
    with world.desk.begin(world.owner) as uow:
        other = Job(
            kind="send-message", organization_id=None, run_at=uow.now, created_at=at(0, day=1)
        )
        uow.session.add(other)
    for minutes, late in ((14, 0), (1, 2)):
        world.desk.clock.forward(minutes=minutes)
        with world.desk.look(world.owner) as uow:
            assert alerts.current(uow, world.hosts["ada"]).late_mails == late


# ------------------------------------------------------------------------------------ first steps


def test_each_step_ticks_by_what_really_happened(world: World) -> None:
    assert set(steps(world).values()) == {"open"}
    with world.desk.begin(world.owner) as uow:
        schedule = schedules.of_host(uow, world.hosts["bela"])[0]
        schedules.change(uow, schedule.id, WorkHours.from_document(schedule.hours))
    assert steps(world)["hours"] == "open"  # that was somebody else's schedule
    bela = Caller(world.organization_id, Role.ADMIN, world.hosts["bela"])
    with world.desk.begin(bela) as uow:
        schedule = schedules.of_host(uow, world.hosts["ada"])[0]
        schedules.change(uow, schedule.id, WorkHours.from_document(schedule.hours))
    assert steps(world)["hours"] == "open"  # and that was somebody else's doing
    with world.desk.begin(world.owner) as uow:
        schedule = schedules.of_host(uow, world.hosts["ada"])[0]
        schedules.change(uow, schedule.id, WorkHours.from_document(schedule.hours))
        laid_out = feeds.lay_out(
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n",
            zone="Europe/Berlin",
            window=feeds.window_of(uow.now),
            owner_emails=(),
        )
        feeds.link_file(uow, world.hosts["ada"], name="", file_name="a.ics", laid_out=laid_out)
        assert len(accounts.calendars_of(uow, world.hosts["ada"])) == 2
    assert steps(world) == {
        "zone": "open", "hours": "done", "calendar": "done", "profile": "open", "booking": "open",
    }  # fmt: skip
    profile = world.profile()
    with world.desk.begin(world.owner) as uow:
        onboarding.confirm_zone(uow)
        details = Details("Grace", "grace@example.org")
        behalf.book(uow, profile, at(8), details, duration_minutes=30)
    assert steps(world)["profile"] == steps(world)["zone"] == "done"
    assert steps(world)["booking"] == "open"  # a booking by ourselves shows nothing
    world.book(profile, at(10), "Otto")
    assert steps(world) == {}  # everything is done, so nothing is shown


def test_steps_are_skipped_and_taken_up_by_each_person_alone(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    ada = sign_in("ada")
    assert steps(office, "bela") == {"zone": "open", "hours": "open", "calendar": "open"}
    assert ada.post("/console/first-steps/calendar/skip", headers=SAME).status_code == 303
    assert steps(office)["calendar"] == "skipped"
    assert steps(office, "bela")["calendar"] == "open"
    page = ada.get(HOME).text
    assert "Skipped" in page
    assert "0 of 5 done" in page
    ada.post("/console/first-steps/calendar/take-up", headers=SAME)
    assert steps(office)["calendar"] == "open"
    ada.post("/console/first-steps/zone", headers=SAME)
    assert ada.post("/console/first-steps/zone/skip", headers=SAME).status_code == 303
    assert steps(office)["zone"] == "done"
    assert ada.post("/console/first-steps/nothing/skip", headers=SAME).status_code == 404
    for step in Step:
        ada.post(f"/console/first-steps/{step.value}/skip", headers=SAME)
    assert steps(office) == {}
    assert "First steps" not in ada.get(HOME).text


def test_steps_lead_only_to_pages_that_exist(ada: FlaskClient) -> None:
    import re

    page = ada.get(HOME).text
    section = page.partition('class="sheet first-steps"')[2].partition("</section>")[0]
    links = re.findall(r'href="([^"]+)"', section)
    assert links
    for link in links:
        assert ada.get(link).status_code == 200


def test_an_event_that_came_to_lie_over_a_booking_is_told_with_a_way_to_it(
    ada: FlaskClient, office: World
) -> None:
    uuid = office.book(office.profile(), at(8), "Grace")
    link_file(office, calendar(DENTIST))
    page = ada.get(HOME).text
    assert "“Dentist” lies over the booking of Grace" in page
    assert f"/console/bookings/{uuid}" in page
