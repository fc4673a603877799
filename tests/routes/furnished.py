"""An organization with one of everything that an address of the console can name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from tests.world import World, at
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.span import Interval
from webapp.models import BookingNote, BookingProfile, Calendar, HostGroup, Passkey, Schedule, User
from webapp.models import long_work as long_work_tables
from webapp.services import (
    away,
    feeds,
    holidays_of,
    invitations,
    keys,
    long_work,
    notes,
    passwords,
    people,
    profile_links,
)
from webapp.services.away import AwayDraft
from webapp.services.unit_of_work import UnitOfWork

FIXED = {"session": "999999", "step": "calendar", "table": "hours"}
"""Arguments that name nothing of an organization."""
PASSWORD = "nine grey gulls over the mole"
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Test//EN\r\nBEGIN:VEVENT\r\n"
    b"UID:a@example.org\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261124T150000Z\r\n"
    b"DTEND:20261124T160000Z\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@dataclass(frozen=True, slots=True)
class Furnished:
    """The organization, its people by role (mail addresses), and the value of each argument."""

    world: World
    people: dict[Role, str]
    things: dict[str, str]


def furnish(world: World, password_hash: str) -> Furnished:
    """Everything is Ada's, the owner's."""
    owner = Caller(world.organization_id, Role.OWNER, world.hosts["ada"])
    profile_id = world.profile(seats=1)
    booked = UUID(world.book(profile_id, at(9)))
    world.book(world.profile(slug="visit", name="Visit", needs_approval=True), at(13), "Otto")
    group_id = world.group("ada", "bela", required=Required.ONE)
    with world.desk.begin(owner) as uow:
        admin = people.create_person(
            uow, "Carl", f"carl@{world.slug}.example.org", role=Role.ADMIN, zone="Europe/Berlin"
        )
        admin_id = admin.id
        notes.add(uow, booked, "Likes tea")
        profile = uow.session.get_one(BookingProfile, profile_id)
        link = profile_links.make(uow, profile.uuid, count=1)[0]
        gone = away.add(
            uow,
            owner.user_id or 0,
            AwayDraft("Boat", times=Interval(at(8, day=27), at(9, day=27))),
        )
        days_off = holidays_of.keep(uow, owner.user_id or 0, "DE")
        laid_out = feeds.lay_out(
            ICS, zone="Europe/Berlin", window=feeds.window_of(world.desk.clock())
        )
        calendar = feeds.link_file(
            uow, owner.user_id or 0, name="Mine", file_name="mine.ics", laid_out=laid_out
        )
        invited = invitations.invite(uow, f"new@{world.slug}.example.org")
        token = keys.make_own_token(uow, "Script")
        client = keys.make_client(uow, "Program")
        work = long_work.start(uow, long_work_tables.WorkKind.EXPORT)
        things = {
            "booking": str(booked),
            "note": str(_of(uow, BookingNote.uuid, BookingNote.text == "Likes tea")),
            "profile": str(profile.uuid),
            "link": str(link.uuid),
            "group": str(uow.session.get_one(HostGroup, group_id).xid),
            "schedule": str(_of(uow, Schedule.uuid, Schedule.host_id == owner.user_id)),
            "away": str(gone.uuid),
            "holidays": str(days_off.uuid),
            "calendar": str(calendar),
            "address": str(_of(uow, Calendar.uuid, Calendar.uuid == calendar)),
            "member": str(_of(uow, User.uuid, User.id == world.hosts["bela"])),
            "invitation": str(invited.uuid),
            "token": token.public_id,
            "client": client.client_id,
            "work": str(work),
            "passkey": str(_passkey(uow, owner.user_id or 0)),
        }
    with world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        for user_id in (world.hosts["ada"], world.hosts["bela"], admin_id):
            uow.session.get_one(User, user_id).password_hash = password_hash
    mails = {Role.OWNER: "ada", Role.ADMIN: "carl", Role.MEMBER: "bela"}
    return Furnished(
        world, {role: f"{name}@{world.slug}.example.org" for role, name in mails.items()}, things
    )


def _of(
    uow: UnitOfWork, column: InstrumentedAttribute[UUID], where: sa.ColumnElement[bool]
) -> UUID:
    found = uow.session.scalars(sa.select(column).where(where)).first()
    assert found is not None
    return found


def _passkey(uow: UnitOfWork, user_id: int) -> UUID:
    made = Passkey(
        uuid=uuid4(),
        user_id=user_id,
        name="Phone",
        credential_id=uuid4().bytes,
        public_key=b"k",
        sign_count=0,
        created_at=uow.now,
    )
    uow.session.add(made)
    uow.session.flush()
    return made.uuid


def hashed() -> str:
    """The password of everybody here."""
    return passwords.hash_password(PASSWORD)
