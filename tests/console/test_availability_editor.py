"""The schedule editor: what is typed, what is said about it, and what is saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import SAME, csrf_of
from tests.world import World, at, build_world
from webapp.domain.workhours import WEEKDAYS, WorkHours
from webapp.models import Schedule
from webapp.services import profiles, schedules

HX = SAME | {"HX-Request": "true"}


def schedule_of(office: World, name: str = "ada") -> str:
    """The path of somebody's default schedule."""
    with office.desk.look(office.owner) as uow:
        found = uow.session.query(Schedule).filter_by(host_id=office.hosts[name], is_default=True)
        return f"/console/availability/{found.one().uuid}"


def form(week: dict[str, list[tuple[str, str]]] | None = None, **more: Any) -> dict[str, Any]:
    """The editor's form, Monday to Friday nine to five unless ``week`` says otherwise."""
    week = {day: [("09:00", "17:00")] for day in WEEKDAYS[:5]} if week is None else week
    data: dict[str, Any] = {"name": "Working hours", "zone": "Europe/Berlin", "version": "1"}
    for day in WEEKDAYS:
        rows = week.get(day)
        data |= {f"{day}-from": [a for a, _ in rows or [("", "")]]}
        data |= {f"{day}-to": [b for _, b in rows or [("", "")]]}
        data |= {f"{day}-on": "1"} if rows is not None else {}
    return data | {"action": "save"} | {key.replace("_", "-"): value for key, value in more.items()}


def saved(office: World) -> dict[str, Any]:
    """The hours of Ada's default schedule as they are kept."""
    ada = office.hosts["ada"]
    rows = office.desk.sql(
        "SELECT hours FROM schedule WHERE host_id = :ada AND is_default", ada=ada
    )
    found: dict[str, Any] = json.loads(str(rows[0][0]))
    return found


def text_of(answer: TestResponse) -> str:
    return unescape(answer.text)


def test_hours_typed_in_many_ways_are_saved_and_said_in_words(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office)
    week = {
        "mon": [("9-12, 13-17", "")],
        "tue": [("9am", "5pm"), ("18:00", "19")],
        "fri": [("9", "noon")],
    }
    answer = ada.post(path, data=form(week, zone="Lisbon"), headers=SAME)
    assert answer.status_code == 303
    page = text_of(ada.get(answer.location))
    assert "The schedule is saved." in page
    assert "Mon 09:00–12:00 and 13:00–17:00; Tue 09:00–17:00 and 18:00–19:00" in page
    assert saved(office) == {
        "zone": "Europe/Lisbon",
        "weekly": {
            "mon": [["09:00", "12:00"], ["13:00", "17:00"]],
            "tue": [["09:00", "17:00"], ["18:00", "19:00"]],
            "fri": [["09:00", "12:00"]],
        },
        "overrides": {},
    }


def test_what_the_form_shows_saves_to_the_same_hours_again(ada: FlaskClient, office: World) -> None:
    path = schedule_of(office)
    week = {"mon": [("22-2", "")], "wed": [("0", "24")], "sun": [("20", "24")]}
    assert ada.post(path, data=form(week), headers=SAME).location.endswith("done=settled")
    first = saved(office)
    assert first["weekly"]["tue"] == [["00:00", "02:00"]]
    shown = {day: [(a, b) for a, b in hours] for day, hours in first["weekly"].items()}
    assert ada.post(path, data=form(shown, version="2"), headers=SAME).status_code == 303
    assert saved(office) == first


NO_HOURS = (
    (("9", "5"), "Did you mean 09:00–17:00?"),
    (("9", "9"), "has no length"),
    (("", ""), "Monday has no hours yet"),
    (("9", ""), "not a span of time"),
    (("<script>alert(1)</script>", "17"), "not a span of time"),
    (("\x00\x07", "\u202e"), "not a span of time"),
)


def test_hours_that_make_no_sense_are_refused_at_their_day_and_kept(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office)
    many = [(f"{i // 6:02d}:{i % 6}0", f"{i // 6:02d}:{i % 6}5") for i in range(144)]
    cases = [([row], said) for row, said in NO_HOURS]
    for rows, said in [*cases, (many + many[:56], "at most 24 intervals a day")]:
        answer = ada.post(path, data=form({"mon": rows}, name="Mine"), headers=SAME)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert "<script>alert" not in answer.text
        assert 'href="#mon-on"' in answer.text
        assert 'value="Mine"' in answer.text
    assert len(saved(office)["weekly"]) == 5


