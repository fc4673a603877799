"""What tests of long work share: busy organizations, exports read back, a person to erase."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask

from tests.browser.rows import rows
from tests.world import World, at
from webapp.domain.permissions import Caller, Role
from webapp.jobs import long_work as job
from webapp.jobs import queue, runner
from webapp.jobs.kinds import Tools
from webapp.models import (
    Actor,
    Booking,
    BookingNote,
    WorkKind,
)
from webapp.services import bookings, erasing, export_files, long_work

GRACE = "Grace.Hopper@example.org"


def busy(world: World) -> None:
    """Bookings in several states, one with everything that can be said about a person."""
    profile = world.profile(seats=1)
    for hour, name in ((9, "Otto"), (10, "Hana"), (13, "Ravi")):
        world.book(profile, at(hour), name)
    gone = UUID(world.book(profile, at(14), "Lena"))
    with world.desk.begin(world.owner) as uow:
        bookings.cancel(uow, gone, by=Actor.HOST, reason="Lena is ill")


def work_of(world: World, kind: WorkKind = WorkKind.EXPORT, **asked: str) -> UUID:
    with world.desk.begin(world.owner) as uow:
        return long_work.start(uow, kind, asked=dict(asked))


def state_of(world: World, uuid: UUID) -> long_work.WorkCard:
    with world.desk.look(world.owner) as uow:
        return long_work.card(uow, uuid)


def contents(world: World, uuid: UUID) -> dict[str, bytes]:
    """The files of an export."""
    path = export_files.folder(world.desk.settings) / f"{uuid}.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def table(files: dict[str, bytes], name: str) -> list[dict[str, object]]:
    found = json.loads(files[f"{name}.json"])
    assert isinstance(found, list)
    return found


def drain(app: Flask, tools: Tools) -> None:
    runner.drain(app, tools=tools)


def remove_old(tools: Tools) -> None:
    job.remove_exports(queue.Ticket(0, None, "remove-exports", {}, 1, 1, at(9)), tools)


def system(world: World) -> Caller:
    return Caller(world.organization_id, Role.SYSTEM)


def graces_booking(world: World) -> str:
    """Grace's name stands wherever the product can have it; gives it."""
    name = "Grace Hopper"
    profile = world.profile(slug="grace", description="We speak about {{topic}}.", asks_phone=True)
    public_id = world.hold(profile, at(11))
    from webapp.services import holds
    from webapp.services.holds import Details

    with world.desk.begin(world.guest) as uow:
        details = Details(
            name,
            GRACE,
            phone="+4930123456",
            answers={"topic": f"{name}, my life"},
            guests=("friend@example.org",),
            second_ok=True,
        )
        uuid = holds.confirm(uow, public_id, details).uuid
    with world.desk.begin(world.owner) as uow:
        booking = uow.session.scalars(sa.select(Booking).where(Booking.uuid == uuid)).one()
        uow.session.add(
            BookingNote(
                uuid=uuid4(),
                booking_id=booking.id,
                author_id=world.hosts["ada"],
                text=f"{name} likes tea",
                created_at=uow.now,
            )
        )
        uow.record("booking.looked_at", f"booking:{booking.id}", personal={"name": name})
        bookings.move(uow, uuid, at(15), by=Actor.HOST, reason=f"{name} asked for it")
        bookings.cancel(uow, uuid, by=Actor.HOST, reason=f"{name} fell ill")
    # Somebody else brings Grace along, spelled another way.
    other = world.hold(profile, at(12))
    with world.desk.begin(world.guest) as uow:
        details = Details(
            "Otto",
            "otto@example.org",
            phone="+4930123456",
            answers={"topic": "Boats"},
            guests=(GRACE.lower(), "friend@example.org"),
            second_ok=True,
        )
        holds.confirm(uow, other, details)
    return name


def erase(world: World, email: str = GRACE) -> UUID:
    with world.desk.begin(world.owner) as uow:
        return erasing.start(uow, email, email.upper())


def traces(world: World, *texts: str) -> set[str]:
    """Tables in which any of ``texts`` stands in any column."""
    return {
        name
        for name, found in rows(world.desk.engine).items()
        for row in found
        if any(text.lower() in _plain(row) for text in texts)
    }


def _plain(row: tuple[object, ...]) -> str:
    parts = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in row
    ]
    return "\n".join(parts).lower()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def claim(world: World, who: str) -> queue.Ticket:
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        ticket = queue.claim(uow, who, [long_work.JOB], lease=timedelta(minutes=5))
    assert ticket is not None
    return ticket


def overslept(world: World) -> tuple[queue.Ticket, long_work.Work]:
    """A slice that a worker took up and slept over, until its lease was gone; and its work."""
    ticket = claim(world, "one")
    with world.desk.look(system(world)) as uow:
        work = long_work.at_hand(uow, ticket.payload["work_id"], 0)
    assert work is not None
    world.desk.clock.forward(minutes=6)
    return ticket, work
