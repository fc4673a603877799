"""The lists of bookings: what they are narrowed to, paged both ways, exported, read by an index."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.domain.spreadsheet import BOM, cell
from webapp.models import Actor, Meeting
from webapp.services import agenda, bookings, exporting, holds
from webapp.services.agenda import Wanted, Which
from webapp.services.holds import Details


def booked(world: World, profile: int, day: int, name: str, hour: int = 9) -> UUID:
    """A booking by somebody with any name."""
    draft = world.hold(profile, at(hour, day=day))
    with world.desk.begin(world.guest) as uow:
        details = Details(name, f"guest{day}{hour}@example.org", second_ok=True)
        return holds.confirm(uow, draft, details).uuid


def found_by(world: World, wanted: Wanted, which: Which = Which.UPCOMING) -> list[str]:
    with world.desk.look(world.owner) as uow:
        return [entry.invitee for entry in agenda.listed(uow, which, wanted).entries]


def test_a_search_finds_names_addresses_and_references_and_takes_signs_as_they_are(
    every_world: World,
) -> None:
    profile = every_world.profile()
    for day, name in ((24, "Grace Müller"), (25, "Otto 100%"), (26, "under_score")):
        booked(every_world, profile, day, name)
    assert found_by(every_world, Wanted(text="grace")) == ["Grace Müller"]
    assert found_by(every_world, Wanted(text="MÜLLER")) == ["Grace Müller"]
    assert found_by(every_world, Wanted(text="GUEST259@")) == ["Otto 100%"]
    assert found_by(every_world, Wanted(text="%")) == ["Otto 100%"]
    assert found_by(every_world, Wanted(text="_")) == ["under_score"]
    assert found_by(every_world, Wanted(text="#1002")) == ["Otto 100%"]
    assert found_by(every_world, Wanted(text="1003")) == ["under_score"]
    assert found_by(every_world, Wanted(text="nobody\x00")) == []
    assert len(found_by(every_world, Wanted(text="\x00 "))) == 3


def test_lists_are_narrowed_by_profile_host_and_time(every_world: World) -> None:
    intro = every_world.profile("ada", "bela")
    visit = every_world.profile("chris", slug="visit", name="Visit")
    booked(every_world, intro, 24, "First")
    booked(every_world, intro, 24, "Second")
    booked(every_world, visit, 25, "Third")
    ada, bela, chris = (every_world.hosts[name] for name in ("ada", "bela", "chris"))
    assert found_by(every_world, Wanted(profile_id=visit)) == ["Third"]
    assert found_by(every_world, Wanted(host_id=chris)) == ["Third"]
    hosts = found_by(every_world, Wanted(host_id=ada)) + found_by(every_world, Wanted(host_id=bela))
    assert sorted(hosts) == ["First", "Second"]
    assert found_by(every_world, Wanted(since=at(0, day=25))) == ["Third"]
    assert found_by(every_world, Wanted(until=at(9, day=25))) == ["First", "Second"]
    assert found_by(every_world, Wanted(host_id=ada, profile_id=visit)) == []


def test_host_one_is_not_host_eleven(world: World) -> None:
    profile = world.profile()
    booked(world, profile, 24, "Grace")
    with world.desk.begin(world.owner) as uow:
        uow.session.execute(sa.update(Meeting).values(host_ids=[11, 2]))
    for host_id, names in ((1, []), (11, ["Grace"]), (2, ["Grace"]), (12, [])):
        assert found_by(world, Wanted(host_id=host_id)) == names


def test_pages_forwards_and_backwards_show_every_booking_once(every_world: World) -> None:
    profile = every_world.profile(seats=4)
    for name in "abcd":
        booked(every_world, profile, 24, name)  # four at one instant: the id decides
    for hour in (10, 11, 12):
        booked(every_world, profile, 24, f"later {hour}", hour)
    for which in (Which.UPCOMING, Which.PAST):
        if which is Which.PAST:
            every_world.desk.clock.forward(days=5)
        with every_world.desk.look(every_world.owner) as uow:
            whole = [entry.uuid for entry in agenda.listed(uow, which).entries]
            page = agenda.listed(uow, which, most=2)
            assert page.before is None
            pages = [page]
            while page.after:
                page = agenda.listed(uow, which, after=page.after, most=2)
                pages.append(page)
            assert [entry.uuid for each in pages for entry in each.entries] == whole
            for expected in reversed(pages[:-1]):
                assert page.before is not None
                page = agenda.listed(uow, which, before=page.before, most=2)
                assert page.entries == expected.entries
                assert (page.before is None) == (expected is pages[0])


@pytest.mark.parametrize(
    ("which", "wanted", "index"),
    [
        (Which.UPCOMING, Wanted(), "ix_booking_organization_id_start_at_id"),
        (Which.PAST, Wanted(), "ix_booking_organization_id_start_at_id"),
        (Which.WAITING, Wanted(), "ix_booking_waiting"),
        (Which.CANCELLED, Wanted(), "ix_booking_gone"),
        (
            Which.UPCOMING,
            Wanted(profile_id=1),
            "ix_booking_profile_id_organization_id_start_at_id",
        ),
    ],
    ids=lambda value: str(value.value) if isinstance(value, Which) else None,
)
def test_each_list_jumps_to_its_place_in_an_index_and_sorts_nothing(
    world: World, which: Which, wanted: Wanted, index: str
) -> None:
    with world.desk.look(world.owner) as uow:
        seen: list[tuple[str, Any]] = []
        sa.event.listen(
            uow.session.connection(),
            "before_cursor_execute",
            lambda _c, _cursor, statement, values, *_: seen.append((statement, values)),
        )
        agenda.listed(uow, which, wanted, after=agenda.mark_of(at(9), 7))
        statement, values = next(each for each in seen if "FROM booking" in each[0])
        plan = [
            row[3]
            for row in uow.session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}",
                values,
            )
        ]
    # Of two bounds on one side the database would take the wrong one and walk to the other.
    assert statement.count("(booking.start_at, booking.id) >") <= 1
    assert statement.count("(booking.start_at, booking.id) <") <= 1
    assert f"USING INDEX {index} (" in plan[0], plan
    assert re.search(r"\(start_at,id\)[<>]\(\?,\?\)|start_at[<>]\?", plan[0]), plan
    assert not any("TEMP B-TREE" in line for line in plan)


def test_the_page_says_what_it_is_narrowed_to_and_each_filter_can_go(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile()
    for day, name in ((24, "Grace"), (25, "Otto")):
        booked(office, profile, day, name)
    query = {"q": "grace", "profile": profile, "host": office.hosts["ada"], "from": "2026-11-24",
             "to": "2026-11-24", "size": "25", "page": "nonsense"}  # fmt: skip
    page = ada.get("/console/bookings", query_string=query)
    assert page.status_code == 200
    assert "Grace" in page.text
    assert ">Otto<" not in page.text
    chips = re.findall(r'<a class="chip info filter-chip" href="([^"]+)"><bdi>([^<]+)', page.text)
    assert [words for _, words in chips] == [
        *("“grace”", "Intro call", "with Ada Berg", "from 24 Nov 2026", "to 24 Nov 2026"),
    ]
    without_words = chips[0][0].replace("&amp;", "&")
    assert "q=" not in without_words
    assert "size=25" in without_words
    wider = ada.get(without_words).text
    assert "filter-chip" in wider


def test_a_filter_by_dates_means_the_readers_days(ada: FlaskClient, office: World) -> None:
    from webapp.domain.workhours import WorkHours

    hours = {"zone": "Europe/Berlin", "weekly": {"wed": [["00:00", "02:00"]]}, "overrides": {}}
    late = office.profile(hours=WorkHours.from_document(hours))
    booked(office, late, 24, "Midnight", 23)  # 00:00 on the 25th in Berlin
    assert "Midnight" in ada.get("/console/bookings?from=2026-11-25&to=2026-11-25").text
    assert "Midnight" not in ada.get("/console/bookings?to=2026-11-24").text


def test_a_date_that_is_none_is_asked_for_again(ada: FlaskClient) -> None:
    for field, typed in (
        *(("from", "tomorrow"), ("to", "2026-02-30"), ("from", "0001-01-01")),
        *(("to", "9999-12-31"), ("from", "2026-1")),
    ):
        answer = ada.get("/console/bookings", query_string={field: typed})
        assert answer.status_code == 422
        assert "Enter a date, like 2026-11-24." in answer.text
        assert f'value="{typed}"' in answer.text


def test_filters_by_what_is_not_the_organizations_find_no_page(
    ada: FlaskClient, office: World
) -> None:
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.profile()
    for name, value in (
        *(("profile", theirs), ("host", other.hosts["ada"]), ("profile", "x")),
        *(("host", "9" * 30), ("profile", 999999), ("host", "-1")),
    ):
        for path in ("/console/bookings", "/console/bookings/export.csv"):
            assert ada.get(path, query_string={name: value}).status_code == 404


def test_htmx_gets_the_list_alone_under_its_tidy_address(ada: FlaskClient, office: World) -> None:
    booked(office, office.profile(), 24, "Grace")
    query = "list=upcoming&q=grace&profile=&host=&from=&to=&size=50"
    answer = ada.get(f"/console/bookings?{query}", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="bookings"')
    assert answer.headers["HX-Push-Url"] == "/console/bookings?q=grace"
    assert 'data-say="1 booking shown"' in answer.text
    whole = ada.get(answer.headers["HX-Push-Url"]).text
    assert answer.text.strip() in whole


def test_next_and_previous_are_plain_links_that_keep_the_filters(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile(seats=30)
    for number in range(27):
        draft = office.hold(profile, at(9))
        with office.desk.begin(office.guest) as uow:
            holds.confirm(uow, draft, Details(f"Seat {number:02}", f"s{number}@example.org"))
    first = ada.get("/console/bookings?size=25&q=Seat").text
    following = re.search(r'id="page-next" rel="next" href="([^"]+)"', first)
    assert following is not None
    assert "page-previous" not in first
    second = ada.get(following[1].replace("&amp;", "&")).text
    assert re.findall(r"<bdi>(Seat \d\d)", second) == ["Seat 25", "Seat 26"]
    back = re.search(r'id="page-previous" rel="prev" href="([^"]+)"', second)
    assert back is not None
    again = ada.get(back[1].replace("&amp;", "&")).text
    assert re.findall(r"<bdi>(Seat \d\d)", again) == re.findall(r"<bdi>(Seat \d\d)", first)


# ------------------------------------------------------------------------------------ the file


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM))))


def test_the_file_holds_what_the_list_holds_and_says_which(
    ada: FlaskClient, office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "STEP", 2)
    profile = office.profile(description="About {{topic}}")
    for day in (24, 25, 26):
        draft = office.hold(profile, at(9, day=day))
        with office.desk.begin(office.guest) as uow:
            details = Details(f"Guest {day}", "g@example.org", answers={"topic": "Tea\nand cake"})
            holds.confirm(uow, draft, details)
    answer = ada.get("/console/bookings/export.csv?from=2026-11-25")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="harbour-bookings-upcoming-2026-11-23.csv"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    about, columns, *rows = rows_of(answer.text)
    assert about[0] == "Bookings: upcoming; from 25 Nov 2026"
    assert "Europe/Berlin" in about[1]
    assert columns == list(exporting.COLUMNS)
    assert [row[columns.index("Name")] for row in rows] == ["Guest 25", "Guest 26"]
    assert rows[0][columns.index("Start")] == "2026-11-25 10:00"
    assert rows[0][columns.index("Start (UTC)")] == "2026-11-25T09:00Z"
    assert rows[0][columns.index("Answers")] == "Topic: Tea\nand cake"


def test_no_cell_of_the_file_is_a_formula(ada: FlaskClient, office: World) -> None:
    booked(office, office.profile(), 24, "=HYPERLINK(1)")
    uuid = booked(office, office.profile(slug="other"), 25, "Fine")
    with office.desk.begin(office.guest) as uow:
        bookings.cancel(uow, uuid, by=Actor.INVITEE, reason="@SUM(A1)")
    text = ada.get("/console/bookings/export.csv").text
    gone = ada.get("/console/bookings/export.csv?list=cancelled").text
    cells = [each for row in rows_of(text) + rows_of(gone) for each in row]
    assert "'=HYPERLINK(1)" in cells
    assert "'@SUM(A1)" in cells
    assert not [each for each in cells if each[:1] in ("=", "+", "-", "@", "\t", "\r")]


@pytest.mark.parametrize(
    "text",
    ["=1", "+49 30", "-1", "@x", "\tx", "\rx", " =1", "\u200b=1", "＝1", "\x00=1", "＋1"],
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "Grace", "a=b", "49", " x", "O'Neil", "ü"])
def test_what_it_would_not_run_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_file_has_an_end_and_says_so(
    ada: FlaskClient, office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "STEP", 2)
    monkeypatch.setattr(exporting, "MOST", 3)
    profile = office.profile()
    for hour in (9, 10, 11, 12):
        booked(office, profile, 24, f"Guest {hour}", hour)
    _, _, *rows, last = rows_of(ada.get("/console/bookings/export.csv").text)
    assert len(rows) == 3
    assert last == ["These are the first 3. Narrow the list to get the others."]


def test_the_file_of_one_organization_holds_nothing_of_another(
    ada: FlaskClient, office: World
) -> None:
    other = build_world(office.desk, slug="elsewhere")
    booked(other, other.profile(), 24, "Secret")
    booked(office, office.profile(), 25, "Ours")
    text = ada.get("/console/bookings/export.csv").text
    assert "Ours" in text
    assert "Secret" not in text
    assert ada.post("/console/bookings/export.csv", headers=SAME).status_code == 405
