"""Who serves a profile: attached and detached, accounts and groups, and what must stay theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.api.group_booking.conftest import Program
from tests.world import World, build_world
from webapp.domain.errors import NotFound
from webapp.domain.fairness import TURN
from webapp.domain.required import Required
from webapp.models import Account, BookingProfile, Calendar, HostGroup, ProfileHost
from webapp.services import host_groups, profiles, program_candidates


def accounts_of(program: Program, id: int) -> list[int]:
    page = program.done("GET", f"/group/profiles/{id}/attachAccounts")
    return [each for record in page["records"] for each in record["accountIds"]]


def groups_of(program: Program, id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.done("GET", f"/group/profiles/{id}/attachGroups")[
        "records"
    ]
    return found


def attach(program: Program, id: int, *groups: tuple[str, list[int], str]) -> None:
    said = [{"extId": name, "accountIds": ids, "required": mode} for name, ids, mode in groups]
    program.done("POST", f"/group/profiles/{id}/attachGroups", {"groups": said})


def test_accounts_are_attached_once_and_listed_in_pages(program: Program, world: World) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    path = f"/group/profiles/{id}"
    nobody = {"offset": 0, "totalSize": 0, "done": True, "records": []}
    assert program.done("GET", f"{path}/attachAccounts") == nobody
    for _ in range(2):
        said = {"accountIds": [chris, ada, chris]}
        assert program.done("POST", f"{path}/attachAccounts", said) == {"status": "Ok"}
    program.done("POST", f"{path}/attachAccounts", {"accountIds": [bela]})
    assert accounts_of(program, id) == [chris, ada, bela]
    page = program.done("GET", f"{path}/attachAccounts", limit=2)
    assert page["records"] == [{"accountIds": [chris, ada]}]
    assert (page["totalSize"], page["done"]) == (3, False)
    page = program.done("GET", f"{path}/attachAccounts", limit=2, offset=2)
    assert page["records"] == [{"accountIds": [bela]}]
    assert page["done"]
    assert program.done("GET", f"{path}/attachAccounts", offset=3)["records"] == []


def test_detaching_takes_off_who_is_there_and_minds_nobody_else(
    program: Program, world: World
) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    path = f"/group/profiles/{id}"
    program.done("POST", f"{path}/attachAccounts", {"accountIds": [ada, bela]})
    program.done("POST", f"{path}/detachAccounts", {"accountIds": [ada, chris, 12345]})
    assert accounts_of(program, id) == [bela]
    program.done("POST", f"{path}/detachAccounts", {"accountIds": [bela]})
    assert accounts_of(program, id) == []
    assert program.done("GET", f"{path}/meeting")["items"] == []


def test_groups_are_told_as_they_were_attached(program: Program, world: World) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    attach(program, id, ("north", [ada, bela], "one"), ("süd 2", [chris, ada], "all"))
    assert groups_of(program, id) == [
        {"extId": "north", "accountIds": [ada, bela], "required": "one"},
        {"extId": "süd 2", "accountIds": [chris, ada], "required": "all"},
    ]
    page = program.done("GET", f"/group/profiles/{id}/attachGroups", limit=1)
    assert (page["totalSize"], page["done"]) == (2, False)


def test_a_group_without_a_mode_needs_one(program: Program, world: World) -> None:
    id = program.profile()
    said = {"groups": [{"extId": "g", "accountIds": [world.accounts["ada"]]}]}
    program.done("POST", f"/group/profiles/{id}/attachGroups", said)
    assert groups_of(program, id)[0]["required"] == "one"


def test_a_group_of_the_same_name_is_replaced_in_its_place(program: Program, world: World) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    attach(program, id, ("a", [ada], "one"), ("b", [bela], "one"))
    attach(program, id, ("a", [chris, bela], "all"))
    assert groups_of(program, id) == [
        {"extId": "a", "accountIds": [chris, bela], "required": "all"},
        {"extId": "b", "accountIds": [bela], "required": "one"},
    ]
    assert len(world.desk.sql("SELECT id FROM host_group")) == 2


def test_two_profiles_have_groups_of_one_name_apart(program: Program, world: World) -> None:
    ada, bela, _ = world.accounts.values()
    first, second = program.profile("first"), program.profile("second")
    attach(program, first, ("g", [ada], "one"))
    attach(program, second, ("g", [bela], "all"))
    assert groups_of(program, first)[0]["accountIds"] == [ada]
    program.done("POST", f"/group/profiles/{second}/detachGroups", {"groups": [{"extId": "g"}]})
    assert groups_of(program, first)[0]["accountIds"] == [ada]


def test_detaching_takes_accounts_out_of_a_group_until_it_is_empty(
    program: Program, world: World
) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    attach(program, id, ("g", [ada, bela], "all"), ("h", [chris], "one"))
    path = f"/group/profiles/{id}/detachGroups"
    program.done("POST", path, {"groups": [{"extId": "g", "accountIds": [ada, chris]}]})
    assert groups_of(program, id)[0] == {"extId": "g", "accountIds": [bela], "required": "all"}
    program.done("POST", path, {"groups": [{"extId": "g", "accountIds": []}, {"extId": "none"}]})
    program.done("POST", path, {"groups": [{"extId": "g", "accountIds": [bela]}]})
    assert [each["extId"] for each in groups_of(program, id)] == ["h"]
    program.done("POST", path, {"groups": [{"extId": "h"}]})
    assert world.desk.sql("SELECT id FROM host_group") == [], "made for this profile, gone with it"


def test_a_group_that_others_share_is_copied_not_changed(program: Program, world: World) -> None:
    ada, bela, chris = world.accounts.values()
    group = world.group("ada", "bela")
    one, two = world.profile(groups=(group,)), world.profile(groups=(group,), slug="two")
    xid = groups_of(program, one)[0]["extId"]
    attach(program, one, (xid, [chris], "all"))
    assert groups_of(program, one) == [{"extId": xid, "accountIds": [chris], "required": "all"}]
    assert groups_of(program, two) == [{"extId": xid, "accountIds": [ada, bela], "required": "one"}]
    path = f"/group/profiles/{two}/detachGroups"
    program.done("POST", path, {"groups": [{"extId": xid, "accountIds": [ada]}]})
    assert groups_of(program, two)[0]["accountIds"] == [bela]
    with world.desk.look(world.owner) as uow:
        shared = [each for each in host_groups.all_groups(uow) if each.shared]
    assert [each.accounts for each in shared] == [(ada, bela)]


def test_a_profile_does_not_take_a_group_made_for_another(program: Program, world: World) -> None:
    id = program.profile()
    attach(program, id, ("g", [world.accounts["ada"]], "one"))
    with world.desk.look(world.owner) as uow:
        (group_id,) = uow.session.scalars(sa.select(HostGroup.id))
    with world.desk.begin(world.owner) as uow:
        made = uow.session.get_one(BookingProfile, id)
        copy = profiles.duplicate(uow, made.uuid)
        assert copy.candidates[0]["key"] != f"group:{group_id}"
        copied = copy.id
    assert groups_of(program, copied) == groups_of(program, id)
    with pytest.raises(NotFound):
        world.profile(groups=(group_id,), slug="third")


def test_foreign_and_unknown_accounts_are_not_found_and_change_nothing(
    program: Program, world: World
) -> None:
    theirs = build_world(world.desk, "hill").accounts["ada"]
    own = world.accounts["ada"]
    id = program.profile()
    for stranger in (theirs, 10**12):
        said: dict[str, Any] = {"accountIds": [own, stranger]}
        program.refused(404, "POST", f"/group/profiles/{id}/attachAccounts", said)
        said = {"groups": [{"extId": "g", "accountIds": [own, stranger]}]}
        program.refused(404, "POST", f"/group/profiles/{id}/attachGroups", said)
    assert accounts_of(program, id) == []
    assert groups_of(program, id) == []
    assert world.desk.sql("SELECT id FROM host_group") == []


def test_a_read_only_account_is_refused_by_name(program: Program, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        uow.session.get_one(Account, world.accounts["bela"]).writable = False
    id = program.profile()
    said: dict[str, Any] = {"accountIds": [world.accounts["bela"]]}
    told = program.refused(400, "POST", f"/group/profiles/{id}/attachAccounts", said)
    assert "read-only" in told["accountIds"]
    said = {"groups": [{"extId": "g", "accountIds": [world.accounts["bela"]]}]}
    program.refused(400, "POST", f"/group/profiles/{id}/attachGroups", said)
    assert groups_of(program, id) == []


def test_what_cannot_be_attached_is_refused_by_its_place(program: Program, world: World) -> None:
    ada = world.accounts["ada"]
    id = program.profile()
    accounts, groups = f"/group/profiles/{id}/attachAccounts", f"/group/profiles/{id}/attachGroups"
    cases: list[tuple[str, object, str]] = [
        (accounts, {}, "accountIds"),
        (accounts, {"accountIds": ada}, "accountIds"),
        (accounts, {"accountIds": ["1"]}, "accountIds[0]"),
        (accounts, {"accountIds": [2**63]}, "accountIds[0]"),
        (accounts, {"accountIds": [-1]}, "accountIds[0]"),
        (accounts, {"accountIds": list(range(1, 1002))}, "accountIds"),
        (groups, {"groups": [{"accountIds": [ada]}]}, "groups[0].extId"),
        (groups, {"groups": [{"extId": " ", "accountIds": [ada]}]}, "groups[0].extId"),
        (groups, {"groups": [{"extId": "\u200b", "accountIds": [ada]}]}, "groups[0].extId"),
        (groups, {"groups": [{"extId": "x" * 201, "accountIds": [ada]}]}, "groups[0].extId"),
        (groups, {"groups": [{"extId": "g", "accountIds": []}]}, "groups[0].accountIds"),
        (groups, {"groups": [{"extId": "g", "accountIds": [ada], "required": "any"}]},
         "groups[0].required"),
        (groups, {"groups": [{"extId": "g", "accountIds": [ada]}] * 2}, "groups[1].extId"),
    ]  # fmt: skip
    for path, body, place in cases:
        assert place in program.refused(400, "POST", path, body), body
    assert accounts_of(program, id) == []


def test_a_thousand_accounts_are_attached_with_few_statements_and_one_more_is_refused(
    program: Program, world: World
) -> None:
    ids = list(world.accounts.values())
    with world.desk.begin(world.owner) as uow:
        host = world.hosts["ada"]
        uow.session.add_all(
            Account(host_id=host, kind="local", name=f"A{n}", created_at=uow.now)
            for n in range(998)
        )
        uow.session.flush()
        found = uow.session.scalars(sa.select(Account.id).order_by(Account.id)).all()
        uow.session.add_all(
            Calendar(
                uuid=uuid4(), account_id=each, name="C", zone="UTC", primary=True,
                created_at=uow.now,
            )
            for each in found
            if each not in ids
        )  # fmt: skip
    id = program.profile()

    def statements(accounts: Sequence[int]) -> list[str]:
        asked: list[str] = []

        def note(*args: Any) -> None:
            asked.append(args[2].split(maxsplit=1)[0])

        with world.desk.begin(world.owner) as uow:
            sa.event.listen(world.desk.engine, "before_cursor_execute", note)
            program_candidates.attach_accounts(uow, id, accounts)
            sa.event.remove(world.desk.engine, "before_cursor_execute", note)
        return asked

    asked = statements(found[:999])
    assert len(asked) - asked.count("INSERT") < 20
    assert len(statements(found[999:1000])) < 20, "only what is new is written"
    page = program.done("GET", f"/group/profiles/{id}/attachAccounts", limit=1000)
    assert page["records"] == [{"accountIds": list(found[:1000])}]
    said = {"accountIds": [found[1000]]}
    assert "accountIds" in program.refused(
        400, "POST", f"/group/profiles/{id}/attachAccounts", said
    )


def test_who_stays_keeps_turns_weight_and_schedule_and_who_is_new_begins_level(
    program: Program, world: World
) -> None:
    ada, bela, chris = world.accounts.values()
    id = program.profile()
    program.done("POST", f"/group/profiles/{id}/attachAccounts", {"accountIds": [ada, bela]})
    attach(program, id, ("g", [bela], "one"))
    with world.desk.begin(world.owner) as uow:
        for host in uow.session.scalars(sa.select(ProfileHost).order_by(ProfileHost.id)):
            host.turns, host.weight, host.last = 3 * TURN + host.host_id, 2, 7
        first = uow.session.scalars(
            sa.select(ProfileHost).where(ProfileHost.host_id == world.hosts["ada"])
        ).one()
        first.priority, first.turns = 1, 9 * TURN
    program.done("POST", f"/group/profiles/{id}/attachAccounts", {"accountIds": [chris]})
    columns = "host_id, weight, priority, turns, last"
    rows = world.desk.sql(f"SELECT {columns} FROM profile_host ORDER BY host_id")
    a, b, c = world.hosts.values()
    assert [tuple(row) for row in rows] == [
        (a, 2, 1, 9 * TURN, 7),
        (b, 2, 0, 3 * TURN + b, 7),
        (c, 1, 0, 3 * TURN + b, 0),
    ]
    assert [each["extId"] for each in groups_of(program, id)] == ["g"]
    program.done("PATCH", f"/group/profiles/{id}", {"subject": "Other"})
    assert world.desk.sql(f"SELECT {columns} FROM profile_host ORDER BY host_id") == rows
    assert [each["extId"] for each in groups_of(program, id)] == ["g"]


def test_two_accounts_of_one_host_are_one_person(program: Program, world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        group = host_groups.create_group(
            uow, "Team", [world.accounts["ada"]], required=Required.ALL
        )
        assert group.shared
    id = world.profile("ada", groups=(group.id,), notice_minutes=0)
    items = program.done("GET", f"/group/profiles/{id}/meeting", intervalLength="P2D")["items"]
    assert items[0]["accountIds"] == [world.accounts["ada"]]
    assert items[0]["groupXids"] == [str(group.xid)]