def test_an_unknown_zone_is_refused_with_the_one_that_was_meant(
    ada: FlaskClient, office: World
) -> None:
    answer = ada.post(schedule_of(office), data=form(zone="Berlni"), headers=SAME)
    assert answer.status_code == 422
    assert "There is no time zone called “Berlni”. Did you mean Europe/Berlin?" in text_of(answer)
    found = ada.get("/console/availability/zones?zone=kolk").text
    assert 'value="Asia/Kolkata"' in found
    assert "UTC+5:30" in found


def test_several_dates_get_hours_and_a_label_at_once(ada: FlaskClient, office: World) -> None:
    path = schedule_of(office)
    added = form(new_dates="24 Dec, 31.12.", new_hours="9-12", new_label="Short <b>day</b>")
    shown = ada.post(path, data=added | {"action": "add-dates"}, headers=SAME)
    assert shown.status_code == 200
    assert "Thu 24 Dec" in text_of(shown)
    assert saved(office)["overrides"] == {}, "only saving saves"
    assert ada.post(path, data=added, headers=SAME).status_code == 303
    short = [["09:00", "12:00"]]
    assert saved(office)["overrides"] == {"2026-12-24": short, "2026-12-31": short}
    again = form(
        version="2",
        date=["2026-12-24", "2026-12-31"],
        date_hours=["", "9-12"],
        date_label=["Closed", "Short <b>day</b>"],
    )
    assert ada.post(path, data=again, headers=SAME).status_code == 303
    page = ada.get(path).text
    assert "without 24 Dec, but 31 Dec 09:00–12:00" in unescape(page)
    assert "Short &lt;b&gt;day&lt;/b&gt;" in page
    one = again | {"action": "remove-date-0", "version": "3"}
    assert "Thu 24 Dec" not in text_of(ada.post(path, data=one, headers=SAME))


NO_DATES = (
    ({"new_dates": "24 Dec 2046"}, "new-dates", "more than 5 years away"),
    ({"new_dates": "2020-12-24"}, "new-dates", "has passed"),
    ({"new_dates": "<img src=x>"}, "new-dates", "is not a date"),
    ({"new_dates": "24 Dec", "new_hours": "22-2"}, "new-hours", "a date ends at midnight"),
    ({"new_dates": "24 Dec", "new_hours": "x"}, "new-hours", "not a span of time"),
)


def test_dates_that_cannot_be_meant_are_refused_at_their_field(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office)
    for typed, field, said in NO_DATES:
        answer = ada.post(path, data=form(**typed), headers=SAME)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert f'id="{field}-error"' in answer.text
        assert "<img" not in answer.text


