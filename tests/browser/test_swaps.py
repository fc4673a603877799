"""What a part that comes in does: where the focus is, what is read out, what history keeps."""

from __future__ import annotations

import threading
import urllib.parse
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.stage import HOME, TEN, booked, choose, give_details, intro, take
from tests.browser.visitor import Visitor
from tests.world import at


def quiet_and_focused(visitor: Visitor, swaps: int) -> None:
    """Each of the ``swaps`` said one thing, and none left the focus nowhere."""
    visitor.swapped(swaps)
    told: list[dict[str, Any]] = visitor.told("swap")
    assert len(told) == swaps
    spoken = len(visitor.told("said")) + sum(swap["alert"] for swap in told)
    assert spoken == swaps, visitor.seen
    assert [swap for swap in told if swap["after"] == "BODY"] == []


def test_each_swap_says_one_thing_and_leaves_the_focus_somewhere(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    somebody.open(HOME)
    somebody.press("#d25", lands='#d25[aria-current="date"]')
    quiet_and_focused(somebody, 1)
    expect(somebody.page.locator("#d25")).to_be_focused()
    somebody.press("#later", lands='#month:has-text("December")')
    quiet_and_focused(somebody, 2)
    somebody.press("#earlier", lands='#month:has-text("November")')
    quiet_and_focused(somebody, 3)
    somebody.press("#mode", lands=".days.list")
    quiet_and_focused(somebody, 4)
    expect(somebody.page.locator("#mode")).to_be_focused()
    somebody.press("#mode", lands="#month")
    somebody.press(somebody.time(TEN), lands="#details")
    quiet_and_focused(somebody, 6)
    expect(somebody.page.get_by_role("heading", level=1)).to_be_focused()
    somebody.press("#confirm", lands="#problem")
    quiet_and_focused(somebody, 7)
    expect(somebody.page.locator("#problem")).to_be_focused()
    give_details(somebody)
    somebody.press("#confirm", lands="#receipt")
    quiet_and_focused(somebody, 8)
    assert somebody.told("said")[-1] == "Booked. Tuesday 24 November 2026, 10:00."


def test_another_zone_is_taken_at_once_and_said_once(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live, timezone_id="America/New_York")
    somebody.open(HOME)
    somebody.page.wait_for_selector('#times[data-zone="America/New_York"]')
    somebody.swapped(1)
    assert len(somebody.told("said")) == 1
    assert somebody.told("said")[0].startswith("Times now in New York.")
    assert "tz=America/New_York" in somebody.page.url.replace("%2F", "/")
    before = somebody.page.evaluate("() => history.length")
    somebody.page.go_back()
    assert before == 2
    assert HOME not in somebody.page.url, "the page in the other zone stands in one place"


def test_losing_a_time_puts_the_focus_on_what_happened(live: Live, comes: MakeVisitor) -> None:
    profile = intro(live)
    somebody = comes(live)
    choose(somebody)
    give_details(somebody)
    live.clock.forward(minutes=10)
    take(live.world, profile)
    somebody.press("#confirm", lands="#problem")
    expect(somebody.page.locator("#problem")).to_be_focused()
    assert somebody.page.locator("#problem button[name=start]").count() >= 3
    assert somebody.page.locator("#name").input_value() == "Grace"
    assert somebody.page.locator("#email").input_value() == "grace@example.org"
    somebody.press(somebody.page.locator("#problem button[name=start]").first, lands="#receipt")
    assert "Booked" in somebody.page.title()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_back_forward_and_reload_keep_the_state(
    live: Live, comes: MakeVisitor, script: bool
) -> None:
    intro(live)
    somebody = comes(live, script=script)
    page = somebody.page
    somebody.open(HOME)
    somebody.press("#d25", lands='#d25[aria-current="date"]')
    assert "d=2026-11-25" in page.url
    page.reload()
    expect(page.locator('#d25[aria-current="date"]')).to_be_visible()
    somebody.press(somebody.time(TEN.replace("24T", "25T")), lands="#details")
    draft = page.url
    assert "/b/" in draft
    page.reload()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    page.go_back()
    expect(page.locator('#d25[aria-current="date"]')).to_be_visible()
    page.go_back()
    expect(page.locator('#d23[aria-current="date"]')).to_be_visible()
    page.go_forward()
    expect(page.locator('#d25[aria-current="date"]')).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    assert page.url == draft
    give_details(somebody)
    somebody.press("#confirm", lands="#receipt")
    receipt = page.url
    page.reload()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    assert page.url == receipt
    page.go_back()
    expect(page.get_by_role("heading", name="Booked")).to_be_visible()
    assert somebody.faults == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_double_click_books_once(live: Live, comes: MakeVisitor, script: bool) -> None:
    intro(live)
    somebody = comes(live, script=script)
    somebody.open(HOME)
    somebody.time(TEN).dblclick()
    somebody.page.wait_for_selector("#details")
    give_details(somebody)
    somebody.page.locator("#confirm").dblclick()
    somebody.page.wait_for_selector("#receipt")
    assert live.world.desk.sql("SELECT status FROM booking") == [("confirmed",)]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Looks where it is sent, and does not go."""

    def redirect_request(self, *_: object) -> None:
        return None


def _where(url: str, form: dict[str, str], found: list[str]) -> None:
    opener = urllib.request.build_opener(_Stay)
    try:
        opener.open(url, urllib.parse.urlencode(form).encode()).close()
    except urllib.error.HTTPError as answer:
        found.append(f"{answer.code} {answer.headers['Location']}")
        answer.close()


def test_two_equal_posts_at_once_are_one_booking_with_one_receipt(live: Live) -> None:
    draft = live.world.hold(intro(live), at(9))
    form = {"name": "Grace", "email": "grace@example.org", "key": "abcdefghijklmnopqrstuv"}
    found: list[str] = []
    url = f"{live.url}{HOME}/b/{draft}"
    both = [threading.Thread(target=_where, args=(url, form, found)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    assert found[0].startswith("303 /harbour/m/")
    assert live.world.desk.sql("SELECT count(*) FROM booking") == [(1,)]


def test_two_minutes_before_the_hold_ends_it_is_said_once(live: Live, comes: MakeVisitor) -> None:
    intro(live)
    somebody = comes(live)
    somebody.page.clock.install(time=live.clock.now)
    somebody.open(HOME)
    somebody.time(TEN).click()
    somebody.page.wait_for_selector("#details")
    somebody.page.clock.fast_forward("05:50")
    somebody.page.clock.run_for(200)
    sentence = "Two minutes left to confirm. Choose Keep it longer for more time."
    assert sentence not in somebody.told("said")
    somebody.page.clock.fast_forward("00:20")
    somebody.page.clock.run_for(200)
    expect(somebody.page.locator("#live")).to_have_text(sentence)
    assert somebody.told("said").count(sentence) == 1
    expect(somebody.page.locator("#hold.warn")).to_be_visible()


def test_times_that_went_meanwhile_are_marked_and_stay_in_place(
    live: Live, comes: MakeVisitor
) -> None:
    profile = intro(live)
    somebody = comes(live)
    somebody.page.clock.install(time=live.clock.now)
    somebody.open(f"{HOME}?d=2026-11-24")
    before = somebody.page.locator("#day button[name=start]").count()
    take(live.world, profile)
    somebody.page.clock.fast_forward("01:01")
    gone = somebody.page.locator("#day button[name=start]:disabled")
    expect(gone).to_have_text("10:00 to 10:30 taken")
    assert somebody.page.locator("#day button[name=start]").count() == before


def test_a_server_that_cannot_be_reached_is_said_and_nothing_is_lost(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    choose(somebody)
    give_details(somebody)
    somebody.page.context.set_offline(True)
    somebody.page.locator("#confirm").click()
    expect(somebody.page.locator("#flash [role=alert]")).to_be_visible()
    assert somebody.page.locator("#email").input_value() == "grace@example.org"
    somebody.page.context.set_offline(False)
    somebody.press("#confirm", lands="#receipt")
    assert "Booked" in somebody.page.title()


def test_a_fault_of_ours_names_its_reference_and_keeps_what_was_typed(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    somebody = comes(live)
    choose(somebody)
    give_details(somebody)

    def broken(**_: str) -> str:
        raise RuntimeError("a test breaks this page")

    working, live.app.view_functions["booking.confirm"] = (
        live.app.view_functions["booking.confirm"],
        broken,
    )
    somebody.press("#confirm", lands="#flash #error")
    assert somebody.status == 500
    assert "Reference:" in somebody.page.locator("#flash").inner_text()
    assert somebody.page.locator("#name").input_value() == "Grace"
    live.app.view_functions["booking.confirm"] = working
    somebody.press("#confirm", lands="#receipt")


def test_a_moved_booking_keeps_one_history(live: Live, comes: MakeVisitor) -> None:
    _, path = booked(live)
    somebody = comes(live)
    somebody.open(path)
    somebody.press("#receipt a#move", lands="div#move")
    somebody.press("#d25", lands='#d25[aria-current="date"]')
    assert "d=2026-11-25" in somebody.page.url
    somebody.page.go_back()
    expect(somebody.page.locator('#d23[aria-current="date"]')).to_be_visible()
    somebody.page.go_back()
    expect(somebody.page.get_by_role("heading", name="Booked")).to_be_visible()
