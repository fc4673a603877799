"""Organizations, the people and rooms in them, and what each of them may do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.domain.permissions import Caller, Permission, Role
from webapp.domain.workhours import WorkHours
from webapp.models import (
    Account,
    AccountKind,
    Membership,
    Organization,
    OrganizationAddress,
    Schedule,
    User,
)
from webapp.services.steps.built_in import add_built_in
from webapp.services.steps.contact import clean_email, clean_line, email_key
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

RESERVED_SLUGS = frozenset(
    {
        *("e", "widget.js", "console", "auth", "api", "modules", "rest-api", "v1", "voice"),
        *("healthz", "readyz", "static", "o", "d", "jobs", "verify", "preview"),
        *("robots.txt", "favicon.ico", ".well-known"),
    }
)
"""First segments of the product's own addresses; an organization never takes one."""

ROLES = (Role.OWNER, Role.ADMIN, Role.MEMBER)
OFFICE_HOURS = (((540, 1020),),) * 5 + ((),) * 2
"""Monday to Friday 09:00 to 17:00, in minutes after local midnight."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_EVERYWHERE = "people belong to no organization"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of this organization, as others see them. ``email`` is None for a room."""

    id: int
    name: str
    slug: str
    email: str | None
    zone: str
    role: Role


@use_case(Permission.UPKEEP)
def create_organization(
    uow: UnitOfWork,
    name: str,
    slug: str,
    zone: str,
    *,
    primary_color: str = "#2456C4",
    secondary_color: str = "#7A4B00",
) -> Organization:
    """A new, empty organization.

    ``slug`` is its first address segment: 3 to 40 of a-z, 0-9 and -, no reserved word; ``zone``
    an IANA name; colours ``#RRGGBB``. Raises ``Invalid``, and ``Conflict`` for a slug that is gone.
    """
    organization = Organization(
        uuid=uuid4(),
        slug=organization_slug(slug),
        name=_name(name, "name"),
        zone=zones.zone(zone).key,
        primary_color=_color(primary_color, "primary_color"),
        secondary_color=_color(secondary_color, "secondary_color"),
        created_at=uow.now,
    )
    taken = sa.select(Organization.id).where(Organization.slug == organization.slug)
    left = below_the_guard(
        sa.select(OrganizationAddress.id).where(OrganizationAddress.slug == organization.slug),
        "addresses are unique among all organizations",
    )
    if uow.session.scalar(taken) is not None or uow.session.execute(left).scalar() is not None:
        raise Conflict(f"the address “{organization.slug}” is already taken", field="slug")
    uow.session.add(organization)
    uow.session.flush()
    return organization


@use_case(Permission.UPKEEP)
def create_owner(
    uow: UnitOfWork,
    *,
    organization_name: str,
    organization_slug: str,
    name: str,
    email: str,
    password_hash: str,
    zone: str,
) -> tuple[Organization, User]:
    """An organization and the person it belongs to, in one step.

    ``password_hash`` comes from ``services.passwords.hash_password``, called before the unit.
    """
    organization = create_organization(uow, organization_name, organization_slug, zone)
    with inside(uow, organization.id) as within:
        owner = create_person(
            within, name, email, role=Role.OWNER, zone=zone, password_hash=password_hash
        )
    return organization, owner


@contextmanager
def inside(uow: UnitOfWork, organization_id: int) -> Iterator[UnitOfWork]:
    """The same transaction, speaking for an organization that it has just made."""
    before = uow.session.info.get("organization_id")
    uow.session.info["organization_id"] = organization_id
    try:
        yield replace(uow, caller=replace(uow.caller, organization_id=organization_id))
        uow.session.flush()
    finally:
        uow.session.info["organization_id"] = before


@use_case(Permission.PEOPLE_MANAGE)
def create_person(
    uow: UnitOfWork,
    name: str,
    email: str,
    *,
    role: Role = Role.MEMBER,
    zone: str | None = None,
    password_hash: str | None = None,
) -> User:
    """A person of this organization with calendar and office hours, bookable at once.

    Without ``password_hash`` they cannot sign in yet; ``zone`` is the organization's by default.
    Raises ``Conflict`` when anybody anywhere has this address: nothing of theirs is changed.
    """
    check_role(uow.caller, role)
    address = email_key(clean_email(email))
    taken = below_the_guard(sa.select(User.id).where(User.email == address), _EVERYWHERE)
    if uow.session.execute(taken).scalar() is not None:
        raise Conflict("this e-mail address already has an account", field="email")
    return _add_host(uow, name, zone, role, email=address, password_hash=password_hash)


@use_case(Permission.PEOPLE_MANAGE)
def create_room(uow: UnitOfWork, name: str, *, zone: str | None = None) -> User:
    """A room or another thing that is booked and never signs in."""
    return _add_host(uow, name, zone, Role.MEMBER, email=None, password_hash=None)


@use_case(Permission.PROFILE_READ)
def people(uow: UnitOfWork) -> list[Person]:
    """Everybody of this organization, rooms too, by name."""
    rows = uow.session.execute(
        sa.select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(User.deactivated_at.is_(None))
        .order_by(User.name, User.id)
    )
    return [Person(u.id, u.name, u.slug, u.email, u.zone, role) for u, role in rows]


