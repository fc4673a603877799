"""Booking for somebody: the public page's rules, in one step, nothing left behind when refused."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.models import Schedule

NEW = "/console/bookings/new"


def form_of(profile: int | str, **more: str) -> dict[str, str]:
    return {
        "profile": str(profile),
        "length": "30",
        "start": "2026-11-24T08:00Z",
        "name": "Grace",
        "email": "grace@example.org",
        "zone": "Europe/Paris",
        "key": "k",
    } | more


def test_somebody_is_booked_as_if_they_had_done_it_themselves(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(description="About {{topic}}")
    assert "Intro call" in ada.get(NEW).text
    times = ada.get(f"{NEW}?profile={profile}").text
    assert "start=2026-11-24T08:00Z" in times.replace("%3A", ":")
    form = ada.get(f"{NEW}?profile={profile}&start=2026-11-24T08:00Z").text
    assert "Tuesday 24 November 2026, 09:00" in form
    assert "Topic" in form
    for _ in range(2):  # sent twice
        done = ada.post(NEW, data=form_of(profile, q0="Tea"), headers=SAME)
        assert done.status_code == 303
    page = ada.get(done.location).text
    assert "It is booked." in page
    assert "Tea" in page
    assert "by <bdi>Ada Berg" in page
    rows = office.desk.sql("SELECT status, name, zone FROM booking")
    assert [tuple(row) for row in rows] == [("confirmed", "Grace", "Europe/Paris")]
    mails = office.desk.sql("SELECT audience, template FROM message ORDER BY id")
    assert [tuple(row) for row in mails] == [("invitee", "booked"), ("host", "booked")]


def test_what_is_wrong_stands_at_its_field_and_no_time_stays_held(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(description="About {{topic}}")
    wrong = form_of(profile, name="<i>Grace</i>", email="nowhere", q0="", zone="Atlantis")
    answer = ada.post(NEW, data=wrong, headers=SAME)
    assert answer.status_code == 422
    assert "&lt;i&gt;Grace" in answer.text
    fixed = ada.post(NEW, data=wrong | {"zone": "Europe/Paris"}, headers=SAME)
    assert fixed.status_code == 422
    assert "Enter an e-mail address" in fixed.text
    assert 'id="email-error"' in fixed.text
    assert 'id="q0-error"' in fixed.text
    assert office.desk.sql("SELECT count(*) FROM booking")[0][0] == 0
    assert office.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 0


def test_a_lost_time_keeps_what_was_typed_and_offers_others(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile()
    office.book(profile, at(8), "Otto")
    gone = ada.get(f"{NEW}?profile={profile}&start=2026-11-24T08:00Z")
    assert gone.status_code == 409
    lost = ada.post(NEW, data=form_of(profile), headers=SAME)
    assert lost.status_code == 409
    assert 'value="Grace"' in lost.text
    assert 'name="start" value="2026-11-24T08:30Z"' in lost.text
    other = ada.post(NEW, data=form_of(profile, start="2026-11-24T08:30Z"), headers=SAME)
    assert other.status_code == 303


def test_a_second_booking_on_a_day_is_asked_about(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    office.book(profile, at(10))
    asked = ada.post(NEW, data=form_of(profile), headers=SAME)
    assert asked.status_code == 409
    assert "Book a second one" in asked.text
    assert ada.post(NEW, data=form_of(profile, second_ok="y"), headers=SAME).status_code == 303


def test_only_what_can_be_booked_here_is_found(ada: FlaskClient, office: World) -> None:
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.profile()
    for profile in (str(theirs), "999", "x", "9" * 30):
        assert ada.get(NEW, query_string={"profile": profile}).status_code == 404
        assert ada.post(NEW, data=form_of(profile), headers=SAME).status_code == 404
    assert ada.post(NEW, data=form_of(""), headers=SAME).status_code == 404
    own = office.profile(paused=True)
    assert "paused" in ada.get(f"{NEW}?profile={own}").text
    refused = ada.post(NEW, data=form_of(own), headers=SAME)
    assert refused.status_code == 409
    start = ada.post(NEW, data=form_of(own, start="soon"), headers=SAME)
    assert start.status_code == 422
    assert office.desk.sql("SELECT count(*) FROM booking")[0][0] == 0


def test_a_week_without_free_times_leads_to_the_next_one(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    with office.desk.begin(office.owner) as uow:
        schedule = uow.session.query(Schedule).filter_by(host_id=office.hosts["ada"]).one()
        schedule.hours = {
            "zone": "Europe/Berlin",
            "weekly": {},
            "overrides": {"2026-12-09": [["09:00", "10:00"]]},
        }
    page = ada.get(f"{NEW}?profile={profile}").text
    assert "Nothing is free in these days." in page
    assert "d=2026-12-09" in page
    assert "Earlier" not in page
    assert "Earlier" in ada.get(f"{NEW}?profile={profile}&d=2026-12-09").text
