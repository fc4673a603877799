"""The pages of signing in and of one's own account that tests look at."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from tests.browser.live import Live
from tests.browser.private import PASSWORD, sign_in
from tests.browser.stage import State
from tests.browser.visitor import Visitor
from webapp.domain.permissions import Caller, Role
from webapp.models import SignInTicket, User
from webapp.services import account, one_time_codes, password_reset, passwords, second_step
from webapp.services.sessions import Proven, open_session
from webapp.services.steps.tickets import hash_of

SYSTEM = Caller(None, Role.SYSTEM)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1"


def with_password(live: Live) -> None:
    """Ada has a password that she knows."""
    with live.world.desk.begin(SYSTEM) as uow:
        user = uow.session.get_one(User, live.world.hosts["ada"])
        user.password_hash = passwords.hash_password(PASSWORD)


def with_codes(live: Live) -> None:
    """Ada is asked for codes from her phone."""
    import pyotp

    ada, desk = live.world.hosts["ada"], live.world.desk
    with desk.begin(live.world.owner) as uow:
        one_time_codes.start(uow, ada)
    with desk.begin(live.world.owner) as uow:
        secret = one_time_codes.setup(uow, ada).secret.replace(" ", "")
        code = pyotp.TOTP(secret).at(desk.clock())
        one_time_codes.confirm(uow, ada, code, session_id=0)


def _elsewhere(live: Live) -> None:
    """Ada is signed in in two more browsers."""
    ada, desk = live.world.hosts["ada"], live.world.desk
    for agent in (FIREFOX, SAFARI):
        with desk.begin(SYSTEM) as uow:
            open_session(uow, Proven(ada, None, None, both=True), agent)
        desk.clock.now += timedelta(hours=1)


def _at(path: str, live: Live, visitor: Visitor) -> None:
    with_password(live)
    sign_in(live, visitor)
    visitor.open(path)


def _account(live: Live, visitor: Visitor) -> None:
    with live.world.desk.begin(live.world.owner) as uow:
        account.ask_for_address(uow, live.world.hosts["ada"], "ada.berg@example.org")
    _at("/console/account?done=saved", live, visitor)


def _security(live: Live, visitor: Visitor) -> None:
    _elsewhere(live)
    _at("/console/account/security", live, visitor)


def _password_refused(live: Live, visitor: Visitor) -> None:
    _at("/console/account/password", live, visitor)
    visitor.fill("password", "short")
    visitor.press("main form .primary", lands=".summary")


def _codes(live: Live, visitor: Visitor) -> None:
    _at("/console/account/codes", live, visitor)


def _codes_setup(live: Live, visitor: Visitor) -> None:
    _codes(live, visitor)
    visitor.press("main form .primary", lands=".qr")


def _recovery(live: Live, visitor: Visitor) -> None:
    _at("/console/account", live, visitor)
    with_codes(live)
    # Switching codes on ended the session; this one is opened with both steps done.
    with live.world.desk.begin(SYSTEM) as uow:
        token = open_session(uow, Proven(live.world.hosts["ada"], None, None, both=True))
    visitor.page.context.add_cookies([{"name": "kalends", "value": token, "url": live.url}])
    visitor.open("/console/account/codes")
    visitor.press("main form .primary", lands=".codes")


def _known_token(live: Live) -> str:
    """The only ticket gets a secret that is known here."""
    with live.world.desk.begin(SYSTEM) as uow:
        uow.session.execute(sa.update(SignInTicket).values(token_hash=hash_of("known")))
    return "known"


def _reset(live: Live, visitor: Visitor) -> None:
    with live.world.desk.begin(SYSTEM) as uow:
        password_reset.send(uow, "ada@harbour.example.org")
    visitor.open(f"/auth/reset/{_known_token(live)}")
    visitor.fill("password", "short")
    visitor.press("main form .primary", lands="#error")


def _second_step(live: Live, visitor: Visitor) -> None:
    with_codes(live)
    with live.world.desk.begin(SYSTEM) as uow:
        token = second_step.hold(uow, Proven(live.world.hosts["ada"], None, None))
    visitor.page.context.add_cookies([{"name": "kalends-step", "value": token, "url": live.url}])
    visitor.open("/auth/second-step")
    visitor.fill("code", "000000")
    visitor.press("main form .primary", lands="#error")


ACCOUNT_STATES: tuple[State, ...] = (
    State("account", _account, 200, "Your account", "Not confirmed"),
    State("account-security", _security, 200, "Your account", "Firefox on Linux"),
    State("account-password-refused", _password_refused, 422, "password", "12 characters"),
    State("account-codes-setup", _codes_setup, 200, "Set up your phone", "by hand"),
    State("account-recovery", _recovery, 200, "Your recovery codes", "not shown again"),
    State("reset-refused", _reset, 422, "Set a new password", "at least 12 characters"),
    State("second-step-refused", _second_step, 422, "One more step", "used already"),
)
"""The other pages of this area are looked at on one walk (``test_account``)."""