def test_past_dates_are_folded_away_and_stay(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    path = schedule_of(office)
    sign_in("ada").post(path, data=form(new_dates="24 Dec"), headers=SAME)
    office.desk.clock.forward(days=60)
    ada = sign_in("ada")
    page = ada.get(path).text
    assert "1 past" in page
    assert "without" not in page[page.index("av-rules") :]
    kept = form(version="2", date=["2026-12-24"], date_hours=[""], date_label=[""])
    assert ada.post(path, data=kept, headers=SAME).status_code == 303
    assert saved(office)["overrides"] == {"2026-12-24": []}
    with office.desk.begin(office.owner) as uow:
        hours = saved(office) | {"overrides": {}}
        number = uow.session.query(Schedule).filter_by(host_id=office.hosts["ada"]).one().id
        schedules.change(uow, number, WorkHours.from_document(hours))
    late = ada.post(path, data=kept | {"version": "3"}, headers=SAME)
    assert late.status_code == 409, "that it has passed is no reason to hide who was faster"
    assert "Somebody else changed" in late.text


def test_the_small_buttons_work_as_plain_forms_and_as_parts(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office)
    more = ada.post(path, data=form() | {"action": "add-mon"}, headers=SAME)
    assert more.text.count('name="mon-from"') == 2
    part = ada.post(path, data=form() | {"action": "add-mon"}, headers=HX)
    assert part.text.lstrip().startswith('<div id="schedule"')
    assert "<html" not in part.text
    less = ada.post(path, data=form() | {"action": "remove-mon-0"}, headers=SAME)
    assert 'id="mon-on" name="mon-on" value="1">' in less.text, "a day without hours is off"
    copied = form({"mon": [("8", "11")]}) | {"action": "copy-mon", "copy-mon": ["weekdays", "sun"]}
    shown = ada.post(path, data=copied, headers=SAME).text
    assert shown.count('value="8"') == 6
    assert 'name="sat-on" value="1">' in shown
    for odd in (
        "remove-mon-99",
        "remove-date-7",
        "add-",
        "copy-xyz",
        "x",
        "remove-mon-" + "9" * 50,
    ):
        assert ada.post(path, data=form() | {"action": odd}, headers=SAME).status_code == 200
    assert len(saved(office)["weekly"]) == 5
    assert office.desk.sql("SELECT max(version) FROM schedule")[0][0] == 1


# --------------------------------------------------------------------------------- preview


def test_the_preview_shows_what_the_page_would_list_for_the_unsaved_draft(
    ada: FlaskClient, office: World
) -> None:
    office.profile(durations=(60,), step_minutes=60)
    office.book(1, at(9), duration_minutes=60)
    path = schedule_of(office)
    with office.desk.look(office.owner) as uow:
        uuid = str(profiles.all_profiles(uow)[0].uuid)
    draft = form({"tue": [("9", "13")], "thu": [("10", "11")]}, preview=uuid)
    part = text_of(ada.post(f"{path}/preview", data=draft, headers=HX))
    assert part.lstrip().startswith('<div id="preview"')
    assert "3 times, 09:00 to 12:00" in part, "10:00 is booked"
    assert part.count("1 time, 10:00") == 2
    assert part.count("Closed") == 10
    assert "Tue 09:00–13:00; Thu 10:00–11:00, Berlin time" in part
    alone = text_of(ada.post(f"{path}/preview", data=draft | {"preview": ""}, headers=HX))
    assert alone.count("09:00–13:00") == 3  # two Tuesdays, and the words
    whole = ada.post(path, data=draft | {"action": "preview"}, headers=SAME)
    assert "<html" in whole.text
    assert "1 time, 10:00" in whole.text, "without script the button does it"
    assert office.desk.sql("SELECT max(version) FROM schedule")[0][0] == 1


def test_the_preview_says_what_was_joined_and_waits_for_hours_it_can_read(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office) + "/preview"
    joined = text_of(ada.post(path, data=form({"mon": [("9-12, 11-14", "")]}), headers=HX))
    assert "Monday: 09:00–12:00 and 11:00–14:00 overlap, so they became 09:00–14:00." in joined
    waits = text_of(ada.post(path, data=form({"mon": [("9", "5")]}), headers=HX))
    assert "The preview comes back" in waits
    assert "Did you mean" in waits


def test_hours_that_the_clock_skips_are_not_drawn(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    office.desk.clock.forward(days=122)  # 25 March 2027; clocks go forward on the 28th
    data = form({"sun": [("2", "3")]})
    part = text_of(sign_in("ada").post(f"{schedule_of(office)}/preview", data=data, headers=HX))
    skipped, following = part.split('datetime="2027-03-28"')[1].split('datetime="2027-04-04"')
    assert "Closed" in skipped.split("</li>")[0]
    assert "02:00–03:00" in following.split("</li>")[0]


# ------------------------------------------------------------------------ what falls outside


def test_bookings_that_fall_outside_are_listed_and_saving_needs_a_second_yes(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(notice_minutes=0)
    office.book(profile, at(9), name="Grace")
    office.book(profile, at(13, day=25), name="Otto")
    path = schedule_of(office)
    draft = form({"mon": [("9", "17")], "wed": [("9", "17")]}, name="Fewer days")
    part = text_of(ada.post(f"{path}/preview", data=draft, headers=HX))
    assert "1 booking falls outside. It stays" in part
    asked = ada.post(path, data=draft, headers=SAME)
    assert asked.status_code == 409
    assert "Grace" in asked.text
    assert "Otto" not in asked.text
    assert 'value="Fewer days"' in asked.text
    assert len(saved(office)["weekly"]) == 5
    mark = asked.text.split('name="accepted" value="')[1].split('"')[0]
    office.book(profile, at(10), name="Hana")  # meanwhile: one more than was shown
    again = ada.post(path, data=draft | {"accepted": mark}, headers=SAME)
    assert again.status_code == 409
    assert "2 bookings fall outside" in again.text
    mark = again.text.split('name="accepted" value="')[1].split('"')[0]
    assert ada.post(path, data=draft | {"accepted": mark}, headers=SAME).status_code == 303
    assert list(saved(office)["weekly"]) == ["mon", "wed"]
    assert office.desk.sql("SELECT count(*) FROM booking WHERE status = 'confirmed'")[0][0] == 3
    # What was outside already is not asked about again, whatever else changes.
    other = {"mon": [("9", "17")], "wed": [("9", "17")], "fri": [("9", "12")]}
    assert ada.post(path, data=form(other, version="2"), headers=SAME).status_code == 303


def test_bookings_of_profiles_that_the_schedule_does_not_decide_about_are_not_outside(
    ada: FlaskClient, office: World
) -> None:
    hours = WorkHours.from_document(
        {"zone": "Europe/Berlin", "weekly": {"tue": [["09:00", "17:00"]]}}
    )
    office.book(office.profile(hours=hours, notice_minutes=0), at(9), name="Grace")
    office.book(office.profile("bela", slug="other", notice_minutes=0), at(9), name="Otto")
    assert ada.post(schedule_of(office), data=form({}), headers=SAME).status_code == 303


# ------------------------------------------------------------------------------ two editors


def test_of_two_editors_the_second_sees_what_the_first_saved_and_keeps_what_was_typed(
    ada: FlaskClient, office: World
) -> None:
    path = schedule_of(office)
    ada.post(path, data=form({"mon": [("8", "12")]}), headers=SAME)
    late = ada.post(path, data=form({"fri": [("10", "11")]}), headers=SAME)
    assert late.status_code == 409
    assert "Somebody else changed this schedule meanwhile" in late.text
    assert "Mon 08:00–12:00 Berlin" in text_of(late)
    assert 'value="10"' in late.text
    assert list(saved(office)["weekly"]) == ["mon"]
    assert 'name="version" value="2"' in late.text
    over = ada.post(path, data=form({"fri": [("10", "11")]}, version="2"), headers=SAME)
    assert over.status_code == 303
    assert list(saved(office)["weekly"]) == ["fri"]
    for odd in ("", "x", "-1", "9" * 30):
        answer = ada.post(path, data=form(version=odd, name="New"), headers=SAME)
        assert answer.status_code == 409, "a version that never was"
    assert office.desk.sql("SELECT count(*) FROM schedule WHERE name = 'New'")[0][0] == 0


# ------------------------------------------------------------------------------------ doors


def test_another_organizations_schedule_is_not_found_and_does_not_change(
    ada: FlaskClient, office: World
) -> None:
    other = build_world(office.desk, "hill")
    path = schedule_of(other)
    for answer in (
        ada.get(path),
        ada.post(path, data=form({}), headers=SAME),
        ada.post(f"{path}/preview", data=form(), headers=SAME),
        ada.post(f"{path}/default", headers=SAME),
        ada.post(f"{path}/copies", headers=SAME),
        ada.get(f"{path}/removal"),
        ada.post(f"{path}/removal", headers=SAME),
        ada.get(f"/console/availability/{uuid4()}"),
    ):
        assert answer.status_code == 404
    assert office.desk.sql("SELECT count(*), max(version) FROM schedule")[0] == (6, 1)


def test_a_member_changes_their_own_hours_only_and_an_owner_everybodys(
    sign_in: Callable[[str], FlaskClient], office: World
) -> None:
    mine, adas = schedule_of(office, "bela"), schedule_of(office, "ada")
    bela = sign_in("bela")
    assert bela.post(mine, data=form({"mon": [("9", "10")]}), headers=SAME).status_code == 303
    assert bela.get(adas).status_code == 403
    assert bela.post(adas, data=form({}), headers=SAME).status_code == 403
    ada = sign_in("ada")
    assert "Availability of Bela Cruz" in ada.get(mine).text
    changed = ada.post(mine, data=form({"tue": [("9", "10")]}, version="2"), headers=SAME)
    assert changed.status_code == 303


def test_a_form_without_its_token_changes_nothing(ada: FlaskClient, office: World) -> None:
    path = schedule_of(office)
    assert csrf_of(ada.get(path).text)
    assert ada.post(path, data=form({})).status_code == 403
    assert len(saved(office)["weekly"]) == 5
