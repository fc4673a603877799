"""Asking addresses as somebody, and seeing what that did to the database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient

from tests.architecture.source import PACKAGE
from tests.browser.rows import Rows, rows
from tests.routes.furnished import PASSWORD
from tests.world import Desk

SAME = {"Sec-Fetch-Site": "same-origin"}
ODD = "\"><i>\x00\u202e'--"
_PARAMETER = re.compile(r'(?:args|values|query|asked\(\))\.get(?:list)?\("([\w-]+)"')


@contextmanager
def kept(desk: Desk) -> Iterator[Callable[[], None]]:
    """Give a function that puts the database back as it is now."""
    path = desk.engine.url.database
    assert path is not None
    desk.engine.dispose()
    with sqlite3.connect(path) as live, sqlite3.connect(":memory:") as copy:
        live.backup(copy)
        yield lambda: copy.backup(live)


@contextmanager
def watched(desk: Desk) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether anything was written since it was last asked."""
    path = desk.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as live:
        seen = [live.execute("PRAGMA data_version").fetchone()]

        def changed() -> bool:
            seen.append(live.execute("PRAGMA data_version").fetchone())
            return seen[-1] != seen[-2]

        yield changed


def signed_in(app: Flask, email: str) -> FlaskClient:
    """A browser of whoever has that address."""
    browser = app.test_client()
    typed = {"email": email, "password": PASSWORD}
    assert browser.post("/auth/sign-in", data=typed, headers=SAME).status_code == 303
    return browser


def business(desk: Desk) -> Rows:
    """All rows but those of sessions and errands."""
    return {
        name: found
        for name, found in rows(desk.engine).items()
        if name not in ("browser_session", "job")
    }


def known_parameters() -> list[str]:
    """Every name that a view reads from its address."""
    sources = (path.read_text() for path in (PACKAGE / "blueprints").rglob("*.py"))
    return sorted({name for text in sources for name in _PARAMETER.findall(text)})
