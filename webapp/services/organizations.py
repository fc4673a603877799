"""Organizations as their people see them: which are mine, and the settings of one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain import colour, zones
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.language import LANGUAGES
from webapp.domain.permissions import Permission, Role
from webapp.domain.picture import Picture
from webapp.models import (
    BrowserSession,
    Membership,
    Organization,
    OrganizationAddress,
    OrganizationLogo,
    table_of,
)
from webapp.models.direct import Direct
from webapp.services.people import organization_slug
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

_ORGANIZATION, _MEMBERSHIP = table_of(Organization), table_of(Membership)
_ADDRESS, _LOGO = table_of(OrganizationAddress), table_of(OrganizationLogo)
_WHY = "organizations are the tenants themselves; the statement names person, address or logo"

SHORTEST_MONTHS, LONGEST_MONTHS = 1, 120


# ------------------------------------------------------------------------------------- the switcher


@dataclass(frozen=True, slots=True)
class Home:
    """An organization that somebody belongs to."""

    id: int
    uuid: UUID
    name: str
    role: Role


_HOMES = Direct(
    sa.select(_ORGANIZATION.c.id, _ORGANIZATION.c.uuid, _ORGANIZATION.c.name, _MEMBERSHIP.c.role)
    .select_from(_MEMBERSHIP)
    .join(_ORGANIZATION, _ORGANIZATION.c.id == _MEMBERSHIP.c.organization_id)
    .where(_MEMBERSHIP.c.user_id == sa.bindparam("user"))
    .order_by(_ORGANIZATION.c.name, _ORGANIZATION.c.id)
    .limit(50),
    _WHY,
)


def homes(engine: sa.Engine, user_id: int) -> list[Home]:
    """Where a person is a member, by name: for the menu of every page, beside any unit."""
    return [
        Home(number, uuid if isinstance(uuid, UUID) else UUID(uuid), name, Role(role))
        for number, uuid, name, role in _HOMES.aside(engine, user=user_id)
    ]


@use_case(Permission.ACCOUNT)
def switch(uow: UnitOfWork, session_id: int, user_id: int, uuid: UUID) -> str:
    """Let a session look at another organization of the person; its name.

    Raises ``NotFound`` for one that they do not belong to.
    """
    found = uow.session.execute(
        below_the_guard(
            sa.select(Organization.id, Organization.name)
            .join(Membership, Membership.organization_id == Organization.id)
            .where(Organization.uuid == uuid, Membership.user_id == user_id),
            _WHY,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("You belong to no such organization.")
    _look_at(uow, session_id, user_id, found.id)
    return str(found.name)


@use_case(Permission.ACCOUNT)
def switch_to_joined(uow: UnitOfWork, session_id: int, user_id: int, organization_id: int) -> None:
    """The same right after joining, when the membership is a row of this transaction."""
    _look_at(uow, session_id, user_id, organization_id)


def _look_at(uow: UnitOfWork, session_id: int, user_id: int, organization_id: int) -> None:
    uow.session.execute(
        sa.update(BrowserSession)
        .where(
            BrowserSession.id == session_id,
            BrowserSession.user_id == user_id,
            BrowserSession.revoked_at.is_(None),
        )
        .values(organization_id=organization_id)
        .execution_options(synchronize_session=False)
    )


# ------------------------------------------------------------------------------------- the settings


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """What the settings page shows; ``retention_months`` None means: kept for good."""

    name: str
    slug: str
    zone: str
    locale: str
    primary_color: str
    secondary_color: str
    logo_tag: str | None
    retention_months: int | None
    old_slugs: tuple[str, ...]


@use_case(Permission.ORGANIZATION_CHANGE)
def settings(uow: UnitOfWork) -> OrganizationSettings:
    """The organization's settings as they are."""
    own = _own(uow)
    old = sa.select(OrganizationAddress.slug).order_by(OrganizationAddress.slug)
    return OrganizationSettings(
        name=own.name,
        slug=own.slug,
        zone=own.zone,
        locale=own.locale,
        primary_color=own.primary_color,
        secondary_color=own.secondary_color,
        logo_tag=own.logo_tag,
        retention_months=own.retention_months,
        old_slugs=tuple(uow.session.scalars(old)),
    )


def _own(uow: UnitOfWork) -> Organization:
    return uow.session.get_one(Organization, uow.organization_id, populate_existing=True)


@use_case(Permission.ORGANIZATION_CHANGE)
def change(uow: UnitOfWork, *, name: str, slug: str, zone: str, locale: str | None = None) -> None:
    """Change name, address, zone and language (None leaves it).

    Links with the old address go on working, for this organization only; it can have the old
    address back.

    Raises ``Invalid`` by field, ``Conflict`` for an address that somebody has or had.
    """
    own = _own(uow)
    wanted = {
        "name": clean_line(name, field="name", what="a name", most=120),
        "slug": own.slug if slug == own.slug else organization_slug(slug),
        "zone": _zone(zone, own.zone),
        "locale": own.locale if locale is None else _locale(locale),
    }
    if wanted["slug"] != own.slug:
        _move_in(uow, own.slug, wanted["slug"])
    _write(uow, own, wanted)


def _zone(text: str, stored: str) -> str:
    if text == stored:
        return stored
    try:
        return zones.zone(text).key
    except Invalid as refusal:
        refusal.field = "zone"
        raise


