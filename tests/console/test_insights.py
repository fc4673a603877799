"""The page of insights: plots with words and tables, files safe to open, days judged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from tests.past_bookings import write_booking
from tests.world import World, at, build_world
from webapp.blueprints.console import plots
from webapp.blueprints.console.insights_tables import NAMES, figures
from webapp.blueprints.console.plots import Bar, Column
from webapp.domain.proportions import wilson
from webapp.models import BookingStatus
from webapp.services.insights import LEAD_MINUTES, Day, Insights, Load, Rate

SVG = re.compile(r'<svg class="plot[^"]*" width="100%".*?</svg>(?=\s*<(?:ul|details))', re.DOTALL)
HOSTILE = '<script>alert(1)</script> & "quotes" =1+1'


@pytest.fixture
def past(office: World) -> World:
    """Eight bookings of the last weeks: six stood, one of them with nobody there, two did not."""
    profile = office.profile(name="Intro call")
    with office.desk.begin(office.owner) as uow:
        for number in range(8):
            start = at(9 + number % 3, day=2 + number)
            write_booking(
                uow.session,
                number,
                profile=profile,
                start=start,
                hosts=[office.hosts["ada"], office.hosts["bela"]][: 1 + number % 2],
                made=start - timedelta(days=3),
                status=BookingStatus.CANCELLED if number > 5 else BookingStatus.CONFIRMED,
                missed=number == 0,
            )
    return office


def test_the_page_shows_each_plot_with_its_numbers(past: World, ada: FlaskClient) -> None:
    page = ada.get("/console/insights").text
    assert len(SVG.findall(page)) == 5
    assert page.count('class="plot-table"') == 5
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", unescape(page)))
    assert "Booked 6 " in text
    assert "Cancelled 2 25 % of all" in text
    low, high = wilson(1, 6)
    assert "17 % n = 6 1 of 6 bookings that are over. The true rate lies between" in text
    assert f"between {low * 100:.0f} % and {high * 100:.0f} % with 95 % certainty" in text


def test_every_plot_is_named_for_those_who_cannot_see_it(past: World, ada: FlaskClient) -> None:
    for svg in SVG.findall(ada.get("/console/insights").text):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        names = (root.get("aria-labelledby") or "").split()
        found = {part.get("id"): part.text for part in root if part.get("id")}
        assert [bool(found.get(name)) for name in names] == [True, True]


def fullest(name: str, days: int) -> Insights:
    """As much as a plot can be asked to show."""
    first = date(2025, 1, 1)
    counted = tuple(
        Day(first + timedelta(days=n), first + timedelta(days=n), 9987, 9899) for n in range(days)
    )
    rates = tuple(Rate(f"{name} {n}", 99_999, 33_333, *wilson(33_333, 99_999)) for n in range(60))
    return Insights(
        booked=9987 * days,
        cancelled=9899 * days,
        days=counted,
        hours=tuple(tuple(1000 + hour * day for hour in range(24)) for day in range(7)),
        leads=tuple(range(10_000, 10_000 + len(LEAD_MINUTES) + 1)),
        no_shows=rates[0],
        by_profile=rates,
        hosts=tuple(Load(f"{name} {n}", 99_999, 9_999_999) for n in range(60)),
    )


@pytest.mark.parametrize("days", [1, 35, 36, 371, 372, 731])
def test_no_plot_is_larger_than_it_may_be_or_holds_anything_but_drawing(days: int) -> None:
    for each in figures(fullest(HOSTILE, days)):
        assert each.plot is not None
        text = str(each.plot)
        assert len(text.encode()) <= plots.LARGEST, each.name
        root = ElementTree.fromstring(text)
        kinds = {part.tag for part in root.iter()}
        assert kinds <= {"svg", "title", "desc", "g", "rect", "line", "text"}
        attributes = {name for part in root.iter() for name in part.attrib}
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert "<script" not in text


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = str(plots.lines("n", "t", "d", [Bar("a", 1, "1"), Bar("b", 4, "4")], 4))
    assert re.findall(r'class="p1" y="\d+" width="([\d.]+)%"', drawn) == ["25.00", "100.00"]
    stacked = str(plots.columns("n", "t", "d", [Column("a", 10, 5), Column("b", 20, 0)]))
    heights = [float(tall) for tall in re.findall(r'height="([\d.]+)"/>', stacked)]
    assert heights[0] == pytest.approx(2 * heights[2])
    assert heights[1] == pytest.approx(heights[0] * 2)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 11, 99, 100, 101, 12_345])
def test_the_axis_ends_at_a_number_that_holds_everything(most: int) -> None:
    drawn = str(plots.columns("n", "t", "d", [Column("a", most, 0)]))
    ends = [int(text) for text in re.findall(r'text-anchor="end">(\d+)<', drawn)]
    assert ends[0] == 0
    assert most <= ends[-1] <= max(2.5 * most, 1)


def table(ada: FlaskClient, name: str, query: str = "") -> list[list[str]]:
    answer = ada.get(f"/console/insights/{name}.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_each_table_is_a_file_with_what_was_asked_for_in_it(past: World, ada: FlaskClient) -> None:
    query = "?from=2026-11-02&to=2026-11-15"
    for name in NAMES:
        rows = table(ada, name, query)
        assert "2026-11-02 to 2026-11-15" in rows[0][0]
        assert {len(row) for row in rows[1:]} == {len(rows[1])}
    days = table(ada, "time", query)[2:]
    assert len(days) == 14
    assert sum(int(row[2]) for row in days) == 6
    assert sum(int(row[3]) for row in days) == 2
    assert [row[:3] for row in table(ada, "no-shows", query)[2:]] == [
        ["All", "6", "1"],
        ["Intro call", "6", "1"],
    ]


def test_a_name_that_looks_like_a_formula_is_text_in_the_file(
    office: World, ada: FlaskClient
) -> None:
    profile = office.profile(name="=1+1", slug="x")
    start = at(9, day=16)
    made = start - timedelta(days=1)
    with office.desk.begin(office.owner) as uow:
        write_booking(uow.session, 1, profile=profile, start=start, hosts=[], made=made)
    assert table(ada, "no-shows")[-1][0] == "'=1+1"


def test_the_map_of_hours_is_on_the_readers_clock(past: World, ada: FlaskClient) -> None:
    hours = {row[0]: sum(map(int, row[1:])) for row in table(ada, "hours")[2:]}
    assert {hour: count for hour, count in hours.items() if count} == {
        "10:00": 2,
        "11:00": 2,
        "12:00": 2,
    }


def test_days_that_are_no_period_are_said_so_and_the_usual_ones_shown(
    past: World, ada: FlaskClient
) -> None:
    backwards = "from=2026-11-20&to=2026-11-01"
    for query in ("from=2026-13-01", "from=x", backwards, "from=2001-01-01", "to=0001-1"):
        answer = ada.get(f"/console/insights?{query}")
        assert answer.status_code == 422, query
        assert 'aria-invalid="true"' in answer.text
        assert len(SVG.findall(answer.text)) == 5
        assert ada.get(f"/console/insights/time.csv?{query}").status_code == 422


def test_narrowing_to_a_host_counts_theirs_alone(past: World, ada: FlaskClient) -> None:
    rows = table(ada, "time", f"?host={past.hosts['bela']}")[2:]
    assert sum(int(row[2]) for row in rows) == 3


def test_nothing_of_another_organization_is_counted_or_found(
    office: World, ada: FlaskClient
) -> None:
    other = build_world(office.desk, slug="elsewhere")
    theirs = other.profile(name="Theirs")
    other.book(theirs, at(9))
    page = ada.get("/console/insights").text
    assert "Nothing began in these days" in page
    assert "Theirs" not in page
    assert ada.get(f"/console/insights?profile={theirs}").status_code == 404
    assert ada.get(f"/console/insights?host={other.hosts['ada']}").status_code == 404
    assert ada.get("/console/insights/nothing.csv").status_code == 404


def test_a_member_sees_insights_too(past: World, sign_in: Callable[[str], FlaskClient]) -> None:
    assert sign_in("bela").get("/console/insights").status_code == 200


def test_what_people_typed_is_text_on_the_page(office: World, ada: FlaskClient) -> None:
    profile = office.profile(name=HOSTILE)
    start = at(9, day=16)
    ada_berg, made = office.hosts["ada"], start - timedelta(days=1)
    with office.desk.begin(office.owner) as uow:
        write_booking(
            uow.session, 1, profile=profile, start=start, hosts=[ada_berg], made=made, missed=True
        )
    page = ada.get("/console/insights").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
