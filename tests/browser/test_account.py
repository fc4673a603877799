"""Passkeys with a device inside Chromium, and every page of signing in that has no state."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.browser.conftest import MakeVisitor
from tests.browser.live import Live, live_house
from tests.browser.private import PASSWORD
from tests.browser.private_account import SYSTEM, with_password
from tests.browser.test_states import barriers
from tests.browser.visitor import Visitor
from tests.world import Clock
from webapp.models import Passkey, SignInTicket
from webapp.services import account
from webapp.services.sessions import PROVEN_FOR
from webapp.services.steps.tickets import hash_of

ADA = "ada@harbour.example.org"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Live]:
    """The product at an address with a name: passkeys know no numbers."""
    shutil.copy(migrated_sqlite, tmp_path / "kalends.sqlite3")
    url = f"sqlite:///{tmp_path / 'kalends.sqlite3'}"
    with live_house(url, tmp_path, Clock(), host="localhost") as live:
        with_password(live)
        yield live


def sign_in(somebody: Visitor) -> None:
    somebody.open("/auth/sign-in")
    somebody.fill("email", ADA)
    somebody.fill("password", PASSWORD)
    somebody.press("main form .primary", lands="#home")


def test_a_device_makes_a_passkey_signs_in_with_it_and_proves_it_again(
    named: Live, comes: MakeVisitor
) -> None:
    somebody = comes(named)
    device = somebody.page.context.new_cdp_session(somebody.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    sign_in(somebody)
    somebody.open("/console/account/passkeys/new")
    somebody.fill("name", "Laptop")
    somebody.press("main form .primary", lands="#account-security")
    assert "The passkey is added" in somebody.page.locator(".done").inner_text()
    assert "Laptop" in somebody.page.locator("main").inner_text()

    somebody.page.context.clear_cookies()
    somebody.open("/auth/sign-in")
    somebody.press("form[data-passkey] .btn", lands="#home")
    with named.world.desk.look(SYSTEM) as uow:
        assert uow.session.scalars(sa.select(Passkey.used_at)).one() == named.clock()

    named.clock.now += PROVEN_FOR
    somebody.open("/console/account/address")
    somebody.press("form[data-passkey] .btn", lands="#account-address")
    assert somebody.faults == []
    assert somebody.told("policy") == []


def test_every_other_page_of_signing_in_can_be_used_by_everybody(
    named: Live, comes: MakeVisitor
) -> None:
    somebody = comes(named)
    found: dict[str, object] = {}

    def look(path: str) -> None:
        somebody.open(path)
        assert somebody.page.get_by_role("heading", level=1).count() == 1
        found[path] = barriers(somebody, target=44 if path.startswith("/auth") else 24)

    for path in ("/auth/sign-in", "/auth/forgotten", "/auth/reset/nothing"):
        look(path)
    somebody.look()
    sign_in(somebody)
    with named.world.desk.begin(named.world.owner) as uow:
        account.ask_for_address(uow, named.world.hosts["ada"], "ada.berg@example.org")
        uow.session.execute(sa.update(SignInTicket).values(token_hash=hash_of("known")))
    look("/auth/verify/known")
    pages = ("address", "again", "codes", "password/removal", "passkeys/new", "security")
    for page in pages:
        look(f"/console/account/{page}")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert somebody.told("policy") == []
