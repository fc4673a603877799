"""The console with the keyboard alone: every page is reached, every control of it is a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.private_account import with_codes
from tests.browser.test_keyboard import focused, tab_to
from tests.browser.visitor import NARROW, Visitor
from tests.browser.walking import (
    SYSTEM,
    Walked,
    before_sign_in,
    enter,
    leads_of,
    stand_at_second_step,
    way_to,
)
from tests.routes.furnished import PASSWORD
from webapp.domain.permissions import Role
from webapp.models import OpenIdIdentity

WALK = Path(__file__).parent / "walk.js"
AT_ONCE = 6
"""How many times Tab is pressed before it is asked whether the page is over."""

MOST_STOPS = 300
NOT_BY_LINK = {
    "again_page": "comes by itself before something dear, when the last proof is old",
    "codes_setup": "follows the press of a button",
    "codes_removal_page": "only while codes are on",
    "openid_page": "only while nothing is linked there",
    "matching_page": "only from a list with more than one page",
}
"""Pages that no link leads to in the furnished house, and why."""

ON_A_PHONE = ("home", "booking_list", "booking_page", "schedule_page", "profile_editor", "insights")
"""Pages that look quite different there: bars that stick, tables as cards, boxes in the flow."""


@pytest.fixture
def somebody(house: Walked, comes: MakeVisitor) -> Visitor:
    """Somebody whose every stop is looked at."""
    made = comes(house.live)
    made.page.add_init_script(path=WALK)
    return made


def tab_through(visitor: Visitor, *, past: str = "") -> dict[str, Any]:
    """Tab through the page; ``past`` is what the skip link leads past, where it is pressed."""
    keyboard = visitor.page.keyboard
    visitor.page.evaluate("(past) => walk.begin(past)", past)
    if past:
        keyboard.press("Tab")
        keyboard.press("Enter")
        if not focused(visitor, "main"):  # waiting takes its time on sixty pages
            expect(visitor.page.locator("main")).to_be_focused()
    for _ in range(MOST_STOPS // AT_ONCE):
        for _ in range(AT_ONCE):
            keyboard.press("Tab")
        if visitor.page.evaluate("() => walk.isOver()"):
            break
    told: dict[str, Any] = visitor.page.evaluate("() => walk.told()")
    if told["first"] != "#main":
        told["wrong"].append(f"the first stop is {told['first']}")
    return told


def test_every_page_is_reached_from_home_by_stops_that_can_be_seen(
    house: Walked, somebody: Visitor
) -> None:
    context = somebody.page.context
    enter(house.live, context)
    ways = way_to(house, context, house.pages.keys() - NOT_BY_LINK.keys())
    assert house.pages.keys() - ways.keys() == NOT_BY_LINK.keys()

    home = house.live.url + house.pages["home"]
    befores = {before for before, _ in ways.values() if before}
    walked_anyway = {house.endpoint(before) for before in befores}
    others = {path for endpoint, path in house.pages.items() if endpoint not in walked_anyway}
    found: dict[str, list[str]] = {}
    leads: dict[str, set[str]] = {}
    for address in sorted(befores | {house.live.url + path for path in others}):
        somebody.page.goto(address)
        told = tab_through(somebody, past="" if address == home else "header")
        found[address] = told["wrong"]
        leads[address] = {lead.split("#")[0] for lead in told["leads"]}
    somebody.look(size=NARROW)
    for endpoint in ON_A_PHONE:
        somebody.open(house.pages[endpoint])
        found[f"{endpoint} on a phone"] = tab_through(somebody, past="header")["wrong"]
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    for endpoint, (before, address) in ways.items():
        stops = leads.get(before, set()) | leads[home]
        assert endpoint == "home" or {address, address.split("?")[0]} & stops, (endpoint, before)
    assert somebody.faults == []
    assert max(somebody.statuses) < 400


def test_pages_that_come_and_go_have_a_link_while_they_are_there(
    house: Walked, somebody: Visitor
) -> None:
    world, context = house.live.world, somebody.page.context
    with world.desk.begin(SYSTEM) as uow:
        uow.session.query(OpenIdIdentity).delete()
    with_codes(house.live)
    enter(house.live, context)

    def leads(endpoint: str) -> list[str]:
        address = house.live.url + house.pages[endpoint]
        return leads_of(address, context.request.get(address).text())

    assert house.live.url + house.pages["openid_page"] in leads("account_security")
    assert house.live.url + house.pages["codes_removal_page"] in leads("codes_page")


def test_every_page_before_the_session_is_walked_to_its_end(
    house: Walked, somebody: Visitor
) -> None:
    pages = before_sign_in(house)
    found = {}
    for what, path in pages.items():
        somebody.open(path)
        found[what] = tab_through(somebody)["wrong"]
    with_codes(house.live)
    stand_at_second_step(house.live, somebody)
    somebody.open("/auth/second-step")
    found["second step"] = tab_through(somebody)["wrong"]
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


def test_menus_open_with_enter_or_space_and_close_with_escape_where_they_were_opened(
    house: Walked, somebody: Visitor
) -> None:
    keyboard = somebody.page.keyboard
    enter(house.live, somebody.page.context)
    for address, selector, key in (
        ("home", ".account", "Enter"),
        ("profile_list", ".pf-more", "Space"),
        ("schedule_page", ".av-copy", "Enter"),
    ):
        somebody.open(house.pages[address])
        menu = somebody.page.locator(selector).first
        opener = menu.locator("summary")
        opener.focus()
        keyboard.press(key)
        expect(menu).to_have_attribute("open", "")
        keyboard.press("Tab")
        assert menu.locator(":focus").count() == 1, selector
        keyboard.press("Escape")
        expect(menu).not_to_have_attribute("open", "")
        expect(opener).to_be_focused()
        keyboard.press(key)
        while menu.locator(":focus").count():
            keyboard.press("Tab")
        expect(menu).not_to_have_attribute("open", "")

    somebody.open("/console/")
    stops = somebody.page.locator(".shell :is(a.house, nav a, .account summary)").all()
    tops = [(stop.bounding_box() or {"y": 0.0})["y"] for stop in stops]
    assert tops == sorted(tops), "the order of the stops is the order in which they stand"

    somebody.look(size=NARROW)
    navigation = somebody.page.locator("#navigation")
    expect(navigation).to_be_hidden()
    tab_to(somebody, ".menu-button")
    keyboard.press("Enter")
    expect(navigation).to_be_visible()
    keyboard.press("Tab")
    assert navigation.locator(":focus").count() == 1
    keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    expect(somebody.page.locator(".menu-button")).to_be_focused()
    keyboard.press("Space")
    tab_to(somebody, "#navigation a[href$=bookings]")
    somebody.key("Enter", lands="#bookings")
    expect(navigation).to_be_hidden()


def test_somebody_signs_in_notes_something_and_cancels_with_the_keyboard_alone(
    house: Walked, somebody: Visitor
) -> None:
    keyboard = somebody.page.keyboard
    somebody.open("/auth/sign-in")
    tab_to(somebody, "#email")
    keyboard.type(house.furnished.people[Role.OWNER])
    tab_to(somebody, "#password")
    keyboard.type(PASSWORD)
    somebody.key("Enter", lands="#home")
    tab_to(somebody, "#navigation a[href$=bookings]")
    somebody.key("Enter", lands="#bookings")
    tab_to(somebody, "details.filters summary")
    keyboard.press("Space")
    tab_to(somebody, "#q")
    keyboard.type("Hana")
    somebody.key("Enter", lands=".filter-chips")
    tab_to(somebody, ".entry-link")
    somebody.key("Enter", lands="#booking")
    tab_to(somebody, "#text")
    keyboard.type("Prefers the small room")
    tab_to(somebody, "#booking .actions-near .btn")
    somebody.key("Enter", lands=".noted")
    tab_to(somebody, ".do .danger")
    somebody.key("Enter", lands="#cancel")
    tab_to(somebody, "#cancel .danger")
    somebody.key("Space", lands="#booking")
    assert "Cancelled" in somebody.page.locator("#booking .chip").first.inner_text()
    assert ("cancelled",) in house.live.world.desk.sql("SELECT status FROM booking")
    assert somebody.faults == []
