"""Somebody who has never seen the console comes from signing in to a booking on their own page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live
from tests.browser.private import PASSWORD
from tests.browser.visitor import Visitor
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import passwords


def give_password(live: Live) -> None:
    with live.world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        ada = uow.session.get_one(User, live.world.hosts["ada"])
        ada.password_hash = passwords.hash_password(PASSWORD)


def button(somebody: Visitor, name: str) -> Locator:
    return somebody.page.get_by_role("button", name=re.compile(name)).first


def link(somebody: Visitor, name: str) -> Locator:
    return somebody.page.get_by_role("link", name=re.compile(name)).first


def open_steps(somebody: Visitor) -> list[str]:
    found = somebody.page.locator(".first-steps li:has(.btn) strong, .first-steps li:has(.btn) h3")
    return [text.strip() for text in found.all_inner_texts()]


def test_a_newcomer_comes_to_a_test_booking_in_25_activations_and_10_fields(
    live: Live, comes: MakeVisitor
) -> None:
    give_password(live)
    somebody = comes(live)
    somebody.open("/auth/sign-in")
    somebody.fill("email", "ada@harbour.example.org")
    somebody.fill("password", PASSWORD)
    somebody.press("main form .btn.primary", lands="#home")

    somebody.press(button(somebody, "That is right"), lands="#home")
    somebody.press(link(somebody, "^Set hours"), lands="#availability")
    somebody.press(link(somebody, "^Change"), lands="#schedule")
    somebody.press(button(somebody, "^Save"), lands="#availability, #schedule")
    somebody.press(link(somebody, "^Home"), lands="#home")
    somebody.press(button(somebody, "^Skip.*calendar"), lands="#home")
    somebody.press(link(somebody, "^Choose a template"), lands="#profiles, #profile-new")
    somebody.press(link(somebody, "One to one"), lands="#profile-editor")
    somebody.press(button(somebody, "^(Save|Create|Make)"), lands="#profile-editor, #profiles")
    somebody.press(link(somebody, "^Home"), lands="#home")
    somebody.press(link(somebody, "^Open your page"), lands="main")
    if somebody.page.locator("button[name=start]").count() == 0:
        somebody.press(somebody.page.locator("main a[href*='/harbour/']").first, lands="#times")
    somebody.press(somebody.page.locator("button[name=start]").first, lands="#details")
    somebody.fill("name", "Ada Berg")
    somebody.fill("email", "ada@harbour.example.org")
    somebody.press("#details .btn.primary", lands="#receipt")

    assert somebody.activations <= 25
    assert len(somebody.fields) <= 10
    somebody.open("/console/")
    assert somebody.page.locator(".first-steps").count() == 0, "all of it is done"
    assert somebody.faults == []
