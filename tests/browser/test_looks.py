"""Larger text, forced colours, no motion, the wide and the narrow page."""

from __future__ import annotations

import pytest

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.stage import HOME, intro
from tests.browser.states import STATES, State
from tests.browser.visitor import NARROW

SCREENS = [
    state
    for state in STATES
    if state.name in ("first-load", "list", "taken-meanwhile", "receipt", "organization", "cancel")
]
_CLIPPED = """() => [...document.querySelectorAll("main *")]
  .filter((here) => here.checkVisibility() && !here.closest("svg, textarea, input"))
  .filter((here) => {
    const style = getComputedStyle(here);
    return style.clipPath === "none" && style.overflowX !== "visible"
      && here.scrollWidth > here.clientWidth + 1;
  }).map((here) => here.tagName + " " + here.textContent.trim().slice(0, 40))"""
_MOVING = """() => document.getAnimations().length + [...document.querySelectorAll("*")]
  .filter((here) => getComputedStyle(here).transitionDuration.split(",")
    .some((each) => parseFloat(each) > 0)).length"""
_EDGES = """() => [...document.querySelectorAll("button, .btn, input:not([type=hidden])")]
  .filter((here) => here.checkVisibility() && !here.matches(".vh, .turn"))
  .filter((here) => {
    const style = getComputedStyle(here);
    return !(parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== "none")
      && style.outlineStyle === "none";
  }).map((here) => here.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("state", SCREENS, ids=str)
def test_text_of_twice_the_size_stays_whole(state: State, live: Live, comes: MakeVisitor) -> None:
    """In a browser whose own letters are twice as large, at 1280 and at 640 px."""
    somebody = comes(live)
    state.reach(live, somebody)
    somebody.settle()
    own_letters = somebody.page.context.new_cdp_session(somebody.page)
    own_letters.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    assert somebody.page.evaluate("() => getComputedStyle(document.body).fontSize") == "32px"
    for size in (None, {"width": 640, "height": 900}):
        somebody.look(size=size)
        assert somebody.overflow() <= 0
        assert somebody.page.evaluate(_CLIPPED) == []


@pytest.mark.parametrize("state", SCREENS, ids=str)
def test_forced_colours_leave_every_control_its_edge(
    state: State, live: Live, comes: MakeVisitor
) -> None:
    somebody = comes(live, forced_colors="active")
    state.reach(live, somebody)
    somebody.settle()
    assert somebody.page.evaluate("() => matchMedia('(forced-colors: active)').matches")
    assert somebody.page.evaluate(_EDGES) == []
    assert [each for each in somebody.axe() if "color-contrast" not in each] == []


def test_nothing_moves_for_those_who_asked_for_that(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live, reduced_motion="reduce")
    somebody.open(HOME)
    assert somebody.page.evaluate(_MOVING) == 0
    somebody.page.emulate_media(reduced_motion="no-preference")
    assert somebody.page.evaluate(_MOVING) > 0, "this test sees what moves"


def test_three_days_stand_side_by_side_where_there_is_room(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live, viewport={"width": 720, "height": 900})
    somebody.open(f"{HOME}?d=2026-11-27")
    days = somebody.page.locator("#day .day")
    assert [days.nth(i).is_visible() for i in range(3)] == [True] * 3
    boxes = [days.nth(i).bounding_box() for i in range(3)]
    assert len({round(box["y"]) for box in boxes if box is not None}) == 1
    assert "No times Sat 28 Nov to Sun 29 Nov" in days.nth(1).inner_text()
    somebody.look(size=NARROW)
    assert [days.nth(i).is_visible() for i in range(3)] == [True, False, False]
