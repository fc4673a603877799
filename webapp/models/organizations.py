"""What an organization has beside its row: logo, earlier addresses, the end of its audit chain."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, OrganizationScoped


class OrganizationLogo(OrganizationScoped, Base):
    """The picture on the public pages; ``organization.logo_tag`` names it in its address."""

    __tablename__ = "organization_logo"
    __table_args__ = (sa.UniqueConstraint("organization_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    created_at: Mapped[datetime]


class OrganizationAddress(OrganizationScoped, Base):
    """An address that an organization had before: links in old mails still lead to it.

    Nobody else can take it, so that no old link ever leads to strangers.
    """

    __tablename__ = "organization_address"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(40), unique=True)
    left_at: Mapped[datetime]


class AuditChain(OrganizationScoped, Base):
    """Where an organization's audit chain ends: its last number and hash.

    Its row is the lock of whoever seals; entries missing at the end are missed because of it.
    """

    __tablename__ = "audit_chain"
    __table_args__ = (sa.UniqueConstraint("organization_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    sealed_at: Mapped[datetime]
