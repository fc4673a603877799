"""Everything in a list at once: what was meant is what happens, one by one, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.past_bookings import write_booking
from tests.world import World, at, build_world
from webapp.jobs import runner
from webapp.models import Actor
from webapp.services import bookings, bulk, long_work

MATCHING = "/console/bookings/matching"
FEW, MANY = 3, 5


@pytest.fixture
def small(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four are many here, and six too many."""
    for module in ("webapp.services.bulk", "webapp.blueprints.console.bookings_matching"):
        monkeypatch.setattr(f"{module}.MOST_AT_ONCE", FEW)
        monkeypatch.setattr(f"{module}.MOST", MANY)


def fill(world: World, count: int, slug: str = "intro") -> list[str]:
    """Bookings to come, half an hour each."""
    profile = world.profile(slug=slug)
    return [
        world.book(profile, at(8) + timedelta(minutes=30 * number), f"G{number}")
        for number in range(count)
    ]


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the confirming form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def statuses(world: World) -> list[str]:
    return [str(row[0]) for row in world.desk.sql("SELECT status FROM booking ORDER BY id")]


def ask(browser: FlaskClient, back: str = "", do: str = "cancel") -> dict[str, str]:
    answer = browser.get(MATCHING, query_string={"do": do, "back": back})
    assert answer.status_code == 200, answer.text
    return fields(answer.text)


@pytest.mark.usefixtures("small")
def test_all_of_a_list_are_cancelled_and_those_of_no_other(
    app: Flask, ada: FlaskClient, office: World
) -> None:
    fill(office, 4)
    office.book(office.profile(slug="other"), at(14))
    form = ask(ada, back="profile=1")
    assert form["expected"] == "4"
    assert ada.post(MATCHING, data=form, headers=SAME).status_code == 422, (
        "the number was not typed"
    )
    sent = form | {"number": "4", "reason": "A storm"}
    answers = [ada.post(MATCHING, data=sent, headers=SAME) for _ in range(2)]
    assert {each.status_code for each in answers} == {303}
    assert answers[0].location == answers[1].location, "the same form is the same work"
    assert statuses(office) == ["confirmed"] * 5
    assert "Changing many bookings" in ada.get(answers[0].location).text
    runner.drain(app)
    page = ada.get(answers[0].location).text
    assert re.search(r"Changed</dt><dd[^>]*>4<", page)
    assert "Cancel bookings, 4 of them" in page
    assert statuses(office) == ["cancelled"] * 4 + ["confirmed"]
    reasons = office.desk.sql("SELECT DISTINCT cancel_reason FROM booking WHERE id < 5")
    assert [row[0] for row in reasons] == ["A storm"]
    who = office.desk.sql("SELECT DISTINCT actor FROM audit_entry WHERE action LIKE '%cancelled'")
    assert [row[0] for row in who] == [f"user:{office.hosts['ada']}"]


@pytest.mark.usefixtures("small")
def test_what_is_refused_stays_and_is_told_and_the_others_go_on(
    app: Flask, ada: FlaskClient, office: World
) -> None:
    uuids = fill(office, 4)
    form = ask(ada) | {"number": "4"}
    page = ada.post(MATCHING, data=form, headers=SAME).location
    with office.desk.begin(office.guest) as uow:
        bookings.cancel(uow, UUID(uuids[1]), by=Actor.INVITEE)
    fill_later = office.book(1, at(12))
    runner.drain(app)
    text = ada.get(page).text
    assert re.search(r"Changed</dt><dd[^>]*>3<", text)
    assert re.search(r"Left as they are</dt><dd[^>]*>1<", text)
    assert f'href="/console/bookings/{uuids[1]}"' in text
    assert "already cancelled" in text
    assert fill_later not in text
    assert statuses(office) == ["cancelled"] * 4 + ["confirmed"]


