"""A signed-in browser for the tests of the console."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from tests.world import World
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import passwords, sessions
from webapp.services.sessions import Proven

PASSWORD = "three herons on a quiet pier"
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def quick_passwords(office: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world with passwords that are checked at once: for tests that sign in often."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        for name in ("ada", "bela"):
            uow.session.get_one(User, office.hosts[name]).password_hash = quick.hash(PASSWORD)


@pytest.fixture
def office(world: World, password_hash: str) -> World:
    """The small world, in which Ada (owner) and Bela (member) can sign in."""
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        for name in ("ada", "bela"):
            user = uow.session.get(User, world.hosts[name])
            assert user is not None
            user.password_hash = password_hash
    return world


@pytest.fixture
def sign_in(app: Flask, office: World) -> Callable[[str], FlaskClient]:
    """Open a browser that is signed in as somebody; proving a password takes time, so it is not."""

    def open_browser(name: str = "ada") -> FlaskClient:
        user_id = office.hosts[name]
        with office.desk.begin(Caller(None, Role.SYSTEM)) as uow:
            user = uow.session.get_one(User, user_id)
            token = sessions.open_session(uow, Proven(user_id, user.password_hash, None))
        browser = app.test_client()
        browser.set_cookie("kalends", token)
        return browser

    return open_browser


@pytest.fixture
def ada(sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """The owner's browser."""
    return sign_in("ada")


def csrf_of(page: str) -> str:
    """The token in a page's forms."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]
