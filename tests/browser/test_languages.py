"""Pages from right to left and in long words: mirrored, whole, and open to everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests import pseudo
from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.stage import HOME, booked, intro
from tests.browser.test_keyboard import tab_to
from tests.browser.visitor import NARROW, Visitor


@pytest.fixture(autouse=True)
def _spoken() -> Iterator[None]:
    with pseudo.spoken():
        yield


def speaks(live: Live, code: str) -> None:
    """From now on the organization's language is ``code``."""
    with live.world.desk.begin(live.world.owner) as uow:
        statement = sa.text("UPDATE organization SET locale = :code, revision = revision + 1")
        plain = statement.execution_options(unscoped="a test sets the stage")
        uow.session.execute(plain, {"code": code})


def barriers(somebody: Visitor, code: str) -> list[str]:
    """Whatever keeps people out, at 1280 and at 320 px."""
    found = []
    for size in (None, NARROW):
        somebody.look(size=size)
        if code == pseudo.MIRRORED:
            found += [*somebody.axe(), *somebody.small_targets(44)]
        if over := somebody.overflow():
            found.append(f"{over} px wider than the window")
    somebody.look()
    return found


def left(somebody: Visitor, selector: str) -> float:
    """Where the first such element begins, in px from the left."""
    box = somebody.page.locator(selector).first.bounding_box()
    assert box
    return box["x"]


@pytest.mark.parametrize("code", [pseudo.MIRRORED, pseudo.LONG])
def test_every_screen_stands_in_a_made_up_language(
    code: str, live: Live, comes: MakeVisitor
) -> None:
    _, receipt = booked(live)
    speaks(live, code)
    somebody = comes(live, locale="pt-BR")
    somebody.open(HOME)
    assert barriers(somebody, code) == []
    somebody.press(somebody.time("2026-11-24T10:00Z"), lands="#details")
    somebody.press("#confirm", lands="#problem")
    assert barriers(somebody, code) == []
    for path in (receipt, f"{receipt}/move?start=2026-11-25T10:00Z", "/harbour/none"):
        somebody.open(path)
        assert somebody.page.evaluate("document.documentElement.lang") == code
        assert barriers(somebody, code) == []


def test_from_right_to_left_the_page_is_mirrored_and_arrows_follow(
    live: Live, comes: MakeVisitor
) -> None:
    intro(live)
    speaks(live, pseudo.MIRRORED)
    somebody = comes(live, locale="pt-BR")
    somebody.open(HOME)
    assert somebody.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert left(somebody, "#d23") > left(somebody, "#d24")
    assert left(somebody, "#earlier, .turn") > left(somebody, "#later")
    assert left(somebody, ".about") > left(somebody, ".choose > .sheet")
    tab_to(somebody, "#d23")
    somebody.page.keyboard.press("ArrowLeft")
    expect(somebody.page.locator("#d24")).to_be_focused()
    somebody.page.keyboard.press("ArrowRight")
    expect(somebody.page.locator("#d23")).to_be_focused()


def test_another_language_leads_to_the_page_as_it_is_now(live: Live, comes: MakeVisitor) -> None:
    """The foot stays while parts come and go; its links still know which day is shown."""
    intro(live)
    somebody = comes(live, locale="de-DE")
    somebody.open(HOME)
    expect(somebody.page.locator("#month")).to_have_text("November 2026")
    somebody.press("#d25", lands='#d25[aria-current="date"]')
    somebody.press('.langs a[hreflang="fr"]', lands='html[lang="fr"]')
    expect(somebody.page.locator("#d25")).to_have_attribute("aria-current", "date")
    assert "lang=fr" in somebody.page.url
    assert somebody.faults == []
