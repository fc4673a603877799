"""The profile editor with script: the page beside the form, made from what is not saved yet."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import sign_in
from tests.browser.private_profiles import shown
from tests.browser.stage import intro


def test_the_preview_follows_the_typing_and_a_variable_makes_a_question_at_once(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    sign_in(live, somebody)
    somebody.open("/console/profiles")
    page = somebody.page
    page.get_by_role("link", name="Edit Intro call").click()
    shown(somebody)
    frame = page.frame_locator("#look-frame")
    expect(frame.locator("h1")).to_have_text("Intro call")
    assert page.locator("#look-frame").get_attribute("sandbox") == "allow-same-origin"
    page.locator("#name").fill("A <b>bold</b> name")
    page.locator("#description").fill("Where you work: {{company}}")
    expect(frame.locator("h1")).to_have_text("A <b>bold</b> name")
    expect(page.locator("#q-0-label")).to_have_value("Company")
    expect(page.locator("[data-summary=questions]")).to_have_text("Name, e-mail and 1 more")
    expect(page.locator("#description")).to_be_focused()
    page.locator("#durations").fill("nonsense")
    expect(page.locator("#look-state")).to_contain_text("Enter lengths in minutes")
    expect(frame.locator("h1")).to_have_text("A <b>bold</b> name")
    assert somebody.told("policy") == []
    count = live.world.desk.sql("SELECT count(*) FROM audit_entry WHERE action = 'profile.saved'")
    assert count[0][0] == 1
