"""A person books, moves and cancels: with script, without, and with the keyboard alone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import MakeLive, MakeVisitor
from tests.browser.live import Live
from tests.browser.rows import Rows, canonical
from tests.browser.stage import HOME, TEN, give_details, intro
from tests.browser.visitor import Visitor

TWO = "2026-11-25T13:00Z"
"""Wednesday 25 November 2026, 14:00 in Berlin: what they move to."""


def book(live: Live, visitor: Visitor) -> None:
    """From a direct link to the receipt."""
    intro(live)
    visitor.open(HOME)
    visitor.press(visitor.time(TEN), lands="#details")
    give_details(visitor)
    visitor.press("#confirm", lands="#receipt")
    assert "Booked" in visitor.page.title()


def move(visitor: Visitor) -> None:
    """From the receipt to the receipt of another time."""
    visitor.press("#receipt a#move", lands="div#move")
    visitor.press(visitor.time(TWO), lands="#move_confirm")
    visitor.fill("reason", "The train comes later")
    visitor.press("#move_confirm .primary", lands="#receipt")
    assert "14:00" in visitor.page.locator("#receipt .big").inner_text()


def cancel(visitor: Visitor) -> None:
    """From the receipt to the receipt of the cancellation."""
    visitor.press("#receipt a#cancel", lands="div#cancel")
    visitor.fill("reason", "I am ill")
    visitor.press("#cancel .danger", lands="#receipt")
    assert "Cancelled" in visitor.page.title()


def whole_flow(live: Live, visitor: Visitor) -> Rows:
    """Book, move, cancel; the database at the end, all mails sent."""
    book(live, visitor)
    live.clock.forward(minutes=3)
    move(visitor)
    live.clock.forward(minutes=3)
    cancel(visitor)
    live.drain()
    return canonical(live.world.desk.engine)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_booking_takes_at_most_two_activations_and_two_text_fields(
    live: Live, comes: MakeVisitor, script: bool
) -> None:
    somebody = comes(live, script=script)
    book(live, somebody)
    assert somebody.activations == 2
    assert somebody.fields == {"name", "email"}
    if script:  # the browser counted too
        assert len(somebody.told("activation")) == 2
        assert set(somebody.told("field")) == {"name", "email"}


def test_with_and_without_script_the_database_ends_up_the_same(
    opened: MakeLive, comes: MakeVisitor
) -> None:
    scripted, plain = opened(), opened()
    with_script = whole_flow(scripted, comes(scripted))
    without = whole_flow(plain, comes(plain, script=False))
    assert with_script == without
    assert len(without["booking"]) == 1
    assert scripted.mails() == plain.mails() == 6, "booked, moved, cancelled; invitee and host"
