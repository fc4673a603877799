"""The people and rooms of an organization: who they are, what they may, and who owns it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.domain.permissions import Permission, Role
from webapp.models import (
    Account,
    ActivitySeen,
    BrowserSession,
    Calendar,
    CalendarFeed,
    FeedState,
    Membership,
    User,
)
from webapp.services.people import check_role
from webapp.services.steps import hosts
from webapp.services.steps.contact import clean_line
from webapp.services.steps.memberships import (
    another_owner,
    lock_team,
    membership_of,
    withdraw_invitations,
)
from webapp.services.unit_of_work import UnitOfWork, use_case

PAGE = 50
MOST_ROOMS = 200


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team, or a room (without ``email``).

    ``calendars`` are linked ones, ``failing`` those of them that cannot be read; both are 0, and
    ``seen_at`` (UTC) None, for readers who do not manage people.
    """

    id: int
    uuid: UUID
    name: str
    email: str | None
    zone: str
    role: Role
    is_room: bool
    joined_at: datetime
    seen_at: datetime | None = None
    calendars: int = 0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Members by name; ``after`` continues the list, None at its end."""

    members: tuple[Member, ...]
    after: str | None


@use_case(Permission.PROFILE_READ)
def members(uow: UnitOfWork, *, after: str | None = None, most: int = PAGE) -> Page:
    """The people of the organization by name. Raises ``Invalid`` for a cursor that is none."""
    query = _selected().where(User.is_room.is_(False))
    if after:
        name, number = _read_cursor(after)
        place = sa.tuple_(User.name, User.id)
        query = query.where(place > sa.tuple_(sa.literal(name), sa.literal(number)))
    rows = uow.session.execute(query.order_by(User.name, User.id).limit(most + 1)).all()
    shown = rows[:most]
    more = _cursor(shown[-1][0]) if len(rows) > most else None
    return Page(_members(uow, shown), more)


@use_case(Permission.PROFILE_READ)
def rooms(uow: UnitOfWork) -> tuple[Member, ...]:
    """The rooms of the organization by name; at most 200."""
    query = _selected().where(User.is_room).order_by(User.name, User.id).limit(MOST_ROOMS)
    return _members(uow, uow.session.execute(query).all())


@use_case(Permission.PROFILE_READ)
def member(uow: UnitOfWork, uuid: UUID) -> Member:
    """One person or room of the organization; ``NotFound`` for everybody else's."""
    row = uow.session.execute(_selected().where(User.uuid == uuid)).one_or_none()
    if row is None:
        raise NotFound("There is no such person here.")
    return _members(uow, [row])[0]


