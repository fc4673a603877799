"""The audit chain: complete, in order under concurrent writers, and every tampering shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.world import World, at, build_world
from webapp import doctor
from webapp.domain import auditchain
from webapp.domain.permissions import Caller, Role
from webapp.models import AuditEntry
from webapp.services import audit
from webapp.services.audit import Filters, Verdict
from webapp.services.unit_of_work import WRITE


def seal(world: World) -> int:
    with world.desk.begin(Caller(world.organization_id, Role.SYSTEM)) as uow:
        return audit.seal(uow)


def verdict(world: World) -> Verdict:
    with world.desk.look(world.owner) as uow:
        return audit.verify(uow)


@contextmanager
def behind_our_back(world: World) -> Iterator[sa.Connection]:
    """The database in somebody's hand, past the product."""
    with world.desk.engine.connect() as raw:
        connection = raw.execution_options(kalends_mode=WRITE)
        with connection.begin():
            yield connection


def tamper(world: World, statement: str) -> None:
    """What somebody does who takes the guard off first."""
    sqlite = world.desk.engine.dialect.name == "sqlite"
    with behind_our_back(world) as connection:
        for end in ("_update", "_delete") if sqlite else (" ON audit_entry",):
            connection.exec_driver_sql(f"DROP TRIGGER audit_entry_refuse{end}")
        connection.exec_driver_sql(statement)


def busy(world: World) -> World:
    for hour in (8, 9, 10):
        world.book(world.profile(slug=f"p{hour}"), at(hour))
    assert seal(world) > 5
    return world


@pytest.fixture
def sealed(world: World) -> World:
    """A world in which some things have happened, all of them chained."""
    return busy(world)


def test_what_was_written_is_chained_once_and_holds(sealed: World) -> None:
    assert seal(sealed) == 0
    found = verdict(sealed)
    assert (found.broken, found.waiting, found.first) == (None, 0, 1)
    numbers = sealed.desk.sql("SELECT chain_number FROM audit_entry ORDER BY id")
    assert [row[0] for row in numbers] == list(range(1, found.checked + 1))


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE audit_entry SET actor = 'user:99' WHERE chain_number = 3", 3),
        ("UPDATE audit_entry SET action = 'booking.moved' WHERE chain_number = 1", 1),
        ("UPDATE audit_entry SET changes = '{}' WHERE chain_number = 2", 2),
        (
            "UPDATE audit_entry SET chain_hash = (SELECT hash FROM audit_chain) "
            "WHERE chain_number = 4",
            4,
        ),
        ("DELETE FROM audit_entry WHERE chain_number = 3", 3),
    ],
    ids=["who", "what", "how", "hash", "gone"],
)
def test_a_change_made_behind_our_back_is_found_at_its_place(
    sealed: World, statement: str, number: int
) -> None:
    tamper(sealed, statement)
    found = verdict(sealed)
    assert found.broken is not None
    assert found.broken.number == number


def test_an_entry_with_a_hash_made_to_fit_it_is_found_at_the_next(sealed: World) -> None:
    with sealed.desk.look(sealed.owner) as uow:
        chained = AuditEntry.chain_number
        two, three = uow.session.query(AuditEntry).filter(chained.in_((2, 3))).order_by(chained)
        forged = auditchain.link_hash(
            two.chain_hash or b"",
            number=3,
            entry_id=three.id,
            organization_id=three.organization_id,
            at=three.at,
            actor="user:99",
            action=three.action,
            subject=three.subject,
            changes=three.changes,
            personal_digest=None,
        )
    change = f"actor = 'user:99', chain_hash = x'{forged.hex()}'"
    tamper(sealed, f"UPDATE audit_entry SET {change} WHERE chain_number = 3")
    found = verdict(sealed)
    assert found.broken is not None
    assert found.broken.number == 4


def test_entries_torn_off_the_end_are_missed(sealed: World) -> None:
    number = verdict(sealed).checked
    tamper(sealed, f"DELETE FROM audit_entry WHERE chain_number > {number - 2}")
    found = verdict(sealed)
    assert found.broken is not None
    assert found.broken.number == number - 1


