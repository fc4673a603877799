"""The last seven days on home: three small lines, their numbers, and what they count."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.past_bookings import write_booking
from tests.world import World
from webapp.blueprints.console import plots
from webapp.models import BookingStatus
from webapp.services import insights
from webapp.services.insights import Asked, Daily

HOME = "/console/"
STOOD, GONE = BookingStatus.CONFIRMED, BookingStatus.CANCELLED
BERLIN = ZoneInfo("Europe/Berlin")
ROW = re.compile(r'<th scope="row">([^<]+)</th><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td>')


def fill(world: World, *known: tuple[datetime, BookingStatus, bool], host: str = "ada") -> None:
    """Bookings by start, status and whether nobody came."""
    profile = world.profile(slug=f"of-{host}")
    with world.desk.begin(world.owner) as uow:
        for number, (start, status, missed) in enumerate(known):
            write_booking(
                uow.session,
                1000 * profile + number,
                profile=profile,
                start=start,
                hosts=[world.hosts[host]],
                made=start - timedelta(days=3),
                status=status,
                missed=missed,
            )


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def week(office: World) -> World:
    """It is Monday the 23rd: three in this week, one of them missed, one cancelled; two before."""
    fill(office, (on(23), STOOD, False), (on(20), STOOD, True), (on(17, 9), STOOD, False),
         (on(17), GONE, False), (on(16), STOOD, False), (on(10), STOOD, False),
         (on(9), STOOD, False), (on(24), STOOD, False))  # fmt: skip
    fill(office, (on(18), STOOD, False), host="bela")
    return office


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", page)))


def test_home_tells_the_week_in_numbers_and_how_it_stands_to_the_one_before(
    week: World, ada: FlaskClient
) -> None:
    page = ada.get(HOME).text
    text = plain(page)
    assert re.search(r"Bookings 3 .* 1 more than the week before", text)
    assert re.search(r"Cancelled 1 .* 1 more than the week before", text)
    assert re.search(r"No-shows 1 .* 1 more than the week before", text)
    assert ROW.findall(page) == [
        ("Mon 23 Nov", "1", "0", "0"),
        ("Sun 22 Nov", "0", "0", "0"),
        ("Sat 21 Nov", "0", "0", "0"),
        ("Fri 20 Nov", "1", "0", "1"),
        ("Thu 19 Nov", "0", "0", "0"),
        ("Wed 18 Nov", "0", "0", "0"),
        ("Tue 17 Nov", "1", "1", "0"),
    ]
    assert (
        f"/console/insights?from=2026-11-17&amp;to=2026-11-23&amp;host={week.hosts['ada']}" in page
    )
    assert ROW.findall(ada.get(f"{HOME}?who=all").text)[5] == ("Wed 18 Nov", "1", "0", "0")


def test_each_line_says_its_numbers_to_those_who_do_not_see_it(
    week: World, ada: FlaskClient
) -> None:
    drawn = re.findall(r'<svg class="plot" width="100%" height="48".*?</svg>', ada.get(HOME).text)
    assert len(drawn) == 3
    for each, says in zip(drawn, ("Tue 1, Wed 0", "Tue 1, Wed 0", "Tue 0, Wed 0"), strict=True):
        svg = ElementTree.fromstring(each)
        names = (svg.get("aria-labelledby") or "").split()
        told = {child.get("id"): child.text or "" for child in svg if child.get("id")}
        assert svg.get("role") == "img"
        assert list(told) == names
        assert "in the last 7 days" in told[names[0]]
        assert told[names[1]].startswith(says)
        assert len(each) < plots.LARGEST


def test_nobody_is_shown_a_week_in_which_nothing_was_booked(
    office: World, sign_in: Callable[[str], FlaskClient]
) -> None:
    fill(office, (on(18), STOOD, False), host="bela")
    assert "The last 7 days" not in sign_in("ada").get(HOME).text
    assert "The last 7 days" in sign_in("bela").get(HOME).text


def test_the_line_rises_to_its_top_and_lies_flat_without_numbers() -> None:
    drawn = str(plots.spark("n", "t", "d", [0, 2, 4]))
    assert re.findall(r'y[12]="([\d.]+)"', drawn) == ["42", "24", "24", "6"]
    assert re.findall(r'c[xy]="([\d.]+)', drawn) == ["83.3", "6"]
    assert set(re.findall(r'y[12]="([\d.]+)"', str(plots.spark("n", "t", "d", [0] * 7)))) == {"42"}
    assert "<line" not in str(plots.spark("n", "t", "d", []))


def test_days_are_those_of_the_readers_clock_through_the_change(every_world: World) -> None:
    late = datetime(2026, 10, 24, 21, 59, tzinfo=UTC)  # the clocks go back on the 25th
    fill(every_world, *((late + timedelta(minutes=n), STOOD, True) for n in (0, 1, 1500, 1501)))
    statements: list[str] = []
    with every_world.desk.look(every_world.owner) as uow:
        sa.event.listen(
            uow.session.connection(),
            "before_cursor_execute",
            lambda _c, _cursor, statement, *_: statements.append(statement),
        )
        days = insights.day_by_day(uow, Asked(BERLIN, date(2026, 10, 23), date(2026, 10, 26)))
    assert [day.missed for day in days] == [0, 1, 2, 1]
    assert days[0] == Daily(date(2026, 10, 23), 0, 0, 0)
    assert len([each for each in statements if "FROM booking" in each]) == 1
