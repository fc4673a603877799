"""Schedules as a whole, time away and public holidays: whose they are and what they change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import SAME
from tests.world import Desk, World, at, build_world
from webapp.domain import public_holidays
from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.domain.permissions import Caller, Role
from webapp.domain.workhours import WorkHours
from webapp.jobs import holidays as holidays_job
from webapp.models import HostHolidays, ProfileHost, Schedule, TimeAway, User
from webapp.services import away, holidays_of, offers, orphans, schedules
from webapp.services.away import AwayDraft

HERE = "/console/availability"
EVENING = WorkHours("Europe/Berlin", ((),) * 2 + (((1080, 1260),),) + ((),) * 4)


def text_of(answer: TestResponse) -> str:
    return unescape(answer.text)


def host_uuid(world: World, name: str) -> str:
    with world.desk.look(world.owner) as uow:
        return str(uow.session.get_one(User, world.hosts[name]).uuid)


def evening(world: World) -> str:
    """Another schedule of Ada's; its path."""
    with world.desk.begin(world.owner) as uow:
        made = schedules.create(uow, world.hosts["ada"], "Late Wednesday", EVENING)
        return f"{HERE}/{made.uuid}"


def starts(world: World, profile: int, day: date) -> int:
    """How many times the page of the profile lists on a date."""
    from webapp.domain import zones
    from webapp.domain.span import Interval, from_minute

    low, high = zones.local_day_bounds(zones.zone("Europe/Berlin"), day)
    with world.desk.look(world.owner) as uow:
        card = offers.profile_by_id(uow, profile)
        return len(offers.offered(uow, card, Interval(from_minute(low), from_minute(high))).starts)


def test_each_schedule_is_said_in_words_with_the_profiles_it_counts_for(
    ada: FlaskClient, office: World
) -> None:
    office.profile()
    office.profile(slug="fixed", name="Fixed hours", hours=EVENING)
    evening(office)
    page = text_of(ada.get(HERE))
    first, second = page.split('class="sheet av-schedule"')[1:3]
    assert "Mon–Fri 09:00–17:00 Berlin" in first
    assert "Default" in first
    assert "Intro call" in first
    assert "Fixed hours</bdi> has hours of its own." in first
    assert "Wed 18:00–21:00 Berlin" in second
    assert "Counts for no profile yet." in second


def test_a_schedule_is_added_named_copied_made_the_default_and_deleted(
    ada: FlaskClient, office: World
) -> None:
    answer = ada.post(HERE, data={"name": "Summer <i>2027</i>"}, headers=SAME)
    assert answer.status_code == 303
    path = answer.location.partition("?")[0]
    assert "Summer &lt;i&gt;2027&lt;/i&gt;" in ada.get(answer.location).text
    assert ada.post(HERE, data={"name": "  "}, headers=SAME).status_code == 422
    assert ada.post(HERE, data={"name": "x" * 81}, headers=SAME).status_code == 422
    copied = ada.post(f"{path}/copies", headers=SAME).location.partition("?")[0]
    assert "(copy)" in ada.get(copied).text
    default = ada.post(f"{copied}/default", headers=SAME)
    assert "Profiles that name no schedule now use this one." in ada.get(default.location).text
    rows = office.desk.sql("SELECT name FROM schedule WHERE host_id = 1 AND is_default")
    assert [row[0] for row in rows] == ["Summer <i>2027</i> (copy)"]
    assert "Nothing uses it" in ada.get(f"{path}/removal").text
    assert ada.post(f"{path}/removal", headers=SAME).status_code == 303
    assert ada.get(path).status_code == 404


def test_a_schedule_in_use_and_the_default_are_not_deleted_and_the_reason_is_said(
    ada: FlaskClient, office: World
) -> None:
    profile, path = office.profile(), evening(office)
    with office.desk.begin(office.owner) as uow:
        late = uow.session.query(Schedule).filter_by(name="Late Wednesday").one()
        uow.session.query(ProfileHost).one().schedule_id = late.id
        default = uow.session.query(Schedule).filter_by(host_id=1, is_default=True).one().uuid
    assert "The schedule is in use: “Intro call”." in text_of(ada.get(f"{path}/removal"))
    assert ada.post(f"{path}/removal", headers=SAME).status_code == 409
    refused = ada.post(f"{HERE}/{default}/removal", headers=SAME)
    assert refused.status_code == 409
    assert "Make another one the default first" in text_of(refused)
    assert office.desk.sql("SELECT count(*) FROM schedule WHERE host_id = 1")[0][0] == 2
    with office.desk.begin(office.owner) as uow:
        from webapp.services import profiles

        profiles.delete(uow, profile)
    assert ada.post(f"{path}/removal", headers=SAME).status_code == 303, "its profile is gone"


