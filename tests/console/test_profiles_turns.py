"""Whose turn it is: weights and priorities of a profile's hosts, changed on a page."""

from __future__ import annotations

from uuid import UUID

from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.services.test_fair_choice import served, turns
from tests.world import World, at


def address(office: World, slug: str = "pool") -> str:
    rows = office.desk.sql("SELECT uuid FROM booking_profile WHERE slug = :slug", slug=slug)
    return f"/console/profiles/{UUID(str(rows[0][0]))}/turns"


def save(browser: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    answer = browser.post(path, data=form, headers=SAME)
    return answer.status_code, answer.text


def test_a_weight_and_a_priority_count_from_the_next_booking_on(
    ada: FlaskClient, office: World
) -> None:
    pool = office.profile("ada", "bela", slug="pool")
    host = office.hosts["bela"]
    path = address(office)
    assert save(ada, path, **{f"weight-{host}": "2", f"priority-{host}": "1"})[0] == 303
    page = ada.get(path).text
    assert f'id="weight-{host}" name="weight-{host}" value="2"' in page
    assert f'id="priority-{host}" name="priority-{host}" value="1"' in page
    assert served(office, office.book(pool, at(9))) == ["bela"]
    assert served(office, office.book(pool, at(10))) == ["bela"], "priority comes before turns"
    assert turns(office) == {"ada": 0, "bela": 1}, "two meetings of weight 2"


def test_who_is_ahead_is_told_and_can_be_forgotten(ada: FlaskClient, office: World) -> None:
    pool = office.profile("ada", "bela", slug="pool")
    office.book(pool, at(9))
    path = address(office)
    assert "1 ahead" in ada.get(path).text
    assert save(ada, path, do="level")[0] == 303
    assert turns(office) == {"ada": 0, "bela": 0}
    assert "ahead<" not in ada.get(path).text


def test_what_is_no_weight_is_told_at_its_field_and_kept(ada: FlaskClient, office: World) -> None:
    office.profile("ada", "bela", slug="pool")
    host = office.hosts["bela"]
    for weight, priority in (("0", "0"), ("21", "0"), ("two", "0"), ("", "0"), ("1", "10")):
        status, page = save(
            ada, address(office), **{f"weight-{host}": weight, f"priority-{host}": priority}
        )
        assert status == 422
        assert f'value="{weight}"' in page
        assert 'aria-invalid="true"' in page
    rows = office.desk.sql("SELECT weight, priority FROM profile_host")
    assert {tuple(row) for row in rows} == {(1, 0)}


def test_a_host_of_no_part_in_it_is_unknown(ada: FlaskClient, office: World) -> None:
    office.profile("ada", slug="pool")
    host = office.hosts["chris"]
    form = {f"weight-{host}": "2", f"priority-{host}": "0"}
    assert save(ada, address(office), **form)[0] == 404
    assert save(ada, f"/console/profiles/{UUID(int=7)}/turns", **form)[0] == 404


def test_with_one_host_the_page_says_so(ada: FlaskClient, office: World) -> None:
    office.profile("ada", slug="pool")
    assert "takes every meeting of this profile" in ada.get(address(office)).text
