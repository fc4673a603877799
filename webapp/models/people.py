"""Organizations, the people in them, and what they sign in with."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.domain.permissions import Role
from webapp.models.base import Base, OrganizationScoped, words


class Organization(Base):
    """A tenant: everything but people and their taken time belongs to exactly one.

    ``logo_tag`` names the logo in its address (None: there is none). ``retention_months`` after a
    booking its invitee is forgotten (None: never); that was done for all that began before
    ``erased_until``.
    """

    __tablename__ = "organization"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    zone: Mapped[str] = mapped_column(sa.String(64))
    primary_color: Mapped[str] = mapped_column(sa.String(7), default="#2456C4")
    secondary_color: Mapped[str] = mapped_column(sa.String(7), default="#7A4B00")
    locale: Mapped[str] = mapped_column(sa.String(10), default="en", server_default="en")
    logo_tag: Mapped[str | None] = mapped_column(sa.String(20))
    retention_months: Mapped[int | None]
    erased_until: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class User(Base):
    """A person, who is a host everywhere they are a member; or a room, which cannot sign in.

    ``revision`` counts every change of the host's spans, schedules and time away; raising it is
    also how a use case locks the host. ``locale`` is en, de, fr or es, ``time_notation`` 12 or 24.
    """

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    slug: Mapped[str] = mapped_column(sa.String(60))
    zone: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(10), default="en", server_default="en")
    time_notation: Mapped[str] = mapped_column(sa.String(2), default="24", server_default="24")
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    is_room: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    deactivated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Membership(OrganizationScoped, Base):
    """A person's place in an organization."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("organization_id", "user_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    created_at: Mapped[datetime]


class BrowserSession(Base):
    """A signed-in browser: revocable, and useless to whoever reads the table.

    ``proven_at``: when the person last proved who they are in it, for dangerous actions.
    """

    __tablename__ = "browser_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE")
    )
    csrf_key: Mapped[str] = mapped_column(sa.String(64))
    user_agent: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]


class AccessToken(OrganizationScoped, Base):
    """A person's key to every JSON surface: ``kal_<public id>_<secret>``, the secret hashed.

    ``scopes`` None takes nothing away from the role. The secret before the last change of it still
    works until ``old_secret_until``.
    """

    __tablename__ = "access_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(8), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    scopes: Mapped[list[Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    old_secret_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    old_secret_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )


class ApiClient(OrganizationScoped, Base):
    """A program that acts for the organization: client id and ``kas_...`` secret, hashed."""

    __tablename__ = "api_client"
    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(sa.String(40), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    name: Mapped[str] = mapped_column(sa.String(80))
    scopes: Mapped[list[Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    old_secret_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    old_secret_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