def _selected() -> sa.Select[User, Role, datetime]:
    return (
        sa.select(User, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(User.deactivated_at.is_(None))
    )


def _members(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[Member, ...]:
    ids = [user.id for user, _, _ in rows]
    manages = uow.caller.may(Permission.PEOPLE_MANAGE)
    seen = _seen(uow, ids) if manages else {}
    health = _health(uow, ids) if manages else {}
    return tuple(
        Member(
            id=user.id,
            uuid=user.uuid,
            name=user.name,
            email=user.email,
            zone=user.zone,
            role=role,
            is_room=user.is_room,
            joined_at=joined_at,
            seen_at=seen.get(user.id),
            calendars=health.get(user.id, (0, 0))[0],
            failing=health.get(user.id, (0, 0))[1],
        )
        for user, role, joined_at in rows
    )


def _seen(uow: UnitOfWork, user_ids: list[int]) -> dict[int, datetime]:
    """When each was last here: in this organization, what they do elsewhere is not told."""
    seen = sa.func.max(sa.func.coalesce(ActivitySeen.seen_at, BrowserSession.created_at))
    named = sa.literal("session:") + sa.cast(BrowserSession.id, sa.String)
    rows = uow.session.execute(
        sa.select(BrowserSession.user_id, sa.type_coerce(seen, ActivitySeen.seen_at.type))
        .outerjoin(ActivitySeen, ActivitySeen.subject == named)
        .where(
            BrowserSession.user_id.in_(user_ids),
            BrowserSession.organization_id == uow.organization_id,
        )
        .group_by(BrowserSession.user_id)
    )
    return {user_id: at for user_id, at in rows if at is not None}


def _health(uow: UnitOfWork, user_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Linked calendars of each, and how many of them cannot be read."""
    failing = sa.func.sum(sa.case((CalendarFeed.state == FeedState.FAILING, 1), else_=0))
    rows = uow.session.execute(
        sa.select(Account.host_id, sa.func.count(CalendarFeed.id), failing)
        .join(Calendar, Calendar.account_id == Account.id)
        .join(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
        .where(Account.host_id.in_(user_ids))
        .group_by(Account.host_id)
    )
    return {host_id: (int(count), int(bad or 0)) for host_id, count, bad in rows}


def _cursor(user: User) -> str:
    return base64.urlsafe_b64encode(f"{user.id}.{user.name}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[str, int]:
    try:
        packed = text[:700].encode("ascii")
        plain = base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)).decode()
        number, _, name = plain.partition(".")
        return name.replace("\x00", ""), min(int(number), 2**62)
    except (binascii.Error, ValueError) as unreadable:
        raise Invalid("That page of the list does not exist.", field="after") from unreadable


# ------------------------------------------------------------------------------------------ roles


def roles_to_give(role: Role) -> tuple[Role, ...]:
    """What somebody of ``role`` may make others; owners are made by handing over."""
    return (Role.ADMIN, Role.MEMBER) if role in (Role.OWNER, Role.ADMIN) else ()


@use_case(Permission.PEOPLE_MANAGE)
def set_role(uow: UnitOfWork, user_id: int, role: Role) -> None:
    """Give somebody another role; only an owner makes and unmakes owners, and one always stays.

    What somebody invited while they managed people ends when they no longer do.
    """
    lock_team(uow)
    membership = membership_of(uow, user_id)
    check_role(uow.caller, role)
    check_role(uow.caller, membership.role)
    if role is membership.role:
        return
    if membership.role is Role.OWNER:
        another_owner(uow, user_id)
    user = uow.session.get_one(User, user_id)
    if user.is_room:
        raise Invalid("A room has no role.", field="role")
    uow.record("role.changed", f"user:{user_id}", old=membership.role.value, new=role.value)
    membership.role = role
    if role is Role.MEMBER:
        withdraw_invitations(uow, user_id)


@use_case(Permission.ORGANIZATION_OWN)
def hand_over(uow: UnitOfWork, uuid: UUID) -> Member:
    """Make somebody the owner; the caller becomes an admin. Who asks has proved themselves anew.

    Raises ``Invalid`` for a room or somebody who cannot sign in, ``NotFound``, and ``Conflict``
    when the caller is no owner any more.
    """
    lock_team(uow)
    found = member(uow, uuid)
    if uow.caller.user_id is None:
        raise Forbidden("Only an owner may do this to an owner.")
    own = membership_of(uow, uow.caller.user_id)
    if own.role is not Role.OWNER:
        raise Conflict("You no longer own this organization.")
    if found.is_room or found.email is None:
        raise Invalid("A room cannot own an organization.", field="owner")
    if found.id == uow.caller.user_id:
        raise Invalid("Choose somebody else: you own it already.", field="owner")
    membership_of(uow, found.id).role = Role.OWNER
    own.role = Role.ADMIN
    uow.record(
        "ownership.transferred", f"user:{found.id}", old=f"user:{uow.caller.user_id}", new=found.id
    )
    uow.session.flush()
    return found


# ------------------------------------------------------------------------------------------ rooms


@use_case(Permission.PEOPLE_MANAGE)
def rename_room(uow: UnitOfWork, uuid: UUID, name: str) -> None:
    """Call a room something else; its address stays. ``NotFound`` for people."""
    found = member(uow, uuid)
    if not found.is_room:
        raise NotFound("There is no such room here.")
    cleaned = clean_line(name, field="name", what="a name", most=120)
    room = uow.session.get_one(User, found.id)
    if room.name != cleaned:
        uow.record("room.renamed", f"user:{found.id}", old=room.name, new=cleaned)
        room.name = cleaned
        hosts.lock(uow, (found.id,))  # the name stands on public pages
