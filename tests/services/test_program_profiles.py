"""Profiles kept by programs, on both databases: written, attached at once, read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import sqlalchemy as sa

from tests.world import World
from webapp.domain.grouping import Page
from webapp.domain.periods import period
from webapp.domain.required import Required
from webapp.models import HostGroup
from webapp.services import group_times, program_candidates, program_profiles
from webapp.services.group_times import Asked
from webapp.services.program_candidates import Group
from webapp.services.program_profiles import Said


def made(world: World, slug: str = "demo", account_id: int | None = None) -> int:
    said: Said = {"slug": slug, "covers": period("P1M"), "context": "theirs"}
    with world.desk.begin(world.owner) as uow:
        return program_profiles.create(uow, said, account_id=account_id).id


def test_what_a_program_keeps_is_read_again(every_world: World) -> None:
    world = every_world
    ada, bela, chris = world.accounts.values()
    id, own = made(world), made(world, "own", ada)
    with world.desk.begin(world.owner) as uow:
        program_candidates.attach_accounts(uow, id, [bela, ada])
        groups = [Group("g", (chris, bela), Required.ALL), Group("h", (chris,))]
        program_candidates.attach_groups(uow, id, groups)
        program_candidates.detach_groups(uow, id, {"h": None})
        program_profiles.change(uow, id, {"subject": "About {{topic}}", "context": None})
    with world.desk.look(world.owner) as uow:
        told = program_profiles.read(uow, id)
        assert (told.covers, told.context, told.subject) == ("P1M", None, "About {{topic}}")
        assert [each.id for each in program_profiles.listed(uow)[0]] == [id]
        assert [each.id for each in program_profiles.listed(uow, account_id=ada)[0]] == [own]
        assert program_candidates.attached_accounts(uow, id) == ((bela, ada), 2)
        assert program_candidates.attached_groups(uow, id) == ([groups[0]], 1)
        asked = Asked(from_day=date(2026, 11, 24), days=1, page=Page(0, 1))
        found = group_times.times(uow, id, asked)
        assert b'"groupXids":["g"],"accountIds":[%d]' % bela in found.items
        assert found.more
        assert group_times.times(uow, own, asked, account_id=ada).items != b"[]"
        assert uow.session.scalars(sa.select(HostGroup.name)).all() == ["g"]


def test_who_is_attached_at_once_is_attached_each(every_world: World) -> None:
    world = every_world
    id = made(world)
    barrier = Barrier(3)

    def attach(account_id: int) -> None:
        barrier.wait()
        with world.desk.begin(world.owner) as uow:
            program_candidates.attach_accounts(uow, id, [account_id])

    for _ in range(3):
        with world.desk.begin(world.owner) as uow:
            program_candidates.detach_accounts(uow, id, list(world.accounts.values()))
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(attach, world.accounts.values()))
        with world.desk.look(world.owner) as uow:
            found, total = program_candidates.attached_accounts(uow, id)
            assert (set(found), total) == (set(world.accounts.values()), 3)
            assert len(program_profiles.found(uow, id).candidates) == 3
