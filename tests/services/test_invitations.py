"""Invitations below the web: each rule holds in the service, whatever a page asked before."""

from __future__ import annotations

import threading

import pytest

from tests.world import World, build_world
from webapp.domain.errors import Conflict, Forbidden, NotFound, Refusal
from webapp.domain.permissions import Caller, Role
from webapp.models import Message
from webapp.services import invitations
from webapp.services.invitations import InvitationGone

SYSTEM = Caller(None, Role.SYSTEM)
NEW = {"name": "Kim Park", "zone": "Asia/Seoul", "password_hash": "none"}


def token_for(world: World, email: str) -> str:
    with world.desk.begin(world.owner) as uow:
        invitation = invitations.invite(uow, email)
        message = uow.session.get_one(Message, invitation.message_id)
        return str(message.values["once_url"]).rpartition("/")[2]


def test_of_two_who_bring_a_token_at_once_one_joins(every_world: World) -> None:
    token = token_for(every_world, "kim@example.org")
    ready, outcomes = threading.Barrier(4), []

    def join() -> None:
        ready.wait()
        try:
            with every_world.desk.begin(SYSTEM) as uow:
                invitations.accept_new(uow, token, **NEW)
            outcomes.append("joined")
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=join) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["InvitationGone"] * 3 + ["joined"]
    found = every_world.desk.sql("SELECT count(*) FROM membership WHERE role = 'member'")
    assert found[0][0] == 3


def test_an_account_is_never_made_over_one_that_is_there(world: World) -> None:
    other = build_world(world.desk, "hill")
    token = token_for(world, "ada@hill.example.org")
    before = world.desk.sql("SELECT * FROM user")
    with pytest.raises(Conflict), world.desk.begin(SYSTEM) as uow:
        invitations.accept_new(uow, token, **NEW)
    assert world.desk.sql("SELECT * FROM user") == before
    with world.desk.begin(SYSTEM) as uow:  # the refusal used nothing up
        invitations.accept(uow, token, other.hosts["ada"])


def test_only_whom_it_was_sent_to_joins_with_it(world: World) -> None:
    other = build_world(world.desk, "hill")
    token = token_for(world, "ada@hill.example.org")
    with pytest.raises(Forbidden), world.desk.begin(SYSTEM) as uow:
        invitations.accept(uow, token, other.hosts["bela"])
    with world.desk.begin(SYSTEM) as uow:
        joined = invitations.accept(uow, token, other.hosts["ada"])
    assert joined.organization_id == world.organization_id
    with pytest.raises(InvitationGone), world.desk.begin(SYSTEM) as uow:
        invitations.accept(uow, token, other.hosts["ada"])


def test_a_member_who_is_invited_all_the_same_stays_what_they_are(world: World) -> None:
    other = build_world(world.desk, "hill")
    first = token_for(world, "ada@hill.example.org")
    with world.desk.begin(SYSTEM) as uow:
        invitations.accept(uow, first, other.hosts["ada"])
    with world.desk.begin(world.owner) as uow, pytest.raises(Conflict):
        invitations.invite(uow, "ada@hill.example.org", Role.ADMIN)


def test_a_token_of_nobody_is_not_found(world: World) -> None:
    for token in ("", "x", "x" * 101, "\x00"):
        with pytest.raises(NotFound), world.desk.begin(SYSTEM) as uow:
            invitations.accept_new(uow, token, **NEW)