@pytest.mark.usefixtures("small")
def test_a_list_that_changed_meanwhile_is_shown_again_and_nothing_is_asked_for(
    ada: FlaskClient, office: World
) -> None:
    fill(office, 4)
    form = ask(ada) | {"number": "4"}
    office.book(1, at(12))
    answer = ada.post(MATCHING, data=form, headers=SAME)
    assert answer.status_code == 409
    assert "5 bookings are in it now" in answer.text
    assert fields(answer.text)["expected"] == "5"
    assert office.desk.sql("SELECT count(*) FROM long_work")[0][0] == 0


@pytest.mark.usefixtures("small")
def test_a_few_are_the_chosen_and_too_many_have_to_be_narrowed(
    ada: FlaskClient, office: World
) -> None:
    uuids = fill(office, 6)
    few = ada.get(MATCHING, query_string={"do": "cancel", "back": "q=G2"})
    assert re.findall(r'name="chosen" value="([^"]+)"', few.text) == [uuids[2]]
    many = ada.get(MATCHING, query_string={"do": "cancel"})
    assert many.status_code == 422
    assert "At most 5 bookings" in many.text
    form = {"do": "cancel", "expected": "6", "number": "6"}
    assert ada.post(MATCHING, data=form, headers=SAME).status_code == 422
    assert office.desk.sql("SELECT count(*) FROM long_work")[0][0] == 0


@pytest.mark.usefixtures("small")
def test_a_member_changes_a_hundred_and_not_more(
    office: World, sign_in: Callable[[str], FlaskClient]
) -> None:
    fill(office, 4)
    bela = sign_in("bela")
    assert bela.get(MATCHING, query_string={"do": "cancel", "back": "q=G1"}).status_code == 200
    refused = bela.get(MATCHING, query_string={"do": "cancel"})
    assert refused.status_code == 403
    assert "Only owners and admins" in refused.text
    form = {"do": "cancel", "expected": "4", "number": "4"}
    assert bela.post(MATCHING, data=form, headers=SAME).status_code == 403
    assert statuses(office) == ["confirmed"] * 4


def test_the_list_offers_all_of_them_only_when_it_has_more_pages(
    ada: FlaskClient, office: World
) -> None:
    profile = office.profile()
    with office.desk.begin(office.owner) as uow:
        for number in range(26):
            start = at(9, day=2) + timedelta(hours=number)
            hosts = [office.hosts["ada"]]
            write_booking(
                uow.session, number, profile=profile, start=start, hosts=hosts, made=start
            )
    page = ada.get("/console/bookings?list=past&size=25").text
    assert "All 26 in this list:" in page
    assert 'value="no-show" formaction="/console/bookings/matching">Mark as no-show…' in page
    assert "in this list:" not in ada.get("/console/bookings?list=past").text


def test_another_organizations_bookings_are_in_no_list(ada: FlaskClient, office: World) -> None:
    fill(office, 1)
    other = build_world(office.desk, "hill")
    theirs = fill(other, 2)
    answer = ada.get(MATCHING, query_string={"do": "cancel"})
    chosen = re.findall(r'name="chosen" value="([^"]+)"', answer.text)
    assert len(chosen) == 1
    assert not set(chosen) & set(theirs)


@pytest.mark.usefixtures("small")
def test_a_slice_that_breaks_off_leaves_neither_change_nor_note(
    app: Flask, ada: FlaskClient, office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(office, 4)
    form = ask(ada) | {"number": "4"}
    page = ada.post(MATCHING, data=form, headers=SAME).location
    real, calls = long_work.record, []

    def breaking(*given: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the power went")
        real(*given, **more)

    monkeypatch.setattr(bulk.long_work, "record", breaking)
    with pytest.raises(RuntimeError):
        runner.drain(app)
    assert statuses(office) == ["cancelled"] * 2 + ["confirmed"] * 2
    office.desk.clock.forward(minutes=30)
    runner.drain(app)
    assert statuses(office) == ["cancelled"] * 4
    assert re.search(r"Changed</dt><dd[^>]*>4<", ada.get(page).text)
    sequences = office.desk.sql("SELECT DISTINCT sequence FROM booking")
    assert [row[0] for row in sequences] == [1]
