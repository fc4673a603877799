"""Each designed state: its status, its words, and nothing that keeps anybody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.states import STATES, State
from tests.browser.states_private import EVERY_PRIVATE_STATE
from tests.browser.visitor import NARROW, WIDE, Visitor

LOOKS = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "320 px": ("light", NARROW),
}


def reached(state: State, live: Live, somebody: Visitor) -> Visitor:
    """Somebody who is in that state, having been told what it is."""
    page = somebody.page
    state.reach(live, somebody)
    somebody.settle()
    assert somebody.status == state.status
    expect(page.get_by_role("heading", name=state.heading).first).to_be_visible()
    assert state.sentence in page.locator("body").inner_text()
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.title() not in ("", "Kalends")
    return somebody


def barriers(somebody: Visitor, *, target: int) -> dict[str, list[str]]:
    """By look, whatever keeps people out."""
    found = {}
    for name, (scheme, size) in LOOKS.items():
        somebody.look(scheme=scheme, size=size)
        found[name] = [
            *somebody.axe(colours=name == "dark"),  # light has asked all the rest
            *somebody.small_targets(target),
        ]
        if over := somebody.overflow():
            found[name].append(f"the page is {over} px wider than the window")
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("state", STATES, ids=str)
def test_a_public_state_says_what_it_is_and_everybody_can_use_it(
    state: State, live: Live, comes: MakeVisitor
) -> None:
    somebody = reached(state, live, comes(live))
    assert barriers(somebody, target=44) == {}
    assert somebody.faults == []
    assert somebody.told("policy") == []


@pytest.mark.parametrize("state", EVERY_PRIVATE_STATE, ids=str)
def test_a_page_of_the_console_says_what_it_is_and_everybody_can_use_it(
    state: State, live: Live, comes: MakeVisitor
) -> None:
    somebody = reached(state, live, comes(live))
    assert barriers(somebody, target=24) == {}
    assert somebody.faults == []
    assert somebody.told("policy") == []
