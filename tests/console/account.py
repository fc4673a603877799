"""What the tests of signing in share: mails as rows, audit entries, a phone, another browser."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyotp
from flask.testing import FlaskClient

from tests.console.conftest import PASSWORD, SAME
from tests.world import Desk, World
from webapp.services import one_time_codes

ADA = "ada@harbour.example.org"


def mails(desk: Desk, template: str) -> list[tuple[str, dict[str, Any]]]:
    """Address and values of every mail of a template, in order."""
    rows = desk.sql(
        'SELECT address, "values" FROM message WHERE template = :t ORDER BY id', t=template
    )
    return [(str(a), v if isinstance(v, dict) else json.loads(str(v))) for a, v in rows]


def changes_told(desk: Desk) -> list[str]:
    """What people were told was changed about their sign-in."""
    return [values["change"] for _, values in mails(desk, "sign-in-changed")]


def noted(desk: Desk, subject: str) -> list[str]:
    """The actions in the audit log about a subject."""
    rows = desk.sql("SELECT action FROM audit_entry WHERE subject = :s ORDER BY id", s=subject)
    return [str(action) for (action,) in rows]


def enter(client: FlaskClient, password: str = PASSWORD, email: str = ADA, **more: str) -> Any:
    """Send the sign-in form."""
    return client.post(
        "/auth/sign-in", data={"email": email, "password": password} | more, headers=SAME
    )


def post(client: FlaskClient, path: str, **data: object) -> Any:
    """Send a form as a browser does from our own page."""
    return client.post(path, data=data, headers=SAME)


class Phone:
    """Somebody's app for one-time codes."""

    def __init__(self, secret: str) -> None:
        self._made = pyotp.TOTP(secret.replace(" ", ""))

    def code(self, at: datetime) -> str:
        """The code that it shows at ``at``."""
        return self._made.at(at)


def with_codes(world: World, name: str = "ada") -> tuple[Phone, list[str]]:
    """Switch codes on for somebody; their phone and their recovery codes."""
    user_id, desk = world.hosts[name], world.desk
    with desk.begin(world.owner) as uow:
        one_time_codes.start(uow, user_id)
    with desk.begin(world.owner) as uow:
        phone = Phone(one_time_codes.setup(uow, user_id).secret)
        code = phone.code(desk.clock())
        recovery = one_time_codes.confirm(uow, user_id, code, session_id=0)
    desk.clock.forward(seconds=60)
    return phone, recovery
