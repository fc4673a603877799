""" "Why not?": the verdict is the page's own, and every reason leads to what is behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from random import Random
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask.testing import FlaskClient

from tests.services.furnished import furnish
from tests.world import Desk, World, at, build_world
from webapp.blueprints.console.why_not_words import candidate_line
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.models import Account, BusySpan, Calendar, Event, SpanKind
from webapp.services import bookings, offers, schedules, why_not
from webapp.services.why_not import CandidateCard

HERE = "/console/why-not"
WORLDS = 6


def asked(browser: FlaskClient, date: str, time: str, **more: str) -> str:
    """The page's answer in plain text."""
    query = {"profile": "intro", "date": date, "time": time, "length": "30"} | more
    answer = browser.get(f"{HERE}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def put_event(world: World, name: str, summary: str, hour: int) -> None:
    """An hour in somebody's calendar on Tuesday."""
    with world.desk.begin(world.owner) as uow:
        calendar = (
            uow.session.query(Calendar).join(Account).filter_by(host_id=world.hosts[name]).first()
        )
        assert calendar is not None
        times = {"start_at": at(hour), "end_at": at(hour + 1)}
        event = Event(
            uuid=uuid4(),
            calendar_id=calendar.id,
            uid=f"{summary}@example.org",
            summary=summary,
            zone="Europe/Berlin",
            created_at=uow.now,
            updated_at=uow.now,
            **times,
        )
        uow.session.add(event)
        uow.session.flush()
        span = BusySpan(host_id=world.hosts[name], kind=SpanKind.EVENT, event_id=event.id, **times)
        uow.session.add(span)


def test_in_random_worlds_the_verdict_is_whether_the_page_lists_the_time(desk: Desk) -> None:
    told = 0
    for number in range(WORLDS):
        room, chance = furnish(desk, 2000 + number), Random(number)
        with room.world.desk.look(room.world.owner) as uow:
            card, listed = room.card(uow), set(room.listed(uow))
            first, last = to_minute(room.window.start), to_minute(room.window.end)
            some = {*chance.sample(sorted(listed), min(6, len(listed)))}
            some |= {minute + 1 for minute in some}
            some |= {chance.randrange(first, last) // 15 * 15 for _ in range(8)}
            for minute in some:
                if not first <= minute < last:
                    continue
                verdict = why_not.judge(uow, card, from_minute(minute), room.minutes)
                assert verdict.is_listed == (minute in listed), (number, minute)
                assert set(verdict.nearest).isdisjoint({verdict.start_at})
                near = Interval(verdict.start_at - timedelta(days=14), verdict.start_at)
                assert all(start > near.start for start in verdict.nearest)
                told += 1
    assert told > 8 * WORLDS


def test_a_time_that_is_offered_is_answered_with_yes(ada: FlaskClient, office: World) -> None:
    office.profile(notice_minutes=0)
    page = asked(ada, "2026-11-24", "10:00")
    assert "Yes, it is offered" in page
    assert "/harbour/intro" in page
    assert "data-code" not in page


def test_every_rule_of_the_profile_that_forbids_a_time_is_named(
    ada: FlaskClient, office: World
) -> None:
    office.profile(notice_minutes=48 * 60, horizon_days=5, limit_per_day=1, step_minutes=30)
    with office.desk.look(office.owner) as uow:
        uuid = offers.profile_page(uow, "intro").uuid
    page = asked(ada, "2026-11-24", "10:10")
    assert "Too soon: the profile asks for 48 hours of notice. The first time is" in page
    assert "Wed 25 Nov 2026, 07:00 or later" in page
    assert "Meetings begin every 30 minutes" in page
    assert f"/console/profiles/{uuid}" in page
    assert "Too far ahead: the profile offers 5 days." in asked(ada, "2027-03-01", "10:00")
    assert "This time has passed." in asked(ada, "2026-11-22", "10:00")
    office.book(1, at(9, day=26), name="Grace")
    assert "The limit is reached: 1 of these meetings a day." in asked(ada, "2026-11-26", "15:00")


def test_what_takes_the_time_is_named_with_a_link_to_it(ada: FlaskClient, office: World) -> None:
    profile = office.profile(notice_minutes=0, buffer_after_minutes=30)
    uuid = office.book(profile, at(9), name="Grace")
    put_event(office, "ada", "Dentist <i>", 13)
    with office.desk.begin(office.owner) as uow:
        schedules.go_away(uow, office.hosts["ada"], Interval(at(15), at(15, 30)), "School run")
        schedule = schedules.of_host(uow, office.hosts["ada"])[0].uuid
    page = asked(ada, "2026-11-24", "10:00")
    assert "Booked: “Grace”, Tue 24 Nov 2026, 10:00 – 10:30." in page
    assert f"/console/bookings/{uuid}" in page
    raw = ada.get(f"{HERE}?profile=intro&date=2026-11-24&time=14:00").text
    assert "Dentist &lt;i&gt;" in raw
    assert "Too close, with the time kept free" in asked(ada, "2026-11-24", "10:30")
    event = asked(ada, "2026-11-24", "14:00")
    assert "In the calendar: “Dentist <i>”, Tue 24 Nov 2026, 14:00 – 15:00." in event
    assert "/console/calendars" in event
    away = asked(ada, "2026-11-24", "16:00")
    assert "Away: “School run”" in away
    assert "/console/availability#away" in away
    evening = asked(ada, "2026-11-24", "20:00")
    assert "Outside of the working hours. That day in Berlin: 09:00–17:00." in evening
    assert f"/console/availability/{schedule}" in evening
    assert "Nearest times that are offered" in evening
    office.hold(profile, at(11))
    assert "Somebody is booking this time right now." in asked(ada, "2026-11-24", "12:00")


def test_each_host_has_their_own_reasons_and_what_is_a_colleagues_is_only_busy(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    office.profile("ada", "bela", required=Required.ALL, notice_minutes=0)
    put_event(office, "ada", "Dentist", 9)
    put_event(office, "bela", "Job interview", 9)
    page = asked(sign_in("ada"), "2026-11-24", "10:00")
    mine, theirs = page.split("<h3><bdi>")[1:3]
    assert "Dentist" in mine
    assert theirs.startswith("Bela Cruz")
    assert "Busy, Tue 24 Nov 2026, 10:00 – 11:00." in theirs
    assert "Job interview" not in page
    seen = asked(sign_in("bela"), "2026-11-24", "10:00")
    assert "Job interview" in seen
    assert "Dentist" not in seen
    late = asked(sign_in("bela"), "2026-11-24", "20:00")
    assert late.count("Open the schedule") == 1, "a member opens only their own"


def test_what_another_organization_booked_or_noted_is_only_busy(
    ada: FlaskClient, office: World
) -> None:
    """One person in two organizations is in one place at a time, and each knows only its own."""
    office.profile(notice_minutes=0)
    other = build_world(office.desk, "hill")
    number = other.profile(notice_minutes=0)
    booked = UUID(other.book(number, at(9), name="Stranger"))
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        uow.session.query(BusySpan).update({"host_id": office.hosts["ada"]})
    page = asked(ada, "2026-11-24", "10:00")
    assert "Busy, Tue 24 Nov 2026, 10:00 – 10:30." in page
    assert "Stranger" not in page
    with office.desk.look(other.owner) as uow:
        assert bookings.by_uuid(uow, booked).name == "Stranger"


def test_times_that_do_not_exist_are_explained_and_those_that_come_twice_answered_twice(
    ada: FlaskClient, office: World
) -> None:
    office.profile(horizon_days=365)
    query = "?profile=intro&length=30&date="
    gap = ada.get(f"{HERE}{query}2027-03-28&time=02:30")
    assert gap.status_code == 422
    assert "There is no 02:30 on 28 March 2027 in Berlin: clocks go forward from" in gap.text
    twice = ada.get(f"{HERE}{query}2027-10-31&time=02:30").text
    assert "this time comes twice" in twice
    assert "UTC+2" in twice
    assert "UTC+1)" in twice
    assert twice.count('id="verdict-') == 2


def test_questions_that_make_no_sense_are_refused_and_another_organizations_profile_is_none(
    ada: FlaskClient, office: World
) -> None:
    assert "There is no booking profile yet" in ada.get(HERE).text
    office.profile()
    build_world(office.desk, "hill").profile(slug="theirs")
    whole = {"profile": "intro", "date": "2026-11-24", "time": "10:00", "length": "30"}
    for wrong, said in (
        ({"profile": "theirs"}, "Choose a profile from the list."),
        ({"profile": "<script>alert(1)</script>"}, "Choose a profile from the list."),
        ({"date": "soon"}, "Choose a date."),
        ({"date": "9999-12-31"}, "Choose a date."),
        ({"time": "25:00"}, "Choose a time, like 09:00."),
        ({"time": ""}, "Choose a time, like 09:00."),
        ({"length": "45"}, "The profile has no such length, only 30 minutes."),
    ):
        answer = ada.get(f"{HERE}?{urlencode(whole | wrong)}")
        assert answer.status_code == 422, wrong
        assert said in answer.text
        assert "<script>alert" not in answer.text
        assert "verdict-" not in answer.text
    part = ada.get(f"{HERE}?{urlencode(whole)}", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="why_not"')
    assert "<html" not in part


def candidates(page: str) -> list[tuple[str, str, str]]:
    """Who is needed as the page tells it: whether they could, name, and the rest."""
    rows = re.findall(r'<li data-met="(yes|no)"><span><bdi>(.*?)</bdi>(.*?)</span><span', page)
    return [(met, name, " ".join(re.sub("<.*?>", " ", rest).split())) for met, name, rest in rows]


def test_each_host_and_each_group_is_told_whether_it_could_be_there(
    ada: FlaskClient, office: World
) -> None:
    some, all_ = office.group("bela", "chris"), office.group("bela", "chris", required=Required.ALL)
    put_event(office, "bela", "Busy", 9)
    office.profile("ada", groups=(some, all_), required=Required.ALL, notice_minutes=0)
    page = asked(ada, "2026-11-24", "10:00")
    assert "No, it is not offered" in page
    assert "Who is needed: everyone" in page
    assert candidates(page) == [
        ("yes", "Ada Berg", ""),
        ("yes", "Group", "(one of Bela Cruz and Chris Dahl) Chris Dahl could."),
        ("no", "Group", "(all of Bela Cruz and Chris Dahl) Bela Cruz could not."),
    ]
    assert [met for met, *_ in candidates(asked(ada, "2026-11-24", "11:00"))] == ["yes"] * 3


def test_who_could_take_a_time_that_is_offered_is_told_as_well(
    ada: FlaskClient, office: World
) -> None:
    put_event(office, "ada", "Dentist", 9)
    pair = office.group("ada", "chris")
    put_event(office, "chris", "School", 9)
    office.profile("ada", "bela", groups=(pair,), required=Required.ONE, notice_minutes=0)
    page = asked(ada, "2026-11-24", "10:00")
    assert "Yes, it is offered" in page
    assert "Who is needed: any one" in page
    assert candidates(page) == [
        ("no", "Ada Berg", ""),
        ("yes", "Bela Cruz", ""),
        ("no", "Group", "(one of Ada Berg and Chris Dahl) Nobody could."),
    ]


def test_of_a_large_group_four_are_named_and_the_others_counted() -> None:
    members = tuple("ABCDEF")
    whole = CandidateCard("Crew", True, Required.ALL, members, members, (), True, has_left=False)
    assert candidate_line(whole).members == "all of A, B, C, D and 2 more"
    assert candidate_line(whole).sentence == "A, B, C, D and 2 more could."
    some = replace(whole, able=("A",), unable=tuple("BCDEF"), is_met=False)
    assert candidate_line(some).sentence == "B, C, D, E and 1 more could not."
    empty = CandidateCard("", True, Required.ONE, (), (), (), False, has_left=False)
    assert candidate_line(empty).name == "A group"
    assert candidate_line(empty).members == "one of nobody"
    assert candidate_line(empty).sentence == "Nobody is in it."
    assert candidate_line(replace(empty, has_left=True)).sentence == "Nobody is in it any more."


def test_two_people_of_one_name_are_two() -> None:
    names, ada = ("Ada", "Ada"), ("Ada",)
    twins = CandidateCard("Crew", True, Required.ALL, names, ada, ada, False, has_left=False)
    assert candidate_line(twins).sentence == "Ada could not."
    gone = replace(twins, members=("Ada",), unable=(), has_left=True)
    assert candidate_line(gone).sentence == "Somebody in it has left."


def test_a_profile_of_one_host_names_nobody_who_is_needed(ada: FlaskClient, office: World) -> None:
    office.profile(notice_minutes=0)
    assert "Who is needed" not in asked(ada, "2026-11-24", "10:00")


def test_nobody_is_needed_for_a_meeting_that_has_a_seat_left(
    ada: FlaskClient, office: World
) -> None:
    course = office.profile("ada", "bela", required=Required.ALL, seats=3, notice_minutes=0)
    assert "Who is needed" in asked(ada, "2026-11-24", "10:00")
    office.book(course, at(9))
    page = asked(ada, "2026-11-24", "10:00")
    assert "Yes, it is offered" in page
    assert "Who is needed" not in page
