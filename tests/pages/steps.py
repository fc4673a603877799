"""The steps of a visitor without script: hold a time, fill in the form, have a receipt."""

from __future__ import annotations

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages.reading import hidden, words
from tests.world import World

HOME = "/harbour/intro"
NINE, TEN = "2026-11-24T08:00Z", "2026-11-24T09:00Z"
GRACE = {"name": "Grace Hopper", "email": "grace@example.org"}


def hold(client: FlaskClient, start: str = NINE) -> TestResponse:
    """Choose ``start`` on the page, as a button there does."""
    page = client.get(f"{HOME}?d=2026-11-24&tz=Europe/Paris")
    return client.post(f"{HOME}/hold", data=hidden(page) | {"start": start})


def draft(client: FlaskClient, start: str = NINE) -> str:
    answer = hold(client, start)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def book(client: FlaskClient, start: str = NINE, **fields: str) -> str:
    """Book ``start``; the address of the receipt."""
    form = draft(client, start)
    answer = client.post(form, data=hidden(client.get(form)) | GRACE | fields)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def count(world: World, what: str = "status IN ('confirmed', 'pending')") -> int:
    return int(str(world.desk.sql(f"SELECT count(*) FROM booking WHERE {what}")[0][0]))
