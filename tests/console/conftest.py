"""A signed-in browser for the tests of the console."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world import World
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import passwords

PASSWORD = "three herons on a quiet pier"
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


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
    """Open a browser that is signed in as somebody."""

    def open_browser(name: str = "ada") -> FlaskClient:
        browser = app.test_client()
        answer = browser.post(
            "/auth/sign-in",
            data={"email": f"{name}@harbour.example.org", "password": PASSWORD},
            headers=SAME,
        )
        assert answer.status_code == 303
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