def test_the_database_refuses_to_rewrite_the_log(every_world: World) -> None:
    busy(every_world)
    for statement in (
        "UPDATE audit_entry SET actor = 'user:99'",
        "UPDATE audit_entry SET changes = '{\"a\": 1}'",
        "UPDATE audit_entry SET chain_number = chain_number + 100",
        'UPDATE audit_entry SET personal = \'{"email": "x@example.org"}\'',
        "DELETE FROM audit_entry",
    ):
        with (
            pytest.raises(sa.exc.DBAPIError, match="only added to"),
            behind_our_back(every_world) as connection,
        ):
            connection.exec_driver_sql(statement)
    assert verdict(every_world).broken is None


def test_an_organization_takes_its_log_with_it(every_world: World) -> None:
    with behind_our_back(every_world) as connection:
        connection.exec_driver_sql("DELETE FROM organization")
    assert every_world.desk.sql("SELECT count(*) FROM audit_entry")[0][0] == 0


def test_forgetting_the_personal_part_breaks_nothing(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        uow.record("invitation.sent", "invitation:1", personal={"email": "kim@example.org"})
    seal(every_world)
    with every_world.desk.begin(Caller(every_world.organization_id, Role.SYSTEM)) as uow:
        assert audit.forget(uow, "invitation:1") == 1
    assert verdict(every_world).broken is None
    assert "kim@example.org" not in str(every_world.desk.sql("SELECT * FROM audit_entry"))
    with every_world.desk.look(every_world.owner) as uow:
        [entry] = audit.listed(uow, Filters(subject="invitation:1")).entries
    assert entry.was_forgotten


def test_a_personal_part_that_was_exchanged_is_found(world: World) -> None:
    with world.desk.begin(world.owner) as uow:
        uow.record("invitation.sent", "invitation:1", personal={"email": "kim@example.org"})
    seal(world)
    tamper(
        world,
        'UPDATE audit_entry SET personal = \'{"email": "lee@example.org"}\' '
        "WHERE subject = 'invitation:1'",
    )
    found = verdict(world)
    assert found.broken is not None
    assert "personal" in found.broken.why


def test_two_organizations_have_two_chains(world: World) -> None:
    other = build_world(world.desk, "hill")
    for each in (world, other):
        seal(each)
    first = "SELECT min(chain_number) FROM audit_entry GROUP BY organization_id"
    assert [row[0] for row in world.desk.sql(first)] == [1, 1]
    assert verdict(world).broken is verdict(other).broken is None


def test_an_entry_that_was_committed_late_comes_later_in_the_chain(world: World) -> None:
    """Ids are given before the commit: a lower one may turn up after higher ones were sealed."""
    for number in (1000, 900):
        with world.desk.begin(world.owner) as uow:
            entry = AuditEntry(id=number, at=uow.now, actor="system", action="x.y", subject="x:1")
            uow.session.add(entry)
        assert seal(world) > 0
    assert verdict(world).broken is None


def test_sealing_holds_while_others_write_and_seal(every_world: World) -> None:
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                with every_world.desk.begin(every_world.owner) as uow:
                    uow.record("x.y", f"x:{number}", turn=turn)
                seal(every_world)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = verdict(every_world)
    assert (found.broken, found.waiting) == (None, 0)


def test_only_the_newest_are_checked_when_asked_so(sealed: World) -> None:
    with sealed.desk.look(sealed.owner) as uow:
        all_of_them = audit.verify(uow, most=None)
        some = audit.verify(uow, most=2)
    assert (some.checked, some.broken) == (2, None)
    assert some.first == all_of_them.checked - 1


def test_the_doctor_reads_every_log_to_its_end(sealed: World) -> None:
    def said() -> list[str]:
        return [each for each in doctor.findings(sealed.desk.settings) if "audit log" in each]

    assert said() == []
    tamper(sealed, "UPDATE audit_entry SET action = 'x.y' WHERE chain_number = 2")
    assert said() == ["the audit log of harbour was changed at number 2"]
