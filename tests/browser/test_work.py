"""Long work in a browser: its page goes on by itself, keeps focus, and tells its end once."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import sign_in
from webapp.models import WorkKind
from webapp.services import long_work


def test_the_page_of_long_work_goes_on_by_itself_and_stops_asking_at_the_end(
    live: Live, comes: MakeVisitor
) -> None:
    somebody = comes(live)
    page = somebody.page
    with live.world.desk.begin(live.world.owner) as uow:
        uuid = long_work.start(uow, WorkKind.EXPORT)
    sign_in(live, somebody)
    somebody.open(f"/console/work/{uuid}")
    page.locator("#to-work").focus()
    with page.expect_response(f"**/console/work/{uuid}"):
        pass  # it asks again by itself
    expect(page.locator("#to-work")).to_be_focused()
    live.drain()
    expect(page.get_by_role("link", name="Download the archive")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Everything in one file: Done")
    expect(page.locator("#to-work")).to_be_focused()
    assert page.locator("[hx-trigger]").count() == 0
    assert somebody.faults == []