@dataclass(frozen=True, slots=True)
class Owner:
    """The person a key speaks for, with the organization; times are UTC."""

    uuid: UUID
    name: str
    slug: str
    email: str
    zone: str
    created_at: datetime
    organization_uuid: UUID
    organization_slug: str


@use_case(Permission.PROFILE_READ)
def key_owner(uow: UnitOfWork) -> Owner:
    """Whom the caller's key belongs to; for an API client the organization's first owner."""
    query = (
        sa.select(
            User.uuid,
            User.name,
            User.slug,
            User.email,
            User.zone,
            User.created_at,
            Organization.uuid.label("organization_uuid"),
            Organization.slug.label("organization_slug"),
        )
        .join(Membership, Membership.user_id == User.id)
        .join(Organization, Organization.id == Membership.organization_id)
        .order_by(Membership.id)
        .limit(1)
    )
    if uow.caller.user_id is not None:
        query = query.where(User.id == uow.caller.user_id)
    else:
        query = query.where(Membership.role == Role.OWNER)
    row = uow.session.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such person")
    return Owner(**row._mapping)


@use_case(Permission.UPKEEP)
def join(uow: UnitOfWork, user_id: int, role: Role) -> None:
    """Give somebody who has an account a place here: bookable at once, as anybody new.

    Who was here before finds their calendar and hours again. Raises ``Conflict`` for a member.
    """
    user = uow.session.get_one(User, user_id)
    here = sa.select(Membership.id).where(Membership.user_id == user_id)
    if uow.session.scalar(here) is not None:
        raise Conflict("You are in this team already.")
    _furnish(uow, user, role)


@use_case(Permission.UPKEEP)
def deactivate(uow: UnitOfWork, user_id: int) -> None:
    """Close a person's account everywhere: no session, token or sign-in works any more."""
    user = uow.session.get(User, user_id)
    if user is None:
        raise NotFound("there is no such person")
    user.deactivated_at = user.deactivated_at or uow.now


def organization_slug(text: str) -> str:
    """``text`` as an organization's address, or ``Invalid(field="slug")``."""
    if not _SLUG.fullmatch(text):
        raise Invalid("An address has 3 to 40 letters a-z, digits and hyphens.", field="slug")
    if text in RESERVED_SLUGS:
        raise Invalid(f"“{text}” is a word that Kalends itself uses.", field="slug")
    return text


def slug_from(name: str) -> str:
    """A name as an address segment: "Ana Núñez" is ``ana-nunez``; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].rstrip("-") or "person"


def _add_host(
    uow: UnitOfWork,
    name: str,
    zone: str | None,
    role: Role,
    *,
    email: str | None,
    password_hash: str | None,
) -> User:
    key = zones.zone(zone).key if zone is not None else _organization_zone(uow)
    user = User(
        uuid=uuid4(),
        email=email,
        name=_name(name, "name"),
        slug=_free_slug(uow, slug_from(name)),
        zone=key,
        password_hash=password_hash,
        is_room=email is None,
        created_at=uow.now,
    )
    uow.session.add(user)
    uow.session.flush()
    _furnish(uow, user, role)
    return user


def _furnish(uow: UnitOfWork, user: User, role: Role) -> None:
    """The membership, and a calendar and office hours where there are none yet."""
    uow.session.add(Membership(user_id=user.id, role=role, created_at=uow.now))
    built_in = sa.select(Account.id).where(
        Account.host_id == user.id, Account.kind == AccountKind.LOCAL
    )
    if uow.session.scalar(built_in.limit(1)) is None:
        add_built_in(uow, user.id, user.zone, user.email)
    own = sa.select(Schedule.id).where(Schedule.host_id == user.id)
    if uow.session.scalar(own.limit(1)) is None:
        uow.session.add(
            Schedule(
                uuid=uuid4(),
                host_id=user.id,
                name="Working hours",
                hours=WorkHours(user.zone, OFFICE_HOURS).to_document(),
                is_default=True,
                created_at=uow.now,
                updated_at=uow.now,
            )
        )
    uow.record("member.added", f"user:{user.id}", role=role.value)
    uow.session.flush()


def _organization_zone(uow: UnitOfWork) -> str:
    own = sa.select(Organization.zone).where(Organization.id == uow.organization_id)
    return str(uow.session.execute(own).scalar_one())


def _free_slug(uow: UnitOfWork, wanted: str) -> str:
    """``wanted``, or with a number behind it when a colleague has it already."""
    used = set(
        uow.session.scalars(
            sa.select(User.slug)
            .join(Membership, Membership.user_id == User.id)
            .where(User.slug.startswith(wanted, autoescape=True))
        )
    )
    slug, number = wanted, 2
    while slug in used:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def check_role(caller: Caller, role: Role) -> None:
    """Raise ``Forbidden`` unless ``caller`` may give and take ``role``, ``Invalid`` for no role."""
    if role not in ROLES:
        raise Invalid("A person is an owner, an admin or a member.", field="role")
    if role is Role.OWNER and caller.role not in (Role.OWNER, Role.SYSTEM):
        raise Forbidden("Only an owner may do this to an owner.")


def _name(text: str, field: str) -> str:
    return clean_line(text, field=field, what="a name", most=120)


def _color(text: str, field: str) -> str:
    if not _COLOR.fullmatch(text):
        raise Invalid("A colour looks like #2456C4.", field=field)
    return text.upper()
