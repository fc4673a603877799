"""The list of bookings with script: narrowing it in place, and ticking a whole page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import busy_week, sign_in


def test_the_list_is_narrowed_in_place_and_a_whole_page_is_ticked_at_once(
    live: Live, comes: MakeVisitor
) -> None:
    busy_week(live)
    somebody = comes(live)
    sign_in(live, somebody)
    somebody.open("/console/bookings")
    page = somebody.page
    page.locator("#choose-all").check()
    boxes = page.locator("input[name=chosen]")
    expect(page.locator("input[name=chosen]:checked")).to_have_count(boxes.count())
    expect(page.locator("#chosen-count")).to_have_text(f"{boxes.count()} chosen")
    page.get_by_text("Search and filter").click()
    page.locator("#q").fill("grace")
    page.locator("#apply").press("Enter")
    expect(page.locator("#live")).to_have_text("1 booking shown")
    expect(page.locator("#apply")).to_be_focused()
    assert page.url.endswith("/console/bookings?q=grace")
    expect(boxes).to_have_count(1)
    page.go_back()
    expect(boxes).to_have_count(4)
    assert somebody.faults == []
