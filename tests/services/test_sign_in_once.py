"""What is good once is good once on both databases, for two who bring it at the same time too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest

from tests.world import Desk, World
from webapp.delivery.openid_provider import Identity
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Caller, Role
from webapp.models import TicketKind, User
from webapp.services import account, one_time_codes, openid, sessions
from webapp.services.sessions import Proven
from webapp.services.steps import tickets
from webapp.services.unit_of_work import UnitOfWork

SYSTEM = Caller(None, Role.SYSTEM)
AT_ONCE = 4


def together(desk: Desk, step: Callable[[UnitOfWork], object]) -> int:
    """Do ``step`` in units at the same time; how many of them got something."""

    def once(_: int) -> bool:
        with desk.begin(SYSTEM) as uow:
            return bool(step(uow))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(once, range(AT_ONCE)))


def test_tickets_codes_and_recovery_codes_are_taken_by_one(every_world: World) -> None:
    desk, ada = every_world.desk, every_world.hosts["ada"]
    with desk.begin(SYSTEM) as uow:
        token = tickets.hand_out(uow, TicketKind.RESET, timedelta(minutes=1), user_id=ada)
    assert together(desk, lambda uow: tickets.take(uow, TicketKind.ADDRESS, token)) == 0
    assert together(desk, lambda uow: tickets.take(uow, TicketKind.RESET, token)) == 1

    with desk.begin(every_world.owner) as uow:
        one_time_codes.start(uow, ada)
    with desk.begin(every_world.owner) as uow:
        phone = pyotp.TOTP(one_time_codes.setup(uow, ada).secret.replace(" ", ""))
        now = phone.at(desk.clock())
        recovery = one_time_codes.confirm(uow, ada, now, session_id=0)
    desk.clock.forward(seconds=30)
    code = phone.at(desk.clock())
    assert together(desk, lambda uow: one_time_codes.use(uow, ada, code)) == 1
    assert together(desk, lambda uow: one_time_codes.use(uow, ada, recovery[3])) == 1


def test_sessions_are_listed_ended_and_counted_by_their_owner(every_world: World) -> None:
    desk, ada, bela = every_world.desk, every_world.hosts["ada"], every_world.hosts["bela"]
    tokens = []
    for _ in range(3):
        with desk.begin(SYSTEM) as uow:
            tokens.append(sessions.open_session(uow, Proven(ada, None, None)))
        desk.clock.forward(minutes=1)
    with desk.begin(every_world.owner) as uow:
        listed = [each.id for each in sessions.sessions_of(uow, ada)]
        assert listed == sorted(listed, reverse=True), "the one used last comes first"
        with pytest.raises(NotFound):
            sessions.revoke(uow, bela, listed[0])
        sessions.revoke(uow, ada, listed[0])
        assert sessions.revoke_others(uow, ada, listed[1]) == 1
    with desk.look(SYSTEM) as uow:
        assert [sessions.signed_in(uow, token) is not None for token in tokens] == [
            False,
            True,
            False,
        ]


def test_of_two_ways_in_that_are_removed_at_once_one_stays(every_world: World) -> None:
    desk, ada = every_world.desk, every_world.hosts["ada"]
    identity = Identity("https://id.example.org", "ada", "", False)
    with desk.begin(every_world.owner) as uow:
        uow.session.get_one(User, ada).password_hash = "one"
        openid.link(uow, ada, identity)
    removals: list[Callable[[UnitOfWork], None]] = [
        lambda uow: account.remove_password(uow, ada),
        lambda uow: openid.unlink(uow, ada, identity.issuer),
    ]

    def removed(step: Callable[[UnitOfWork], None]) -> bool:
        try:
            with desk.begin(every_world.owner) as uow:
                step(uow)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(removed, removals)) == [False, True]
    with desk.look(every_world.owner) as uow:
        assert account.ways(uow, ada).count == 1
