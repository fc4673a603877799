"""Each designed state: its status, its words, and nothing that keeps anybody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.states import STATES, State
from tests.browser.visitor import NARROW, WIDE, Visitor

LOOKS = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "light at 320 px": ("light", NARROW),
}


@pytest.fixture(params=STATES, ids=str)
def reached(
    request: pytest.FixtureRequest, live: Live, comes: MakeVisitor
) -> tuple[State, Visitor]:
    """Somebody who is in that state."""
    state: State = request.param
    somebody = comes(live)
    state.reach(live, somebody)
    somebody.settle()
    return state, somebody


def test_the_state_says_what_it_is_and_everybody_can_use_it(
    reached: tuple[State, Visitor],
) -> None:
    state, somebody = reached
    page = somebody.page
    assert somebody.status == state.status
    expect(page.get_by_role("heading", name=state.heading).first).to_be_visible()
    assert state.sentence in page.locator("body").inner_text()
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.title() not in ("", "Kalends")
    found = {}
    for name, (scheme, size) in LOOKS.items():
        somebody.look(scheme=scheme, size=size)
        found[name] = [*somebody.axe()]
        if over := somebody.overflow():
            found[name].append(f"the page is {over} px wider than the window")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert somebody.faults == []
    assert somebody.told("policy") == []
