"""The whole flow with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.stage import HOME, booked, choose, intro
from tests.browser.visitor import NARROW, Visitor

MOST_STOPS = 25


def focused(visitor: Visitor, selector: str) -> bool:
    """Whether what has the focus fits ``selector``."""
    found = visitor.page.locator(f":focus:is({selector})")
    return found.count() == 1


def tab_to(visitor: Visitor, selector: str, *, most: int = 60) -> int:
    """Press Tab until something that fits has the focus; how often that was."""
    for pressed in range(1, most + 1):
        visitor.page.keyboard.press("Tab")
        if focused(visitor, selector):
            return pressed
    raise AssertionError(f"{selector} is not among the next {most} stops")


def test_the_first_time_is_at_most_25_stops_away(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live)
    somebody.open(HOME)
    assert tab_to(somebody, "button[name=start]") <= MOST_STOPS
    somebody.open(HOME)
    assert tab_to(somebody, "#day button[name=start]") <= MOST_STOPS


def test_without_script_it_is_no_farther(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live, script=False)
    somebody.open(HOME)
    assert tab_to(somebody, "button[name=start]") <= MOST_STOPS


def test_skip_links_lead_past_the_head_and_past_the_month(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live)
    somebody.open(HOME)
    assert tab_to(somebody, 'a[href="#main"]') == 1
    expect(somebody.page.locator('a[href="#main"]')).to_be_in_viewport()
    somebody.page.keyboard.press("Enter")
    expect(somebody.page.locator("main")).to_be_focused()
    tab_to(somebody, 'a[href="#day"]')
    expect(somebody.page.locator('a[href="#day"]')).to_be_in_viewport()
    somebody.page.keyboard.press("Enter")
    expect(somebody.page.locator("#day")).to_be_focused()
    assert tab_to(somebody, "button[name=start]") == 1


def test_somebody_books_moves_and_cancels_with_the_keyboard_alone(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    keyboard = somebody.page.keyboard
    somebody.open(HOME)
    tab_to(somebody, "#d23")
    keyboard.press("ArrowRight")
    somebody.key("Enter", lands='#d24[aria-current="date"]')
    expect(somebody.page.locator("#d24")).to_be_focused()
    tab_to(somebody, '#day button[value="2026-11-24T09:00Z"]')
    somebody.key("Enter", lands="#details")
    tab_to(somebody, "#name")
    keyboard.type("Grace")
    tab_to(somebody, "#email")
    keyboard.type("grace@example.org")
    somebody.key("Enter", lands="#receipt")
    assert "Booked" in somebody.page.title()

    tab_to(somebody, "a#move")
    somebody.key("Enter", lands="div#move")
    tab_to(somebody, "#d23")
    for name in ("ArrowDown", "ArrowUp", "End", "Home", "ArrowRight", "ArrowRight"):
        keyboard.press(name)
    somebody.key("Enter", lands='#d25[aria-current="date"]')
    keyboard.press(".")
    expect(somebody.page.locator("#day")).to_be_focused()
    tab_to(somebody, '#day button[value="2026-11-25T13:00Z"]')
    somebody.key("Enter", lands="#move_confirm")
    tab_to(somebody, "#move_confirm .primary")
    somebody.key("Enter", lands="#receipt")
    assert "14:00" in somebody.page.locator("#receipt .big").inner_text()

    tab_to(somebody, "a#cancel")
    somebody.key("Enter", lands="div#cancel")
    tab_to(somebody, "#cancel .danger")
    somebody.key("Enter", lands="#receipt")
    assert "Cancelled" in somebody.page.title()
    assert live.world.desk.sql("SELECT status FROM booking") == [("cancelled",)]


def test_arrow_keys_cross_the_month_and_take_the_focus_along(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    somebody.open(HOME)
    tab_to(somebody, "#d23")
    somebody.page.keyboard.press("End")
    expect(somebody.page.locator("#d27")).to_be_focused()
    somebody.page.keyboard.press("ArrowRight")
    expect(somebody.page.locator("#d30")).to_be_focused()
    somebody.key("ArrowRight", lands='#month:has-text("December")')
    expect(somebody.page.locator("#d1")).to_be_focused()
    somebody.key("ArrowLeft", lands='#month:has-text("November")')
    expect(somebody.page.locator("#d30")).to_be_focused()
    somebody.key("PageDown", lands='#month:has-text("December")')
    expect(somebody.page.locator("#d30")).to_be_focused()


def test_whatever_can_be_reached_shows_that_it_has_the_focus(
    live: Live, comes: MakeVisitor
) -> None:
    """Every stop of three screens has an outline, and none hides under the bar that sticks."""
    _, path = booked(live)
    somebody = comes(live)
    choose(somebody, time="2026-11-24T13:00Z")
    for url in (HOME, somebody.path, path):
        for size in (None, NARROW):
            somebody.look(size=size)
            somebody.open(url)
            assert unseen_stops(somebody) == []


def unseen_stops(visitor: Visitor) -> list[str]:
    """The stops of the page that a sighted keyboard user could not find."""
    wrong = []
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        told = visitor.page.evaluate(_STOP)
        if told is None:
            return wrong
        if told:
            wrong.append(told)
    return wrong


_STOP = """() => {
  const here = document.activeElement;
  if (here === document.body || here.dataset.visited) return null;
  here.dataset.visited = "yes";
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const name = here.tagName + "#" + here.id + " " + here.textContent.trim().slice(0, 30);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)
    return name + ": no ring";
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const top = document.elementFromPoint(x, box.y + Math.min(box.height / 2, 12));
  if (!top || !(here.contains(top) || top.contains(here))) return name + ": hidden";
  return "";
}"""
