"""The console without JavaScript: every page can be used, every job is done by plain pages."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import MakeVisitor
from tests.browser.private_account import with_codes
from tests.browser.visitor import Visitor
from tests.browser.walking import (
    Walked,
    before_sign_in,
    enter,
    invited,
    stand_at_second_step,
)
from tests.console.test_team_pages import uuid_of
from tests.routes.furnished import ICS, PASSWORD
from tests.world import at, build_world
from webapp.domain.permissions import Caller, Role
from webapp.services import people

FAULTS = """() => {
  const wrong = [];
  const seen = (here) => here.checkVisibility({ visibilityProperty: true });
  const name = (here) => `${here.localName} ${here.id || here.getAttribute("name") || ""}`
    + ` "${here.textContent.trim().replace(/\\s+/g, " ").slice(0, 40)}"`;
  const every = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  document.querySelectorAll("details").forEach((box) => {
    box.removeAttribute("name");
    box.open = true;
  });
  if (every("main h1").length !== 1) wrong.push(`${every("main h1").length} first headings`);
  const submits = (here) => here.matches("button:not([type]), [type=submit], [type=image]");
  const reachable = (here) => seen(here) && !here.matches("[aria-hidden=true]");

  every("button").forEach((here) => {
    const target = here.getAttribute("popovertarget");
    if (target && document.getElementById(target)?.matches("[popover]")) return;
    if (!submits(here) || !here.form) wrong.push(`${name(here)}: does nothing`);
  });
  every("a").forEach((here) => {
    const to = here.getAttribute("href");
    const isLost = to && to.startsWith("#") && !document.getElementById(to.slice(1));
    if (!to || isLost || to.startsWith("javascript:")) wrong.push(`${name(here)}: leads nowhere`);
  });
  every("input, select, textarea").forEach((here) => {
    if (!here.form && !here.readOnly) wrong.push(`${name(here)}: belongs to no form`);
  });
  every("form").forEach((here) => {
    if (!here.getAttribute("action")) wrong.push(`${name(here)}: no action`);
    if (!/^(get|post)$/.test(here.getAttribute("method"))) wrong.push(`${name(here)}: no method`);
    if (here.method === "post" && !here.elements.csrf?.value) wrong.push(`${name(here)}: no token`);
    if (![...here.elements].some((each) => submits(each) && reachable(each)))
      wrong.push(`${name(here)}: no button`);
  });
  every("[hx-get], [hx-post], [role=button], [role=link], [data-passkey]").forEach((here) => {
    const itself = /^every|\\bfrom:/.test(here.getAttribute("hx-trigger") || "");
    const plain = here.matches("a[href], form[action]") || here.form;
    if (!(itself || plain) || here.matches("[data-passkey]"))
      wrong.push(`${name(here)}: takes script`);
  });
  return wrong;
}"""
"""What a page shows that is of no use without script."""


@pytest.fixture
def somebody(house: Walked, comes: MakeVisitor) -> Visitor:
    return comes(house.live, script=False)


def test_no_page_shows_what_takes_script(house: Walked, somebody: Visitor) -> None:
    found: dict[str, list[str]] = {}

    def look(what: str, path: str) -> None:
        somebody.open(path)
        found[what] = list(somebody.page.evaluate(FAULTS))

    for what, path in before_sign_in(house).items():
        look(what, path)
    enter(house.live, somebody.page.context)
    for endpoint, path in house.pages.items():
        look(endpoint, path)
        assert somebody.status == 200, endpoint
    own = uuid_of(house.live.world, "ada")
    look("leaving as the only owner", f"/console/team/{own}/removal")
    with_codes(house.live)
    stand_at_second_step(house.live, somebody)
    look("second step", "/auth/second-step")
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


def go(somebody: Visitor, words: str, *, lands: str, among: str = "main") -> None:
    """Press the first link or button of those words; its page has the part ``lands``."""
    pressed = somebody.page.locator(f"{among} :is(a, button)").filter(has_text=re.compile(words))
    somebody.press(pressed.first, lands=lands)


def done(somebody: Visitor) -> str:
    """What the page says was done."""
    return somebody.page.locator("main .done").inner_text()


def test_what_people_can_book_is_made_by_plain_pages(house: Walked, somebody: Visitor) -> None:
    enter(house.live, somebody.page.context)
    main = somebody.page.locator("main")
    somebody.open("/console/")
    go(somebody, "Profiles", among="#navigation", lands="#profiles")
    go(somebody, "New profile", lands="#profile-new")
    go(somebody, "One to one", lands="#profile-editor")
    somebody.fill("name", "Harbour walk")
    go(somebody, "Save profile", lands=".done")
    assert "The profile is made" in done(somebody)
    if somebody.page.locator("#profile-editor").count() == 0:
        go(somebody, "Edit Harbour walk", lands="#profile-editor")
    somebody.fill("durations", "45")
    go(somebody, "^Save", among=".pf-bar-save", lands=".done")
    assert "Saved" in done(somebody)
    go(somebody, "Profiles", among="#navigation", lands="#profiles")
    assert "Harbour walk" in main.inner_text()

    go(somebody, "Availability", among="#navigation", lands="#availability")
    go(somebody, "^Change", lands="#schedule")
    somebody.press("#mon-add", lands="#mon-from-1")
    somebody.page.locator("#mon-from-1").fill("18")
    somebody.page.locator("#mon-to-1").fill("20")
    go(somebody, "^Preview", lands=".av-fortnight")
    assert "18:00" in somebody.page.locator(".av-fortnight").inner_text()
    go(somebody, "Save schedule", lands=".done")
    assert "The schedule is saved" in done(somebody)
    assert "18:00" in main.inner_text()

    go(somebody, "Availability", among="#navigation", lands="#availability")
    somebody.page.locator("#away summary", has_text="Add time away").click()
    somebody.fill("start", "2026-12-14")
    somebody.fill("label", "Painting the boat")
    go(somebody, "^Add time away", among="#away form", lands=".done")
    assert "Painting the boat" in somebody.page.locator("#away").inner_text()

    go(somebody, "Calendars", among="#navigation", lands="#calendars")
    somebody.page.locator("#file").set_input_files(
        {"name": "tides.ics", "mimeType": "text/calendar", "buffer": ICS}
    )
    somebody.page.locator("#file-name").fill("Tides")
    go(somebody, "Link file", lands=".done")
    assert "Tides" in somebody.page.locator("#calendar-cards").inner_text()

    go(somebody, "Availability", among="#navigation", lands="#availability")
    go(somebody, "Why not", lands="#why_not")
    somebody.page.locator("#profile").select_option(label="Harbour walk")
    somebody.fill("date", "2026-12-14")
    somebody.fill("time", "10:00")
    go(somebody, "^Ask", lands=".av-verdict")
    assert "No, it is not offered" in somebody.page.locator(".av-verdict").inner_text()


def test_bookings_are_found_and_changed_by_plain_pages(house: Walked, somebody: Visitor) -> None:
    world = house.live.world
    many = world.profile(slug="class", name="Class", seats=40)
    for number in range(26):
        world.book(many, at(8, day=25), f"Guest{number:02}")
    enter(house.live, somebody.page.context)
    main = somebody.page.locator("main")
    somebody.open("/console/bookings?size=25")
    first = main.locator(".entry").all_inner_texts()
    go(somebody, "^Next 25", lands="#page-previous")
    assert set(main.locator(".entry").all_inner_texts()).isdisjoint(first)
    somebody.page.locator("details.filters summary").click()
    somebody.fill("q", "Guest0")
    go(somebody, "^Show$", lands=".filter-chips")
    assert main.locator(".entry").count() == 10
    for box in main.locator("input[name=chosen]").all()[:2]:
        box.check()
    go(somebody, "^Cancel", among=".bulk", lands="#chosen")
    somebody.fill("reason", "Storm")
    go(somebody, "^Cancel 2 bookings", lands="#chosen-done")
    assert "2 of 2 done" in main.inner_text()

    somebody.open("/console/bookings?q=Hana")
    somebody.press(".entry-link", lands="#booking")
    go(somebody, "^Cancel booking", lands="#cancel")
    go(somebody, "^Cancel booking", lands="#booking")
    assert "Cancelled" in main.locator(".chip").first.inner_text()

    somebody.open(house.pages["booking_page"])
    somebody.fill("text", "Prefers the window")
    go(somebody, "Save note", lands=".noted >> nth=1")
    assert "Prefers the window" in main.inner_text()
    go(somebody, "^Move$", lands="#move")
    somebody.press("a.time >> nth=0", lands="#move-confirm")
    go(somebody, "^Move booking", lands=".done")
    assert "The booking is moved" in done(somebody)
    house.live.clock.forward(days=7)
    enter(house.live, somebody.page.context)
    somebody.page.reload()
    go(somebody, "Mark as no-show", lands=".done")
    assert "It is marked as a no-show" in done(somebody)


def test_the_team_and_the_house_are_kept_by_plain_pages(
    house: Walked, somebody: Visitor, comes: MakeVisitor
) -> None:
    enter(house.live, somebody.page.context)
    main = somebody.page.locator("main")
    somebody.open("/console/")
    go(somebody, "Team", among="#navigation", lands="#team")
    somebody.fill("email", "dora@example.org")
    go(somebody, "Send invitation", lands=".done")
    assert "The invitation is on its way" in done(somebody)

    dora = comes(house.live, script=False)
    dora.open(invited(house.live))
    dora.fill("name", "Dora Ek")
    dora.fill("password", PASSWORD)
    go(dora, "Make my account and join", lands="#team")
    assert "Welcome" in done(dora)

    somebody.page.reload()
    go(somebody, "Dora Ek", lands="#member")
    somebody.page.locator("input[name=role][value=admin]").check()
    go(somebody, "Save role", lands=".done")
    assert "The role is changed" in done(somebody)

    go(somebody, "Settings", among="#navigation", lands="#settings")
    somebody.fill("name", "Harbour and Sons")
    go(somebody, "^Save", among="#settings form.two", lands=".done")
    assert "Harbour and Sons" in somebody.page.locator(".house-name").inner_text()
    somebody.page.locator("#primary").fill("#7a1fa2")
    go(somebody, "Try these colours", lands="#look .note")
    go(somebody, "Save colours", lands=".done")
    assert "The new look" in done(somebody)

    go(somebody, "Connect", among="#navigation", lands="#connect")
    go(somebody, "Long work", lands="#work-list")
    go(somebody, "Export everything", lands="#work")
    go(somebody, "Look again", lands="#work")
    assert "Begins in a moment" in main.inner_text()


def test_ones_own_account_is_kept_by_plain_pages(house: Walked, somebody: Visitor) -> None:
    import pyotp

    hill = build_world(house.live.world.desk, "hill")
    with hill.desk.begin(Caller(hill.organization_id, Role.SYSTEM)) as uow:
        people.join(uow, house.live.world.hosts["ada"], Role.MEMBER)
    main = somebody.page.locator("main")
    somebody.open("/auth/sign-in")
    somebody.fill("email", house.furnished.people[Role.OWNER])
    somebody.fill("password", PASSWORD)
    go(somebody, "^Sign in$", lands="#home")

    go(somebody, "Connect", among="#navigation", lands="#connect")
    go(somebody, "^New access token", lands="#connect-new")
    somebody.fill("name", "Tide table")
    go(somebody, "^Make access token", lands="#connect-made")
    secret = somebody.page.locator("#secret").input_value()
    assert len(secret) > 20
    go(somebody, "I have copied it", lands="#connect")
    assert "Tide table" in main.inner_text()
    assert secret not in somebody.page.content()

    somebody.open("/console/account/security")
    go(somebody, "codes from your phone", lands="#account-codes")
    go(somebody, "Set up a phone", lands="#account-codes-setup")
    shown = somebody.page.locator(".secret").inner_text().replace(" ", "")
    somebody.fill("code", pyotp.TOTP(shown).at(house.live.clock()))
    go(somebody, "Switch codes on", lands="#account-recovery")
    assert somebody.page.locator(".codes li").count() == 10

    menu = somebody.page.locator("details.account")
    menu.locator("summary").click()
    go(somebody, "^Hill$", among=".account", lands="#home")
    assert somebody.page.locator(".house-name").inner_text() == "Hill"
    menu.locator("summary").click()
    go(somebody, "^Sign out$", among=".account", lands=".gate")
    assert "You are signed out" in main.inner_text()
    somebody.open("/console/")
    assert somebody.path == "/auth/sign-in"