def test_another_default_that_leaves_bookings_outside_needs_a_second_yes(
    ada: FlaskClient, office: World
) -> None:
    office.book(office.profile(notice_minutes=0), at(9), name="Grace")
    path = evening(office)
    asked = ada.post(f"{path}/default", headers=SAME)
    assert asked.status_code == 409
    assert "“<bdi>Late Wednesday</bdi>” would become the default" in text_of(asked)
    assert "1 booking falls outside" in asked.text
    assert "Grace" in asked.text
    mark = asked.text.split('name="accepted" value="')[1].split('"')[0]
    assert ada.post(f"{path}/default", data={"accepted": mark}, headers=SAME).status_code == 303
    assert office.desk.sql("SELECT count(*) FROM booking WHERE status='confirmed'")[0][0] == 1


# --------------------------------------------------------------------------------- time away


def test_time_away_in_whole_days_takes_them_from_the_page_and_gives_them_back(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(notice_minutes=0)
    office.book(profile, at(9, day=25), name="Grace")
    typed = {"start": "2026-11-24", "end": "2026-11-25", "label": "Conference <b>", "end_time": ""}
    asked = ada.post(f"{HERE}/away", data=typed, headers=SAME)
    assert asked.status_code == 409
    assert "Grace" in asked.text
    assert 'value="2026-11-25"' in asked.text
    assert starts(office, profile, date(2026, 11, 24)) == 16
    mark = asked.text.split('name="accepted" value="')[1].split('"')[0]
    done = ada.post(f"{HERE}/away", data=typed | {"accepted": mark}, headers=SAME)
    assert done.status_code == 303
    page = ada.get(done.location).text
    assert "Conference &lt;b&gt;" in page
    assert "Tuesday 24 November 2026 – Wednesday 25 November 2026" in page
    assert [starts(office, profile, date(2026, 11, day)) for day in (23, 24, 25, 26)] == [
        16,
        0,
        0,
        16,
    ]
    uuid = UUID(str(office.desk.sql("SELECT uuid FROM time_away")[0][0]))
    remove = f"{HERE}/away/{uuid}/removal"
    assert "Conference" in ada.get(remove).text
    assert ada.post(remove, headers=SAME).status_code == 303
    assert starts(office, profile, date(2026, 11, 24)) == 16


def test_time_away_with_times_is_exact_and_what_cannot_be_meant_is_refused(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(notice_minutes=0)
    exact = {"start": "2026-11-24", "start_time": "12:00", "end": "2026-11-24", "end_time": "15:00"}
    assert ada.post(f"{HERE}/away", data=exact, headers=SAME).status_code == 303
    assert starts(office, profile, date(2026, 11, 24)) == 10
    refused = (
        ({"start": ""}, "Choose a date."),
        ({"start": "<script>"}, "Choose a date."),
        ({"start": "2026-11-26", "end": "2026-11-25"}, "The last day is before the first."),
        ({"start": "2026-11-26", "end": "2028-11-25"}, "at most a year"),
        ({"start": "2020-11-26"}, "That is over already."),
        (
            {"start": "2026-11-26", "start_time": "15:00", "end_time": "14:00"},
            "not after the start",
        ),
        ({"start": "2026-11-26", "start_time": "soon"}, "Choose a time, like 09:00."),
        ({"start": "2027-03-28", "start_time": "02:30"}, "There is no 02:30 on 28 March 2027"),
        ({"start": "2026-11-26", "label": "x" * 121}, "at most 120 characters"),
    )
    for typed, said in refused:
        answer = ada.post(f"{HERE}/away", data=typed, headers=SAME)
        assert answer.status_code == 422, typed
        assert said in text_of(answer)
        assert "<script>" not in answer.text
    assert office.desk.sql("SELECT count(*) FROM time_away")[0][0] == 1


def test_time_away_over_a_night_when_clocks_go_back_ends_with_the_second_of_two(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    office.desk.clock.now = at(6, day=1, month=10)
    night = {"start": "2026-10-25", "start_time": "02:30", "end_time": "02:30"}
    assert sign_in("ada").post(f"{HERE}/away", data=night, headers=SAME).status_code == 303
    with office.desk.look(office.owner) as uow:
        row = uow.session.query(TimeAway).one()
        assert (row.start_at, row.end_at) == (
            at(0, 30, day=25, month=10),
            at(1, 30, day=25, month=10),
        )


# ---------------------------------------------------------------------------------- holidays


def test_the_holidays_of_a_region_close_their_days_and_one_can_be_worked(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(notice_minutes=0, horizon_days=365)
    epiphany, new_year = date(2027, 1, 6), date(2027, 1, 1)
    assert starts(office, profile, epiphany) == 16
    page = text_of(ada.get(f"{HERE}/holidays?country=DE&region=BY"))
    assert "Epiphany" in page
    assert "Wed 6 Jan 2027" in page
    kept = ada.post(f"{HERE}/holidays", data={"country": "DE", "region": "BY"}, headers=SAME)
    assert kept.status_code == 303
    assert "Germany, Bayern" in text_of(ada.get(kept.location))
    assert [starts(office, profile, day) for day in (new_year, epiphany)] == [0, 0]
    path = holidays_path(office)
    names = {each.name for each in public_holidays.coming("DE", "BY", *_year())}
    off = sorted(names - {"Epiphany"})
    assert ada.post(path, data={"off": off}, headers=SAME).status_code == 303
    assert [starts(office, profile, day) for day in (new_year, epiphany)] == [0, 16]
    again = ada.post(f"{HERE}/holidays", data={"country": "DE", "region": "BY"}, headers=SAME)
    assert again.status_code == 409
    assert "are kept already" in again.text
    for typed in ({"country": "XX"}, {"country": "DE", "region": "TX"}, {"country": "<b>"}, {}):
        assert ada.post(f"{HERE}/holidays", data=typed, headers=SAME).status_code == 422
    assert ada.get(f"{HERE}/holidays?country=XX").status_code == 422
    assert ada.post(f"{path}/removal", headers=SAME).status_code == 303
    assert starts(office, profile, new_year) == 16
    assert office.desk.sql("SELECT count(*) FROM time_away")[0][0] == 0


def holidays_path(office: World) -> str:
    """The page of the only country that is kept."""
    return f"{HERE}/holidays/{UUID(str(office.desk.sql('SELECT uuid FROM host_holidays')[0][0]))}"


def _year() -> tuple[date, date]:
    today = date(2026, 11, 23)
    return today, today + timedelta(days=365)


def test_a_booking_on_a_holiday_is_shown_before_it_is_kept(ada: FlaskClient, office: World) -> None:
    office.book(office.profile(notice_minutes=0), at(9, day=25, month=12), name="Grace")
    typed = {"country": "DE", "region": ""}
    asked = ada.post(f"{HERE}/holidays", data=typed, headers=SAME)
    assert asked.status_code == 409
    assert "Grace" in asked.text
    mark = asked.text.split('name="accepted" value="')[1].split('"')[0]
    data = typed | {"accepted": mark}
    assert ada.post(f"{HERE}/holidays", data=data, headers=SAME).status_code == 303
    path = holidays_path(office)
    assert ada.post(path, data={"off": []}, headers=SAME).status_code == 303, "none is off"
    names = [each.name for each in public_holidays.coming("DE", "", *_year())]
    asked = ada.post(path, data={"off": names}, headers=SAME)
    assert asked.status_code == 409
    assert "1 booking falls outside" in asked.text


def test_the_job_moves_holidays_on_and_keeps_what_was_decided_about_a_name(
    world: World, app: Flask
) -> None:
    ada, system = world.hosts["ada"], Caller(world.organization_id, Role.SYSTEM)
    with world.desk.begin(world.owner) as uow:
        row = holidays_of.keep(uow, ada, "DE", "BY")
        names = {each.name for each in holidays_of.card(uow, row.uuid).holidays}
        holidays_of.choose(uow, row.uuid, names - {"Epiphany"})
        number = row.id

    def due() -> list[tuple[int, int]]:
        with world.desk.look(Caller(None, Role.SYSTEM)) as uow:
            return holidays_of.due(uow)

    assert due() == []
    world.desk.clock.forward(days=200)
    assert due() == [(world.organization_id, number)]
    with app.app_context():
        unused: Any = None  # the handler looks at neither its ticket nor its tools
        holidays_job.renew_holidays(unused, unused)
    assert due() == []
    with world.desk.begin(system) as uow:
        assert holidays_of.renew(uow, number) == 0, "a second time changes nothing"
    with world.desk.look(world.owner) as uow:
        days = {row.start_on for row in uow.session.query(TimeAway)}
    assert date(2026, 12, 25) in days, "what has passed stays"
    assert date(2027, 12, 25) in days
    assert not {date(2027, 1, 6), date(2028, 1, 6)} & days


def test_a_host_who_moves_gets_the_holidays_on_the_clocks_of_the_new_zone(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        number = holidays_of.keep(uow, world.hosts["ada"], "DE").id
        uow.session.get_one(User, world.hosts["ada"]).zone = "Asia/Tokyo"
    with world.desk.begin(Caller(world.organization_id, Role.SYSTEM)) as uow:
        assert holidays_of.renew(uow, number) > 5
        row = uow.session.query(TimeAway).filter_by(start_on=date(2026, 12, 25)).one()
        assert row.start_at == at(15, day=24, month=12)
        assert uow.session.query(HostHolidays).one().laid_until == date(2027, 12, 28)


# ------------------------------------------------------------------------------------ doors


def test_owners_choose_any_host_members_only_themselves_and_nobody_another_organizations(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    other = build_world(office.desk, "hill")
    ada, bela = sign_in("ada"), sign_in("bela")
    theirs = host_uuid(other, "ada")
    page = ada.get(f"{HERE}?host={host_uuid(office, 'bela')}").text
    assert "When Bela Cruz can be booked" in page
    assert 'id="host"' not in bela.get(HERE).text
    assert bela.get(f"{HERE}?host={host_uuid(office, 'ada')}").status_code == 403
    typed = {"start": "2026-11-24"}
    for query, status in ((f"?host={theirs}", 404), (f"?host={uuid4()}", 404), ("?host=x", 404)):
        for path in (HERE, f"{HERE}/holidays"):
            assert ada.get(path + query).status_code == status
        for path in (HERE, f"{HERE}/holidays", f"{HERE}/away"):
            data = typed | {"name": "Mine", "country": "DE"}
            assert ada.post(path + query, data=data, headers=SAME).status_code == status
    for path in (f"{HERE}/away/{uuid4()}/removal", f"{HERE}/holidays/{uuid4()}"):
        assert ada.get(path).status_code == 404
        assert ada.post(path, headers=SAME).status_code == 404
    assert office.desk.sql("SELECT count(*) FROM time_away")[0][0] == 0
    assert office.desk.sql("SELECT count(*) FROM schedule")[0][0] == 6


def test_no_service_of_schedules_reaches_over_to_another_host_or_organization(
    every_desk: Desk,
) -> None:
    first, second = build_world(every_desk, "harbour"), build_world(every_desk, "hill")
    with every_desk.begin(first.owner) as uow:
        gone = away.add(uow, first.hosts["ada"], AwayDraft(days=(date(2027, 1, 4),) * 2))
        kept = holidays_of.keep(uow, first.hosts["ada"], "DE")
        uuids = gone.uuid, kept.uuid, schedules.of_host(uow, first.hosts["ada"])[0].uuid
        number = schedules.of_host(uow, first.hosts["ada"])[0].id
    ada = first.hosts["ada"]
    calls: list[Callable[..., object]] = [
        lambda uow: schedules.cards(uow, ada),
        lambda uow: schedules.create(uow, ada, "Mine", EVENING),
        lambda uow: schedules.change(uow, number, EVENING),
        lambda uow: schedules.duplicate(uow, uuids[2]),
        lambda uow: schedules.make_default(uow, number),
        lambda uow: schedules.delete(uow, number),
        lambda uow: away.add(uow, ada, AwayDraft(days=(date(2027, 1, 5),) * 2)),
        lambda uow: away.remove(uow, uuids[0]),
        lambda uow: holidays_of.keep(uow, ada, "FR"),
        lambda uow: holidays_of.choose(uow, uuids[1], []),
        lambda uow: holidays_of.drop(uow, uuids[1]),
    ]
    count = "SELECT count(*), (SELECT count(*) FROM schedule), (SELECT sum(version) FROM schedule)"
    before = every_desk.sql(f"{count} FROM time_away")
    bela = Caller(first.organization_id, Role.MEMBER, first.hosts["bela"])
    for caller, refusal in ((second.owner, NotFound), (bela, Forbidden)):
        for call in calls:
            with pytest.raises(refusal), every_desk.begin(caller) as uow:
                call(uow)
    assert every_desk.sql(f"{count} FROM time_away") == before


def test_what_was_accepted_counts_only_for_the_bookings_that_were_shown(world: World) -> None:
    profile, ada = world.profile(notice_minutes=0), world.hosts["ada"]
    world.book(profile, at(9), name="Grace")
    draft = AwayDraft(days=(date(2026, 11, 24),) * 2)
    with pytest.raises(orphans.WouldOrphan) as first, world.desk.begin(world.owner) as uow:
        away.add(uow, ada, draft)
    world.book(profile, at(10), name="Otto")
    mark = first.value.orphans.mark
    with pytest.raises(orphans.WouldOrphan) as second, world.desk.begin(world.owner) as uow:
        away.add(uow, ada, draft, accepted=mark)
    assert [each.invitee for each in second.value.orphans.bookings] == ["Grace", "Otto"]
    with world.desk.begin(world.owner) as uow:
        away.add(uow, ada, draft, accepted=second.value.orphans.mark)
    assert isinstance(second.value, Conflict)
    with pytest.raises(Invalid), world.desk.begin(world.owner) as uow:
        away.add(uow, ada, AwayDraft())
