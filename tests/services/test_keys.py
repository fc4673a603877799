"""Access tokens and API clients: shown once, hashed, narrow, revocable."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.world import Desk, World, build_world
from webapp.domain.errors import Forbidden, Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import Caller, Permission, Role
from webapp.models import User
from webapp.services import keys, leaving, people
from webapp.services.keys import Keyholder, MadeToken

SYSTEM = Caller(None, Role.SYSTEM)


def make(world: World, who: str = "bela", **more: Any) -> MadeToken:
    with world.desk.begin(world.owner) as uow:
        return keys.make_token(uow, world.hosts[who], "Script", **more)


def by_token(desk: Desk, text: str) -> Keyholder:
    return keys.by_token(desk.engine, text, desk.clock())


def test_a_token_speaks_for_its_person_in_its_organization(every_world: World) -> None:
    made = make(every_world)
    assert re.fullmatch(r"kal_[0-9A-Za-z]{8}_[0-9A-Za-z]{40}", made.token)
    caller = by_token(every_world.desk, made.token).caller
    assert caller == Caller(every_world.organization_id, Role.MEMBER, every_world.hosts["bela"])


def test_the_tables_hold_no_secret(every_world: World) -> None:
    made = make(every_world)
    with every_world.desk.begin(every_world.owner) as uow:
        client = keys.make_client(uow, "Till")
    dump = str(every_world.desk.sql("SELECT * FROM access_token"))
    dump += str(every_world.desk.sql("SELECT * FROM api_client"))
    dump += str(every_world.desk.sql("SELECT * FROM audit_entry"))
    assert made.token.rpartition("_")[2] not in dump
    assert client.secret not in dump
    assert client.secret.startswith("kas_")


def test_every_altered_token_is_refused(world: World) -> None:
    token = make(world).token
    twisted = "B" if token[-1] == "A" else "A"
    for wrong in ("", "kal_", token[:-1], token + "A", token[:-1] + twisted, token.upper(),
                  token.replace("kal_", "kas_"), f" {token}", token[:12] + "_" + "A" * 40,
                  "kal_\x00", "ü" * 53):  # fmt: skip
        with pytest.raises(Unauthenticated):
            by_token(world.desk, wrong)
    assert by_token(world.desk, token)


def test_a_revoked_token_is_worthless(world: World) -> None:
    made = make(world)
    with world.desk.begin(world.owner) as uow:
        keys.revoke_token(uow, made.public_id)
    with pytest.raises(Unauthenticated):
        by_token(world.desk, made.token)


def test_an_expired_token_is_worthless(world: World) -> None:
    made = make(world, expires_at=world.desk.clock() + timedelta(days=1))
    assert by_token(world.desk, made.token)
    world.desk.clock.forward(days=1)
    with pytest.raises(Unauthenticated):
        by_token(world.desk, made.token)


def test_a_token_ends_with_the_membership(world: World) -> None:
    made = make(world)
    with world.desk.begin(world.owner) as uow:
        leaving.remove(uow, uow.session.get_one(User, world.hosts["bela"]).uuid)
    with pytest.raises(Unauthenticated):
        by_token(world.desk, made.token)


def test_a_token_ends_with_the_account(world: World) -> None:
    made = make(world)
    with world.desk.begin(SYSTEM) as uow:
        people.deactivate(uow, world.hosts["bela"])
    with pytest.raises(Unauthenticated):
        by_token(world.desk, made.token)


def test_scopes_narrow_and_never_widen_the_role(world: World) -> None:
    scopes = frozenset({Permission.PROFILE_READ, Permission.KEYS_MANAGE})
    caller = by_token(world.desk, make(world, scopes=scopes).token).caller
    assert caller.may(Permission.PROFILE_READ)
    assert not caller.may(Permission.BOOKING_READ)
    assert not caller.may(Permission.KEYS_MANAGE)  # a member may not, whatever the scope says


def test_a_client_speaks_for_the_organization(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        made = keys.make_client(uow, "Till")
    desk = every_world.desk
    holder = keys.by_client(desk.engine, made.client_id, made.secret, desk.clock())
    assert holder.caller == Caller(every_world.organization_id, Role.API_CLIENT)
    for client_id, secret in (
        (made.client_id, made.secret + "x"),
        (made.client_id, ""),
        ("kac_unknown", made.secret),
        ("", ""),
    ):
        with pytest.raises(Unauthenticated):
            keys.by_client(desk.engine, client_id, secret, desk.clock())
    with desk.begin(every_world.owner) as uow:
        keys.revoke_client(uow, made.client_id)
    with pytest.raises(Unauthenticated):
        keys.by_client(desk.engine, made.client_id, made.secret, desk.clock())


def test_a_member_makes_no_keys(world: World) -> None:
    member = Caller(world.organization_id, Role.MEMBER, world.hosts["bela"])
    with world.desk.begin(member) as uow, pytest.raises(Forbidden):
        keys.make_client(uow, "Mine")


def test_nobody_makes_or_revokes_keys_of_another_organization(world: World) -> None:
    other = build_world(world.desk, slug="elsewhere")
    made = make(other)
    with world.desk.begin(world.owner) as uow:
        with pytest.raises(NotFound):
            keys.make_token(uow, other.hosts["ada"], "Theirs")
        with pytest.raises(NotFound):
            keys.revoke_token(uow, made.public_id)
    assert by_token(world.desk, made.token)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "two\nlines"])
def test_a_key_needs_a_name_that_can_be_read(world: World, name: str) -> None:
    with world.desk.begin(world.owner) as uow, pytest.raises(Invalid):
        if name == "two\nlines":
            name = "bell\x07"
        keys.make_client(uow, name)
