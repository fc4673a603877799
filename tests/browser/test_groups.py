"""The profile editor's groups with script: names are moved by pointer and by keyboard."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import sign_in
from tests.browser.private_profiles import OPEN_ALL, shown
from tests.browser.visitor import Visitor
from webapp.models import HostGroup

ANNOUNCED = """() => {
  window.announced = [];
  const live = document.getElementById('live');
  new MutationObserver(() => live.textContent && window.announced.push(live.textContent))
    .observe(live, { childList: true });
}"""


def editor(live: Live, comes: MakeVisitor) -> tuple[Visitor, dict[str, str]]:
    """A profile of Ada and one group, Sales, of Bela and Chris; the accounts by name."""
    world = live.world
    group = world.group("bela", "chris")
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(HostGroup, group).name = "Sales"
    profile = world.profile("ada", groups=(group,))
    (row,) = world.desk.sql("SELECT uuid FROM booking_profile WHERE id = :id", id=profile)
    somebody = comes(live)
    sign_in(live, somebody)
    somebody.open(f"/console/profiles/{UUID(str(row[0]))}")
    shown(somebody)
    somebody.page.evaluate(OPEN_ALL)
    somebody.page.evaluate(ANNOUNCED)
    return somebody, {name: str(number) for name, number in world.accounts.items()}


def ticked(page: Page, name: str) -> set[str]:
    """The values of the boxes of that name that are ticked."""
    found = page.locator(f"input[name='{name}']:checked")
    return {str(box.get_attribute("value")) for box in found.all()}


def test_a_name_is_dragged_from_one_group_to_another_and_the_head_count_follows(
    live: Live, comes: MakeVisitor
) -> None:
    somebody, accounts = editor(live, comes)
    page = somebody.page
    expect(page.locator("#count")).to_contain_text("needs Ada Berg, or one of Sales (2).")
    bela = page.locator(f"label[for='g-0-{accounts['bela']}']")
    page.locator("#accounts").evaluate("(people) => people.scrollIntoView()")
    start, end = bela.bounding_box(), page.locator("#accounts").bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 20, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"])
    expect(page.locator("#accounts.pf-droppable")).to_be_visible()
    page.mouse.move(end["x"] + 30, end["y"] + 30, steps=4)
    expect(page.locator("#accounts.pf-over")).to_be_visible()
    page.mouse.up()
    assert ticked(page, "accounts") == {accounts["ada"], accounts["bela"]}
    assert ticked(page, "g-0-members") == {accounts["chris"]}
    expect(page.locator(".pf-group-size")).to_have_text("1 person")
    expect(page.locator("#count")).to_contain_text(
        "needs any one of 2 people, or one of Sales (1)."
    )
    expect(page.locator(".pf-ghost, .pf-droppable, .pf-over")).to_have_count(0)
    assert page.evaluate("window.announced") == ["Bela Cruz moved from Sales to People."]
    somebody.press("#editor .primary", lands=".note.done")
    (row,) = live.world.desk.sql("SELECT count(*) FROM host_group_member")
    assert row[0] == 1
    assert somebody.told("policy") == []


def test_a_name_is_moved_and_added_with_the_keyboard_alone(live: Live, comes: MakeVisitor) -> None:
    somebody, accounts = editor(live, comes)
    page, keys = somebody.page, somebody.page.keyboard
    page.get_by_role("button", name="Move or add Ada Berg", exact=True).focus()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Move to Sales")).to_be_focused()
    keys.press("Escape")
    expect(page.locator(".pf-places")).to_have_count(0)
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Add to Sales")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Move or add Ada Berg", exact=True)).to_be_focused()
    assert ticked(page, "accounts") == {accounts["ada"]}
    assert ticked(page, "g-0-members") == set(accounts.values())
    keys.press("Enter")
    expect(page.get_by_role("button", name="Move to Sales")).to_be_focused()
    keys.press("Enter")
    assert ticked(page, "accounts") == set()
    expect(page.locator("#count")).to_contain_text("needs one of Sales (3).")
    page.wait_for_function("window.announced.length === 2")
    assert page.evaluate("window.announced") == [
        "Ada Berg added to Sales.",
        "Ada Berg moved from People to Sales.",
    ]