def _locale(code: str) -> str:
    if code not in LANGUAGES:
        raise Invalid("Choose one of the languages.", field="locale")
    return code


def _move_in(uow: UnitOfWork, old: str, new: str) -> None:
    used = below_the_guard(sa.select(Organization.id).where(Organization.slug == new), _WHY)
    if uow.session.execute(used).scalar() is not None:
        raise Conflict(f"The address “{new}” is taken.", field="slug")
    left = below_the_guard(
        sa.select(_ADDRESS.c.organization_id).where(_ADDRESS.c.slug == new), _WHY
    )
    belongs = uow.session.execute(left).scalar()
    if belongs is not None and belongs != uow.organization_id:
        raise Conflict(f"The address “{new}” is taken.", field="slug")
    uow.session.execute(sa.delete(OrganizationAddress).where(OrganizationAddress.slug == new))
    uow.session.add(OrganizationAddress(slug=old, left_at=uow.now))


@use_case(Permission.ORGANIZATION_CHANGE)
def change_colours(uow: UnitOfWork, *, primary: str, secondary: str) -> None:
    """Change both colours; no colour is refused. Raises ``Invalid`` for what is no colour."""
    _write(
        uow,
        _own(uow),
        {
            "primary_color": colour_of(primary, "primary"),
            "secondary_color": colour_of(secondary, "secondary"),
        },
    )


def colour_of(text: str, field: str) -> str:
    """``#RRGGBB`` in capitals; raises ``Invalid``."""
    try:
        return colour.to_hex(colour.parse(text.strip()))
    except ValueError:
        raise Invalid("A colour looks like #2456C4.", field=field) from None


@use_case(Permission.ORGANIZATION_CHANGE)
def set_retention(uow: UnitOfWork, months: int | None) -> None:
    """Forget invitees so many months after their booking (1 to 120), or never (None).

    What is older already goes within the hour; raising the number brings nothing back.
    """
    if months is not None and not SHORTEST_MONTHS <= months <= LONGEST_MONTHS:
        raise Invalid(f"Choose {SHORTEST_MONTHS} to {LONGEST_MONTHS} months.", field="months")
    _write(uow, _own(uow), {"retention_months": months})


def _write(uow: UnitOfWork, own: Organization, wanted: dict[str, Any]) -> None:
    """Write what differs, with old and new in the audit log; pages that were kept are made anew."""
    changes = {
        name: {"old": getattr(own, name), "new": value}
        for name, value in wanted.items()
        if getattr(own, name) != value
    }
    if not changes:
        return
    for name, change_ in changes.items():
        setattr(own, name, change_["new"])
    own.revision = Organization.revision + 1
    uow.session.flush()
    uow.record("organization.changed", f"organization:{own.id}", **changes)


# ----------------------------------------------------------------------------------------- the logo


@use_case(Permission.ORGANIZATION_CHANGE)
def set_logo(uow: UnitOfWork, picture: Picture) -> None:
    """Show ``picture`` (from ``domain.picture``) on the public pages."""
    _drop_logo(uow)
    uow.session.add(
        OrganizationLogo(
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            content=picture.content,
            created_at=uow.now,
        )
    )
    tag = hashlib.sha256(picture.content).hexdigest()[:12]
    own = _own(uow)
    own.logo_tag = f"{tag}.{picture.extension}"
    own.revision = Organization.revision + 1
    uow.record("logo.changed", f"organization:{own.id}", width=picture.width, height=picture.height)


@use_case(Permission.ORGANIZATION_CHANGE)
def remove_logo(uow: UnitOfWork) -> None:
    """Show the first letter of the name again."""
    own = _own(uow)
    if own.logo_tag is None:
        return
    _drop_logo(uow)
    own.logo_tag = None
    own.revision = Organization.revision + 1
    uow.record("logo.removed", f"organization:{own.id}")


def _drop_logo(uow: UnitOfWork) -> None:
    uow.session.execute(sa.delete(OrganizationLogo).execution_options(synchronize_session=False))


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as it is served."""

    media_type: str
    content: bytes


_LOGO_OF = Direct(
    sa.select(_LOGO.c.media_type, _LOGO.c.content)
    .join(_ORGANIZATION, _ORGANIZATION.c.id == _LOGO.c.organization_id)
    .where(
        _ORGANIZATION.c.slug == sa.bindparam("slug"),
        _ORGANIZATION.c.logo_tag == sa.bindparam("tag"),
    ),
    _WHY,
)


def logo(engine: sa.Engine, slug: str, tag: str) -> Logo:
    """The logo at its address, which everybody may see; ``NotFound`` for an older one's."""
    rows = _LOGO_OF.aside(engine, slug=slug, tag=tag)
    if not rows:
        raise NotFound("there is no such picture")
    return Logo(str(rows[0][0]), bytes(rows[0][1]))


_MOVED_TO = Direct(
    sa.select(_ORGANIZATION.c.slug)
    .join(_ADDRESS, _ADDRESS.c.organization_id == _ORGANIZATION.c.id)
    .where(_ADDRESS.c.slug == sa.bindparam("slug")),
    _WHY,
)


def moved_to(engine: sa.Engine, slug: str) -> str | None:
    """The address that an organization has instead of ``slug``, which it had before."""
    rows = _MOVED_TO.aside(engine, slug=slug)
    return str(rows[0][0]) if rows else None
