"""The schedule editor with script: what a press and a change bring in, and where the focus is."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import sign_in
from tests.browser.private_availability import HERE, furnished
from tests.browser.test_swaps import quiet_and_focused


def test_the_preview_follows_the_typing_and_buttons_keep_the_focus(
    live: Live, comes: MakeVisitor
) -> None:
    uuid = furnished(live)[0]
    somebody = comes(live)
    sign_in(live, somebody)
    somebody.open(f"{HERE}/{uuid}")
    page = somebody.page
    page.locator("#fri-to-0").fill("11:15")
    expect(page.locator("#preview")).to_contain_text("09:00–11:15")
    expect(page.locator("#fri-to-0")).to_be_focused()
    quiet_and_focused(somebody, 1)
    assert somebody.told("said")[-1] == "Preview updated."
    somebody.press("#fri-add", lands="#fri-from-1")
    expect(page.locator("#fri-from-1")).to_be_focused()
    quiet_and_focused(somebody, 2)
    page.locator("#pick-date").fill("2026-12-28")
    expect(page.locator("#new-dates")).to_have_value("2026-12-28")
    somebody.press("button[value=add-dates]", lands="li:has-text('Mon 28 Dec')")
    assert somebody.faults == []
    assert somebody.told("policy") == []
