"""The queue on both databases: leases, fences, turns, pauses."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.world import Clock, Desk
from webapp.domain.permissions import Caller, Role
from webapp.jobs import queue
from webapp.jobs.queue import Ticket
from webapp.models import Job
from webapp.services.sending import LeaseLost
from webapp.services.unit_of_work import UnitOfWork

SYSTEM = Caller(None, Role.SYSTEM)
LEASE = timedelta(seconds=60)


def enqueue(desk: Desk, *kinds: str) -> None:
    for kind in kinds:
        with desk.begin(SYSTEM) as uow:
            uow.enqueue(kind)


def claim(desk: Desk, who: str = "one", *kinds: str) -> Ticket | None:
    with desk.begin(SYSTEM) as uow:
        return queue.claim(uow, who, kinds or ("work",), lease=LEASE)


def claimed(desk: Desk, who: str = "one") -> Ticket:
    ticket = claim(desk, who)
    assert ticket is not None
    return ticket


def rows(desk: Desk) -> list[Job]:
    with desk.look(SYSTEM) as uow:
        found = list(uow.session.scalars(sa.select(Job).order_by(Job.id)))
        uow.session.expunge_all()
        return found


def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(every_desk: Desk, clock: Clock) -> None:
    enqueue(every_desk, "work")
    first = claimed(every_desk)
    clock.forward(seconds=59)
    assert claim(every_desk, "two") is None
    clock.forward(seconds=1)
    second = claimed(every_desk, "two")
    assert (second.id, second.fence, second.tries) == (first.id, first.fence + 1, 2)


def test_whoever_lost_the_lease_changes_nothing(every_desk: Desk, clock: Clock) -> None:
    enqueue(every_desk, "work")
    zombie = claimed(every_desk)
    clock.forward(seconds=61)
    heir = claimed(every_desk, "two")
    late = (
        lambda uow: queue.finish(uow, zombie),
        lambda uow: queue.put_off(uow, zombie, uow.now),
        lambda uow: queue.make_way(uow, zombie, uow.now),
        lambda uow: queue.next_round(uow, zombie, uow.now, error=None),
        lambda uow: queue.bury(uow, zombie, "no"),
    )
    for change in late:
        with pytest.raises(LeaseLost), every_desk.begin(SYSTEM) as uow:
            change(uow)
    [row] = rows(every_desk)
    assert (row.fence, row.leased_by, row.error) == (heir.fence, "two", None)
    with every_desk.begin(SYSTEM) as uow:
        queue.finish(uow, heir)
    assert rows(every_desk) == []


def test_work_asked_for_in_a_unit_that_fails_was_never_asked_for(every_desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), every_desk.begin(SYSTEM) as uow:
        uow.enqueue("work")
        raise ZeroDivisionError
    assert rows(every_desk) == []


def test_jobs_are_taken_in_the_order_they_became_due_and_never_before(
    every_desk: Desk, clock: Clock
) -> None:
    with every_desk.begin(SYSTEM) as uow:
        uow.enqueue("work", run_at=uow.now + timedelta(seconds=5), number=2)
        uow.enqueue("work", run_at=uow.now + timedelta(seconds=4), number=1)
        uow.enqueue("other", number=0)
    assert claim(every_desk) is None
    clock.forward(seconds=5)
    assert [claimed(every_desk).payload["number"] for _ in range(2)] == [1, 2]


def test_asking_whether_there_is_work_agrees_with_claiming_it(
    every_desk: Desk, clock: Clock
) -> None:
    def due() -> bool:
        with every_desk.look(SYSTEM) as uow:
            return queue.is_due(uow, ("work",))

    assert not due()
    enqueue(every_desk, "other", "work")
    assert due()
    claimed(every_desk)
    assert not due()
    clock.forward(seconds=60)
    assert due()


def test_many_workers_at_once_take_every_job_exactly_once(every_desk: Desk) -> None:
    enqueue(every_desk, *["work"] * 40)
    taken: list[int] = []

    def work(who: str) -> None:
        while ticket := claim(every_desk, who):
            with every_desk.begin(SYSTEM) as uow:
                queue.finish(uow, ticket)
            taken.append(ticket.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40
    assert rows(every_desk) == []


def test_a_job_that_waits_already_is_not_asked_for_twice(every_desk: Desk) -> None:
    def ask(key: str) -> bool:
        with every_desk.begin(SYSTEM) as uow:
            return queue.enqueue_once(uow, "work", dedupe=key)

    assert [ask("a"), ask("a"), ask("b")] == [True, False, True]
    with every_desk.begin(SYSTEM) as uow:
        queue.finish(uow, claimed_in(uow))
    assert ask("a")


def claimed_in(uow: UnitOfWork) -> Ticket:
    ticket = queue.claim(uow, "one", ("work",), lease=LEASE)
    assert ticket is not None
    return ticket


def test_a_buried_job_is_kept_with_its_error_and_never_claimed_again(
    every_desk: Desk, clock: Clock
) -> None:
    with every_desk.begin(SYSTEM) as uow:
        queue.enqueue_once(uow, "work", dedupe="a")
    with every_desk.begin(SYSTEM) as uow:
        queue.bury(uow, claimed_in(uow), "x" * 900)
    clock.forward(days=365)
    assert claim(every_desk) is None
    [row] = rows(every_desk)
    assert (row.error, row.dedupe) == ("x" * 500, None)
    with every_desk.look(SYSTEM) as uow:
        assert queue.buried(uow) == 1


def test_leases_of_the_dead_end_at_once_and_those_of_the_living_do_not(every_desk: Desk) -> None:
    enqueue(every_desk, "work", "work")
    first, second = claimed(every_desk, "dead"), claimed(every_desk, "alive")
    with every_desk.begin(SYSTEM) as uow:
        assert queue.free_leases(uow, lambda name: name == "dead") == 1
    again = claimed(every_desk, "heir")
    assert (again.id, again.fence) == (first.id, first.fence + 1)
    assert claim(every_desk, "heir") is None
    with every_desk.begin(SYSTEM) as uow:
        queue.finish(uow, second)


def test_pauses_double_up_to_an_hour_and_are_spread_down_to_nothing() -> None:
    longest = [queue.pause_after(n, lambda: 1.0).total_seconds() for n in range(1, 14)]
    assert longest == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    assert queue.pause_after(10_000, lambda: 1.0) == timedelta(hours=1)
    assert queue.pause_after(3, lambda: 0.0) == timedelta(0)
    assert queue.pause_after(3, lambda: 0.5) == timedelta(seconds=10)
